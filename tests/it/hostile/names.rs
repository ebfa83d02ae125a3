//! Names of profiles.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

use super::{Found, code, ensure, is_harmless, judge, nothing_ran, profile, shells, use_in};
use crate::support::{Case, Pty, Terminal, TestEnv, tool};

const KEYS: &str = "aws_access_key_id = AKIADEMOSTAGING77777
aws_secret_access_key = demo/staging/not+a+secret/DEMO+DEMO+DE/0
region = eu-west-1
";
const TWINS: &str = "aws_access_key_id = AKIADEMOSANDBOX77777
aws_secret_access_key = demo/sandbox/not+a+secret/DEMO+DEMO+DE/0
";

/// A home with a profile of this name, quoted where it can be, and its twins in another account.
fn home(name: &[u8]) -> TestEnv {
    let env = TestEnv::demo();
    for twin in ["prod", "été"].into_iter().filter(|twin| twin.as_bytes() != name) {
        env.profile(&format!("'{twin}'"), TWINS);
    }
    // No quotes can hold a backslash or both kinds of quotes; the credentials file quotes nothing.
    let quote = [b'"', b'\''].into_iter().find(|quote| !name.contains(quote) && !name.contains(&b'\\'));
    let (file, header) = match quote {
        Some(quote) => (".aws/config", [b"\n[profile ", &[quote][..], name, &[quote], b"]\n"].concat()),
        None => (".aws/credentials", [b"\n[", name, b"]\n"].concat()),
    };
    let before = fs::read(env.home().join(file)).unwrap();
    env.write(file, [&before[..], &header, KEYS.as_bytes()].concat());
    env
}

fn check(case: &Case) -> Found {
    let env = home(&case.value);
    let [dashes, name] = profile(&case.value);
    let arguments = [dashes.as_os_str(), name.as_os_str()];
    let text = String::from_utf8_lossy(&case.value);
    for real in shells() {
        let after = use_in(&env, real, &arguments, &[]);
        match code(case) {
            Some(code) => after.is_refused(&["2"], code)?,
            None => {
                after.is_in("444455556666")?;
                for variable in ["AWSENV_PROFILE", "AWS_SSO_PROFILE"] {
                    let held = after.decoded(variable);
                    ensure!(held.as_deref() == Some(&*text), "{}: {variable} is {held:?}", after.name);
                }
            }
        }
        if case.expects("no-warn") {
            // One is about the fake AWS.
            let warnings = after.stderr().matches("warning").count();
            ensure!(warnings == 1 && after.stderr().contains(&*text), "it warns: {}", after.stderr());
        }
        nothing_ran(&env)?;
    }
    if code(case).is_some() {
        ensure!(env.aws().requests().is_empty(), "AWS was asked");
    }
    on_a_terminal(&env, case)?;
    if case.expects("never-merged-with-twin") {
        let twin = env.run(&["whoami", "prod", "--json"]);
        ensure!(twin.stdout.contains("777788889999"), "the twin is in its own account: {twin:?}");
    }
    if case.expects("never-a-path-component") {
        never_in_a_path(&env, &case.value)?;
    }
    Ok(())
}

/// Banner, messages and the list are harmless, and show what must not be seen as it stands in escapes.
fn on_a_terminal(env: &TestEnv, case: &Case) -> Found {
    let Ok(text) = std::str::from_utf8(&case.value) else { return Ok(()) };
    let escaped = case.expects("display-escaped") || case.expects("display-escaped-or-warned");
    let verbs: [&[&str]; 3] = [&["use", "--shell", "sh", "--", text], &["whoami", "--", text], &["list"]];
    for verb in verbs {
        let run = Pty::awsenv(env, verb, Terminal::Stderr).finish();
        for (stream, shown) in [("standard error", &run.stderr), ("standard output", &run.stdout)] {
            let place = format!("{} on {stream}", verb[0]);
            is_harmless(shown.as_bytes()).map_err(|bad| format!("{place}: {bad}"))?;
            ensure!(!escaped || !shown.contains(text), "{place} shows it as it stands: {shown}");
        }
    }
    Ok(())
}

/// No file is opened, and none made, whose path holds the name.
fn never_in_a_path(env: &TestEnv, name: &[u8]) -> Found {
    let Some(strace) = tool("strace") else { return Ok(()) };
    let log = env.home().join("strace.log");
    let mut command = env.command(strace);
    command.args(["-f", "-s", "4096", "-e", "trace=%file", "-e", "signal=none", "-o"]).arg(&log);
    command.arg(env!("CARGO_BIN_EXE_awsenv")).args(["use", "--shell", "sh", "--"]).arg(OsStr::from_bytes(name));
    let output = command.output().expect("strace starts");
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = fs::read_to_string(log).expect("strace writes its log");
    // As strace quotes it; the program's own arguments are no paths.
    let name = String::from_utf8_lossy(name).replace('\\', "\\\\");
    let line = log.lines().find(|line| line.contains(&name) && !line.contains("execve("));
    ensure!(line.is_none(), "{line:?}");
    Ok(())
}

#[test]
fn p5_every_profile_name_in_every_shell() {
    judge("profile_name", check);
}

#[test]
fn p5_an_option_look_alike_is_a_name_only_behind_two_dashes() {
    let env = home(b"--help");
    let run = env.sh("eval \"$(awsenv use --shell sh -- --help)\"; echo $AWSENV_PROFILE").exits(0);
    assert_eq!(run.stdout, "--help\n");
    let help = env.run(&["use", "--shell", "sh", "--help"]);
    assert!(!help.stdout.contains("AKIADEMOSTAGING77777"), "{}", help.stdout);
}
