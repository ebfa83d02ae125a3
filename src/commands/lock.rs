//! `awsenv lock`.

use super::{Done, Run, report, unlock_vault};
use crate::error::CommandError;

/// Lock the vault: the agent forgets its key, and ends
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Locks.
pub fn run(run: &mut Run<'_>, _: &Args) -> Result<Done, CommandError> {
    let agent = unlock_vault::agent(run);
    let was_open = agent.is_some();
    if let Some(mut agent) = agent {
        agent.lock().map_err(CommandError::from_parts)?;
    }
    if !run.global.quiet {
        let text = if was_open { "awsenv: the vault is locked\n" } else { "awsenv: the vault was locked already\n" };
        report::talk(run.host, text);
    }
    Ok(Done::Code(0))
}
