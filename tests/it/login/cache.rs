//! The token that many shells and other tools share.

use std::{
    fs,
    process::Stdio,
    time::{Duration, SystemTime},
};

use awsenv::demo::Failure;

use super::{TOKEN, consent, env, requests, token};
use crate::support::{TestEnv, assert_no_secret};

/// Signed in with a token that has ended.
pub(crate) fn expired() -> TestEnv {
    let env = env();
    env.run(&["login", "corp"]).exits(0);
    let mut token = token(&env);
    token["expiresAt"] = "2020-01-01T00:00:00Z".into();
    token["receivedAt"] = "another tool's".into();
    env.write(TOKEN, token.to_string());
    env
}

fn renewals(env: &TestEnv) -> usize {
    let tokens = requests(env, "CreateToken");
    tokens.iter().filter(|request| request.parameters["grantType"] == "refresh_token").count()
}

#[test]
fn p8_twenty_shells_at_once_renew_it_once() {
    let env = expired();
    let started: Vec<_> = (0..20)
        .map(|number| {
            let mut command = match number % 2 {
                0 => env.awsenv(&["use", "developer", "--shell", "sh"]),
                _ => env.awsenv(&["credential-process", "developer"]),
            };
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("awsenv starts")
        })
        .collect();
    for child in started {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(renewals(&env), 1);
    assert_eq!(token(&env)["receivedAt"], "another tool's", "what others wrote stays");
    // The refresh token that was given then works in its turn.
    let mut token = token(&env);
    token["expiresAt"] = "2020-01-01T00:00:00Z".into();
    env.write(TOKEN, token.to_string());
    env.run(&["exec", "developer", "--", "true"]).exits(0);
    assert_eq!(renewals(&env), 2);
}

#[test]
fn what_is_kept_of_a_sign_in_that_was_renewed_for_it_is_found_again() {
    for profile in ["developer", "on-top"] {
        let env = expired();
        env.settings("\n[sessions]\ncache = \"file\"\n");
        for _ in 0..3 {
            env.run(&["exec", profile, "--", "true"]).exits(0);
        }
        assert_eq!((renewals(&env), requests(&env, "GetRoleCredentials").len()), (1, 1), "{profile}");
    }
}

#[test]
fn what_another_tool_renewed_meanwhile_is_used() {
    let env = expired();
    let before = fs::read(env.home().join(TOKEN)).unwrap();
    env.run(&["exec", "developer", "--", "true"]).exits(0);
    let renewed = fs::read(env.home().join(TOKEN)).unwrap();
    // The refresh token is spent; the AWS CLI, which knows no lock, writes what it got while we ask.
    env.write(TOKEN, before);
    env.aws().fail(Failure::late("CreateToken", 1_000));
    let child = env.awsenv(&["exec", "developer", "--", "true"]).stderr(Stdio::piped()).spawn().expect("starts");
    let seen = requests(&env, "CreateToken").len();
    while requests(&env, "CreateToken").len() == seen {
        std::thread::yield_now();
    }
    env.write(TOKEN, renewed);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_cannot_be_renewed_names_the_command() {
    let env = expired();
    env.aws().fail(Failure::error("CreateToken", 400, "InvalidGrantException", "no"));
    let run = env.run(&["use", "developer", "--shell", "sh"]).exits(5);
    let run = run.says("the sign-in to sso-session `corp` expired at").says("`awsenv login corp`");
    assert_no_secret(&env.aws().secrets(), "the refusal", run.stderr.as_bytes());
    // A token that is good for a moment yet is used when AWS cannot be asked.
    env.aws().change(|scenario| scenario.failures.clear());
    env.aws().fail(Failure::error("CreateToken", 503, "InternalServerException", "no"));
    let mut token = token(&env);
    let soon = SystemTime::now() + Duration::from_secs(120);
    token["expiresAt"] = jiff::Timestamp::try_from(soon).unwrap().to_string().into();
    env.write(TOKEN, token.to_string());
    env.run(&["exec", "developer", "--", "true"]).exits(0);
}

#[test]
fn a_token_without_an_end_in_sight_is_not_renewed() {
    let env = env();
    consent(&env, |consent| consent.access_seconds = 28_800);
    env.run(&["login", "corp"]).exits(0);
    env.run(&["exec", "developer", "--", "true"]).exits(0);
    assert_eq!(renewals(&env), 0);
}
