//! The record of what the vault's agent gave out: to which process, and when; never a secret.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::{files, host::Host};
use crate::core::credentials::rfc3339;

/// Below the state directory.
const FILE: &str = "awsenv/vault.log";
/// A thousand lines and more; as much again is in the file of before.
const MAX_BYTES: u64 = 256 << 10;

/// The record.
#[derive(Debug)]
pub struct VaultLog {
    path: PathBuf,
    began: Timestamp,
    one_at_a_time: Mutex<()>,
}

impl VaultLog {
    /// The user's own, begun now. `None` where there is no place for it.
    pub fn begin(host: &Host) -> Option<Self> {
        let state = host.xdg("XDG_STATE_HOME", ".local/state").ok()?;
        Some(Self { path: state.join(FILE), began: host.now(), one_at_a_time: Mutex::default() })
    }

    /// Notes that a profile was given out, so many seconds after the begin. Where nothing can be written, nothing is: that is
    /// no reason to refuse people their keys.
    pub fn given_out(&self, profile: &str, process: Option<u32>, seconds: u64) {
        let since = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0));
        let time = self.began.checked_add(since).map(rfc3339).unwrap_or_default();
        let parent = process.and_then(parent);
        let line = serde_json::json!({
            "time": time,
            "profile": profile,
            "pid": process,
            "exe": process.and_then(program),
            "parent_pid": parent,
            "parent_exe": parent.and_then(program),
        });
        let _one = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = files::append_bounded(&self.path, format!("{line}\n").as_bytes(), MAX_BYTES);
    }
}

/// The program of a process: its file, or at least its name. awsenv itself, which nobody may look into, has only that.
fn program(process: u32) -> Option<String> {
    let of = Path::new("/proc").join(process.to_string());
    let file = fs::read_link(of.join("exe")).ok().map(|file| file.to_string_lossy().into_owned());
    file.or_else(|| fs::read_to_string(of.join("comm")).ok().map(|name| name.trim_end().to_owned()))
}

fn parent(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn p4_the_record_is_private_and_does_not_grow_for_ever() {
        let home = TempDir::new().unwrap();
        let host = Host::of([], [("XDG_STATE_HOME", home.path().as_os_str())], Timestamp::UNIX_EPOCH);
        let log = VaultLog::begin(&host).unwrap();
        let own = std::process::id();
        log.given_out("de\u{1b}ploy", Some(own), 61);
        let path = home.path().join(FILE);
        let line: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!((&line["time"], &line["profile"]), (&"1970-01-01T00:01:01Z".into(), &"de\u{1b}ploy".into()));
        assert_eq!((line["pid"].as_u64(), line["exe"].is_string()), (Some(own.into()), cfg!(target_os = "linux")));
        assert!(!fs::read_to_string(&path).unwrap().contains('\u{1b}'));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let long = "x".repeat(60_000);
        for _ in 0..20 {
            log.given_out(&long, None, 0);
        }
        let size = |path: &Path| fs::metadata(path).unwrap().len();
        let old = path.with_extension("log.old");
        assert!(size(&path) < 2 * MAX_BYTES && size(&old) < 2 * MAX_BYTES);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
    }
}
