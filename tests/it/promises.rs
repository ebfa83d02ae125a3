//! Promises P1 to P3, each from where a user stands: a shell, before and after.

use crate::support::TestEnv;

const PRODUCTION: &str = "111122223333";
const STAGING: &str = "444455556666";
const SANDBOX: &str = "777788889999";

#[test]
fn p1_a_profiles_name_is_never_evidence() {
    let env = TestEnv::demo();
    // The very accident: a profile called staging that holds production's key.
    env.credentials("really-staging", "AKIADEMOPRODUCTION77", "demo/production/not+a+secret/DEMO+DEMO/0");
    let held = env.variables_after("eval \"$(awsenv use really-staging --shell sh 2>/dev/null)\"");
    assert_eq!(held["AWSENV_ACCOUNT_ID"], PRODUCTION);
    assert_eq!(held["AWSENV_CLASS"], "production");
    assert!(held["AWSENV_BANNER"].starts_with("PRODUCTION acme-prod 1111-2222-3333"), "{}", held["AWSENV_BANNER"]);
}

#[test]
fn p1_the_environments_own_keys_do_not_win_over_the_profile() {
    let mut env = TestEnv::demo();
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOPRODUCTION77");
    env.set("AWS_SECRET_ACCESS_KEY", "demo/production/not+a+secret/DEMO+DEMO/0");
    for (profile, account) in [("staging", STAGING), ("sandbox", SANDBOX), ("sandbox-deploy", SANDBOX)] {
        let held = env.variables_after(&format!("eval \"$(awsenv use {profile} --shell sh 2>/dev/null)\""));
        assert_eq!(held["AWSENV_ACCOUNT_ID"], account, "{profile}");
        assert_eq!(held["AWS_ACCOUNT_ID"], account, "{profile}");
    }
}

#[test]
fn p1_a_profile_without_credentials_does_not_fall_through_to_any() {
    let mut env = TestEnv::demo();
    env.profile("bare", "region = eu-west-1");
    env.credentials("default", "AKIADEMOPRODUCTION77", "demo/production/not+a+secret/DEMO+DEMO/0");
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOPRODUCTION77");
    env.set("AWS_SECRET_ACCESS_KEY", "demo/production/not+a+secret/DEMO+DEMO/0");
    let run = env.run(&["use", "bare", "--shell", "sh"]);
    assert!(matches!(run.code, Some(2 | 5)), "{run:?}");
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn p1_without_verification_no_account_is_named() {
    let env = TestEnv::demo();
    let held = env.variables_after("eval \"$(awsenv use staging --no-verify --shell sh 2>/dev/null)\"");
    assert_eq!(held["AWSENV_VERIFIED"], "0");
    for name in ["AWSENV_ACCOUNT_ID", "AWSENV_ACCOUNT_ALIAS", "AWSENV_ACCOUNT_NAME", "AWSENV_CLASS", "AWSENV_COLOR"] {
        assert_eq!(held.get(name), None, "{name}");
    }
    assert_eq!(env.aws().requests(), []);
    env.run(&["use", "mislabelled", "--no-verify", "--shell", "sh"]).exits(3);
}

#[test]
fn p2_a_refused_shell_recovers_with_the_next_switch() {
    let env = TestEnv::demo();
    let held = env.variables_after(
        "eval \"$(awsenv use no-such-profile --shell sh 2>/dev/null)\"\neval \"$(awsenv use sandbox --shell sh 2>/dev/null)\"",
    );
    assert_eq!(held["AWSENV_ACCOUNT_ID"], SANDBOX);
    assert_eq!(held.get("AWS_PROFILE"), None);
}

#[test]
fn p2_off_leaves_nothing_of_ours_and_puts_back_what_was() {
    let mut env = TestEnv::demo();
    env.set("AWS_PROFILE", "mine");
    let before = env.variables_after(":");
    for switch in ["staging", "no-such-profile"] {
        let script = format!(
            "eval \"$(awsenv use {switch} --shell sh 2>/dev/null)\"\neval \"$(awsenv off --shell sh 2>/dev/null)\""
        );
        let mut after = env.variables_after(&script);
        // The shell's own: the last argument of the last command.
        after.remove("_");
        let mut before = before.clone();
        before.remove("_");
        if switch == "no-such-profile" {
            // A refusal keeps nothing to put back: that is its meaning.
            before.remove("AWS_PROFILE");
            before.remove("AWS_EC2_METADATA_DISABLED");
            after.remove("AWS_PROFILE");
            after.remove("AWS_EC2_METADATA_DISABLED");
        }
        assert_eq!(after, before, "{switch}");
    }
}

#[test]
fn p3_banner_prompt_and_variables_name_the_same_account() {
    let env = TestEnv::demo();
    for (profile, account, name) in
        [("staging", "4444-5555-6666", "acme-staging"), ("admin", "1111-2222-3333", "acme-prod")]
    {
        let script = format!("eval \"$(awsenv use {profile} --shell sh)\" && echo \"$AWSENV_BANNER\" && awsenv prompt");
        let run = env.sh(&script).exits(0).says(account).says(name);
        let (banner, prompt) = run.stdout.split_once('\n').expect("two lines");
        assert!(banner.contains(account) && banner.contains(name), "{banner}");
        assert!(prompt.contains(name), "{prompt}");
    }
}
