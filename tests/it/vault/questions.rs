//! The passphrase on a terminal: never shown, and the terminal is as before, however the question ends.

use super::ID;
use crate::support::{
    Pty, Terminal, TestEnv, assert_no_secret, tool,
    vault::{PASSPHRASE, SECRET, TestVault},
};

/// Signals that end a process, as `kill` names them, and their numbers.
const DEADLY: [(&str, i32); 4] = [("INT", 2), ("QUIT", 3), ("TERM", 15), ("HUP", 1)];

#[test]
fn p4_the_first_add_asks_for_everything_and_shows_nothing() {
    let env = TestEnv::empty();
    let mut pty = Pty::awsenv(&env, &["add", "a"], Terminal::All);
    pty.wait_for("New passphrase for the vault: ");
    assert!(!pty.echoes());
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("The same again: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("Access key ID: ");
    assert!(pty.echoes());
    pty.send(&format!("{ID}\n"));
    pty.wait_for("Secret access key: ");
    assert!(!pty.echoes());
    pty.send(&format!("{SECRET}\n"));
    let run = pty.finish().exits(0).says("`a` is in the vault");
    assert_no_secret(&[SECRET.to_owned(), PASSPHRASE.to_owned()], "the screen", run.stderr.as_bytes());
    assert!(run.stderr.contains(ID));
}

#[test]
fn a_wrong_passphrase_may_be_mended_twice() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    pty.send("wrong\n");
    pty.wait_for("Wrong. Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.finish().exits(0).says(ID);
    let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    // What is typed ahead is thrown away, so each waits for its question.
    pty.send("1\n");
    pty.wait_for("\r\nWrong. Passphrase of the vault: ");
    pty.send("2\n");
    pty.wait_for("vault: \r\nWrong. Passphrase of the vault: \r\nWrong. Passphrase of the vault: ");
    pty.send("3\n");
    pty.finish().exits(7).says("(vault-wrong-passphrase)");
}

#[test]
fn p4_a_signal_gives_the_terminal_back_and_ends_the_process() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    for (name, number) in DEADLY {
        let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
        pty.wait_for("Passphrase of the vault: ");
        assert!(!pty.echoes());
        pty.send("half a pass");
        env.sh(&format!("kill -{name} {}", pty.id())).exits(0);
        let end = pty.ended();
        assert!(pty.echoes(), "the echo is off after SIG{name}");
        assert_eq!(end, Some(number), "SIG{name} is what it dies of");
    }
}

#[test]
fn p4_the_keys_that_interrupt_do_the_same() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    for (key, number) in [("\x03", 2), ("\x1c", 3)] {
        let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
        pty.wait_for("Passphrase of the vault: ");
        pty.send(key);
        assert_eq!(pty.ended(), Some(number));
        assert!(pty.echoes());
    }
}

#[test]
fn p4_while_it_is_stopped_the_terminal_echoes() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    let Some(dash) = tool("dash") else { return };
    // A shell with job control, since a process without one above it cannot be stopped; and one that leaves the modes of
    // the terminal alone.
    let mut pty = Pty::spawn(&env, dash, &["-im"], Terminal::All);
    pty.send("PS1=; awsenv get a\n");
    pty.wait_for("Passphrase of the vault: ");
    assert!(!pty.echoes());
    pty.send("half\x1a");
    pty.wait_for("Stopped");
    assert!(pty.echoes());
    pty.send("fg\n");
    pty.wait_for("fg\r\nawsenv get a\r\nPassphrase of the vault: ");
    assert!(!pty.echoes());
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for(ID);
    pty.send("exit 0\n");
    let run = pty.finish();
    assert_no_secret(&[PASSPHRASE.to_owned()], "the screen", run.stderr.as_bytes());
}
