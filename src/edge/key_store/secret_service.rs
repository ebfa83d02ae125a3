//! The Secret Service, over the session's D-Bus.

use std::collections::HashMap;

use ::secret_service::{
    EncryptionType, Error,
    blocking::{Collection, SecretService},
};
use zbus::{
    blocking::{Connection, fdo::DBusProxy},
    names::BusName,
};

use super::KeyStoreError;
use crate::core::secret::Secret;

/// Who owns this name is the key store.
const NAME: &str = "org.freedesktop.secrets";
/// Where the specification has the collection that is forgotten at logout.
const FOR_THE_SESSION: &str = "/org/freedesktop/secrets/collection/session";
/// The attribute that says whose a secret is, and its value.
const APPLICATION: (&str, &str) = ("application", "awsenv");
/// The attribute that tells one secret from another.
const KEY: &str = "awsenv-key";

pub(super) fn get(name: &str) -> Result<Option<Secret>, KeyStoreError> {
    let service = connect()?;
    let collection = unlocked(&service)?;
    let items = collection.search_items(attributes(name)).map_err(failed)?;
    let Some(item) = items.first() else { return Ok(None) };
    let secret = zeroize::Zeroizing::new(item.get_secret().map_err(failed)?);
    Ok(std::str::from_utf8(&secret).ok().map(Secret::new))
}

pub(super) fn put(name: &str, label: &str, secret: &Secret) -> Result<(), KeyStoreError> {
    let service = connect()?;
    let collection = unlocked(&service)?;
    if collection.collection_path.as_str() == FOR_THE_SESSION {
        return Err(KeyStoreError::NotLasting);
    }
    let item = collection.create_item(label, attributes(name), secret.expose().as_bytes(), true, "text/plain");
    item.map(drop).map_err(failed)
}

pub(super) fn remove(name: &str) -> Result<(), KeyStoreError> {
    let service = connect()?;
    let collection = unlocked(&service)?;
    for item in collection.search_items(attributes(name)).map_err(failed)? {
        item.delete().map_err(failed)?;
    }
    Ok(())
}

fn attributes(name: &str) -> HashMap<&str, &str> {
    HashMap::from([APPLICATION, (KEY, name)])
}

/// Asks the bus first: a call to a name that nobody has would start a key store.
fn connect() -> Result<SecretService<'static>, KeyStoreError> {
    let connection = Connection::session().map_err(|_| KeyStoreError::NoBus)?;
    let bus = DBusProxy::new(&connection).map_err(|_| KeyStoreError::NoBus)?;
    let name = BusName::try_from(NAME).map_err(|error| KeyStoreError::Refused(error.to_string()))?;
    if !bus.name_has_owner(name).map_err(|_| KeyStoreError::NoBus)? {
        return Err(KeyStoreError::NotRunning);
    }
    SecretService::connect_with_existing(EncryptionType::Dh, connection).map_err(failed)
}

fn unlocked<'s>(service: &'s SecretService<'static>) -> Result<Collection<'s>, KeyStoreError> {
    let collection = match service.get_default_collection() {
        Err(Error::NoResult) => return Err(KeyStoreError::NoCollection),
        other => other.map_err(failed)?,
    };
    if collection.is_locked().map_err(failed)? { Err(KeyStoreError::Locked) } else { Ok(collection) }
}

fn failed(error: Error) -> KeyStoreError {
    match error {
        Error::Locked => KeyStoreError::Locked,
        Error::Unavailable => KeyStoreError::NotRunning,
        other => KeyStoreError::Refused(other.to_string()),
    }
}
