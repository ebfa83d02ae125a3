//! An ordered change of a shell's environment, before any shell's syntax.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

/// Names to remove, then names to set, then the status that the shell is left with.
///
/// The names are constants of this crate or of the form `AWS_ENDPOINT_URL_[A-Z0-9_]+`; only values vary. Removal comes
/// first and really removes: never an empty string in place of it (the AWS CLI takes an empty `AWS_PROFILE` for a profile
/// named "").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvChange {
    /// Removed, in this order. A name that is also in `set` is removed first and then set.
    pub unset: Vec<String>,
    /// Set, in this order.
    pub set: Vec<(String, Value)>,
    /// Status that evaluating the change ends with: 0, or the exit code of a refusal.
    pub status: u8,
}

/// A value to export. Secret ones are redacted in `Debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Plain text.
    Plain(String),
    /// Secret text.
    Secret(super::secret::Secret),
}

impl Value {
    /// The text to export.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl EnvChange {
    /// The environment after the change, for a program that is started in it.
    pub fn applied_to(&self, mut environment: BTreeMap<OsString, OsString>) -> BTreeMap<OsString, OsString> {
        for name in &self.unset {
            environment.remove(OsStr::new(name));
        }
        for (name, value) in &self.set {
            environment.insert(name.into(), value.text().into());
        }
        environment
    }
}
