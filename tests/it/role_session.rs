//! What is asked of a role's session: by profile and by flag, checked before it is sent, and by the fake AWS.

use std::collections::BTreeMap;

use crate::support::TestEnv;

const BREAK_GLASS: &str = "arn:aws:iam::111122223333:role/BreakGlass";
const VIEW_ONLY: &str = "arn:aws:iam::aws:policy/ViewOnlyAccess";
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

/// The role `Ci`, which takes a token of web identity, in the profile `web`.
fn web(env: &TestEnv, lines: &str) {
    let role = "arn:aws:iam::111122223333:role/Ci";
    env.aws().change(|scenario| {
        let mut ci = scenario.roles[0].clone();
        (ci.arn, ci.web_identity_token) = (role.to_owned(), Some("web.token".to_owned()));
        scenario.roles.push(ci);
    });
    env.write("web-token", "web.token");
    let token = env.home().join("web-token");
    env.profile("web", &format!("role_arn = {role}\nweb_identity_token_file = {}\n{lines}", token.display()));
}

/// What the last exchange of a web identity token asked for.
fn exchanged(env: &TestEnv) -> BTreeMap<String, String> {
    let requests = env.aws().requests();
    let last = requests.iter().rfind(|request| request.operation == "AssumeRoleWithWebIdentity");
    last.expect("a token is exchanged").parameters.clone()
}

#[test]
fn p6_policies_narrow_what_a_web_identity_token_gives() {
    let env = env();
    web(&env, &format!("awsenv_policy_arns = {VIEW_ONLY}\nawsenv_session_policy = {POLICY}\nrole_session_name = ci"));
    env.run(&["exec", "web", "--", "true"]).exits(0);
    check_sent(&exchanged(&env), &[("PolicyArns.member.1.arn", VIEW_ONLY), ("Policy", POLICY)]);
    check_sent(&exchanged(&env), &[("RoleSessionName", "ci")]);
    let flags = ["--session-name", "flag", "--policy-arn", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"];
    env.run(&[&["whoami", "web"], &flags[..]].concat()).exits(0);
    let sent = exchanged(&env);
    check_sent(&sent, &[("PolicyArns.member.1.arn", flags[3]), ("RoleSessionName", "flag")]);
    assert!(!sent.contains_key("Policy"), "the policies of both would allow more than either: {sent:?}");
    let before = env.aws().requests().len();
    env.run(&["whoami", "web", "--external-id", "acme-7"]).exits(2).says("They can be asked of one more role");
    env.append(".aws/config", "session_tags = team=infra\n");
    env.run(&["whoami", "web"]).exits(2).says(".aws/config:").says("session_tags cannot be asked for");
    assert_eq!(env.aws().requests().len(), before);
}

#[test]
fn p6_a_read_only_account_narrows_what_a_web_identity_token_gives() {
    let env = env();
    web(&env, "");
    env.run(&["account", "set", "111122223333", "--protection", "read-only"]).exits(0);
    let run = env.run(&["exec", "web", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]).exits(0).says("read-only");
    check_sent(&exchanged(&env), &[("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess")]);
    let requests = env.aws().requests();
    let verified = requests.iter().rfind(|request| request.operation == "GetCallerIdentity").unwrap();
    assert_eq!(verified.access_key_id.as_deref(), Some(run.stdout.trim()));
}

#[test]
fn p6_policies_of_a_profile_that_assumes_no_role_are_an_error() {
    let env = env();
    env.append(".aws/config", format!("[profile staging]\nawsenv_policy_arns = {VIEW_ONLY}\n"));
    env.run(&["whoami", "staging"]).exits(2).says(".aws/config:").says("`staging` assumes no role");
    assert!(env.run(&["list"]).exits(0).stdout.contains("assumes no role"));
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn p6_profile_mode_is_refused_where_other_tools_would_get_another_session() {
    let env = env();
    for (at, line) in [
        format!("awsenv_policy_arns = {VIEW_ONLY}"),
        format!("awsenv_session_policy = {POLICY}"),
        "source_identity = ada".to_owned(),
        "session_tags = team=infra".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let name = format!("narrow-{at}");
        env.profile(&name, &format!("role_arn = {BREAK_GLASS}\nsource_profile = production\n{line}"));
        env.run(&["use", &name, "--shell", "sh"]).exits(0);
        let run = env.run(&["use", &name, "--shell", "sh", "--mode", "profile"]).exits(2).says("no tool but awsenv");
        assert!(!run.stdout.contains(&format!("AWS_PROFILE='{name}'")), "{}", run.stdout);
        env.run(&["exec", &name, "--mode", "profile", "--", "true"]).exits(2).says("--mode keys");
    }
    web(&env, &format!("awsenv_policy_arns = {VIEW_ONLY}"));
    env.run(&["exec", "web", "--mode", "profile", "--", "true"]).exits(2).says("no tool but awsenv");
    env.run(&["exec", "role", "--mode", "profile", "--", "true"]).exits(0);
}

#[test]
fn p1_a_source_that_is_pinned_to_another_account_than_it_names_is_refused() {
    let env = env();
    env.profile(
        "middle",
        &format!("role_arn = {BREAK_GLASS}\nsource_profile = production\nawsenv_account_id = 9999-9999-9999"),
    );
    env.profile("top", "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = middle");
    let run = env.run(&["whoami", "top"]).exits(4).says("wrong account").says(".aws/config:").says("pin-mismatch");
    assert_eq!(run.stdout, "");
    assert!(env.run(&["list"]).exits(0).stdout.contains("pin-mismatch"));
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
fn a_renewal_is_as_long_as_what_it_renews() {
    let env = env();
    env.sh("eval \"$(awsenv use role --shell sh --duration 2h)\"; awsenv renew --shell sh >/dev/null").exits(0);
    check_sent(&sent(&env), &[("DurationSeconds", "7200")]);
    let back = "eval \"$(awsenv use role --shell sh --duration 3h)\"; eval \"$(awsenv use staging --shell sh)\"; ";
    env.sh(&format!("{back}awsenv use - --shell sh >/dev/null")).exits(0);
    check_sent(&sent(&env), &[("DurationSeconds", "10800")]);
    env.sh(&format!("{back}awsenv use - --shell sh --duration 1h >/dev/null")).exits(0);
    check_sent(&sent(&env), &[("DurationSeconds", "3600")]);
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
