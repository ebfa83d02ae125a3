//! The pure part: values in, values out. No I/O, no clock, no environment, no SDK.

pub mod banner;
pub mod context;
pub mod credentials;
pub mod env_change;
pub mod identity;
pub mod palette;
pub mod profile;
pub mod region;
pub mod registry;
pub mod sanitize;
pub mod secret;
pub mod style;
