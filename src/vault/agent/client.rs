//! The side of those who ask.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Reply, Request, Row, Status};
use crate::{
    core::secret::Secret,
    edge::{files::Saved, local_socket},
    vault::{VaultError, entry::Entry},
};

/// How long those wait for a sign of the agent who can do without it.
const SIGN_PATIENCE: Duration = Duration::from_secs(3);

/// The way to the agent. It is called anew for each request, since it hangs up on whoever is silent.
#[derive(Debug)]
pub struct Agent(PathBuf);

impl Agent {
    /// Finds it, if it runs and answers.
    pub fn connect(socket: &Path) -> Option<Self> {
        Self::find(socket).ok()?.map(|(agent, _)| agent)
    }

    /// Finds it, with what it says of itself. An error where somebody is there who does not answer, or may not be asked.
    pub fn find(socket: &Path) -> Result<Option<(Self, Status)>, VaultError> {
        Self::find_within(socket, local_socket::ANSWER_PATIENCE)
    }

    /// The same, for those who can do without it.
    pub fn find_soon(socket: &Path) -> Result<Option<(Self, Status)>, VaultError> {
        Self::find_within(socket, SIGN_PATIENCE)
    }

    fn find_within(socket: &Path, patience: Duration) -> Result<Option<(Self, Status)>, VaultError> {
        let mut agent = Self(socket.to_owned());
        match agent.status_within(patience) {
            Ok(status) => Ok(Some((agent, status))),
            // It has ended meanwhile, or ends now since its key opens the vault no more.
            Err(VaultError::NoAgent | VaultError::FromAgent { .. }) => Ok(None),
            Err(VaultError::Agent) if agent.is_gone() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How long it will run.
    pub fn status(&mut self) -> Result<Status, VaultError> {
        self.status_within(local_socket::ANSWER_PATIENCE)
    }

    fn status_within(&mut self, patience: Duration) -> Result<Status, VaultError> {
        match self.ask_within(&Request::Status, patience)? {
            Reply::Status(status) => Ok(status),
            _ => Err(VaultError::Agent),
        }
    }

    /// The process that listens there, where the system tells; it need not answer.
    pub fn process(socket: &Path) -> Option<u32> {
        let stream = local_socket::connect(socket, SIGN_PATIENCE).ok()??;
        local_socket::peer(&stream)
    }

    fn is_gone(&self) -> bool {
        matches!(local_socket::connect(&self.0, SIGN_PATIENCE), Ok(None))
    }

    /// The profiles, without secrets.
    pub fn list(&mut self) -> Result<Vec<Row>, VaultError> {
        match self.ask(&Request::List)? {
            Reply::List(rows) => Ok(rows),
            _ => Err(VaultError::Agent),
        }
    }

    /// One profile.
    pub fn get(&mut self, name: &str) -> Result<Entry, VaultError> {
        match self.ask(&Request::Get(name.to_owned()))? {
            Reply::Entry(entry) => Ok(entry),
            _ => Err(VaultError::Agent),
        }
    }

    /// Keeps profiles, all of them or none.
    pub fn put(&mut self, entries: &BTreeMap<String, Entry>, replace: bool) -> Result<Saved, VaultError> {
        self.done(&Request::Put { entries: entries.clone(), replace })
    }

    /// Puts another content in the place of a profile, as long as it is what was read before.
    pub fn swap(&mut self, name: &str, before: &Entry, after: Entry) -> Result<Saved, VaultError> {
        self.done(&Request::Swap { name: name.to_owned(), before: Box::new(before.clone()), after: Box::new(after) })
    }

    /// Removes profiles, all of them or none.
    pub fn remove(&mut self, names: &[String]) -> Result<Saved, VaultError> {
        self.done(&Request::Remove(names.to_vec()))
    }

    /// The session of this key, if it is kept.
    pub(super) fn session(&mut self, key: &str) -> Result<Option<Secret>, VaultError> {
        match self.ask(&Request::Session(key.to_owned()))? {
            Reply::Session(text) => Ok(text),
            _ => Err(VaultError::Agent),
        }
    }

    /// Has a session kept for so many seconds.
    pub(super) fn keep_session(&mut self, key: &str, text: Secret, lasts: u64) -> Result<(), VaultError> {
        self.done(&Request::Keep { key: key.to_owned(), text, lasts }).map(drop)
    }

    /// The keys of the sessions.
    pub(super) fn sessions(&mut self) -> Result<Vec<String>, VaultError> {
        match self.ask(&Request::Sessions)? {
            Reply::Sessions(keys) => Ok(keys),
            _ => Err(VaultError::Agent),
        }
    }

    /// Has these sessions forgotten, and says how many there were.
    pub(super) fn forget_sessions(&mut self, keys: &[String]) -> Result<usize, VaultError> {
        match self.ask(&Request::Forget(keys.to_vec()))? {
            Reply::Forgotten(count) => Ok(count),
            _ => Err(VaultError::Agent),
        }
    }

    /// Has it end sooner: after so many seconds without use, or from now on. It never stays longer for that.
    pub fn limit(&mut self, idle: Option<u64>, hard: Option<u64>) -> Result<(), VaultError> {
        self.done(&Request::Limit { idle, hard }).map(drop)
    }

    /// Makes it forget the key, and end.
    pub fn lock(&mut self) -> Result<(), VaultError> {
        match self.done(&Request::Lock) {
            // Another was faster.
            Err(_) if self.is_gone() => Ok(()),
            other => other.map(drop),
        }
    }

    fn done(&mut self, request: &Request) -> Result<Saved, VaultError> {
        match self.ask(request)? {
            Reply::Done(true) => Ok(Saved::Durable),
            Reply::Done(false) => Ok(Saved::Unconfirmed),
            _ => Err(VaultError::Agent),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, VaultError> {
        self.ask_within(request, local_socket::ANSWER_PATIENCE)
    }

    fn ask_within(&mut self, request: &Request, patience: Duration) -> Result<Reply, VaultError> {
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(local_socket::REQUEST_MAX));
        serde_json::to_writer(&mut *bytes, request).map_err(|_| VaultError::Agent)?;
        if bytes.len() > local_socket::REQUEST_MAX {
            return Err(VaultError::TooMuch);
        }
        let mut stream = local_socket::connect(&self.0, patience)?.ok_or(VaultError::NoAgent)?;
        local_socket::send(&mut stream, &bytes).map_err(|_| VaultError::Agent)?;
        let reply = local_socket::receive(&mut stream, local_socket::REPLY_MAX).map_err(|_| VaultError::Agent)?;
        match serde_json::from_slice(&reply).map_err(|_| VaultError::Agent)? {
            Reply::Failed { kind, message, hints } => Err(VaultError::FromAgent { kind, message, hints }),
            reply => Ok(reply),
        }
    }
}
