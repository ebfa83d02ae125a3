//! Foreign text → text that a terminal may see (promise P5).
//!
//! Everything that came from AWS, a file, the environment or a helper passes [`show`] exactly once, where it is printed.
//! The mapping is injective: what is escaped can be read back, so two different names never look equal by escaping. What
//! would look like an ASCII name and is not (homoglyphs, decomposed accents) is shown in its escaped ASCII form.
//!
//! A log may be read by more than eyes: a runner of Azure Pipelines or TeamCity, and an old one of GitHub's, takes `##vso[…]`,
//! `##teamcity[…]` and `##[…]` anywhere in a line for a command. So no two `#` stand side by side. GitHub's own `::command::`
//! counts at the beginning of a line, and whoever makes the lines disarms it there with [`disarm_line`].

mod twins;

use std::{borrow::Cow, fmt::Write};

use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_width::UnicodeWidthStr;

/// More marks than this on one letter are a way to paint over the neighbours; no living script needs them.
const MARKS_MAX: usize = 4;

/// The columns that one foreign field may take.
pub const FIELD_WIDTH: usize = 64;

/// Shows text for a terminal that speaks UTF-8. Plain ASCII comes back as it is.
pub fn show(text: &str) -> Cow<'_, str> {
    if is_plain_ascii(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    push_shown(&mut shown, text);
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

/// Shows text for a terminal of another character set: everything beyond ASCII is escaped.
pub fn show_ascii(text: &str) -> Cow<'_, str> {
    if is_plain_ascii(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c == '#' && shown.ends_with('#') {
            push_byte(&mut shown, b'#');
        } else {
            push_ascii(&mut shown, c);
        }
    }
    Cow::Owned(shown)
}

/// Takes the meaning from a line that begins as a workflow command of GitHub's: its first colon is escaped. The runner
/// skips white space before it. The line is one that passed [`show`], or is our own.
pub fn disarm_line(line: &str) -> Cow<'_, str> {
    let text = line.trim_start();
    match text.strip_prefix("::") {
        Some(rest) => Cow::Owned(format!("{}\\x3a:{rest}", &line[..line.len() - text.len()])),
        None => Cow::Borrowed(line),
    }
}

/// Shows text that may stand at the beginning of a line.
pub fn show_first(text: &str) -> Cow<'_, str> {
    match show(text) {
        Cow::Borrowed(text) => disarm_line(text),
        Cow::Owned(text) => Cow::Owned(disarm_line(&text).into_owned()),
    }
}

/// Shows bytes that may not be text: what is not UTF-8 becomes `\xff`.
pub fn show_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_shown(&mut shown, chunk.valid());
        for byte in chunk.invalid() {
            push_byte(&mut shown, *byte);
        }
    }
    shown
}

/// Cuts text that was already shown to a number of columns; the cut is marked. Never for an account ID.
pub fn limit(shown: &str, columns: usize, unicode: bool) -> Cow<'_, str> {
    if shown.width() <= columns {
        return Cow::Borrowed(shown);
    }
    let mark = if unicode { "…" } else { "..." };
    let room = columns.saturating_sub(mark.width());
    let ends = shown.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends.take_while(|end| shown[..*end].width() <= room).last().unwrap_or(0);
    Cow::Owned(format!("{}{mark}", &shown[..end]))
}

/// Whether IAM could have given this alias: 3 to 63 lower-case letters, digits and single hyphens inside, and not an
/// account ID.
pub fn looks_like_alias(text: &str) -> bool {
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
        && (bytes.len() != 12 || !bytes.iter().all(u8::is_ascii_digit))
}

/// Shows an account alias; one that IAM cannot have given is escaped to ASCII and said to be none.
pub fn show_alias(text: &str) -> Cow<'_, str> {
    if looks_like_alias(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{} (not a valid alias)", limit(&show_ascii(text), FIELD_WIDTH, false)))
    }
}

fn is_plain_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') && !text.contains("##")
}

/// Escapes what must be: all of a text that is not in NFC (it has a twin that is), and each word that is a twin of an
/// ASCII one. Words end at ASCII punctuation, so that one accented word does not hide a twin beside it.
fn push_shown(shown: &mut String, text: &str) {
    let composed = is_nfc(text);
    let mut marks = MARKS_MAX;
    for word in text.split_inclusive(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()) {
        let ascii_only = !composed || is_twin_of_ascii(word);
        for c in word.chars() {
            let mark = is_mark(c);
            marks = if mark { marks + 1 } else { 0 };
            if c == '#' && shown.ends_with('#') {
                push_byte(shown, b'#');
            } else if c == '\\' || (!c.is_ascii() && ascii_only) || is_hidden(c) || (mark && marks > MARKS_MAX) {
                push_ascii(shown, c);
                // A mark after an escape would land on the escape's last character.
                marks = if mark { marks } else { MARKS_MAX };
            } else {
                shown.push(c);
            }
        }
    }
}

/// True for a text beyond ASCII that a reader takes for ASCII (UTS 39 skeleton). Compatibility forms are folded first:
/// the confusables data lists some fullwidth letters and leaves out others.
fn is_twin_of_ascii(word: &str) -> bool {
    !word.is_ascii() && word.nfkd().all(twins::looks_like_ascii)
}

fn is_mark(c: char) -> bool {
    use GeneralCategory as G;
    !c.is_ascii() && matches!(c.general_category(), G::NonspacingMark | G::SpacingMark | G::EnclosingMark)
}

/// True for what draws nothing, changes what is drawn around it, or has no agreed meaning.
fn is_hidden(c: char) -> bool {
    use GeneralCategory as G;
    if matches!(c, ' '..='~') {
        return false;
    }
    let by_category = matches!(
        c.general_category(),
        G::Control
            | G::Format
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::SpaceSeparator
            | G::Surrogate
            | G::PrivateUse
            | G::Unassigned
    );
    by_category || is_ignorable(c)
}

/// Default-ignorable characters outside the format category, and the blank Braille pattern.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180d}' | '\u{180f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

fn push_ascii(shown: &mut String, c: char) {
    match c {
        '\\' => shown.push_str("\\\\"),
        ' '..='~' => shown.push(c),
        '\0'..='\x7f' => push_byte(shown, c as u8),
        _ => {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

fn push_byte(shown: &mut String, byte: u8) {
    let _ = write!(shown, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests;
