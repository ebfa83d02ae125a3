//! Sources that fail: each says what, in time, and with the right exit code, and asks nobody else.

use awsenv::demo::{Failure, Outcome};

use super::home::{home, machine};
use crate::support::{Run, TestEnv};

/// `use`, whose refusal is in force; the exit code and the words are for the caller.
#[track_caller]
fn fails(env: &TestEnv, profile: &str, code: i32, says: &str) {
    let run = env.run(&["use", profile, "--shell", "sh"]).exits(code);
    assert!(said(&run).contains(says), "{says:?} is not in {}", run.stderr);
    assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{profile}: {}", run.stdout);
    assert_eq!(env.run(&["credential-process", profile]).exits(code).stdout, "");
    let asked = |request: &awsenv::demo::Recorded| request.operation == "GetCallerIdentity";
    assert!(!env.aws().requests().iter().any(asked), "{profile}: nothing is there to be verified");
}

/// Wherever the lines were broken.
fn said(run: &Run) -> String {
    run.stderr.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn p2_instance_metadata_that_hangs_or_is_of_version_1_only() {
    let env = home();
    env.aws().fail(Failure::late("MetadataToken", 120_000));
    env.run(&["whoami", "instance"]).exits(6);
    // Nobody who names another profile waits for it.
    env.run(&["whoami", "staging"]).exits(0);
    let env = home();
    env.aws().fail(Failure::error("MetadataToken", 403, "Forbidden", "no"));
    fails(&env, "instance", 5, "instance metadata gave no credentials");
    env.aws().change(|scenario| (scenario.failures.clear(), scenario.instance_role = None).1);
    fails(&env, "instance", 5, "instance metadata gave no credentials");
}

#[test]
fn p2_a_container_that_fails_or_is_none_of_aws() {
    for (outcome, code, says) in [
        (Outcome::Close, 6, "broke"),
        (Outcome::Garbage, 6, "does not speak HTTP"),
        (Outcome::Body { status: 200, body: "{}".to_owned() }, 5, "AccessKeyId is missing"),
        (Outcome::Body { status: 200, body: "[".repeat(50_000) }, 5, "is not the JSON"),
        (Outcome::Body { status: 200, body: "x".repeat(70_000) }, 6, "longer than 64 KiB"),
        (Outcome::Body { status: 500, body: String::new() }, 6, "HTTP 500"),
        (Outcome::Body { status: 404, body: String::new() }, 5, "HTTP 404"),
    ] {
        let env = home();
        env.aws().fail(Failure::of("ContainerCredentials", outcome));
        fails(&env, "container", code, says);
    }
    let mut env = home();
    env.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong");
    fails(&env, "container", 5, "HTTP 400");
    for uri in
        ["http://192.0.2.1/x", "http://metadata.example/x", "http://169.254.169.254/latest/", "file:///etc/passwd"]
    {
        env.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri);
        fails(&env, "container", 2, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    }
    env.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/");
    fails(&env, "container", 2, "is not a path");
}

/// Files that are no token: what makes them, and what is said.
const NO_TOKENS: [(&str, &str); 5] = [
    ("rm -f F", "No such file"),
    ("rm -f F; : >F", "is empty"),
    ("rm -f F; mkfifo F", "is not a regular file"),
    ("rm -f F; ln -s /dev/zero F", "is not a regular file"),
    ("rm -f F; head -c 70000 /dev/zero >F", "is longer than 64 KiB"),
];

#[test]
fn p2_a_token_file_that_is_none() {
    for (make, says) in NO_TOKENS {
        let mut env = home();
        env.sh(&make.replace('F', "web-token")).exits(0);
        fails(&env, "web", 5, says);
        env.write("container-token", "");
        env.sh(&make.replace('F', "container-token")).exits(0);
        let file = env.home().join("container-token").to_string_lossy().into_owned();
        env.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file);
        fails(&env, "container", 5, says);
    }
    let env = home();
    env.write("web-token", "another");
    fails(&env, "web", 5, "InvalidIdentityToken");
}

#[test]
fn p5_a_token_that_would_be_more_than_a_header_is_not_sent() {
    for token in ["a\nX-More: b", "a\r\nX-More: b", "a\rb", "a\u{7f}b"] {
        let mut env = home();
        env.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", token);
        fails(&env, "container", 5, "no header value");
        let file = env.write("container-token", format!("{token}\n"));
        env.set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file.to_string_lossy());
        fails(&env, "container", 5, "no header value");
        assert_eq!(env.aws().requests(), [], "{token:?}");
    }
}

#[test]
fn p5_a_helper_is_run_as_it_is_written_or_not_at_all() {
    let env = machine();
    let good = env.write("good", "#!/bin/sh\nhead -c 70000 /dev/zero | tr '\\0' ' '\n");
    for (number, (command, code, says)) in [
        (format!("sh {}", good.display()), 5, "64 KiB"),
        ("./good".to_owned(), 2, "relative path"),
        ("bin/../good".to_owned(), 2, "relative path"),
        ("sh good; touch PWN".to_owned(), 2, "needs a shell"),
        ("sh -c 'exit 3'".to_owned(), 5, "3"),
        ("sh -c 'kill -9 $$'".to_owned(), 5, "9"),
        ("no-such-program-anywhere".to_owned(), 2, "neither an absolute path"),
        ("sh 'good".to_owned(), 2, "quote"),
    ]
    .into_iter()
    .enumerate()
    {
        let profile = format!("helper-{number}");
        env.profile(&profile, &format!("credential_process = {command}"));
        fails(&env, &profile, code, says);
    }
    assert!(!env.home().join("PWN").exists());
}

#[test]
fn an_interrupted_helper_ends_with_its_children() {
    let env = machine();
    let helper = env.write("helper", "#!/bin/sh\nsleep 600 & echo $! >child\necho $$ >helper-pid; wait\n");
    env.profile("slow", &format!("credential_process = sh {}", helper.display()));
    let script = "awsenv credential-process slow & pid=$!; while ! [ -s helper-pid ]; do :; done; kill -TERM $pid; wait $pid; \
        echo code=$?; for file in child helper-pid; do while kill -0 $(cat $file) 2>/dev/null && \
        ! grep -q '^State:.Z' /proc/$(cat $file)/status; do :; done; done; echo gone";
    let run = env.command("timeout").args(["60", "bash", "-c", script]).output().map(Run::from).unwrap().exits(0);
    assert_eq!(run.stdout, "code=143\ngone\n", "{}", run.stderr);
}

#[test]
fn a_signal_that_is_ignored_stays_so_for_the_command() {
    let env = home();
    let script = "trap '' HUP; exec awsenv exec process -- sh -c 'kill -HUP $$; echo alive'";
    assert_eq!(env.sh(script).exits(0).stdout, "alive\n");
}
