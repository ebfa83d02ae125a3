//! Sessions kept between runs: only where the user said so, for exactly what was asked, and never past their time.

mod sources;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    thread,
};

use crate::support::{Run, TestEnv, files_below};

const STAGING: &str = "444455556666";
const DEPLOY: &str = "arn:aws:iam::444455556666:role/ops/Deploy";

/// The demo's accounts and a role in staging, with sessions kept in files.
fn env() -> TestEnv {
    let env = env_without_files();
    env.settings("\n[sessions]\ncache = \"file\"\n");
    env
}

fn env_without_files() -> TestEnv {
    let env = TestEnv::demo();
    env.profile("deploy", &format!("role_arn = {DEPLOY}\nsource_profile = staging\nregion = eu-west-1"));
    env
}

/// The operations that AWS was asked for while this ran.
fn asked(env: &TestEnv, run: impl FnOnce()) -> Vec<String> {
    let before = env.aws().requests().len();
    run();
    env.aws().requests()[before..].iter().map(|request| request.operation.clone()).collect()
}

fn kept(env: &TestEnv) -> Vec<PathBuf> {
    let folder = env.home().join(".cache/awsenv/sessions");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
}

#[track_caller]
fn key_of(run: Run) -> String {
    run.exits(0).stdout.trim().to_owned()
}

fn exec(env: &TestEnv, more: &[&str]) -> Run {
    env.run(&[&["exec", "deploy"], more, &["--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]].concat())
}

#[test]
fn p4_nothing_is_kept_unless_the_settings_say_so() {
    let env = env_without_files();
    exec(&env, &[]).exits(0);
    let again = asked(&env, || drop(exec(&env, &[]).exits(0)));
    assert!(again.contains(&"AssumeRole".to_owned()), "{again:?}");
    assert_eq!(kept(&env), Vec::<PathBuf>::new());
    let secrets = env.aws().secrets();
    for (path, content) in files_below(env.home()).iter().filter(|(path, _)| !path.ends_with(".aws/credentials")) {
        let text = String::from_utf8_lossy(content);
        assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{}", path.display());
    }
}

#[test]
fn p1_a_kept_session_needs_no_call_and_says_how_old_its_verification_is() {
    let env = env();
    let key = key_of(exec(&env, &[]));
    let calls = asked(&env, || {
        let run = exec(&env, &[]).says("verified").says("s ago, of these very credentials").says("4444-5555-6666");
        assert_eq!(key_of(run), key);
        let used = env.variables_after("eval \"$(awsenv use deploy --shell sh)\"");
        assert_eq!((used["AWS_ACCESS_KEY_ID"].as_str(), used["AWSENV_ACCOUNT_ID"].as_str()), (key.as_str(), STAGING));
        let process = env.run(&["credential-process", "deploy"]).exits(0).stdout;
        assert!(process.contains(&key) && process.contains("\"AccountId\":\"444455556666\""), "{process}");
    });
    assert_eq!(calls, Vec::<String>::new());
}

#[test]
fn whoami_asks_in_any_case_and_renew_gets_another_session() {
    let env = env();
    let key = key_of(exec(&env, &[]));
    let calls = asked(&env, || drop(env.run(&["whoami", "deploy"]).exits(0)));
    assert!(calls.contains(&"GetCallerIdentity".to_owned()) && !calls.contains(&"AssumeRole".to_owned()), "{calls:?}");
    let switch = "eval \"$(awsenv use deploy --shell sh)\"; eval \"$(awsenv renew --shell sh)\"";
    let renewed = env.variables_after(switch)["AWS_ACCESS_KEY_ID"].clone();
    assert_ne!(renewed, key);
    assert_eq!(key_of(exec(&env, &[])), renewed);
    let calls = asked(&env, || drop(exec(&env, &["--no-cache"]).exits(0)));
    assert!(calls.contains(&"AssumeRole".to_owned()), "{calls:?}");
    assert_eq!(key_of(exec(&env, &[])), renewed);
}

#[test]
fn only_exactly_the_same_is_served() {
    let env = env();
    env.aws().change(|scenario| {
        scenario
            .roles
            .iter_mut()
            .for_each(|role| role.allows = vec!["sts:TagSession".into(), "sts:SetSourceIdentity".into()]);
    });
    let mut keys = vec![key_of(exec(&env, &[]))];
    for more in [
        &["--duration", "2h"][..],
        &["--session-name", "me"],
        &["--source-identity", "me"],
        &["--session-tag", "a=b"],
        &["--session-tag", "a=c"],
        &["--session-policy", "{\"Statement\":[]}"],
        &["--policy-arn", "arn:aws:iam::aws:policy/ViewOnlyAccess"],
        &["--external-id", "x7"],
    ] {
        keys.push(key_of(exec(&env, more)));
        assert_eq!(key_of(exec(&env, more)), *keys.last().unwrap(), "{more:?}");
    }
    let different: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    assert_eq!(key_of(exec(&env, &[])), keys[0]);
    // Another key of the source, another session.
    env.user("other", "arn:aws:iam::444455556666:user/team/ada", "AKIADEMOSTAGINGOTHER", "another/secret");
    env.profile("deploy-other", &format!("role_arn = {DEPLOY}\nsource_profile = other"));
    let other = env.run(&["exec", "deploy-other", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]);
    assert!(!keys.contains(&key_of(other)));
}

#[test]
fn p2_a_session_that_ends_soon_is_not_served() {
    let env = env();
    env.aws().change(|scenario| scenario.issued_for_seconds = Some(299));
    let key = key_of(exec(&env, &[]));
    assert_ne!(key_of(exec(&env, &[])), key);
    env.aws().change(|scenario| scenario.issued_for_seconds = Some(3600));
    let key = key_of(exec(&env, &[]));
    assert_eq!(key_of(exec(&env, &[])), key);
}

#[test]
fn p8_a_damaged_or_foreign_file_is_a_miss() {
    let env = env();
    exec(&env, &[]).exits(0);
    let file = kept(&env).remove(0);
    let good = fs::read_to_string(&file).unwrap();
    let elsewhere = env.write("elsewhere", &good);
    let miss = |what: &str| {
        let calls = asked(&env, || drop(exec(&env, &[]).exits(0)));
        assert!(calls.contains(&"AssumeRole".to_owned()), "{what}: {calls:?}");
    };
    for (what, text) in [
        ("empty", ""),
        ("cut", &good[..good.len() / 2]),
        ("no text", "\0\u{1b}]0;x\u{7}"),
        ("another key", &good.replace("\"key\":\"", "\"key\":\"0")),
        ("other bytes", &good.replace("\"ASIA", "\"asia")),
    ] {
        fs::write(&file, text).unwrap();
        miss(what);
        assert_ne!(fs::read_to_string(&file).unwrap(), text, "{what} is replaced");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    miss("readable by others");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    exec(&env, &[]).exits(0);
    fs::remove_dir(&file).unwrap();
    symlink(&elsewhere, &file).unwrap();
    exec(&env, &[]).exits(0);
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), good, "what a link leads to is not written");
}

#[test]
fn p1_an_identity_that_is_of_other_credentials_is_asked_for() {
    let env = env();
    exec(&env, &[]).exits(0);
    let file = kept(&env).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    let fingerprint = text.split("\"of\":\"").nth(1).unwrap()[..64].to_owned();
    fs::write(&file, text.replace(&fingerprint, &"0".repeat(64))).unwrap();
    let calls = asked(&env, || drop(exec(&env, &[]).exits(0)));
    assert!(calls.contains(&"GetCallerIdentity".to_owned()) && !calls.contains(&"AssumeRole".to_owned()), "{calls:?}");
}

#[test]
fn p4_the_files_are_for_their_owner_alone() {
    let env = env();
    exec(&env, &[]).exits(0);
    let file = kept(&env).remove(0);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    // A name that nobody outside has a say in.
    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
    assert!(name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
}

#[test]
fn p6_of_a_protected_account_only_read_only_sessions_are_kept() {
    let env = env();
    for (protection, more, count) in
        [("confirm", &["--confirm-account", STAGING][..], 0), ("read-only", &[], 1), ("none", &[], 2)]
    {
        env.run(&["account", "set", STAGING, "--protection", protection]).exits(0);
        exec(&env, more).exits(0);
        assert_eq!(kept(&env).len(), count, "{protection}");
    }
    env.run(&["account", "set", STAGING, "--protection", "confirm"]).exits(0);
    // What was kept before is asked about all the same, and confirmed.
    let run = exec(&env, &[]).exits(3);
    assert_eq!(run.stdout, "");
    env.run(&["account", "set", STAGING, "--protection", "deny"]).exits(0);
    assert_eq!(exec(&env, &[]).exits(3).stdout, "");
}

#[test]
fn p6_a_read_only_session_that_is_kept_is_asked_about_and_served() {
    let env = env();
    env.run(&["account", "set", STAGING, "--protection", "read-only"]).exits(0);
    let key = key_of(exec(&env, &[]).says("narrowed to ReadOnlyAccess"));
    let calls = asked(&env, || assert_eq!(key_of(exec(&env, &[]).says("narrowed to ReadOnlyAccess")), key));
    assert!(calls.contains(&"GetCallerIdentity".to_owned()) && !calls.contains(&"AssumeRole".to_owned()), "{calls:?}");
    // With write access, it is another session, which is not kept.
    let write = ["--write", "--confirm-account", STAGING];
    assert_ne!(key_of(exec(&env, &write)), key);
    assert_eq!(kept(&env).len(), 1);
}

#[test]
fn p6_production_is_asked_every_time() {
    let env = env();
    env.run(&["account", "set", STAGING, "--class", "production"]).exits(0);
    exec(&env, &[]).exits(0);
    let calls = asked(&env, || drop(exec(&env, &[]).exits(0)));
    assert!(calls.contains(&"GetCallerIdentity".to_owned()) && !calls.contains(&"AssumeRole".to_owned()), "{calls:?}");
}

#[test]
fn p1_a_pin_holds_for_kept_sessions() {
    let env = env();
    exec(&env, &[]).exits(0);
    env.settings("\n[profiles.deploy]\naccount = \"111122223333\"\n");
    assert_eq!(exec(&env, &[]).exits(4).stdout, "");
}

#[test]
fn one_code_opens_the_session_of_a_user_for_all_profiles_below() {
    let env = env();
    env.settings("\n[mfa]\nmethod = \"session\"\n");
    let serial = "arn:aws:iam::444455556666:mfa/ada";
    env.aws().change(|scenario| {
        scenario.mfa_codes_work_once = true;
        let user = scenario.users.iter_mut().find(|user| user.access_key_id == "AKIADEMOSTAGING77777").unwrap();
        (user.mfa_serial, user.mfa_code) = (Some(serial.to_owned()), Some("123456".to_owned()));
        scenario.roles.iter_mut().for_each(|role| role.needs_mfa = true);
    });
    env.profile("one", &format!("role_arn = {DEPLOY}\nsource_profile = staging\nmfa_serial = {serial}"));
    let two = "role_arn = arn:aws:iam::111122223333:role/Admin";
    env.profile("two", &format!("{two}\nsource_profile = staging\nmfa_serial = {serial}"));
    env.run(&["exec", "one", "--mfa-code", "123456", "--", "true"]).exits(0);
    let calls = asked(&env, || drop(env.run(&["exec", "two", "--", "true"]).exits(0)));
    assert!(calls.contains(&"AssumeRole".to_owned()) && !calls.contains(&"GetSessionToken".to_owned()), "{calls:?}");
    // A new session of a role needs no new code either.
    env.sh("eval \"$(awsenv use one --shell sh)\" && awsenv renew --shell sh >/dev/null").exits(0);
}

#[test]
fn sessions_are_listed_and_removed() {
    let env = env();
    let none = env.run(&["sessions"]).exits(0).says("no sessions are kept");
    assert_eq!(none.stdout, "");
    exec(&env, &[]).exits(0);
    let list = env.run(&["sessions"]).exits(0).stdout;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines[0], "PROFILE  KIND  ACCOUNT         ENDS IN  VERIFIED   OF");
    assert!(lines[1].starts_with("deploy   role  4444-5555-6666  59 min") && lines[1].ends_with(DEPLOY), "{list}");
    let json: serde_json::Value = serde_json::from_str(&env.run(&["sessions", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(
        (&json[0]["account_id"], &json[0]["profile"], &json[0]["kind"]),
        (&STAGING.into(), &"deploy".into(), &"role".into())
    );
    for secret in env.aws().secrets() {
        assert!(!json.to_string().contains(&secret) && !list.contains(&secret));
    }
    env.run(&["logout"]).exits(2);
    env.run(&["logout", "--all"]).exits(0).says("1 kept session removed");
    assert_eq!(kept(&env), Vec::<PathBuf>::new());
    env.run(&["logout", "--all"]).exits(0).says("0 kept sessions removed");
    let calls = asked(&env, || drop(exec(&env, &[]).exits(0)));
    assert!(calls.contains(&"AssumeRole".to_owned()), "{calls:?}");
}

#[test]
fn a_session_that_cannot_be_removed_does_not_keep_the_rest() {
    let env = env();
    exec(&env, &[]).exits(0);
    let session = kept(&env).remove(0);
    let folder = session.parent().unwrap();
    // Nobody can say which of them comes first.
    let stuck: Vec<PathBuf> = (0..20).map(|at| folder.join(format!("{at:064x}.json"))).collect();
    for path in &stuck {
        fs::create_dir(path).unwrap();
    }
    env.run(&["logout", "--all"]).exits(2).says("the sessions are not all removed").says("cannot remove");
    assert!(!session.exists());
}

#[test]
fn p1_what_one_endpoint_gave_is_not_served_for_another_on_the_same_host() {
    let mut env = env();
    // The fake has one path; the same written otherwise is no less another endpoint.
    let url = env.aws().url();
    env.set("AWS_ENDPOINT_URL", &url);
    let key = key_of(exec(&env, &[]));
    assert_eq!(asked(&env, || assert_eq!(key_of(exec(&env, &[])), key)), Vec::<String>::new());
    env.set("AWS_ENDPOINT_URL", &format!("{url}/"));
    let calls = asked(&env, || assert_ne!(key_of(exec(&env, &[])), key));
    assert!(calls.contains(&"GetCallerIdentity".to_owned()), "{calls:?}");
}

#[test]
fn what_has_ended_is_removed_with_the_next_session() {
    let env = env();
    env.aws().change(|scenario| scenario.issued_for_seconds = Some(1));
    exec(&env, &[]).exits(0);
    let file = kept(&env).remove(0);
    let ended = fs::read_to_string(&file).unwrap();
    let end = ended.split("\"expires\":\"").nth(1).unwrap()[..20].to_owned();
    fs::write(&file, ended.replace(&end, "2001-01-01T00:00:00Z")).unwrap();
    env.aws().change(|scenario| scenario.issued_for_seconds = None);
    assert_eq!(env.run(&["sessions"]).exits(0).stdout, "");
    exec(&env, &["--session-name", "another"]).exits(0);
    assert_eq!(kept(&env).len(), 1);
    assert!(!file.exists());
}

#[test]
fn p8_runs_at_the_same_time_disturb_nobody() {
    let env = env();
    thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|at| {
                let env = &env;
                scope.spawn(move || match at {
                    7 => env.run(&["logout", "--all"]),
                    _ => exec(env, &["--session-name", if at % 2 == 0 { "even" } else { "odd" }]),
                })
            })
            .collect();
        for run in runs {
            run.join().unwrap().exits(0);
        }
    });
    key_of(exec(&env, &["--session-name", "even"]));
    let listed = env.run(&["sessions", "--json"]).exits(0).stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), kept(&env).len());
}

#[test]
fn a_place_that_cannot_be_written_costs_a_word_and_nothing_else() {
    let mut env = env();
    env.set("XDG_CACHE_HOME", "/dev/null/cache");
    exec(&env, &[]).exits(0).says("the session is not kept");
    assert_eq!(env.run(&["--quiet", "exec", "deploy", "--", "true"]).exits(0).stderr, "");
}
