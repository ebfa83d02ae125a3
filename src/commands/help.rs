//! `awsenv help [VERB|TOPIC]`: the verbs' help, and the documentation by topic.

use clap::{
    Command, CommandFactory,
    error::{ContextKind, ErrorKind},
};

use super::{Done, Run, report};
use crate::{
    cli::Cli,
    core::{manual, profile::error::near},
    edge::terminal::{self, Stream},
    error::{CommandError, Kind},
};

/// Print this message, the help of a verb, or a topic of the documentation
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Verb, with the one below it if there is one, or topic
    #[arg(value_name = "VERB|TOPIC", add = clap_complete::ArgValueCompleter::new(super::completions::candidates::topics))]
    words: Vec<String>,
}

/// A topic: its name, what it is about, and where that is written.
#[derive(Debug)]
pub struct Topic {
    /// The name.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Document and heading; without one, the whole document.
    parts: &'static [(&'static str, Option<&'static str>)],
}

const CLI: &str = include_str!("../../docs/cli.md");
const README: &str = include_str!("../../README.md");
const CREDENTIALS: &str = include_str!("../../docs/guides/credentials.md");
const MFA: &str = include_str!("../../docs/guides/mfa.md");
const SYNC: &str = include_str!("../../docs/guides/sync.md");
const VAULT: &str = include_str!("../../docs/guides/vault.md");
const PROMPT: &str = include_str!("../../docs/guides/prompt.md");
const CI: &str = include_str!("../../docs/guides/ci.md");
const IDENTITY_CENTER: &str = include_str!("../../docs/guides/identity-center.md");
const SHELLS: &str = include_str!("../../docs/guides/shells.md");

/// The topics, by name.
pub const TOPICS: &[Topic] = &[
    Topic { name: "ci", about: "scripts and CI", parts: &[(CI, None)] },
    Topic { name: "colours", about: "when there is colour, and which", parts: &[(CLI, Some("Colours"))] },
    Topic { name: "completions", about: "what TAB offers, in which shells", parts: &[(CLI, Some("Completions"))] },
    Topic { name: "credentials", about: "where a profile's credentials come from", parts: &[(CREDENTIALS, None)] },
    Topic { name: "environment", about: "variables that awsenv reads", parts: &[(CLI, Some("Settings"))] },
    Topic {
        name: "eval",
        about: "how a shell takes what `use` prints, and what a failure does",
        parts: &[(CLI, Some("How a shell takes it"))],
    },
    Topic { name: "exit-codes", about: "what the codes mean", parts: &[(CLI, Some("Exit codes"))] },
    Topic {
        name: "identity-center",
        about: "signing in, and profiles for what it gives you",
        parts: &[(IDENTITY_CENTER, None), (SYNC, None)],
    },
    Topic { name: "mfa", about: "MFA, sessions of roles, and how they are kept", parts: &[(MFA, None)] },
    Topic { name: "picker", about: "`awsenv use` without a name", parts: &[(CLI, Some("Picking a profile"))] },
    Topic { name: "prompt", about: "the account in your prompt", parts: &[(PROMPT, None)] },
    Topic {
        name: "protection",
        about: "naming, pinning and protecting accounts",
        parts: &[(README, Some("Name, pin and protect accounts"))],
    },
    Topic { name: "settings", about: "the settings file", parts: &[(CLI, Some("Settings"))] },
    Topic {
        name: "shells",
        about: "setting your shell up",
        parts: &[(SHELLS, None), (CLI, Some("How a shell takes it"))],
    },
    Topic { name: "sign-in", about: "Identity Center: signing in and out", parts: &[(IDENTITY_CENTER, None)] },
    Topic {
        name: "variables",
        about: "variables that `use` sets and clears",
        parts: &[(CLI, Some("What `use` exports")), (CLI, Some("What `use` clears"))],
    },
    Topic { name: "vault", about: "long-lived keys, encrypted", parts: &[(VAULT, None)] },
];

/// Prints it. Where a verb and a topic share a name, the verb's help comes first.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let topic = TOPICS.iter().find(|topic| args.words == [topic.name]);
    let mut text = String::new();
    match verb_help(&args.words) {
        Ok(help) => text.push_str(&help),
        Err(_) if topic.is_some() => {}
        Err(error) => return Err(error),
    }
    if let Some(topic) = topic {
        text.push_str(if text.is_empty() { "" } else { "\n" });
        text.push_str(&render(run, topic));
    }
    report::print(run.host, &text)?;
    Ok(Done::Code(0))
}

/// What `--help` behind these words prints.
fn verb_help(words: &[String]) -> Result<String, CommandError> {
    let mut command = Cli::command();
    let mut verb = &command;
    for word in words {
        verb = verb.find_subcommand(word).ok_or_else(|| unknown(word, verb))?;
    }
    let words = words.iter().map(String::as_str);
    match command.try_get_matches_from_mut(std::iter::once("awsenv").chain(words).chain(["--help"])) {
        Err(help) => Ok(help.render().to_string()),
        Ok(_) => Err(CommandError::new(Kind::Internal, "there is no help")),
    }
}

/// The topics, for the end of the long help.
pub fn list() -> String {
    let lines: String = TOPICS.iter().map(|topic| format!("  {:<15} {}\n", topic.name, topic.about)).collect();
    format!("Topics of `awsenv help TOPIC`:\n{lines}")
}

fn render(run: &Run<'_>, topic: &Topic) -> String {
    let look = terminal::look(run.host, Stream::Stdout, run.global.color);
    let parts = topic.parts.iter().map(|(document, heading)| {
        let part = heading.map_or(Some(*document), |heading| manual::section(document, heading)).unwrap_or_default();
        terminal::paint(&manual::render(part, look.width), &look)
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn names(command: &Command) -> impl Iterator<Item = &str> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set()).flat_map(Command::get_name_and_visible_aliases)
}

/// What somebody may have meant whose first word is no verb, where clap has no guess. The word itself is not repeated.
pub(super) fn for_unknown_verb(error: &clap::Error, words: &[&str]) -> Option<String> {
    let is_first = error.kind() == ErrorKind::InvalidSubcommand
        && error.get(ContextKind::InvalidSubcommand).is_some_and(|word| words.first() == Some(&&*word.to_string()));
    if !is_first || error.get(ContextKind::SuggestedSubcommand).is_some() {
        return None;
    }
    let command = Cli::command();
    // Letters that changed places are more like each other than clap's measure says.
    let meant = names(&command).find(|verb| strsim::osa_distance(verb, words[0]) == 1);
    Some(match meant {
        Some(verb) => format!("Did you mean `awsenv {verb}`?"),
        None => "`awsenv use PROFILE` switches to a profile; `awsenv help` lists the verbs.".to_owned(),
    })
}

fn unknown(word: &str, command: &Command) -> CommandError {
    let topics = TOPICS.iter().map(|topic| topic.name).filter(|_| command.get_name() == "awsenv");
    let guesses = near(word, names(command).chain(topics));
    let error = CommandError::usage(format!("{} has neither a verb nor a topic `{word}`", command.get_name()));
    match guesses.is_empty() {
        true => error.hint("`awsenv help` lists the verbs and the topics."),
        false => error.hint(format!("Did you mean {}?", guesses.join(" or "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_written_somewhere() {
        for topic in TOPICS {
            for (document, heading) in topic.parts {
                assert!(heading.is_none_or(|heading| manual::section(document, heading).is_some()), "{}", topic.name);
            }
        }
        assert!(TOPICS.is_sorted_by_key(|topic| topic.name));
    }
}
