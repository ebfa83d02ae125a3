//! Promise P4: canary secrets, looked for in every stream and every file.

use awsenv::demo::{Failure, Outcome};

use crate::support::{Pty, Run, Terminal, TestEnv, assert_no_secret, files_below};

const CANARY: &str = "canary/secret/key+never+to+be+seen+12345";

/// The demo's accounts, and a user whose secret is a canary; roles give out more secrets on the way.
fn env() -> TestEnv {
    let env = TestEnv::demo();
    env.user("canary", "arn:aws:iam::444455556666:user/canary", "AKIADEMOCANARY777777", CANARY);
    env.profile("canary-role", "role_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = canary");
    env
}

#[track_caller]
fn nothing_leaks(env: &TestEnv, what: &str, run: &Run, stdout_too: bool) {
    let secrets = env.aws().secrets();
    assert!(secrets.iter().any(|secret| secret == CANARY), "the canary is looked for");
    assert_no_secret(&secrets, &format!("standard error of {what}"), run.stderr.as_bytes());
    if stdout_too {
        assert_no_secret(&secrets, &format!("standard output of {what}"), run.stdout.as_bytes());
    }
    for (path, content) in files_below(env.home()) {
        if !path.ends_with(".aws/credentials") {
            assert_no_secret(&secrets, &path.to_string_lossy(), &content);
        }
    }
}

#[test]
fn p4_no_verb_shows_or_stores_a_secret() {
    let env = env();
    let verbs: [&[&str]; 8] = [
        &["whoami", "canary"],
        &["whoami", "canary-role"],
        &["whoami", "canary-role", "--json"],
        &["list"],
        &["list", "--json"],
        &["prompt"],
        &["config", "show"],
        &["exec", "canary-role", "--", "cat", "/proc/self/cmdline"],
    ];
    for verb in verbs {
        let run = env.run(verb);
        nothing_leaks(&env, &verb.join(" "), &run, true);
        // Before `--`, so that it is awsenv's own option.
        let debug = [&["--debug"], verb].concat();
        nothing_leaks(&env, &debug.join(" "), &env.run(&debug), true);
    }
}

#[test]
fn p4_use_gives_secrets_to_the_pipe_and_to_nothing_else() {
    let env = env();
    for arguments in [
        &["use", "canary", "--shell", "sh"][..],
        &["use", "canary-role", "--shell", "sh"],
        &["--debug", "use", "canary-role", "--shell", "sh"],
    ] {
        nothing_leaks(&env, &arguments.join(" "), &env.run(arguments), false);
    }
}

#[test]
fn p4_failures_show_no_secret() {
    let env = env();
    for outcome in [
        Outcome::Close,
        Outcome::Garbage,
        Outcome::Error { status: 403, code: "AccessDenied".to_owned(), message: format!("you sent {CANARY}") },
        Outcome::Body { status: 500, body: format!("<html>{CANARY}</html>") },
    ] {
        // An error text that repeats a secret is AWS's doing, but still no reason to show the whole of a page.
        let echoes = matches!(&outcome, Outcome::Error { .. });
        env.aws().change(|scenario| scenario.failures.clear());
        env.aws().fail(Failure::of("GetCallerIdentity", outcome));
        for arguments in [&["whoami", "canary"][..], &["--debug", "use", "canary", "--shell", "sh"]] {
            let run = env.run(arguments);
            assert_ne!(run.code, Some(0));
            if !echoes {
                nothing_leaks(&env, &arguments.join(" "), &run, true);
            }
        }
    }
}

#[test]
fn p4_a_broken_file_is_named_without_its_content() {
    let env = env();
    env.write(".aws/credentials", format!("[canary]\naws_access_key_id = AKIADEMOCANARY777777\n{CANARY}\n"));
    for arguments in [&["whoami", "canary"][..], &["list"], &["--debug", "whoami", "canary"]] {
        nothing_leaks(&env, &arguments.join(" "), &env.run(arguments), true);
    }
}

#[test]
fn p4_nothing_secret_reaches_a_terminal() {
    let env = env();
    for arguments in [&["use", "canary"][..], &["use", "canary-role"], &["whoami", "canary-role"], &["list"]] {
        let run = Pty::awsenv(&env, arguments, Terminal::All).finish();
        nothing_leaks(&env, &arguments.join(" "), &run, true);
    }
}

#[test]
fn p4_files_of_ours_are_private() {
    use std::os::unix::fs::PermissionsExt;

    let env = env();
    env.run(&["whoami", "canary-role"]).exits(0);
    for (path, _) in files_below(env.home()) {
        let mode = path.metadata().expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is readable by others", path.display());
    }
}
