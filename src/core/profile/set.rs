//! The sections of both files, by name: kept as they stand, and parsed when asked for.

mod reading;

use std::{borrow::Cow, hash::BuildHasher, io::Read, path::Path, sync::Arc};

use hashbrown::{DefaultHashBuilder, HashTable};

use self::reading::Reading;
use super::{
    error::PlanError,
    header::{FileKind, SectionKind},
    plan::{Finding, Location},
    scan::{ScanError, scan},
    section,
    settings::{Settings, Spot},
};

/// No section follows.
const END: u32 = u32::MAX;

/// Which profiles are kept. Sessions and services always are: there are few of them.
#[derive(Clone, Copy, Debug)]
pub enum Want<'a> {
    /// All.
    All,
    /// Those of these names.
    Named(&'a [String]),
}

/// One of the two files.
#[derive(Clone, Debug)]
pub struct File {
    /// The path, as the user would name it.
    pub path: Arc<Path>,
    /// False for a file that came with a directory and not from the user: nothing in it may start a program, name a file
    /// to read, or name a server to call.
    pub trusted: bool,
}

#[derive(Clone, Debug)]
struct Section {
    spot: Spot,
    name: (u32, u32),
    body: (u32, u32),
    /// The next section of the same name.
    next: u32,
    plain_default: bool,
    /// Replaced by another one as a whole.
    dead: bool,
}

/// All sections of one kind and name.
#[derive(Clone, Debug)]
struct Group {
    kind: SectionKind,
    first: u32,
    last: u32,
}

/// A group of sections, by number: a profile, a session, or services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupId(u32);

impl GroupId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// The file as a whole: whoever uses it should know.
    File,
    /// A section that nobody reads.
    Nothing,
    /// A group.
    Group(GroupId),
}

/// Profiles, Identity Center sessions and services of the config and the credentials file.
#[derive(Clone, Debug)]
pub struct ProfileSet {
    files: [File; 2],
    /// Names and bodies of all sections kept.
    text: Vec<u8>,
    sections: Vec<Section>,
    groups: Vec<Group>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    findings: Vec<(About, Finding)>,
    /// For each file what stands in it before any header: no official reader takes anything from such a file.
    prelude: [Option<Finding>; 2],
}

impl ProfileSet {
    /// An empty one, of these two files.
    pub fn new(config: File, credentials: File) -> Self {
        Self {
            files: [config, credentials],
            text: Vec::new(),
            sections: Vec::new(),
            groups: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            findings: Vec::new(),
            prelude: [None, None],
        }
    }

    /// Makes room for a file of this size.
    pub fn reserve(&mut self, bytes: u64) {
        let bytes = usize::try_from(bytes.min(64 << 20)).unwrap_or(0);
        self.text.reserve(bytes);
        let sections = bytes / 128;
        self.sections.reserve(sections);
        self.groups.reserve(sections);
        let (hasher, text, all, groups) = (&self.hasher, &self.text, &self.sections, &self.groups);
        self.index.reserve(sections, |&group| {
            let group = &groups[group as usize];
            hasher.hash_one((group.kind, slice(text, all[group.first as usize].name)))
        });
    }

    /// Reads one of the files. The config file comes first.
    pub fn read(&mut self, kind: FileKind, reader: impl Read, want: Want<'_>) -> Result<(), ScanError> {
        let mut reading = Reading::new(self, kind, want);
        scan(reader, |piece| reading.take(piece))
    }

    /// Adds something to say about a file.
    pub fn add_finding(&mut self, finding: Finding) {
        self.findings.push((About::File, finding));
    }

    /// Everything found so far, apart from what the bodies of sections hold.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().map(|(_, finding)| finding)
    }

    /// What is found about the files as such and about these groups.
    pub(super) fn findings_of(&self, groups: &[GroupId]) -> Vec<Finding> {
        let concerns = |about: &About| match about {
            About::File => true,
            About::Nothing => false,
            About::Group(group) => groups.contains(group),
        };
        self.findings.iter().filter(|(about, _)| concerns(about)).map(|(_, finding)| finding.clone()).collect()
    }

    /// The first place where a file is no config file.
    pub fn syntax_error(&self) -> Option<&Finding> {
        self.findings().find(|finding| finding.code == "config-syntax")
    }

    /// The group of this kind and name.
    pub fn find(&self, kind: SectionKind, name: &[u8]) -> Option<GroupId> {
        let hash = self.hasher.hash_one((kind, name));
        self.index
            .find(hash, |&group| self.groups[group as usize].kind == kind && self.name(GroupId(group)) == name)
            .map(|&group| GroupId(group))
    }

    /// How many groups there are, of all kinds.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// All groups of a kind, in file order.
    pub fn of_kind(&self, kind: SectionKind) -> impl Iterator<Item = GroupId> {
        (0_u32..).zip(&self.groups).filter(move |(_, group)| group.kind == kind).map(|(id, _)| GroupId(id))
    }

    /// All profiles' names that can be used, in file order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.of_kind(SectionKind::Profile).filter_map(|group| super::error::check_name(self.name(group)).ok())
    }

    /// A group's name.
    pub fn name(&self, group: GroupId) -> &[u8] {
        slice(&self.text, self.sections[self.groups[group.index()].first as usize].name)
    }

    /// A group's name as text; bytes that are not UTF-8 as `\xNN`.
    pub fn name_text(&self, group: GroupId) -> Cow<'_, str> {
        shown(self.name(group))
    }

    /// Where a group begins.
    pub fn spot(&self, group: GroupId) -> Spot {
        let mut spots = self.sections_of(group).map(|section| section.spot);
        spots.next().unwrap_or(Spot { file: 0, line: 1 })
    }

    /// A place as the user would name it.
    pub fn location(&self, spot: Spot) -> Location {
        Location { file: Arc::clone(&self.files[usize::from(spot.file & 1)].path), line: spot.line as usize }
    }

    /// The two files.
    pub fn files(&self) -> &[File; 2] {
        &self.files
    }

    /// Reads what a group's sections say, in place of what `settings` held before.
    pub fn settings<'a>(&'a self, group: GroupId, settings: &mut Settings<'a>) -> Result<(), PlanError> {
        settings.clear();
        for (body, spot) in self.bodies(group) {
            if let Some(finding) = &self.prelude[usize::from(spot.file & 1)] {
                return Err(finding.clone().into());
            }
            settings.add(body, spot).map_err(|bad| self.bad_line(spot.file, bad))?;
        }
        Ok(())
    }

    /// The bodies of a group's sections and the places of their first lines.
    pub(super) fn bodies(&self, group: GroupId) -> impl Iterator<Item = (&[u8], Spot)> {
        self.sections_of(group)
            .map(|section| (slice(&self.text, section.body), Spot { line: section.spot.line + 1, ..section.spot }))
    }

    pub(super) fn bad_line(&self, file: u8, bad: section::BadLine) -> PlanError {
        let line = u32::try_from(bad.number).unwrap_or(u32::MAX);
        PlanError::config("config-syntax", self.location(Spot { file, line }), bad.why)
    }

    fn sections_of(&self, group: GroupId) -> impl Iterator<Item = &Section> {
        let first = self.groups[group.index()].first;
        std::iter::successors(self.sections.get(first as usize), |section| self.sections.get(section.next as usize))
            .filter(|section| !section.dead)
    }

    /// Adds an empty section. False if another one replaces it.
    fn add(&mut self, kind: SectionKind, name: &[u8], plain_default: bool, spot: Spot) -> Option<GroupId> {
        let existing = self.find(kind, name);
        if let Some(group) = existing
            && !self.make_way(group, plain_default, spot)
        {
            return None;
        }
        let name_at = self.text.len();
        self.text.extend_from_slice(name);
        let end = offset(self.text.len());
        let name = (offset(name_at), end);
        let number = offset(self.sections.len());
        self.sections.push(Section { spot, name, body: (end, end), next: END, plain_default, dead: false });
        Some(match existing {
            Some(group) => {
                let last = std::mem::replace(&mut self.groups[group.index()].last, number);
                self.sections[last as usize].next = number;
                group
            }
            None => {
                let group = offset(self.groups.len());
                let hash = self.hasher.hash_one((kind, slice(&self.text, name)));
                let (hasher, text, sections, groups) = (&self.hasher, &self.text, &self.sections, &self.groups);
                self.index.insert_unique(hash, group, |&group| {
                    let group: &Group = &groups[group as usize];
                    hasher.hash_one((group.kind, slice(text, sections[group.first as usize].name)))
                });
                self.groups.push(Group { kind, first: number, last: number });
                GroupId(group)
            }
        })
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

/// Bytes as text; those that are not UTF-8 as `\xNN`.
fn shown(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    Cow::Owned(text)
}

fn slice(text: &[u8], (from, to): (u32, u32)) -> &[u8] {
    &text[from as usize..to as usize]
}

/// Two files of at most 64 MiB each fit.
fn offset(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "set_tests.rs"]
pub(in crate::core) mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
