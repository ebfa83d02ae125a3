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
