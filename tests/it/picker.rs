//! `awsenv use` without a name: a profile is picked on the terminal, or nothing happens at all.

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    init::interactive,
    support::{Pty, Run, Terminal, TestEnv, tool},
};

const PICK: [&str; 3] = ["use", "--shell", "sh"];
const NOTHING: &str = "{ : 'end'; (exit 130); }\n";

/// Picks with these keys, once the list is there; the terminal is afterwards what it was before.
#[track_caller]
fn picked(env: &TestEnv, arguments: &[&str], keys: &str) -> Run {
    let mut pty = Pty::awsenv(env, arguments, Terminal::Stderr);
    // The last line of the list.
    pty.wait_for("sandbox");
    pty.send(keys);
    let before = pty_settings();
    let controller = pty.observe();
    let run = pty.finish();
    assert_eq!(controller.settings(), before, "the terminal is as it was");
    run
}

/// How a new terminal is set.
fn pty_settings() -> String {
    let pty = Pty::spawn(&TestEnv::empty(), "true", &[], Terminal::All);
    let observer = pty.observe();
    pty.finish();
    observer.settings()
}

#[test]
fn a_profile_is_picked_by_typing() {
    let env = TestEnv::demo();
    let run = picked(&env, &PICK, "stag\r").exits(0);
    assert!(run.stdout.contains("AWSENV_ACCOUNT_ID='444455556666'"), "{}", run.stdout);
    assert!(run.stderr.contains("acme-staging"), "{}", run.stderr);
}

#[test]
fn the_profile_used_last_comes_first() {
    let env = TestEnv::demo();
    for profile in ["sandbox", "staging"] {
        env.run(&["use", profile, "--shell", "sh"]).exits(0);
    }
    let run = picked(&env, &PICK, "\r").exits(0);
    assert!(
        run.stdout.contains("444455556666") && run.stderr.contains("last: acme-staging (staging)"),
        "{}",
        run.stderr
    );
    let run = picked(&env, &PICK, "\x1b[B\r").exits(0);
    assert!(run.stdout.contains("777788889999"), "one down: {}", run.stderr);
    let run = picked(&env, &PICK, "\x1b[B\x1b[A\r").exits(0);
    assert!(run.stdout.contains("777788889999"), "up again, where the one of just now is: {}", run.stderr);
}

#[test]
fn no_cache_remembers_nothing_and_a_failed_use_neither() {
    let env = TestEnv::demo();
    env.run(&["use", "staging", "--shell", "sh", "--no-cache"]).exits(0);
    env.run(&["use", "mislabelled", "--shell", "sh"]).exits(4);
    assert!(!env.home().join(".local/state/awsenv/recent.json").exists());
    env.write(".local/state/awsenv", "in the way");
    env.run(&["use", "staging", "--shell", "sh"]).exits(0);
}

#[test]
fn p2_leaving_the_picker_changes_nothing_and_asks_nobody() {
    let env = TestEnv::demo();
    for keys in ["\x1b", "\x03", "\x04", "zzzz\r\x1b"] {
        let run = picked(&env, &PICK, keys).exits(130).says("no profile was picked; this shell is as it was");
        assert_eq!(run.stdout, NOTHING, "{keys:?}");
    }
    assert!(env.aws().requests().is_empty());
}

#[test]
fn p2_a_shell_that_leaves_the_picker_keeps_its_account() {
    for program in ["bash", "zsh", "fish"] {
        let env = TestEnv::demo();
        let Some(mut pty) = interactive(&env, program) else { continue };
        pty.wait_for("mine> ");
        pty.send("awsenv use staging\n");
        pty.wait_for("acme-staging 4444-5555-6666 ada eu-west-1");
        pty.send("awsenv use\n");
        pty.wait_for("Profile: ");
        pty.send("\x1b");
        pty.wait_for("no profile was picked");
        let status = if program == "fish" { "$status" } else { "$?" };
        pty.send(&format!("echo \"[{status} $AWSENV_ACCOUNT_ID]\"\n"));
        pty.wait_for("[130 444455556666]");
        pty.send("exit\n");
        pty.finish();
    }
}

#[test]
fn p2_without_a_terminal_no_name_is_a_usage_error_that_refuses() {
    let env = TestEnv::demo();
    let run = env.run(&PICK).exits(2).says("no profile is named, and there is no terminal to pick one on");
    assert!(run.stdout.contains("AWSENVREFUSED0000000") && run.stdout.ends_with("(exit 2); }\n"), "{}", run.stdout);
    let mut env = TestEnv::demo();
    env.set("TERM", "dumb");
    Pty::awsenv(&env, &PICK, Terminal::Stderr).finish().exits(2);
}

#[test]
fn p2_a_picker_that_is_killed_refuses_and_puts_the_terminal_back() {
    let env = TestEnv::demo();
    let pty = Pty::awsenv(&env, &PICK, Terminal::Stderr);
    pty.wait_for("Profile: ");
    let id = i32::try_from(pty.id()).ok().and_then(Pid::from_raw).expect("it runs");
    kill_process(id, Signal::TERM).expect("it can be killed");
    let (before, observer) = (pty_settings(), pty.observe());
    let run = pty.finish();
    assert_eq!(run.signal, Some(15));
    assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
    assert_eq!(observer.settings(), before);
}

#[test]
fn p5_names_are_shown_escaped() {
    let env = TestEnv::demo();
    env.profile("\"pro\u{202e}d \u{430}cme\"", "region = eu-west-1\ncredential_process = /bin/true");
    let run = picked(&env, &PICK, "\x1b").exits(130);
    assert!(run.stderr.contains(r"pro\u{202e}d \u{430}cme"), "{}", run.stderr);
    assert!(!run.stderr.contains(['\u{202e}', '\u{430}']), "{}", run.stderr);
}

fn with_fzf(options: &str) -> Option<TestEnv> {
    tool("fzf")?;
    let mut env = TestEnv::demo();
    env.settings("\n[picker]\nprogram = \"fzf\"\n");
    env.set("FZF_DEFAULT_OPTS", options);
    Some(env)
}

#[test]
fn fzf_picks_where_the_user_prefers_it() {
    let Some(env) = with_fzf("--no-mouse") else { return };
    for keys in ["\x1b", "\x03"] {
        let run = picked(&env, &PICK, keys).exits(130);
        assert_eq!(run.stdout, NOTHING, "{keys:?}");
    }
    let mut pty = Pty::awsenv(&env, &PICK, Terminal::Stderr);
    pty.wait_for("sandbox");
    pty.send("stag");
    // So many are left, staging first.
    pty.wait_for("2/7");
    pty.send("\r");
    let run = pty.finish().exits(0);
    assert!(run.stdout.contains("AWSENV_ACCOUNT_ID='444455556666'"), "{}", run.stdout);
}

#[test]
fn p5_only_a_line_that_fzf_was_given_counts() {
    let Some(env) = with_fzf("--filter=staging --print-query") else { return };
    let run = Pty::awsenv(&env, &PICK, Terminal::Stderr).finish().exits(0);
    assert!(run.stdout.contains("AWSENV_ACCOUNT_ID='444455556666'"), "{}", run.stdout);
    let Some(env) = with_fzf("--no-such-option") else { return };
    Pty::awsenv(&env, &PICK, Terminal::Stderr).finish().exits(2).says("fzf ended with status 2");
}

#[test]
fn without_fzf_the_own_picker_serves() {
    let mut env = TestEnv::demo();
    env.set("AWSENV_OPT_PICKER", "fzf");
    let script = format!("PATH=/nowhere exec '{}' use --shell sh", env!("CARGO_BIN_EXE_awsenv"));
    let mut pty = Pty::spawn(&env, "sh", &["-c", &script], Terminal::Stderr);
    pty.wait_for("Profile: ");
    pty.send("stag\r");
    pty.finish().exits(0).says("fzf is not on your PATH; this is awsenv's own picker");
}
