//! What the environment itself offers: asked where no profile is named, and verified like one.

use super::{
    grouped,
    home::{CONTAINER_TOKEN, DEPLOY, PRODUCTION, SANDBOX, STAGING, TERMS, home, machine},
};
use crate::support::TestEnv;

/// Variables that are set (`HOME/` is the home) and, with no value, unset; the account; and what is asked for it.
type Row = (&'static [(&'static str, &'static str)], &'static str, &'static str);

const KEY: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIADEMOSTAGING77777");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "demo/staging/not+a+secret/DEMO+DEMO+DE/0");
const NO_CONTAINER: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "");
const NO_TOKEN: (&str, &str) = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "");
const TOKEN_FILE: (&str, &str) = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HOME/container-token");
const WEB: [(&str, &str); 2] = [("AWS_WEB_IDENTITY_TOKEN_FILE", "HOME/web-token"), ("AWS_ROLE_ARN", TERMS)];

const ROWS: &[Row] = &[
    (&[KEY, SECRET], STAGING, "GetCallerIdentity"),
    (&[("AWS_PROFILE", "chain")], PRODUCTION, "AssumeRole"),
    (&WEB, PRODUCTION, "AssumeRoleWithWebIdentity"),
    (&[], SANDBOX, "ContainerCredentials"),
    (&[NO_TOKEN, TOKEN_FILE], SANDBOX, "ContainerCredentials"),
    // A file is read anew each time, so it goes before a token.
    (&[("AWS_CONTAINER_AUTHORIZATION_TOKEN", "stale"), TOKEN_FILE], SANDBOX, "ContainerCredentials"),
    (&[NO_CONTAINER], SANDBOX, "MetadataCredentials"),
];

fn env(variables: &[(&str, &str)]) -> TestEnv {
    let mut env = machine();
    env.write("container-token", format!("{CONTAINER_TOKEN}\n"));
    let home = format!("{}/", env.home().display());
    for (name, value) in variables {
        if value.is_empty() { env.unset(name) } else { env.set(name, &value.replace("HOME/", &home)) }
    }
    env
}

#[test]
fn p1_what_the_environment_offers_is_verified() {
    for (variables, account, asked) in ROWS {
        let env = env(variables);
        let run = env.run(&["whoami"]).exits(0);
        assert!(run.stdout.contains(&grouped(account)), "{variables:?}: {}", run.stdout);
        let script = "echo $AWSENV_ACCOUNT_ID $AWS_ACCESS_KEY_ID";
        let run = env.run(&["exec", "--", "sh", "-c", script]).exits(0).says(&grouped(account));
        let (is, key) = run.stdout.trim().split_once(' ').unwrap();
        assert_eq!(is, *account, "{variables:?}");
        let requests = env.aws().requests();
        let verified = requests.iter().rfind(|request| request.operation == "GetCallerIdentity").unwrap();
        assert_eq!(verified.access_key_id.as_deref(), Some(key), "{variables:?}");
        assert!(requests.iter().any(|request| request.operation == *asked), "{variables:?}: {requests:?}");
    }
}

#[test]
fn p1_profile_mode_is_refused_where_the_switch_clears_what_the_profile_starts_from() {
    let mut env = home();
    for (name, value) in [KEY, SECRET] {
        env.set(name, value);
    }
    for profile in ["container", "environment"] {
        env.run(&["exec", profile, "--", "true"]).exits(0);
        let run = env.run(&["exec", profile, "--mode", "profile", "--", "echo", "runs"]).exits(2);
        assert_eq!(run.says("credentials that the environment names").stdout, "", "{profile}");
    }
    // Instance metadata is there for every tool.
    env.run(&["exec", "instance", "--mode", "profile", "--", "true"]).exits(0);
}

#[test]
fn an_end_of_the_environment_s_keys_that_is_no_time_is_not_taken_for_none() {
    let mut env = env(&[KEY, SECRET, ("AWS_CREDENTIAL_EXPIRATION", "soon")]);
    env.run(&["whoami"]).exits(5).says("AWS_CREDENTIAL_EXPIRATION is not a time (bad-expiry)");
    assert_eq!(env.aws().requests(), []);
    env.set("AWS_CREDENTIAL_EXPIRATION", "9999-12-31T23:59:59Z");
    env.run(&["whoami"]).exits(0);
}

#[test]
fn a_duration_reaches_aws_or_is_said_to_change_nothing() {
    let web = env(&WEB);
    let run = web.run(&["exec", "--duration", "2h", "--", "true"]).exits(0);
    assert!(!run.stderr.contains("duration-unused"), "{}", run.stderr);
    let requests = web.aws().requests();
    let exchange = requests.iter().find(|request| request.operation == "AssumeRoleWithWebIdentity").unwrap();
    assert_eq!(exchange.parameters.get("DurationSeconds").map(String::as_str), Some("7200"));
    for offered in [&[KEY, SECRET][..], &[], &[NO_CONTAINER], &[("AWS_PROFILE", "staging")]] {
        env(offered).run(&["exec", "--duration", "2h", "--", "true"]).exits(0).says("duration-unused");
    }
}

#[test]
fn instance_metadata_is_asked_for_a_token_first_and_not_where_it_is_switched_off() {
    let mut env = env(&[NO_CONTAINER]);
    env.run(&["whoami"]).exits(0);
    let asked: Vec<String> = env.aws().requests().into_iter().map(|request| request.operation).collect();
    assert_eq!(asked[..3], ["MetadataToken", "MetadataRole", "MetadataCredentials"]);
    env.set("AWS_EC2_METADATA_DISABLED", "true");
    let before = env.aws().requests().len();
    env.run(&["whoami"]).exits(5);
    env.profile("instance", &format!("role_arn = {DEPLOY}\ncredential_source = Ec2InstanceMetadata"));
    env.run(&["whoami", "instance"]).exits(5).says("AWS_EC2_METADATA_DISABLED");
    assert_eq!(env.aws().requests().len(), before);
}
