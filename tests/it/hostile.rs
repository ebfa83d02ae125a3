//! Promise P5, end to end: each hostile value of the corpus, through the real program, in every shell.

mod accounts;
mod files;
mod known;
mod names;
mod regions;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    process::Output,
};

use awsenv::{core::percent, shell::Shell};

use crate::support::{
    Case, TestEnv, corpus, files_below, is_harmless,
    shells::{RealShell, installed},
};

/// What a check found: nothing, or how the product differs from the verdict.
type Found = Result<(), String>;

/// Ends a check that found a difference.
macro_rules! ensure {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}
use ensure;

/// Checks every case of a kind: by the corpus, and where the product is known to differ, by the known difference.
fn judge(kind: &str, check: impl Fn(&Case) -> Found + Sync) {
    let cases = corpus(kind);
    let judged = |case: &Case| match known::of(case) {
        None => check(case),
        Some(known) if check(case).is_ok() => Err(format!("differs no more from the corpus: {}", known.reason)),
        Some(known) => {
            let expect = known.expect.split(';').map(str::to_owned).collect();
            check(&Case { expect, ..case.clone() })
        }
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        // Two at a time: much of it is waiting for programs to start.
        let halves = cases.chunks(cases.len().div_ceil(2)).map(|part| {
            let faults = || part.iter().filter_map(|case| Some(format!("{}: {}", case.why, judged(case).err()?)));
            scope.spawn(move || faults().collect::<Vec<_>>())
        });
        let halves: Vec<_> = halves.collect();
        halves.into_iter().flat_map(|half| half.join().expect("no check panics")).collect()
    });
    assert!(wrong.is_empty(), "{kind}: {} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The code that the message must carry, if the corpus asks for one.
fn code(case: &Case) -> Option<&str> {
    detail(case, "code")
}

/// The value of a detail `name=value`.
fn detail<'a>(case: &'a Case, name: &str) -> Option<&'a str> {
    case.expect.iter().find_map(|detail| detail.strip_prefix(name)?.strip_prefix('='))
}

/// The seven shells, each as a user starts it.
fn shells() -> impl Iterator<Item = RealShell> {
    let odd = |real: &RealShell| real.argv == ["sh"] || real.argv.len() > 2 || real.argv.contains(&"--posix");
    installed().into_iter().filter(move |real| !odd(real))
}

/// A shell after `eval "$(awsenv use …)"`.
#[derive(Debug)]
struct After {
    env: BTreeMap<Vec<u8>, Vec<u8>>,
    stderr: Vec<u8>,
    name: &'static str,
}

impl After {
    fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name.as_bytes()).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The variable's value, percent-decoded.
    fn decoded(&self, name: &str) -> Option<String> {
        self.get(name).and_then(percent::decode)
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The switch took place, to this account, and nothing on standard error could act on a terminal.
    fn is_in(&self, account: &str) -> Found {
        let shell = self.name;
        ensure!(self.get("S") == Some("0"), "{shell}: status {:?}: {}", self.get("S"), self.stderr());
        let held = self.get("AWSENV_ACCOUNT_ID");
        ensure!(held == Some(account), "{shell}: account {held:?}: {}", self.stderr());
        ensure!(self.get("AWS_ACCESS_KEY_ID") != Some("AWSENVREFUSED0000000"), "{shell}: the poison is left");
        is_harmless(&self.stderr)
    }

    /// The refusal is in force, with one of these codes, and the message says so.
    fn is_refused(&self, codes: &[&str], says: &str) -> Found {
        let shell = self.name;
        let status = self.get("S").unwrap_or("none");
        ensure!(codes.contains(&status), "{shell}: status {status}, not one of {codes:?}: {}", self.stderr());
        for (name, value) in [("AWS_ACCESS_KEY_ID", "AWSENVREFUSED0000000"), ("AWS_PROFILE", "awsenv-refused")] {
            ensure!(self.get(name) == Some(value), "{shell}: {name} is {:?}", self.get(name));
        }
        for gone in ["AWSENV_ACCOUNT_ID", "AWSENV_CLASS", "AWSENV_BANNER", "AWSENV_CONTEXT", "AWS_SESSION_TOKEN"] {
            ensure!(self.get(gone).is_none(), "{shell}: {gone} is left");
        }
        // Lines are as wide as a terminal, so that any space may be a line's end.
        let said = self.stderr().split_whitespace().collect::<Vec<_>>().join(" ");
        ensure!(said.contains(says), "{shell}: {says:?} is not in: {said}");
        is_harmless(&self.stderr)
    }
}

/// Evaluates `awsenv use` with these arguments in a real shell.
fn use_in(env: &TestEnv, real: RealShell, arguments: &[&OsStr], variables: &[(&str, &OsStr)]) -> After {
    let name = real.shell.name();
    let script = match real.shell {
        Shell::Fish => "awsenv use --shell fish $argv | source; set -gx S $status; env -0".to_owned(),
        _ => format!("eval \"$(awsenv use --shell {name} \"$@\")\"; S=$?; export S; env -0"),
    };
    let mut command = env.command(real.argv[0]);
    command.args(&real.argv[1..]).arg("-c").arg(script);
    // Fish takes the first `--` for its own, the others take the first word for their name.
    command.arg(if real.shell == Shell::Fish { "--" } else { name });
    command.args(arguments).envs(variables.iter().copied());
    let Output { stdout, stderr, .. } = command.output().expect("the shell starts");
    let pairs = stdout.split(|&byte| byte == 0).filter_map(|pair| {
        let at = pair.iter().position(|&byte| byte == b'=')?;
        Some((pair[..at].to_vec(), pair[at + 1..].to_vec()))
    });
    After { env: pairs.collect(), stderr, name: real.argv[0] }
}

/// As a user types a profile's name.
fn profile(name: &[u8]) -> [OsString; 2] {
    ["--".into(), OsStr::from_bytes(name).to_owned()]
}

/// No text was run as code: no file called PWN turned up.
fn nothing_ran(env: &TestEnv) -> Found {
    let pwned = files_below(env.home()).into_iter().find(|(path, _)| path.file_name() == Some(OsStr::new("PWN")));
    ensure!(pwned.is_none(), "a file PWN turned up: {pwned:?}");
    Ok(())
}
