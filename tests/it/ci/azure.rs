//! Azure Pipelines: logging commands, secrets that steps map.

use super::{STAGING, example, job, load, never_ran, on_runner, text, variables, was_in};
use crate::support::{
    TestEnv,
    runner::{self, AzureAgent},
};

fn run(env: &TestEnv) -> (Option<i32>, String) {
    let mut agent = AzureAgent::default();
    for (name, value, secret) in [
        ("DEPLOY_KEY_ID", "AKIADEMOSTAGING77777", false),
        ("DEPLOY_KEY_SECRET", "demo/staging/not+a+secret/DEMO+DEMO+DE/0", true),
    ] {
        agent.variables.insert(name.to_owned(), (value.to_owned(), secret));
    }
    agent.masked.push("demo/staging/not+a+secret/DEMO+DEMO+DE/0".to_owned());
    let source = example("azure.yml");
    let yaml = load(&source);
    let mut log = String::new();
    let steps = yaml["steps"].as_sequence().expect("there are steps").iter().map(|step| {
        let variables = agent.environment(&variables(step.as_mapping_get("env")));
        let script = text(step, "bash").expect("a step runs bash");
        let run = runner::step(env, &["bash", "--noprofile", "--norc"], script, &variables);
        log.push_str(&agent.read(&run.stdout));
        run
    });
    let code = job(steps);
    (code, log)
}

#[test]
fn p1_the_example_deploys_to_the_pinned_account() {
    let Some(env) = on_runner(&[("TF_BUILD", "True")], STAGING) else { return };
    let (code, log) = run(&env);
    assert_eq!(code, Some(0), "{log}");
    was_in(&env, "deployed");
    was_in(&env, "checked");
    assert!(log.contains("##[group]staging acme-staging 4444-5555-6666 Deploy"), "{log}");
    runner::shows_no_secret(&env, &log);
}

#[test]
fn p2_in_a_wrong_account_the_example_stops_with_exit_code_4() {
    let Some(env) = on_runner(&[("TF_BUILD", "True")], "111122223333") else { return };
    let (code, log) = run(&env);
    assert_eq!(code, Some(4), "{log}");
    never_ran(&env);
    assert!(log.contains("\n##[error]wrong account: "), "{log}");
}
