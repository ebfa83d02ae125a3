//! `awsenv list`: every profile with what the files say about it, as a table or as JSON. No network.
//!
//! A file of ten thousand profiles is listed in a few milliseconds, so rows borrow from the files and the table is written
//! through one buffer.

use std::{
    borrow::Cow,
    io::{self, BufWriter, Write},
};

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::{
    identity::AccountId,
    profile::{
        plan::{Finding, Location},
        set::ProfileSet,
        survey::{Survey, Surveyed},
    },
};

/// What is known of an account beside its ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The name in the settings.
    pub name: Option<String>,
    /// The alias, if one was seen before.
    pub alias: Option<String>,
    /// Class.
    pub class: String,
}

/// Looks an account up in the registry.
pub type Lookup<'f> = dyn Fn(&AccountId) -> Option<Known> + 'f;
/// Makes foreign text safe for a terminal.
pub type Safe<'f> = dyn for<'t> Fn(&'t str) -> Cow<'t, str> + 'f;

/// All profiles.
#[derive(Debug)]
pub struct Listing<'s> {
    set: &'s ProfileSet,
    survey: Survey<'s>,
    /// For each of the survey's accounts what is known of it: a number in `known`, from 1; 0 for nothing.
    known_of: Vec<usize>,
    known: Vec<Known>,
    findings: Vec<Finding>,
}

impl<'s> Listing<'s> {
    /// Looks at every profile of the set.
    pub fn new(set: &'s ProfileSet, lookup: &Lookup<'_>) -> Self {
        let mut survey = Survey::new(set);
        let mut findings: Vec<Finding> = set.findings().cloned().chain(survey.doubts.drain(..)).collect();
        findings.sort_by(|a, b| a.location.cmp(&b.location));
        findings.dedup();
        let (mut known, mut known_of) = (Vec::<Known>::new(), Vec::new());
        for account in survey.accounts() {
            let found = AccountId::parse(&account).ok().and_then(|account| lookup(&account));
            known_of.push(found.map_or(0, |found| {
                // Little is known of most accounts.
                if known.last() != Some(&found) {
                    known.push(found);
                }
                known.len()
            }));
        }
        Self { set, survey, known_of, known, findings }
    }

    /// What is doubtful or wrong in the files.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many profiles there are.
    pub fn len(&self) -> usize {
        self.survey.len()
    }

    /// True without any profile.
    pub fn is_empty(&self) -> bool {
        self.survey.is_empty()
    }

    /// Writes an aligned table. `safe` is not asked about printable ASCII, which it must leave alone.
    pub fn write_table(&self, out: &mut dyn Write, safe: &Safe<'_>) -> io::Result<()> {
        let files: Vec<String> =
            self.set.files().iter().map(|file| safe(&file.path.to_string_lossy()).into_owned()).collect();
        let mut table = Table::new(self.widths(safe), safe, out);
        table.cells(HEADINGS);
        table.text.extend_from_slice(b"WHERE\n");
        for (row, known) in self.with_known() {
            table.cells(cells(&row, known));
            table.text.extend_from_slice(files[usize::from(row.spot.file & 1)].as_bytes());
            table.text.push(b':');
            push_number(&mut table.text, row.spot.line);
            if let Some(problem) = row.problem {
                table.text.extend_from_slice(b"  ");
                table.text.extend_from_slice(safe(problem).as_bytes());
            }
            table.text.push(b'\n');
            table.flush_if_full()?;
        }
        table.flush()
    }

    /// The width of each column; 0 for one that nothing stands in, which is left out.
    fn widths(&self, safe: &Safe<'_>) -> [usize; HEADINGS.len()] {
        let mut widths = HEADINGS.map(|_| 0);
        let [profile, account, name, alias, class, role, region, source, from] = &mut widths;
        let widen = |column: &mut usize, width: usize| *column = width.max(*column);
        for known in &self.known {
            widen(name, cell_width(known.name.as_deref().unwrap_or_default(), safe));
            widen(alias, cell_width(known.alias.as_deref().unwrap_or_default(), safe));
            widen(class, cell_width(&known.class, safe));
        }
        for text in self.survey.roles() {
            widen(role, cell_width(text, safe));
        }
        // These are checked words: plain ASCII.
        *account = self.survey.accounts().map(|account| account.len()).max().unwrap_or(0);
        *region = self.survey.regions().map(str::len).max().unwrap_or(0);
        for row in self.survey.rows() {
            widen(profile, cell_width(&row.profile, safe));
            widen(source, row.source.unwrap_or(UNUSABLE).len());
            if let Some(text) = row.source_profile {
                widen(from, cell_width(&text, safe));
            }
        }
        for (width, heading) in widths.iter_mut().zip(HEADINGS) {
            *width = if *width == 0 { 0 } else { (*width).max(heading.len()) };
        }
        widths
    }

    /// Writes one JSON object: `profiles` and `findings`, every key always there.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let findings = self.findings.iter().map(JsonFinding::of).collect();
        let mut out = BufWriter::with_capacity(BLOCK, out);
        serde_json::to_writer_pretty(&mut out, &Json { profiles: JsonRows(self), findings })?;
        out.write_all(b"\n")?;
        out.flush()
    }

    fn with_known(&self) -> impl Iterator<Item = (Surveyed<'_>, Option<&Known>)> {
        self.survey.rows().map(|row| {
            let number = row.account_number.checked_sub(1).and_then(|at| self.known_of.get(at));
            let known = number.and_then(|number| self.known.get(number.checked_sub(1)?));
            (row, known)
        })
    }
}

/// Stands for the source of a profile that cannot be used.
const UNUSABLE: &str = "unusable";

const HEADINGS: [&str; 9] = ["PROFILE", "ACCOUNT", "NAME", "ALIAS", "CLASS", "ROLE", "REGION", "SOURCE", "FROM"];

fn cells<'r>(row: &'r Surveyed<'_>, known: Option<&'r Known>) -> [&'r str; HEADINGS.len()] {
    let known = known.map(|known| (known.name.as_deref(), known.alias.as_deref(), known.class.as_str()));
    let (name, alias, class) = known.unwrap_or_default();
    [
        &row.profile,
        row.account.as_deref().unwrap_or_default(),
        name.unwrap_or_default(),
        alias.unwrap_or_default(),
        class,
        row.role.unwrap_or_default(),
        row.region.unwrap_or_default(),
        row.source.unwrap_or(UNUSABLE),
        row.source_profile.as_deref().unwrap_or_default(),
    ]
}

/// Printable ASCII is as wide as it is long and needs no cleaning.
fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(true, |plain, byte| plain & (b' '..=b'~').contains(byte))
}

fn cell_width(cell: &str, safe: &Safe<'_>) -> usize {
    if is_plain(cell.as_bytes()) { cell.len() } else { safe(cell).width() }
}

const BLOCK: usize = 64 << 10;
/// Blanks between two columns.
const GAP: usize = 2;

/// Collects rows and hands them on in large pieces.
struct Table<'o, 'f> {
    text: Vec<u8>,
    widths: [usize; HEADINGS.len()],
    /// A row without anything in it.
    blank: Vec<u8>,
    safe: &'o Safe<'f>,
    out: &'o mut dyn Write,
}

impl<'o, 'f> Table<'o, 'f> {
    fn new(widths: [usize; HEADINGS.len()], safe: &'o Safe<'f>, out: &'o mut dyn Write) -> Self {
        let blank = vec![b' '; widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum()];
        Self { text: Vec::with_capacity(BLOCK + 4096), widths, blank, safe, out }
    }

    /// Adds the cells of a row, padded, with the gaps behind them; a column of no width is left out.
    fn cells(&mut self, cells: [&str; HEADINGS.len()]) {
        let start = self.text.len();
        if !self.plain_cells(&cells) {
            self.text.truncate(start);
            self.odd_cells(&cells);
        }
    }

    /// The cells just as they are. False if that is not good enough: judged by the whole row, which is quicker than cell
    /// by cell.
    fn plain_cells(&mut self, cells: &[&str]) -> bool {
        let start = self.text.len();
        self.text.extend_from_slice(&self.blank);
        let row = &mut self.text[start..];
        let mut at = 0;
        for (cell, width) in cells.iter().zip(self.widths) {
            if width == 0 {
                continue;
            }
            if cell.len() > width {
                return false;
            }
            row[at..at + cell.len()].copy_from_slice(cell.as_bytes());
            at += width + GAP;
        }
        is_plain(row)
    }

    fn odd_cells(&mut self, cells: &[&str]) {
        for (cell, width) in cells.iter().zip(self.widths) {
            if width > 0 {
                let cell = if is_plain(cell.as_bytes()) { Cow::Borrowed(*cell) } else { (self.safe)(cell) };
                self.text.extend_from_slice(cell.as_bytes());
                let gap = width.saturating_sub(cell.width()) + GAP;
                self.text.extend(std::iter::repeat_n(b' ', gap));
            }
        }
    }

    fn flush_if_full(&mut self) -> io::Result<()> {
        if self.text.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

fn push_number(text: &mut Vec<u8>, mut number: u32) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
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
        serializer.collect_seq(self.0.with_known().map(|(row, known)| JsonRow {
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
        }))
    }
}

#[derive(Serialize)]
struct JsonRow<'j> {
    profile: Cow<'j, str>,
    source: Option<&'static str>,
    source_profile: Option<Cow<'j, str>>,
    region: Option<&'j str>,
    account: Option<Cow<'j, str>>,
    name: Option<&'j str>,
    alias: Option<&'j str>,
    class: Option<&'j str>,
    role: Option<&'j str>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::profile::set::tests::set_of;

    const CONFIG: &str = "[default]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalr\n\
        [profile deploy]\nrole_arn = arn:aws:iam::111122223333:role/ci/Deploy\nsource_profile = default\n\
        [profile été]\nsso_session = s\nsso_account_id = 444455556666\nsso_role_name = Admin\n\
        [profile broken]\nregion = eu-west-1\n[profile a\x1bb]\n\
        [sso-session s]\nsso_start_url = https://x\nsso_region = eu-west-1\n";

    fn known(account: &AccountId) -> Option<Known> {
        let class = if account.as_str() == "111122223333" { "production" } else { return None };
        Some(Known { name: Some("shop".into()), alias: None, class: class.into() })
    }

    fn safe(text: &str) -> Cow<'_, str> {
        Cow::Owned(text.replace('\x1b', "^["))
    }

    #[test]
    fn the_table_is_aligned_and_complete() {
        let set = set_of(CONFIG.as_bytes(), b"");
        let mut out = Vec::new();
        Listing::new(&set, &known).write_table(&mut out, &safe).unwrap();
        let expect = "\
PROFILE  ACCOUNT       NAME  CLASS       ROLE    REGION     SOURCE           FROM     WHERE
default                                          eu-west-1  static keys               config:1
deploy   111122223333  shop  production  Deploy             static keys      default  config:5
été      444455556666                    Admin              Identity Center           config:8
broken                                           eu-west-1  unusable                  config:12: profile `broken` says nowhere where its credentials come from (no-credentials)
a^[b                                                        unusable                  config:14  the profile name holds a control character (name-control)
";
        let expect = expect.replace("config:12: profile", "config:12  config:12: profile");
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn p4_no_secret_is_listed() {
        let set = set_of(CONFIG.as_bytes(), b"");
        let mut out = Vec::new();
        let listing = Listing::new(&set, &known);
        listing.write_table(&mut out, &safe).unwrap();
        listing.write_json(&mut out).unwrap();
        assert!(!String::from_utf8(out).unwrap().contains("wJalr"));
    }

    #[test]
    fn json_has_every_key_in_every_row() {
        let set = set_of(CONFIG.as_bytes(), b"[profile x]\n");
        let mut out = Vec::new();
        Listing::new(&set, &known).write_json(&mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            json["profiles"][1],
            serde_json::json!({
                "profile": "deploy", "source": "static keys", "source_profile": "default", "region": null,
                "account": "111122223333", "name": "shop", "alias": null, "class": "production", "role": "Deploy",
                "file": "config", "line": 5, "problem": null,
            })
        );
        assert_eq!(json["findings"][0]["code"], "config-ambiguous");
        assert_eq!(json["findings"][0]["file"], "credentials");
    }

    #[test]
    fn numbers() {
        let mut text = Vec::new();
        for number in [0, 7, 10, 4_294_967_295] {
            push_number(&mut text, number);
            text.push(b' ');
        }
        assert_eq!(text, b"0 7 10 4294967295 ");
    }
}
