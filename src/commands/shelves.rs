//! Where sessions are kept between runs: with the agent, and in files.

use super::{Run, unlock_vault};
#[cfg(feature = "aws")]
use crate::core::kept::About;
use crate::{
    core::kept::Kept,
    edge::sessions::{NotKept, Shelf, files::Files},
    error::CommandError,
    vault::agent::{Agent, WithAgent},
};

/// The agent as a shelf.
pub(super) fn with_agent(agent: Agent) -> Box<dyn Shelf> {
    Box::new(WithAgent::new(agent))
}

/// The files, if there is a place for them.
pub(super) fn files(run: &Run<'_>) -> Option<Box<dyn Shelf>> {
    Some(Box::new(Files::of(run.host)?))
}

/// Everywhere that sessions may be, whatever the settings say now.
fn every(run: &Run<'_>) -> impl Iterator<Item = Box<dyn Shelf>> {
    files(run).into_iter().chain(unlock_vault::agent(run).map(with_agent))
}

/// The sessions that are kept and have not ended, those that end first at the front.
pub(super) fn list(run: &Run<'_>) -> Vec<Kept> {
    let mut kept: Vec<Kept> = every(run).flat_map(|shelf| shelf.all()).collect();
    kept.retain(|kept| !kept.credentials.is_expired(run.host.now()));
    kept.sort_by(|a, b| (a.credentials.expires, &a.about.name).cmp(&(b.credentials.expires, &b.about.name)));
    kept
}

/// Removes all sessions, and says how many there were.
pub(super) fn remove_all(run: &Run<'_>) -> Result<usize, CommandError> {
    every(run).try_fold(0, |count, shelf| Ok(count + shelf.remove_all().map_err(not_all)?))
}

/// Removes those like that, and says how many there were.
#[cfg(feature = "aws")]
pub(super) fn remove_those(run: &Run<'_>, of: &dyn Fn(&About) -> bool) -> Result<usize, CommandError> {
    every(run).try_fold(0, |count, shelf| Ok(count + shelf.remove_those(of).map_err(not_all)?))
}

fn not_all(error: NotKept) -> CommandError {
    CommandError::usage("the sessions are not all removed").because(error)
}
