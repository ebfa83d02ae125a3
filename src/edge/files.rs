//! Private atomic writes, careful reads, and locks. The only file that creates or renames files.
//!
//! A writer makes a new file beside the old one, syncs it, and renames it into place: whenever it is killed, or the disk
//! is full, the file is the old or the new content, never anything else (promise P8).

mod heir;
mod kept;
mod lock;
mod turn;

use std::{
    borrow::Cow,
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::OFlags;
use tempfile::Builder;

pub use kept::{
    Backup, backup_path, lock_private, lock_within, private_folder, read_kept, remove_backup, remove_unfinished,
    replace_kept,
};
pub use lock::{Lock, lock, lock_path};
pub use turn::Turn;

use crate::error::{Kind, Known};

/// Ends the name of a new file until it is renamed.
const TEMPORARY: &str = ".awsenv-new";
/// A new file that is this much older than another was left by a writer that was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A file that cannot be read, written, or locked.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A device, pipe, socket or directory in the place of a file.
    #[error("{} is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// Larger than it can sensibly be.
    #[error("{} is larger than {max} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it may have.
        max: u64,
    },
    /// Others could have read or changed it.
    #[error("{} is not private: it must belong to you, and nobody else may read or write it", .0.display())]
    NotPrivate(PathBuf),
    /// It has another name elsewhere, by which it could be changed.
    #[error("{} has another name (a hard link), by which it could be changed", .0.display())]
    OtherNames(PathBuf),
    /// Somebody else holds the lock.
    #[error("another awsenv keeps {} locked", .0.display())]
    Busy(PathBuf),
    /// Somebody else holds the lock, and has for long.
    #[error("another awsenv (process {holder}) keeps {} locked", path.display())]
    Held {
        /// The file.
        path: PathBuf,
        /// Process ID of the holder, or `?`.
        holder: String,
    },
    /// A directory in which others could replace the file.
    #[error("{} can be changed by other users, so nothing in it can be trusted", .0.display())]
    OpenDirectory(PathBuf),
    /// A directory of somebody else, who could do the same.
    #[error("{} belongs to another user, so nothing in it can be trusted, and nothing is put there", .0.display())]
    ForeignDirectory(PathBuf),
}

/// How sure it is that what was written outlives a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The disk has it, file and name.
    Durable,
    /// It is there for everybody to see, but the system would not say that the disk has it.
    Unconfirmed,
}

/// Tells a file or folder from every other, by whatever name it is reached.
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|about| (about.dev(), about.ino()))
}

impl Known for FileError {
    fn kind(&self) -> Kind {
        match self {
            Self::Io { .. } | Self::NotRegular(_) | Self::TooLarge { .. } => Kind::Usage,
            Self::NotPrivate(_) | Self::OtherNames(_) | Self::OpenDirectory(_) | Self::ForeignDirectory(_) => {
                Kind::Usage
            }
            Self::Busy(_) | Self::Held { .. } => Kind::Internal,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NotPrivate(path) => vec![format!("If its content is yours: chmod 600 '{}'.", path.display())],
            Self::OtherNames(path) => {
                let path = path.display();
                vec![format!(
                    "A backup program may have made it. A file of its own: cp -p '{path}' '{path}.new' && mv '{path}.new' '{path}'"
                )]
            }
            Self::OpenDirectory(path) => vec![format!("If it is yours: chmod go-w '{}'.", path.display())],
            Self::ForeignDirectory(_) if rustix::process::geteuid().is_root() => {
                vec!["You are root here: run it as the user whose home it is, without sudo.".to_owned()]
            }
            Self::ForeignDirectory(_) => Vec::new(),
            Self::Busy(_) | Self::Held { .. } => {
                vec!["Try again; if it stays so, look for an awsenv that was stopped.".to_owned()]
            }
            Self::Io { .. } | Self::NotRegular(_) | Self::TooLarge { .. } => Vec::new(),
        }
    }
}

/// Replaces a file of awsenv's own by one that only its owner can read. A symbolic link is replaced, not followed.
/// Directories that are missing are made, for the owner only.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, 0o600, Lasting::Synced).map(drop)
}

/// As [`write_private`], for what can be had again. It is not waited for until the disk has it, which takes longer than
/// all else that `use` does on this machine; a power cut may leave an empty file.
pub fn write_cache(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, 0o600, Lasting::Written).map(drop)
}

/// As [`write_private`], for what everybody may read, such as a manual page.
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, 0o644, Lasting::Written).map(drop)
}

/// Replaces a file that is the user's own, such as the settings: a symbolic link (into a repository of dotfiles) is
/// followed, and the mode stays as it is.
pub fn write_users_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => path.to_owned(),
        Err(error) => return Err(failed("resolve", path, error)),
    };
    let mode = match fs::metadata(&target) {
        Ok(old) if !old.is_file() => return Err(FileError::NotRegular(target)),
        Ok(old) => old.mode() & 0o777,
        Err(_) => 0o600,
    };
    replace(&target, bytes, mode, Lasting::Synced).map(drop)
}

/// The file that a symbolic link leads to, for what tools share by such a link. Where there is none, or it leads nowhere, the
/// path itself.
pub fn behind_link(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Fails where a file of this name could not be written. Leaves nothing but the directory.
pub fn can_write(path: &Path) -> Result<(), FileError> {
    let directory = make_parent(path)?;
    tempfile::tempfile_in(directory).map(drop).map_err(|error| failed("write", path, error))
}

/// Reads a file as far as it is a regular one of at most `max_bytes`; `None` where there is none. Never waits: a pipe in
/// its place is refused.
pub fn read_regular(path: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>, FileError> {
    match open_regular(path)? {
        Some(file) => read_all(file, path, max_bytes).map(Some),
        None => Ok(None),
    }
}

/// As [`read_regular`], for a file of awsenv's own: refused where it belongs to another user or others can use it.
pub fn read_private(path: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>, FileError> {
    let Some(file) = open_regular(path)? else { return Ok(None) };
    let about = file.metadata().map_err(|error| failed("read", path, error))?;
    if about.uid() != rustix::process::geteuid().as_raw() || about.mode() & 0o077 != 0 {
        return Err(FileError::NotPrivate(path.to_owned()));
    }
    read_all(file, path, max_bytes).map(Some)
}

/// What to do where a file to append to is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is an error.
    Error,
    /// It is made, for the owner only.
    Create,
}

/// Appends whole lines to a file that another program reads later, such as the runner of a CI: all of them or, where the
/// system refuses, none. No link is followed. What was there ends with a line break first.
pub fn append_lines(path: &Path, lines: &[u8], missing: Missing) -> Result<(), FileError> {
    let append_failed = |error| failed("append to", path, error);
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(missing == Missing::Create)
        .mode(0o600)
        .custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY))
        .open(path)
        .map_err(append_failed)?;
    let about = file.metadata().map_err(append_failed)?;
    if !about.is_file() {
        return Err(FileError::NotRegular(path.to_owned()));
    }
    let mut last = [b'\n'];
    if let Some(end) = about.len().checked_sub(1) {
        file.read_exact_at(&mut last, end).map_err(append_failed)?;
    }
    let bytes = if last == *b"\n" { Cow::Borrowed(lines) } else { Cow::Owned([b"\n", lines].concat()) };
    let written = (&file).write(&bytes).map_err(append_failed)?;
    if written < bytes.len() {
        file.set_len(about.len()).map_err(append_failed)?;
        return Err(append_failed(io::ErrorKind::StorageFull.into()));
    }
    Ok(())
}

/// As [`append_lines`], for a record of awsenv's own that must not grow for ever: once the file has so many bytes it is set
/// aside as `NAME.old`, in place of the one before.
pub fn append_bounded(path: &Path, lines: &[u8], max_bytes: u64) -> Result<(), FileError> {
    make_parent(path)?;
    if fs::symlink_metadata(path).is_ok_and(|about| about.len() >= max_bytes) {
        let mut old = OsString::from(path);
        old.push(".old");
        fs::rename(path, &old).map_err(|error| failed("set aside", path, error))?;
    }
    append_lines(path, lines, Missing::Create)
}

/// Removes a file of awsenv's own; one that is gone already is no failure.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, error)),
        _ => Ok(()),
    }
}

/// As [`remove`], for many: what cannot be removed does not keep the rest. How many there were, or the first failure.
pub fn remove_each<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Result<usize, FileError> {
    let (mut count, mut failed) = (0, Ok(()));
    for path in paths {
        match remove(path) {
            Ok(()) => count += 1,
            Err(error) => failed = failed.and(Err(error)),
        }
    }
    failed.map(|()| count)
}

/// How far a file must have got before its writer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasting {
    /// Other processes see it.
    Written,
    /// It outlives a power cut.
    Synced,
}

fn replace(path: &Path, bytes: &[u8], mode: u32, lasting: Lasting) -> Result<Saved, FileError> {
    let write_failed = |error| failed("write", path, error);
    let directory = make_parent(path)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    let mut new = Builder::new()
        .prefix(&name)
        .suffix(TEMPORARY)
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(&directory)
        .map_err(write_failed)?;
    heir::hand_over(new.as_file(), &directory).map_err(write_failed)?;
    new.write_all(bytes).map_err(write_failed)?;
    if mode != 0o600 {
        new.as_file().set_permissions(Permissions::from_mode(mode)).map_err(write_failed)?;
    }
    if lasting == Lasting::Synced {
        new.as_file().sync_all().map_err(write_failed)?;
    }
    let file = new.persist(path).map_err(|error| write_failed(error.error))?;
    // From here on the new content is what anybody sees. If the directory cannot be synced, only a power cut in the
    // next seconds could bring the old content back, whole.
    let synced = match lasting {
        Lasting::Synced => File::open(&directory).and_then(|directory| directory.sync_all()).is_ok(),
        Lasting::Written => false,
    };
    remove_abandoned(&directory, &name, &file);
    Ok(if synced { Saved::Durable } else { Saved::Unconfirmed })
}

/// Removes what writers of the same file left that were killed. Best effort.
fn remove_abandoned(directory: &Path, prefix: &OsString, newest: &File) {
    let Ok(now) = newest.metadata().and_then(|about| about.modified()) else { return };
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(prefix.as_encoded_bytes()) && name.ends_with(TEMPORARY.as_bytes()) {
            let modified = entry.metadata().and_then(|about| about.modified());
            if modified.is_ok_and(|then| now.duration_since(then).is_ok_and(|age| age > ABANDONED)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Makes the directory of a file, for the owner only, where it is missing.
fn make_parent(path: &Path) -> Result<PathBuf, FileError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let create_failed = |error| failed("create", parent, error);
    let missing = heir::missing(parent);
    DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(create_failed)?;
    heir::hand_over_folders(&missing).map_err(create_failed)?;
    Ok(parent.to_owned())
}

fn open_regular(path: &Path) -> Result<Option<File>, FileError> {
    let opened = OpenOptions::new().read(true).custom_flags(flags(OFlags::NONBLOCK | OFlags::NOCTTY)).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path, error)),
    };
    let about = file.metadata().map_err(|error| failed("read", path, error))?;
    if about.is_file() { Ok(Some(file)) } else { Err(FileError::NotRegular(path.to_owned())) }
}

fn read_all(file: File, path: &Path, max_bytes: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| failed("read", path, error))?;
    if bytes.len() as u64 > max_bytes {
        return Err(FileError::TooLarge { path: path.to_owned(), max: max_bytes });
    }
    Ok(bytes)
}

fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> FileError {
    FileError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
