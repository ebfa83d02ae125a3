//! Jenkins: one traced script.

use std::fs;

use super::{STAGING, example, never_ran, on_runner, was_in};
use crate::support::{
    Run, TestEnv,
    runner::{self, Variables},
};

/// The script of the example, as `sh` runs it: traced, and ended by the first failure.
fn run(env: &mut TestEnv) -> Run {
    for (name, value) in [
        ("JENKINS_URL", "https://ci.example/"),
        ("AWS_ACCESS_KEY_ID", "AKIADEMOSTAGING77777"),
        ("AWS_SECRET_ACCESS_KEY", "demo/staging/not+a+secret/DEMO+DEMO+DE/0"),
    ] {
        env.set(name, value);
    }
    env.set("AWS_CONFIG_FILE", &env.home().join("aws-config").to_string_lossy());
    let source = example("Jenkinsfile");
    let block = source.split("'''").nth(1).expect("there is a script");
    let indent = block.trim_start_matches('\n').find(|c| c != ' ').unwrap_or_default();
    let script: String = block.lines().map(|line| line.get(indent..).unwrap_or_default().to_owned() + "\n").collect();
    runner::step(env, &["sh", "-xe"], &script, &Variables::new())
}

#[test]
fn p1_the_example_deploys_to_the_pinned_account() {
    let Some(mut env) = on_runner(&[], STAGING) else { return };
    let log = run(&mut env).exits(0).stdout;
    was_in(&env, "deployed");
    runner::shows_no_secret(&env, &log);
    let properties = fs::read_to_string(env.home().join("account.properties")).expect("it is written");
    assert!(properties.contains("AWSENV_ACCOUNT_ID=444455556666\n"), "{properties}");
    runner::shows_no_secret(&env, &properties);
}

#[test]
fn p2_in_a_wrong_account_the_example_stops_with_exit_code_4() {
    let Some(mut env) = on_runner(&[], "111122223333") else { return };
    run(&mut env).exits(4);
    never_ran(&env);
}
