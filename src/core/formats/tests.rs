use super::*;
use crate::core::{env_change::Value, secret::Secret};

const DELIMITER: &str = "awsenv_0123";

fn change() -> EnvChange {
    let plain = |name: &str, value: &str| (name.to_owned(), Value::from(value));
    EnvChange {
        unset: ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_VAULT", "AWS_VAULT"]
            .map(str::to_owned)
            .into(),
        set: vec![
            plain("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), Value::Secret(Secret::new("se/cr+et"))),
            plain("AWSENV_PROFILE", "my%20prod%5D"),
            plain("AWSENV_BANNER", "PRODUCTION acme-prod"),
            plain("AWSENV_CONTEXT", "1,key=AKIAIOSFODNN7EXAMPLE"),
        ],
        status: 0,
    }
}

fn with(name: &str, value: &str) -> EnvChange {
    EnvChange { set: vec![(name.to_owned(), Value::from(value))], ..EnvChange::default() }
}

fn holds(names: &'static [&str]) -> impl Fn(&str) -> bool {
    |name| names.contains(&name)
}

#[test]
fn p4_facts_hold_no_credentials() {
    let all = change();
    let names: Vec<&str> = facts(&all).map(|(name, _)| name).collect();
    assert_eq!(names, ["AWSENV_PROFILE", "AWSENV_BANNER"]);
    let expect = "AWSENV_PROFILE=my%20prod%5D\nAWSENV_BANNER=PRODUCTION%20acme-prod\n";
    assert_eq!(facts::gitlab(&change()).as_deref(), Ok(expect));
    assert_eq!(facts::jenkins(&change()).unwrap(), expect.replace("PRODUCTION%20", "PRODUCTION "));
    let long = with("AWSENV_ARN", &"a".repeat(5 << 10));
    assert_eq!(facts::gitlab(&long), Err(FormatError::TooLong));
}

#[test]
fn p2_only_what_is_set_is_emptied() {
    let change = change();
    assert_eq!(emptied(&change, &holds(&["AWS_VAULT", "AWS_ACCESS_KEY_ID", "HOME"])), ["AWS_VAULT"]);
    assert_eq!(cannot_unset(&change, &holds(&["AWS_VAULT"])), None);
    assert_eq!(cannot_unset(&change, &holds(&["AWS_VAULT", "AWS_PROFILE"])), Some("AWS_PROFILE"));
}

#[test]
fn github_reads_names_values_and_nothing_else() {
    let text = github::env(&change(), &holds(&["AWS_VAULT"]), DELIMITER).unwrap();
    let expect = "AWS_VAULT<<awsenv_0123\nawsenv_0123\n\
        AWS_ACCESS_KEY_ID<<awsenv_0123\nAKIAIOSFODNN7EXAMPLE\nawsenv_0123\n\
        AWS_SECRET_ACCESS_KEY<<awsenv_0123\nse/cr+et\nawsenv_0123\n";
    assert!(text.starts_with(expect), "{text}");
    assert_eq!(
        github::outputs(&change(), DELIMITER).unwrap(),
        "profile<<awsenv_0123\nmy%20prod%5D\nawsenv_0123\nbanner<<awsenv_0123\nPRODUCTION acme-prod\nawsenv_0123\n"
    );
    assert_eq!(github::summary(&change()), "AWS account: `PRODUCTION acme-prod`\n\n");
}

#[test]
fn p5_no_value_ends_its_block() {
    for bad in ["a\nb", "a\rb", "\u{7f}", "awsenv_0123"] {
        assert!(github::env(&with("AWS_CA_BUNDLE", bad), &|_| false, DELIMITER).is_err(), "{bad:?}");
    }
    assert_eq!(plain::env(&with("AWS_CA_BUNDLE", "a\nb")), Err(FormatError::Control("AWS_CA_BUNDLE".to_owned())));
    assert_eq!(plain::dotenv(&with("AWS_CA_BUNDLE", "it's")), Err(FormatError::Quote("AWS_CA_BUNDLE".to_owned())));
}

#[test]
fn dotenv_quotes_what_is_more_than_a_word() {
    assert_eq!(plain::dotenv(&with("A", "PRODUCTION a $b #c")).unwrap(), "A='PRODUCTION a $b #c'\n");
    assert_eq!(plain::dotenv(&with("A", "a/b+c=")).unwrap(), "A=a/b+c=\n");
    assert_eq!(plain::env(&with("A", "PRODUCTION a $b")).unwrap(), "A=PRODUCTION a $b\n");
}

#[test]
fn azure_hides_before_it_sets_and_always_has_a_token() {
    let text = azure::commands(&change(), &holds(&["AWS_VAULT"])).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..5],
        [
            "##vso[task.setsecret]se/cr+et",
            "##vso[task.setvariable variable=AWS_VAULT]",
            "##vso[task.setvariable variable=AWS_SESSION_TOKEN]",
            "##vso[task.setvariable variable=AWS_ACCESS_KEY_ID]AKIAIOSFODNN7EXAMPLE",
            "##vso[task.setvariable variable=AWS_SECRET_ACCESS_KEY;issecret=true]se/cr+et",
        ]
    );
    assert_eq!(lines[5], "##vso[task.setvariable variable=AWSENV_PROFILE]my%AZP2520prod%AZP255D");
}

#[test]
fn buildkite_gets_json_one_value_a_line() {
    assert_eq!(buildkite::secrets(&change()), "{\"AWS_SECRET_ACCESS_KEY\":\"se/cr+et\"}\n");
    assert_eq!(buildkite::unset(&change(), &holds(&["AWS_VAULT"])), "[\"AWS_VAULT\"]\n");
    assert_eq!(
        buildkite::set(&change()).unwrap().lines().next(),
        Some("{\"AWS_ACCESS_KEY_ID\":\"AKIAIOSFODNN7EXAMPLE\"}")
    );
}
