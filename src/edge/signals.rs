//! Ending by a signal without leaving the shell in the old account.

use std::io;

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
    low_level::emulate_default_handler,
};

use super::process;

/// Kills the helper programs that run and calls `last_words` with the number of the first INT, TERM or HUP that arrives, then lets the process die of it.
pub fn before_death(last_words: impl FnOnce(i32) + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            process::kill_helpers();
            last_words(signal);
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok(())
}
