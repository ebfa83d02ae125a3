//! The encrypted store of long-lived keys: one file, opened by a passphrase.
//!
//! - [`format`](mod@format): the bytes of the file, without any effect. docs/vault.md describes them for readers in other languages.
//! - [`entry`]: what is inside, and [`passphrase`] what opens it.
//! - [`keyring`]: its key in the system's key store.
//! - [`agent`]: a process that keeps the key while the vault is unlocked.
//! - [`import`]: keys from other stores.
//! - [`store`]: the file, changed under a lock.

pub mod agent;
pub mod entry;
pub mod error;
pub mod format;
pub mod import;
pub mod keyring;
pub mod passphrase;
pub mod rotation;
pub mod show;
pub mod store;

pub use error::VaultError;
