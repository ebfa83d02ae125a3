//! The list as an aligned table.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use unicode_width::UnicodeWidthStr;

use super::{BLOCK, Known, Listing, Safe, Told};
use crate::core::{
    identity::AccountId,
    profile::{survey::Surveyed, vault::VaultProfile},
    region::Region,
};

impl Listing<'_> {
    /// Writes an aligned table. `safe` is not asked about printable ASCII, which it must leave alone, but for
    /// `##` and a `::` at the beginning.
    pub fn write_table(&self, out: &mut dyn Write, safe: &Safe<'_>) -> io::Result<()> {
        let files: Vec<String> =
            self.set.files().iter().map(|file| safe(&file.path.to_string_lossy()).into_owned()).collect();
        let mut table = Table::new(self.widths(safe), safe, out);
        table.cells(HEADINGS);
        table.text.extend_from_slice(b"WHERE\n");
        for (row, known) in self.with_known() {
            table.cells(cells(&row, known, self.state(&row)));
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
        for (name, profile, known) in &self.in_vault {
            table.cells(vault_cells(name, profile, known.as_ref(), self.states.of(name, 0)));
            table.text.extend_from_slice(b"vault\n");
            table.flush_if_full()?;
        }
        table.flush()
    }

    /// The width of each column; 0 for one that nothing stands in, which is left out.
    fn widths(&self, safe: &Safe<'_>) -> [usize; HEADINGS.len()] {
        let mut widths = HEADINGS.map(|_| 0);
        let [profile, account, name_column, alias, class, role, region, source, from, session] = &mut widths;
        let widen = |column: &mut usize, width: usize| *column = width.max(*column);
        for known in &self.known {
            widen(name_column, cell_width(known.name.as_deref().unwrap_or_default(), safe));
            widen(alias, cell_width(known.alias.as_deref().unwrap_or_default(), safe));
            widen(class, cell_width(&known.class, safe));
        }
        let widest =
            |texts: &mut dyn Iterator<Item = &str>| texts.map(|text| cell_width(text, safe)).max().unwrap_or(0);
        *role = widest(&mut self.survey.roles());
        *region = widest(&mut self.survey.regions());
        *from = widest(&mut self.survey.source_profiles());
        *source = widest(&mut self.survey.sources());
        *session = widest(&mut self.states.texts());
        *account = self.survey.accounts().map(|account| account.len()).max().unwrap_or(0);
        *profile = self.survey.profiles().map(|text| cell_width(&text, safe)).max().unwrap_or(0);
        for (name, vault_profile, known) in &self.in_vault {
            let cells = vault_cells(name, vault_profile, known.as_ref(), self.states.of(name, 0));
            let columns =
                [&mut *profile, &mut *account, name_column, alias, class, role, region, source, from, session];
            for (column, cell) in columns.into_iter().zip(cells) {
                widen(column, cell_width(cell, safe));
            }
        }
        if self.survey.has_problems() {
            widen(source, UNUSABLE.len());
        }
        for (width, heading) in widths.iter_mut().zip(HEADINGS) {
            *width = if *width == 0 { 0 } else { (*width).max(heading.len()) };
        }
        widths
    }
}

/// Stands for the source of a profile that cannot be used.
const UNUSABLE: &str = "unusable";

const HEADINGS: [&str; 10] =
    ["PROFILE", "ACCOUNT", "NAME", "ALIAS", "CLASS", "ROLE", "REGION", "SOURCE", "FROM", "SESSION"];

fn cells<'r>(row: &'r Surveyed<'_>, known: Option<&'r Known>, state: Option<&'r Told>) -> [&'r str; HEADINGS.len()] {
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
        row.source_profile.unwrap_or_default(),
        state.map_or("", |told| &told.text),
    ]
}

/// A row of the vault.
fn vault_cells<'r>(
    name: &'r str,
    profile: &'r VaultProfile,
    known: Option<&'r Known>,
    state: Option<&'r Told>,
) -> [&'r str; HEADINGS.len()] {
    let known = known.map(|known| (known.name.as_deref(), known.alias.as_deref(), known.class.as_str()));
    let (account_name, alias, class) = known.unwrap_or_default();
    let account = profile.account.as_ref().map_or("", AccountId::as_str);
    let region = profile.region.as_ref().map_or("", Region::as_str);
    let (account_name, alias) = (account_name.unwrap_or_default(), alias.unwrap_or_default());
    [name, account, account_name, alias, class, "", region, "vault", "", state.map_or("", |told| &told.text)]
}

/// Printable ASCII is as wide as it is long and needs no cleaning, unless the runner of a CI could take it for a command.
fn is_plain(text: &[u8]) -> bool {
    let is_printable = text.iter().fold(true, |plain, byte| plain & (b' '..=b'~').contains(byte));
    is_printable && !text.starts_with(b"::") && memchr::memmem::find(text, b"##").is_none()
}

fn cell_width(cell: &str, safe: &Safe<'_>) -> usize {
    if is_plain(cell.as_bytes()) { cell.len() } else { safe(cell).width() }
}

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

#[cfg(test)]
mod tests {
    use super::*;

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
