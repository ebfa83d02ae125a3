//! docs/cli.md says what the program's own help says. To write it anew: `SNAPSHOTS=overwrite`.

use awsenv::cli::Cli;
use clap::{Command, CommandFactory};
use snapbox::{
    Assert, Data,
    assert::DEFAULT_ACTION_ENV,
    data::{DataFormat, IntoData},
};

use super::document;
use crate::support::{TestEnv, repository};

#[test]
fn the_manual_is_what_the_program_says() {
    let old = document("docs/cli.md");
    let (before, rest) = old.split_once("\n<!-- help begins").expect("the beginning is marked");
    let (mark, rest) = rest.split_once("-->\n").expect("the mark ends");
    let (_, after) = rest.split_once("<!-- help ends -->").expect("the end is marked");
    let mut help = String::new();
    add(&mut help, &Cli::command(), &[]);
    let new = format!("{before}\n<!-- help begins{mark}-->\n\n{help}<!-- help ends -->{after}");
    let path = repository().join("docs/cli.md");
    Assert::new()
        .action_env(DEFAULT_ACTION_ENV)
        .eq(new.into_data().raw(), Data::read_from(&path, Some(DataFormat::Text)).raw());
}

/// Adds what `awsenv … --help` prints, for this command and for those below it.
fn add(text: &mut String, command: &Command, path: &[&str]) {
    let run = TestEnv::empty().run(&[path, &["--help"]].concat()).exits(0);
    let name = [&["awsenv"], path].concat().join(" ");
    // Verbs whose standard output a shell evaluates print their help on standard error.
    let help = if run.stdout.is_empty() { run.stderr } else { run.stdout };
    assert!(help.contains("Usage:"), "{path:?} has no help");
    let help = if path.is_empty() { help } else { own(&help) };
    let help: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    text.push_str(&format!("### `{name}`\n\n```text\n{}\n```\n\n", help.join("\n")));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        add(text, verb, &[path, &[verb.get_name()]].concat());
    }
}

/// Help without the options that all verbs have: they are at the top.
fn own(help: &str) -> String {
    let Some((before, common)) = help.split_once("Common options:\n") else { return help.to_owned() };
    let after = common.lines().skip_while(|line| line.is_empty() || line.starts_with(' '));
    before.to_owned() + &after.collect::<Vec<_>>().join("\n")
}
