//! Fault R9: a clock that is a day off. libfaketime gives it to programs; the fake AWS keeps its own.

use std::{fs, io::Write, process::Stdio};

use awsenv::{demo::Failure, vault::agent::Agent};

use super::{STAGING, home};
use crate::support::{
    Pty, Run, Terminal, TestEnv, files_below, tool,
    vault::{SECRET, TestVault},
    wait,
};

/// As Debian's `faketime` names it for several threads; the loader knows what `$LIB` is.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";
/// How far the clock is off, and how that is said.
const DAYS: [(&str, &str); 2] = [("+1d", "24 h fast"), ("-1d", "24 h slow")];
const KEY: [&str; 6] = ["exec", "deploy", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"];

/// The home on a machine whose clock can be set. `None` where that cannot be done.
fn machine() -> Option<TestEnv> {
    tool("faketime")?;
    let mut env = home();
    let file = env.home().join("clock").to_string_lossy().into_owned();
    set(&env, "+0");
    env.set("LD_PRELOAD", LIBRARY);
    env.set("FAKETIME_TIMESTAMP_FILE", &file);
    env.set("FAKETIME_NO_CACHE", "1");
    env.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Some(env)
}

/// Sets the clock, of programs that run already, too.
fn set(env: &TestEnv, offset: &str) {
    env.write("clock", offset);
}

/// The operations that AWS was asked for meanwhile.
fn asked(env: &TestEnv, run: impl FnOnce()) -> Vec<String> {
    let before = env.aws().requests().len();
    run();
    env.aws().requests()[before..].iter().map(|request| request.operation.clone()).collect()
}

/// How many sessions are kept.
fn kept(env: &TestEnv) -> usize {
    let sessions = env.home().join(".cache/awsenv/sessions");
    let files = files_below(env.home()).into_iter().map(|(path, _)| path).filter(|path| path.starts_with(&sessions));
    files.filter(|path| path.extension().is_some_and(|end| end == "json")).count()
}

#[track_caller]
fn key(run: Run) -> String {
    run.exits(0).stdout.trim().to_owned()
}

#[test]
fn r9_a_clock_that_is_a_day_off_is_told_and_costs_one_more_request() {
    let Some(env) = machine() else { return };
    for (offset, says) in DAYS {
        set(&env, offset);
        let told = format!("this machine's clock is {says}");
        let calls = asked(&env, || {
            let run = env.run(&["exec", "deploy", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"]).exits(0).says(&told);
            assert_eq!(run.stdout.trim(), STAGING);
        });
        for operation in ["AssumeRole", "GetCallerIdentity"] {
            assert_eq!(calls.iter().filter(|call| *call == operation).count(), 2, "{offset}: {calls:?}");
        }
        for profile in ["staging", "deploy"] {
            let run = env.run(&["use", profile, "--no-cache", "--shell", "sh"]).exits(0).says(&told);
            assert!(run.stdout.contains("AWSENV_ACCOUNT_ALIAS='acme-staging'"), "{profile}: {}", run.stderr);
        }
        env.run(&["whoami", "staging"]).exits(0).says(&told);
        let process = env.run(&["credential-process", "deploy"]).exits(0).says(&told).stdout;
        assert!(process.contains("\"AccountId\":\"444455556666\""), "{process}");
        // What Identity Center gives is not signed for: only its end is by AWS's clock.
        env.run(&["exec", "developer", "--", "true"]).exits(0).says(&told);
    }
}

#[test]
fn r9_while_the_clock_is_off_no_session_is_kept() {
    let Some(env) = machine() else { return };
    for (offset, says) in DAYS {
        set(&env, offset);
        env.run(&KEY).exits(0).says(&format!("the session is not kept: this machine's clock is {says}"));
        assert_eq!(kept(&env), 0, "{offset}");
    }
}

#[test]
fn however_long_somebody_takes_for_a_code_the_clock_is_right_and_the_session_kept() {
    let Some(env) = machine() else { return };
    let (role, deploy) = ("arn:aws:iam::111122223333:role/BreakGlass", "arn:aws:iam::444455556666:role/ops/Deploy");
    env.aws().change(|scenario| {
        let to = scenario.roles.iter_mut().find(|role| role.arn == deploy).unwrap();
        to.trust.push(role.to_owned());
    });
    let device = "mfa_serial = arn:aws:iam::111122223333:mfa/ada";
    env.profile("breakglass", &format!("role_arn = {role}\nsource_profile = production\n{device}"));
    // Known to be read-only once somebody is there: a second session is got, long after the run began.
    env.run(&["account", "set", STAGING, "--protection", "read-only"]).exits(0);
    set(&env, "-150");
    let mut run = Pty::awsenv(&env, &["exec", "breakglass", "--role", deploy, "--", "true"], Terminal::Stderr);
    run.wait_for("MFA code of");
    set(&env, "+150");
    run.send("123456\n");
    let run = run.finish().exits(0).says("narrowed to ReadOnlyAccess");
    assert!(!run.stderr.contains("clock"), "{}", run.stderr);
    assert!(kept(&env) > 0);
}

#[test]
fn r9_a_session_that_is_kept_is_not_served_while_its_end_cannot_be_told() {
    let Some(env) = machine() else { return };
    let first = key(env.run(&KEY));
    assert_eq!(kept(&env), 1);
    for (offset, _) in DAYS {
        set(&env, offset);
        assert_ne!(key(env.run(&KEY)), first, "{offset}");
    }
    set(&env, "+0");
    let calls = asked(&env, || assert_eq!(key(env.run(&KEY)), first));
    assert_eq!(calls, [""; 0]);
}

#[test]
fn r9_where_the_offset_is_not_enough_the_clock_is_named() {
    let Some(env) = machine() else { return };
    for (offset, says) in DAYS {
        set(&env, offset);
        env.aws().change(|scenario| scenario.failures.clear());
        env.aws().fail(Failure::error("GetCallerIdentity", 403, "SignatureDoesNotMatch", "Signature expired: now"));
        let calls = asked(&env, || {
            let run = env.run(&["use", "staging", "--shell", "sh"]).exits(5);
            let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains(&format!("this machine's clock is {says}, so AWS refuses its signatures")), "{said}");
            assert!(said.contains("Set the clock") && run.stdout.contains("AWSENVREFUSED0000000"), "{said}");
        });
        let tries = calls.iter().filter(|call| *call == "GetCallerIdentity").count();
        assert!((2..=3).contains(&tries), "{calls:?}");
    }
}

#[test]
fn r9_the_agent_does_not_look_at_the_clock() {
    let Some(env) = machine() else { return };
    let vault = TestVault::make(&env);
    vault.add("a", "AKIADEMOVAULTED77777", SECRET);
    // As `unlock` starts it, but on the clock that is set: it gives the agent a clean environment.
    let mut agent = env.awsenv(&["agent", "--idle", "1800", "--for", "28800"]).stdin(Stdio::piped()).spawn().unwrap();
    agent.stdin.take().unwrap().write_all(&vault.unlocked.to_hand_over()[..]).unwrap();
    let connect = || Agent::connect(&env.home().join(".local/state/awsenv/run/agent.sock"));
    wait("the agent runs", &true, || connect().is_some());
    let status = || connect().unwrap().status().unwrap();
    let before = status();
    let maps = fs::read_to_string(format!("/proc/{}/maps", agent.id()));
    assert!(maps.is_err() || maps.is_ok_and(|maps| maps.contains("libfaketime")), "its clock is the one that is set");
    for (offset, _) in DAYS.into_iter().chain(DAYS) {
        set(&env, offset);
        assert!(env.run(&["get", "a"]).exits(0).stdout.contains("AKIADEMOVAULTED77777"), "{offset}");
        let now = status();
        assert_eq!(now.process, before.process, "{offset}");
        assert!(before.left >= now.left && before.left - now.left < 3600, "{offset}: {} {}", before.left, now.left);
        assert!(now.idle_left.abs_diff(before.idle_left) < 3600, "{offset}: {} {}", before.idle_left, now.idle_left);
    }
    env.run(&["lock"]).exits(0);
    assert!(agent.wait().unwrap().success());
}
