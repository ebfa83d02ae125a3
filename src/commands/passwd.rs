//! `awsenv passwd`.

use super::{
    Done, Run,
    unlock_vault::{self, PassphraseArgs},
};
use crate::error::CommandError;

/// Change the vault's passphrase
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The vault gets a new data key, too, and its backup is removed: the old passphrase opens nothing that is \
    left here. It still opens copies made elsewhere."
)]
pub struct Args {
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Read the new passphrase from this file descriptor, a line
    #[arg(long, value_name = "N")]
    new_passphrase_fd: Option<u32>,
}

/// Changes.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let vault = unlock_vault::locate(run)?;
    let unlocked = unlock_vault::unlock(&vault, &args.passphrase)?;
    let new = unlock_vault::new_passphrase("--new-passphrase-fd", args.new_passphrase_fd)?;
    let saved =
        vault.change_passphrase(&unlocked, &new, run.host.now().as_second()).map_err(CommandError::from_parts)?;
    // The agent's key opens nothing any more.
    if let Some(mut agent) = unlock_vault::agent(run) {
        let _ = agent.lock();
    }
    unlock_vault::done(run, saved, "the vault has a new passphrase");
    Ok(Done::Code(0))
}
