//! The picker of `awsenv use` without a name: what is typed, what fits, which line is chosen, and how it looks.
//!
//! Pure: keys in, lines out. Which profile is meant is a number, the place in the list that was given; no shown text is ever
//! read back. What a line says of an account is what the files pin the profile to; what AWS said the last time stands
//! behind `last:`, and is no promise for the next (promise P1).

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use unicode_width::UnicodeWidthStr;

use super::style::{Label, Line, Look};

/// The widest that a name may make its column.
const NAME_MOST: usize = 36;
/// The most lines for profiles: enough to see, few enough to leave the talk above in sight.
const ROWS_MOST: usize = 15;
/// The longest text that is searched for.
const QUERY_MOST: usize = 256;
const PROMPT: &str = "Profile: ";
/// What the lines say of accounts.
pub const HEADING: &str = "pinned: what the files say, not verified";

/// A profile to choose. All texts are safe for the terminal already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// The account that it is pinned to, with its class and name. Nobody has verified it, so it has no colour.
    pub pinned: String,
    /// The role that it gives.
    pub role: String,
    /// Its region.
    pub region: String,
    /// What AWS said of it the last time; empty if it was never used.
    pub last: String,
}

impl Choice {
    /// The line in words, without colours, which is searched.
    pub fn text(&self) -> String {
        let last = if self.last.is_empty() { String::new() } else { format!("last: {}", self.last) };
        let parts = [self.name.as_str(), &self.pinned, &self.role, &self.region, &last];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
    }

    /// The line in labels, with the name in a column of this width.
    pub fn line(&self, is_chosen: bool, column: usize) -> Line {
        let mark = if is_chosen { (Label::Strong, "> ") } else { (Label::Plain, "  ") };
        let name = format!("{}{}  ", self.name, " ".repeat(column.saturating_sub(self.name.width())));
        let mut line =
            Line::default().with(mark.0, mark.1).with(if is_chosen { Label::Strong } else { Label::Plain }, name);
        if !self.pinned.is_empty() {
            line = line.with(Label::Field, "pinned: ").with(Label::Plain, format!("{}  ", self.pinned));
        }
        for part in [&self.role, &self.region] {
            if !part.is_empty() {
                line = line.with(Label::Plain, format!("{part}  "));
            }
        }
        if self.last.is_empty() { line } else { line.with(Label::Field, format!("last: {}", self.last)) }
    }
}

/// A key that the picker knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Takes the last character away.
    Backspace,
    /// Takes the last word away.
    DeleteWord,
    /// Takes all away.
    Clear,
    /// The line above.
    Up,
    /// The line below.
    Down,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// The first line.
    Home,
    /// The last line.
    End,
    /// Takes the line that is marked.
    Enter,
    /// Leaves.
    Cancel,
}

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// On it goes.
    Go,
    /// This profile, by its place in the list.
    Picked(usize),
    /// None.
    Cancelled,
}

/// The state of the picker.
pub struct Picker {
    choices: Vec<Choice>,
    texts: Vec<String>,
    column: usize,
    query: String,
    /// What fits, best first.
    fitting: Vec<usize>,
    cursor: usize,
    /// The first line that is shown.
    top: usize,
    /// How many lines there were room for when it was drawn last.
    rows: usize,
    matcher: Matcher,
}

impl std::fmt::Debug for Picker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Picker").field("query", &self.query).field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl Picker {
    /// One that shows these, in this order while nothing is typed.
    pub fn new(choices: Vec<Choice>) -> Self {
        let texts = choices.iter().map(Choice::text).collect();
        let column = choices.iter().map(|choice| choice.name.width()).max().unwrap_or_default().min(NAME_MOST);
        let fitting = (0..choices.len()).collect();
        let matcher = Matcher::new(Config::DEFAULT);
        Self { choices, texts, column, query: String::new(), fitting, cursor: 0, top: 0, rows: ROWS_MOST, matcher }
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Step {
        let last = self.fitting.len().saturating_sub(1);
        match key {
            Key::Char(c) if self.query.len() < QUERY_MOST => {
                self.query.push(c);
                self.search();
            }
            Key::Char(_) => {}
            Key::Backspace => {
                self.query.pop();
                self.search();
            }
            Key::DeleteWord => {
                let kept = self.query.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.query.truncate(kept);
                self.search();
            }
            Key::Clear => {
                self.query.clear();
                self.search();
            }
            Key::Up => self.cursor = self.cursor.saturating_sub(1),
            Key::Down => self.cursor = (self.cursor + 1).min(last),
            Key::PageUp => self.cursor = self.cursor.saturating_sub(self.rows),
            Key::PageDown => self.cursor = (self.cursor + self.rows).min(last),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = last,
            Key::Enter => return self.fitting.get(self.cursor).map_or(Step::Go, |at| Step::Picked(*at)),
            Key::Cancel => return Step::Cancelled,
        }
        Step::Go
    }

    /// The lines for a terminal of this height, and the column of the cursor in the first.
    pub fn lines(&mut self, look: &Look, height: usize) -> (Vec<Line>, usize) {
        self.rows = height.saturating_sub(2).clamp(1, ROWS_MOST);
        self.top = self.top.clamp((self.cursor + 1).saturating_sub(self.rows), self.cursor);
        let width = look.width.saturating_sub(1);
        let query = look.show(&self.query);
        let heading = if self.choices.iter().any(|choice| !choice.pinned.is_empty()) { HEADING } else { "" };
        let count = format!("   {}/{}   {heading}", self.fitting.len(), self.choices.len());
        let head = Line::default().with(Label::Strong, PROMPT).with(Label::Plain, &*query).with(Label::Field, count);
        let shown = self.fitting.iter().enumerate().skip(self.top).take(self.rows);
        let rows = shown.map(|(at, choice)| self.choices[*choice].line(at == self.cursor, self.column));
        let lines = std::iter::once(head).chain(rows).map(|line| cut(line, look, width)).collect();
        (lines, (PROMPT.width() + query.width()).min(width))
    }

    /// Finds what fits what is typed, as fzf reads it; what was used last comes first among equals.
    fn search(&mut self) {
        (self.cursor, self.top) = (0, 0);
        let pattern = Pattern::parse(&self.query, CaseMatching::Smart, Normalization::Smart);
        let (matcher, mut buffer) = (&mut self.matcher, Vec::new());
        let scored = self.texts.iter().enumerate().filter_map(|(at, text)| {
            let score = pattern.score(Utf32Str::new(text, &mut buffer), matcher)?;
            Some((std::cmp::Reverse(score), at))
        });
        let mut scored: Vec<_> = scored.collect();
        scored.sort_unstable();
        self.fitting = scored.into_iter().map(|(_, at)| at).collect();
    }
}

/// The line as far as there is room for it: a line that wraps would spoil the counting of lines.
fn cut(line: Line, look: &Look, width: usize) -> Line {
    let mut left = width;
    let mut short = Line::default();
    for span in line.0 {
        if left == 0 {
            break;
        }
        let text = look.cut(&span.text, left);
        left -= text.width().min(left);
        short = short.with(span.label, text);
    }
    short
}

/// The keys in what a terminal sent, and what is left over: the beginning of a sequence. `is_all` says that no more
/// follows, so that a lone ESC is the key of that name.
pub fn keys(bytes: &[u8], is_all: bool) -> (Vec<Key>, usize) {
    let (mut keys, mut at) = (Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let taken = match byte {
            0x1b => match sequence(rest) {
                Some((length, key)) => {
                    keys.extend(key);
                    length
                }
                None if is_all => {
                    keys.push(Key::Cancel);
                    rest.len()
                }
                None => break,
            },
            b'\r' | b'\n' => one(&mut keys, Key::Enter),
            0x03 | 0x04 | 0x07 => one(&mut keys, Key::Cancel),
            0x08 | 0x7f => one(&mut keys, Key::Backspace),
            0x17 => one(&mut keys, Key::DeleteWord),
            0x15 => one(&mut keys, Key::Clear),
            0x10 | 0x0b => one(&mut keys, Key::Up),
            0x0e | b'\t' => one(&mut keys, Key::Down),
            0x00..=0x1f => 1,
            _ => match character(rest) {
                Ok((c, length)) => {
                    keys.extend((!c.is_control()).then_some(Key::Char(c)));
                    length
                }
                Err(more) if more && !is_all => break,
                Err(_) => 1,
            },
        };
        at += taken;
    }
    (keys, at)
}

fn one(keys: &mut Vec<Key>, key: Key) -> usize {
    keys.push(key);
    1
}

/// The length of an escape sequence and the key that it stands for; `None` where it is not whole.
fn sequence(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    match bytes.get(1)? {
        b'[' => {
            let end = bytes.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte))? + 2;
            let key = match (&bytes[2..end], bytes[end]) {
                (_, b'A') => Some(Key::Up),
                (_, b'B') => Some(Key::Down),
                (_, b'H') | (b"1" | b"7", b'~') => Some(Key::Home),
                (_, b'F') | (b"4" | b"8", b'~') => Some(Key::End),
                (b"5", b'~') => Some(Key::PageUp),
                (b"6", b'~') => Some(Key::PageDown),
                _ => None,
            };
            Some((end + 1, key))
        }
        b'O' => {
            let key = match bytes.get(2)? {
                b'A' => Some(Key::Up),
                b'B' => Some(Key::Down),
                b'H' => Some(Key::Home),
                b'F' => Some(Key::End),
                _ => None,
            };
            Some((3, key))
        }
        // Alt with a key, or ESC twice.
        0x1b => Some((1, Some(Key::Cancel))),
        _ => Some((2, None)),
    }
}

/// The first character and its length; an error says whether more bytes could complete it.
fn character(bytes: &[u8]) -> Result<(char, usize), bool> {
    let some = &bytes[..bytes.len().min(4)];
    let text = match std::str::from_utf8(some) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => std::str::from_utf8(&some[..error.valid_up_to()]).unwrap_or_default(),
        Err(error) => return Err(error.error_len().is_none()),
    };
    text.chars().next().map(|c| (c, c.len_utf8())).ok_or(false)
}

#[cfg(test)]
mod tests;
