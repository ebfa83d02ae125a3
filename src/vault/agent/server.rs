//! The agent's side.

use std::{
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{Reply, Request, Row, Status};
use crate::{
    edge::{
        files::Saved,
        local_socket::{self, seconds_awake_and_asleep},
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

struct Keeper {
    socket: PathBuf,
    own: Option<u64>,
    vault: Vault,
    unlocked: Unlocked,
    limits: Limits,
    started: u64,
    used: Mutex<u64>,
    clients: AtomicUsize,
    ended: AtomicBool,
}

/// Serves until it is time to end. Whoever sees this return has to end the process.
pub fn serve(listener: &UnixListener, socket: &Path, vault: Vault, unlocked: Unlocked, limits: Limits) {
    let own = local_socket::inode(socket);
    let now = seconds_awake_and_asleep();
    let keeper = Arc::new(Keeper {
        socket: socket.to_owned(),
        own,
        vault,
        unlocked,
        limits,
        started: now,
        used: Mutex::new(now),
        clients: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
    });
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
    fn status(&self) -> Status {
        let now = seconds_awake_and_asleep();
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let left = (self.started + self.limits.hard).saturating_sub(now);
        let idle_left = (used + self.limits.idle).saturating_sub(now).min(left);
        Status { process: std::process::id(), idle_left, left }
    }

    fn is_over(&self) -> bool {
        self.ended.load(Ordering::SeqCst) || self.status().idle_left == 0
    }

    /// Answers one client, request by request, until it hangs up, is silent for too long, or talks nonsense.
    fn talk(&self, mut stream: UnixStream) {
        while let Ok(body) = local_socket::receive(&mut stream, local_socket::REQUEST_MAX) {
            let Ok(request) = serde_json::from_slice(&body) else { return };
            // Between its last accept and now its time may have come.
            if self.is_over() {
                return;
            }
            let reply = match self.answer(request) {
                Ok(reply) => reply,
                Err(error) => {
                    if matches!(error, VaultError::Changed | VaultError::Missing) {
                        self.ended.store(true, Ordering::SeqCst);
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

    fn answer(&self, request: Request) -> Result<Reply, VaultError> {
        if !matches!(request, Request::Status) {
            *self.used.lock().unwrap_or_else(PoisonError::into_inner) = seconds_awake_and_asleep();
        }
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
            Request::Get(name) => Ok(Reply::Entry(content()?.get(&name)?.clone())),
            Request::Put { name, entry, replace } => {
                let change = self.vault.change(&self.unlocked, |content| content.add(&name, entry, replace));
                change.map(|((), saved)| done(saved))
            }
            Request::Swap { name, before, after } => {
                let change = self.vault.change(&self.unlocked, |content| content.swap(&name, &before, after));
                change.map(|((), saved)| done(saved))
            }
            Request::Remove(names) => {
                let remove = |content: &mut crate::vault::entry::Content| {
                    names.iter().try_for_each(|name| content.remove(name).map(drop))
                };
                self.vault.change(&self.unlocked, remove).map(|((), saved)| done(saved))
            }
            Request::Lock => {
                // At once, so that whoever comes next finds nobody.
                local_socket::remove(&self.socket, self.own);
                self.ended.store(true, Ordering::SeqCst);
                Ok(Reply::Done(true))
            }
        }
    }
}
