//! Fault R21: standard output that is closed, full or a pipe that nobody reads; standard error that is closed.

use super::home;
use crate::support::{
    Run, TestEnv, assert_no_secret,
    vault::{PASSPHRASE, SECRET, TestVault},
};

/// What is lost where standard output is.
const VERBS: [&str; 10] = [
    "use deploy --shell sh",
    "exec deploy -- printenv AWS_SESSION_TOKEN",
    "credential-process deploy",
    "export deploy --format json",
    "whoami deploy",
    "list",
    "list --json",
    "get vaulted --reveal --passphrase-fd 3",
    "sessions",
    "sessions --json",
];

fn machine() -> TestEnv {
    let env = home();
    TestVault::make(&env).add("vaulted", "AKIADEMOVAULTED77777", SECRET);
    env.run(&["exec", "deploy", "--", "true"]).exits(0);
    env
}

/// Runs a verb with streams like that, in a pipeline or out of it; its own exit code is the script's.
fn run(env: &TestEnv, verb: &str, streams: &str) -> Run {
    env.command("bash").args(["-c", &format!("awsenv {verb} 3<passphrase {streams}")]).output().unwrap().into()
}

/// Nothing of what must be in no message is in one.
#[track_caller]
fn is_clean(env: &TestEnv, what: &str, run: &Run) {
    assert!(!run.stderr.contains("internal error at"), "{what}: {}", run.stderr);
    let mut secrets = env.aws().secrets();
    secrets.extend([SECRET.to_owned(), PASSPHRASE.to_owned()]);
    assert_no_secret(&secrets, what, run.stderr.as_bytes());
}

#[test]
fn r21_a_full_output_is_a_failure_with_a_reason() {
    let env = machine();
    for verb in VERBS {
        let run = run(&env, verb, ">/dev/full");
        is_clean(&env, verb, &run);
        assert!(run.code.is_some_and(|code| code != 0), "{verb}: {run:?}");
        assert!(run.stderr.contains("No space left on device"), "{verb}: {}", run.stderr);
    }
}

#[test]
fn r21_a_reader_that_has_gone_makes_it_fail_and_is_no_error_to_talk_about() {
    let env = machine();
    // A pipe whose only reader has closed its end by the time that the verb starts.
    let script = "exec 4> >(exec <&-; echo >gone); while ! [ -e gone ]; do :; done; rm gone; awsenv";
    for verb in VERBS {
        let mut command = env.command("bash");
        let run: Run = command.args(["-c", &format!("{script} {verb} 3<passphrase >&4")]).output().unwrap().into();
        is_clean(&env, verb, &run);
        assert!(run.code.is_some_and(|code| code != 0), "{verb}: {run:?}");
        // What `exec` becomes says what it likes, and a shell that is not switched is told so.
        let may_talk = verb.starts_with("exec") || verb.starts_with("use");
        assert!(may_talk || !run.stderr.contains("error"), "{verb}: {}", run.stderr);
    }
}

#[test]
fn r21_a_reader_of_one_byte_gets_no_half_of_a_switch() {
    let env = machine();
    for shell in ["bash", "dash"] {
        let script =
            "export AWS_ACCESS_KEY_ID=old; eval \"$(awsenv use deploy --shell sh | head -c1)\" 2>/dev/null; env";
        let held = env.command(shell).args(["-c", script]).output().map(Run::from).unwrap();
        let of_us = |line: &&str| line.starts_with("AWS") && *line != "AWS_ACCESS_KEY_ID=old";
        let before = env.command(shell).args(["-c", "env"]).output().map(Run::from).unwrap().stdout;
        let new: Vec<&str> = held.stdout.lines().filter(of_us).filter(|line| !before.contains(line)).collect();
        assert_eq!(new, [""; 0], "{shell}");
    }
}

/// The Rust runtime opens /dev/null in place of a stream that is closed, before anything of ours runs.
#[test]
fn r21_a_closed_output_is_one_to_nowhere() {
    let env = machine();
    for verb in VERBS {
        for streams in [">&-", ">&- 2>&-", "<&- >&- 2>&-"] {
            let run = run(&env, verb, streams);
            is_clean(&env, verb, &run);
            assert!(run.stdout.is_empty() && run.signal.is_none(), "{verb}: {run:?}");
        }
    }
}

#[test]
fn r21_nobody_to_talk_to_is_no_reason_to_fail() {
    let env = machine();
    for verb in VERBS {
        for streams in ["2>&-", "2>/dev/full"] {
            let run = run(&env, verb, streams);
            assert!(!run.stdout.is_empty() && run.code == Some(0), "{verb} {streams}: {run:?}");
        }
    }
    env.sh("exec awsenv login corp --device-code >&- 2>&-").exits(0);
    env.sh("exec awsenv sync sso corp --yes 2>&-").exits(0);
}
