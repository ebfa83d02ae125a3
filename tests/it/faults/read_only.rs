//! Fault R7: a home that cannot be written to.

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use super::{STAGING, home};
use crate::support::{
    Run, TestEnv, files_below, in_a_read_only_home,
    vault::{PASSPHRASE, SECRET, fed},
};

const ID: &str = "AKIADEMOVAULTED77777";

/// Runs it with keys on standard input.
fn run(env: &TestEnv, command: &Command) -> Option<Run> {
    Some(fed(in_a_read_only_home(env, command)?, &format!("{ID}\n{SECRET}\n")))
}

fn content(env: &TestEnv) -> BTreeMap<PathBuf, Vec<u8>> {
    files_below(env.home()).into_iter().collect()
}

#[test]
fn r7_a_home_that_cannot_be_written_to_stops_nobody_who_wants_credentials() {
    let env = home();
    let before = content(&env);
    for (verb, says) in [
        (&["use", "staging", "--shell", "sh"][..], "AWSENV_ACCOUNT_ID='444455556666'"),
        (&["use", "deploy", "--shell", "sh"], "AWSENV_ROLE='Deploy'"),
        (&["exec", "deploy", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"], STAGING),
        (&["credential-process", "deploy"], "\"AccountId\":\"444455556666\""),
        (&["export", "deploy", "--format", "json"], "AccessKeyId"),
        (&["whoami", "deploy"], "4444-5555-6666"),
        (&["list"], "deploy"),
        (&["prompt"], ""),
    ] {
        let Some(run) = run(&env, &env.awsenv(verb)) else { return };
        let run = run.exits(0);
        assert!(run.stdout.contains(says), "{verb:?}: {}{}", run.stdout, run.stderr);
        // Of what is only remembered nothing is said; that a session is not kept is told, once.
        let keeps = verb[1..].first() == Some(&"deploy") && verb[0] != "whoami";
        assert_eq!(
            run.stderr.matches("the session is not kept").count(),
            usize::from(keeps),
            "{verb:?}: {}",
            run.stderr
        );
        assert_eq!(run.stderr.matches("cannot").count(), usize::from(keeps), "{verb:?}: {}", run.stderr);
    }
    assert_eq!(content(&env), before);
}

#[test]
fn r7_what_must_be_written_is_refused_with_its_place_and_nothing_is_lost() {
    let env = home();
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    let before = content(&env);
    let vault = "awsenv add new --stdin --passphrase-fd 3 3<passphrase";
    for (script, place) in [
        (vault, ".local/share/awsenv"),
        ("awsenv account set 444455556666 --class production", ".local/state/awsenv"),
        ("awsenv login corp --device-code", ".aws/sso/cache"),
        ("awsenv sync sso corp --yes", ".local/state/awsenv"),
    ] {
        let mut command = env.command("sh");
        command.args(["-c", script]);
        let Some(run) = run(&env, &command) else { return };
        let said: String = run.stderr.split_whitespace().collect();
        assert!(run.code.is_some_and(|code| code != 0), "{script}: {run:?}");
        assert!(said.contains("Read-onlyfilesystem") && said.contains(place), "{script}: {}", run.stderr);
        let asked = env.aws().requests().iter().any(|request| request.operation == "StartDeviceAuthorization");
        assert!(!asked, "somebody is sent to a browser for nothing");
        assert!(!run.stderr.contains("internal error at") && !run.stderr.contains(SECRET), "{script}: {}", run.stderr);
    }
    assert_eq!(content(&env), before);
}
