//! A text as one word of a command line, for shells that put what they complete there as it stands (promise P5).
//!
//! Where a shell's quotes cannot hold a text, it is not offered: it can still be typed.

use std::ffi::OsString;

use crate::{
    core::percent,
    shell::{Shell, quote::quote},
};

/// Bash: quoted, or in quotes that the user has opened already, which bash leaves where they are.
pub(super) fn bash(text: &str, line: &str) -> Option<String> {
    match open_quote(line) {
        Open::No => printable(text).then(|| if is_plain(text) { text.to_owned() } else { quote(Shell::Bash, text) }),
        Open::Quote('\'') => (printable(text) && !text.contains('\'')).then(|| text.to_owned()),
        Open::Quote(_) => (printable(text) && !text.contains(['$', '`', '"', '\\', '!'])).then(|| text.to_owned()),
        Open::Other => is_plain(text).then(|| text.to_owned()),
    }
}

/// PowerShell takes four characters for a single quote; each is doubled.
pub(super) fn powershell(text: &str, _line: &str) -> Option<String> {
    if !printable(text) || is_plain_everywhere(text) {
        return printable(text).then(|| text.to_owned());
    }
    let mut word = String::from("'");
    for c in text.chars() {
        word.push(c);
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            word.push(c);
        }
    }
    Some(word + "'")
}

/// Nushell: nothing is special between single quotes but the quote itself, between double quotes only backslashes.
pub(super) fn nu(text: &str, _line: &str) -> Option<String> {
    printable(text).then(|| match text {
        text if is_plain_everywhere(text) => text.to_owned(),
        text if !text.contains('\'') => format!("'{text}'"),
        text => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    })
}

/// Xonsh replaces variables in strings that are not raw; a raw one cannot hold its quotes, nor end in a backslash.
pub(super) fn xonsh(text: &str, _line: &str) -> Option<String> {
    if !printable(text) || text.ends_with('\\') {
        return None;
    }
    match text {
        text if is_plain_everywhere(text) => Some(text.to_owned()),
        text if !text.contains('\'') => Some(format!("r'{text}'")),
        text if !text.contains('"') => Some(format!("r\"{text}\"")),
        _ => None,
    }
}

/// Tcsh splits what it is given at blanks, and evaluates it: only what is plain.
pub(super) fn tcsh(text: &str, _line: &str) -> Option<String> {
    is_plain_everywhere(text).then(|| text.to_owned())
}

/// The words of a line, at blanks; the last one may be empty.
pub(super) fn split(line: &str) -> Vec<OsString> {
    let line = line.trim_start();
    let mut words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    if line.is_empty() || line.ends_with(char::is_whitespace) {
        words.push(OsString::new());
    }
    words
}

fn printable(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_control)
}

/// Letters, digits and what no POSIX shell takes for anything else.
fn is_plain(text: &str) -> bool {
    percent::encode_profile(text) == text && printable(text)
}

/// The same for shells that have more uses for punctuation: `@` at the beginning, `:` behind a word, `=`, `~`.
fn is_plain_everywhere(text: &str) -> bool {
    let inside = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b'/' | b'+' | b':');
    text.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == b'-') && text.bytes().all(inside)
}

/// The quotes that are open where the cursor is.
#[derive(Debug, PartialEq, Eq)]
enum Open {
    No,
    Quote(char),
    /// `$'…'`, `$"…"`, or a backslash at the end.
    Other,
}

fn open_quote(line: &str) -> Open {
    let (mut open, mut before) = (Open::No, ' ');
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (&open, c) {
            (Open::Quote('\''), _) if c != '\'' => {}
            (_, '\\') => match chars.next() {
                Some(_) => {}
                None => return Open::Other,
            },
            (Open::No, '\'' | '"') => open = if before == '$' { Open::Other } else { Open::Quote(c) },
            (Open::Quote(quote), c) if *quote == c => open = Open::No,
            // How it ends is another matter; what is plain does no harm in any of it.
            (Open::Other, _) => return Open::Other,
            _ => {}
        }
        before = c;
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_bash_gets_one_word_in_whatever_quotes_are_open() {
        let check = |line: &str, text: &str, expect: Option<&str>| {
            assert_eq!(bash(text, line).as_deref(), expect, "{line}▮ {text}");
        };
        check("awsenv use st", "staging", Some("staging"));
        check("awsenv use st", "a:b@c", Some("a:b@c"));
        check("awsenv use st", "$(x)", Some("'$(x)'"));
        check("awsenv use st", "it's", Some(r"'it'\''s'"));
        check("awsenv use '", "$(x)", Some("$(x)"));
        check("awsenv use '", "it's", None);
        check("awsenv use \"", "a b", Some("a b"));
        check("awsenv use \"", "$(x)", None);
        check("awsenv use \"a'b\" ", "$(x)", Some("'$(x)'"));
        check(r"awsenv use \'", "$(x)", Some("'$(x)'"));
        check("awsenv use $'", "$(x)", None);
        check("awsenv use $'", "plain", Some("plain"));
        check("awsenv use st", "a\nb", None);
    }

    #[test]
    fn p5_the_other_shells_get_one_word_or_none() {
        let all = |text: &str| [powershell, nu, xonsh, tcsh].map(|word| word(text, "").unwrap_or_default());
        assert_eq!(all("staging"), ["staging"; 4]);
        assert_eq!(all("--region"), ["--region"; 4]);
        assert_eq!(all("a b"), ["'a b'", "'a b'", "r'a b'", ""]);
        assert_eq!(all("$(x)"), ["'$(x)'", "'$(x)'", "r'$(x)'", ""]);
        assert_eq!(all("it's"), ["'it''s'", "\"it's\"", "r\"it's\"", ""]);
        assert_eq!(all("\u{2019}; x"), ["'\u{2019}\u{2019}; x'", "'\u{2019}; x'", "r'\u{2019}; x'", ""]);
        assert_eq!(all("'\"\\"), ["'''\"\\'", "\"'\\\"\\\\\"", "", ""]);
        assert_eq!(all("a\x1bb"), [""; 4]);
    }

    #[test]
    fn a_line_is_split_into_words() {
        assert_eq!(split("awsenv use  st"), ["awsenv", "use", "st"]);
        assert_eq!(split("awsenv use "), ["awsenv", "use", ""]);
        assert_eq!(split(""), [""]);
    }
}
