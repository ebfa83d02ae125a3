//! The block of `~/.aws/config` that is awsenv's own, between two comment lines. Everything else stays as it is, byte for byte.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use super::Profile;
use crate::core::profile::header::{self, FileKind, Header, SectionKind};

/// What the lines around a block have in common.
const SIGN: &str = "awsenv sync";
/// The keys that a sync sets.
const KEYS: [&str; 4] = ["sso_session", "sso_account_id", "sso_role_name", "region"];
const NOTE: &str = "# The four keys that awsenv sets are set anew by each sync; other lines of a profile stay.";

/// One session's block in the text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it is: from the `#` of its first line to the end of its last, without that line's end.
    pub span: Range<usize>,
    /// Comments of the user's before the first profile.
    pub comments: Vec<String>,
    /// Its profiles.
    pub profiles: Vec<Written>,
}

/// A profile in the block, as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// The values of [`KEYS`], in that order.
    pub values: [Option<String>; 4],
    /// Its other lines.
    pub rest: Vec<String>,
}

/// Why a block cannot be changed: it is not as awsenv left it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Damage {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

fn damage<T>(line: usize, why: impl Into<String>) -> Result<T, Damage> {
    Err(Damage { line, why: why.into() })
}

impl Written {
    /// `sso_account_id`.
    pub fn account(&self) -> &str {
        self.values[1].as_deref().unwrap_or_default()
    }

    /// `sso_role_name`.
    pub fn role(&self) -> &str {
        self.values[2].as_deref().unwrap_or_default()
    }

    /// The profile as it shall be, with the other lines that it has now. A region of the user's stays where none is asked for.
    pub fn of(profile: &Profile, session: &str, now: Option<&Self>) -> Self {
        let region = profile.region.clone().or_else(|| now.and_then(|now| now.values[3].clone()));
        Self {
            name: profile.name.clone(),
            values: [Some(session.to_owned()), Some(profile.account.to_string()), Some(profile.role.clone()), region],
            rest: now.map(|now| now.rest.clone()).unwrap_or_default(),
        }
    }

    /// The keys that differ, with their values in this one and in the other.
    pub fn differences<'a>(&'a self, other: &'a Self) -> Vec<(&'static str, Option<&'a str>, Option<&'a str>)> {
        let values = self.values.iter().zip(&other.values);
        let pairs = KEYS.into_iter().zip(values).filter(|(_, (from, to))| from != to);
        pairs.map(|(key, (from, to))| (key, from.as_deref(), to.as_deref())).collect()
    }
}

/// A line that begins or ends a block.
enum Marker<'a> {
    Begin(&'a str),
    End(&'a str),
    Edited,
}

fn marker(line: &str) -> Option<Marker<'_>> {
    let inner = line.trim_start().trim_start_matches(['#', ';']).trim();
    let is_comment = line.trim_start().starts_with(['#', ';']);
    if !is_comment || !inner.contains(SIGN) || !(inner.starts_with(">>>") || inner.starts_with("<<<")) {
        return None;
    }
    let named = |arrows: &str| {
        let name = line.strip_prefix(&format!("# {arrows} {SIGN} sso "))?.strip_suffix(&format!(" {arrows}"))?;
        super::is_plain_name(name).then_some(name)
    };
    Some(named(">>>").map(Marker::Begin).or_else(|| named("<<<").map(Marker::End)).unwrap_or(Marker::Edited))
}

/// The sessions that have a block, each with the line that it begins in.
pub fn sessions(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let begins = |(index, line)| match marker(line) {
        Some(Marker::Begin(session)) => Some((session, index + 1)),
        _ => None,
    };
    text.lines().enumerate().filter_map(begins)
}

/// Finds a session's block; `None` where there is none. Any block of the file that is damaged is an error.
pub fn find(text: &str, session: &str) -> Result<Option<Block>, Damage> {
    let mut found = None;
    let mut seen = BTreeSet::new();
    let mut open: Option<Reader<'_>> = None;
    let mut closed: Option<usize> = None;
    let mut at = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let number = index + 1;
        let start = at;
        at += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (marker(line), open.take()) {
            (Some(Marker::Edited), _) => {
                return damage(number, "the line that begins or ends awsenv's block was edited");
            }
            (Some(Marker::Begin(_)), Some(outer)) => {
                return damage(number, format!("a block begins within the one that begins in line {}", outer.line));
            }
            (Some(Marker::Begin(name)), None) => {
                if !seen.insert(name) {
                    return damage(number, format!("there are two blocks of the sso-session {name}"));
                }
                closed = None;
                open = Some(Reader::new(name, start, number));
            }
            (Some(Marker::End(name)), Some(reader)) if reader.name == name => {
                closed = Some(number);
                let block = reader.end(start + line.len());
                if name == session {
                    found = Some(block);
                }
            }
            (Some(Marker::End(_)), Some(outer)) => {
                return damage(number, format!("this is not the end of the block that begins in line {}", outer.line));
            }
            (Some(Marker::End(_)), None) => return damage(number, "a block ends here that does not begin"),
            (None, Some(mut reader)) => {
                reader.take(line, number)?;
                open = Some(reader);
            }
            (None, None) => {
                let says_nothing = line.trim().is_empty() || line.starts_with(['#', ';']);
                if closed.is_some() && !says_nothing && !line.starts_with('[') {
                    return damage(number, "the line belongs to the last profile of awsenv's block, but is not in it");
                }
                if !says_nothing {
                    closed = None;
                }
            }
        }
    }
    match open {
        Some(reader) => damage(reader.line, "the block that begins here does not end"),
        None => Ok(found),
    }
}

/// Reads the lines of a block.
struct Reader<'a> {
    name: &'a str,
    start: usize,
    line: usize,
    block: Block,
    names: BTreeSet<String>,
    /// Where an indented line belongs.
    last: Last,
}

#[derive(Clone, Copy)]
enum Last {
    Nothing,
    Ours(usize),
    Rest,
}

impl<'a> Reader<'a> {
    fn new(name: &'a str, start: usize, line: usize) -> Self {
        let block = Block { span: start..start, comments: Vec::new(), profiles: Vec::new() };
        Self { name, start, line, block, names: BTreeSet::new(), last: Last::Nothing }
    }

    fn end(self, end: usize) -> Block {
        Block { span: self.start..end, ..self.block }
    }

    fn take(&mut self, line: &str, number: usize) -> Result<(), Damage> {
        if line.trim().is_empty() {
            return Ok(());
        }
        if line.starts_with('[') {
            return self.header(line, number);
        }
        let Some(profile) = self.block.profiles.last_mut() else {
            if line.starts_with(['#', ';']) {
                if line != NOTE {
                    self.block.comments.push(line.to_owned());
                }
                return Ok(());
            }
            return damage(number, "the line in awsenv's block belongs to no profile of the block");
        };
        if line.starts_with(['#', ';']) {
            profile.rest.push(line.to_owned());
        } else if line.starts_with([' ', '\t']) {
            match self.last {
                Last::Ours(key) => {
                    let value = profile.values[key].get_or_insert_default();
                    value.push('\n');
                    value.push_str(line.trim());
                }
                Last::Rest => profile.rest.push(line.to_owned()),
                Last::Nothing => return damage(number, "the indented line continues nothing"),
            }
        } else {
            let Some((key, value)) = line.split_once('=') else {
                return damage(number, "the line in awsenv's block is none of the form `key = value`");
            };
            match KEYS.iter().position(|ours| key.trim().eq_ignore_ascii_case(ours)) {
                Some(ours) if profile.values[ours].is_some() => {
                    return damage(number, format!("{} stands there twice", KEYS[ours]));
                }
                Some(ours) => {
                    profile.values[ours] = Some(value.trim().to_owned());
                    self.last = Last::Ours(ours);
                }
                None => {
                    profile.rest.push(line.to_owned());
                    self.last = Last::Rest;
                }
            }
        }
        Ok(())
    }

    fn header(&mut self, line: &str, number: usize) -> Result<(), Damage> {
        let name = match header::parse(line.as_bytes(), FileKind::Config) {
            Header::Section { kind: SectionKind::Profile, name, plain_default: false, doubt: None } => name,
            _ => {
                return damage(
                    number,
                    "the section in awsenv's block is none that awsenv wrote; move it out of the block",
                );
            }
        };
        let name = String::from_utf8_lossy(&name).into_owned();
        if !super::is_plain_name(&name) {
            return damage(number, "the section in awsenv's block is none that awsenv wrote; move it out of the block");
        }
        if !self.names.insert(name.clone()) {
            return damage(number, format!("the profile {name} stands in the block twice"));
        }
        self.block.profiles.push(Written { name, ..Written::default() });
        self.last = Last::Nothing;
        Ok(())
    }
}

/// The text with the session's block holding these profiles. A new block comes at the end of the file.
pub fn render(text: &str, block: Option<&Block>, session: &str, profiles: &[Written]) -> String {
    let (before, after) = match block {
        Some(block) => (&text[..block.span.start], &text[block.span.end..]),
        None => (text, ""),
    };
    // The lines end as those of the block did, or those of the file.
    let example = block.map_or(text, |block| &text[block.span.clone()]);
    let end =
        if example.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let mut new = String::with_capacity(text.len() + profiles.len() * 160);
    new.push_str(before);
    if block.is_none() && !before.is_empty() {
        if !before.ends_with('\n') {
            new.push_str(end);
        }
        new.push_str(end);
    }
    let mut line = |text: &str| {
        new.push_str(text);
        new.push_str(end);
    };
    line(&format!("# >>> {SIGN} sso {session} >>>"));
    line(NOTE);
    for comment in block.map(|block| block.comments.as_slice()).unwrap_or_default() {
        line(comment);
    }
    for profile in profiles {
        line(&format!("[profile {}]", profile.name));
        for (key, value) in KEYS.iter().zip(&profile.values) {
            if let Some(value) = value {
                line(&format!("{key} = {}", indented(value, end)));
            }
        }
        for rest in &profile.rest {
            line(rest);
        }
        line("");
    }
    new.push_str(&format!("# <<< {SIGN} sso {session} <<<"));
    new.push_str(if block.is_some() { after } else { end });
    new
}

/// A value of several lines, as it can stand in a file again.
fn indented<'a>(value: &'a str, end: &str) -> Cow<'a, str> {
    if value.contains('\n') { value.replace('\n', &format!("{end}  ")).into() } else { value.into() }
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
