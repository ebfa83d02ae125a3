//! The sections of both files, by name: kept as they stand, and parsed when asked for.

use std::{borrow::Cow, hash::BuildHasher, path::Path, sync::Arc};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{
    error::PlanError,
    header::SectionKind,
    plan::{Finding, Location},
    section,
    settings::{Settings, Spot},
    text::{Span, Text, offset},
    vault::VaultProfiles,
};

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
pub(super) struct Section {
    pub(super) spot: Spot,
    pub(super) name: Span,
    pub(super) body: Span,
    /// The next section of the same name; none has this number if it is the last.
    pub(super) next: u32,
    /// Nothing in the body needs a closer look.
    pub(super) plain: bool,
    pub(super) plain_default: bool,
    /// Replaced by another one as a whole.
    pub(super) dead: bool,
}

/// All sections of one kind and name.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) kind: SectionKind,
    pub(super) first: u32,
    pub(super) last: u32,
}

/// A group of sections, by number: a profile, a session, or services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupId(pub(super) u32);

impl GroupId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
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
    pub(super) text: Text,
    pub(super) sections: Vec<Section>,
    pub(super) groups: Vec<Group>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
    pub(super) findings: Vec<(About, Finding)>,
    /// For each file what stands in it before any header: no official reader takes anything from such a file.
    pub(super) prelude: [Option<Finding>; 2],
    /// What an opened vault has beside the files.
    vault: Option<Arc<VaultProfiles>>,
}

impl ProfileSet {
    /// An empty one, of these two files.
    pub fn new(config: File, credentials: File) -> Self {
        Self {
            files: [config, credentials],
            text: Text::default(),
            sections: Vec::new(),
            groups: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            findings: Vec::new(),
            prelude: [None, None],
            vault: None,
        }
    }

    /// Adds the profiles of an opened vault.
    pub fn set_vault(&mut self, vault: Arc<VaultProfiles>) {
        self.vault = Some(vault);
    }

    /// The profiles of the vault, if it is open.
    pub fn vault(&self) -> Option<&VaultProfiles> {
        self.vault.as_deref()
    }

    /// Makes room for a file of this size.
    pub fn reserve(&mut self, bytes: u64) {
        let bytes = usize::try_from(bytes.min(64 << 20)).unwrap_or(0);
        self.text.open().reserve(bytes);
        let sections = bytes / 128;
        self.sections.reserve(sections);
        self.groups.reserve(sections);
        let (hasher, text, all, groups) = (&self.hasher, &self.text, &self.sections, &self.groups);
        self.index.reserve(sections, |&group| hash_of(hasher, text, all, &groups[group as usize]));
    }

    /// Adds a group of the one section that was added last; `hash` is of its kind and name.
    pub(super) fn add_group(&mut self, hash: u64, kind: SectionKind, section: u32) -> GroupId {
        let number = offset(self.groups.len());
        self.groups.push(Group { kind, first: section, last: section });
        let (hasher, text, all, groups) = (&self.hasher, &self.text, &self.sections, &self.groups);
        self.index.insert_unique(hash, number, |&group| hash_of(hasher, text, all, &groups[group as usize]));
        GroupId(number)
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
        self.find_hashed(self.hash(kind, name), kind, name)
    }

    pub(super) fn hash(&self, kind: SectionKind, name: &[u8]) -> u64 {
        self.hasher.hash_one((kind, name))
    }

    pub(super) fn find_hashed(&self, hash: u64, kind: SectionKind, name: &[u8]) -> Option<GroupId> {
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
        self.text.bytes(self.name_span(group))
    }

    /// A group's name, if it is text.
    pub(super) fn utf8_name(&self, group: GroupId) -> Option<&str> {
        self.text.text(self.name_span(group))
    }

    fn name_span(&self, group: GroupId) -> Span {
        self.sections[self.groups[group.index()].first as usize].name
    }

    /// A group's name as text; bytes that are not UTF-8 as `\xNN`.
    pub fn name_text(&self, group: GroupId) -> Cow<'_, str> {
        self.utf8_name(group).map_or_else(|| shown(self.name(group)), Cow::Borrowed)
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
        for section in self.sections_of(group) {
            let file = section.spot.file;
            if let Some(finding) = &self.prelude[usize::from(file & 1)] {
                return Err(finding.clone().into());
            }
            let (body, text) = (self.text.bytes(section.body), self.text.text(section.body));
            let lines = section::lines_of(body, text, section.plain, section.spot.line as usize + 1);
            settings.add(lines, file).map_err(|bad| self.bad_line(file, bad))?;
        }
        Ok(())
    }

    /// The bodies of a group's sections and the places of their first lines.
    pub(super) fn bodies(&self, group: GroupId) -> impl Iterator<Item = (&[u8], Spot)> {
        self.sections_of(group)
            .map(|section| (self.text.bytes(section.body), Spot { line: section.spot.line + 1, ..section.spot }))
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
}

fn hash_of(hasher: &DefaultHashBuilder, text: &Text, sections: &[Section], group: &Group) -> u64 {
    hasher.hash_one((group.kind, text.bytes(sections[group.first as usize].name)))
}

/// Bytes as text; those that are not UTF-8 as `\xNN`.
pub(super) fn shown(bytes: &[u8]) -> Cow<'_, str> {
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

#[cfg(test)]
#[path = "set_tests.rs"]
pub(in crate::core) mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
