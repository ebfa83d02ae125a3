//! Sessions kept between runs, and within one.
//!
//! Within a run every session is kept, so that no MFA code is asked for twice. Between runs none is, unless the user said
//! that files may hold them: one private file each, whose name is the key. A file that is damaged, readable by others or
//! past its time is a miss. The files hold the credentials as they are; a vault will seal them here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    files::{self, FileError, Lock},
    host::Host,
};
use crate::core::kept::{About, Kept, KeptIdentity, SessionKey};

/// Below the cache directory.
const FOLDER: &str = "awsenv/sessions";
/// A session's token is 32 KiB at the most.
const MAX_BYTES: u64 = 64 << 10;
const ENDING: &str = "json";

/// The sessions of a run, and those that the files hold.
#[derive(Debug)]
pub struct Sessions {
    folder: Option<PathBuf>,
    now: Timestamp,
    held: Mutex<BTreeMap<SessionKey, Kept>>,
}

impl Sessions {
    /// Keeps sessions for this run alone.
    pub fn of_this_run(now: Timestamp) -> Self {
        Self { folder: None, now, held: Mutex::default() }
    }

    /// Keeps sessions in files, too; for this run alone where there is no place for them.
    pub fn in_files(host: &Host) -> Self {
        Self { folder: folder(host), ..Self::of_this_run(host.now()) }
    }

    /// The session of this key, as long as it may be used.
    pub fn get(&self, key: &SessionKey) -> Option<Kept> {
        if let Some(kept) = self.held().get(key) {
            return Some(kept.clone()).filter(|kept| kept.is_good(self.now));
        }
        let path = self.folder.as_deref().map(|folder| file(folder, key))?;
        read(&path).and_then(|bytes| Kept::decode(key, &bytes)).filter(|kept| kept.is_good(self.now))
    }

    /// Keeps a session for this run.
    pub fn hold(&self, key: SessionKey, kept: Kept) {
        self.held().insert(key, kept);
    }

    /// Writes sessions of this run into the files, where there are any.
    pub fn write(&self, keys: &[SessionKey]) -> Result<(), FileError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let held = self.held();
        let mut new = keys.iter().filter_map(|key| Some((key, held.get(key)?.encode(key)?))).peekable();
        if new.peek().is_none() {
            return Ok(());
        }
        let _lock = lock(folder)?;
        for (key, bytes) in new {
            files::write_cache(&file(folder, key), &bytes)?;
        }
        // Secrets are not left lying about after their time.
        for (path, kept) in all(folder) {
            if kept.is_none_or(|kept| kept.credentials.is_expired(self.now)) {
                files::remove(&path)?;
            }
        }
        Ok(())
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

/// The sessions in the files that can be read and have not ended, those that end first at the front.
pub fn list(host: &Host) -> Vec<Kept> {
    let Some(folder) = folder(host) else { return Vec::new() };
    let good = all(&folder).into_iter().filter_map(|(_, kept)| kept);
    let mut good: Vec<Kept> = good.filter(|kept| !kept.credentials.is_expired(host.now())).collect();
    good.sort_by(|a, b| (a.credentials.expires, &a.about.name).cmp(&(b.credentials.expires, &b.about.name)));
    good
}

/// Removes all that the files hold, and says how many sessions there were.
pub fn remove_all(host: &Host) -> Result<usize, FileError> {
    let Some(folder) = folder(host).filter(|folder| folder.is_dir()) else { return Ok(0) };
    let _lock = lock(&folder)?;
    let files = all(&folder);
    for (path, _) in &files {
        files::remove(path)?;
    }
    Ok(files.len())
}

/// Removes those that the files hold of sessions like that, and says how many there were.
pub fn remove_those(host: &Host, of: &dyn Fn(&About) -> bool) -> Result<usize, FileError> {
    let Some(folder) = folder(host).filter(|folder| folder.is_dir()) else { return Ok(0) };
    let _lock = lock(&folder)?;
    let mut count = 0;
    for (path, kept) in all(&folder) {
        if kept.is_some_and(|kept| of(&kept.about)) {
            files::remove(&path)?;
            count += 1;
        }
    }
    Ok(count)
}

fn folder(host: &Host) -> Option<PathBuf> {
    host.xdg("XDG_CACHE_HOME", ".cache").ok().map(|cache| cache.join(FOLDER))
}

fn file(folder: &Path, key: &SessionKey) -> PathBuf {
    folder.join(key.as_str()).with_extension(ENDING)
}

fn lock(folder: &Path) -> Result<Lock, FileError> {
    files::lock(&folder.join("lock"))
}

/// Every file of a session, with what it holds as far as it can be read.
fn all(folder: &Path) -> Vec<(PathBuf, Option<Kept>)> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let sessions = paths.filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
    sessions
        .map(|path| (path.clone(), read(&path).and_then(|bytes| Kept::decode_any(&bytes)).map(|(_, kept)| kept)))
        .collect()
}

fn read(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    files::read_private(path, MAX_BYTES).ok().flatten().map(Zeroizing::new)
}
