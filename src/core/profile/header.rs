//! A section's header line: what kind of section, of what name, and what the official readers disagree on.

use std::borrow::Cow;

use memchr::memchr;

/// Which of the two files a section stands in; their headers are written differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `~/.aws/config`: `[default]`, `[profile x]`, `[sso-session x]`, `[services x]`.
    Config,
    /// `~/.aws/credentials`: `[x]`, profiles only.
    Credentials,
}

/// Kinds of sections that mean something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// A profile.
    Profile,
    /// An Identity Center session.
    SsoSession,
    /// Settings by service.
    Services,
}

impl SectionKind {
    /// The word in a header.
    pub fn word(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::SsoSession => "sso-session",
            Self::Services => "services",
        }
    }
}

/// What a header line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header<'a> {
    /// A section to use.
    Section {
        /// What it is.
        kind: SectionKind,
        /// Its name, as bytes: it may be anything.
        name: Cow<'a, [u8]>,
        /// `[default]`, which `[profile default]` replaces as a whole.
        plain_default: bool,
        /// Why official readers disagree on it, if they do.
        doubt: Option<&'static str>,
    },
    /// A section that is nothing to us, and why. The code tells doubtful ones from those that nobody reads.
    Ignored {
        /// Code of the finding.
        code: &'static str,
        /// One sentence.
        why: &'static str,
    },
    /// No header: an official reader gives up on the whole file.
    Broken(&'static str),
}

/// Bytes that mean nothing but themselves in a name.
const PLAIN: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0_u8);
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@' | b'+');
        byte += 1;
    }
    table
};

/// The name in the usual header of a profile, which nobody disagrees on.
fn usual(line: &[u8], file: FileKind) -> Option<&[u8]> {
    let start: &[u8] = match file {
        FileKind::Config => b"[profile ",
        FileKind::Credentials => b"[",
    };
    let name = line.strip_prefix(start)?.strip_suffix(b"]")?;
    (!name.is_empty() && name.iter().all(|&byte| PLAIN[usize::from(byte)])).then_some(name)
}

/// Reads a line that begins with `[`.
pub fn parse(line: &[u8], file: FileKind) -> Header<'_> {
    if let Some(name) = usual(line, file) {
        return section(SectionKind::Profile, Cow::Borrowed(name), false, None);
    }
    parse_any(line, file)
}

fn parse_any(line: &[u8], file: FileKind) -> Header<'_> {
    let inner = &line[1..];
    let Some(close) = closing_bracket(inner, file) else {
        return Header::Broken("the section header has no closing `]`");
    };
    let rest = inner[close + 1..].trim_ascii();
    let mut doubt = None;
    if let Some(first) = rest.first() {
        let bracket_again = rest.contains(&b']');
        if !b"#;".contains(first) && bracket_again {
            return ambiguous("its name holds a `]`, which the AWS CLI keeps and the SDKs do not");
        } else if !b"#;".contains(first) {
            doubt = Some("there is text behind the header's `]`, which the AWS CLI ignores and the SDKs refuse");
        } else if bracket_again {
            doubt = Some("the comment behind the header holds a `]`, up to which the AWS CLI reads the name");
        }
    }
    let inner = &inner[..close];
    match file {
        FileKind::Config => config_header(inner, doubt),
        FileKind::Credentials => credentials_header(inner, doubt),
    }
}

/// The first `]` that is not in quotes; where quotes are not closed, the last one.
fn closing_bracket(inner: &[u8], file: FileKind) -> Option<usize> {
    let first = memchr(b']', inner)?;
    if file == FileKind::Credentials || memchr::memchr2(b'"', b'\'', &inner[..first]).is_none() {
        return Some(first);
    }
    let mut quote = None;
    for (at, &byte) in inner.iter().enumerate() {
        match quote {
            None if byte == b']' => return Some(at),
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            Some(open) if open == byte => quote = None,
            _ => {}
        }
    }
    memchr::memrchr(b']', inner)
}

fn config_header<'a>(inner: &'a [u8], mut doubt: Option<&'static str>) -> Header<'a> {
    let text = trim(inner);
    if inner.first().is_some_and(|&byte| is_blank(byte)) {
        doubt = Some("a blank follows the `[`: the AWS CLI does not see the section");
    }
    if text == b"default" {
        return section(SectionKind::Profile, Cow::Borrowed(text), true, doubt);
    }
    let split = text.iter().position(|&byte| is_blank(byte)).unwrap_or(text.len());
    let (word, name) = (&text[..split], trim(&text[split..]));
    let kind = match word {
        b"profile" => SectionKind::Profile,
        b"sso-session" => SectionKind::SsoSession,
        b"services" => SectionKind::Services,
        _ if [&b"profile"[..], b"sso-session", b"services"].iter().any(|start| word.starts_with(start)) => {
            return ambiguous("its kind only begins like one that AWS knows, which is enough for the AWS CLI alone");
        }
        _ => {
            return Header::Ignored {
                code: "config-ignored",
                why: "only [default], [profile NAME], [sso-session NAME] and [services NAME] mean something in this file",
            };
        }
    };
    if name.is_empty() {
        return Header::Ignored { code: "config-ignored", why: "the section has no name" };
    }
    match unquote(name) {
        Ok((name, _)) if name.is_empty() => Header::Ignored { code: "config-ignored", why: "the section has no name" },
        Ok((name, partly)) => {
            if memchr::memchr2(b'#', b';', &name).is_some() {
                doubt = Some("its name holds `#` or `;`, where the AWS SDKs see a comment and give up on the file");
            } else if partly {
                doubt = Some("its name is quoted in part: only the AWS CLI reads it");
            }
            section(kind, name, false, doubt)
        }
        Err(ignored) => ignored,
    }
}

fn credentials_header<'a>(inner: &'a [u8], mut doubt: Option<&'static str>) -> Header<'a> {
    let name = trim(inner);
    if name.len() != inner.len() {
        doubt = Some("blanks stand inside the brackets: the AWS CLI takes them as part of the name");
    }
    if name.is_empty() {
        return Header::Ignored { code: "config-ignored", why: "the section has no name" };
    }
    for word in [&b"profile"[..], b"sso-session", b"services"] {
        if name.strip_prefix(word).and_then(<[u8]>::first).is_some_and(|&byte| is_blank(byte)) {
            return ambiguous("headers in the credentials file are bare profile names");
        }
    }
    if name.iter().any(|&byte| is_blank(byte) || b"\"'\\#;".contains(&byte)) {
        doubt = Some("its name holds a character that the AWS CLI keeps and the SDKs do not read");
    }
    section(SectionKind::Profile, Cow::Borrowed(name), false, doubt)
}

fn section<'a>(kind: SectionKind, name: Cow<'a, [u8]>, plain_default: bool, doubt: Option<&'static str>) -> Header<'a> {
    Header::Section { kind, name, plain_default, doubt }
}

fn ambiguous(why: &'static str) -> Header<'static> {
    Header::Ignored { code: "config-ambiguous", why }
}

/// Takes quotes off, as the AWS CLI does. True if only a part was quoted.
fn unquote(text: &[u8]) -> Result<(Cow<'_, [u8]>, bool), Header<'static>> {
    if text.contains(&b'\\') {
        return Err(ambiguous("its name holds a backslash, which the AWS CLI drops and the SDKs do not read"));
    }
    let Some(first_quote) = memchr::memchr2(b'"', b'\'', text) else {
        return if text.iter().any(|&byte| is_blank(byte)) {
            Err(Header::Ignored { code: "config-ignored", why: "a name with blanks must be in quotes" })
        } else {
            Ok((Cow::Borrowed(text), false))
        };
    };
    let mut name = Vec::with_capacity(text.len());
    let (mut quote, mut quotes) = (None, 0);
    for &byte in text {
        match quote {
            None if is_blank(byte) => {
                return Err(Header::Ignored { code: "config-ignored", why: "the section has more than one name" });
            }
            None if byte == b'"' || byte == b'\'' => {
                quote = Some(byte);
                quotes += 1;
            }
            Some(open) if open == byte => quote = None,
            _ => name.push(byte),
        }
    }
    if quote.is_some() {
        return Err(ambiguous("a quote in its name is not closed"));
    }
    let whole = quotes == 1 && first_quote == 0 && name.len() + 2 == text.len();
    Ok((Cow::Owned(name), !whole))
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `kind name`, with `?` where readers disagree; `ignored CODE`; `broken`.
    fn check(line: &str, file: FileKind, expect: &str) {
        let got = match parse(line.as_bytes(), file) {
            Header::Section { kind, name, doubt, .. } => {
                let doubt = if doubt.is_some() { "?" } else { "" };
                format!("{} {}{doubt}", kind.word(), String::from_utf8_lossy(&name))
            }
            Header::Ignored { code, .. } => format!("ignored {code}"),
            Header::Broken(_) => "broken".to_owned(),
        };
        assert_eq!(got, expect, "{line}");
    }

    #[test]
    fn config_headers() {
        for (line, expect) in [
            ("[default]", "profile default"),
            ("[default] # mine", "profile default"),
            ("[profile a]", "profile a"),
            ("[profile\ta ]", "profile a"),
            ("[ profile a]", "profile a?"),
            ("[profile \"my prod\"]", "profile my prod"),
            ("[profile ' lead']", "profile  lead"),
            ("[profile '[a-z]']", "profile [a-z]"),
            ("[profile a\"b c\"]", "profile ab c?"),
            ("[profile été]", "profile été"),
            ("[sso-session s]", "sso-session s"),
            ("[services s]", "services s"),
            ("[profile a] junk", "profile a?"),
            ("[profile a] # b]", "profile a?"),
            ("[profile a;b]", "profile a;b?"),
            ("[profile my prod]", "ignored config-ignored"),
            ("[profile it's]", "ignored config-ambiguous"),
            ("[profile a\\b]", "ignored config-ambiguous"),
            ("[profile a]b]", "ignored config-ambiguous"),
            ("[profiles a]", "ignored config-ambiguous"),
            ("[profile]", "ignored config-ignored"),
            ("[profile '']", "ignored config-ignored"),
            ("[preview]", "ignored config-ignored"),
            ("[]", "ignored config-ignored"),
            ("[profile a", "broken"),
            ("[", "broken"),
        ] {
            check(line, FileKind::Config, expect);
        }
    }

    proptest! {
        #[test]
        fn usual_headers_are_read_like_all_others(line in "\\[(profile|default|sso-session)?( |\t)?(a|é|-|\\.|'|\\]|#| ){0,4}\\]?( #)?") {
            for file in [FileKind::Config, FileKind::Credentials] {
                prop_assert_eq!(parse(line.as_bytes(), file), parse_any(line.as_bytes(), file));
            }
        }
    }

    #[test]
    fn credentials_headers() {
        for (line, expect) in [
            ("[default]", "profile default"),
            ("[a]", "profile a"),
            ("[ a ]", "profile a?"),
            ("[my prod]", "profile my prod?"),
            ("[\"a\"]", "profile \"a\"?"),
            ("[profile a]", "ignored config-ambiguous"),
            ("[a]b]", "ignored config-ambiguous"),
            ("[]", "ignored config-ignored"),
        ] {
            check(line, FileKind::Credentials, expect);
        }
    }
}
