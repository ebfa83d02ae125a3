//! Locks: files that exist for that purpose alone, held by the system until their holder lets go or ends.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::fs::OFlags;

use super::{FileError, failed, flags, heir, make_parent};

/// How often a lock that someone else holds is tried, and how long to wait between: five seconds altogether. Holders
/// keep it for one small write.
const LOCK_TRIES: u32 = 500;
pub(super) const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// A lock that is held until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    pub(super) _file: File,
}

/// Locks a file that exists for that purpose alone, and is left where it is. Waits a few seconds at most.
pub fn lock(path: &Path) -> Result<Lock, FileError> {
    let file = open_lock(path)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed("lock", path, error)),
        }
    }
    Err(FileError::Busy(path.to_owned()))
}

/// Opens a file to lock, and makes it where it is missing. What is no file, a pipe say, keeps nobody waiting.
pub(super) fn open_lock(path: &Path) -> Result<File, FileError> {
    let directory = make_parent(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options.custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY));
    let file = match options.clone().create_new(true).open(path) {
        Ok(new) => heir::hand_over(&new, &directory).map(|()| new),
        Err(_) => options.create(true).truncate(false).open(path),
    };
    match fs::symlink_metadata(path) {
        Ok(about) if !about.is_file() => Err(FileError::NotRegular(path.to_owned())),
        _ => file.map_err(|error| failed("lock", path, error)),
    }
}

/// The file to lock before `path` is changed.
pub fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    name.into()
}
