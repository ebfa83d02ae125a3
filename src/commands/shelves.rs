//! Where sessions are kept between runs: with the agent, and in files.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Run, unlock_vault};
#[cfg(feature = "aws")]
use crate::core::kept::About;
use crate::{
    core::{
        config::{SessionCache, Settings},
        kept::Kept,
    },
    edge::sessions::{NotKept, Shelf, files::Files},
    error::CommandError,
    vault::agent::{Agent, WithAgent},
};

/// The agent as a shelf.
fn with_agent(agent: Agent) -> Box<dyn Shelf> {
    Box::new(WithAgent::new(agent))
}

/// The files, if there is a place for them.
fn files(run: &Run<'_>) -> Option<Box<dyn Shelf>> {
    Some(Box::new(Files::of(run.host)?))
}

/// Where the settings say that sessions are kept, if that is at hand.
pub(super) fn chosen(run: &Run<'_>, settings: &Settings) -> Option<Box<dyn Shelf>> {
    match settings.sessions {
        SessionCache::Off => None,
        // Also where a passphrase opens the vault: that is for keys, and a session is found by the keys that it was made with.
        SessionCache::Agent => unlock_vault::agent_soon(run).map(with_agent),
        SessionCache::File => files(run),
    }
}

/// When the last of each profile's sessions ends, of those that the next run would use.
pub(super) fn ends_by_profile(run: &Run<'_>, settings: &Settings) -> HashMap<String, Timestamp> {
    let mut ends = HashMap::new();
    let kept = chosen(run, settings).map(|shelf| shelf.all()).unwrap_or_default();
    for kept in kept.into_iter().filter(|kept| kept.is_good(run.host.now())) {
        if let Some(end) = kept.credentials.expires {
            let last = ends.entry(kept.about.profile).or_insert(end);
            *last = end.max(*last);
        }
    }
    ends
}

/// Everywhere that sessions may be, whatever the settings say now; and why there may be more of them.
fn every(run: &Run<'_>) -> (Vec<Box<dyn Shelf>>, Option<CommandError>) {
    let (agents, trouble) = unlock_vault::every_agent(run);
    (files(run).into_iter().chain(agents.into_iter().map(with_agent)).collect(), trouble)
}

/// The sessions that are kept and have not ended, those that end first at the front; and why there may be more of them.
pub(super) fn list(run: &Run<'_>) -> (Vec<Kept>, Option<CommandError>) {
    let (shelves, trouble) = every(run);
    let mut kept: Vec<Kept> = shelves.iter().flat_map(|shelf| shelf.all()).collect();
    kept.retain(|kept| !kept.credentials.is_expired(run.host.now()));
    kept.sort_by(|a, b| (a.credentials.expires, &a.about.name).cmp(&(b.credentials.expires, &b.about.name)));
    (kept, trouble)
}

/// Removes all sessions, and says how many there were.
pub(super) fn remove_all(run: &Run<'_>) -> Result<usize, CommandError> {
    remove(run, |shelf| shelf.remove_all())
}

/// Removes those like that, and says how many there were.
#[cfg(feature = "aws")]
pub(super) fn remove_those(run: &Run<'_>, of: &dyn Fn(&About) -> bool) -> Result<usize, CommandError> {
    remove(run, |shelf| shelf.remove_those(of))
}

/// What cannot be removed here does not keep the rest elsewhere.
fn remove(run: &Run<'_>, some: impl Fn(&dyn Shelf) -> Result<usize, NotKept>) -> Result<usize, CommandError> {
    let (shelves, mut trouble) = every(run);
    let mut count = 0;
    for shelf in shelves {
        match some(&*shelf) {
            Ok(removed) => count += removed,
            Err(error) => trouble = trouble.or_else(|| Some(not_all(error))),
        }
    }
    trouble.map_or(Ok(count), Err)
}

fn not_all(error: NotKept) -> CommandError {
    CommandError::usage("the sessions are not all removed").because(error)
}
