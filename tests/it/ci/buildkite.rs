//! Buildkite: commands of one script, a hook, and the agent.

use std::fs;

use super::{STAGING, example, load, never_ran, on_runner, texts, was_in};
use crate::support::runner::{self, Variables};

const VARIABLES: [(&str, &str); 2] = [("CI", "true"), ("BUILDKITE", "true")];

fn command() -> String {
    let source = example("buildkite.yml");
    let yaml = load(&source);
    let step = &yaml["steps"].as_sequence().expect("there are steps")[0];
    // What `pipeline upload` leaves of `$$`.
    texts(step.as_mapping_get("command")).join("\n").replace("$$", "$")
}

#[test]
fn p1_the_example_deploys_to_the_pinned_account() {
    let Some(env) = on_runner(&VARIABLES, STAGING) else { return };
    runner::buildkite_agent(&env);
    let log = runner::step(&env, &["bash", "-e"], &command(), &Variables::new()).exits(0).stdout;
    was_in(&env, "deployed");
    assert!(log.contains("--- staging acme-staging 4444-5555-6666 Pipeline"), "{log}");
    runner::shows_no_secret(&env, &log);
}

#[test]
fn p1_the_hook_hands_the_account_to_the_command() {
    let Some(env) = on_runner(&VARIABLES, STAGING) else { return };
    runner::buildkite_agent(&env);
    env.profile(
        "deploy",
        "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging\nregion = eu-west-1",
    );
    let log = runner::step(&env, &["bash"], &example("buildkite-pre-command"), &Variables::new()).exits(0).stdout;
    runner::shows_no_secret(&env, &log);
    let text = fs::read_to_string(env.home().join("agent/env")).expect("the agent was called");
    let later: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let later: Variables = serde_json::from_value(later["set"].clone()).expect("values are text");
    runner::step(&env, &["bash", "-e"], "./check.sh", &later).exits(0);
    was_in(&env, "checked");
}

#[test]
fn p2_in_a_wrong_account_the_example_stops_with_exit_code_4() {
    let Some(env) = on_runner(&VARIABLES, "111122223333") else { return };
    runner::buildkite_agent(&env);
    runner::step(&env, &["bash", "-e"], &command(), &Variables::new()).exits(4);
    never_ran(&env);
}
