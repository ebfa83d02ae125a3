//! What a session starts from, where it is not keys: which sources need not be asked to know whose the kept session is.

use std::fs;

use awsenv::demo::FakeContainer;
use serde_json::json;

use super::{DEPLOY, asked, env, kept, key_of};
use crate::support::TestEnv;

const PIPELINE: &str = "arn:aws:iam::444455556666:role/Pipeline";
const TOKEN: &str = "demo.web.identity";

/// The role of a web identity, and another on top of it.
fn web() -> TestEnv {
    let env = env();
    let token = env.write("token", format!("{TOKEN}\n"));
    env.profile("pipeline", &format!("role_arn = {PIPELINE}\nweb_identity_token_file = {}", token.display()));
    env.profile("on-top", &format!("role_arn = {DEPLOY}\nsource_profile = pipeline"));
    env
}

fn key(env: &TestEnv, profile: &str, more: &[&str]) -> String {
    key_of(env.run(&[&["exec", profile], more, &["--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]].concat()))
}

#[test]
fn a_web_identity_is_served_for_the_very_token_without_a_call() {
    for profile in ["pipeline", "on-top"] {
        let env = web();
        let first = key(&env, profile, &[]);
        let calls = asked(&env, || {
            assert_eq!(key(&env, profile, &[]), first);
            let run = env.run(&["use", profile, "--shell", "sh", "--print"]).exits(0);
            assert!(run.stderr.contains("s ago, of these very credentials"), "{}", run.stderr);
        });
        assert_eq!(calls, Vec::<String>::new(), "{profile}");
        // Another token is another's, and so is none.
        env.write("token", "another");
        env.run(&["exec", profile, "--", "true"]).exits(5).says("InvalidIdentityToken");
        fs::remove_file(env.home().join("token")).unwrap();
        env.run(&["exec", profile, "--", "true"]).exits(5).says("the web identity token");
        env.write("token", TOKEN);
        assert_eq!(key(&env, profile, &[]), first);
    }
}

#[test]
fn a_web_identity_is_served_for_exactly_what_was_asked_and_renewed() {
    let env = web();
    let mut keys = vec![key(&env, "pipeline", &[]), key(&env, "pipeline", &["--duration", "30m"])];
    assert_eq!(key(&env, "pipeline", &["--duration", "30m"]), keys[1]);
    let token = env.home().join("token");
    let named = format!("role_arn = {PIPELINE}\nrole_session_name = me\nweb_identity_token_file = {}", token.display());
    env.profile("named", &named);
    keys.push(key(&env, "named", &[]));
    keys.push(key(&env, "pipeline", &["--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"]));
    let renewed = "eval \"$(awsenv use pipeline --shell sh)\"; eval \"$(awsenv renew --shell sh)\"";
    keys.push(env.variables_after(renewed)["AWS_ACCESS_KEY_ID"].clone());
    let different: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "{keys:?}");
    assert_eq!(Some(&key(&env, "pipeline", &[])), keys.last());
    assert!(env.run(&["sessions"]).exits(0).stdout.contains(PIPELINE));
}

#[test]
fn p6_of_a_web_identity_in_a_protected_account_nothing_is_kept() {
    let env = web();
    env.run(&["account", "set", "444455556666", "--protection", "confirm"]).exits(0);
    for profile in ["pipeline", "on-top"] {
        key(&env, profile, &["--confirm-account", "444455556666"]);
    }
    assert_eq!(kept(&env).len(), 0);
}

#[test]
fn p6_in_a_read_only_account_only_the_narrowed_session_of_a_web_identity_is_got_and_it_is_served() {
    let env = web();
    env.run(&["account", "set", "444455556666", "--protection", "read-only"]).exits(0);
    let mut first = String::new();
    let calls = asked(&env, || first = key(&env, "pipeline", &[]));
    assert_eq!(calls.iter().filter(|call| *call == "AssumeRoleWithWebIdentity").count(), 1, "{calls:?}");
    let calls = asked(&env, || assert_eq!(key(&env, "pipeline", &[]), first));
    assert!(calls.contains(&"GetCallerIdentity".to_owned()), "{calls:?}");
    assert!(!calls.contains(&"AssumeRoleWithWebIdentity".to_owned()), "{calls:?}");
}

#[test]
fn an_identity_center_session_is_served_for_the_same_sign_in_only() {
    let env = env();
    env.profile("developer", "sso_session = corp\nsso_account_id = 444455556666\nsso_role_name = Developer");
    let section = "sso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1";
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.write(".aws/config", format!("{config}\n[sso-session corp]\n{section}\n"));
    let sign_in = |token: &str| {
        let text = format!("{{\"accessToken\": \"{token}\", \"expiresAt\": \"2999-01-01T00:00:00Z\"}}");
        env.write(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", text);
    };
    let developer = || env.run(&["exec", "developer", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]);
    sign_in("demo-sso-access-token");
    let key = key_of(developer());
    assert_eq!(asked(&env, || assert_eq!(key_of(developer()), key)), Vec::<String>::new());
    assert!(env.run(&["sessions"]).exits(0).stdout.contains("444455556666/Developer"));
    // Another person's sign-in gets its own, and nobody's gets none.
    sign_in("another-access-token");
    developer().exits(5);
    fs::remove_file(env.home().join(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json")).unwrap();
    developer().exits(5).says("nobody is signed in");
}

/// A helper that counts its runs, prints the session of a file, and fails without one.
fn helper(env: &TestEnv) {
    let script = env.write("helper", "#!/bin/sh\necho run >>\"$HOME/runs\"\nexec cat \"$HOME/user.json\"\n");
    env.profile("helped", &format!("credential_process = sh {}", script.display()));
    env.profile("on-top", &format!("role_arn = {DEPLOY}\nsource_profile = helped"));
}

fn signed_in(env: &TestEnv, arn: &str) {
    let user = env.aws().issue(arn, 3600);
    let json = json!({
        "Version": 1, "AccessKeyId": user.access_key_id, "SecretAccessKey": user.secret_access_key,
        "SessionToken": user.session_token, "Expiration": user.expires.to_string(),
    });
    env.write("user.json", json.to_string());
}

#[test]
fn p1_a_helper_is_run_each_time_since_another_user_may_be_signed_in() {
    let env = env();
    helper(&env);
    signed_in(&env, "arn:aws:iam::444455556666:user/ada");
    let ada = key(&env, "on-top", &[]);
    let calls = asked(&env, || assert_eq!(key(&env, "on-top", &[]), ada));
    assert_eq!(calls, Vec::<String>::new());
    assert_eq!(fs::read_to_string(env.home().join("runs")).unwrap(), "run\nrun\n");
    signed_in(&env, "arn:aws:iam::444455556666:user/bob");
    assert_ne!(key(&env, "on-top", &[]), ada);
    // Nobody is.
    fs::remove_file(env.home().join("user.json")).unwrap();
    assert_eq!(env.run(&["exec", "on-top", "--", "true"]).exits(5).stdout, "");
}

#[test]
fn p1_a_container_and_an_instance_are_asked_each_time_since_their_role_may_be_another() {
    let mut env = env();
    let url = env.aws().url();
    env.aws().change(|scenario| {
        scenario.container = Some(FakeContainer { role: PIPELINE.to_owned(), token: None });
        scenario.instance_role = Some(PIPELINE.to_owned());
    });
    env.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/container/credentials"));
    env.unset("AWS_EC2_METADATA_DISABLED");
    env.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url);
    for (source, operation) in
        [("EcsContainer", "ContainerCredentials"), ("Ec2InstanceMetadata", "MetadataCredentials")]
    {
        env.profile(source, &format!("role_arn = {DEPLOY}\ncredential_source = {source}"));
        key(&env, source, &[]);
        let calls = asked(&env, || drop(key(&env, source, &[])));
        assert!(calls.contains(&operation.to_owned()), "{calls:?}");
    }
}
