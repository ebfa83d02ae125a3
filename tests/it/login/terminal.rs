//! What a terminal shows while the browser is waited for, and how that ends by ^C.

use std::{fs, path::PathBuf};

use super::{cache_files, consented, get, is_signed_in, with_browser};
use crate::support::{Pty, Terminal, TestEnv, wait};

/// `awsenv login` on a terminal, once it waits, and the address that it opened.
fn waiting(env: &TestEnv, terminal: Terminal) -> (Pty, String) {
    let pty = Pty::awsenv(env, &["login", "corp"], terminal);
    let opened = env.home().join("opened");
    wait("the browser is started", &true, || opened.exists());
    let told = fs::read_to_string(&opened).unwrap();
    pty.wait_for("awsenv: waiting for the browser, 10:00 left (^C ends it)");
    (pty, told.lines().nth(1).expect("it was told an address").to_owned())
}

#[test]
fn the_waiting_is_one_line_that_goes_away() {
    let env = with_browser();
    let (pty, url) = waiting(&env, Terminal::All);
    pty.wait_for("\r\x1b[Kawsenv: waiting for the browser, 9:59 left");
    assert_eq!(get(&consented(&url)).0, 200);
    let run = pty.finish().exits(0);
    let (_, after) = run.stderr.rsplit_once("(^C ends it)").unwrap();
    assert!(after.starts_with("\r\x1b[Kawsenv: signed in to"), "{after:?}");
    assert_eq!(run.stderr.matches("(^C ends it)\r\n").count(), 0, "no line of it stays");
}

#[test]
fn ctrl_c_ends_the_wait_at_once_and_leaves_nothing() {
    for terminal in [Terminal::All, Terminal::Stderr] {
        let env = with_browser();
        let (mut pty, url) = waiting(&env, terminal);
        let back = consented(&url);
        let observer = pty.observe();
        let before = observer.settings();
        pty.send("\x03");
        assert_eq!(pty.ended(), Some(2));
        assert_eq!(observer.settings(), before);
        assert_eq!(get(&back).0, 0, "the port is closed");
        assert!(!is_signed_in(&env));
        // The client is nobody's sign-in, and serves the next; a lock holds nothing.
        let is_kept = |file: &PathBuf| file.extension().is_none_or(|ending| ending != "lock");
        let kept: Vec<_> = cache_files(&env).into_iter().filter(is_kept).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        let shown = pty.finish().stderr;
        assert!(shown.ends_with("\r\x1b[K"), "the line is gone: {shown:?}");
    }
}
