//! A fake AWS on loopback, and a home directory to try awsenv in.
//!
//! The product reaches it as it reaches AWS, through the endpoint settings: nothing outside `awsenv demo` knows that
//! it exists. What it answers is data ([`Scenario`]), failures too, and may be changed while it runs.

mod home;
mod http;
mod machine;
mod operations;
mod portal;
mod scenario;
mod server;
mod sessions;
mod sign_in;
mod signature;
mod terms;
mod user_keys;
mod wire;

pub use home::{DemoHome, is_foreign};
pub use scenario::{
    Consent, Failure, FakeAccount, FakeContainer, FakeLogin, FakeRole, FakeUser, Outcome, Scenario, SsoToken,
};
pub use server::{FakeAws, Issued, Recorded};
