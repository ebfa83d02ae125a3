//! The effects: one file per outside thing, the only one that touches it.

#[cfg(feature = "aws")]
pub mod aws;
pub mod aws_files;
pub mod buildkite;
pub mod cli_cache;
pub mod credential_process;
pub mod emission;
pub mod files;
pub mod handover;
pub mod harden;
pub mod hidden;
pub mod host;
pub mod inherited;
pub mod key_store;
pub mod local_socket;
pub mod panic;
pub mod parent;
pub mod picker;
pub mod process;
pub mod program;
pub mod recent;
pub mod sessions;
pub mod signals;
pub mod store;
pub mod terminal;
pub mod vault_log;
