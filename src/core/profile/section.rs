//! The lines of one section: keys and values, continuation lines, comments.

use memchr::{memchr, memchr2_iter};

use super::scan::{is_plain, without_cr};

/// A line that says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What it says.
    pub content: Content<'a>,
    /// Why official readers disagree on it, if they do.
    pub doubt: Option<&'static str>,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// `key = value`, the key as written.
    Entry {
        /// The key.
        key: &'a str,
        /// The value, trimmed and without an inline comment.
        value: &'a str,
    },
    /// An indented line: more of the value before it, or an entry of its nested block.
    More(&'a str),
    /// A comment that some readers do not take for one.
    Comment,
}

/// A line that is no line of a section. The text itself is not kept: it may be a secret in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number in the file, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Iterates over the lines of a section's body; `first` is the number of its first line.
pub fn lines(body: &[u8], first: usize) -> Lines<'_> {
    lines_of(body, std::str::from_utf8(body).ok(), false, first)
}

/// The same where it is known already whether the body is text, and perhaps that it is plain.
pub(super) fn lines_of<'a>(body: &'a [u8], text: Option<&'a str>, plain: bool, first: usize) -> Lines<'a> {
    Lines { plain: text.filter(|_| plain || is_plain(body)), text, body, at: 0, number: first, open: Open::Nothing }
}

/// See [`lines`].
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    body: &'a [u8],
    /// The same as text, if it is: checked once and not line by line.
    text: Option<&'a str>,
    /// The same, if no byte in it needs a closer look: one quick pass instead of three checks a line.
    plain: Option<&'a str>,
    at: usize,
    number: usize,
    open: Open,
}

/// What an indented line continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Value,
    Block,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<Line<'a>, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.body.len() {
            if let Some((number, _, key, value)) = self.usual() {
                return Some(Ok(Line { number, content: Content::Entry { key, value }, doubt: None }));
            }
            let number = self.number;
            self.number += 1;
            let from = self.at;
            let end = memchr(b'\n', &self.body[from..]).map_or(self.body.len(), |length| from + length);
            self.at = end + 1;
            match self.read(without_cr(&self.body[from..end]), from) {
                Ok(None) => {}
                Ok(Some((content, doubt))) => return Some(Ok(Line { number, content, doubt })),
                Err(why) => return Some(Err(BadLine { number, why })),
            }
        }
        None
    }
}

/// What the keys of AWS consist of.
const IN_KEY: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0_u8);
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    table
};

type Read<'a> = Option<(Content<'a>, Option<&'static str>)>;

impl<'a> Lines<'a> {
    /// Takes the usual line, `key = value` in plain text, in one pass: its number, its text as far as the `=`, its key,
    /// its value. All others stay for [`read`](Self::read).
    pub(super) fn usual(&mut self) -> Option<(usize, &'a str, &'a str, &'a str)> {
        let text = self.plain?;
        let bytes = text.as_bytes();
        while bytes.get(self.at) == Some(&b'\n') {
            self.at += 1;
            self.number += 1;
        }
        let from = self.at;
        let mut at = from;
        while at < bytes.len() && IN_KEY[usize::from(bytes[at])] {
            at += 1;
        }
        let key = at;
        at += usize::from(bytes.get(at) == Some(&b' '));
        if key == from || bytes.get(at) != Some(&b'=') {
            return None;
        }
        at += 1;
        let (number, value) = self.value(text, at);
        Some((number, &text[from..at], &text[from..key], value))
    }

    /// Takes a usual line that begins with `start`, which goes as far as the `=`: its number and value.
    #[inline]
    pub(super) fn behind(&mut self, start: &str) -> Option<(usize, &'a str)> {
        let text = self.plain?;
        let rest = text.as_bytes().get(self.at..)?;
        rest.starts_with(start.as_bytes()).then(|| self.value(text, self.at + start.len()))
    }

    /// Takes the rest of a line of plain text, which is its value.
    #[inline]
    fn value(&mut self, text: &'a str, from: usize) -> (usize, &'a str) {
        let end = memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |length| from + length);
        let value = trim(&text[from..end]);
        let number = self.number;
        (self.at, self.number) = (end + 1, number + 1);
        self.open = if value.is_empty() { Open::Block } else { Open::Value };
        (number, value)
    }

    fn read(&mut self, line: &'a [u8], from: usize) -> Result<Read<'a>, &'static str> {
        let Some(&first) = line.first() else { return Ok(None) };
        if first == b'#' || first == b';' {
            return Ok(None);
        }
        let indented = first == b' ' || first == b'\t';
        let text = match self.text {
            Some(text) => &text[from..from + line.len()],
            None => std::str::from_utf8(line).map_err(|_| "the line is not UTF-8 text")?,
        };
        if self.plain.is_none() && line.iter().any(|&byte| byte != b'\t' && byte.is_ascii_control()) {
            return Err("the line holds a control character");
        }
        let line = trim(text);
        if line.is_empty() {
            return Ok(None);
        }
        if indented && line.starts_with(['#', ';']) {
            let doubt = "an indented comment, which the AWS SDKs take as part of the value before it";
            return Ok(Some((Content::Comment, Some(doubt))));
        }
        if indented {
            return match self.open {
                Open::Nothing => Err("an indented line continues a value, and there is none before it"),
                Open::Block if nested(line).is_none() => Err("a nested block holds lines of the form `key = value`"),
                _ => Ok(Some((Content::More(line), None))),
            };
        }
        let (line, commented) = if self.plain.is_some() { (line, false) } else { without_comment(line) };
        let equals = memchr(b'=', line.as_bytes()).ok_or("there is no `=` in the line")?;
        let (key, value) = (trim(&line[..equals]), trim(&line[equals + 1..]));
        if key.is_empty() {
            return Err("there is no key before the `=`");
        }
        self.open = if value.is_empty() { Open::Block } else { Open::Value };
        let doubt = if commented {
            Some("a comment behind a value, which the AWS CLI takes as part of the value and the SDKs do not")
        } else if key.contains(':') {
            Some("a key with a `:`, where the AWS CLI ends the key")
        } else {
            None
        };
        Ok(Some((Content::Entry { key, value }, doubt)))
    }
}

/// Cuts a comment off: `#` or `;` behind white space, as the AWS SDKs do.
fn without_comment(line: &str) -> (&str, bool) {
    for at in memchr2_iter(b'#', b';', line.as_bytes()) {
        if line[..at].ends_with(char::is_whitespace) {
            return (trim(&line[..at]), true);
        }
    }
    (line, false)
}

/// Takes blanks and tabs off both ends: what the AWS readers call white space. By bytes, which is many times as fast as
/// by characters.
#[inline]
fn trim(text: &str) -> &str {
    let blank = |byte: u8| byte == b' ' || byte == b'\t';
    let bytes = text.as_bytes();
    let (mut from, mut to) = (0, bytes.len());
    while from < to && blank(bytes[from]) {
        from += 1;
    }
    while from < to && blank(bytes[to - 1]) {
        to -= 1;
    }
    &text[from..to]
}

/// Splits a line of a nested block (`s3 =` and below it `  key = value`).
pub fn nested(line: &str) -> Option<(&str, &str)> {
    let (line, _) = without_comment(line);
    let (key, value) = line.split_once('=')?;
    let key = trim(key);
    (!key.is_empty()).then_some((key, trim(value)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One line of text a line: `N key=value`, `N +more`, `N !why`, with `?` where readers disagree.
    fn check(body: &str, expect: &[&str]) {
        let got: Vec<String> = lines(body.as_bytes(), 1)
            .map(|line| match line {
                Ok(Line { number, content, doubt }) => {
                    let doubt = if doubt.is_some() { "?" } else { "" };
                    match content {
                        Content::Entry { key, value } => format!("{number} {key}={value}{doubt}"),
                        Content::More(text) => format!("{number} +{text}{doubt}"),
                        Content::Comment => format!("{number} #{doubt}"),
                    }
                }
                Err(BadLine { number, why }) => format!("{number} !{why}"),
            })
            .collect();
        assert_eq!(got, expect, "{body:?}");
    }

    #[test]
    fn entries_comments_and_continuations() {
        check("region = eu-west-1\r\n\n# c\n;c\nRegion=x", &["1 region=eu-west-1", "5 Region=x"]);
        check("a=b=c\nb =\n  k = v\nc = d\n\tx\n", &["1 a=b=c", "2 b=", "3 +k = v", "4 c=d", "5 +x"]);
        check("a = b # c\nb = c#d\nc = d ;e\n", &["1 a=b?", "2 b=c#d", "3 c=d?"]);
        check("a = b\n  # c\n", &["1 a=b", "2 #?"]);
        check("a:b = c\n", &["1 a:b=c?"]);
        check("é = ü\n", &["1 é=ü"]);
    }

    #[test]
    fn bad_lines_are_named() {
        check("region\n", &["1 !there is no `=` in the line"]);
        check("s3 =\n  garbage\n", &["1 s3=", "2 !a nested block holds lines of the form `key = value`"]);
        check("===\n", &["1 !there is no key before the `=`"]);
        check("  a = b\n", &["1 !an indented line continues a value, and there is none before it"]);
        check("a = b\0c\n", &["1 !the line holds a control character"]);
        check("\x0ba = b\n", &["1 !the line holds a control character"]);
        check("a = b\rc\n", &["1 !the line holds a control character"]);
        let latin = b"# caf\xe9\na = \xe9\n";
        let lines: Vec<_> = lines(latin, 7).collect();
        assert_eq!(lines, [Err(BadLine { number: 8, why: "the line is not UTF-8 text" })]);
    }

    proptest! {
        #[test]
        fn usual_lines_are_read_like_all_others(body in "((region|a|a:b|é|#| |\t|)( |\t)?=?( |\t)?(x|=|a # b|é|)( )?(\n|\r\n)){0,8}") {
            let quick: Vec<_> = lines(body.as_bytes(), 1).collect();
            let slow = Lines { plain: None, ..lines(body.as_bytes(), 1) };
            prop_assert_eq!(quick, slow.collect::<Vec<_>>());
        }

        #[test]
        fn never_panics_and_counts_lines(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let count = body.split(|&byte| byte == b'\n').count();
            for line in lines(&body, 1) {
                let number = match line { Ok(line) => line.number, Err(line) => line.number };
                prop_assert!((1..=count).contains(&number));
            }
        }
    }
}
