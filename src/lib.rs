//! awsenv: the verified AWS account, in sight, in every shell.
//!
//! The way of the data, and of the folders:
//!
//! ```text
//! profile → credentials → identity → context → banner | exports | prompt | exec
//! ```
//!
//! - [`core`]: pure values and rules: the parsed files, the plan for a profile, STS's answer, the registry, the context
//!   made from them, and one file for each thing made from the context.
//! - [`shell`]: pure: how each shell quotes, evaluates and hooks.
//! - [`edge`]: the outside world, one file per thing: environment, terminal, files, processes, and AWS.
//! - [`vault`]: the encrypted store of long-lived keys.
//! - [`commands`]: one verb per file; the only code that sees both.
//! - `demo`: a fake AWS on loopback, reached only through the endpoint settings that every SDK reads.
//!
//! docs/architecture.md has the invariants.

pub mod cli;
pub mod commands;
pub mod core;
#[cfg(feature = "demo")]
pub mod demo;
pub mod edge;
pub mod error;
pub mod shell;
pub mod vault;

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Parser;

use crate::{
    cli::Cli,
    commands::{Done, Run},
    edge::{emission::Emission, handover::Handover, host::Host},
    error::{CommandError, Kind},
};

/// Runs the program and returns its exit code.
pub fn run(host: &mut Host) -> u8 {
    // The prompt is drawn thousands of times a day: it leaves before anything else is built.
    if let Some(code) = commands::prompt::fast(host) {
        return code;
    }
    if commands::completions::complete(host) {
        return 0;
    }
    edge::panic::say_only_where();
    let hardening = edge::harden::harden();
    let emission = Emission::prepare(host);
    let handover = Handover::prepare(host);
    let ended = catch_unwind(AssertUnwindSafe(|| parse_and_run(host, emission.as_ref(), handover.as_ref(), hardening)));
    let code = ended.unwrap_or(Kind::Internal.exit_code());
    if let (Some(emission), true) = (emission, code != 0) {
        // Already said on standard error; a closed standard output leaves the shell as it was.
        let _ = emission.refuse(code, &mut host.stdout);
    }
    if let (Some(handover), true) = (handover, code != 0) {
        commands::report::refuse_later(host, &handover);
    }
    code
}

fn parse_and_run(
    host: &mut Host,
    emission: Option<&Emission>,
    handover: Option<&Handover>,
    hardening: edge::harden::Hardening,
) -> u8 {
    let cli = match Cli::try_parse_from(host.args()) {
        Ok(cli) => cli,
        Err(error) => return commands::report::usage(host, &error, emission.is_some()),
    };
    if let (Some(emission), false) = (emission, cli.verb.is_evaluated()) {
        emission.disarm();
    }
    let emission = emission.filter(|_| cli.verb.is_evaluated());
    let (color, quiet, debug) = (cli.global.color, cli.global.quiet, cli.global.debug);
    let mut run = Run { host, global: cli.global, emission, handover, hardening };
    let done = match commands::dispatch(&mut run, cli.verb) {
        Ok(done) => done,
        Err(error) => return commands::report::error(host, &error, color, debug),
    };
    match done {
        Done::Code(code) => code,
        Done::Emit { change, talk } => match emit(host, emission, &change) {
            Ok(()) => {
                if !quiet {
                    commands::report::talk(host, &talk);
                }
                change.status
            }
            Err(error) => commands::report::error(host, &error, color, debug),
        },
    }
}

/// Hands a change to the shell. What is said about it comes after, so that no banner names an account that the shell
/// did not get.
fn emit(
    host: &mut Host,
    emission: Option<&Emission>,
    change: &core::env_change::EnvChange,
) -> Result<(), CommandError> {
    let Some(emission) = emission else {
        return Err(CommandError::new(Kind::Internal, "a change of the shell without a shell"));
    };
    let code = emission.render(change).map_err(CommandError::from_parts)?;
    emission
        .write(&code, &mut host.stdout)
        .map_err(|error| CommandError::new(Kind::Internal, "writing to standard output failed").because(error))
}
