//! Sessions kept between runs, and within one.
//!
//! Within a run every session is kept, so that no MFA code is asked for twice. Between runs they are on a [`Shelf`]: with the
//! vault's agent while it runs, or in private files where the user said so. What is damaged, or past its time, is a miss.

pub mod files;

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::files::{FileError, Turn};
use crate::core::{
    clock::Skew,
    kept::{About, Kept, KeptIdentity, SessionKey},
};

/// Why a session is not kept, or not removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotKept(pub String);

impl From<FileError> for NotKept {
    fn from(error: FileError) -> Self {
        Self(error.to_string())
    }
}

/// Where sessions are kept between runs, as bytes.
pub trait Shelf: fmt::Debug + Send + Sync {
    /// The bytes of this key.
    fn get(&self, key: &SessionKey) -> Option<Zeroizing<Vec<u8>>>;

    /// Keeps these.
    fn put(&self, new: &[New], now: Timestamp) -> Result<(), NotKept>;

    /// All that can be read.
    fn all(&self) -> Vec<Kept>;

    /// Removes all, and says how many there were.
    fn remove_all(&self) -> Result<usize, NotKept>;

    /// Removes those that are of such a session, and says how many there were.
    fn remove_those(&self, of: &dyn Fn(&About) -> bool) -> Result<usize, NotKept>;
}

/// A session to be kept.
#[derive(Clone, Debug)]
pub struct New {
    /// What it is asked for by.
    pub key: SessionKey,
    /// The session.
    pub bytes: Zeroizing<Vec<u8>>,
    /// When it ends.
    pub ends: Timestamp,
}

/// The sessions of a run, and those that are kept between runs.
#[derive(Debug)]
pub struct Sessions {
    shelf: Option<Box<dyn Shelf>>,
    now: Timestamp,
    held: Mutex<BTreeMap<SessionKey, Kept>>,
    /// Where it is told whose turn it is.
    folder: Option<PathBuf>,
    turns: Mutex<BTreeMap<SessionKey, Turn>>,
}

impl Sessions {
    /// Keeps sessions for this run, and on the shelf if there is one.
    pub fn new(shelf: Option<Box<dyn Shelf>>, now: Timestamp) -> Self {
        Self { shelf, now, held: Mutex::default(), folder: None, turns: Mutex::default() }
    }

    /// The same, with a folder in which runs take turns.
    #[must_use]
    pub fn with_turns(self, folder: Option<PathBuf>) -> Self {
        Self { folder, ..self }
    }

    /// Keeps sessions for this run alone.
    pub fn of_this_run(now: Timestamp) -> Self {
        Self::new(None, now)
    }

    /// True if the next run may find them.
    pub fn outlive_the_run(&self) -> bool {
        self.shelf.is_some()
    }

    /// The session of this key, as long as it may be used.
    pub fn get(&self, key: &SessionKey) -> Option<Kept> {
        if let Some(kept) = self.held().get(key) {
            return Some(kept.clone());
        }
        self.get_at(key, self.now)
    }

    /// Has other runs that want the session of this key wait until this one has kept it or given up, which is when the turns
    /// are ended or the sessions dropped; and waits for those that came first. `waits` hears which process that is.
    ///
    /// Nothing is waited for where nothing is kept. Each run takes turns in the order of its steps, and the key of a step holds
    /// those before it, so that no two runs wait for each other. Without a place for the lock each run is on its own.
    pub fn take_turn(&self, key: &SessionKey, waits: &mut dyn FnMut(Option<u32>)) {
        let (Some(_), Some(folder)) = (&self.shelf, &self.folder) else { return };
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if !turns.contains_key(key)
            && let Ok(turn) = Turn::take(&files::turn(folder, key), waits)
        {
            turns.insert(key.clone(), turn);
        }
    }

    /// Has nobody wait for this run any longer.
    pub fn end_turns(&self) {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The session of this key as it is kept at that time, in place of what this run began with.
    pub fn get_at(&self, key: &SessionKey, now: Timestamp) -> Option<Kept> {
        let bytes = self.shelf.as_ref()?.get(key)?;
        Kept::decode(key, &bytes).filter(|kept| kept.is_good(now))
    }

    /// Keeps a session for this run.
    pub fn hold(&self, key: SessionKey, kept: Kept) {
        self.held().insert(key, kept);
    }

    /// Puts sessions of this run on the shelf, if there is one. The next run judges by this machine's clock when they end:
    /// where that one is not AWS's, they are not kept.
    pub fn write(&self, keys: &[SessionKey], skew: Option<Skew>) -> Result<(), NotKept> {
        let Some(shelf) = &self.shelf else { return Ok(()) };
        let held = self.held();
        let new = keys.iter().filter_map(|key| {
            let kept = held.get(key)?;
            Some(New { key: key.clone(), bytes: kept.encode(key)?, ends: kept.credentials.expires? })
        });
        let new: Vec<New> = new.collect();
        match skew {
            _ if new.is_empty() => Ok(()),
            Some(skew) => Err(NotKept(format!("this machine's clock is {skew}"))),
            None => shelf.put(&new, self.now),
        }
    }

    /// What a session of this run is of.
    pub fn about(&self, key: &SessionKey) -> Option<About> {
        self.held().get(key).map(|kept| kept.about.clone())
    }

    /// Says of a session of this run who it is.
    pub fn verified(&self, key: &SessionKey, verified: KeptIdentity) {
        if let Some(kept) = self.held().get_mut(key) {
            kept.verified = Some(verified);
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<SessionKey, Kept>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
