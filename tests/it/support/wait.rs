//! Waiting for what another process does in its own time.

use std::{
    fmt::Debug,
    thread,
    time::{Duration, Instant},
};

/// Long enough for a loaded machine: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again, until the answer is this.
#[track_caller]
pub(crate) fn wait<T: PartialEq + Debug>(what: &str, expect: &T, mut ask: impl FnMut() -> T) {
    let start = Instant::now();
    loop {
        let found = ask();
        if found == *expect {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: {found:?} never became {expect:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
