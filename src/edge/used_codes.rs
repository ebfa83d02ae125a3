//! Which one-time codes were used last, between runs: AWS takes each once. No code and no secret is in the file.

use std::{collections::BTreeMap, path::Path};

use sha2::{Digest, Sha256};

use super::{
    files::{self, FileError},
    host::Host,
};
use crate::core::{hex::hex, totp::next_period};

/// Below the state directory.
const FILE: &str = "awsenv/used-codes.json";
/// Thousands of devices.
const MAX_BYTES: u64 = 1 << 20;

/// Takes a period of this device for one request, so that nobody else does: now, or the first that is free.
pub fn take_period(host: &Host, serial: &str, now: u64) -> Result<u64, FileError> {
    // Without a home, nothing is remembered.
    let Ok(state) = host.xdg("XDG_STATE_HOME", ".local/state") else { return Ok(now) };
    let path = state.join(FILE);
    let _lock = files::lock(&files::lock_path(&path))?;
    let mut used = read(&path);
    let device = hex(&Sha256::digest(serial)[..8]);
    let period = next_period(used.get(&device).copied(), now);
    used.insert(device, period);
    let bytes = serde_json::to_vec(&used).unwrap_or_default();
    files::write_cache(&path, &bytes)?;
    Ok(period)
}

/// What is damaged is as if it were not there.
fn read(path: &Path) -> BTreeMap<String, u64> {
    let bytes = files::read_private(path, MAX_BYTES).ok().flatten().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}
