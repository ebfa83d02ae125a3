//! `awsenv rm NAME…`.

use std::collections::BTreeSet;

use super::{
    Done, Run,
    unlock_vault::{self, PassphraseArgs},
};
use crate::error::CommandError;

/// Remove profiles from the vault
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The keys themselves stay valid: delete them in IAM, too. The vault's backup keeps the content of before \
    until the next change; `awsenv passwd` removes it."
)]
pub struct Args {
    /// Names of the profiles; all of them, or none, are removed
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Removes.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let names: BTreeSet<&String> = args.names.iter().collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    if let Some(mut agent) = unlock_vault::agent_unless(run, &args.passphrase) {
        let saved = agent.remove(&names).map_err(CommandError::from_parts)?;
        unlock_vault::done(run, saved, &format!("removed from the vault: {}", names.join(", ")));
        return Ok(Done::Code(0));
    }
    let vault = unlock_vault::locate(run)?;
    let unlocked = unlock_vault::unlock(&vault, &args.passphrase)?;
    let change = vault.change(&unlocked, |content| names.iter().try_for_each(|name| content.remove(name).map(drop)));
    let ((), saved) = change.map_err(CommandError::from_parts)?;
    unlock_vault::done(run, saved, &format!("removed from the vault: {}", names.join(", ")));
    Ok(Done::Code(0))
}
