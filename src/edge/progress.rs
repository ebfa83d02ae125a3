//! How far a long job is, on a terminal: one line that is written over, and gone at the end.

use super::host::Host;

/// Takes the line back, on every terminal that moves its cursor at all.
const BACK: &str = "\r\x1b[K";

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
        let shows = host.stderr_is_terminal && !dumb && !quiet;
        Self { host, shows, shown: String::new() }
    }

    /// Shows this in place of what was there: a short text of our own.
    pub fn show(&mut self, text: &str) {
        if self.shows && self.shown != text {
            self.write(&format!("{BACK}{text}"));
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
            self.write(BACK);
        }
    }
}
