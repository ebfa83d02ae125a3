//! Faults R18 and R21: what is no text, and streams that are closed or full.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use super::ID;
use crate::support::{
    TestEnv, assert_no_secret,
    vault::{PASSPHRASE, SECRET, TestVault},
};

const VERBS: [&[&str]; 14] = [
    &["add"],
    &["get"],
    &["rm"],
    &["passwd"],
    &["import"],
    &["import", "--from"],
    &["unlock"],
    &["lock"],
    &["sessions"],
    &["logout"],
    &["list"],
    &["credential-process"],
    &["use", "--shell", "sh"],
    &["exec"],
];

fn home() -> TestEnv {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    env
}

#[test]
fn p5_what_is_no_text_in_arguments_and_environment_stops_no_verb_in_the_middle() {
    let env = home();
    let bad = OsStr::from_bytes(b"\xff\xfe\x1b]0;x\x07");
    let names = [
        "AWSENV_CONTEXT",
        "AWS_PROFILE",
        "AWS_REGION",
        "XDG_RUNTIME_DIR",
        "AWSENV_AGENT",
        "TERM",
        "NO_COLOR",
        "\u{e9}",
    ];
    for verb in VERBS {
        let mut command = env.awsenv(verb);
        let output = command.arg(bad).output().unwrap();
        assert!(matches!(output.status.code(), Some(1..=99)), "{verb:?}: {output:?}");
        assert!(!output.stderr.contains(&0x1b) && !output.stderr.contains(&7), "{verb:?}: {output:?}");
        let mut command = env.awsenv(&[verb, &["--help"]].concat()[..verb.len()]);
        command.envs(names.iter().map(|name| (*name, bad)));
        let output = command.output().unwrap();
        assert!(output.status.code().is_some_and(|code| code < 100), "{verb:?}: {output:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("internal error at"), "{verb:?}: {output:?}");
        assert!(!output.stderr.contains(&7), "{verb:?}: {output:?}");
    }
}

#[test]
fn p4_a_closed_or_full_output_is_a_failure_and_shows_no_secret() {
    let env = home();
    for verb in ["get a", "get a --json", "get a --reveal", "list --json", "list"] {
        let run = |redirect: &str| {
            let run = env.sh(&format!("exec awsenv {verb} --passphrase-fd 3 3<passphrase {redirect}"));
            assert_no_secret(&[SECRET.to_owned(), PASSPHRASE.to_owned()], "standard error", run.stderr.as_bytes());
            run
        };
        let full = run(">/dev/full");
        assert!(full.code.is_some_and(|code| code != 0) && !full.stderr.is_empty(), "{verb}: {full:?}");
        let gone = env
            .sh(&format!("{{ sleep 0; awsenv {verb} --passphrase-fd 3 3<passphrase; echo $? >&2; }} | true; exit 0"));
        assert!(!gone.stderr.contains("internal error at") && !gone.stderr.contains(SECRET), "{verb}: {gone:?}");
        let closed = run(">&-");
        assert!(!closed.stderr.contains("internal error at"), "{verb}: {closed:?}");
        // Nobody to talk to is no reason to fail.
        assert_eq!(run("2>&-").code, Some(0), "{verb}");
    }
    let secret = env.sh("awsenv get a --reveal --passphrase-fd 3 3<passphrase 2>/dev/full").exits(0).stdout;
    assert!(secret.contains(SECRET));
}

#[test]
fn p8_a_writer_that_cannot_say_it_has_written_all_the_same() {
    for redirect in ["2>&-", "2>/dev/full", ">&- 2>&-"] {
        let env = home();
        let keys = format!("printf '{ID}\\n{SECRET}\\n'");
        env.sh(&format!("{keys} | awsenv add b --stdin --passphrase-fd 3 3<passphrase {redirect}")).exits(0);
        env.sh("awsenv get b --passphrase-fd 3 3<passphrase").exits(0);
        env.sh(&format!("awsenv rm b --passphrase-fd 3 3<passphrase {redirect}")).exits(0);
    }
}
