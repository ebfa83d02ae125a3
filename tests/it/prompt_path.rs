//! `awsenv prompt`: environment and clock, nothing else, and never an account that is not the one in use.

use std::{collections::BTreeMap, fs, path::Path};

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

/// What a hook leaves of a shell whose credentials have ended.
fn cleared(env: &TestEnv) -> String {
    let held =
        env.variables_after("eval \"$(awsenv use staging --role arn:aws:iam::111122223333:role/Admin --region us-west-2 --shell sh 2>/dev/null)\"");
    let refusal = env.run(&["use", "no-such-profile", "--shell", "sh"]).exits(2).stdout;
    format!("{refusal}export AWSENV_EXPIRED='{}'", held["AWSENV_CONTEXT"])
}

#[test]
fn p3_credentials_that_a_hook_cleared_are_expired_and_can_be_renewed() {
    let env = TestEnv::demo();
    let cleared = cleared(&env);
    let shown = prompt_after(&env, &cleared);
    assert!(shown.trim() == "EXPIRED PRODUCTION acme-prod 1111-2222-3333", "{shown}");
    for verb in ["renew", "use sandbox", "use no-such-profile", "off"] {
        let held = env.variables_after(&format!("{cleared}; eval \"$(awsenv {verb} --shell sh 2>/dev/null)\""));
        assert_eq!(held.get("AWSENV_EXPIRED"), None, "{verb}");
    }
    let held = env.variables_after(&format!("{cleared}; eval \"$(awsenv renew --shell sh)\""));
    assert_eq!((held["AWSENV_PROFILE"].as_str(), held["AWS_REGION"].as_str()), ("staging", "us-west-2"));
    assert!(
        held["AWSENV_CONTEXT"].contains(",asked-role=arn:aws:iam::111122223333:role/Admin"),
        "{}",
        held["AWSENV_CONTEXT"]
    );
    // It is the one before.
    let held = env.variables_after(&format!("{cleared}; eval \"$(awsenv use sandbox --shell sh)\""));
    let asked = "asked-role=arn:aws:iam::111122223333:role/Admin,asked-region=us-west-2";
    assert_eq!(held["AWSENV_PREVIOUS"], format!("staging,account=111122223333,mode=keys,{asked}"));
}

#[test]
fn whoami_knows_that_credentials_have_ended_and_names_renew() {
    let env = TestEnv::demo();
    let run = env.sh(&format!("{}; awsenv whoami", cleared(&env))).exits(5);
    assert!(!run.stderr.contains("a refused switch"), "{}", run.stderr);
    run.says("this shell's credentials of account 1111-2222-3333 have ended").says("`awsenv renew`");
}

#[test]
fn p3_what_becomes_of_ended_credentials_travels_with_them() {
    let mut env = TestEnv::demo();
    let at_end = |env: &TestEnv| env.variables_after(SWITCH)["AWSENV_CONTEXT"].contains(",at-end=keep");
    assert!(!at_end(&env));
    env.set("AWSENV_OPT_ON_EXPIRY", "keep");
    assert!(at_end(&env));
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
fn the_hook_s_record_holds_the_segment_in_two_parts() {
    let mut env = TestEnv::demo();
    env.set("NO_COLOR", "1");
    let shown = prompt_after(&env, &format!("{SWITCH}; awsenv prompt --hook --shell bash"));
    let lines: Vec<&str> = shown.lines().collect();
    let [version, state, _, until, at_end, before, after, text, enter, signal, restore, pane, notice, end, prompt] =
        lines[..]
    else {
        panic!("{shown}")
    };
    assert_eq!([version, state, until, at_end, end], ["1", "verified", "0", "clear", "end"]);
    assert_eq!(format!("{before}{after}").trim_end(), prompt);
    assert_eq!([text, enter, signal, restore, pane, notice], [prompt.trim(), "", "", "", "", ""]);
}

#[test]
fn it_opens_no_socket_and_no_file() {
    let Some(strace) = tool("strace") else { return };
    let env = TestEnv::demo();
    let held = env.variables_after(SWITCH);
    for arguments in [&["prompt"][..], &["prompt", "--hook", "--shell", "zsh"]] {
        opens_nothing(&env, &strace, &held, arguments);
    }
}

fn opens_nothing(env: &TestEnv, strace: &Path, held: &BTreeMap<String, String>, arguments: &[&str]) {
    let log = env.home().join("strace.log");
    let mut command = env.command(strace);
    command.args(["-f", "-e", "trace=%network,open,openat,openat2,creat,clone,clone3,fork,vfork", "-o"]).arg(&log);
    let output = command.arg(env!("CARGO_BIN_EXE_awsenv")).args(arguments).envs(held).output().expect("strace starts");
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
