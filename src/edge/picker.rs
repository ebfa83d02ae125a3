//! The picker on the controlling terminal: standard output is the shell's, which evaluates it.
//!
//! However it ends, the terminal is as it was: by a key, an error or a panic (a guard restores it), or by a signal (which
//! calls [`restore`]).

use std::{
    fs::File,
    io::{self, Read, Write},
    sync::{Mutex, PoisonError},
};

use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use super::terminal::paint;
use crate::core::{
    picker::{Picker, Step, keys},
    style::Look,
};

/// Erases from the cursor on and shows the cursor.
const CLEAN: &str = "\r\x1b[J\x1b[?25h";
/// The least rows that a terminal has for a list.
const HEIGHT_UNKNOWN: usize = 24;

/// The terminal that is not as it was, and how it was.
static CHANGED: Mutex<Option<(File, Termios, bool)>> = Mutex::new(None);

/// Puts the terminal back as it was, if it is not.
pub fn restore() {
    let Some((mut terminal, before, drawn)) = CHANGED.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return;
    };
    // A terminal that is gone needs nothing any more.
    if drawn {
        let _ = terminal.write_all(CLEAN.as_bytes());
    }
    let _ = tcsetattr(&terminal, OptionalActions::Flush, &before);
}

/// A terminal that is put back when this is dropped.
#[derive(Debug)]
pub struct Kept(());

impl Drop for Kept {
    fn drop(&mut self) {
        restore();
    }
}

/// Remembers how the terminal is, for another program that will change it.
pub fn keep(terminal: &File) -> io::Result<Kept> {
    remember(terminal, false).map(|_| Kept(()))
}

fn remember(terminal: &File, drawn: bool) -> io::Result<Termios> {
    let before = tcgetattr(terminal)?;
    let copy = terminal.try_clone()?;
    *CHANGED.lock().unwrap_or_else(PoisonError::into_inner) = Some((copy, before.clone(), drawn));
    Ok(before)
}

/// Has a profile picked. `None` where the user leaves without one.
pub fn pick(terminal: &mut File, picker: &mut Picker, look: &Look) -> io::Result<Option<usize>> {
    let before = remember(terminal, true)?;
    let _kept = Kept(());
    let mut raw = before;
    raw.make_raw();
    // A read ends after a tenth of a second without a key: so a lone ESC is told from the beginning of a sequence, and a
    // terminal that changed its size is noticed.
    raw.special_codes[SpecialCodeIndex::VMIN] = 0;
    raw.special_codes[SpecialCodeIndex::VTIME] = 1;
    tcsetattr(&*terminal, OptionalActions::Flush, &raw)?;

    let (mut pending, mut size) = (Vec::new(), None);
    loop {
        let now = tcgetwinsize(&*terminal)?;
        let now = (usize::from(now.ws_col), usize::from(now.ws_row));
        if size != Some(now) {
            size = Some(now);
            draw(terminal, picker, look, now)?;
        }
        let mut buffer = [0; 256];
        let count = match terminal.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        pending.extend_from_slice(&buffer[..count]);
        let (pressed, taken) = keys(&pending, count == 0);
        pending.drain(..taken);
        if pressed.is_empty() {
            continue;
        }
        for key in pressed {
            match picker.press(key) {
                Step::Go => {}
                Step::Picked(at) => return Ok(Some(at)),
                Step::Cancelled => return Ok(None),
            }
        }
        draw(terminal, picker, look, now)?;
    }
}

/// Draws the lines below the cursor and goes back to the first of them.
fn draw(terminal: &mut File, picker: &mut Picker, look: &Look, (width, height): (usize, usize)) -> io::Result<()> {
    let look = Look { width: if width > 0 { width } else { look.width }, ..*look };
    let (lines, column) = picker.lines(&look, if height > 0 { height } else { HEIGHT_UNKNOWN });
    let painted = paint(&lines, &look);
    let mut text = format!("\x1b[?25l\r\x1b[J{}\r", painted.trim_end_matches('\n').replace('\n', "\r\n"));
    if lines.len() > 1 {
        text.push_str(&format!("\x1b[{}A", lines.len() - 1));
    }
    if column > 0 {
        text.push_str(&format!("\x1b[{column}C"));
    }
    text.push_str("\x1b[?25h");
    terminal.write_all(text.as_bytes())
}
