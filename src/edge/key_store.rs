//! The system's key store: the Secret Service (GNOME Keyring, KWallet, KeePassXC) or the keychain of macOS.
//!
//! It is asked only where the user said so. It is never started, nothing is unlocked in it, and no dialogue is opened: over
//! SSH nobody would see one. What does not answer is waited for two seconds.

#[cfg(all(feature = "keyring", target_os = "macos"))]
mod keychain;
#[cfg(all(feature = "keyring", not(target_os = "macos")))]
mod secret_service;

#[cfg(all(feature = "keyring", target_os = "macos"))]
use keychain as system;
#[cfg(all(feature = "keyring", not(target_os = "macos")))]
use secret_service as system;

use crate::core::secret::Secret;
#[cfg(feature = "keyring")]
use std::{sync::mpsc, thread, time::Duration};

/// How long it may take to answer.
#[cfg(feature = "keyring")]
const PATIENCE: Duration = Duration::from_secs(2);

/// Why the key store does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// Built without the feature.
    #[error("this awsenv was built without the system's key store (key-store-absent)")]
    NotBuilt,
    /// No session bus, or none that answers as one.
    #[error("there is no session bus (D-Bus) to reach a key store on (key-store-absent)")]
    NoBus,
    /// Nobody is it.
    #[error("no key store is running on the session bus (key-store-absent)")]
    NotRunning,
    /// One without a place for keys.
    #[error("the key store has no default keyring to put a key into (key-store-absent)")]
    NoCollection,
    /// It has to be unlocked first.
    #[error("the key store is locked (key-store-locked)")]
    Locked,
    /// No answer.
    #[error("the key store did not answer within 2 seconds (key-store-slow)")]
    Slow,
    /// What was put there is not there.
    #[error("the key store took the key, and does not have it (key-store-not-kept)")]
    NotKept,
    /// A place that is emptied at the end of the session.
    #[error("the key store's default keyring lasts only as long as this session (key-store-not-kept)")]
    NotLasting,
    /// What it holds is no key of awsenv's.
    #[error("the key store has no key for this vault (key-store-no-key)")]
    NoKey,
    /// Something else.
    #[error("the key store refuses: {0} (key-store-refused)")]
    Refused(String),
}

impl KeyStoreError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotBuilt => None,
            Self::NoBus | Self::NotRunning => {
                Some("awsenv starts none: it is there in a desktop session, mostly not over SSH.")
            }
            Self::NotLasting | Self::NoCollection => {
                Some("Make a keyring with the desktop's own program, such as Seahorse.")
            }
            Self::Locked => Some("Unlock it with the desktop's own program; awsenv opens no dialogue."),
            Self::Slow => Some("A question that it asks elsewhere may be waiting for you."),
            Self::NotKept | Self::NoKey | Self::Refused(_) => None,
        }
    }
}

/// The secret of this name.
pub fn get(name: &str) -> Result<Option<Secret>, KeyStoreError> {
    let name = name.to_owned();
    #[cfg(feature = "keyring")]
    return within(move || system::get(&name));
    #[cfg(not(feature = "keyring"))]
    not_built(name)
}

/// Puts a secret there by this name, in place of what it had. The label is what people see of it.
pub fn put(name: &str, label: &str, secret: &Secret) -> Result<(), KeyStoreError> {
    let (name, label, secret) = (name.to_owned(), label.to_owned(), secret.clone());
    #[cfg(feature = "keyring")]
    return within(move || system::put(&name, &label, &secret));
    #[cfg(not(feature = "keyring"))]
    not_built((name, label, secret))
}

/// Removes the secret of this name; one that is gone already is no failure.
pub fn remove(name: &str) -> Result<(), KeyStoreError> {
    let name = name.to_owned();
    #[cfg(feature = "keyring")]
    return within(move || system::remove(&name));
    #[cfg(not(feature = "keyring"))]
    not_built(name)
}

/// A call that hangs is left behind: the process ends soon.
#[cfg(feature = "keyring")]
fn within<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, KeyStoreError> + Send + 'static,
) -> Result<T, KeyStoreError> {
    let (answer, answered) = mpsc::channel();
    let asking = thread::Builder::new().name("key store".into()).spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = answer.send(call());
    });
    asking.map_err(|error| KeyStoreError::Refused(error.to_string()))?;
    answered.recv_timeout(PATIENCE).unwrap_or(Err(KeyStoreError::Slow))
}

#[cfg(not(feature = "keyring"))]
fn not_built<T, U>(_: T) -> Result<U, KeyStoreError> {
    Err(KeyStoreError::NotBuilt)
}
