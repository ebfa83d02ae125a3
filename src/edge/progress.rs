//! How far a long job is, on a terminal: one line that is written over, and gone at the end.

use std::{
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{host::Host, signals};

/// Takes the line back, on every terminal that moves its cursor at all.
const BACK: &str = "\r\x1b[K";
/// True while there is a line.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Takes the line back, if there is one. Called before a signal ends the process, too.
pub fn take_back() {
    if SHOWN.swap(false, Ordering::SeqCst) {
        write(BACK);
    }
}

/// Shows progress on standard error; nothing where that is no terminal.
#[derive(Debug)]
pub struct Progress {
    shows: bool,
    shown: String,
}

impl Progress {
    /// Begins; `quiet` shows nothing.
    pub fn new(host: &Host, quiet: bool) -> Self {
        let dumb = host.hint("TERM").is_none_or(|term| term == "dumb");
        Self { shows: host.stderr_is_terminal && !dumb && !quiet, shown: String::new() }
    }

    /// Whether anything is shown.
    pub fn shows(&self) -> bool {
        self.shows
    }

    /// Shows this in place of what was there: a short text of our own.
    pub fn show(&mut self, text: &str) {
        if !self.shows || self.shown == text {
            return;
        }
        // Without the watch a signal leaves the line where it is.
        let _ = signals::watch();
        SHOWN.store(true, Ordering::SeqCst);
        write(&format!("{BACK}{text}"));
        self.shown = text.to_owned();
    }

    /// Takes the line back, for something else to be said.
    pub fn clear(&mut self) {
        self.shown.clear();
        take_back();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A closed standard error is no reason to stop.
fn write(text: &str) {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
