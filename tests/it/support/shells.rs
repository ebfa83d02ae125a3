//! Real shells, each run in a temporary home with a cleared environment.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Once,
};

use awsenv::{
    core::env_change::{EnvChange, Value},
    shell::{Shell, render},
};

/// A program that speaks one of the shell languages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealShell {
    /// Language.
    pub(crate) shell: Shell,
    /// Program and the arguments before `-c`.
    pub(crate) argv: &'static [&'static str],
}

const ALL: [RealShell; 10] = [
    RealShell { shell: Shell::Sh, argv: &["sh"] },
    RealShell { shell: Shell::Sh, argv: &["busybox", "sh"] },
    RealShell { shell: Shell::Dash, argv: &["dash"] },
    RealShell { shell: Shell::Ksh, argv: &["ksh"] },
    RealShell { shell: Shell::Mksh, argv: &["mksh"] },
    RealShell { shell: Shell::Bash, argv: &["bash"] },
    RealShell { shell: Shell::Bash, argv: &["bash", "--posix"] },
    RealShell { shell: Shell::Zsh, argv: &["zsh", "-f"] },
    RealShell {
        shell: Shell::Zsh,
        argv: &["zsh", "-f", "-o", "KSH_ARRAYS", "-o", "SH_WORD_SPLIT", "-o", "PROMPT_SUBST"],
    },
    RealShell { shell: Shell::Fish, argv: &["fish"] },
];

/// The shells with a syntax of their own, which `tests/it/shells/table.rs` drives.
const OTHERS: [RealShell; 4] = [
    RealShell { shell: Shell::Tcsh, argv: &["tcsh", "-f"] },
    RealShell { shell: Shell::Elvish, argv: &["elvish", "-norc"] },
    RealShell { shell: Shell::Nu, argv: &["nu", "-n"] },
    RealShell { shell: Shell::Xonsh, argv: &["xonsh", "--no-rc"] },
];

/// Those of [`OTHERS`] that are installed; as [`installed`].
pub(crate) fn others() -> Vec<RealShell> {
    let (here, missing): (Vec<_>, Vec<_>) = OTHERS.into_iter().partition(|real| on_path(real.argv[0]));
    let missing: Vec<&str> = missing.iter().map(|real| real.argv[0]).collect();
    if !missing.is_empty() {
        assert!(!all_wanted(), "not installed: {}", missing.join(", "));
        drop(writeln!(io::stderr(), "left out: {}", missing.join(", ")));
    }
    here
}

static SAID: Once = Once::new();

/// The shells that are installed. One that is missing is named in one line, or is a failure where all are asked for.
pub(crate) fn installed() -> Vec<RealShell> {
    let (here, missing): (Vec<_>, Vec<_>) = ALL.into_iter().partition(|real| on_path(real.argv[0]));
    let mut missing: Vec<&str> = missing.iter().map(|real| real.argv[0]).collect();
    missing.dedup();
    if !missing.is_empty() {
        assert!(!all_wanted(), "not installed: {}", missing.join(", "));
        // Past the test harness, which keeps what a passing test prints to itself.
        SAID.call_once(|| drop(writeln!(io::stderr(), "left out: {}", missing.join(", "))));
    }
    here
}

/// The installed shells that speak POSIX.
pub(crate) fn posix() -> impl Iterator<Item = RealShell> {
    installed().into_iter().filter(|real| real.shell != Shell::Fish)
}

/// The one with this program, if it is installed.
pub(crate) fn only(program: &str) -> Option<RealShell> {
    installed().into_iter().find(|real| real.argv[0] == program)
}

#[expect(clippy::disallowed_methods, reason = "tests have no Host")]
fn all_wanted() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true") || std::env::var("AWSENV_TEST_ALL").is_ok_and(|v| v == "1")
}

fn on_path(program: &str) -> bool {
    SYSTEM_PATH.split(':').any(|dir| Path::new(dir).join(program).exists())
}

/// The last two are where tests/run.sh puts nushell.
pub(crate) const SYSTEM_PATH: &str = concat!(
    "/usr/local/bin:/usr/bin:/bin:",
    env!("CARGO_MANIFEST_DIR"),
    "/target/test-npm/node_modules/@nushell/linux-x64/bin:",
    env!("CARGO_MANIFEST_DIR"),
    "/target/test-npm/node_modules/@nushell/linux-arm64/bin",
);

/// A home, a directory to work in, and a directory of programs, gone at the end.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

/// How a shell ended, and the environment that its last command (`env -0`) saw.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit status of the shell.
    pub(crate) status: Option<i32>,
    /// What `env -0` printed.
    pub(crate) env: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ended {
    /// The variable's value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name.as_bytes()).map(|value| std::str::from_utf8(value).unwrap())
    }
}

impl Sandbox {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for dir in ["home", "work", "bin"] {
            fs::create_dir(root.path().join(dir)).unwrap();
        }
        Self { root, variables: BTreeMap::new() }
    }

    /// Sets a variable for what is run later.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A path inside.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Writes a file.
    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes a program, found by name.
    pub(crate) fn program(&self, name: &str, text: &str) {
        let path = self.write(&format!("bin/{name}"), text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the script in the working directory.
    pub(crate) fn run(&self, real: RealShell, script: &str) -> Ended {
        self.run_with(real, &[], script)
    }

    /// The same, with more arguments before `-c`.
    #[expect(clippy::disallowed_methods, reason = "the shells under test are started bare, with nothing inherited")]
    pub(crate) fn run_with(&self, real: RealShell, arguments: &[&str], script: &str) -> Ended {
        let path = format!("{}:{SYSTEM_PATH}", self.path("bin").display());
        let program = SYSTEM_PATH.split(':').map(|dir| Path::new(dir).join(real.argv[0])).find(|file| file.exists());
        let output = Command::new(program.unwrap_or_else(|| real.argv[0].into()))
            .args(&real.argv[1..])
            .args(arguments)
            .arg("-c")
            .arg(script)
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", path)
            .env("LC_ALL", "C.UTF-8")
            .envs(&self.variables)
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        ended(output)
    }

    /// True where a file called PWN turned up anywhere: some text was run as code.
    pub(crate) fn pwned(&self) -> bool {
        ["home", "work", "bin", "."].iter().any(|dir| self.path(dir).join("PWN").exists())
    }
}

fn ended(output: Output) -> Ended {
    let env = output
        .stdout
        .split(|&byte| byte == 0)
        .filter_map(|entry| {
            let equals = entry.iter().position(|&byte| byte == b'=')?;
            Some((entry[..equals].to_vec(), entry[equals + 1..].to_vec()))
        })
        .collect();
    Ended {
        status: output.status.code(),
        env,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A change from plain texts.
pub(crate) fn change(unset: &[&str], set: &[(&str, &str)], status: u8) -> EnvChange {
    EnvChange {
        unset: unset.iter().map(|&name| name.to_owned()).collect(),
        set: set.iter().map(|&(name, value)| (name.to_owned(), Value::from(value))).collect(),
        status,
    }
}

/// A script that evaluates the file `../emission` as the manual says, keeps the status in S, and shows the environment.
pub(crate) fn apply(real: RealShell, sandbox: &Sandbox, change: &EnvChange) -> &'static str {
    sandbox.write("emission", render(real.shell, change).unwrap());
    match real.shell {
        Shell::Fish => "cat ../emission | source; set -gx S $status; env -0",
        _ => r#"S=0; eval "$(cat ../emission)" || S=$?; export S; env -0"#,
    }
}

/// The values of these kinds in the corpus of hostile input, those that are UTF-8.
pub(crate) fn corpus(kinds: &[&str]) -> Vec<String> {
    include_str!("../../hostile/corpus.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|case| kinds.contains(&case["kind"].as_str().unwrap()))
        .filter_map(|case| String::from_utf8(base64(case["value"].as_str().unwrap())).ok())
        .collect()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in text.bytes().filter_map(|byte| ALPHABET.iter().position(|&c| c == byte)) {
        bits = (bits << 6 | u32::try_from(digit).unwrap()) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}
