//! `awsenv prompt`: environment and clock, nothing else, and never an account that is not the one in use.

use std::fs;

use crate::support::{TestEnv, tool};

const SWITCH: &str = "eval \"$(awsenv use staging --shell sh 2>/dev/null)\"";

#[track_caller]
fn prompt_after(env: &TestEnv, script: &str) -> String {
    env.sh(&format!("{script}\nawsenv prompt")).exits(0).stdout
}

#[test]
fn p3_after_a_switch_it_shows_the_account() {
    let env = TestEnv::demo();
    let shown = prompt_after(&env, SWITCH);
    assert!(shown.contains("acme-staging"), "{shown}");
    for lie in ["MISMATCH", "EXPIRED", "UNVERIFIED"] {
        assert!(!shown.contains(lie), "{shown}");
    }
}

#[test]
fn p3_another_key_is_a_mismatch() {
    let env = TestEnv::demo();
    let shown = prompt_after(&env, &format!("{SWITCH}; export AWS_ACCESS_KEY_ID=AKIADEMOPRODUCTION77"));
    assert!(shown.contains("MISMATCH"), "{shown}");
}

#[test]
fn p3_no_key_any_more_is_a_mismatch() {
    let env = TestEnv::demo();
    let shown = prompt_after(&env, &format!("{SWITCH}; unset AWS_ACCESS_KEY_ID"));
    assert!(shown.contains("MISMATCH"), "{shown}");
}

#[test]
fn p3_a_profile_beside_the_keys_is_a_mismatch() {
    let env = TestEnv::demo();
    let shown = prompt_after(&env, &format!("{SWITCH}; export AWS_PROFILE=production"));
    assert!(shown.contains("MISMATCH"), "{shown}");
}

#[test]
fn p3_credentials_past_their_end_are_expired() {
    let env = TestEnv::demo();
    let held = env.variables_after("eval \"$(awsenv use admin --shell sh 2>/dev/null)\"");
    let end = &held["AWSENV_EXPIRES_EPOCH"];
    assert!(held["AWSENV_CONTEXT"].contains(end.as_str()), "the context carries its end: {}", held["AWSENV_CONTEXT"]);
    let mut prompt = env.awsenv(&["prompt"]);
    // The clock cannot be set, so the end is: both are only compared.
    prompt.envs(held.iter().map(|(name, value)| (name, value.replace(end.as_str(), "1000000000"))));
    let output = prompt.output().expect("awsenv starts");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && shown.contains("EXPIRED"), "{shown}");
}

#[test]
fn p3_after_a_refusal_it_shows_no_account() {
    let env = TestEnv::demo();
    let shown = prompt_after(&env, &format!("{SWITCH}; eval \"$(awsenv use no-such-profile --shell sh 2>/dev/null)\""));
    assert!(!shown.contains("acme") && !shown.contains("4444"), "{shown}");
}

#[test]
fn p3_keys_that_awsenv_did_not_set_have_no_account() {
    let mut env = TestEnv::empty();
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOPRODUCTION77");
    env.set("AWS_SECRET_ACCESS_KEY", "demo/production/not+a+secret/DEMO+DEMO/0");
    let run = env.run(&["prompt"]).exits(0);
    assert!(!run.stdout.contains("acme") && !run.stdout.contains("1111"), "{}", run.stdout);
}

#[test]
fn p3_it_asks_nobody() {
    let env = TestEnv::demo();
    let held = env.variables_after(SWITCH);
    let before = env.aws().requests().len();
    let output = env.awsenv(&["prompt"]).envs(&held).output().expect("awsenv starts");
    assert!(output.status.success());
    assert_eq!(env.aws().requests().len(), before);
}

#[test]
fn it_opens_no_socket_and_no_file() {
    let Some(strace) = tool("strace") else { return };
    let env = TestEnv::demo();
    let held = env.variables_after(SWITCH);
    let log = env.home().join("strace.log");
    let mut command = env.command(strace);
    command.args(["-f", "-e", "trace=%network,open,openat,openat2,creat,clone,clone3,fork,vfork", "-o"]).arg(&log);
    let output = command.arg(env!("CARGO_BIN_EXE_awsenv")).arg("prompt").envs(&held).output().expect("strace starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let log = fs::read_to_string(log).expect("strace writes its log");
    // The dynamic loader's files, and what the C library reads to find the end of the main thread's stack.
    let is_loading = |line: &str| {
        line.contains("/ld.so.")
            || line.contains(".so") && line.contains("/lib")
            || line.contains("\"/proc/self/maps\"")
    };
    let calls: Vec<&str> =
        log.lines().filter(|line| !line.contains("+++") && !line.contains("---") && !is_loading(line)).collect();
    assert_eq!(calls, Vec::<&str>::new());
}
