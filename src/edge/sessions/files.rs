//! The shelf of files: one private file for each session, whose name is the key. The files hold the credentials as they are,
//! so they are written only where the settings say so.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{New, NotKept, Shelf};
use crate::{
    core::kept::{About, Kept, SessionKey},
    edge::{
        files::{self, FileError, Lock, Turn},
        host::Host,
    },
};

/// Below the cache directory.
const FOLDER: &str = "awsenv/sessions";
/// A session's token is 32 KiB at the most.
const MAX_BYTES: u64 = 64 << 10;
const ENDING: &str = "json";
/// While a run is asked for the MFA code of a session.
const TURN: &str = "turn";

/// Where sessions are kept in files, and runs take turns wherever they are kept.
pub fn folder(host: &Host) -> Option<PathBuf> {
    host.xdg("XDG_CACHE_HOME", ".cache").ok().map(|cache| cache.join(FOLDER))
}

/// The file of a session's turn.
pub(super) fn turn(folder: &Path, key: &SessionKey) -> PathBuf {
    folder.join(key.as_str()).with_extension(TURN)
}

/// The files.
#[derive(Clone, Debug)]
pub struct Files(PathBuf);

impl Files {
    /// Those of this user. `None` where there is no place for them.
    pub fn of(host: &Host) -> Option<Self> {
        folder(host).map(Self)
    }

    fn file(&self, key: &SessionKey) -> PathBuf {
        self.0.join(key.as_str()).with_extension(ENDING)
    }

    fn lock(&self) -> Result<Lock, FileError> {
        files::lock(&self.0.join("lock"))
    }

    /// Removes files by what they hold, as far as it can be read, and says how many there were.
    fn remove(&self, which: impl Fn(Option<&Kept>) -> bool) -> Result<usize, NotKept> {
        if !self.0.is_dir() {
            return Ok(0);
        }
        let _lock = self.lock()?;
        // What a writer that was killed left holds secrets, too.
        files::remove_unfinished(&self.0);
        self.paths(TURN).iter().for_each(|path| Turn::remove_left(path));
        let files: Vec<_> = self.every().into_iter().filter(|(_, kept)| which(kept.as_ref())).collect();
        Ok(files::remove_each(files.iter().map(|(path, _)| path.as_path()))?)
    }

    /// Every file of a session, with what it holds as far as it can be read.
    fn every(&self) -> Vec<(PathBuf, Option<Kept>)> {
        let kept = |path: &Path| read(path).and_then(|bytes| Kept::decode_any(&bytes)).map(|(_, kept)| kept);
        self.paths(ENDING).into_iter().map(|path| (path.clone(), kept(&path))).collect()
    }

    fn paths(&self, ending: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs_err::read_dir(&self.0) else { return Vec::new() };
        let paths = entries.flatten().map(|entry| entry.path());
        paths.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
    }
}

impl Shelf for Files {
    fn get(&self, key: &SessionKey) -> Option<Zeroizing<Vec<u8>>> {
        read(&self.file(key))
    }

    fn put(&self, new: &[New], now: Timestamp) -> Result<(), NotKept> {
        let _lock = self.lock()?;
        files::remove_unfinished(&self.0);
        for New { key, bytes, .. } in new {
            files::write_cache(&self.file(key), bytes)?;
        }
        // Secrets are not left lying about after their time.
        for (path, kept) in self.every() {
            if kept.is_none_or(|kept| kept.credentials.is_expired(now)) {
                files::remove(&path)?;
            }
        }
        Ok(())
    }

    fn all(&self) -> Vec<Kept> {
        self.every().into_iter().filter_map(|(_, kept)| kept).collect()
    }

    fn remove_all(&self) -> Result<usize, NotKept> {
        self.remove(|_| true)
    }

    fn remove_those(&self, of: &dyn Fn(&About) -> bool) -> Result<usize, NotKept> {
        self.remove(|kept| kept.is_some_and(|kept| of(&kept.about)))
    }
}

fn read(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    files::read_private(path, MAX_BYTES).ok().flatten().map(Zeroizing::new)
}
