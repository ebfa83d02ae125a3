//! CircleCI: a file that bash reads before each step.

use super::{STAGING, TOKEN, example, job, load, never_ran, on_runner, text, was_in};
use crate::support::{
    TestEnv,
    runner::{self, Variables},
};

const VARIABLES: [(&str, &str); 3] = [("CI", "true"), ("CIRCLECI", "true"), ("CIRCLE_OIDC_TOKEN_V2", TOKEN)];

fn run(env: &mut TestEnv) -> (Option<i32>, String) {
    env.set("BASH_ENV", &env.home().join("bash-env").to_string_lossy());
    let source = example("circleci.yml");
    let yaml = load(&source);
    let mut log = String::new();
    let steps = yaml["jobs"]["deploy"]["steps"].as_sequence().expect("there are steps");
    let commands = steps.iter().filter_map(|step| {
        let run = step.as_mapping_get("run")?;
        run.as_str().or_else(|| text(run, "command"))
    });
    let code = job(commands.map(|command| {
        let run = runner::step(env, &["bash", "-eo", "pipefail"], command, &Variables::new());
        log.push_str(&run.stdout);
        run
    }));
    (code, log)
}

#[test]
fn p1_the_example_deploys_to_the_pinned_account() {
    let Some(mut env) = on_runner(&VARIABLES, STAGING) else { return };
    let (code, log) = run(&mut env);
    assert_eq!(code, Some(0), "{log}");
    was_in(&env, "deployed");
    was_in(&env, "checked");
    runner::shows_no_secret(&env, &log);
}

#[test]
fn p2_in_a_wrong_account_the_example_stops_with_exit_code_4() {
    let Some(mut env) = on_runner(&VARIABLES, "111122223333") else { return };
    assert_eq!(run(&mut env).0, Some(4));
    never_ran(&env);
}
