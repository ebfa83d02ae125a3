//! Reading a file into a set: which sections are kept, and what is doubtful about them.

use std::io::Read;

use super::{
    header::{self, FileKind, Header, SectionKind},
    plan::Finding,
    scan::{Piece, ScanError, scan},
    section,
    set::{About, GroupId, ProfileSet, Section, Want, shown},
    settings::Spot,
    text::offset,
};

/// No section follows.
const END: u32 = u32::MAX;

impl ProfileSet {
    /// Reads one of the files. The config file comes first.
    pub fn read(&mut self, kind: FileKind, reader: impl Read, want: Want<'_>) -> Result<(), ScanError> {
        let mut reading = Reading { set: self, kind, want, state: State::Prelude, told_utf8: false };
        let done = scan(reader, |piece| reading.take(piece));
        self.text.settle();
        done
    }

    /// Adds an empty section. False if another one replaces it.
    fn add(&mut self, kind: SectionKind, name: &[u8], plain_default: bool, spot: Spot) -> Option<GroupId> {
        let hash = self.hash(kind, name);
        let existing = self.find_hashed(hash, kind, name);
        if let Some(group) = existing
            && !self.make_way(group, plain_default, spot)
        {
            return None;
        }
        let name = self.text.push(name);
        let number = offset(self.sections.len());
        self.sections.push(Section {
            spot,
            name,
            body: name.end(),
            next: END,
            plain: true,
            plain_default,
            dead: false,
        });
        let Some(group) = existing else { return Some(self.add_group(hash, kind, number)) };
        let last = std::mem::replace(&mut self.groups[group.index()].last, number);
        self.sections[last as usize].next = number;
        Some(group)
    }

    /// Settles what becomes of a section whose name the file has already. False if the new one does not count.
    fn make_way(&mut self, group: GroupId, plain_default: bool, spot: Spot) -> bool {
        let (mut twice, mut replaced, mut counts) = (false, false, true);
        let mut at = self.groups[group.index()].first;
        while let Some(section) = self.sections.get_mut(at as usize) {
            at = section.next;
            if section.spot.file != spot.file || section.dead {
                continue;
            }
            match (section.plain_default, plain_default) {
                (true, false) => (section.dead, replaced) = (true, true),
                (false, true) => counts = false,
                _ => twice = true,
            }
        }
        if replaced || !counts {
            self.doubt(group, spot, "[profile default] counts and [default] does not; the AWS CLI takes the later one");
        } else if twice {
            self.doubt(
                group,
                spot,
                "a section of this name stands above: the AWS CLI refuses the file or takes only this",
            );
        }
        counts
    }

    fn doubt(&mut self, group: GroupId, spot: Spot, why: &str) {
        let finding = Finding { code: "config-ambiguous", message: why.to_owned(), location: self.location(spot) };
        self.findings.push((About::Group(group), finding));
    }
}

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

struct Reading<'s, 'w> {
    set: &'s mut ProfileSet,
    kind: FileKind,
    want: Want<'w>,
    state: State,
    told_utf8: bool,
}

impl Reading<'_, '_> {
    fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Header { text, line } => self.header(text, line),
            Piece::Body { text, line, plain } => self.body(text, line, plain),
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
                let about = if self.may_mean_a_wanted(text) { About::File } else { About::Nothing };
                self.tell(about, code, line, message);
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

    /// True for a header that nobody reads and whose last word is a wanted profile: `[staging]` in the config file.
    fn may_mean_a_wanted(&self, text: &[u8]) -> bool {
        let Want::Named(names) = self.want else { return false };
        let inner = text.strip_prefix(b"[").unwrap_or(text);
        let inner = inner.split(|byte| *byte == b']').next().unwrap_or_default();
        let last = inner.split(u8::is_ascii_whitespace).rfind(|word| !word.is_empty()).unwrap_or_default();
        names.iter().any(|name| name.as_bytes() == last)
    }

    fn wants(&self, kind: SectionKind, name: &[u8]) -> bool {
        match self.want {
            Want::Named(names) if kind == SectionKind::Profile => names.iter().any(|want| want.as_bytes() == name),
            _ => true,
        }
    }

    fn body(&mut self, text: &[u8], line: usize, plain: bool) {
        if !plain
            && !self.told_utf8
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
                if let Some(section) = self.set.sections.last_mut() {
                    self.set.text.extend(&mut section.body, text);
                    section.plain &= plain;
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
