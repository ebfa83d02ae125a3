//! Sessions that the agent keeps, in memory alone: they are gone with the key, by `lock` as by any other end.
//!
//! Sealed in a file they would outlive `lock`, to no use: whoever unlocks is there to get others. And a file would need rules
//! of its own for what is left of it after its time.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::Agent;
use crate::{
    core::{
        kept::{About, Kept, SessionKey},
        secret::Secret,
    },
    edge::sessions::{New, NotKept, Shelf},
    vault::VaultError,
};

/// More are not kept: the one that ends first goes.
const MOST: usize = 1024;
/// The longest text of one. A session's token is 32 KiB at the most.
const TEXT_MAX: usize = 40 << 10;
/// So many keys fit into a request.
const FORGOTTEN_AT_ONCE: usize = 512;
/// The longest session of AWS's, in seconds.
const LONGEST: u64 = 36 * 3600;

/// The sessions of an agent. Times are seconds of a clock that goes on while the machine sleeps.
#[derive(Default)]
pub(super) struct Held(BTreeMap<String, (u64, Secret)>);

impl Held {
    /// Keeps one that is a session indeed, for so many seconds.
    pub(super) fn keep(&mut self, key: &str, text: Secret, lasts: u64, now: u64) -> Result<(), VaultError> {
        let is_session = || Kept::decode(&SessionKey::parse(key)?, text.expose().as_bytes());
        if text.expose().len() > TEXT_MAX || lasts > LONGEST || is_session().is_none() {
            return Err(VaultError::NoSession);
        }
        self.sweep(now);
        self.0.insert(key.to_owned(), (now + lasts, text));
        if self.0.len() > MOST {
            let first = self.0.iter().min_by_key(|(_, (ends, _))| *ends).map(|(key, _)| key.clone());
            first.and_then(|key| self.0.remove(&key));
        }
        Ok(())
    }

    /// The one of this key.
    pub(super) fn get(&mut self, key: &str, now: u64) -> Option<Secret> {
        self.sweep(now);
        self.0.get(key).map(|(_, text)| text.clone())
    }

    /// The keys of all.
    pub(super) fn keys(&mut self, now: u64) -> Vec<String> {
        self.sweep(now);
        self.0.keys().cloned().collect()
    }

    /// Forgets these, and says how many of them there were.
    pub(super) fn forget(&mut self, keys: &[String]) -> usize {
        keys.iter().filter(|key| self.0.remove(*key).is_some()).count()
    }

    /// Secrets are not left lying about after their time.
    pub(super) fn sweep(&mut self, now: u64) {
        self.0.retain(|_, (ends, _)| *ends > now);
    }
}

/// The agent as a shelf.
#[derive(Debug)]
pub struct WithAgent(Mutex<Agent>);

impl WithAgent {
    /// With this one.
    pub fn new(agent: Agent) -> Self {
        Self(Mutex::new(agent))
    }

    /// One at a time, as the agent gives them.
    fn every(&self) -> Vec<(String, Kept)> {
        let keys = self.ask(Agent::sessions).unwrap_or_default();
        let texts = keys.iter().filter_map(|key| self.ask(|agent| agent.session(key)).ok().flatten());
        texts.filter_map(|text| Kept::decode_any(text.expose().as_bytes())).collect()
    }

    fn forget(&self, keys: &[String]) -> Result<usize, NotKept> {
        let some = keys.chunks(FORGOTTEN_AT_ONCE);
        Ok(some.map(|keys| self.ask(|agent| agent.forget_sessions(keys))).sum::<Result<usize, VaultError>>()?)
    }

    fn ask<T>(&self, ask: impl FnOnce(&mut Agent) -> Result<T, VaultError>) -> Result<T, VaultError> {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<VaultError> for NotKept {
    fn from(error: VaultError) -> Self {
        Self(error.to_string())
    }
}

impl Shelf for WithAgent {
    fn get(&self, key: &SessionKey) -> Option<Zeroizing<Vec<u8>>> {
        let text = self.ask(|agent| agent.session(key.as_str())).ok()??;
        Some(Zeroizing::new(text.expose().as_bytes().to_vec()))
    }

    fn put(&self, new: &[New], now: Timestamp) -> Result<(), NotKept> {
        for New { key, bytes, ends } in new {
            let text = Secret::new(String::from_utf8_lossy(bytes));
            let lasts = u64::try_from(ends.duration_since(now).as_secs()).unwrap_or(0);
            self.ask(|agent| agent.keep_session(key.as_str(), text, lasts))?;
        }
        Ok(())
    }

    fn all(&self) -> Vec<Kept> {
        self.every().into_iter().map(|(_, kept)| kept).collect()
    }

    fn remove_those(&self, of: &dyn Fn(&About) -> bool) -> Result<usize, NotKept> {
        let keys = self.every().into_iter().filter(|(_, kept)| of(&kept.about)).map(|(key, _)| key);
        self.forget(&keys.collect::<Vec<_>>())
    }

    fn remove_all(&self) -> Result<usize, NotKept> {
        let keys = self.ask(Agent::sessions)?;
        self.forget(&keys)
    }
}
