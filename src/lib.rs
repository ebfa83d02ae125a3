//! awsenv: the verified AWS account, in sight, in every shell.

pub mod core;
pub mod edge;
pub mod error;
pub mod shell;
