//! The effects: one file per outside thing, the only one that touches it.

#[cfg(feature = "aws")]
pub mod aws;
pub mod credential_process;
pub mod host;
pub mod process;
