//! The vault's key in the system's key store, where the user put it.
//!
//! What is there is the data key itself, by a name that is made of the vault's header: another vault, or the same one with
//! another passphrase, has another name. So a change of the key leaves no moment in which nothing opens the vault.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{
    VaultError,
    store::{Unlocked, Vault},
};
use crate::{
    core::secret::Secret,
    edge::{
        files,
        key_store::{self, KeyStoreError},
    },
};

/// Where it says beside the vault that the key store has its key: without it, the key store is not asked.
const NOTE: &str = "keyring";

impl Vault {
    /// Whether the user put the key into the key store.
    pub fn is_in_key_store(&self) -> bool {
        self.path().with_extension(NOTE).symlink_metadata().is_ok()
    }

    /// Opens it by the key in the key store.
    pub fn unlock_by_key_store(&self) -> Result<Unlocked, VaultError> {
        let sealed = self.read_there()?;
        let secret = key_store::get(&sealed.identity())?.ok_or(KeyStoreError::NoKey)?;
        let bytes = Zeroizing::new(STANDARD.decode(secret.expose()).map_err(|_| KeyStoreError::NoKey)?);
        let key: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyStoreError::NoKey)?;
        self.unlocked_by(key)
    }

    /// Puts the key into the key store.
    pub fn put_into_key_store(&self, unlocked: &Unlocked) -> Result<(), VaultError> {
        let key = Zeroizing::new(STANDARD.encode(unlocked.to_hand_over().as_slice()));
        let label = format!("awsenv: key of {}", self.path().display());
        key_store::put(&unlocked.identity(), &label, &Secret::new(key.as_str()))?;
        // A vault that nothing else opens must not depend on what it says that it did.
        if key_store::get(&unlocked.identity())?.is_none_or(|kept| kept.expose() != key.as_str()) {
            return Err(KeyStoreError::NotKept.into());
        }
        let note = "The system's key store has the key of this vault: `awsenv lock --keyring` takes it out.\n";
        Ok(files::write_private(&self.path().with_extension(NOTE), note.as_bytes())?)
    }

    /// Takes the key of this name out of the key store.
    pub fn remove_from_key_store(&self, identity: &str) -> Result<(), VaultError> {
        Ok(key_store::remove(identity)?)
    }

    /// Forgets that the key store has the key.
    pub fn leave_key_store(&self) -> Result<(), VaultError> {
        Ok(files::remove(&self.path().with_extension(NOTE))?)
    }
}
