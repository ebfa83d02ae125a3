//! What a vault holds: profiles by name, each with a key pair and what belongs to it.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::{format::FormatError, rotation::Rotation};
use crate::core::{
    credentials::{BadCredentials, Credentials},
    identity::AccountId,
    profile::{
        PlanError, error,
        vault::{VaultProfile, VaultProfiles},
    },
    region::Region,
    secret::Secret,
    totp::{BadTotpSecret, TotpSecret},
};

/// One profile of the vault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Access key ID. Not a secret.
    pub access_key_id: String,
    /// Secret access key.
    #[serde(serialize_with = "exposed")]
    pub secret_access_key: Secret,
    /// Session token, of temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_option")]
    pub session_token: Option<Secret>,
    /// Region to work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account that the key must turn out to be of: a pin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// When it was added, in Unix seconds.
    pub added: i64,
    /// Secret of the user's MFA device, in base32.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_option")]
    pub totp_secret: Option<Secret>,
    /// What is not done yet of a rotation of its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
}

/// Why an entry cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// Its name.
    #[error(transparent)]
    Name(#[from] PlanError),
    /// Its keys.
    #[error(transparent)]
    Keys(#[from] BadCredentials),
    /// Its region.
    #[error("`{0}` is not a region name (like eu-west-1)")]
    Region(String),
    /// Its MFA secret.
    #[error(transparent)]
    Totp(#[from] BadTotpSecret),
    /// Its account.
    #[error("`{0}` is not an account ID of 12 digits")]
    Account(String),
}

/// A name for a profile of the vault. One that begins as an option does could never be given to `use`.
pub fn check_name(name: &str) -> Result<(), PlanError> {
    error::check_name(name.as_bytes())?;
    if name.starts_with('-') {
        return Err(PlanError::Name { code: "name-dash", why: "begins with `-`, as options do" });
    }
    Ok(())
}

impl Entry {
    /// Checks everything: what comes out of the vault goes into requests and shells.
    pub fn check(&self, name: &str) -> Result<(), BadEntry> {
        check_name(name)?;
        self.credentials().check()?;
        if let Some(Rotation::New(pair)) = &self.rotation {
            pair.credentials().check()?;
        }
        if let Some(secret) = &self.totp_secret {
            TotpSecret::parse(secret.expose())?;
        }
        if let Some(region) = &self.region {
            Region::parse(region).map_err(|_| BadEntry::Region(region.clone()))?;
        }
        if let Some(account) = &self.account_id {
            AccountId::parse(account).map_err(|_| BadEntry::Account(account.clone()))?;
        }
        Ok(())
    }

    /// The MFA device that it holds.
    pub fn totp(&self) -> Option<TotpSecret> {
        self.totp_secret.as_ref().and_then(|secret| TotpSecret::parse(secret.expose()).ok())
    }

    /// The credentials that it holds.
    pub fn credentials(&self) -> Credentials {
        Credentials {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: self.session_token.clone(),
            expires: None,
            claimed_account: None,
        }
    }
}

impl Entry {
    /// As a profile that plans can start from.
    fn profile(&self) -> VaultProfile {
        VaultProfile {
            credentials: self.credentials(),
            totp: self.totp(),
            region: self.region.as_deref().and_then(|region| Region::parse(region).ok()),
            account: self.account_id.as_deref().and_then(|account| AccountId::parse(account).ok()),
        }
    }
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The profiles.
    pub profiles: BTreeMap<String, Entry>,
}

impl Content {
    /// Reads what a body holds.
    pub fn parse(body: &[u8]) -> Result<Self, FormatError> {
        // What it cannot understand must not be dropped by the next write.
        serde_json::from_slice(body)
            .map_err(|_| FormatError::Damaged("its content is not what this awsenv writes; is there a newer one?"))
    }

    /// As profiles that plans can start from; `path` is what the vault is called in messages.
    pub fn for_plans(&self, path: &Path) -> VaultProfiles {
        let profiles = self.profiles.iter().map(|(name, entry)| (name.clone(), entry.profile())).collect();
        VaultProfiles { path: path.into(), profiles }
    }

    /// Writes it for a body.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        let room: usize = self.profiles.iter().map(|(name, entry)| 6 * name.len() + entry.room()).sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(64 + room));
        serde_json::to_writer(&mut *bytes, self).map_err(|_| FormatError::TooLarge)?;
        Ok(bytes)
    }
}

impl Entry {
    /// As many bytes as it takes at most, so that a buffer of them never grows and leaves copies behind.
    fn room(&self) -> usize {
        let token = self.session_token.as_ref().map_or(0, |token| token.expose().len());
        let texts = self.access_key_id.len() + self.secret_access_key.expose().len() + token;
        let totp = self.totp_secret.as_ref().map_or(0, |secret| secret.expose().len());
        let pending = totp + self.rotation.as_ref().map_or(0, Rotation::room);
        256 + 6 * (texts + pending + self.region.as_ref().map_or(0, String::len))
    }
}

pub(super) fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

pub(super) fn exposed_option<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => exposed(secret, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::vault) fn entry(secret: &str) -> Entry {
        Entry {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: Secret::new(secret),
            session_token: None,
            region: Some("eu-west-1".into()),
            account_id: Some("111122223333".into()),
            added: 1_790_000_000,
            totp_secret: None,
            rotation: None,
        }
    }

    #[test]
    fn content_is_read_back_as_it_was_written() {
        let mut content = Content::default();
        content.profiles.insert("été \"x\"".into(), entry("wJalrXUtnFEMI"));
        let token = Entry { session_token: Some(Secret::new("IQoJb3")), region: None, ..entry("x/y+z=") };
        content.profiles.insert("b".into(), token);
        let bytes = content.to_bytes().unwrap();
        assert_eq!(Content::parse(&bytes).unwrap(), content);
        assert_eq!(Content::parse(&Content::default().to_bytes().unwrap()).unwrap(), Content::default());
    }

    #[test]
    fn what_a_newer_awsenv_wrote_is_refused_and_not_dropped() {
        for text in [r#"{"profiles":{},"more":1}"#, r#"{"profiles":{"a":{"new_field":1}}}"#, "{}", "[]"] {
            assert!(matches!(Content::parse(text.as_bytes()), Err(FormatError::Damaged(_))), "{text}");
        }
    }

    #[test]
    fn p5_entries_that_cannot_be_used_safely_are_refused() {
        assert_eq!(entry("wJalr").check("x"), Ok(()));
        for name in ["a\x1bb", "", "-", "-x"] {
            assert!(matches!(entry("wJalr").check(name), Err(BadEntry::Name(_))), "{name:?}");
        }
        assert!(matches!(entry("a;b").check("x"), Err(BadEntry::Keys(BadCredentials::SecretKey))));
        let region = Entry { region: Some("x;touch F".into()), ..entry("wJalr") };
        assert!(matches!(region.check("x"), Err(BadEntry::Region(_))));
        let account = Entry { account_id: Some("12".into()), ..entry("wJalr") };
        assert!(matches!(account.check("x"), Err(BadEntry::Account(_))));
    }

    #[test]
    fn p4_debug_shows_no_secret() {
        assert!(!format!("{:?}", entry("wJalrXUtnFEMI")).contains("wJalr"));
    }
}
