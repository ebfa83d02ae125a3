//! Account ID → name, class, colour, protection. (Being written.)
use super::{identity::AccountId, profile::plan::Pin};

/// What the settings say about one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name in the settings, if any.
    pub name: Option<String>,
    /// Class: `production`, `staging`, …, `unknown`.
    pub class: String,
    /// Why it has that class: an entry, a rule, or nothing.
    pub class_from: ClassFrom,
    /// Colour of the account.
    pub color: Color,
    /// How far it is protected.
    pub protection: Protection,
    /// The class that a rule on the profile's or role's name suggests, where it is not `class`. Never evidence.
    pub suggested_class: Option<String>,
}

/// What gave an account its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassFrom {
    /// `[accounts.ID]`.
    Entry,
    /// `[[rules]]`, on the alias or the account's name.
    Rule,
    /// Nothing: the account is unknown.
    Nothing,
}

/// How much stands between a user and write access. Ordered from weakest to strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Nothing.
    #[default]
    None,
    /// Typed confirmation of the account.
    Confirm,
    /// Read-only until write access is asked for and confirmed.
    ReadOnly,
    /// No access.
    Deny,
}

/// A colour: 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

/// The registry of accounts, from the settings.
#[derive(Clone, Debug, Default)]
pub struct Registry {}

impl Registry {
    /// Looks an account up.
    pub fn account(
        &self,
        _id: &AccountId,
        _alias: Option<&str>,
        _name: Option<&str>,
        _profile: Option<&str>,
        _role: Option<&str>,
    ) -> Account {
        unimplemented!()
    }

    /// The pin of `[profiles.NAME] account`, if the settings have one.
    pub fn pin(&self, _profile: Option<&str>) -> Option<Pin> {
        unimplemented!()
    }
}
