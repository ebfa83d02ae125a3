//! Questions on the controlling terminal whose answer is not shown while it is typed.
//!
//! Echo is on again however the question ends: by an answer, by a signal that ends the process, and while it is stopped.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use signal_hook::{
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

/// Asks on the controlling terminal, whatever the standard streams are. `None` where there is none, or no answer.
///
/// A signal that ends the process ends it as ever, with echo on again; ^Z stops it, and the question comes again.
pub fn ask(question: &str) -> io::Result<Option<Zeroizing<String>>> {
    let Some(mut terminal) = terminal::controlling() else { return Ok(None) };
    signals::watch()?;
    let stops = Stops::watch()?;
    let mut silence = Silence::begin(&terminal)?;
    let answer = loop {
        terminal.write_all(question.as_bytes())?;
        terminal.flush()?;
        if stops.wait_for(&terminal)? {
            break read_line(&mut terminal)?;
        }
        drop(silence);
        terminal.write_all(b"\n")?;
        emulate_default_handler(SIGTSTP)?;
        silence = Silence::begin(&terminal)?;
    };
    drop(silence);
    // The line end that was typed was not shown either.
    terminal.write_all(b"\n")?;
    Ok(answer)
}

/// Switches echo on again, if a question switched it off.
pub(super) fn restore() {
    if let Some((terminal, before)) = silenced().take() {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &before);
    }
}

fn silenced() -> MutexGuard<'static, Option<(File, Termios)>> {
    SILENCED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Echo is off while this lives.
struct Silence;

impl Silence {
    fn begin(terminal: &File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        *silenced() = Some((terminal.try_clone()?, before));
        // What was typed ahead was typed for something else.
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        restore();
    }
}

/// Notices ^Z in place of its default action.
struct Stops {
    came: UnixStream,
    id: signal_hook::SigId,
    over: Arc<AtomicBool>,
}

impl Stops {
    fn watch() -> io::Result<Self> {
        let (came, comes) = UnixStream::pair()?;
        let over = Arc::new(AtomicBool::new(false));
        let id = pipe::register(SIGTSTP, comes)?;
        // From the end of the question on it stops the process as ever.
        flag::register_conditional_default(SIGTSTP, Arc::clone(&over))?;
        Ok(Self { came, id, over })
    }

    /// Waits for a line to read; false where ^Z came first.
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
            if !both[1].revents().is_empty() {
                let _ = (&self.came).read(&mut [0; 64])?;
                return Ok(false);
            }
            return Ok(true);
        }
    }
}

impl Drop for Stops {
    fn drop(&mut self) {
        unregister(self.id);
        self.over.store(true, Ordering::SeqCst);
    }
}

fn read_line(terminal: &mut File) -> io::Result<Option<Zeroizing<String>>> {
    let mut bytes = Zeroizing::new([0; ANSWER_MAX]);
    let count = loop {
        match terminal.read(bytes.as_mut_slice()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes[..count]).into_owned());
    Ok((count > 0).then(|| Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
}
