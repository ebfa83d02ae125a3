//! The pure part: values in, values out. No I/O, no clock, no environment, no SDK.

pub mod banner;
pub mod carried;
pub mod config;
pub mod config_edit;
pub mod context;
pub mod credentials;
pub mod endpoint;
pub mod env_change;
pub mod exports;
pub mod facts;
pub mod guard;
pub mod identity;
pub mod listing;
pub mod palette;
pub mod percent;
pub mod profile;
pub mod prompt;
pub mod region;
pub mod registry;
pub mod sanitize;
pub mod secret;
pub mod service;
pub mod style;
pub mod url;
pub mod user_env;
pub mod variables;
