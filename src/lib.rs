//! awsenv: the verified AWS account, in sight, in every shell.

pub mod commands;
pub mod core;
#[cfg(feature = "demo")]
pub mod demo;
pub mod edge;
pub mod error;
pub mod shell;
