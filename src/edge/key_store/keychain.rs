//! The keychain of macOS.

use keyring::v1::{Entry, Error};

use super::KeyStoreError;
use crate::core::secret::Secret;

/// The keychain's name for awsenv's secrets.
const SERVICE: &str = "awsenv";

pub(super) fn get(name: &str) -> Result<Option<Secret>, KeyStoreError> {
    match Entry::new(SERVICE, name).and_then(|entry| entry.get_password()) {
        Ok(secret) => Ok(Some(Secret::new(secret))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

pub(super) fn put(name: &str, _: &str, secret: &Secret) -> Result<(), KeyStoreError> {
    Entry::new(SERVICE, name).and_then(|entry| entry.set_password(secret.expose())).map_err(|error| failed(&error))
}

pub(super) fn remove(name: &str) -> Result<(), KeyStoreError> {
    match Entry::new(SERVICE, name).and_then(|entry| entry.delete_credential()) {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &Error) -> KeyStoreError {
    match error {
        Error::NoStorageAccess(_) => KeyStoreError::Locked,
        other => KeyStoreError::Refused(other.to_string()),
    }
}
