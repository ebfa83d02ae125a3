//! `awsenv demo`: the tour, and the shell.

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Pty, Terminal, TestEnv, tool};

#[test]
fn the_tour_shows_the_main_job() {
    let run = TestEnv::empty().run(&["demo"]).exits(0);
    for shown in ["$ awsenv list", "[ staging ]", "4444-5555-6666", "PRODUCTION", "MISMATCH", "AWSENVREFUSED0000000"] {
        assert!(run.stdout.contains(shown), "{shown} is not in the tour:\n{}", run.stdout);
    }
}

#[test]
fn p4_the_tour_shows_no_secret() {
    let run = TestEnv::empty().run(&["demo"]);
    assert!(!(run.stdout + &run.stderr).contains("not+a+secret"));
}

#[test]
fn nothing_of_the_users_own_reaches_the_tour() {
    let mut env = TestEnv::empty();
    env.write(".aws/config", "[profile mine]\nregion = eu-west-1\n");
    for name in ["AWS_PROFILE", "AWS_CONFIG_FILE", "AWSENV_CONFIG", "https_proxy", "HTTP_PROXY"] {
        env.set(name, "/nonexistent");
    }
    let run = env.run(&["demo"]).exits(0);
    assert!(!run.stdout.contains("mine"), "{}", run.stdout);
}

#[test]
fn on_a_terminal_it_opens_the_users_shell() {
    for name in ["bash", "zsh", "fish", "sh"] {
        let Some(shell) = tool(name) else { continue };
        let mut env = TestEnv::empty();
        env.set("SHELL", &shell.to_string_lossy());
        let mut pty = Pty::awsenv(&env, &["demo"], Terminal::All);
        pty.wait_for("DEMO");
        pty.send("awsenv use staging\n");
        pty.wait_for("4444-5555-6666");
        pty.send("exit\n");
        pty.finish().exits(0);
    }
}

#[test]
fn a_plain_shell_shows_the_account_in_its_prompt() {
    let mut env = TestEnv::empty();
    env.set("SHELL", "/bin/sh");
    env.set("NO_COLOR", "1");
    let mut pty = Pty::awsenv(&env, &["demo"], Terminal::All);
    pty.wait_for("DEMO $ ");
    pty.send("awsenv use staging\n");
    pty.wait_for("staging acme-staging 4444-5555-6666 ada eu-west-1 via 127.0.0.1:");
    pty.send("AWS_ACCESS_KEY_ID=AKIAOTHER\n");
    pty.wait_for("MISMATCH");
    pty.send("exit\n");
    pty.finish().exits(0);
}

/// A terminal that is closed sends SIGHUP to all that run on it.
#[test]
fn p4_its_home_goes_even_if_the_terminal_goes_first() {
    let mut env = TestEnv::empty();
    env.set("SHELL", "/bin/sh");
    let temporary = env.home().join("temporary");
    std::fs::create_dir(&temporary).expect("the directory is made");
    env.set("TMPDIR", &temporary.to_string_lossy());
    let left = || std::fs::read_dir(&temporary).expect("the directory is read").count();
    let mut pty = Pty::awsenv(&env, &["demo"], Terminal::All);
    pty.wait_for("DEMO $ ");
    assert_eq!(left(), 1);
    let demo = i32::try_from(pty.id()).ok().and_then(Pid::from_raw).expect("it has an ID");
    kill_process(demo, Signal::HUP).expect("it can be told");
    pty.send("exit\n");
    pty.finish().exits(0);
    assert_eq!(left(), 0);
}

#[test]
fn a_newcomer_signs_in_there() {
    let mut env = TestEnv::empty();
    env.set("SHELL", "/bin/sh");
    let mut pty = Pty::awsenv(&env, &["demo"], Terminal::All);
    pty.wait_for("awsenv login");
    pty.send("awsenv use developer\n");
    pty.wait_for("Sign in now? [y/N] ");
    pty.send("y\n");
    pty.wait_for("signed in to sso-session `acme` at https://acme.example/start");
    pty.wait_for("4444-5555-6666");
    pty.send("awsenv logout acme; exit\n");
    pty.wait_for("signed out of sso-session `acme`");
    pty.finish().exits(0);
}
