//! The AWS configuration files, as AWS reads them.

pub mod plan;
