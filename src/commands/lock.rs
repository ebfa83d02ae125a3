//! `awsenv lock`.

use super::{Done, Run, report, unlock_vault};
use crate::{
    core::sanitize,
    edge::local_socket,
    error::{CommandError, Kind},
    vault::store::Vault,
};

/// Lock the vault: the agent forgets its key, and ends
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Where the system's key store has the vault's key, it still opens the vault without a question; --keyring ends that."
)]
pub struct Args {
    /// Also take the vault's key out of the system's key store: from then on the passphrase is asked for
    #[arg(long)]
    keyring: bool,
}

/// Locks.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let (agents, trouble) = unlock_vault::every_agent(run);
    let was_open = !agents.is_empty();
    // One that fails does not keep the others open.
    let locked = agents.into_iter().map(|mut agent| agent.lock().map_err(CommandError::from_parts));
    let failed = locked.filter_map(Result::err).collect::<Vec<_>>();
    if let Some(trouble) = failed.into_iter().next().or(trouble) {
        return Err(trouble);
    }
    let vault = unlock_vault::locate(run)?;
    if !run.global.quiet {
        let text = if was_open { "the vault is locked".to_owned() } else { nobody(run) };
        report::talk(run.host, &format!("awsenv: {text}\n"));
    }
    if args.keyring {
        take_out(&vault)?;
    }
    if !run.global.quiet {
        if args.keyring {
            report::talk(run.host, "awsenv: the system's key store has its key no more\n");
        } else if vault.is_in_key_store() {
            report::talk(run.host, "awsenv: the system's key store still opens it; `lock --keyring` ends that\n");
        }
    }
    Ok(Done::Code(0))
}

/// That there is no agent, and where one was looked for: another shell may have another place.
fn nobody(run: &Run<'_>) -> String {
    let socket = local_socket::path(run.host).map(|socket| socket.to_string_lossy().into_owned());
    let place = socket.map(|socket| format!(": no agent listens at {}", sanitize::show(&socket))).unwrap_or_default();
    format!("the vault was locked already{place}")
}

fn take_out(vault: &Vault) -> Result<(), CommandError> {
    let sealed = vault.read_there().map_err(CommandError::from_parts)?;
    if sealed.params().is_none() {
        let message = "the vault has no passphrase: without the key in the key store nothing would open it";
        return Err(CommandError::new(Kind::Vault, message).hint("`awsenv passwd` gives it a passphrase."));
    }
    vault.remove_from_key_store(&sealed.identity()).map_err(CommandError::from_parts)?;
    vault.leave_key_store().map_err(CommandError::from_parts)
}
