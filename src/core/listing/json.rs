//! The list as JSON.

use std::{
    borrow::Cow,
    io::{self, BufWriter, Write},
};

use serde::Serialize;

use super::{BLOCK, Listing};
use crate::core::{
    banner::Ascii,
    credentials::rfc3339,
    profile::plan::{Finding, Location},
    region::Region,
};

impl Listing<'_> {
    /// Writes one JSON object: `profiles` and `findings`, every key always there.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = self.findings.iter().map(JsonFinding::of).collect();
        let mut out = BufWriter::with_capacity(BLOCK, out);
        let mut json = serde_json::Serializer::with_formatter(&mut out, Ascii::default());
        Json { profiles: JsonRows(self), findings }.serialize(&mut json)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}

#[derive(Serialize)]
struct Json<'j> {
    profiles: JsonRows<'j>,
    findings: Vec<JsonFinding<'j>>,
}

/// The rows, made one after the other as they are written.
struct JsonRows<'j>(&'j Listing<'j>);

impl Serialize for JsonRows<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let files = self.0.set.files().each_ref().map(|file| file.path.to_string_lossy());
        let vault = self.0.set.vault().map(|vault| vault.path.to_string_lossy()).unwrap_or_default();
        let in_vault = self.0.in_vault.iter().map(|(name, profile, known)| JsonRow {
            profile: Cow::Borrowed(name),
            source: Some("vault"),
            source_profile: None,
            region: profile.region.as_ref().map(Region::as_str),
            account: profile.account.as_ref().map(|account| Cow::Borrowed(account.as_str())),
            name: known.as_ref().and_then(|known| known.name.as_deref()),
            alias: known.as_ref().and_then(|known| known.alias.as_deref()),
            class: known.as_ref().map(|known| known.class.as_str()),
            role: None,
            session: self.0.states.of(name, 0).map(|told| told.state.code()),
            session_end: self.0.states.of(name, 0).and_then(|told| told.state.end()).map(rfc3339),
            file: &vault,
            line: 0,
            problem: None,
        });
        let in_files = self.0.with_known().map(|(row, known)| JsonRow {
            session: self.0.state(&row).map(|told| told.state.code()),
            session_end: self.0.state(&row).and_then(|told| told.state.end()).map(rfc3339),
            profile: row.profile,
            source: row.source,
            source_profile: row.source_profile,
            region: row.region,
            account: row.account,
            name: known.and_then(|known| known.name.as_deref()),
            alias: known.and_then(|known| known.alias.as_deref()),
            class: known.map(|known| known.class.as_str()),
            role: row.role,
            file: &files[usize::from(row.spot.file & 1)],
            line: row.spot.line,
            problem: row.problem,
        });
        serializer.collect_seq(in_files.chain(in_vault))
    }
}

#[derive(Serialize)]
struct JsonRow<'j> {
    profile: Cow<'j, str>,
    source: Option<&'static str>,
    source_profile: Option<&'j str>,
    region: Option<&'j str>,
    account: Option<Cow<'j, str>>,
    name: Option<&'j str>,
    alias: Option<&'j str>,
    class: Option<&'j str>,
    role: Option<&'j str>,
    session: Option<&'static str>,
    session_end: Option<String>,
    file: &'j str,
    line: u32,
    problem: Option<&'j str>,
}

#[derive(Serialize)]
struct JsonFinding<'j> {
    code: &'static str,
    message: &'j str,
    file: Cow<'j, str>,
    line: usize,
}

impl<'j> JsonFinding<'j> {
    fn of(Finding { code, message, location: Location { file, line } }: &'j Finding) -> Self {
        Self { code, message, file: file.to_string_lossy(), line: *line }
    }
}
