//! Changes one account's entry in the settings file, in place: comments, order and everything else stay.

use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::{
    config::{ConfigError, Settings},
    identity::AccountId,
    registry::Protection,
};
use crate::error::{Kind, Known};

/// What a new settings file begins with.
pub const NEW_FILE: &str = "\
# awsenv's settings: only what differs from the defaults, which `awsenv config show` prints with their explanation.
";

/// An entry that cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file was wrong before, or would be after.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// TOML that the editor cannot change in place.
    #[error("{0} cannot be edited in place: {1}")]
    Shape(String, String),
}

impl Known for EditError {
    fn kind(&self) -> Kind {
        match self {
            Self::Settings(error) => error.kind(),
            Self::Shape(..) => Kind::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Settings(error) => error.hints(),
            Self::Shape(..) => vec!["Write the entry into the file by hand, as [accounts.ID].".to_owned()],
        }
    }
}

/// Sets what is given of an account's entry, and gives the file's new text. `file` is only named in messages.
pub fn set_account(
    file: &Path,
    text: &str,
    id: &AccountId,
    class: Option<&str>,
    name: Option<&str>,
    protection: Option<Protection>,
) -> Result<String, EditError> {
    Settings::load(Some((file, text)))?;
    let shape = |message: String| EditError::Shape(file.display().to_string(), message);
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| shape(error.to_string()))?;
    let entry = entry(&mut document, id).ok_or_else(|| shape("`accounts` is not a table".to_owned()))?;
    for (key, value) in [("class", class), ("name", name), ("protection", protection.map(Protection::name))] {
        if let Some(value) = value {
            set(entry, key, value);
        }
    }
    let text = document.to_string();
    Settings::load(Some((file, &text)))?;
    Ok(text)
}

/// The entry's table, made at the end of the accounts where there is none.
fn entry<'a>(document: &'a mut DocumentMut, id: &AccountId) -> Option<&'a mut dyn TableLike> {
    let accounts = document.entry("accounts").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let inline = accounts.is_inline_table();
    let new = if inline { Item::Value(Value::InlineTable(InlineTable::new())) } else { Item::Table(Table::new()) };
    accounts.as_table_like_mut()?.entry(id.as_str()).or_insert(new).as_table_like_mut()
}

/// Sets a key; the spaces and the comment around an older value stay.
fn set(table: &mut dyn TableLike, key: &str, text: &str) {
    let mut value = Value::from(text);
    if let Some(old) = table.get(key).and_then(Item::as_value) {
        *value.decor_mut() = old.decor().clone();
    }
    match table.get_mut(key) {
        Some(item) => *item = Item::Value(value),
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}
