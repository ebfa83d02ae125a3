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
# awsenv's settings: only what differs from the defaults, which `awsenv config show --default` prints and explains.
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

/// Adds an entry with a name for each account that has none; gives the file's new text and the accounts that were added.
/// Such an entry changes neither class nor protection: the rules hold for the account as before.
pub fn add_names(
    file: &Path,
    text: &str,
    names: &[(AccountId, String)],
) -> Result<(String, Vec<AccountId>), EditError> {
    let settings = Settings::load(Some((file, text)))?;
    let shape = |message: String| EditError::Shape(file.display().to_string(), message);
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| shape(error.to_string()))?;
    let mut added = Vec::new();
    for (id, name) in names {
        if settings.registry().entry(id).is_some() || name.is_empty() || added.contains(id) {
            continue;
        }
        let entry = entry(&mut document, id).ok_or_else(|| shape("`accounts` is not a table".to_owned()))?;
        set(entry, "name", name);
        added.push(id.clone());
    }
    if added.is_empty() {
        return Ok((text.to_owned(), added));
    }
    let text = document.to_string();
    Settings::load(Some((file, &text)))?;
    Ok((text, added))
}

/// The entry's table, made at the end of the accounts where there is none.
fn entry<'a>(document: &'a mut DocumentMut, id: &AccountId) -> Option<&'a mut dyn TableLike> {
    let mut new = Table::new();
    if !document.contains_key("accounts") {
        append_accounts(document, &mut new);
    }
    let accounts = document.get_mut("accounts")?;
    let inline = accounts.is_inline_table();
    let new = if inline { Item::Value(Value::InlineTable(InlineTable::new())) } else { Item::Table(new) };
    accounts.as_table_like_mut()?.entry(id.as_str()).or_insert(new).as_table_like_mut()
}

/// Makes the accounts, and what will be their first entry, the end of the document, below its last comments.
fn append_accounts(document: &mut DocumentMut, first: &mut Table) {
    let last_comments = document.trailing().as_str().unwrap_or_default().to_owned();
    if !last_comments.trim().is_empty() {
        first.decor_mut().set_prefix(format!("{}\n\n", last_comments.trim_end()));
        document.set_trailing("");
    }
    let mut accounts = Table::new();
    accounts.set_implicit(true);
    document.insert("accounts", Item::Table(accounts));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(text: &str, class: &str, name: Option<&str>, protection: Option<Protection>) -> Result<String, EditError> {
        let id = AccountId::parse("111122223333").unwrap();
        set_account(Path::new("awsenv.toml"), text, &id, Some(class), name, protection)
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(edit(text, "production", Some("acme"), Some(Protection::ReadOnly)).unwrap(), expect);
    }

    #[test]
    fn a_new_file_gets_the_entry() {
        let new = edit(NEW_FILE, "staging", None, None).unwrap();
        assert_eq!(new, format!("{NEW_FILE}\n[accounts.111122223333]\nclass = \"staging\"\n"));
    }

    #[test]
    fn p8_everything_else_stays() {
        check(
            "# mine\n[accounts.999999999999] # old\nclass = 'test'   # yes\n\n[use]\n\n# the mode\nmode = 'keys'\n",
            "# mine\n[accounts.999999999999] # old\nclass = 'test'   # yes\n\n[accounts.111122223333]\nclass = \"production\"\nname = \"acme\"\nprotection = \"read-only\"\n\n[use]\n\n# the mode\nmode = 'keys'\n",
        );
    }

    #[test]
    fn p8_the_last_comments_stay() {
        check(
            "[use]\nmode = 'keys'\n# end\n",
            "[use]\nmode = 'keys'\n# end\n\n[accounts.111122223333]\nclass = \"production\"\nname = \"acme\"\nprotection = \"read-only\"\n",
        );
    }

    #[test]
    fn p8_an_entry_is_changed_where_it_stands() {
        check(
            "[accounts.111122223333]\n# why\nname = 'old' # named so\nclass = 'test'\n[use]\n",
            "[accounts.111122223333]\n# why\nname = \"acme\" # named so\nclass = \"production\"\nprotection = \"read-only\"\n[use]\n",
        );
        let kept = edit("[accounts.111122223333]\nname = 'old'\nprotection = 'deny'\n", "test", None, None).unwrap();
        assert_eq!(kept, "[accounts.111122223333]\nname = 'old'\nprotection = 'deny'\nclass = \"test\"\n");
    }

    #[test]
    fn other_ways_to_write_a_table_are_kept() {
        check(
            "accounts.111122223333.class = 'test'\n",
            "accounts.111122223333.class = \"production\"\naccounts.111122223333.name = \"acme\"\naccounts.111122223333.protection = \"read-only\"\n",
        );
        check(
            "accounts = {}\n",
            "accounts = { 111122223333 = { class = \"production\", name = \"acme\", protection = \"read-only\" } }\n",
        );
    }

    #[test]
    fn p5_a_name_is_data() {
        let name = "\"]\nclass = 'test'\n[use]\u{1b}[31m";
        let text = edit("", "production", Some(name), None).unwrap();
        let settings = Settings::load(Some((Path::new("awsenv.toml"), &text))).unwrap();
        let (_, entry) = settings.registry().entries().next().unwrap();
        assert_eq!(entry.name.as_deref(), Some(name));
        assert_eq!(entry.class.as_deref(), Some("production"));
    }

    proptest::proptest! {
        #[test]
        fn p5_any_name_comes_back_whole(name in proptest::prelude::any::<String>()) {
            let text = edit("# mine\n", "test", Some(&name), None).unwrap();
            let settings = Settings::load(Some((Path::new("awsenv.toml"), &text))).unwrap();
            let (_, entry) = settings.registry().entries().next().unwrap();
            assert_eq!(entry.name.as_deref(), Some(name.as_str()));
            assert!(text.starts_with("# mine\n\n[accounts.111122223333]\n"));
        }
    }

    #[test]
    fn p6_names_are_added_where_there_is_no_entry_and_protect_as_before() {
        let text = "# mine\n[accounts.111122223333]\nprotection = 'deny'\n\n[[rules]]\nmatch = { name = 'acme*' }\nprotection = 'read-only'\n";
        let id = |text: &str| AccountId::parse(text).unwrap();
        let names = [
            (id("111122223333"), "one".to_owned()),
            (id("222233334444"), "acme \"]\nprotection = 'none'".to_owned()),
            (id("222233334444"), "again".to_owned()),
            (id("333344445555"), String::new()),
        ];
        let file = Path::new("awsenv.toml");
        let (new, added) = add_names(file, text, &names).unwrap();
        assert_eq!(added, [id("222233334444")]);
        let settings = Settings::load(Some((file, &new))).unwrap();
        let account = |id: &AccountId| settings.registry().account(id, None, None, None, None);
        assert_eq!(account(&names[0].0).protection, Protection::Deny);
        assert_eq!(account(&names[0].0).name, None);
        assert_eq!(account(&names[1].0).protection, Protection::ReadOnly);
        assert_eq!(account(&names[1].0).name.as_deref(), Some(names[1].1.as_str()));
        assert_eq!(add_names(file, &new, &names).unwrap(), (new.clone(), Vec::new()));
        assert!(new.starts_with("# mine\n[accounts.111122223333]\nprotection = 'deny'\n"), "{new}");
    }

    #[test]
    fn p8_a_wrong_file_or_class_changes_nothing() {
        let error = edit("[usr]\n", "production", None, None).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.to_string().starts_with("awsenv.toml:1: unknown field `usr`"), "{error}");
        let error = edit("", "prod", None, None).unwrap_err();
        assert_eq!(error.to_string(), "awsenv.toml:2: accounts.111122223333.class: there is no class `prod`");
        assert_eq!(error.hints(), ["Did you mean `production`?"]);
    }
}
