//! `awsenv help`: verbs and topics.

use awsenv::commands::help::TOPICS;

use crate::support::TestEnv;
#[cfg(feature = "demo")]
use crate::support::{Pty, Terminal};

#[test]
fn every_topic_is_told_plainly_into_a_pipe() {
    let env = TestEnv::empty();
    let overview = env.run(&["help"]).exits(0);
    assert_eq!(overview, env.run(&["--help"]));
    for topic in TOPICS {
        assert!(overview.stdout.contains(&format!("\n  {:<15} {}\n", topic.name, topic.about)), "{}", topic.name);
        let run = env.run(&["help", topic.name]).exits(0);
        assert!(run.stdout.lines().count() > 3 && run.stderr.is_empty(), "{}: {run:?}", topic.name);
        assert!(!run.stdout.contains('\u{1b}'), "{}: {}", topic.name, run.stdout);
        // Blocks of code are as they are, and so is a verb's help, where one has the same name.
        let text = &run.stdout;
        if ["prompt", "completions"].contains(&topic.name) {
            assert!(text.contains("Usage: awsenv"), "{}: {text}", topic.name);
            continue;
        }
        for line in text.lines().filter(|line| !line.starts_with("    ")) {
            assert!(
                line.chars().count() <= 80 && !line.contains('`') && !line.contains("]("),
                "{}: {line}",
                topic.name
            );
        }
    }
}

#[test]
fn the_exit_codes_are_those_of_the_manual() {
    let run = TestEnv::empty().run(&["help", "exit-codes"]).exits(0);
    assert!(run.stdout.starts_with("Exit codes\n\n  code      means\n  0         done\n"), "{}", run.stdout);
}

#[test]
fn help_of_a_verb_is_its_own_long_help() {
    let env = TestEnv::empty();
    for verb in [&["list"][..], &["account"], &["account", "set"], &["config", "show"]] {
        let asked = env.run(&[&["help"], verb].concat()).exits(0);
        assert_eq!(asked, env.run(&[verb, &["--help"]].concat()), "{verb:?}");
    }
}

#[test]
fn an_unknown_topic_is_named_with_what_is_like_it() {
    let env = TestEnv::empty();
    let run = env.run(&["help", "exit-code"]).exits(2).says("neither a verb nor a topic `exit-code`");
    assert!(run.says("Did you mean exit-codes").stdout.is_empty());
    env.run(&["help", "zzz"]).exits(2).says("`awsenv help` lists the verbs and the topics.");
    env.run(&["help", "account", "sett"]).exits(2).says("Did you mean set?");
}

#[cfg(feature = "demo")]
#[test]
fn a_first_word_that_is_no_verb_is_answered_with_what_was_meant() {
    let env = TestEnv::empty();
    for (words, meant) in [
        (&["ues", "staging"][..], "Did you mean `awsenv use`?"),
        (&["staging"], "`awsenv use PROFILE` switches to a profile; `awsenv help` lists the verbs."),
        (&["exec", "staging", "ls"], "`awsenv exec PROFILE -- COMMAND`"),
        (&["console", "staging"], "There is no console yet"),
    ] {
        env.run(words).exits(2).says("hint: ").says(meant);
    }
    let run = env.run(&["account", "ues"]).exits(2);
    assert!(!run.stderr.contains("hint:"), "{}", run.stderr);
    env.run(&["help", "mfas"]).exits(2).says("Did you mean mfa?");
}

#[cfg(feature = "demo")]
#[test]
fn a_terminal_gets_headings_in_bold() {
    let run = Pty::awsenv(&TestEnv::empty(), &["help", "eval"], Terminal::All).finish().exits(0);
    assert!(run.stderr.starts_with("\u{1b}[1mHow a shell takes it\u{1b}[0m\r\n"), "{}", run.stderr);
}
