//! `awsenv unlock`.

use std::io::Read;

use jiff::SignedDuration;

use super::{
    Done, Run, report,
    unlock_vault::{self, PassphraseArgs},
};
use crate::{
    core::variables::AGENT,
    edge::{
        files::{self, Saved},
        local_socket, program,
    },
    error::{CommandError, Kind},
    vault::{
        VaultError,
        agent::{Agent, Status},
        store::Vault,
    },
};

/// How long two starts wait for each other.
const START_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
/// How long the vault stays open unless the user says otherwise: without use, and in any case.
const IDLE_SECONDS: u64 = 15 * 60;
const HARD_SECONDS: u64 = 8 * 3600;
/// More of what an agent says that did not start is not shown.
const REASON_MAX: u64 = 4096;
/// What the agent needs of the environment: where things are. No keys, no settings.
const PLACES: [&str; 5] = [AGENT, "HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"];

/// Keep the vault open for a while: an agent keeps its key, and nobody asks for the passphrase
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The agent gives out one profile at a time, to programs of the same user, and never the key. `awsenv lock` \
    ends it. Time that the machine sleeps counts."
)]
pub struct Args {
    /// Lock again after so long without use [default: 15m]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    idle: Option<u64>,
    /// Lock again after so long in any case [default: 8h]
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    hard: Option<u64>,
    /// Also put its key into the system's key store: from then on that opens the vault, and nobody asks
    #[arg(long)]
    keyring: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Opens the vault, and starts an agent unless there is one.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let vault = unlock_vault::locate(run)?;
    if !args.keyring && running(run, &vault)?.is_some() {
        return unlocked_already(run, &vault, args);
    }
    let unlocked = unlock_vault::unlock(&vault, &args.passphrase)?;
    // Whatever is wrong with it is better said here than by an agent that does not start.
    vault.content(&unlocked).map_err(CommandError::from_parts)?;
    if args.keyring {
        vault.put_into_key_store(&unlocked).map_err(CommandError::from_parts)?;
        unlock_vault::done(run, Saved::Durable, "the system's key store has the vault's key now");
    }
    let socket = local_socket::path(run.host).ok_or_else(|| no_place(run))?;
    let bad_place = |error| CommandError::from_parts(VaultError::File(error));
    local_socket::check_place(&socket).map_err(bad_place)?;
    let _one_start =
        files::lock_private(&socket.with_extension("lock"), START_PATIENCE).map_err(CommandError::from_parts)?;
    if running(run, &vault)?.is_some() {
        return unlocked_already(run, &vault, args);
    }
    let environment = PLACES.iter().filter_map(|name| Some(((*name).into(), run.host.var_os(name)?))).collect();
    let idle = args.idle.unwrap_or(IDLE_SECONDS).to_string();
    let hard = args.hard.unwrap_or(HARD_SECONDS).to_string();
    let not_started = || CommandError::new(Kind::Vault, "the agent did not start");
    let started =
        program::leave_running(&["agent", "--idle", &idle, "--for", &hard], &environment, &unlocked.to_hand_over()[..])
            .map_err(|error| not_started().because(error))?;
    let mut reason = Vec::new();
    let waited = started.take(REASON_MAX).read_to_end(&mut reason);
    match running(run, &vault)? {
        Some(status) => Ok(said(run, "the vault is unlocked", status)),
        None if !reason.is_empty() => Err(not_started().because(std::io::Error::other(one_line(&reason)))),
        None => Err(waited.err().map_or_else(not_started, |error| not_started().because(error))),
    }
}

/// Times that are given now hold where they are shorter.
fn unlocked_already(run: &mut Run<'_>, vault: &Vault, args: &Args) -> Result<Done, CommandError> {
    let gone = || CommandError::from_parts(VaultError::NoAgent);
    if args.idle.is_some() || args.hard.is_some() {
        let mut agent = unlock_vault::agent(run).ok_or_else(gone)?;
        agent.limit(args.idle, args.hard).map_err(CommandError::from_parts)?;
    }
    let status = running(run, vault)?.ok_or_else(gone)?;
    Ok(said(run, "the vault is unlocked already", status))
}

fn one_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why there is no path for the socket.
pub(super) fn no_place(run: &Run<'_>) -> CommandError {
    CommandError::usage(match run.host.var_os(AGENT) {
        Some(_) => "AWSENV_AGENT names no place for the agent's socket: it is not an absolute path",
        None => "there is no place for the agent's socket: HOME is not set",
    })
}

/// What the agent of this vault says, if it runs. There is place for one agent: that of another vault is not driven out.
fn running(run: &Run<'_>, vault: &Vault) -> Result<Option<Status>, CommandError> {
    let found = local_socket::path(run.host).and_then(|socket| Agent::find(&socket).ok()?);
    match found {
        Some((_, status)) if !status.is_of(vault) => {
            let message = format!("another vault is unlocked: {}", status.vault);
            Err(CommandError::new(Kind::Vault, message)
                .hint("`awsenv lock` locks it; AWSENV_AGENT can name a second place, for an agent of this vault."))
        }
        other => Ok(other.map(|(_, status)| status)),
    }
}

fn said(run: &mut Run<'_>, what: &str, status: Status) -> Done {
    if !run.global.quiet {
        let (idle, left) = (span(status.idle_left), span(status.left));
        let text = format!("awsenv: {what}, for {idle} without use and {left} in all; `awsenv lock` locks it\n");
        report::talk(run.host, &text);
    }
    Done::Code(0)
}

/// Whole minutes, begun ones counted, as one says them: `15 min`, `8 h`, `1 h 30 min`.
fn span(seconds: u64) -> String {
    match (seconds.div_ceil(60) / 60, seconds.div_ceil(60) % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// `15m`, `8h`, or seconds.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let seconds = match text.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => text.parse::<SignedDuration>().map_err(|_| "expected a time such as 15m or 8h")?.as_secs(),
    };
    let most = 7 * 24 * 3600;
    u64::try_from(seconds)
        .ok()
        .filter(|seconds| (1..=most).contains(seconds))
        .ok_or_else(|| "expected a time from one second to seven days".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_hours_where_it_has_some() {
        assert_eq!([1, 900, 28_799, 28_800, 5_400].map(span), ["1 min", "15 min", "8 h", "8 h", "1 h 30 min"]);
    }
}
