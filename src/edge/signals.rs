//! Ending by a signal without leaving the shell in the old account, or a terminal without echo.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use signal_hook::{
    consts::{SIGALRM, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU},
    iterator::Signals,
    low_level::emulate_default_handler,
};

use super::{hidden, picker, process};

/// Whether a thread waits for signals.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// Kills the helper programs that run, puts the terminal back, and calls `last_words` with the number of the first signal that arrives of those that end a process and can be caught, then lets the process die of it.
pub fn before_death(last_words: impl FnOnce(i32) + Send + 'static) -> io::Result<()> {
    let deadly = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF];
    let mut signals = Signals::new(deadly)?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            process::kill_helpers();
            picker::restore();
            hidden::restore();
            last_words(signal);
            let _ = emulate_default_handler(signal);
        }
    })?;
    WATCHED.store(true, Ordering::SeqCst);
    Ok(())
}

/// As [`before_death`], with nothing to say: for a question that has silenced the terminal.
pub(super) fn restore_before_death() -> io::Result<()> {
    if WATCHED.load(Ordering::SeqCst) { Ok(()) } else { before_death(|_| {}) }
}
