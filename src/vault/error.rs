//! Why the vault cannot be used.

use std::path::{Path, PathBuf};

use super::{entry::BadEntry, format::FormatError, passphrase::BadPassphrase};
use crate::{
    edge::{
        files::{FileError, backup_path},
        key_store::KeyStoreError,
    },
    error::{Kind, Known},
};

/// Why the vault cannot be used. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file, or its lock.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is in the file.
    #[error("{} {error}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: FormatError,
    },
    /// The passphrase, before it was tried.
    #[error(transparent)]
    Passphrase(#[from] BadPassphrase),
    /// An entry that cannot be kept.
    #[error(transparent)]
    Entry(#[from] BadEntry),
    /// No file.
    #[error("there is no vault yet")]
    Missing,
    /// No file, but the backup of one.
    #[error("the vault's file {} is gone, and its backup is there (vault-gone)", .0.display())]
    Gone(PathBuf),
    /// Nobody to ask for the passphrase.
    #[error("the vault's passphrase is needed, and there is no terminal to ask for it")]
    NoTerminal,
    /// One was made while this process asked for a passphrase.
    #[error("another awsenv has just made the vault")]
    Exists,
    /// Another passphrase now opens it.
    #[error("the vault's passphrase was changed while this ran")]
    Changed,
    /// What shall be kept is none, or too long.
    #[error("the vault's agent keeps only sessions that end")]
    NoSession,
    /// The agent hung up, or said what it should not.
    #[error("the vault's agent does not answer")]
    Agent,
    /// It ended meanwhile.
    #[error("the vault was locked while this ran")]
    NoAgent,
    /// A request that is longer than it takes.
    #[error("this is more than the vault's agent takes at once")]
    TooMuch,
    /// What the agent says is wrong.
    #[error("{message}")]
    FromAgent {
        /// The exit code for it.
        kind: u8,
        /// What it says.
        message: String,
        /// What it says to do.
        hints: Vec<String>,
    },
    /// The key store.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// No profile of that name.
    #[error("the vault has no profile `{name}`")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Names that are much like it.
        near: Vec<String>,
    },
    /// Somebody else changed a profile meanwhile.
    #[error("profile `{0}` of the vault was changed while this ran")]
    EntryChanged(String),
    /// A new key was made for a profile, and the old one is still there.
    #[error("a rotation of the key of `{0}` is not done (rotation-pending)")]
    Rotating(String),
    /// A profile of that name.
    #[error("the vault already has a profile `{0}`")]
    Taken(String),
}

impl Known for VaultError {
    fn kind(&self) -> Kind {
        match self {
            Self::File(FileError::Io { .. } | FileError::Busy(_) | FileError::Held { .. }) => Kind::Usage,
            Self::Format { error: FormatError::TooLarge, .. } => Kind::Usage,
            Self::File(_) | Self::Format { .. } | Self::Passphrase(_) => Kind::Vault,
            Self::Missing | Self::Gone(_) | Self::NoTerminal | Self::Exists | Self::Changed | Self::EntryChanged(_) => {
                Kind::Vault
            }
            Self::NoSession | Self::Agent | Self::NoAgent | Self::KeyStore(_) => Kind::Vault,
            Self::FromAgent { kind, .. } if *kind == Kind::Usage.exit_code() => Kind::Usage,
            Self::FromAgent { .. } => Kind::Vault,
            Self::Entry(_) | Self::Unknown { .. } | Self::Taken(_) | Self::Rotating(_) | Self::TooMuch => Kind::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::File(error) => error.hints(),
            Self::Passphrase(error) => error.hints(),
            Self::Format { path, error: FormatError::Foreign | FormatError::Damaged(_) } => {
                let mut hints = vec!["The file was left as it is.".to_owned()];
                if backup_path(path).exists() {
                    hints.push(put_back(path));
                }
                hints
            }
            Self::Format { error: FormatError::Version(_), .. } => {
                vec!["The file was left as it is. A newer awsenv reads it.".to_owned()]
            }
            Self::KeyStore(error) => error.hint().map(str::to_owned).into_iter().collect(),
            Self::TooMuch => vec!["Take fewer at once, or open the vault by `--passphrase-fd`.".to_owned()],
            Self::Agent => vec!["`awsenv lock` ends it.".to_owned()],
            Self::FromAgent { hints, .. } => hints.clone(),
            Self::Format { error: FormatError::WrongPassphrase, .. } => vec![
                "The one that `awsenv add` or `awsenv passwd` was given last opens it; one that is lost cannot be recovered."
                    .to_owned(),
            ],
            Self::Format { .. } | Self::Entry(_) | Self::NoSession => Vec::new(),
            Self::Gone(path) => {
                let aside = format!("Without it: move '{}' away; then", backup_path(path).display());
                vec![put_back(path), format!("{aside} `awsenv add NAME` makes a new vault.")]
            }
            Self::Missing => vec!["`awsenv add NAME` makes one.".to_owned()],
            Self::NoTerminal => {
                vec![
                    "`--passphrase-fd N` reads it from a file descriptor: awsenv ... --passphrase-fd 3 3<FILE"
                        .to_owned(),
                ]
            }
            Self::Exists | Self::Changed | Self::NoAgent | Self::EntryChanged(_) => vec!["Try again.".to_owned()],
            Self::Unknown { near, .. } if near.is_empty() => {
                vec!["`awsenv list` shows its profiles while it is unlocked.".to_owned()]
            }
            Self::Unknown { near, .. } => vec![format!("Did you mean {}?", near.join(" or "))],
            Self::Rotating(_) => {
                vec!["`awsenv rotate NAME` finishes it; `awsenv rm NAME` gives both keys up.".to_owned()]
            }
            Self::Taken(_) => vec!["`--replace` puts the new keys in place of the old ones.".to_owned()],
        }
    }
}

/// The command that puts the backup in the place of the file.
fn put_back(path: &Path) -> String {
    let (from, to) = (backup_path(path), path.display());
    format!("What it held before the last change: cp -p '{}' '{to}'", from.display())
}
