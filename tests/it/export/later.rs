//! What later steps get.

use std::{
    fs::{self, File},
    process::Stdio,
    time::Duration,
};

use awsenv::demo::Failure;
use rustix::process::{Pid, Signal, kill_process};

use super::{github, github_env, is_poison};
use crate::support::{Pty, Terminal, TestEnv, assert_no_secret, runner, tool};

#[test]
fn p1_github_hands_on_the_account_that_sts_confirmed() {
    let env = github();
    let run = env.run(&["export", "staging"]).exits(0);
    assert_eq!(run.stdout, "");
    let later = github_env(&env);
    let held = env.variables_after("eval \"$(awsenv use staging --shell sh 2>/dev/null)\"");
    for (name, value) in &later {
        assert_eq!(held.get(name).map_or("", String::as_str), value, "{name}");
    }
    assert_eq!(later["AWSENV_ACCOUNT_ID"], "444455556666");
    assert_eq!(later["AWS_SECRET_ACCESS_KEY"], "demo/staging/not+a+secret/DEMO+DEMO+DE/0");
}

#[test]
fn p4_github_hides_every_secret_before_it_can_be_shown() {
    let env = github();
    let run = env.run(&["export", "admin"]).exits(0);
    let later = github_env(&env);
    let mut masked = Vec::new();
    let log = runner::github_log(&run.stderr, &mut masked);
    runner::shows_no_secret(&env, &log);
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"] {
        assert!(masked.contains(&later[name]), "{name} is not hidden");
    }
    assert!(run.stderr.starts_with("::add-mask::"), "the masks are first: {}", run.stderr);
    for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        let text = fs::read(env.home().join("runner").join(name)).expect("the file is there");
        assert!(!text.is_empty(), "{name} is written");
        assert_no_secret(&env.aws().secrets(), name, &text);
        assert!(!String::from_utf8_lossy(&text).contains(&later["AWS_ACCESS_KEY_ID"]));
    }
    let outputs = fs::read_to_string(env.home().join("runner/GITHUB_OUTPUT")).expect("it is text");
    let outputs = runner::github_file(&outputs);
    assert_eq!((outputs["account_id"].as_str(), outputs["class"].as_str()), ("111122223333", "production"));
    let summary = fs::read_to_string(env.home().join("runner/GITHUB_STEP_SUMMARY")).expect("it is text");
    assert_eq!(summary, "AWS account: `PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1`\n\n");
}

#[test]
fn p4_github_hides_what_goes_to_standard_output_too() {
    let env = github();
    for format in ["json", "dotenv", "env"] {
        let run = env.run(&["export", "admin", "--format", format]).exits(0);
        let mut masked = Vec::new();
        let log = runner::github_log(&(run.stderr + &run.stdout), &mut masked);
        runner::shows_no_secret(&env, &log);
        assert_eq!(masked.len(), 3, "{format}");
    }
    assert_eq!(github_env(&env), runner::Variables::new());
}

#[test]
fn p4_without_masks_nothing_is_handed_on() {
    let env = github();
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = env.awsenv(&["export", "staging"]).stderr(full).output().expect("awsenv starts");
    assert_eq!(output.status.code(), Some(1));
    is_poison(&github_env(&env));
}

#[test]
fn p2_a_failure_leaves_later_steps_of_github_nothing() {
    for (arguments, code) in [
        (&["export", "stagign"][..], 2),
        (&["export", "broken"], 2),
        (&["export", "mislabelled"], 4),
        (&["export", "staging", "--nope"], 2),
        (&["export", "staging", "--format", "gihub"], 2),
        (&["--quiet", "export", "production"], 3),
    ] {
        let mut env = github();
        env.run(&["account", "set", "111122223333", "--protection", "confirm"]).exits(0);
        // What the job had before.
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWSENV_ACCOUNT_ID"] {
            env.set(name, "before");
        }
        let run = env.run(arguments).exits(code).says("no usable credentials");
        assert_eq!(run.stdout, "", "{arguments:?}");
        is_poison(&github_env(&env));
    }
}

#[test]
fn p2_a_failure_after_success_leaves_nothing_either() {
    let mut env = github();
    env.run(&["export", "staging"]).exits(0);
    env.run(&["export", "mislabelled"]).exits(4);
    let mut later = github_env(&env);
    // The variables of the first are not in this step's environment: they come with the next one.
    later.retain(|name, _| !name.starts_with("AWSENV_") && name != "AWS_ACCOUNT_ID");
    is_poison(&later);
    let file = env.home().join("runner/no-such-file");
    env.set("GITHUB_OUTPUT", &file.to_string_lossy());
    env.write("runner/GITHUB_ENV", "");
    env.run(&["export", "staging"]).exits(2).says("no-such-file");
    let later = github_env(&env);
    assert_eq!(later["AWS_ACCESS_KEY_ID"], "AWSENVREFUSED0000000");
}

#[test]
fn p2_a_killed_export_leaves_later_steps_nothing() {
    let env = github();
    env.aws().fail(Failure::late("GetCallerIdentity", 60_000));
    let mut command = env.awsenv(&["export", "staging"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("awsenv starts");
    assert!(env.aws().wait_for("GetCallerIdentity", Duration::from_secs(60)), "STS is asked");
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it can be killed");
    assert!(!child.wait_with_output().expect("awsenv ends").status.success());
    is_poison(&github_env(&env));
}

#[test]
fn p2_what_cannot_be_unset_is_not_handed_over() {
    for (name, value) in [("AWS_PROFILE", "production"), ("AWS_DEFAULT_PROFILE", "production")] {
        let mut env = github();
        env.set(name, value);
        env.run(&["export", "staging"]).exits(3).says(name).says("awsenv exec");
        is_poison(&github_env(&env));
        // A later step, after the failure.
        for (name, value) in github_env(&env) {
            env.set(&name, &value);
        }
        env.run(&["export", "staging"]).exits(3).says("An earlier failure left it");
        let run = env.run(&["exec", "staging", "--", "sh", "-c", "echo ${AWS_PROFILE-none} $AWSENV_ACCOUNT_ID"]);
        assert_eq!(run.exits(0).stdout, "none 444455556666\n");
    }
}

#[test]
fn p2_what_an_empty_value_unsets_is_emptied() {
    let mut env = github();
    for name in ["AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_VAULT"] {
        env.set(name, "stale");
    }
    env.run(&["export", "staging"]).exits(0);
    let later = github_env(&env);
    for name in ["AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_VAULT"] {
        assert_eq!(later[name], "", "{name}");
    }
    assert!(!later.contains_key("AWSUME_PROFILE"), "what is not set is left alone");
}

#[test]
fn p5_the_runners_file_is_a_file() {
    for path in ["/dev/full", "/dev/null"] {
        let mut env = github();
        env.set("GITHUB_ENV", path);
        env.run(&["export", "staging"]).exits(2).says("is not a regular file").says("still has the credentials");
    }
}

#[test]
fn p6_a_ci_is_nobody_to_ask_even_with_a_terminal() {
    let mut env = TestEnv::demo();
    env.set("CI", "true");
    env.run(&["account", "set", "111122223333", "--protection", "confirm"]).exits(0);
    for arguments in [&["use", "production", "--shell", "sh"][..], &["exec", "production", "--", "echo", "ran"]] {
        let run = Pty::awsenv(&env, arguments, Terminal::Stderr).finish().exits(3).says("--confirm-account");
        assert!(!run.stderr.contains("Type its ID") && !run.stdout.contains("ran"), "{}", run.stderr);
    }
    let confirmed = ["exec", "production", "--confirm-account", "111122223333", "--", "echo", "ran"];
    assert_eq!(env.run(&confirmed).exits(0).stdout, "ran\n");
}

fn azure() -> TestEnv {
    let mut env = TestEnv::demo();
    env.set("TF_BUILD", "True");
    env
}

#[test]
fn p1_azure_hands_on_the_account_and_hides_its_secrets() {
    let env = azure();
    let run = env.run(&["export", "admin"]).exits(0);
    let mut agent = runner::AzureAgent::default();
    let log = agent.read(&run.stdout);
    runner::shows_no_secret(&env, &log);
    runner::shows_no_secret(&env, &run.stderr);
    let mapped = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(|name| (name.to_owned(), format!("$({name})")));
    let unmapped = agent.environment(&runner::Variables::new());
    assert!(!unmapped.contains_key("AWS_SECRET_ACCESS_KEY") && !unmapped.contains_key("AWS_SESSION_TOKEN"));
    let mut later = azure();
    for (name, value) in agent.environment(&mapped.into()) {
        later.set(&name, &value);
    }
    later.set("AWS_ENDPOINT_URL", &env.aws().url());
    later.run(&["whoami"]).exits(0);
}

#[test]
fn p2_a_failure_leaves_later_steps_of_azure_nothing() {
    let env = azure();
    let mut agent = runner::AzureAgent::default();
    agent.read(&env.run(&["export", "staging"]).exits(0).stdout);
    let run = env.run(&["export", "mislabelled"]).exits(4);
    agent.read(&run.stdout);
    let mapped = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map(|name| (name.to_owned(), format!("$({name})")));
    let mut later = agent.environment(&mapped.into());
    later.retain(|name, _| !name.starts_with("AWSENV_") && name != "AWS_ACCOUNT_ID");
    is_poison(&later);
}

/// A step of CircleCI: bash reads the file first.
fn circle_step(env: &TestEnv, script: &str) -> crate::support::Run {
    let output = env.command("bash").args(["-eo", "pipefail", "-c", script]).output();
    output.expect("bash starts").into()
}

fn circleci() -> TestEnv {
    let mut env = TestEnv::demo();
    env.set("CIRCLECI", "true");
    env.set("BASH_ENV", &env.home().join("bash-env").to_string_lossy());
    env
}

#[test]
fn p1_circleci_hands_on_the_account_to_every_later_step() {
    if tool("bash").is_none() {
        return;
    }
    let mut env = circleci();
    env.set("AWS_PROFILE", "production");
    env.set("AWS_SESSION_TOKEN", "stale");
    circle_step(&env, "awsenv export staging").exits(0);
    let run = circle_step(&env, "awsenv whoami --json | jq -r .account_id; echo ${AWS_PROFILE-none}").exits(0);
    assert_eq!(run.stdout, "444455556666\nnone\n");
    // The last one wins, and a failure leaves nothing; one that is well again is well.
    circle_step(&env, "awsenv export sandbox").exits(0);
    assert_eq!(circle_step(&env, "echo $AWSENV_ACCOUNT_ID").stdout, "777788889999\n");
    circle_step(&env, "awsenv export mislabelled").exits(4);
    let run = circle_step(&env, "echo $AWS_ACCESS_KEY_ID $AWS_PROFILE ${AWSENV_ACCOUNT_ID-none}").exits(0);
    assert_eq!(run.stdout, "AWSENVREFUSED0000000 awsenv-refused none\n");
    circle_step(&env, "awsenv export staging").exits(0);
    assert_eq!(circle_step(&env, "echo $AWSENV_ACCOUNT_ID ${AWS_PROFILE-none}").stdout, "444455556666 none\n");
}

#[test]
fn p1_the_file_of_circleci_does_not_undo_a_switch() {
    if tool("bash").is_none() {
        return;
    }
    let env = circleci();
    circle_step(&env, "awsenv export staging").exits(0);
    let say = "bash -c 'echo $AWSENV_ACCOUNT_ID'";
    for (script, expect) in [
        (say.to_owned(), "444455556666\n"),
        (format!("awsenv exec sandbox -- {say}"), "777788889999\n"),
        (format!("eval \"$(awsenv use sandbox)\"; {say}"), "777788889999\n"),
        (format!("eval \"$(awsenv off)\"; {say}"), "\n"),
        ("eval \"$(awsenv use nope)\" || :; bash -c 'echo $AWS_ACCESS_KEY_ID'".to_owned(), "AWSENVREFUSED0000000\n"),
        (format!("eval \"$(awsenv use sandbox)\"; exec {say}"), "777788889999\n"),
    ] {
        assert_eq!(circle_step(&env, &script).exits(0).stdout, expect, "{script}");
    }
    // A step whose shell does not read the file.
    let run = env.sh(&format!("awsenv exec sandbox -- {say}")).exits(0);
    assert_eq!(run.stdout, "777788889999\n");
}

fn buildkite() -> TestEnv {
    let mut env = TestEnv::demo();
    runner::buildkite_agent(&env);
    env.set("BUILDKITE", "true");
    let path = env.variable("PATH").unwrap_or_default().to_owned();
    env.set("PATH", &format!("{}:{path}", env.home().join("bin").display()));
    env
}

#[test]
fn p4_buildkite_hides_then_sets_and_no_secret_is_an_argument() {
    if tool("python3").is_none() {
        return;
    }
    let mut env = buildkite();
    env.set("AWS_PROFILE", "production");
    let run = env.run(&["export", "admin"]).exits(0);
    runner::shows_no_secret(&env, &(run.stdout + &run.stderr));
    let read = |name: &str| fs::read_to_string(env.home().join("agent").join(name)).expect("the agent was called");
    let calls = read("calls");
    let verbs: Vec<&str> = calls.lines().map(|line| line.split(" -").next().unwrap_or_default()).collect();
    assert_eq!(verbs, ["redactor add", "env unset", "env set", "annotate"]);
    assert_no_secret(&env.aws().secrets(), "the arguments", calls.as_bytes());
    let later: serde_json::Value = serde_json::from_str(&read("env")).expect("it is JSON");
    assert_eq!(later["unset"], serde_json::json!(["AWS_PROFILE"]));
    assert_eq!(later["set"]["AWSENV_ACCOUNT_ID"], "111122223333");
    let hidden = read("hidden");
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        assert!(hidden.lines().any(|line| later["set"][name] == line), "{name} is not hidden");
    }
    assert_no_secret(&env.aws().secrets(), "the annotation", read("annotation").as_bytes());
}

#[test]
fn p2_a_failure_leaves_later_phases_of_buildkite_nothing() {
    if tool("python3").is_none() {
        return;
    }
    let env = buildkite();
    env.run(&["export", "mislabelled"]).exits(4);
    let text = fs::read_to_string(env.home().join("agent/env")).expect("the agent was called");
    let later: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    is_poison(&serde_json::from_value(later["set"].clone()).expect("values are text"));
    let mut without = TestEnv::demo();
    without.set("BUILDKITE", "true");
    without.run(&["export", "staging"]).exits(2).says("buildkite-agent").says("still has the credentials");
}
