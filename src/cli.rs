//! The command line: structure and help. What the verbs do is in `commands`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{commands, core::style::ColorChoice};

const AFTER: &str = "Start with `awsenv list`, then `awsenv use PROFILE`. `awsenv demo` shows everything without an AWS account.\n\n\
    Exit codes: 0 done, 1 internal fault, 2 usage or settings, 3 refused by a guard, 4 wrong account, 5 no or expired \
    credentials, 6 AWS or the network not reached, 7 vault damaged, locked, or wrong passphrase.";

/// Shows the verified AWS account, and puts it into your shell.
#[derive(Debug, Parser)]
#[command(
    name = "awsenv",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_long_help = format!("{AFTER}\n\n{}", commands::help::list()),
    after_help = AFTER
)]
pub struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of every verb.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Common options")]
pub struct Global {
    /// When to use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorChoice,
    /// Print neither banner nor notes, only results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Settings file, in place of $XDG_CONFIG_HOME/awsenv.toml
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Show all that led to an error; never a secret
    #[arg(long, global = true)]
    pub debug: bool,
}

/// The verbs, one file each in `commands`.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each verb's Args says what it is: a text here would replace that in the help")]
pub enum Verb {
    #[cfg(feature = "aws")]
    Use(commands::use_profile::Args),
    #[cfg(feature = "aws")]
    Renew(commands::renew::Args),
    Off(commands::off::Args),
    #[cfg(feature = "aws")]
    #[command(visible_alias = "run")]
    Exec(commands::exec::Args),
    #[cfg(feature = "aws")]
    Export(commands::export::Args),
    #[cfg(feature = "aws")]
    CredentialProcess(commands::credential_process::Args),
    #[cfg(feature = "aws")]
    Whoami(commands::whoami::Args),
    #[command(visible_aliases = ["ls", "l"])]
    List(commands::list::Args),
    Sessions(commands::sessions::Args),
    #[cfg(feature = "aws")]
    Login(commands::login::Args),
    #[cfg(feature = "aws")]
    Sync(commands::sync::Args),
    Logout(commands::logout::Args),
    Prompt(commands::prompt::Args),
    Init(commands::init::Args),
    Add(commands::add::Args),
    Get(commands::get::Args),
    #[command(visible_alias = "delete")]
    Rm(commands::rm::Args),
    #[cfg(feature = "aws")]
    Rotate(commands::rotate::Args),
    Totp(commands::totp::Args),
    Unlock(commands::unlock::Args),
    Lock(commands::lock::Args),
    #[command(hide = true)]
    Agent(commands::agent::Args),
    Import(commands::import::Args),
    Passwd(commands::passwd::Args),
    Account(commands::account::Args),
    Config(commands::config::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
    #[cfg(feature = "demo")]
    Demo(commands::demo::Args),
    #[cfg(feature = "aws")]
    #[command(hide = true)]
    Shell(commands::shell::Args),
    Help(commands::help::Args),
}

impl Verb {
    /// True where standard output is code for a shell.
    pub fn is_evaluated(&self) -> bool {
        match self {
            #[cfg(feature = "aws")]
            Self::Use(_) | Self::Renew(_) | Self::Shell(_) => true,
            Self::Off(_) => true,
            _ => false,
        }
    }
}

#[cfg(all(test, feature = "demo"))]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::{
        core::exports,
        shell::{
            self, Shell,
            verbs::{EVALUATED, OTHERS},
        },
    };

    /// The program judges by the verb before it parses, and the shells' functions judge without it.
    #[test]
    fn p2_every_verb_is_known_wherever_verbs_are_told_apart() {
        let functions = [Shell::Sh, Shell::Zsh, Shell::Fish]
            .map(|shell| shell::init(shell, &exports::bare_refusal(1), "awsenv").unwrap());
        let mut verbs: Vec<String> = Vec::new();
        for command in Cli::command().get_subcommands() {
            verbs.push(command.get_name().to_owned());
            verbs.extend(command.get_all_aliases().map(str::to_owned));
        }
        for verb in &verbs {
            let evaluated = EVALUATED.contains(&verb.as_str());
            assert_ne!(OTHERS.contains(&verb.as_str()), evaluated, "{verb}");
            for function in &functions {
                let known = function.lines().any(|line| line.split([' ', '|', '(', ')']).any(|word| word == verb));
                assert!(known, "{verb}");
            }
        }
    }
}
