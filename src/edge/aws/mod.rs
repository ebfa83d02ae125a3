//! AWS: credentials of a profile, and who they are. The only code that names the SDK or the async runtime.
//!
//! A [`Client`] holds the runtime and the connections of one process; a [`Session`] is one profile's use of it, with one
//! deadline for all its calls. Credentials are resolved once, and those very ones are verified and handed out.

mod assume;
mod clock;
mod container;
mod dpop;
mod error;
mod http;
mod identity;
mod keys;
mod login;
mod mfa;
mod oidc;
mod portal;
mod proxy;
mod role;
mod session;
mod small_file;
mod source;
mod sso;
mod trust;
mod user_keys;
mod way;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub use error::AwsError;
pub use mfa::Company;
pub use oidc::{Device, Grant, NoToken, Oidc};
pub use portal::{Heard, Reachable};
pub use session::{Ambient, Client, Deadlines, Options, Overrides, Resolved, Session};
pub use user_keys::UserKey;
