//! `awsenv export`: the forms, and what later steps of a CI job get, however it ends.

mod forms;
mod later;
mod log;

use std::fs;

use crate::support::{TestEnv, runner};

/// The demo's accounts in a step of GitHub Actions, with the runner's files.
fn github() -> TestEnv {
    let mut env = TestEnv::demo();
    for (name, value) in [("CI", "true"), ("GITHUB_ACTIONS", "true")] {
        env.set(name, value);
    }
    for name in ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        let file = env.write(&format!("runner/{name}"), "");
        env.set(name, &file.to_string_lossy());
    }
    env
}

/// What later steps of GitHub Actions get.
fn github_env(env: &TestEnv) -> runner::Variables {
    runner::github_file(&fs::read_to_string(env.home().join("runner/GITHUB_ENV")).expect("the file is text"))
}

/// What tools find where nothing may be found.
#[track_caller]
fn is_poison(variables: &runner::Variables) {
    let expected = [
        ("AWS_ACCESS_KEY_ID", "AWSENVREFUSED0000000"),
        ("AWS_SECRET_ACCESS_KEY", "awsenv-refused"),
        ("AWS_PROFILE", "awsenv-refused"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    for (name, value) in expected {
        assert_eq!(variables.get(name).map(String::as_str), Some(value), "{name} in {variables:?}");
    }
    for name in ["AWS_SESSION_TOKEN", "AWSENV_ACCOUNT_ID", "AWSENV_CONTEXT", "AWS_ACCOUNT_ID"] {
        assert_eq!(variables.get(name).map_or("", String::as_str), "", "{name} in {variables:?}");
    }
}
