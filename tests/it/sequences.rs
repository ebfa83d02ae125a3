//! One switch after another in the same shell: nothing of the last one remains, and what was the user's comes back.

use std::collections::BTreeMap;

use awsenv::demo::{FakeAws, Scenario};

use crate::support::TestEnv;

type Variables = BTreeMap<String, String>;

/// `eval` of these verbs, one after the other, whatever they end with.
fn evals(verbs: &[&str]) -> String {
    verbs.iter().map(|verb| format!("eval \"$(awsenv {verb} --shell sh 2>/dev/null)\"\n")).collect::<String>() + ":\n"
}

/// What a shell holds after these verbs, without what the shell keeps for itself.
fn after(env: &TestEnv, verbs: &[&str]) -> Variables {
    let mut held = env.variables_after(&evals(verbs));
    held.remove("_");
    held
}

/// The names that hold something else in the one than in the other.
fn differing<'a>(one: &'a Variables, other: &'a Variables) -> Vec<&'a str> {
    let names = one.keys().chain(other.keys());
    let mut names: Vec<&str> = names.filter(|name| one.get(*name) != other.get(*name)).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A home without an endpoint of the user's own, and a profile `far` that brings one, with all that a profile can set.
fn with_a_connection() -> (TestEnv, FakeAws) {
    let mut env = TestEnv::demo();
    let there = FakeAws::start(&Scenario::demo()).expect("a loopback port is free");
    let (here, far) = (env.aws().url(), there.url());
    env.unset("AWS_ENDPOINT_URL");
    let bundle = env.write("ca.pem", CERTIFICATE).display().to_string();
    let keys = |name: &str| {
        format!(
            "aws_access_key_id = AKIADEMO{name}\naws_secret_access_key = demo/{}/not+a+secret/DEMO+DEMO",
            if name.starts_with('P') { "production" } else { "staging" }
        )
    };
    env.profile(
        "far",
        &format!(
            "{}/0\nregion = ap-south-1\nendpoint_url = {far}\nca_bundle = {bundle}\nservices = far",
            keys("PRODUCTION77")
        ),
    );
    env.write(".aws/config", {
        let config = std::fs::read_to_string(env.home().join(".aws/config")).unwrap();
        format!("{config}\n[services far]\nsts =\n  endpoint_url = {far}\ns3 =\n  endpoint_url = {far}\n")
    });
    env.profile("near", &format!("{}+DE/0\nregion = eu-west-1\nendpoint_url = {here}", keys("STAGING77777")));
    env.profile("nowhere", &format!("{}+DE/0\nendpoint_url = {here}", keys("STAGING77777")));
    (env, there)
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBejCCASGgAwIBAgIUZ3KZ0000000000000000000000000000000000000000
-----END CERTIFICATE-----
";

const OF_FAR: [&str; 5] =
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "AWS_REGION"];

#[test]
fn p1_tools_are_sent_to_where_the_account_was_verified() {
    let (env, there) = with_a_connection();
    let held = after(&env, &["use far"]);
    assert_eq!(held["AWSENV_ACCOUNT_ID"], "111122223333");
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_S3"] {
        assert_eq!(held[name], there.url(), "{name}");
    }
    assert_eq!(held["AWS_CA_BUNDLE"], env.home().join("ca.pem").to_string_lossy());
    assert_eq!((held["AWS_REGION"].as_str(), held["AWS_DEFAULT_REGION"].as_str()), ("ap-south-1", "ap-south-1"));
    assert!(there.requests().iter().any(|request| request.operation == "GetCallerIdentity"));
    assert_eq!(env.aws().requests(), []);
    let mut ours: Vec<&str> = held["AWSENV_SET"].split(',').collect();
    ours.sort_unstable();
    assert_eq!(ours, ["AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"]);
}

#[test]
fn p2_nothing_of_the_last_profiles_connection_remains() {
    let (env, there) = with_a_connection();
    let asked = there.requests().len();
    let direct = after(&env, &["use near"]);
    let switched = after(&env, &["use far", "use near"]);
    assert_eq!(differing(&direct, &switched), ["AWSENV_PREVIOUS"]);
    assert_eq!(switched["AWSENV_PREVIOUS"], "far,account=111122223333,mode=keys");
    assert_eq!(switched["AWS_ENDPOINT_URL"], env.aws().url());
    let of_far = |held: &Variables| held.values().any(|value| value.contains(&there.url()));
    assert!(!of_far(&switched));
    assert!(there.requests().len() > asked, "it was there");
    // Without a region of its own, a profile gets none of the last one's.
    let none = after(&env, &["use far", "use nowhere"]);
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWSENV_REGION", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL_STS"] {
        assert_eq!(none.get(name), None, "{name}");
    }
}

#[test]
fn p2_nothing_of_the_connection_survives_a_refusal_or_off() {
    let (env, there) = with_a_connection();
    let before = after(&env, &[]);
    for verbs in [
        &["use far", "off"][..],
        &["use far", "use near", "off"],
        &["use far", "use no-such-profile", "off"],
        &["use no-such-profile", "use far", "off"],
        &["use far", "renew", "off"],
        &["use far", "off", "off"],
        &["off"],
    ] {
        assert_eq!(differing(&before, &after(&env, verbs)), Vec::<&str>::new(), "{verbs:?}");
    }
    let refused = after(&env, &["use far", "use no-such-profile"]);
    for name in OF_FAR {
        assert_eq!(refused.get(name), None, "{name}");
    }
    assert!(refused.values().all(|value| !value.contains(&there.url())), "{refused:?}");
}

#[test]
fn what_was_the_users_comes_back() {
    let mut env = TestEnv::demo();
    for (name, value) in [
        ("AWS_REGION", "sa-east-1"),
        ("AWS_DEFAULT_REGION", "sa-east-1"),
        ("AWS_PROFILE", "mine"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/a b;c=d,e&'$HOME`"),
    ] {
        env.set(name, value);
    }
    let before = after(&env, &[]);
    for verbs in [
        &["use staging", "off"][..],
        &["use staging", "use production", "use sandbox", "off"],
        &["use no-such-profile", "off"],
        &["use staging", "use no-such-profile", "off"],
        &["use no-such-profile", "use no-such-profile", "use staging", "off"],
        &["use staging --mode profile", "off"],
        &["use staging", "use production --mode profile", "off"],
        &["use staging --no-verify", "off"],
    ] {
        assert_eq!(differing(&before, &after(&env, verbs)), Vec::<&str>::new(), "{verbs:?}");
    }
}

#[test]
fn what_cannot_be_put_back_safely_is_left_out() {
    // No emission holds an alternative: Korn shells would expand it.
    let mut env = TestEnv::demo();
    env.set("AWS_PROFILE", "mine{a,b}");
    let script = evals(&["use staging", "off"]) + "echo $? \"${AWS_PROFILE-none}\" \"${AWS_ACCESS_KEY_ID-none}\"";
    assert_eq!(env.sh(&script).exits(0).stdout, "0 none none\n");
    let said = evals(&["use staging"]) + "awsenv off --shell sh >code";
    env.sh(&said).exits(0).says("awsenv: AWS_PROFILE is not put back");
}

#[test]
fn the_users_own_region_and_endpoint_hold_where_the_profile_has_none() {
    let mut env = TestEnv::demo();
    env.profile("bare", "region =");
    env.credentials("bare", "AKIADEMOSANDBOX77777", "demo/sandbox/not+a+secret/DEMO+DEMO+DE/0");
    env.set("AWS_REGION", "sa-east-1");
    let endpoint = env.aws().url();
    for verbs in [&["use bare"][..], &["use staging", "use bare"], &["use no-such-profile", "use bare"]] {
        let held = after(&env, verbs);
        assert_eq!(held["AWSENV_ACCOUNT_ID"], "777788889999");
        assert_eq!((&*held["AWS_REGION"], &*held["AWSENV_REGION"]), ("sa-east-1", "sa-east-1"), "{verbs:?}");
        assert_eq!(held["AWS_ENDPOINT_URL"], endpoint, "{verbs:?}");
    }
    assert_eq!(after(&env, &["use staging"])["AWS_REGION"], "eu-west-1");
}

#[test]
fn p2_a_switch_after_a_refusal_is_like_any_other() {
    let env = TestEnv::demo();
    let direct = after(&env, &["use sandbox"]);
    for refusal in ["use no-such-profile", "use staging --nope", "use mislabelled"] {
        assert_eq!(differing(&direct, &after(&env, &[refusal, "use sandbox"])), Vec::<&str>::new(), "{refusal}");
    }
    let back = after(&env, &["use staging", "use no-such-profile", "use -"]);
    assert_eq!(back["AWSENV_ACCOUNT_ID"], "444455556666");
}

const OTHER: &str = "arn:aws:iam::777788889999:role/Deploy";

/// The role of another account than the profile's own.
fn on_top() -> String {
    format!("use sandbox --role {OTHER} --external-id acme-7")
}

#[test]
fn p1_the_switch_before_is_repeated_with_what_it_was_asked_for() {
    let env = TestEnv::demo();
    let role = "use staging --role arn:aws:iam::111122223333:role/Admin --region us-west-2";
    let there = after(&env, &[role]);
    for verbs in [
        &[role, "use sandbox", "use -"][..],
        &[role, "use no-such-profile", "use -"],
        &[role, "use sandbox", "use -", "use -", "use -"],
    ] {
        let back = after(&env, verbs);
        for name in ["AWSENV_ACCOUNT_ID", "AWSENV_ROLE", "AWSENV_PROFILE", "AWS_REGION"] {
            assert_eq!(back.get(name), there.get(name), "{verbs:?}: {name}");
        }
    }
    let by_profile = after(&env, &["use staging --mode profile", "use production", "use -"]);
    assert_eq!((by_profile.get("AWS_ACCESS_KEY_ID"), &*by_profile["AWS_PROFILE"]), (None, "staging"));
    let another = after(&env, &[role, "use sandbox", "use - --region eu-north-1"]);
    assert_eq!(another["AWS_REGION"], "eu-north-1");
}

#[test]
fn p6_the_switch_before_is_not_repeated_without_what_narrowed_it() {
    let env = TestEnv::demo();
    let policy = "--policy-arn arn:aws:iam::aws:policy/ViewOnlyAccess";
    let narrowed = format!("use admin {policy}");
    let before = evals(&[&narrowed, "use sandbox"]);
    for more in ["", "--session-name ada"] {
        let run = env.sh(&format!("{before}awsenv use - {more} --shell sh")).exits(2);
        assert!(run.says("--session-policy").stdout.contains("AWSENVREFUSED0000000"), "{more}");
        let run = env.sh(&format!("{}awsenv renew {more} --shell sh", evals(&[&narrowed]))).exits(2);
        assert!(run.says("--session-policy").stdout.contains("AWSENVREFUSED0000000"), "{more}");
    }
    env.sh(&format!("{before}awsenv use - {policy} --shell sh >/dev/null")).exits(0);
    env.sh(&format!("{}awsenv use - --shell sh", evals(&[&on_top(), "use production"]))).exits(2).says("--session-tag");
}

#[test]
fn p1_the_switch_before_is_not_repeated_in_another_account() {
    let env = TestEnv::demo();
    env.profile("here", "source_profile = staging\nrole_arn = arn:aws:iam::111122223333:role/Admin");
    let moved = format!("[profile here]\nsource_profile = sandbox\nrole_arn = {OTHER}\nexternal_id = acme-7\n");
    let moved = env.write("other-config", moved).display().to_string();
    let script = format!("{}export AWS_CONFIG_FILE={moved}; ", evals(&["use here", "use production"]));
    let run = env.sh(&format!("{script}awsenv use - --shell sh")).exits(4).says("`use -`");
    assert!(run.stdout.contains("AWSENVREFUSED0000000") && !run.stdout.contains("777788889999"), "{}", run.stdout);
    env.sh(&format!("{script}awsenv use here --shell sh >/dev/null")).exits(0);
}

#[test]
fn p2_two_refusals_are_one() {
    let env = TestEnv::demo();
    let once = after(&env, &["use no-such-profile"]);
    assert_eq!(differing(&once, &after(&env, &["use no-such-profile", "use broken"])), Vec::<&str>::new());
}

#[test]
fn p1_a_command_in_a_used_shell_gets_its_own_account_only() {
    let env = TestEnv::demo();
    let nested = |before: &str| -> Variables {
        let script = format!("{}exec awsenv exec sandbox -- env -0", evals(&[before]));
        let out = env.sh(&script).exits(0).stdout;
        let pairs = out.split('\0').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).filter(|(name, _)| name != "_").collect()
    };
    let direct = nested("off");
    assert_eq!(direct["AWSENV_ACCOUNT_ID"], "777788889999");
    for before in ["use production", "use admin", "use production --mode profile"] {
        let held = nested(before);
        let differing: Vec<_> =
            differing(&direct, &held).into_iter().filter(|name| *name != "AWSENV_PREVIOUS").collect();
        assert_eq!(differing, Vec::<&str>::new(), "{before}");
    }
    let script =
        evals(&["use production"]) + "awsenv exec sandbox -- true; echo \"$AWSENV_ACCOUNT_ID $AWS_ACCESS_KEY_ID\"";
    assert_eq!(env.sh(&script).exits(0).stdout, "111122223333 AKIADEMOPRODUCTION77\n", "the shell stays where it was");
    let script = evals(&["use no-such-profile"]) + "awsenv exec sandbox -- sh -c 'echo $AWSENV_ACCOUNT_ID'";
    assert_eq!(env.sh(&script).exits(0).stdout, "777788889999\n");
}

#[test]
fn p1_mode_profile_exports_the_name_and_no_keys() {
    let env = TestEnv::demo();
    for verbs in [&["use staging --mode profile"][..], &["use production", "use staging --mode profile"]] {
        let held = after(&env, verbs);
        for (name, value) in [
            ("AWS_PROFILE", "staging"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWSENV_ACCOUNT_ID", "444455556666"),
            ("AWSENV_PROFILE", "staging"),
            ("AWSENV_CLASS", "staging"),
            ("AWSENV_VERIFIED", "1"),
        ] {
            assert_eq!(held.get(name).map(String::as_str), Some(value), "{verbs:?}: {name}");
        }
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID"] {
            assert_eq!(held.get(name), None, "{verbs:?}: {name}");
        }
    }
    let keys = after(&env, &["use staging --mode profile", "use production"]);
    assert_eq!((keys.get("AWS_PROFILE"), &*keys["AWS_ACCESS_KEY_ID"]), (None, "AKIADEMOPRODUCTION77"));
}

#[test]
fn p1_mode_profile_takes_no_role_that_the_profile_does_not_have() {
    let env = TestEnv::demo();
    let role = "arn:aws:iam::111122223333:role/Admin";
    let run = env.run(&["use", "staging", "--role", role, "--mode", "profile", "--shell", "sh"]).exits(2);
    assert!(run.stdout.contains("AWSENVREFUSED0000000") && !run.stdout.contains("111122223333"), "{}", run.stdout);
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn p3_the_prompt_follows_mode_profile() {
    let env = TestEnv::demo();
    let prompt = |more: &str| {
        let script = evals(&["use staging --mode profile"]) + more + "\nawsenv prompt";
        env.sh(&script).exits(0).stdout
    };
    // Each tool resolves the profile anew, from files that may have changed: the prompt cannot know the account.
    assert_eq!(prompt(""), " UNVERIFIED profile staging\n");
    for lie in ["export AWS_PROFILE=production", "unset AWS_PROFILE", "export AWS_ACCESS_KEY_ID=AKIADEMOPRODUCTION77"] {
        assert!(prompt(lie).contains("MISMATCH"), "{lie}: {}", prompt(lie));
    }
}

/// The endpoint that the profile names and `use` exports is no change that somebody made.
#[test]
fn p3_what_nobody_verified_is_unverified_with_an_endpoint_of_the_profile_too() {
    let mut env = TestEnv::demo();
    let url = env.aws().url();
    env.unset("AWS_ENDPOINT_URL");
    env.profile(
        "plain",
        &format!("credential_process = awsenv credential-process staging --no-verify\nendpoint_url = {url}"),
    );
    let script = evals(&["use plain --no-verify"]) + "awsenv prompt";
    assert_eq!(env.sh(&script).exits(0).stdout, " UNVERIFIED profile plain\n");
    assert!(env.sh(&(script + "\nAWS_ENDPOINT_URL=http://127.0.0.1:9 awsenv prompt")).stdout.contains("MISMATCH"));
}

/// Without a profile in the environment, tools read `[default]`: its endpoints are not where the account was verified.
#[test]
fn p1_the_default_profiles_endpoints_are_not_taken() {
    let mut env = TestEnv::empty();
    env.unset("AWS_ENDPOINT_URL");
    env.credentials("bare", "AKIADEMOSANDBOX77777", "demo/sandbox/not+a+secret/DEMO+DEMO+DE/0");
    let name = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    assert_eq!(after(&env, &["use bare --no-verify"]).get(name), None);
    env.write(".aws/config", "[default]\nendpoint_url = https://sts.example.com\n");
    let held = after(&env, &["use bare --no-verify"]);
    assert_eq!((&*held[name], &*held["AWSENV_SET"]), ("true", name));
    assert_eq!(after(&env, &["use bare --no-verify", "off"]).get(name), None);
    env.set("AWS_ENDPOINT_URL", "https://sts.example.org");
    assert_eq!(after(&env, &["use bare --no-verify"]).get(name), None);
}
