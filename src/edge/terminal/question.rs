//! Questions whose answer must not be seen: the terminal's echo is off meanwhile, and on again however it ends.
//!
//! A death by a signal gives the terminal back first, and what was half typed is thrown away, so that it does not become
//! the shell's next command. While the process is stopped (^Z) the echo is on, and off again when it goes on.

use std::{
    fs::File,
    io::{self, Read, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::{
    process::{getpid, getsid},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use signal_hook::{consts::SIGTSTP, iterator::Signals, low_level::emulate_default_handler};
use zeroize::Zeroizing;

use super::{ANSWER_MAX, controlling};
use crate::edge::signals;

/// The terminal whose echo is off, and what it was like before.
static HIDDEN: Mutex<Option<Hidden>> = Mutex::new(None);

struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn hide(&self) -> io::Result<()> {
        let mut quiet = self.before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ECHOK);
        // The line's end is shown, so that one sees that it was taken.
        quiet.local_modes.insert(LocalModes::ECHONL);
        // What was typed before the question is no answer to it.
        Ok(tcsetattr(&self.terminal, OptionalActions::Flush, &quiet)?)
    }
}

/// Asks on the controlling terminal, without showing the answer. `None` where there is none, or no answer.
pub fn ask_secret(prompt: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(mut terminal) = controlling() else { return Ok(None) };
    signals::watch()?;
    let mut stops = Signals::new([SIGTSTP])?;
    let hidden = Hidden { before: tcgetattr(&terminal)?, terminal: terminal.try_clone()? };
    hidden.hide()?;
    *lock() = Some(hidden);
    let _end = GiveBack(stops.handle());
    let (mut screen, shown) = (terminal.try_clone()?, prompt.to_owned());
    std::thread::Builder::new().name("stops".into()).spawn(move || {
        for _ in &mut stops {
            stop(&mut screen, &shown);
        }
    })?;
    terminal.write_all(prompt.as_bytes())?;
    terminal.flush()?;
    read_line(&mut terminal)
}

/// Puts the terminal back as it was, and throws away what was typed and not read. Called before a signal ends the process.
pub fn give_back() {
    if let Some(hidden) = lock().take() {
        let _ = tcsetattr(&hidden.terminal, OptionalActions::Flush, &hidden.before);
    }
}

/// Gives the terminal back at the end of a question.
struct GiveBack(signal_hook::iterator::Handle);

impl Drop for GiveBack {
    fn drop(&mut self) {
        self.0.close();
        if let Some(hidden) = lock().take() {
            // The next question may have been answered already.
            let _ = tcsetattr(&hidden.terminal, OptionalActions::Now, &hidden.before);
        }
    }
}

/// Stops the process with the echo on, and asks again when it goes on.
fn stop(screen: &mut File, prompt: &str) {
    // Whoever leads a session has no shell above that could let it go on.
    if getsid(None).is_ok_and(|leader| leader == getpid()) {
        return;
    }
    {
        let hidden = lock();
        let Some(hidden) = hidden.as_ref() else { return };
        let _ = tcsetattr(&hidden.terminal, OptionalActions::Flush, &hidden.before);
    }
    let _ = emulate_default_handler(SIGTSTP);
    let hidden = lock();
    let Some(hidden) = hidden.as_ref() else { return };
    let _ = hidden.hide();
    let _ = screen.write_all(prompt.as_bytes());
}

/// Reads to the line's end, byte by byte: what comes after it belongs to the next question.
fn read_line(terminal: &mut File) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let most = usize::try_from(ANSWER_MAX).unwrap_or(usize::MAX);
    let mut line = Zeroizing::new(Vec::with_capacity(most));
    let mut byte = Zeroizing::new([0]);
    while line.len() < most {
        if terminal.read(&mut *byte)? == 0 {
            return Ok(None);
        }
        if byte[0] == b'\n' {
            break;
        }
        line.push(byte[0]);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

fn lock() -> MutexGuard<'static, Option<Hidden>> {
    HIDDEN.lock().unwrap_or_else(PoisonError::into_inner)
}
