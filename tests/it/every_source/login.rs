//! `aws login`: the session that the AWS CLI keeps is used, renewed when due, and renewed once for all shells.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use awsenv::demo::{Failure, Outcome};

use super::home::{DUE_LOGIN, REFRESH_TOKEN, home, sign_in};
use crate::support::{Run, TestEnv};

const REMEDY: &str = "aws login --profile login-due";
const WHO: &[&str] = &["exec", "login-due", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"];

fn renewals(env: &TestEnv) -> usize {
    env.aws().requests().iter().filter(|request| request.operation == "CreateOAuth2Token").count()
}

fn json(file: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// The session has ended, in the file and at AWS.
fn end(env: &TestEnv) {
    env.aws().change(|scenario| scenario.logins.clear());
    sign_in(env, DUE_LOGIN, -60);
}

#[test]
fn a_session_that_ends_soon_is_renewed_and_kept() {
    let env = home();
    let file = sign_in(&env, DUE_LOGIN, 120);
    env.run(WHO).exits(0);
    env.run(WHO).exits(0);
    assert_eq!(renewals(&env), 1);
    let kept = json(&file);
    assert_ne!(kept["refreshToken"], format!("{REFRESH_TOKEN}{DUE_LOGIN}"));
    assert_eq!((&kept["idToken"], &kept["accessToken"]["accountId"]), (&"kept".into(), &"111122223333".into()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let names = fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().contains("awsenv-new")), "nothing is left over");
}

#[test]
fn a_session_that_lasts_is_used_as_it_is() {
    let env = home();
    sign_in(&env, DUE_LOGIN, 900);
    env.run(WHO).exits(0);
    assert_eq!(renewals(&env), 0);
}

#[test]
fn twenty_shells_renew_an_expired_session_once_and_all_go_on() {
    let env = home();
    sign_in(&env, DUE_LOGIN, -60);
    let runs: Vec<_> = (0..20)
        .map(|_| {
            let mut command = env.awsenv(WHO);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for run in runs {
        let run = Run::from(run.wait_with_output().unwrap()).exits(0);
        assert_eq!(run.stdout, "111122223333\n");
    }
    assert_eq!(renewals(&env), 1);
}

#[test]
fn a_session_that_has_ended_says_how_to_sign_in() {
    let env = home();
    end(&env);
    env.run(WHO).exits(5).says("has ended").says(REMEDY);
    let run = env.run(&["use", "login-due", "--shell", "sh"]).exits(5);
    assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
    assert_eq!(env.run(&["credential-process", "login-due"]).exits(5).stdout, "");
    for damaged in ["", "{}", "[1]", "not json"] {
        let file = sign_in(&env, DUE_LOGIN, 900);
        fs::write(&file, damaged).unwrap();
        env.run(WHO).exits(5).says("is damaged").says(REMEDY);
        assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
    }
    let file = sign_in(&env, DUE_LOGIN, 900);
    fs::remove_file(&file).unwrap();
    env.run(WHO).exits(5).says("there is no session").says(REMEDY);
    assert!(env.command("mkfifo").arg(&file).status().unwrap().success());
    env.run(WHO).exits(5).says("is not a regular");
}

#[test]
fn a_key_that_the_session_was_not_begun_with_renews_nothing() {
    let env = home();
    let file = sign_in(&env, DUE_LOGIN, -60);
    let other = env.command("openssl").args(["ecparam", "-genkey", "-name", "prime256v1", "-noout"]).output().unwrap();
    let mut session = json(&file);
    session["dpopKey"] = String::from_utf8(other.stdout).unwrap().into();
    fs::write(&file, session.to_string()).unwrap();
    env.run(WHO).exits(5).says("does not accept the session").says(REMEDY);
    session["dpopKey"] = "no key".into();
    fs::write(&file, session.to_string()).unwrap();
    env.run(WHO).exits(5).says("is damaged");
    assert_eq!(renewals(&env), 1);
}

#[test]
fn what_cannot_be_renewed_now_is_good_to_its_end() {
    let mut env = home();
    for outcome in [Outcome::Close, Outcome::Garbage, Outcome::Body { status: 503, body: "<html>".to_owned() }] {
        env.aws().change(|scenario| scenario.failures.clear());
        env.aws().fail(Failure::of("CreateOAuth2Token", outcome));
        sign_in(&env, DUE_LOGIN, 120);
        env.run(WHO).exits(0);
        sign_in(&env, DUE_LOGIN, -60);
        env.run(WHO).exits(6);
    }
    // The endpoint is the one that the settings name for Sign-In.
    env.aws().change(|scenario| scenario.failures.clear());
    env.set("AWS_ENDPOINT_URL_SIGNIN", "http://127.0.0.1:9");
    env.run(WHO).exits(6).says("127.0.0.1:9");
    env.unset("AWS_ENDPOINT_URL_SIGNIN");
    env.run(WHO).exits(0);
}

#[test]
fn p8_a_folder_that_cannot_be_written_costs_no_session() {
    let env = home();
    let file = sign_in(&env, DUE_LOGIN, -60);
    let before = fs::read(&file).unwrap();
    // A folder in the place of the lock: for root too, nothing can be locked there.
    fs::create_dir(file.with_extension("json.lock")).unwrap();
    env.run(WHO).exits(6).says("cannot be renewed");
    assert_eq!((renewals(&env), fs::read(&file).unwrap()), (0, before));
    sign_in(&env, DUE_LOGIN, 120);
    env.run(WHO).exits(0);
}
