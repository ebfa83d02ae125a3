//! A socket on this machine for programs of one user alone, and frames on it.
//!
//! A frame is a version byte, a length in four bytes, and so many bytes. What begins otherwise, is longer, or comes slowly is
//! hung up on.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::{
        fs::MetadataExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    time::{ClockId, clock_gettime},
};
use zeroize::Zeroizing;

use super::{
    files::{self, FileError},
    host::Host,
};
use crate::core::variables::AGENT;

/// The first byte of every frame.
const VERSION: u8 = 1;
/// The longest frame that the agent takes.
pub const REQUEST_MAX: usize = 256 << 10;
/// The longest one that it sends: a list of all profiles.
pub const REPLY_MAX: usize = 8 << 20;
/// How long the other side may be silent within a frame.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer may take: others may be before us, and a write waits ten seconds for its lock.
pub const ANSWER_PATIENCE: Duration = Duration::from_secs(15);
/// The socket's name in its folder.
const SOCKET: &str = "agent.sock";
/// Longer paths do not fit into a socket's address everywhere.
const PATH_MAX: usize = 100;

/// Where the agent's socket is: where AWSENV_AGENT says, else in the runtime directory, which is gone at logout, else below the state directory.
pub fn path(host: &Host) -> Option<PathBuf> {
    if let Some(named) = host.var_os(AGENT).map(PathBuf::from) {
        // A relative one would be another socket in each folder.
        return Some(named).filter(|path| path.is_absolute());
    }
    let runtime = host.var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let folder = match runtime {
        Some(runtime) => runtime.join("awsenv"),
        None => host.xdg("XDG_STATE_HOME", ".local/state").ok()?.join("awsenv/run"),
    };
    Some(folder.join(SOCKET))
}

/// Where else this user's agents may be: a shell without a runtime directory, as cron and `su` make them, has another place
/// than the one that unlocked.
pub fn other_places(host: &Host) -> Vec<PathBuf> {
    let runtime = host.var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let usual = Path::new("/run/user").join(rustix::process::geteuid().as_raw().to_string());
    let folders = runtime.into_iter().chain([usual]).map(|dir| dir.join("awsenv"));
    let state = host.xdg("XDG_STATE_HOME", ".local/state").ok().map(|state| state.join("awsenv/run"));
    let own = path(host);
    folders.chain(state).map(|folder| folder.join(SOCKET)).filter(|path| Some(path) != own.as_ref()).collect()
}

/// Fails where no socket can be, or should be: too long a path, a folder that others can write to.
pub fn check_place(path: &Path) -> Result<(), FileError> {
    if path.as_os_str().len() > PATH_MAX {
        let text = format!("a socket's path has {PATH_MAX} bytes at the most");
        let source = io::Error::new(io::ErrorKind::InvalidFilename, text);
        return Err(FileError::Io { action: "listen at", path: path.to_owned(), source });
    }
    files::private_folder(path).map(drop)
}

/// Listens. What is in the socket's place and has nobody behind it is removed; call it under a lock.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    check_place(path).map_err(io::Error::other)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Connects, where the folder is private and who listens is the same user; an answer may take so long. `None` where nobody
/// listens.
pub fn connect(path: &Path, patience: Duration) -> Result<Option<UnixStream>, FileError> {
    // Mostly there is no agent; then nothing is made and nothing else is looked at.
    if inode(path).is_none() {
        return Ok(None);
    }
    files::private_folder(path)?;
    let failed = |source| FileError::Io { action: "connect to", path: path.to_owned(), source };
    let stream = match UnixStream::connect(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        other => other.map_err(failed)?,
    };
    limit(&stream, patience).map_err(failed)?;
    if is_same_user(&stream) { Ok(Some(stream)) } else { Err(failed(io::ErrorKind::PermissionDenied.into())) }
}

/// Waits a second at most for somebody to connect. Other users are hung up on.
pub fn accept(listener: &UnixListener) -> Option<UnixStream> {
    let second = Timespec { tv_sec: 1, tv_nsec: 0 };
    let _ = poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&second));
    let (stream, _) = listener.accept().ok()?;
    stream.set_nonblocking(false).ok()?;
    limit(&stream, PATIENCE).ok()?;
    is_same_user(&stream).then_some(stream)
}

/// Which file the path leads to now: another one than before means that the socket was replaced.
pub fn inode(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|about| about.ino())
}

/// Removes the socket if it is still this one.
pub fn remove(path: &Path, own: Option<u64>) {
    if own.is_some() && inode(path) == own {
        let _ = fs::remove_file(path);
    }
}

/// Sends a frame.
pub fn send(stream: &mut UnixStream, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut frame = Zeroizing::new(Vec::with_capacity(5 + body.len()));
    frame.push(VERSION);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(body);
    stream.write_all(&frame)
}

/// Receives a frame of at most so many bytes.
pub fn receive(stream: &mut impl Read, max_bytes: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut version = [0];
    stream.read_exact(&mut version)?;
    if version != [VERSION] {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > max_bytes {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = Zeroizing::new(vec![0; length]);
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// Seconds since the machine was started, those it slept included: a laptop that sleeps for a night is locked when it wakes.
pub fn seconds_awake_and_asleep() -> u64 {
    #[cfg(target_os = "linux")]
    let now = clock_gettime(ClockId::Boottime);
    #[cfg(not(target_os = "linux"))]
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or(0)
}

fn limit(stream: &UnixStream, patience: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(PATIENCE))
}

/// Process ID of the other side, where the system tells.
#[cfg(target_os = "linux")]
pub fn peer(stream: &UnixStream) -> Option<u32> {
    let peer = rustix::net::sockopt::socket_peercred(stream).ok()?;
    u32::try_from(peer.pid.as_raw_nonzero().get()).ok()
}

/// Process ID of the other side, where the system tells.
#[cfg(not(target_os = "linux"))]
pub fn peer(_: &UnixStream) -> Option<u32> {
    None
}

#[cfg(target_os = "linux")]
fn is_same_user(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// The folder's mode lets nobody else come this far.
#[cfg(not(target_os = "linux"))]
fn is_same_user(_: &UnixStream) -> bool {
    true
}
