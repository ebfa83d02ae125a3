//! The example workflows of docs/ci/, run step by step as their runners do, on the fake AWS.

mod azure;
mod buildkite;
mod circleci;
mod github;
mod gitlab;
mod jenkins;

use std::fs;

use awsenv::demo::Failure;
use saphyr::{LoadableYamlNode, Yaml};

use crate::support::{
    Run, TestEnv, repository,
    runner::{self, Variables},
    tool,
};

const STAGING: &str = "444455556666";
/// The role that the runner's token may assume in the demo.
const TOKEN: &str = "demo.web.identity";
/// What the examples take for the reader's own: what they deploy with, and what looks where it got to.
const DEPLOY: &str = "#!/bin/bash\necho \"$AWSENV_ACCOUNT_ID\" >~/deployed\nawsenv whoami --json >~/deployed.json\n";
const CHECK: &str = "#!/bin/bash\necho \"$AWSENV_ACCOUNT_ID\" >~/checked\nawsenv whoami --json >~/checked.json\n";

/// The demo's accounts on a runner that gives out a token; `deploy` is pinned to this account by the settings, too.
fn on_runner(variables: &[(&str, &str)], pin: &str) -> Option<TestEnv> {
    for program in ["bash", "jq", "python3"] {
        tool(program)?;
    }
    let mut env = TestEnv::demo();
    for (name, value) in variables {
        env.set(name, value);
    }
    env.settings(&format!("\n[profiles.deploy]\naccount = \"{pin}\"\n"));
    let answer = format!("#!/bin/sh\necho '{{\"value\":\"{TOKEN}\"}}'\n");
    for (name, text) in [("curl", answer.as_str()), ("../deploy.sh", DEPLOY), ("../check.sh", CHECK)] {
        runner::program(&env, name, text);
    }
    Some(env)
}

fn example(name: &str) -> String {
    fs::read_to_string(repository().join("docs/ci").join(name)).expect("the example is there")
}

fn load(text: &str) -> Yaml<'_> {
    Yaml::load_from_str(text).expect("the example is YAML").remove(0)
}

fn text<'y>(node: &'y Yaml<'_>, key: &str) -> Option<&'y str> {
    node.as_mapping_get(key)?.as_str()
}

/// The texts of a list of commands.
fn texts(node: Option<&Yaml<'_>>) -> Vec<String> {
    node.and_then(Yaml::as_sequence).into_iter().flatten().filter_map(Yaml::as_str).map(str::to_owned).collect()
}

/// The variables of a step.
fn variables(node: Option<&Yaml<'_>>) -> Variables {
    let pairs = node.and_then(Yaml::as_mapping).into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value.as_str()?.to_owned()))).collect()
}

/// What the example's own programs found: the account, by name and by their credentials.
#[track_caller]
fn was_in(env: &TestEnv, what: &str) {
    let read = |name: String| fs::read_to_string(env.home().join(name)).expect("the program ran");
    assert_eq!(read(what.to_owned()).trim(), STAGING, "{what}");
    let json: serde_json::Value = serde_json::from_str(&read(format!("{what}.json"))).expect("whoami says so");
    assert_eq!(json["account_id"], STAGING, "{what}");
}

#[track_caller]
fn never_ran(env: &TestEnv) {
    for what in ["deployed", "checked"] {
        assert!(!env.home().join(what).exists(), "{what}: a command ran without its account");
    }
}

/// Runs steps until one fails, as a job does.
fn job(mut steps: impl Iterator<Item = Run>) -> Option<i32> {
    let failed = steps.find(|run| run.code != Some(0));
    failed.map_or(Some(0), |run| run.code)
}

#[test]
fn every_example_is_run() {
    let mut names: Vec<String> = fs::read_dir(repository().join("docs/ci"))
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder is read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let run = [
        "Jenkinsfile",
        "azure.yml",
        "buildkite-pre-command",
        "buildkite.yml",
        "circleci.yml",
        "github.yml",
        "gitlab.yml",
    ];
    assert_eq!(names, run);
}

#[test]
fn p2_an_outage_stops_a_job_too() {
    let Some(env) = on_runner(&[("GITHUB_ACTIONS", "true")], STAGING) else { return };
    env.profile("deploy", "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging");
    env.aws().fail(Failure::error("GetCallerIdentity", 503, "ServiceUnavailable", "later"));
    let bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail"];
    for script in [
        "awsenv exec deploy -- ./deploy.sh | cat\n./check.sh",
        "creds=$(awsenv use deploy); eval \"$creds\"\n./check.sh",
    ] {
        runner::step(&env, &bash, script, &Variables::new()).exits(6);
        never_ran(&env);
    }
}
