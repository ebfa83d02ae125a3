//! The effects: one file per outside thing, the only one that touches it.

pub mod files;
pub mod host;
pub mod store;
