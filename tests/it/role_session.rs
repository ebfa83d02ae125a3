//! What is asked of a role's session: by profile and by flag, checked before it is sent, and by the fake AWS.

use std::collections::BTreeMap;

use crate::support::TestEnv;

const BREAK_GLASS: &str = "arn:aws:iam::111122223333:role/BreakGlass";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// The demo's accounts; the role `BreakGlass`, which allows tags and source identities, asks for no MFA.
fn env() -> TestEnv {
    let env = TestEnv::demo();
    env.aws().change(|scenario| scenario.roles.iter_mut().for_each(|role| role.needs_mfa = false));
    env.profile("role", &format!("role_arn = {BREAK_GLASS}\nsource_profile = production"));
    env
}

/// What the last AssumeRole asked for.
fn sent(env: &TestEnv) -> BTreeMap<String, String> {
    let requests = env.aws().requests();
    requests.iter().rfind(|request| request.operation == "AssumeRole").expect("a role is assumed").parameters.clone()
}

#[track_caller]
fn check_sent(sent: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(sent.get(*name).map(String::as_str), Some(*value), "{name} in {sent:?}");
    }
}

#[test]
fn flags_reach_aws_and_aws_takes_them() {
    let env = env();
    let flags = [
        ["--session-name", "ada-at-work"],
        ["--source-identity", "ada@acme.example"],
        ["--session-tag", "team=infra"],
        ["--session-tag", "Cost Center=42"],
        ["--transitive-tag", "team"],
        ["--session-policy", POLICY],
        ["--policy-arn", "arn:aws:iam::aws:policy/ViewOnlyAccess"],
        ["--duration", "2h"],
    ];
    let run = env.run(&[&["whoami", "role"], flags.as_flattened()].concat()).exits(0);
    assert!(run.stdout.contains("session ada-at-work"), "{}", run.stdout);
    check_sent(
        &sent(&env),
        &[
            ("SourceIdentity", "ada@acme.example"),
            ("Tags.member.1.Key", "team"),
            ("Tags.member.2.Value", "42"),
            ("TransitiveTagKeys.member.1", "team"),
            ("Policy", POLICY),
            ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ViewOnlyAccess"),
            ("DurationSeconds", "7200"),
        ],
    );
}

#[test]
fn a_profile_says_the_same_and_flags_go_before_it() {
    let env = env();
    env.profile(
        "full",
        &format!(
            "role_arn = {BREAK_GLASS}\nsource_profile = production\nrole_session_name = of-the-profile\n\
             source_identity = ada\nsession_tags = team=infra,cost=1\ntransitive_session_tags = team\n\
             awsenv_session_policy = {POLICY}\nduration_seconds = 3600"
        ),
    );
    env.run(&["whoami", "full"]).exits(0);
    let own = [("RoleSessionName", "of-the-profile"), ("SourceIdentity", "ada"), ("DurationSeconds", "3600")];
    check_sent(&sent(&env), &own);
    check_sent(&sent(&env), &[("Policy", POLICY), ("Tags.member.2.Key", "cost")]);
    let policy = ["--policy-arn", "arn:aws:iam::aws:policy/ViewOnlyAccess"];
    env.run(&[&["whoami", "full", "--session-name", "flag", "--session-tag", "cost=2"][..], &policy].concat()).exits(0);
    let sent = sent(&env);
    check_sent(&sent, &[("RoleSessionName", "flag"), ("SourceIdentity", "ada"), ("Tags.member.2.Value", "2")]);
    assert!(!sent.contains_key("Policy"), "the policies of both would allow more than either: {sent:?}");
}

#[test]
fn the_external_id_of_a_role_on_top_is_a_flag() {
    let env = env();
    let role = ["whoami", "sandbox", "--role", "arn:aws:iam::777788889999:role/Deploy"];
    env.run(&role).exits(5);
    env.run(&[&role[..], &["--external-id", "acme-7"]].concat()).exits(0);
    env.run(&[&role[..], &["--external-id", "acme-8"]].concat()).exits(5);
}

#[test]
fn what_aws_denies_is_said_in_its_words() {
    let env = env();
    env.run(&["whoami", "admin", "--session-tag", "team=x"]).exits(5).says("sts:TagSession");
    env.run(&["whoami", "admin", "--source-identity", "ada"]).exits(5).says("sts:SetSourceIdentity");
    env.run(&["whoami", "role", "--session-policy", "{}"]).exits(2).says("MalformedPolicyDocument");
    env.run(&["whoami", "admin", "--duration", "2h"]).exits(2).says("MaxSessionDuration");
}

#[test]
fn a_source_identity_and_transitive_tags_stay_with_what_is_made_from_the_session() {
    let env = env();
    env.aws().change(|scenario| {
        let allows = ["sts:TagSession", "sts:SetSourceIdentity"].map(str::to_owned);
        scenario.roles.iter_mut().for_each(|role| role.allows = allows.to_vec());
    });
    env.profile(
        "first",
        "role_arn = arn:aws:iam::777788889999:role/Deploy\nexternal_id = acme-7\nsource_profile = sandbox\n\
         source_identity = ada\nsession_tags = team=infra\ntransitive_session_tags = team",
    );
    let on_top = ["whoami", "first", "--role", "arn:aws:iam::111122223333:role/Admin"];
    env.run(&on_top).exits(0);
    env.run(&[&on_top[..], &["--source-identity", "ada", "--session-tag", "cost=1"]].concat()).exits(0);
    env.run(&[&on_top[..], &["--source-identity", "bob"]].concat()).exits(5).says("sts:SetSourceIdentity");
    env.run(&[&on_top[..], &["--session-tag", "Team=x"]].concat()).exits(2).says("transitive tag key");
}

#[test]
fn p5_what_aws_would_not_take_is_not_sent() {
    let env = env();
    env.profile("bad", &format!("role_arn = {BREAK_GLASS}\nsource_profile = production\nexternal_id = a b"));
    let long = "x".repeat(65);
    for (flag, value) in [
        ("--session-name", "a b"),
        ("--session-name", long.as_str()),
        ("--external-id", "a b"),
        ("--source-identity", "x"),
        ("--session-tag", "team"),
        ("--session-tag", "aws:team=x"),
        ("--transitive-tag", "a,b"),
        ("--session-policy", "[]"),
        ("--policy-arn", "ReadOnlyAccess"),
    ] {
        env.run(&["whoami", "role", flag, value]).exits(2).says(flag);
    }
    env.run(&["whoami", "role", "--session-tag", "a=1", "--session-tag", "A=2"]).exits(2).says("twice");
    env.run(&["whoami", "role", "--transitive-tag", "team"]).exits(2).says("`team` is not among");
    env.run(&["whoami", "bad"]).exits(2).says(".aws/config:").says("external_id must be");
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn without_a_role_there_is_no_session_to_change() {
    let env = env();
    env.run(&["whoami", "production", "--session-name", "ada"]).exits(2).says("assumes no role").says("--role");
    env.run(&["use", "role", "--shell", "sh", "--mode", "profile", "--session-name", "ada"]).exits(2);
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn p6_a_renewal_does_not_forget_that_the_session_was_narrowed() {
    let env = env();
    let switch = format!("eval \"$(awsenv use role --shell sh --session-policy '{POLICY}')\"");
    let run = env.sh(&format!("{switch}; awsenv renew --shell sh >code; echo $?; cat code"));
    assert!(run.exits(0).says("Give the options again").stdout.starts_with("2\n"));
    let again = env.sh(&format!("{switch}; awsenv renew --shell sh --session-policy '{POLICY}' >code; echo $?"));
    assert_eq!(again.exits(0).stdout, "0\n");
}
