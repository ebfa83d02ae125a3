//! The effects: one file per outside thing, the only one that touches it.

pub mod aws_files;
pub mod host;
