//! `awsenv passwd`.

use super::{
    Done, Run,
    unlock_vault::{self, PassphraseArgs},
};
use crate::{
    edge::files::Saved,
    error::{CommandError, Kind},
    vault::store::Unlocked,
};

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
    /// Take the passphrase away: the key is kept in the system's key store alone
    #[arg(long, conflicts_with = "new_passphrase_fd")]
    no_passphrase: bool,
}

/// Changes.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let vault = unlock_vault::locate(run)?;
    let unlocked = unlock_vault::unlock(&vault, &args.passphrase)?;
    let new = match args.no_passphrase {
        true => None,
        false => Some(unlock_vault::new_passphrase("--new-passphrase-fd", args.new_passphrase_fd)?),
    };
    if new.as_ref().is_some_and(|new| vault.unlock(new).is_ok()) {
        // Who changes it because it became known must not believe that he did.
        return Err(CommandError::new(
            Kind::Vault,
            "that is the passphrase that the vault has already; nothing was changed",
        ));
    }
    let (old, now, mut not_kept) = (unlocked.identity(), run.host.now().as_second(), None);
    let was_in_key_store = vault.is_in_key_store();
    let keep = |unlocked: &Unlocked| match vault.put_into_key_store(unlocked) {
        // Who changes a passphrase because it became known must not be kept from it.
        Err(error) if new.is_some() => {
            not_kept = Some(error);
            Ok(())
        }
        other => other,
    };
    let saved = match new.is_none() || was_in_key_store {
        true => vault.change_passphrase(&unlocked, new.as_ref(), now, keep),
        false => vault.change_passphrase(&unlocked, new.as_ref(), now, |_| Ok(())),
    };
    let saved = saved.map_err(CommandError::from_parts)?;
    if was_in_key_store && not_kept.is_none() {
        // It opens nothing any more.
        let _ = vault.remove_from_key_store(&old);
    }
    // The agent's key opens nothing any more.
    if let Some(mut agent) = unlock_vault::agent(run) {
        let _ = agent.lock();
    }
    let what = match &new {
        None => "the vault has no passphrase: the system's key store alone opens it",
        Some(_) if was_in_key_store && not_kept.is_none() => {
            "the vault has a new passphrase, and the system's key store its new key"
        }
        Some(_) => "the vault has a new passphrase",
    };
    unlock_vault::done(run, saved, what);
    if let Some(error) = not_kept {
        vault.leave_key_store().map_err(CommandError::from_parts)?;
        unlock_vault::done(run, Saved::Durable, &format!("its new key is not in the key store: {error}"));
    }
    Ok(Done::Code(0))
}
