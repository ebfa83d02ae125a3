//! Sessions that the agent keeps while the vault is unlocked: the default.

use std::fs;

use awsenv::vault::agent::Agent;

use super::{
    ID,
    agent::{socket, unlock},
};
use crate::support::{
    Run, TestEnv, files_below,
    vault::{PASSPHRASE, SECRET, TestVault, run_with_passphrase},
};

const STAGING: &str = "444455556666";
const DEPLOY: &str = "arn:aws:iam::444455556666:role/ops/Deploy";

/// The demo's accounts, a role in staging, and a vault that is unlocked.
fn env() -> TestEnv {
    let env = TestEnv::demo();
    env.profile("deploy", &format!("role_arn = {DEPLOY}\nsource_profile = staging\nregion = eu-west-1"));
    TestVault::make(&env);
    unlock(&env, &[]);
    env
}

fn exec(env: &TestEnv, more: &[&str]) -> Run {
    env.run(&[&["exec", "deploy"], more, &["--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]].concat())
}

/// How many requests AWS gets while this runs.
fn requests(env: &TestEnv, run: impl FnOnce()) -> usize {
    let before = env.aws().requests().len();
    run();
    env.aws().requests().len() - before
}

fn listed(env: &TestEnv) -> usize {
    let json: serde_json::Value = serde_json::from_str(&env.run(&["sessions", "--json"]).exits(0).stdout).unwrap();
    json.as_array().unwrap().len()
}

#[test]
fn p1_use_of_a_kept_session_makes_no_call_and_says_how_old_its_verification_is() {
    let env = env();
    let key = exec(&env, &[]).exits(0).stdout;
    let none = requests(&env, || {
        let used = env.variables_after("eval \"$(awsenv use deploy --shell sh)\"");
        assert_eq!((used["AWS_ACCESS_KEY_ID"].as_str(), used["AWSENV_ACCOUNT_ID"].as_str()), (key.trim(), STAGING));
        env.run(&["use", "deploy", "--shell", "sh", "--print"]).exits(0).says("s ago, of these very credentials");
        assert_eq!(exec(&env, &[]).exits(0).stdout, key);
    });
    assert_eq!(none, 0);
    // Not what was asked for, not kept, not wanted.
    assert_ne!(exec(&env, &["--session-name", "other"]).exits(0).stdout, key);
    assert_ne!(exec(&env, &["--no-cache"]).exits(0).stdout, key);
    assert_ne!(requests(&env, || drop(env.run(&["whoami", "deploy"]).exits(0))), 0);
    let renewed = env.variables_after("eval \"$(awsenv use deploy --shell sh)\"; eval \"$(awsenv renew --shell sh)\"");
    assert_ne!(renewed["AWS_ACCESS_KEY_ID"], key.trim());
}

#[test]
fn p4_they_are_in_no_file_and_gone_with_the_agent() {
    let env = env();
    let key = exec(&env, &[]).exits(0).stdout;
    assert!(env.run(&["sessions"]).exits(0).stdout.contains(DEPLOY));
    assert!(env.run(&["list"]).exits(0).stdout.contains("  kept until "));
    let secrets = env.aws().secrets();
    for (path, content) in files_below(env.home()).iter().filter(|(path, _)| !path.ends_with(".aws/credentials")) {
        let text = String::from_utf8_lossy(content);
        assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{}", path.display());
    }
    env.run(&["lock"]).exits(0);
    assert_eq!(listed(&env), 0);
    assert_ne!(exec(&env, &[]).exits(0).stdout, key);
    // Without the agent nothing is kept.
    assert_eq!(listed(&env), 0);
    unlock(&env, &[]);
    exec(&env, &[]).exits(0);
    assert_eq!(listed(&env), 1);
    env.run(&["logout", "--all"]).exits(0).says("1 kept session removed");
    assert_eq!(listed(&env), 0);
}

#[test]
fn files_that_cannot_be_removed_keep_none_of_the_agents_sessions() {
    let env = env();
    exec(&env, &[]).exits(0);
    fs::create_dir_all(env.home().join(".cache/awsenv/sessions/none.json")).unwrap();
    env.run(&["logout", "--all"]).exits(2).says("the sessions are not all removed");
    assert_eq!(listed(&env), 0);
}

#[test]
fn they_serve_who_gives_the_passphrase_once_it_has_opened_the_keys() {
    let env = TestEnv::demo();
    let vault = TestVault::make(&env);
    env.aws().change(|scenario| {
        let user = scenario.users.iter_mut().find(|user| user.access_key_id == "AKIADEMOSTAGING77777").unwrap();
        (user.access_key_id, user.secret_access_key) = (ID.to_owned(), SECRET.to_owned());
    });
    vault.add("kept", ID, SECRET);
    env.profile("deploy", &format!("role_arn = {DEPLOY}\nsource_profile = kept\nregion = eu-west-1"));
    let show = ["exec", "deploy", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"];
    let script = || run_with_passphrase(&env, &show, "");
    let alone = script().exits(0).stdout;
    unlock(&env, &[]);
    let key = script().exits(0).stdout;
    assert_ne!(key, alone, "without the agent nothing is kept");
    let none = requests(&env, || {
        assert_eq!(script().exits(0).says("s ago, of these very credentials").stdout, key);
        assert_eq!(exec(&env, &[]).exits(0).stdout, key);
    });
    assert_eq!(none, 0);
    env.write("passphrase", "not that\n");
    assert_eq!(script().exits(7).stdout, "");
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    env.run(&["lock"]).exits(0);
    assert_ne!(script().exits(0).stdout, key);
}

#[test]
fn the_settings_switch_it_off() {
    let env = env();
    env.settings("\n[sessions]\ncache = \"off\"\n");
    exec(&env, &[]).exits(0);
    assert_eq!(listed(&env), 0);
}

#[test]
fn p6_of_a_protected_account_only_read_only_sessions_are_kept() {
    let env = env();
    for (protection, more, count) in [("confirm", &["--confirm-account", STAGING][..], 0), ("read-only", &[], 1)] {
        env.run(&["account", "set", STAGING, "--protection", protection]).exits(0);
        exec(&env, more).exits(0);
        assert_eq!(listed(&env), count, "{protection}");
    }
    assert_ne!(requests(&env, || drop(exec(&env, &[]).exits(0).says("narrowed to ReadOnlyAccess"))), 0);
}

#[test]
fn p2_a_session_that_ends_soon_is_not_served() {
    let env = env();
    env.aws().change(|scenario| scenario.issued_for_seconds = Some(299));
    let key = exec(&env, &[]).exits(0).stdout;
    assert_ne!(exec(&env, &[]).exits(0).stdout, key);
}

#[test]
fn p4_the_agent_keeps_nothing_but_sessions() {
    let env = env();
    let frame = |body: &str| [&[1], &u32::try_from(body.len()).unwrap().to_be_bytes()[..], body.as_bytes()].concat();
    let key = "0".repeat(64);
    for (key, text) in [(key.as_str(), "anything"), ("../x", "{}")] {
        let body = serde_json::json!({"keep": {"key": key, "text": text, "lasts": 60}}).to_string();
        let reply = super::agent::say(&env, &frame(&body));
        assert!(reply.contains("keeps only sessions that end"), "{reply}");
    }
    assert_eq!(listed(&env), 0);
    // A session of one key is none of another.
    exec(&env, &[]).exits(0);
    let ask = |request: serde_json::Value| -> serde_json::Value {
        let reply = super::agent::say(&env, &frame(&request.to_string()));
        serde_json::from_str(&reply[reply.find('{').unwrap()..]).unwrap()
    };
    let own = ask("sessions".into())["sessions"][0].clone();
    let text = ask(serde_json::json!({"session": own}))["session"].clone();
    let kept = |key: serde_json::Value| ask(serde_json::json!({"keep": {"key": key, "text": text, "lasts": 60}}));
    let refused = kept(key.into());
    assert!(refused["failed"]["message"].as_str().unwrap().contains("keeps only sessions that end"), "{refused}");
    assert_eq!(kept(own)["done"], true);
    assert_eq!(listed(&env), 1);
}

#[test]
fn p4_a_session_is_given_out_for_no_passphrase_but_the_vaults() {
    let env = TestEnv::demo();
    env.profile("deploy", &format!("role_arn = {DEPLOY}\nsource_profile = staging\nregion = eu-west-1"));
    let vault = TestVault::make(&env);
    unlock(&env, &[]);
    exec(&env, &[]).exits(0);
    let frame = |body: &str| [&[1], &u32::try_from(body.len()).unwrap().to_be_bytes()[..], body.as_bytes()].concat();
    let reply = super::agent::say(&env, &frame("\"sessions\""));
    let reply: serde_json::Value = serde_json::from_str(&reply[reply.find('{').unwrap()..]).unwrap();
    let ask = frame(&serde_json::json!({"session": reply["sessions"][0]}).to_string());
    assert!(super::agent::say(&env, &ask).contains("ASIA"));
    let new = crate::support::vault::passphrase("another one");
    vault.vault.change_passphrase(&vault.unlocked, Some(&new), 0, |_| Ok(())).unwrap();
    let reply = super::agent::say(&env, &ask);
    assert!(!reply.contains("ASIA") && reply.contains("passphrase was changed"), "{reply}");
}

#[test]
fn the_socket_is_where_the_environment_says() {
    let mut env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", super::ID, "secret");
    let place = env.home().join("elsewhere/agent");
    env.set("AWSENV_AGENT", place.to_str().unwrap());
    unlock(&env, &[]);
    env.run(&["get", "a"]).exits(0);
    assert!(place.exists() && !socket(&env).exists());
    env.run(&["lock"]).exits(0);
    assert!(!place.exists());
    // A folder that others may write to is no place for it, nor is what depends on the working directory.
    unlock(&env, &[]);
    let open = |mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(place.parent().unwrap(), fs::Permissions::from_mode(mode)).unwrap();
    };
    open(0o777);
    env.run(&["get", "a"]).exits(7);
    open(0o700);
    assert!(Agent::connect(&place).is_some());
    env.run(&["lock"]).exits(0);
    env.set("AWSENV_AGENT", "agent.sock");
    env.sh("awsenv unlock --passphrase-fd 3 3<passphrase").exits(2).says("AWSENV_AGENT names no place");
    env.run(&["get", "a"]).exits(7);
}
