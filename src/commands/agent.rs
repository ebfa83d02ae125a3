//! `awsenv agent`, which `unlock` starts: no verb for people.

use zeroize::Zeroizing;

use super::{Done, Run, unlock, unlock_vault};
use crate::{
    edge::{inherited, local_socket, program, signals, vault_log::VaultLog},
    error::{CommandError, Kind},
    vault::agent::{self, Limits},
};

/// Keep the vault's key, read from standard input
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_parser = unlock::seconds)]
    idle: u64,
    #[arg(long = "for", value_parser = unlock::seconds)]
    hard: u64,
}

/// Serves until it is time to end.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let mut key = Zeroizing::new([0; 32]);
    let failed = |what: &'static str| move |error: std::io::Error| CommandError::new(Kind::Vault, what).because(error);
    inherited::exactly(&mut *key).map_err(failed("`unlock` starts the agent, and gives it the key"))?;
    let vault = unlock_vault::locate(run)?;
    let unlocked = vault.unlocked_by(&key).map_err(CommandError::from_parts)?;
    drop(key);
    program::leave_the_session().map_err(failed("the agent cannot leave the terminal"))?;
    let socket = local_socket::path(run.host).ok_or_else(|| unlock::no_place(run))?;
    let listener = local_socket::listen(&socket).map_err(failed("the agent cannot listen"))?;
    let (path, own) = (socket.clone(), local_socket::inode(&socket));
    signals::before_death(move |_| local_socket::remove(&path, own))
        .map_err(failed("the agent cannot be ended well"))?;
    program::is_ready().map_err(failed("the agent cannot leave the terminal"))?;
    let limits = Limits { idle: args.idle, hard: args.hard };
    agent::serve(&listener, &socket, vault, unlocked, limits, VaultLog::begin(run.host));
    Ok(Done::Code(0))
}
