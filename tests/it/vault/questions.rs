//! The passphrase on a terminal: never shown, and the terminal is as before, however the question ends.

use std::fs::{self, File};

use super::ID;
use crate::support::{
    Pty, Terminal, TestEnv, assert_no_secret, files_below, tool,
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
    pty.finish().exits(7).says("(vault-wrong-passphrase)").says("cannot be recovered");
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
    // To the line's end: what is typed sooner is shown in the middle of it.
    pty.wait_for("Stopped");
    pty.wait_for("  awsenv get a\r\n");
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

/// A shell that waits for the output has begun no job, and could not let it go on.
#[test]
fn within_a_substitution_nothing_stops_and_the_question_stays() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    let Some(dash) = tool("dash") else { return };
    let mut pty = Pty::spawn(&env, dash, &["-im"], Terminal::All);
    pty.send("PS1=; out=$(awsenv get a); echo \"got: $out\"\n");
    pty.wait_for("Passphrase of the vault: ");
    pty.send("\x1a");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("got: Profile");
    pty.send("exit 0\n");
    pty.finish();
}

#[test]
fn r22_stopped_by_somebody_else_it_echoes_too_and_nothing_is_written() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    let Some(dash) = tool("dash") else { return };
    let vault = || std::fs::read(env.home().join(".local/share/awsenv/vault")).unwrap();
    let before = vault();
    let mut pty = Pty::spawn(&env, dash, &["-im"], Terminal::All);
    env.write("job", "echo $$ >pid; exec awsenv passwd");
    pty.send("PS1=; sh job\n");
    pty.wait_for("Passphrase of the vault: ");
    assert!(!pty.echoes());
    pty.send("half");
    env.sh("kill -TSTP $(cat pid)").exits(0);
    pty.wait_for("Stopped");
    pty.wait_for("  sh job\r\n");
    assert!(pty.echoes());
    pty.send("fg\n");
    pty.wait_for("fg\r\nsh job\r\nPassphrase of the vault: ");
    assert!(!pty.echoes());
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("New passphrase for the vault: ");
    env.sh("kill -TERM $(cat pid)").exits(0);
    pty.wait_for("Terminated");
    pty.send("exit 0\n");
    let run = pty.finish();
    assert_no_secret(&[PASSPHRASE.to_owned()], "the screen", run.stderr.as_bytes());
    assert_eq!(vault(), before);
}

/// Types an answer that is checked for as long as this file is locked, since one derivation waits for the other.
fn held_while_checked(env: &TestEnv, pty: &mut Pty, answer: &str, process: impl Fn() -> u32) -> File {
    let path = env.home().join(".local/share/awsenv/kdf.lock");
    let lock = File::options().create(true).append(true).open(&path).unwrap();
    lock.lock().unwrap();
    pty.wait_for("Passphrase of the vault: ");
    pty.send(&format!("{answer}\n"));
    let open = || fs::read_dir(format!("/proc/{}/fd", process())).unwrap().flatten();
    while !open().any(|entry| fs::read_link(entry.path()).is_ok_and(|file| file == path)) {
        std::thread::yield_now();
    }
    lock
}

#[test]
fn p4_nothing_is_shown_while_a_passphrase_is_checked() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
    let process = pty.id();
    let lock = held_while_checked(&env, &mut pty, "wrong", || process);
    assert!(!pty.echoes());
    pty.send("typed meanwhile\n");
    drop(lock);
    pty.wait_for("Wrong. Passphrase of the vault: ");
    // What was typed by then was thrown away.
    pty.send(&format!("{PASSPHRASE}\n"));
    let run = pty.finish().exits(0).says(ID);
    assert!(!run.stderr.contains("meanwhile"), "{}", run.stderr);
    for (name, number) in DEADLY {
        let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
        let process = pty.id();
        let _lock = held_while_checked(&env, &mut pty, "wrong", || process);
        env.sh(&format!("kill -{name} {process}")).exits(0);
        assert_eq!(pty.ended(), Some(number));
        assert!(pty.echoes(), "the echo is off after SIG{name}");
    }
}

#[test]
fn p4_stopped_while_a_passphrase_is_checked_the_terminal_echoes() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    let Some(dash) = tool("dash") else { return };
    for (typed, then) in [("wrong", "Wrong. Passphrase of the vault: "), (PASSPHRASE, "Profile ")] {
        let mut pty = Pty::spawn(&env, &dash, &["-im"], Terminal::All);
        env.write("job", "echo $$ >pid; exec awsenv get a");
        pty.send("PS1=; sh job\n");
        let process = || fs::read_to_string(env.home().join("pid")).unwrap().trim().parse().unwrap();
        let lock = held_while_checked(&env, &mut pty, typed, process);
        env.sh("kill -TSTP $(cat pid)").exits(0);
        drop(lock);
        pty.wait_for("Stopped");
        pty.wait_for("  sh job\r\n");
        assert!(pty.echoes());
        pty.send("fg\n");
        pty.wait_for(&format!("fg\r\nsh job\r\n{then}"));
        if typed == "wrong" {
            pty.send("\x04");
            pty.wait_for("no passphrase was typed");
        }
        pty.send("exit 0\n");
        let run = pty.finish();
        assert_no_secret(&[PASSPHRASE.to_owned()], "the screen", run.stderr.as_bytes());
    }
}

#[test]
fn two_passphrases_that_differ_are_asked_for_again() {
    let env = TestEnv::empty();
    let mut pty = Pty::awsenv(&env, &["add", "a"], Terminal::All);
    let (new, again) = ("New passphrase for the vault: ", "The same again: ");
    let type_two = |pty: &mut Pty, before: &str, second: &str| {
        pty.wait_for(&format!("{before}{new}"));
        pty.send(&format!("{PASSPHRASE}\n"));
        pty.wait_for(&format!("{before}{new}\r\n{again}"));
        pty.send(&format!("{second}\n"));
    };
    type_two(&mut pty, "", "open sesam");
    type_two(&mut pty, "These two were not the same. ", PASSPHRASE);
    pty.wait_for("Access key ID: ");
    pty.send("\x03");
    pty.ended();
    let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.finish().exits(2).says("the vault has no profile `a`");
}

#[test]
fn no_answer_is_not_no_terminal() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    pty.send("\x04");
    let run = pty.finish().exits(7).says("no passphrase was typed");
    assert!(!run.stderr.contains("no terminal"), "{}", run.stderr);
}

/// Calls that end in a question, and the words that come before it.
fn questions() -> Vec<(TestEnv, Vec<&'static str>, Vec<&'static str>)> {
    let (new, again) = ("New passphrase for the vault: ", "The same again: ");
    let open = || {
        let env = TestEnv::empty();
        TestVault::make(&env);
        env.write("old", [&b"39d005b5f9ec2c8e"[..], b"0123456789"].concat());
        env
    };
    vec![
        (TestEnv::empty(), vec!["add", "a"], vec![new]),
        (TestEnv::empty(), vec!["add", "a"], vec![new, again]),
        (TestEnv::empty(), vec!["add", "a"], vec![new, again, "Access key ID: ", "Secret access key: "]),
        (open(), vec!["passwd"], vec!["Passphrase of the vault: ", new]),
        (open(), vec!["unlock"], vec!["Passphrase of the vault: "]),
        (open(), vec!["import", "--from", "awsenv", "old"], vec!["Password of old: "]),
    ]
}

#[test]
fn p4_r22_each_question_gives_the_terminal_back_and_writes_nothing() {
    let mut deaths = 0;
    for (name, number) in DEADLY {
        for (env, verb, asked) in questions() {
            let before = files_below(env.home());
            let mut pty = Pty::awsenv(&env, &verb, Terminal::All);
            let (last, first) = asked.split_last().expect("there is a question");
            for question in first {
                pty.wait_for(question);
                let is_id = question.starts_with("Access");
                pty.send(&format!("{}\n", if is_id { ID } else { PASSPHRASE }));
            }
            pty.wait_for(last);
            assert!(!pty.echoes(), "{verb:?}: {last}");
            pty.send("half");
            env.sh(&format!("kill -{name} {}", pty.id())).exits(0);
            assert_eq!(pty.ended(), Some(number), "{verb:?}: {last}");
            assert!(pty.echoes(), "{verb:?}: {last} leaves the echo off after SIG{name}");
            // A vault that had to be made is there by the time that the keys are asked for.
            if !asked.contains(&"Access key ID: ") {
                let after = files_below(env.home());
                let new: Vec<_> = after.iter().filter(|file| !before.contains(file)).map(|(path, _)| path).collect();
                assert!(new.iter().all(|path| path.extension().is_some_and(|end| end == "lock")), "{verb:?}: {new:?}");
            }
            deaths += 1;
        }
    }
    println!("{deaths} deaths by a signal in a question: the terminal echoes, nothing is written");
}

#[test]
fn r20_a_terminal_that_is_resized_meanwhile_loses_no_letter() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    let (half, rest) = PASSPHRASE.split_at(4);
    for times in [250, 250] {
        pty.resize(times);
    }
    pty.send(half);
    for times in [250, 250] {
        pty.resize(times);
    }
    assert!(!pty.echoes());
    pty.send(&format!("{rest}\n"));
    pty.finish().exits(0).says(ID);
}
