//! The pure part: values in, values out. No I/O, no clock, no environment, no SDK.

pub mod context;
pub mod credentials;
pub mod env_change;
pub mod identity;
pub mod listing;
pub mod profile;
pub mod region;
pub mod registry;
pub mod secret;
