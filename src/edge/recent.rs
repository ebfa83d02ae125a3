//! Which profiles were used last, newest first, and what AWS said of them then: for the order of the picker.
//!
//! Facts about the last time, never about now. A damaged or missing file is an empty one.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    files::{self, FileError},
    host::Host,
};

/// Below the state directory.
const FILE: &str = "awsenv/recent.json";
const MAX_BYTES: u64 = 1 << 20;
/// How many are kept.
const MOST: usize = 200;
const VERSION: u32 = 1;

/// One use of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Used {
    /// Its name.
    pub profile: String,
    /// The account's ID; none after `--no-verify`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its name or alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The account's class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct File {
    version: u32,
    used: Vec<Used>,
}

/// The profiles that were used, newest first; whatever is wrong with the file, there are none.
pub fn load(host: &Host) -> Vec<Used> {
    path(host).map(|path| read(&path)).unwrap_or_default()
}

/// Puts one first.
pub fn remember(host: &Host, used: &Used) -> Result<(), FileError> {
    let Some(path) = path(host) else { return Ok(()) };
    // Mostly the same one again: then nothing is written.
    if read(&path).first() == Some(used) {
        return Ok(());
    }
    let _lock = files::lock(&files::lock_path(&path))?;
    let mut all = read(&path);
    all.retain(|other| other.profile != used.profile);
    all.insert(0, used.clone());
    all.truncate(MOST);
    let bytes = serde_json::to_vec(&File { version: VERSION, used: all }).map_err(|error| FileError::Io {
        action: "write",
        path: path.clone(),
        source: error.into(),
    })?;
    files::write_cache(&path, &bytes)
}

fn path(host: &Host) -> Option<PathBuf> {
    host.xdg("XDG_STATE_HOME", ".local/state").map(|state| state.join(FILE)).ok()
}

fn read(path: &Path) -> Vec<Used> {
    let Ok(Some(bytes)) = files::read_private(path, MAX_BYTES) else { return Vec::new() };
    let file: Option<File> = serde_json::from_slice(&bytes).ok();
    file.filter(|file| file.version == VERSION).map(|file| file.used).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use jiff::Timestamp;
    use tempfile::TempDir;

    use super::*;

    fn host(state: &Path) -> Host {
        Host::of([], [("XDG_STATE_HOME", state.as_os_str())], Timestamp::UNIX_EPOCH)
    }

    fn used(profile: &str) -> Used {
        Used {
            profile: profile.into(),
            account: Some("444455556666".into()),
            name: None,
            class: Some("staging".into()),
        }
    }

    fn names(state: &Path) -> Vec<String> {
        load(&host(state)).into_iter().map(|used| used.profile).collect()
    }

    #[test]
    fn the_last_one_comes_first_and_once() {
        let state = TempDir::new().unwrap();
        for name in ["a", "b", "a", "c", "c"] {
            remember(&host(state.path()), &used(name)).unwrap();
        }
        assert_eq!(names(state.path()), ["c", "a", "b"]);
        assert_eq!(
            fs::read_to_string(state.path().join(FILE)).unwrap().split("},").next(),
            Some(r#"{"version":1,"used":[{"profile":"c","account":"444455556666","class":"staging""#)
        );
        for number in 0..2 * MOST {
            remember(&host(state.path()), &used(&number.to_string())).unwrap();
        }
        assert_eq!(names(state.path()).len(), MOST);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test damages the file")]
    fn p8_a_damaged_file_is_an_empty_one() {
        let state = TempDir::new().unwrap();
        remember(&host(state.path()), &used("a")).unwrap();
        let good = fs::read(state.path().join(FILE)).unwrap();
        for bytes in [b"".as_slice(), b"{", b"\0\xff", b"[]", &good[..good.len() - 1]] {
            fs::write(state.path().join(FILE), bytes).unwrap();
            assert_eq!(names(state.path()), [""; 0]);
        }
        remember(&host(state.path()), &used("b")).unwrap();
        assert_eq!(names(state.path()), ["b"]);
        let mode = |path: &str| fs::metadata(state.path().join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("awsenv"), mode(FILE)), (0o700, 0o600), "for the owner alone");
        fs::set_permissions(state.path().join(FILE), fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(names(state.path()), [""; 0], "one that others could write is not believed");
    }

    #[test]
    fn without_a_place_to_write_nothing_is_remembered() {
        let nowhere = Host::of([], [("HOME", "")], Timestamp::UNIX_EPOCH);
        assert!(remember(&nowhere, &used("a")).is_ok());
        assert!(remember(&host(Path::new("/dev/null")), &used("a")).is_err());
    }
}
