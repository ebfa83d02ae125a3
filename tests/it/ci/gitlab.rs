//! GitLab CI: one script for a job, a report for later ones.

use std::fs;

use saphyr::Yaml;

use super::{STAGING, TOKEN, example, load, never_ran, on_runner, texts, was_in};
use crate::support::{
    Run, TestEnv,
    runner::{self, Variables},
};

const VARIABLES: [(&str, &str); 3] = [("CI", "true"), ("GITLAB_CI", "true"), ("DEPLOY_TOKEN", TOKEN)];

/// A job's script: what stands in before_script and script, in one bash.
fn script(job: &Yaml<'_>) -> String {
    let lines = [texts(job.as_mapping_get("before_script")), texts(job.as_mapping_get("script"))].concat();
    format!("set -eo pipefail\nset +o noclobber\n{}\n", lines.join("\n"))
}

fn run(env: &TestEnv) -> Run {
    let source = example("gitlab.yml");
    runner::step(env, &["bash"], &script(&load(&source)["deploy"]), &Variables::new())
}

#[test]
fn p1_the_example_deploys_to_the_pinned_account() {
    let Some(env) = on_runner(&VARIABLES, STAGING) else { return };
    let log = run(&env).exits(0).stdout;
    was_in(&env, "deployed");
    was_in(&env, "checked");
    runner::shows_no_secret(&env, &log);
    let report = fs::read_to_string(env.home().join("awsenv.env")).expect("the report is written");
    runner::shows_no_secret(&env, &report);
    assert!(report.len() <= 5 << 10 && !report.contains("ASIA"), "{report}");
    // GitLab refuses the whole report for one line that is empty, a comment, or quoted.
    let pairs = report.lines().map(|line| line.split_once('=').expect("a line is NAME=value"));
    let facts: Variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert!(facts.values().all(|value| !value.contains([' ', '"', '\''])), "{report}");
    let source = example("gitlab.yml");
    runner::step(&env, &["bash"], &script(&load(&source)["check"]), &facts).exits(0);
}

#[test]
fn p2_in_a_wrong_account_the_example_stops_with_exit_code_4() {
    let Some(env) = on_runner(&VARIABLES, "111122223333") else { return };
    run(&env).exits(4);
    never_ran(&env);
    assert!(!env.home().join("awsenv.env").exists());
}
