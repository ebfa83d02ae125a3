//! Ending by a signal without leaving the shell in the old account, or a terminal without echo.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{
    consts::{SIGALRM, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU},
    flag,
    iterator::Signals,
    low_level::emulate_default_handler,
};

use super::{hidden, picker, process, progress};

/// True once somebody looks out for deadly signals.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// Sees to it that a deadly signal finds the terminal given back and the helper programs ended. Once is enough.
pub fn watch() -> io::Result<()> {
    if WATCHED.load(Ordering::SeqCst) { Ok(()) } else { before_death(|_| {}) }
}

/// Kills the helper programs that run, puts the terminal back, and calls `last_words` with the number of the first signal that arrives of those that end a process and can be caught, then lets the process die of it.
pub fn before_death(last_words: impl FnOnce(i32) + Send + 'static) -> io::Result<()> {
    let deadly = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF];
    // What the parent had ignored, as nohup does, stays so: for a command that `exec` becomes, too.
    let ignored = ignored();
    let mut signals = Signals::new(deadly.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0))?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            process::kill_helpers();
            picker::restore();
            hidden::give_back();
            progress::take_back();
            last_words(signal);
            let _ = emulate_default_handler(signal);
        }
    })?;
    WATCHED.store(true, Ordering::SeqCst);
    Ok(())
}

/// Lives on when the terminal goes: for a process that waits for another one there, and clears up after it. What it starts
/// ends as usual.
pub fn outlive_the_terminal() -> io::Result<()> {
    flag::register(SIGHUP, Arc::new(AtomicBool::new(false))).map(drop)
}

/// The signals that are ignored, one bit each, as far as the system says.
fn ignored() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}
