//! Keys from other stores: the first awsenv's database, aws-vault's files, and `~/.aws/credentials`.
//!
//! What is read is foreign, and written by programs that checked little: names, regions and keys pass the same checks as
//! typed ones. The source is opened for reading and nothing else.

pub mod aws_vault;
pub mod credentials;
pub mod old;
mod yaml;

use zeroize::Zeroizing;

use super::entry::Entry;
use crate::{
    core::secret::Secret,
    error::{Kind, Known},
};

/// Something in a source.
#[derive(Debug)]
pub struct Found {
    /// Its name, raw; what is not text stands as `\xNN`.
    pub name: String,
    /// What it holds, or why that cannot be used.
    pub entry: Result<Entry, String>,
}

impl Found {
    /// Keys that were found, checked as typed ones are.
    fn checked(name: &str, entry: Entry) -> Self {
        let entry = entry.check(name).map(|()| entry).map_err(|bad| bad.to_string());
        Self { name: name.to_owned(), entry }
    }
}

/// The password of a source, as it was typed: here blanks, and none at all, are possible.
#[derive(Clone)]
pub struct Password(pub Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Why a source cannot be imported. No variant holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Something else.
    #[error("{0} (import-not-a-store)")]
    NotAStore(&'static str),
    /// Cut off.
    #[error("it is cut off (import-truncated)")]
    Truncated,
    /// The formats tell these two not apart.
    #[error("the password is wrong, or the file is damaged (import-wrong-password-or-damaged)")]
    WrongPassword,
}

impl Known for ImportError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotAStore(_) => Kind::Usage,
            Self::Truncated | Self::WrongPassword => Kind::Vault,
        }
    }

    fn hints(&self) -> Vec<String> {
        vec!["Nothing was imported, and the source is as it was.".to_owned()]
    }
}

/// An entry of these parts; empty ones are none.
fn entry(id: &str, secret: &str, token: &str, region: &str, now: i64) -> Entry {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Entry {
        access_key_id: id.to_owned(),
        secret_access_key: Secret::new(secret),
        session_token: some(token).map(Secret::new),
        region: some(region),
        account_id: None,
        added: now,
        totp_secret: None,
        rotation: None,
    }
}
