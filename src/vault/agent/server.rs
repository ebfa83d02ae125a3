//! The agent's side.

use std::{
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{Reply, Request, Row, Status, sessions::Held};
use crate::{
    edge::{
        files::Saved,
        local_socket::{self, seconds_awake_and_asleep},
        vault_log::VaultLog,
    },
    error::Known,
    vault::{
        VaultError,
        store::{Unlocked, Vault},
    },
};

/// More have to wait until they are let in.
const CLIENTS_MAX: usize = 64;
/// How long the door stays shut then, each time.
const FULL_PAUSE: Duration = Duration::from_millis(10);

/// How long the key is kept, in seconds; sleep counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Without use.
    pub idle: u64,
    /// In any case.
    pub hard: u64,
}

/// Seconds of a clock that goes on while the machine sleeps.
type Clock = fn() -> u64;

struct Keeper {
    socket: PathBuf,
    own: Option<u64>,
    vault: Vault,
    unlocked: Unlocked,
    limits: Mutex<Limits>,
    started: u64,
    clock: Clock,
    used: Mutex<u64>,
    sessions: Mutex<Held>,
    log: Option<VaultLog>,
    clients: AtomicUsize,
    ended: AtomicBool,
}

/// Serves until it is time to end. Whoever sees this return has to end the process.
pub fn serve(
    listener: &UnixListener,
    socket: &Path,
    vault: Vault,
    unlocked: Unlocked,
    limits: Limits,
    log: Option<VaultLog>,
) {
    let keeper = Keeper { log, ..Keeper::new(socket, vault, unlocked, limits, seconds_awake_and_asleep) };
    let (own, keeper) = (keeper.own, Arc::new(keeper));
    while !keeper.is_over() && local_socket::inode(socket) == own {
        if keeper.clients.load(Ordering::SeqCst) >= CLIENTS_MAX {
            std::thread::sleep(FULL_PAUSE);
            continue;
        }
        let Some(stream) = local_socket::accept(listener) else { continue };
        keeper.clients.fetch_add(1, Ordering::SeqCst);
        let serving = Arc::clone(&keeper);
        let thread = std::thread::Builder::new().name("client".into()).spawn(move || {
            serving.talk(stream);
            serving.clients.fetch_sub(1, Ordering::SeqCst);
        });
        if thread.is_err() {
            keeper.clients.fetch_sub(1, Ordering::SeqCst);
        }
    }
    local_socket::remove(socket, own);
}

impl Keeper {
    fn new(socket: &Path, vault: Vault, unlocked: Unlocked, limits: Limits, clock: Clock) -> Self {
        let now = clock();
        Self {
            socket: socket.to_owned(),
            own: local_socket::inode(socket),
            vault,
            unlocked,
            limits: Mutex::new(limits),
            started: now,
            clock,
            used: Mutex::new(now),
            sessions: Mutex::default(),
            log: None,
            clients: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        }
    }

    fn status(&self) -> Status {
        let now = (self.clock)();
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = *self.limits();
        let left = (self.started + limits.hard).saturating_sub(now);
        let idle_left = (used + limits.idle).saturating_sub(now).min(left);
        Status {
            process: std::process::id(),
            idle_left,
            left,
            vault: self.vault.path().to_string_lossy().into_owned(),
            folder: super::folder_of(&self.vault),
        }
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sooner only: whoever wants it longer has to give the passphrase.
    fn shorten(&self, idle: Option<u64>, hard: Option<u64>, now: u64) {
        let mut limits = self.limits();
        limits.idle = limits.idle.min(idle.unwrap_or(u64::MAX));
        limits.hard = limits.hard.min(hard.map_or(u64::MAX, |hard| now.saturating_sub(self.started) + hard));
    }

    fn is_over(&self) -> bool {
        self.ended.load(Ordering::SeqCst) || self.status().idle_left == 0
    }

    /// Whoever comes next finds nobody.
    fn end(&self) {
        local_socket::remove(&self.socket, self.own);
        self.ended.store(true, Ordering::SeqCst);
    }

    /// Answers one client, request by request, until it hangs up, is silent for too long, or talks nonsense.
    fn talk(&self, mut stream: UnixStream) {
        while let Ok(body) = local_socket::receive(&mut stream, local_socket::REQUEST_MAX) {
            let Ok(request) = serde_json::from_slice(&body) else { return };
            // Between its last accept and now its time may have come.
            if self.is_over() {
                return self.end();
            }
            let reply = match self.answer(request, local_socket::peer(&stream)) {
                Ok(reply) => reply,
                Err(error) => {
                    if matches!(error, VaultError::Changed | VaultError::Missing | VaultError::Gone(_)) {
                        self.end();
                    }
                    Reply::Failed { kind: error.kind().exit_code(), message: error.to_string(), hints: error.hints() }
                }
            };
            let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(local_socket::REQUEST_MAX));
            if serde_json::to_writer(&mut *bytes, &reply).is_err() || local_socket::send(&mut stream, &bytes).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: Request, peer: Option<u32>) -> Result<Reply, VaultError> {
        let now = (self.clock)();
        if !matches!(request, Request::Lock) {
            // A key that opens the vault no more is not kept, nor what was got with it.
            self.vault.check_key(&self.unlocked)?;
        }
        if !matches!(request, Request::Status) {
            *self.used.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
        let sessions = || self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let done = |saved: Saved| Reply::Done(saved == Saved::Durable);
        let content = || self.vault.content(&self.unlocked);
        match request {
            Request::Status => Ok(Reply::Status(self.status())),
            Request::List => {
                let row = |(name, entry): (String, crate::vault::entry::Entry)| Row {
                    name,
                    access_key_id: entry.access_key_id,
                    region: entry.region,
                    account_id: entry.account_id,
                };
                Ok(Reply::List(content()?.profiles.into_iter().map(row).collect()))
            }
            Request::Get(name) => {
                let entry = content()?.get(&name)?.clone();
                if let Some(log) = &self.log {
                    log.given_out(&name, peer, now.saturating_sub(self.started));
                }
                Ok(Reply::Entry(entry))
            }
            Request::Session(key) => Ok(Reply::Session(sessions().get(&key, now))),
            Request::Keep { key, text, lasts } => sessions().keep(&key, text, lasts, now).map(|()| Reply::Done(true)),
            Request::Sessions => Ok(Reply::Sessions(sessions().keys(now))),
            Request::Forget(keys) => Ok(Reply::Forgotten(sessions().forget(&keys))),
            Request::Put { entries, replace } => {
                let change = self.vault.change(&self.unlocked, |content| content.add_all(entries, replace));
                change.map(|((), saved)| done(saved))
            }
            Request::Swap { name, before, after } => {
                let change = self.vault.change(&self.unlocked, |content| content.swap(&name, &before, *after));
                change.map(|((), saved)| done(saved))
            }
            Request::Remove(names) => {
                let remove = |content: &mut crate::vault::entry::Content| {
                    names.iter().try_for_each(|name| content.remove(name).map(drop))
                };
                self.vault.change(&self.unlocked, remove).map(|((), saved)| done(saved))
            }
            Request::Limit { idle, hard } => {
                self.shorten(idle, hard, now);
                Ok(Reply::Done(true))
            }
            Request::Lock => {
                self.end();
                Ok(Reply::Done(true))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use tempfile::TempDir;

    use super::*;
    use crate::vault::{format::Params, passphrase::Passphrase};

    static NOW: AtomicU64 = AtomicU64::new(1000);

    fn now() -> u64 {
        NOW.load(Ordering::SeqCst)
    }

    #[test]
    fn p4_a_machine_that_slept_wakes_locked() {
        let home = TempDir::new().unwrap();
        let vault = Vault::below(home.path());
        let passphrase = Passphrase::new(b"open sesame".to_vec()).unwrap();
        let unlocked = vault.create(&passphrase, Params::LEAST, 0).unwrap();
        let limits = Limits { idle: 900, hard: 3000 };
        let keeper = Keeper::new(&home.path().join("socket"), vault, unlocked, limits, now);
        let passes = |seconds: u64| NOW.fetch_add(seconds, Ordering::SeqCst);
        passes(899);
        assert!(!keeper.is_over());
        keeper.answer(Request::List, None).unwrap();
        passes(899);
        // Who only looks whether it is there does not use it.
        keeper.answer(Request::Status, None).unwrap();
        assert_eq!((keeper.status().idle_left, keeper.is_over()), (1, false));
        // The lid was closed, and is opened again.
        passes(1);
        assert!(keeper.is_over());
        keeper.answer(Request::List, None).unwrap();
        passes(800);
        keeper.answer(Request::List, None).unwrap();
        // However it is used, the hard limit holds.
        passes(401);
        assert_eq!((keeper.status().left, keeper.is_over()), (0, true));
    }
}
