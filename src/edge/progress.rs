//! How far a long job is, on a terminal: one line that is written over, and gone at the end, also at that of a signal.

use std::{
    io::{self, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{host::Host, signals};

/// Takes the line back, on every terminal that moves its cursor at all.
const BACK: &str = "\r\x1b[K";

/// Whether the line is there. Locked while somebody writes.
static IS_SHOWN: Mutex<bool> = Mutex::new(false);

fn is_shown() -> MutexGuard<'static, bool> {
    IS_SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the line back, if there is one, and lets nobody write another. Called before a signal ends the process.
pub fn end() {
    let shown = is_shown();
    if *shown {
        let mut stderr = io::stderr();
        let _ = stderr.write_all(BACK.as_bytes()).and_then(|()| stderr.flush());
    }
    std::mem::forget(shown);
}

/// Shows progress on standard error; nothing where that is no terminal.
pub struct Progress<'a> {
    host: &'a mut Host,
    shows: bool,
    shown: String,
}

impl<'a> Progress<'a> {
    /// Begins; `quiet` shows nothing.
    pub fn new(host: &'a mut Host, quiet: bool) -> Self {
        let dumb = host.hint("TERM").is_none_or(|term| term == "dumb");
        // A line that a signal would leave behind is not begun.
        let shows = host.stderr_is_terminal && !dumb && !quiet && signals::watch().is_ok();
        Self { host, shows, shown: String::new() }
    }

    /// Shows this in place of what was there: a short text of our own.
    pub fn show(&mut self, text: &str) {
        if self.shows && self.shown != text {
            let mut is_shown = is_shown();
            self.write(&format!("{BACK}{text}"));
            *is_shown = true;
            self.shown = text.to_owned();
        }
    }

    /// A closed standard error is no reason to stop.
    fn write(&mut self, text: &str) {
        let _ = self.host.stderr.write_all(text.as_bytes()).and_then(|()| self.host.stderr.flush());
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if !self.shown.is_empty() {
            let mut is_shown = is_shown();
            self.write(BACK);
            *is_shown = false;
        }
    }
}
