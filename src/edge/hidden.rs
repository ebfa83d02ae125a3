//! Questions on the controlling terminal whose answer is not shown while it is typed: MFA codes, passphrases, keys.
//!
//! Echo is on again however the question ends: by an answer, by a signal that ends the process, and while it is stopped
//! (^Z). What was half typed by then is thrown away, so that it does not become the shell's next command.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{getpgrp, getsid},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use signal_hook::{
    SigId,
    consts::SIGTSTP,
    flag,
    low_level::{emulate_default_handler, pipe, unregister},
};
use zeroize::Zeroizing;

use super::{signals, terminal};

/// The longest answer: what a terminal takes as one line.
const ANSWER_MAX: usize = 4096;

/// The terminal that a question has silenced, as it was before.
static SILENCED: Mutex<Option<(File, Termios)>> = Mutex::new(None);
/// Whether ^Z stops the process at once, as it does while no question is asked; there once one was.
static STOPS_AT_ONCE: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Asks on the controlling terminal, whatever the standard streams are. `None` where there is none, or no answer.
pub fn ask(question: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let Some(mut questions) = Questions::begin()? else { return Ok(None) };
    let answer = questions.ask(question)?;
    questions.done();
    Ok(answer)
}

/// Questions on the controlling terminal that belong together, such as the tries for a passphrase: nothing is shown while an
/// answer is checked either, and what is typed by then is thrown away.
///
/// A signal that ends the process ends it as ever, with echo on again; ^Z stops it, and the question comes again. While an
/// answer is checked, ^Z waits for what comes next.
pub struct Questions {
    terminal: File,
    stops: Stops,
}

impl Questions {
    /// `None` where there is no terminal.
    pub fn begin() -> io::Result<Option<Self>> {
        let Some(terminal) = terminal::controlling() else { return Ok(None) };
        signals::watch()?;
        Ok(Some(Self { terminal, stops: Stops::watch()? }))
    }

    /// Asks one. `None` where there is no answer.
    pub fn ask(&mut self, question: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        loop {
            silence(&self.terminal)?;
            self.terminal.write_all(question.as_bytes())?;
            self.terminal.flush()?;
            match read_line(&mut self.terminal, &self.stops)? {
                Typed::Line(line) => return Ok(Some(line)),
                Typed::Nothing => return Ok(None),
                Typed::Stop => {
                    give_back();
                    self.terminal.write_all(b"\n")?;
                    emulate_default_handler(SIGTSTP)?;
                }
            }
        }
    }

    /// There is nothing to check: the next question may have been answered already.
    pub fn done(self) {
        restore(OptionalActions::Now);
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        give_back();
        if self.stops.is_due() {
            let _ = emulate_default_handler(SIGTSTP);
        }
    }
}

/// The same, for an answer that is text.
pub fn ask_text(question: &str) -> io::Result<Option<Zeroizing<String>>> {
    let answer = ask(question)?;
    Ok(answer.map(|answer| Zeroizing::new(String::from_utf8_lossy(&answer).into_owned())))
}

/// Puts the terminal back as it was, if a question silenced it, and throws away what was typed and not read. Called before
/// a signal ends or stops the process.
pub fn give_back() {
    restore(OptionalActions::Flush);
}

fn restore(what_was_typed: OptionalActions) {
    if let Some((terminal, before)) = silenced().take() {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&terminal, what_was_typed, &before);
    }
}

fn silenced() -> MutexGuard<'static, Option<(File, Termios)>> {
    SILENCED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Switches the echo off, unless a question before has done so, and throws away what was typed ahead: it was typed for
/// something else.
fn silence(terminal: &File) -> io::Result<()> {
    let mut silenced = silenced();
    let before = match &*silenced {
        Some((_, before)) => before.clone(),
        None => tcgetattr(terminal)?,
    };
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHOE | LocalModes::ECHOK);
    // The line's end is shown, so that one sees that it was taken.
    quiet.local_modes.insert(LocalModes::ECHONL);
    *silenced = Some((terminal.try_clone()?, before));
    Ok(tcsetattr(terminal, OptionalActions::Flush, &quiet)?)
}

/// Notices ^Z in place of its default action.
struct Stops {
    came: UnixStream,
    id: SigId,
    at_once: &'static AtomicBool,
}

impl Stops {
    fn watch() -> io::Result<Self> {
        let (came, comes) = UnixStream::pair()?;
        let id = pipe::register(SIGTSTP, comes)?;
        let at_once: &'static AtomicBool = match STOPS_AT_ONCE.get() {
            Some(at_once) => at_once,
            None => {
                // Once: from the end of a question on, each of these would stop the process.
                let at_once = Arc::new(AtomicBool::new(false));
                flag::register_conditional_default(SIGTSTP, Arc::clone(&at_once))?;
                STOPS_AT_ONCE.get_or_init(|| at_once)
            }
        };
        at_once.store(false, Ordering::SeqCst);
        Ok(Self { came, id, at_once })
    }

    /// Waits for something to read; false where ^Z came first.
    fn wait_for(&self, terminal: &File) -> io::Result<bool> {
        loop {
            let mut both = [
                PollFd::from_borrowed_fd(terminal.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(self.came.as_fd(), PollFlags::IN),
            ];
            match poll(&mut both, None) {
                Ok(_) => {}
                Err(error) if error == rustix::io::Errno::INTR => continue,
                Err(error) => return Err(error.into()),
            }
            if both[1].revents().is_empty() {
                return Ok(true);
            }
            let _ = (&self.came).read(&mut [0; 64])?;
            if can_go_on() {
                return Ok(false);
            }
        }
    }

    /// True if ^Z came, and nobody waited for it.
    fn is_due(&self) -> bool {
        let mut came = [PollFd::from_borrowed_fd(self.came.as_fd(), PollFlags::IN)];
        poll(&mut came, Some(&Timespec::default())).is_ok_and(|came| came > 0) && can_go_on()
    }
}

impl Drop for Stops {
    fn drop(&mut self) {
        unregister(self.id);
        self.at_once.store(can_go_on(), Ordering::SeqCst);
    }
}

/// Whether a shell above would let this process go on once it is stopped. None would in the group of the session's leader, nor
/// where a shell waits for the output: it has not begun a job, and would wait for ever.
fn can_go_on() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp()) && io::stdout().is_terminal()
}

/// What came.
enum Typed {
    /// A line, without its end.
    Line(Zeroizing<Vec<u8>>),
    /// The end of input.
    Nothing,
    /// ^Z.
    Stop,
}

/// Reads to the line's end, byte by byte: what comes after it belongs to the next question.
fn read_line(terminal: &mut File, stops: &Stops) -> io::Result<Typed> {
    let mut line = Zeroizing::new(Vec::with_capacity(ANSWER_MAX));
    let mut byte = Zeroizing::new([0]);
    while line.len() < ANSWER_MAX {
        if !stops.wait_for(terminal)? {
            return Ok(Typed::Stop);
        }
        match terminal.read(&mut *byte) {
            Ok(0) => return Ok(Typed::Nothing),
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Typed::Line(line))
}
