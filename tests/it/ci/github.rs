//! GitHub Actions: files for later steps, masks, outputs.

use std::fs;

use super::{STAGING, example, load, never_ran, on_runner, text, variables, was_in};
use crate::support::{
    TestEnv,
    runner::{self, Variables},
};

const VARIABLES: [(&str, &str); 4] = [
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request"),
    ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example/?x=1"),
];

/// Runs the job's steps. Each has fresh files; what it wrote is there for the next.
fn run(env: &mut TestEnv, keep_going: bool) -> (Vec<Option<i32>>, String) {
    let temp = env.write("temp/x", "").parent().expect("it is in a folder").to_owned();
    env.set("RUNNER_TEMP", &temp.to_string_lossy());
    let source = example("github.yml");
    let yaml = load(&source);
    let steps = yaml["jobs"]["deploy"]["steps"].as_sequence().expect("there are steps");
    let (mut codes, mut log, mut masked) = (Vec::new(), String::new(), Vec::new());
    let mut outputs = Variables::new();
    for step in steps.iter().filter(|step| step.as_mapping_get("run").is_some()) {
        let mut variables = variables(step.as_mapping_get("env"));
        for value in variables.values_mut() {
            for (name, output) in &outputs {
                *value = value.replace(&format!("${{{{ steps.{name} }}}}"), output);
            }
        }
        for name in ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
            let file = env.write(&format!("temp/{name}"), "");
            variables.insert(name.to_owned(), file.to_string_lossy().into_owned());
        }
        let script = text(step, "run").expect("a step runs text");
        // What the runner does without `shell:`; that with `shell: bash` is tried above.
        let run = runner::step(env, &["bash", "-e"], script, &variables);
        log.push_str(&runner::github_log(&run.stdout, &mut masked));
        let read = |name: &str| fs::read_to_string(&variables[name]).expect("the file is text");
        for (name, value) in runner::github_file(&read("GITHUB_ENV")) {
            env.set(&name, &value);
        }
        let id = text(step, "id").unwrap_or_default();
        for (name, value) in runner::github_file(&read("GITHUB_OUTPUT")) {
            assert!(!masked.contains(&value), "an output is hidden: {name}");
            outputs.insert(format!("{id}.outputs.{name}"), value);
        }
        codes.push(run.code);
        if run.code != Some(0) && !keep_going {
            break;
        }
    }
    (codes, log)
}

#[test]
fn p1_the_example_deploys_to_the_pinned_account() {
    let Some(mut env) = on_runner(&VARIABLES, STAGING) else { return };
    let (codes, log) = run(&mut env, false);
    assert_eq!(codes, [Some(0); 5], "{log}");
    was_in(&env, "deployed");
    was_in(&env, "checked");
    assert!(log.ends_with("deployed to 444455556666\n"), "{log}");
    assert_eq!(log.matches("::group::staging acme-staging 4444-5555-6666").count(), 2, "{log}");
    runner::shows_no_secret(&env, &log);
}

#[test]
fn p2_in_a_wrong_account_the_example_stops_with_exit_code_4() {
    let Some(mut env) = on_runner(&VARIABLES, "111122223333") else { return };
    let (codes, log) = run(&mut env, false);
    assert_eq!(codes, [Some(0), Some(4)], "{log}");
    never_ran(&env);
    assert!(log.contains("\n::error title=awsenv::wrong account: "), "{log}");
}

/// `continue-on-error` on every step, and credentials that the job had before.
#[test]
fn p2_a_job_that_goes_on_after_a_refusal_has_nothing_to_work_with() {
    let Some(mut env) = on_runner(&VARIABLES, "111122223333") else { return };
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOPRODUCTION77");
    env.set("AWS_SECRET_ACCESS_KEY", "demo/production/not+a+secret/DEMO+DEMO/0");
    let (codes, log) = run(&mut env, true);
    assert_eq!(codes, [Some(0), Some(4), Some(4), Some(5), Some(0)], "{log}");
    assert_eq!(env.variable("AWS_ACCESS_KEY_ID"), Some("AWSENVREFUSED0000000"));
    assert!(!env.home().join("deployed").exists());
    assert_eq!(fs::read_to_string(env.home().join("checked")).expect("it went on").trim(), "");
    runner::shows_no_secret(&env, &log);
}
