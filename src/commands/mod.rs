//! The verbs, one per file: arguments, help and function together. The only code that sees both `core` and `edge`.

#[cfg(feature = "aws")]
pub mod access;
pub mod account;
pub mod add;
pub mod agent;
#[cfg(feature = "aws")]
mod company;
pub mod completions;
pub mod config;
#[cfg(feature = "aws")]
pub mod confirm;
#[cfg(feature = "aws")]
pub mod credential_process;
#[cfg(feature = "demo")]
pub mod demo;
mod door;
#[cfg(feature = "aws")]
pub mod exec;
#[cfg(feature = "aws")]
pub mod export;
pub mod get;
pub mod help;
pub mod import;
pub mod init;
#[cfg(feature = "aws")]
mod keep;
pub mod list;
pub mod lock;
#[cfg(feature = "aws")]
pub mod login;
pub mod logout;
pub mod man;
#[cfg(feature = "aws")]
mod narrow;
pub mod off;
pub mod passwd;
#[cfg(feature = "aws")]
pub mod pick;
#[cfg(feature = "aws")]
mod plan;
pub mod prompt;
#[cfg(feature = "aws")]
pub mod renew;
pub mod report;
#[cfg(feature = "aws")]
mod resolve;
pub mod rm;
#[cfg(feature = "aws")]
pub mod rotate;
#[cfg(feature = "aws")]
pub mod session_args;
pub mod sessions;
pub mod settings;
#[cfg(feature = "aws")]
pub mod shell;
mod shelves;
#[cfg(feature = "aws")]
mod sign_in;
#[cfg(feature = "aws")]
mod sign_in_now;
#[cfg(feature = "aws")]
pub mod sync;
pub mod totp;
pub mod unlock;
pub mod unlock_vault;
#[cfg(feature = "aws")]
pub mod use_profile;
#[cfg(feature = "aws")]
pub mod whoami;

#[cfg(feature = "aws")]
use crate::core::{
    asked::Switch,
    carried::Carried,
    variables::{CONTEXT, EXPIRED},
};

use crate::{
    cli::{Global, Verb},
    core::env_change::EnvChange,
    edge::{emission::Emission, handover::Handover, harden::Hardening, host::Host},
    error::CommandError,
};

/// What every verb is given.
#[derive(Debug)]
pub struct Run<'a> {
    /// The outside world.
    pub host: &'a mut Host,
    /// The common options.
    pub global: Global,
    /// Where the output is evaluated by a shell.
    pub emission: Option<&'a Emission>,
    /// Where the output goes to later steps of a CI job.
    pub handover: Option<&'a Handover>,
    /// To be undone before another program takes over.
    pub hardening: Hardening,
}

#[cfg(feature = "aws")]
impl Run<'_> {
    /// The context that the environment carries; after a hook has cleared credentials that had ended, that of those.
    fn carried(&self) -> Option<Carried> {
        [CONTEXT, EXPIRED].into_iter().find_map(|name| Carried::decode(&self.host.hint(name)?))
    }

    /// The switch that this shell is in, or was in until its credentials ended.
    fn switch(&self) -> Option<Switch> {
        Switch::current(&|name| self.host.hint(name))
    }

    /// The switch before that.
    fn switch_before(&self) -> Option<Switch> {
        Switch::before(&|name| self.host.hint(name))
    }
}

/// How a verb ends well.
#[derive(Debug)]
pub enum Done {
    /// With this exit code; everything is printed.
    Code(u8),
    /// With a change of the shell, and what to say once the shell has it.
    Emit {
        /// The change.
        change: EnvChange,
        /// Painted text for standard error.
        talk: String,
    },
}

/// Runs a verb.
pub fn dispatch(run: &mut Run<'_>, verb: Verb) -> Result<Done, CommandError> {
    match verb {
        #[cfg(feature = "aws")]
        Verb::Use(args) => use_profile::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Renew(args) => renew::run(run, &args),
        Verb::Off(args) => off::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Exec(args) => exec::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Export(args) => export::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::CredentialProcess(args) => credential_process::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Whoami(args) => whoami::run(run, &args),
        Verb::List(args) => list::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Sync(args) => sync::run(run, &args),
        Verb::Sessions(args) => sessions::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Login(args) => login::run(run, &args),
        Verb::Logout(args) => logout::run(run, &args),
        Verb::Prompt(args) => prompt::run(run, &args),
        Verb::Init(args) => init::run(run, &args),
        Verb::Add(args) => add::run(run, &args),
        Verb::Get(args) => get::run(run, &args),
        Verb::Rm(args) => rm::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Rotate(args) => rotate::run(run, &args),
        Verb::Import(args) => import::run(run, &args),
        Verb::Totp(args) => totp::run(run, &args),
        Verb::Unlock(args) => unlock::run(run, &args),
        Verb::Lock(args) => lock::run(run, &args),
        Verb::Agent(args) => agent::run(run, &args),
        Verb::Passwd(args) => passwd::run(run, &args),
        Verb::Account(args) => account::run(run, &args),
        Verb::Config(args) => config::run(run, &args),
        Verb::Completions(args) => completions::run(run, &args),
        Verb::Man(args) => man::run(run, &args),
        Verb::Help(args) => help::run(run, &args),
        #[cfg(feature = "demo")]
        Verb::Demo(args) => demo::run(run, &args),
        #[cfg(feature = "aws")]
        Verb::Shell(args) => shell::run(run, &args),
    }
}
