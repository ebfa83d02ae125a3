//! `awsenv credential-process`: what other tools take credentials from.

use serde_json::Value;

use crate::support::{Pty, Terminal, TestEnv};

const PRODUCTION: &str = "111122223333";

/// The names and values, in the order of the names.
fn parsed(stdout: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(object)) = serde_json::from_str(stdout) else { panic!("no JSON object: {stdout}") };
    let mut pairs: Vec<_> =
        object.into_iter().map(|(name, value)| (name, value.to_string().trim_matches('"').to_owned())).collect();
    pairs.sort();
    pairs
}

#[test]
fn p1_the_json_names_the_account_that_sts_confirmed() {
    let env = TestEnv::demo();
    let run = env.run(&["credential-process", "staging"]).exits(0);
    let expected = [
        ("AccessKeyId", "AKIADEMOSTAGING77777"),
        ("AccountId", "444455556666"),
        ("SecretAccessKey", "demo/staging/not+a+secret/DEMO+DEMO+DE/0"),
        ("Version", "1"),
    ];
    assert_eq!(parsed(&run.stdout), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(run.stderr, "");
    let asked: Vec<String> = env.aws().requests().into_iter().map(|request| request.operation).collect();
    assert!(asked.contains(&"GetCallerIdentity".to_owned()), "{asked:?}");
}

#[test]
fn a_roles_session_has_its_token_and_its_end() {
    let env = TestEnv::demo();
    let run = env.run(&["credential-process", "chain"]).exits(0);
    let pairs = parsed(&run.stdout);
    let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["AccessKeyId", "AccountId", "Expiration", "SecretAccessKey", "SessionToken", "Version"]);
    assert_eq!(pairs[1].1, PRODUCTION);
    assert!(pairs[2].1.ends_with('Z') && pairs[2].1.len() == 20, "{}", pairs[2].1);
}

#[test]
fn p2_a_failure_prints_nothing_but_its_reason() {
    let env = TestEnv::demo();
    for (profile, code, says) in [
        ("no-such-profile", 2, "there is no profile"),
        ("broken", 2, "no-such-profile"),
        ("mislabelled", 4, "1111-2222-3333"),
    ] {
        let run = env.run(&["credential-process", profile]).exits(code).says(says);
        assert_eq!(run.stdout, "", "{profile}");
    }
}

#[test]
fn p6_protection_holds_as_in_exec() {
    let env = TestEnv::demo();
    env.run(&["account", "set", PRODUCTION, "--protection", "confirm"]).exits(0);
    let process = ["credential-process", "production"];
    assert_eq!(env.run(&process).exits(3).says("--confirm-account").stdout, "");
    env.run(&[&process[..], &["--confirm-account", PRODUCTION]].concat()).exits(0);
    env.run(&["account", "set", PRODUCTION, "--protection", "read-only"]).exits(0);
    assert_eq!(env.run(&process).exits(3).says("cannot be narrowed").stdout, "");
    env.run(&["credential-process", "admin"]).exits(0);
    let requests = env.aws().requests();
    let last = requests.iter().rfind(|request| request.operation == "AssumeRole").expect("the role is assumed");
    assert_eq!(last.policy_arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    env.run(&["account", "set", PRODUCTION, "--protection", "deny"]).exits(0);
    assert_eq!(env.run(&process).exits(3).stdout, "");
}

#[test]
fn p4_a_terminal_is_shown_no_secret_unless_it_is_asked_for() {
    let env = TestEnv::demo();
    let secret = "demo/staging/not+a+secret";
    let run = Pty::awsenv(&env, &["credential-process", "staging"], Terminal::All).finish().exits(2);
    assert!(!run.stderr.contains(secret), "{}", run.stderr);
    assert_eq!(env.aws().requests(), []);
    let run = Pty::awsenv(&env, &["credential-process", "staging", "--print"], Terminal::All).finish().exits(0);
    assert!(run.stderr.contains(secret), "{}", run.stderr);
}

#[test]
fn awsenv_takes_its_own_output_and_notices_a_circle() {
    let env = TestEnv::demo();
    let by = |profile: &str| format!("credential_process = awsenv credential-process {profile}");
    env.profile("by-awsenv", &by("admin"));
    let run = env.run(&["exec", "by-awsenv", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"]).exits(0);
    assert_eq!(run.stdout, format!("{PRODUCTION}\n"));
    env.profile("one", &by("two"));
    env.profile("two", &by("one"));
    assert_eq!(env.run(&["credential-process", "one"]).exits(5).says("again").stdout, "");
}

#[test]
fn p1_pins_of_the_settings_hold_for_a_helper_that_is_awsenv() {
    let mut env = TestEnv::demo();
    env.profile("by-awsenv", "credential_process = awsenv credential-process staging");
    let team = env.write("team.toml", "[profiles.staging]\naccount = \"999999999999\"\n");
    let exec = ["exec", "by-awsenv", "--", "true"];
    env.run(&exec).exits(0);
    env.run(&[&["--config", &team.to_string_lossy()], &exec[..]].concat()).exits(5).says("9999-9999-9999");
    env.set("AWSENV_CONFIG", &team.to_string_lossy());
    env.run(&exec).exits(5).says("9999-9999-9999");
}

#[test]
fn without_verification_no_account_is_claimed() {
    let env = TestEnv::demo();
    let run = env.run(&["credential-process", "staging", "--no-verify"]).exits(0);
    assert!(!run.stdout.contains("AccountId"), "{}", run.stdout);
    assert_eq!(env.run(&["credential-process", "mislabelled", "--no-verify"]).exits(3).stdout, "");
}
