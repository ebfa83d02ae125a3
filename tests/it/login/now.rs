//! "Sign in now?": on a terminal, where a verb lacks a sign-in.

use std::fs;

use super::{TOKEN, consented, env, get, is_signed_in, requests, token, with_browser};
use crate::support::{Pty, Terminal, TestEnv, assert_no_secret, tool, wait};

const QUESTION: &str = "nobody is signed in to sso-session `corp`. Sign in now? [y/N] ";

/// Agrees in the browser that was opened.
fn consent_in_the_browser(env: &TestEnv) {
    let opened = env.home().join("opened");
    wait("the browser is started", &true, || opened.exists());
    let told = fs::read_to_string(&opened).unwrap();
    let url = told.lines().nth(1).expect("it was told an address");
    assert_eq!(get(&consented(url)).0, 200);
}

#[test]
fn use_signs_in_and_goes_on_in_every_shell() {
    for (name, init) in [
        ("bash", "eval \"$(awsenv init bash)\""),
        ("zsh", "eval \"$(awsenv init zsh)\""),
        ("fish", "awsenv init fish | source"),
    ] {
        let Some(shell) = tool(name) else { continue };
        let mut env = with_browser();
        env.set("PS1", "");
        let start: &[&str] = match name {
            "bash" => &["--norc", "-i"],
            "zsh" => &["-f", "-i"],
            _ => &["--no-config", "-i"],
        };
        let mut pty = Pty::spawn(&env, shell, start, Terminal::All);
        pty.send(&format!("{init}; echo rea''dy\n"));
        pty.wait_for("ready");
        pty.send("awsenv use developer\n");
        pty.wait_for(QUESTION);
        pty.send("y\n");
        consent_in_the_browser(&env);
        pty.wait_for("signed in to sso-session `corp`");
        pty.wait_for("4444-5555-6666");
        pty.send("echo \"now in $AWSENV_ACCOUNT_ID\"; exit\n");
        pty.wait_for("now in 444455556666");
        let run = pty.finish();
        assert_no_secret(&env.aws().secrets(), name, run.stderr.as_bytes());
    }
}

#[test]
fn who_says_no_has_the_refusal_of_ever() {
    for answer in ["n\n", "\n", "yesterday\n", "\x04"] {
        let env = with_browser();
        let script = "AWS_ACCESS_KEY_ID=AKIAOLD; eval \"$(awsenv use developer --shell sh)\"; echo \"code $? key $AWS_ACCESS_KEY_ID\"";
        let mut pty = Pty::spawn(&env, "sh", &["-c", script], Terminal::All);
        pty.wait_for(QUESTION);
        pty.send(answer);
        let run = pty.finish().exits(0).says("Sign in with `awsenv login corp`");
        assert!(run.stderr.contains("code 5 key AWSENVREFUSED0000000"), "{answer:?}: {}", run.stderr);
        assert!(requests(&env, "RegisterClient").is_empty(), "{answer:?}");
    }
}

#[test]
fn p1_what_the_shell_evaluates_holds_nothing_of_it() {
    let env = env();
    let mut pty = Pty::awsenv(&env, &["use", "developer", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for(QUESTION);
    pty.send("yes\n");
    let run = pty.finish().exits(0).says("ABCD-EFGH").says("4444-5555-6666");
    for said in ["Sign in", "ABCD", "signed in", "\x1b", "\r"] {
        assert!(!run.stdout.contains(said), "{said:?} is in what the shell evaluates");
    }
    let code = env.write("code", &run.stdout);
    let after = env.variables_after(&format!(". '{}'", code.display()));
    assert_eq!(after["AWSENV_ACCOUNT_ID"], "444455556666");
}

#[test]
fn a_sign_in_that_is_over_is_asked_for_too() {
    let env = env();
    env.run(&["login", "corp"]).exits(0);
    let mut over = token(&env);
    over["expiresAt"] = "2020-01-01T00:00:00Z".into();
    over.as_object_mut().unwrap().remove("refreshToken");
    env.write(TOKEN, over.to_string());
    for arguments in [&["whoami", "developer"][..], &["exec", "on-top", "--", "true"]] {
        env.write(TOKEN, over.to_string());
        let mut pty = Pty::awsenv(&env, arguments, Terminal::All);
        pty.wait_for("the sign-in to sso-session `corp` expired at 2020-01-01T00:00:00Z. Sign in now? [y/N] ");
        pty.send("y\n");
        pty.finish().exits(0).says("signed in to").says("4444-5555-6666");
    }
    fs::remove_file(env.home().join(TOKEN)).unwrap();
    let mut pty = Pty::awsenv(&env, &["sync", "sso", "corp", "--dry-run"], Terminal::All);
    pty.wait_for(QUESTION);
    pty.send("y\n");
    pty.finish().exits(0).says("signed in to").says("Developer");
    // The profile that the environment names, and one of the older form.
    fs::remove_file(env.home().join(TOKEN)).unwrap();
    let script = "AWS_PROFILE=legacy awsenv whoami";
    let mut pty = Pty::spawn(&env, "sh", &["-c", script], Terminal::All);
    pty.wait_for("nobody is signed in to https://acme.awsapps.com/start. Sign in now? [y/N] ");
    pty.send("y\n");
    pty.finish().exits(0).says("4444-5555-6666");
    assert!(!is_signed_in(&env));
}

#[test]
fn who_could_not_see_it_is_not_asked() {
    let mut env = env();
    let unasked = |env: &TestEnv, script: &str| {
        let run = Pty::spawn(env, "sh", &["-c", script], Terminal::All).finish().exits(5);
        assert!(!run.stderr.contains("Sign in now"), "{script}: {}", run.stderr);
        assert!(run.stderr.contains("`awsenv login corp`") || script.contains("2>"), "{script}: {}", run.stderr);
    };
    // Other programs run this one, and wait for its answer.
    unasked(&env, "awsenv credential-process developer | cat; exit 5");
    unasked(&env, "awsenv export developer --format env > out");
    unasked(&env, "awsenv --quiet exec developer -- true");
    unasked(&env, "awsenv exec developer -- true 2> log");
    // In the background the system would stop who asks.
    unasked(&env, "setsid awsenv exec developer -- true");
    env.set("CI", "true");
    unasked(&env, "awsenv exec developer -- true");
}

#[test]
fn a_sign_in_that_fails_is_the_end() {
    let env = env();
    super::consent(&env, |consent| consent.denies = true);
    let mut pty = Pty::awsenv(&env, &["exec", "developer", "--", "true"], Terminal::All);
    pty.wait_for(QUESTION);
    pty.send("y\n");
    pty.finish().exits(5).says("was not allowed in the browser");
}

#[test]
fn ctrl_c_ends_a_switch_that_waits_and_refuses_it() {
    let env = with_browser();
    let mut pty = Pty::awsenv(&env, &["use", "developer", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for("Sign in now? [y/N] ");
    pty.send("y\n");
    pty.wait_for("awsenv: waiting for the browser");
    pty.send("\x03");
    assert_eq!(pty.ended(), Some(2));
    let run = pty.finish();
    assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
    assert!(!is_signed_in(&env));
}
