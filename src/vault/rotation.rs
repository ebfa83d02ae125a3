//! A rotation of a profile's key, as far as it is not done: what a run that was cut off leaves for the next one.
//!
//! At any moment the entry's own key pair is one that works: the new one takes its place only once AWS has answered for it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::entry::{Entry, exposed};
use crate::core::{credentials::Credentials, secret::Secret};

/// What is not done yet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Rotation {
    /// A new key was made, and has not been seen to work.
    New(KeyPair),
    /// The key before, by its ID, is to be switched off and deleted; the entry's own is the new one.
    Old(String),
}

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    /// Access key ID. Not a secret.
    pub access_key_id: String,
    /// Secret access key.
    #[serde(serialize_with = "exposed")]
    pub secret_access_key: Secret,
}

impl KeyPair {
    /// As credentials.
    pub fn credentials(&self) -> Credentials {
        Credentials {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: None,
            expires: None,
            claimed_account: None,
        }
    }
}

impl Rotation {
    /// Bytes of its texts.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::New(pair) => 64 + pair.access_key_id.len() + pair.secret_access_key.expose().len(),
            Self::Old(id) => 64 + id.len(),
        }
    }

    /// As JSON, without the secret.
    pub(super) fn json(&self) -> serde_json::Value {
        match self {
            Self::New(pair) => serde_json::json!({ "new": pair.access_key_id }),
            Self::Old(id) => serde_json::json!({ "old": id }),
        }
    }
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(pair) => write!(f, "not done: {} is new and not yet in use", pair.access_key_id),
            Self::Old(id) => write!(f, "not done: {id} is still to be deleted"),
        }
    }
}

impl Entry {
    /// With a new key beside its own.
    pub fn with_new_key(&self, new: &Credentials) -> Self {
        let pair =
            KeyPair { access_key_id: new.access_key_id.clone(), secret_access_key: new.secret_access_key.clone() };
        Self { rotation: Some(Rotation::New(pair)), ..self.clone() }
    }

    /// With the new key in the place of its own, which is to be deleted.
    pub fn with_new_key_in_place(&self, new: &Credentials, now: i64) -> Self {
        Self {
            access_key_id: new.access_key_id.clone(),
            secret_access_key: new.secret_access_key.clone(),
            added: now,
            rotation: Some(Rotation::Old(self.access_key_id.clone())),
            ..self.clone()
        }
    }

    /// With nothing left to do.
    pub fn without_rotation(&self) -> Self {
        Self { rotation: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::entry::{Content, tests::entry};

    #[test]
    fn p8_the_key_in_use_is_the_old_one_until_the_new_one_works() {
        let (old, new) = (entry("old"), Credentials { access_key_id: "AKIANEW".into(), ..entry("new").credentials() });
        let pending = old.with_new_key(&new);
        assert_eq!(pending.credentials(), old.credentials());
        let placed = pending.with_new_key_in_place(&new, 5);
        assert_eq!((placed.credentials(), placed.added), (new, 5));
        assert_eq!(placed.rotation, Some(Rotation::Old(old.access_key_id.clone())));
        assert_eq!(placed.without_rotation().rotation, None);
        for entry in [pending, placed] {
            let content = Content { profiles: [("a".to_owned(), entry)].into() };
            assert_eq!(Content::parse(&content.to_bytes().unwrap()).unwrap(), content);
        }
    }

    #[test]
    fn p4_no_secret_is_shown() {
        let pending = entry("old").with_new_key(&entry("wJalrXUtnFEMI").credentials());
        let shown = format!("{:?}{}{:?}", pending, pending.json("x", false), pending.rows("x", true));
        assert!(!shown.contains("wJalr"), "{shown}");
        assert!(shown.contains("AKIAIOSFODNN7EXAMPLE is new"), "{shown}");
    }
}
