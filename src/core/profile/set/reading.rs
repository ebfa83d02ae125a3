//! Reading a file into a set: which sections are kept, and what is found on the way.

use super::{About, Finding, ProfileSet, Want, offset, shown};
use crate::core::profile::{
    header::{self, FileKind, Header, SectionKind},
    scan::Piece,
    section,
    settings::Spot,
};

/// Where in a file the reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first header.
    Prelude,
    /// In a section that is kept: the last of the set.
    Keep,
    /// In one that is not, or is broken.
    Skip,
}

/// Takes the pieces of one file into a set.
pub(super) struct Reading<'s, 'w> {
    set: &'s mut ProfileSet,
    kind: FileKind,
    want: Want<'w>,
    state: State,
    told_utf8: bool,
}

impl<'s, 'w> Reading<'s, 'w> {
    /// At a file's beginning.
    pub(super) fn new(set: &'s mut ProfileSet, kind: FileKind, want: Want<'w>) -> Self {
        Self { set, kind, want, state: State::Prelude, told_utf8: false }
    }

    /// The next piece.
    pub(super) fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Header { text, line } => self.header(text, line),
            Piece::Body { text, line } => self.body(text, line),
        }
    }

    fn spot(&self, line: usize) -> Spot {
        Spot { file: u8::from(self.kind == FileKind::Credentials), line: offset(line) }
    }

    fn tell(&mut self, about: About, code: &'static str, line: usize, message: impl Into<String>) {
        let location = self.set.location(self.spot(line));
        self.set.findings.push((about, Finding { code, message: message.into(), location }));
    }

    fn header(&mut self, text: &[u8], line: usize) {
        self.state = State::Skip;
        if self.is_plainly_unwanted(text) {
            return;
        }
        match header::parse(text, self.kind) {
            Header::Section { kind, name, plain_default, doubt } => {
                if !self.wants(kind, &name) {
                    return;
                }
                if let Some(group) = self.set.add(kind, &name, plain_default, self.spot(line)) {
                    self.state = State::Keep;
                    if let Some(why) = doubt {
                        self.tell(About::Group(group), "config-ambiguous", line, why);
                    }
                }
            }
            Header::Ignored { code, why } => {
                let message = format!("{} is ignored: {why}", shown(text));
                self.tell(About::Nothing, code, line, message);
            }
            Header::Broken(why) => self.tell(About::File, "config-syntax", line, why),
        }
    }

    /// True for a header of the usual form with another profile's name: nearly all of ten thousand, in one look.
    fn is_plainly_unwanted(&self, text: &[u8]) -> bool {
        let Want::Named(names) = self.want else { return false };
        let start = match self.kind {
            FileKind::Config => &b"[profile "[..],
            FileKind::Credentials => b"[",
        };
        let name = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(b"]")).unwrap_or_default();
        let plain = name.iter().fold(true, |plain, byte| plain & (byte.is_ascii_alphanumeric() | (*byte == b'-')));
        plain && !name.is_empty() && names.iter().all(|wanted| wanted.as_bytes() != name)
    }

    fn wants(&self, kind: SectionKind, name: &[u8]) -> bool {
        match self.want {
            Want::Named(names) if kind == SectionKind::Profile => names.iter().any(|want| want.as_bytes() == name),
            _ => true,
        }
    }

    fn body(&mut self, text: &[u8], line: usize) {
        if !self.told_utf8
            && let Err(error) = std::str::from_utf8(text)
        {
            self.told_utf8 = true;
            let at = line + memchr::memchr_iter(b'\n', &text[..error.valid_up_to()]).count();
            let why = "the line is not UTF-8 text: the AWS CLI fails on the file, and some SDKs read it as empty";
            self.tell(About::File, "config-ambiguous", at, why);
        }
        match self.state {
            State::Skip => {}
            State::Prelude => self.prelude(text, line),
            State::Keep => {
                self.set.text.extend_from_slice(text);
                let end = offset(self.set.text.len());
                if let Some(section) = self.set.sections.last_mut() {
                    section.body.1 = end;
                }
            }
        }
    }

    /// Before the first header there may only be comments.
    fn prelude(&mut self, text: &[u8], line: usize) {
        let bad = if line == 1 && text.starts_with(b"\xef\xbb\xbf") {
            Some((line, "the file begins with a byte order mark, which no AWS reader accepts"))
        } else {
            section::lines(text, line)
                .find_map(|read| match read {
                    Ok(read) => (read.content != section::Content::Comment).then_some(read.number),
                    Err(bad) => Some(bad.number),
                })
                .map(|line| (line, "the line stands before the first section header"))
        };
        let Some((line, why)) = bad else { return };
        self.state = State::Skip;
        self.tell(About::File, "config-syntax", line, why);
        let file = usize::from(self.spot(line).file);
        self.set.prelude[file] = self.set.findings.last().map(|(_, finding)| finding.clone());
    }
}
