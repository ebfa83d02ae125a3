//! `awsenv list`: what the files say, without any network.

use crate::support::TestEnv;

#[test]
fn all_profiles_are_listed_and_nobody_is_asked() {
    let env = TestEnv::demo();
    let run = env.run(&["list"]).exits(0);
    for name in ["staging", "production", "sandbox", "admin", "chain", "sandbox-deploy", "mislabelled", "broken"] {
        assert!(run.stdout.contains(name), "{name} is not in the list:\n{}", run.stdout);
    }
    assert!(run.stdout.contains("111122223333") || run.stdout.contains("1111-2222-3333"), "the account of a role");
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn json_has_all_profiles_too() {
    let env = TestEnv::demo();
    let run = env.run(&["list", "--json"]).exits(0);
    let list: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let text = list.to_string();
    for name in ["staging", "chain", "broken"] {
        assert!(text.contains(&format!("\"{name}\"")), "{name} is not in {text}");
    }
}

/// Profiles of two sso-sessions, a role on top of one of them, and the file of the first one's sign-in.
const TWO_SESSIONS: &str = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n\
    [sso-session other]\nsso_start_url = https://other.awsapps.com/start\nsso_region = eu-west-1\n\
    [profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Developer\n\
    [profile top]\nrole_arn = arn:aws:iam::111122223333:role/Top\nsource_profile = dev\n\
    [profile away]\nsso_session = other\nsso_account_id = 111122223333\nsso_role_name = Developer\n";
const TOKEN_OF_CORP: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

/// The state of a profile's session, and its end.
fn session(env: &TestEnv, profile: &str) -> (String, String) {
    let list = env.run(&["list", "--json"]).exits(0).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).expect("it is JSON");
    let rows = list["profiles"].as_array().expect("it is a list");
    let row = rows.iter().find(|row| row["profile"] == profile).expect("it is listed");
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    (text("session"), text("session_end"))
}

#[test]
fn the_sign_in_of_each_profile_is_told_and_nobody_is_asked() {
    let env = TestEnv::empty();
    env.write(".aws/config", TWO_SESSIONS);
    let told = |profile: &str| session(&env, profile).0;
    assert_eq!(
        (told("dev"), told("top"), told("away")),
        ("signed-out".into(), "signed-out".into(), "signed-out".into())
    );
    env.write(TOKEN_OF_CORP, r#"{"accessToken":"t0ken-canary","expiresAt":"2099-01-01T00:00:00Z"}"#);
    for profile in ["dev", "top"] {
        assert_eq!(session(&env, profile), ("signed-in".to_owned(), "2099-01-01T00:00:00Z".to_owned()));
    }
    assert_eq!(told("away"), "signed-out");
    let run = env.run(&["list"]).exits(0);
    let ends = |name: &str, end: &str| {
        let line = run.stdout.lines().find(|line| line.starts_with(name)).expect("it is listed");
        assert!(line.contains(end), "{line}");
    };
    ends("dev ", "Identity Center        signed in until 2099-01-01 00:00 UTC");
    ends("top ", "Identity Center  dev   signed in until 2099-01-01 00:00 UTC");
    ends("away ", "not signed in");
    assert!(!run.stdout.contains("canary"), "{}", run.stdout);
    env.write(TOKEN_OF_CORP, r#"{"accessToken":"t0ken","expiresAt":"2020-01-01T00:00:00Z"}"#);
    assert_eq!(session(&env, "dev"), ("over".to_owned(), "2020-01-01T00:00:00Z".to_owned()));
    // What is no sign-in of this session counts as none.
    env.write(TOKEN_OF_CORP, r#"{"accessToken":"t0ken","expiresAt":"2099-01-01T00:00:00Z","startUrl":"https://evil"}"#);
    assert_eq!(told("dev"), "signed-out");
}

#[test]
fn kept_sessions_are_told_where_the_next_run_would_use_them() {
    let env = TestEnv::demo();
    env.profile("deploy", "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging");
    env.settings("\n[sessions]\ncache = \"file\"\n");
    assert_eq!(session(&env, "deploy").0, "");
    env.run(&["exec", "deploy", "--", "true"]).exits(0);
    let asked = env.aws().requests().len();
    let (state, end) = session(&env, "deploy");
    assert_eq!(state, "kept");
    let sessions: serde_json::Value = serde_json::from_str(&env.run(&["sessions", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(sessions[0]["expires"], end);
    let run = env.run(&["list"]).exits(0);
    let line = run.stdout.lines().find(|line| line.starts_with("deploy ")).expect("it is listed");
    assert!(line.contains("  kept until "), "{line}");
    assert_eq!(session(&env, "staging").0, "");
    assert_eq!(env.aws().requests().len(), asked);
    env.write(".config/awsenv.toml", "[sessions]\ncache = \"off\"\n");
    assert_eq!(session(&env, "deploy").0, "");
}

#[test]
fn without_any_file_the_list_is_empty() {
    let run = TestEnv::empty().run(&["list", "--json"]).exits(0);
    serde_json::from_str::<serde_json::Value>(&run.stdout).expect("it is JSON");
}
