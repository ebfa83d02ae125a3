//! The AWS configuration files, as AWS reads them.
//!
//! `scan` finds sections, `reading` keeps those that are wanted in a `set`, `settings` reads what they say, `graph` makes a
//! [`Plan`](plan::Plan) of it.

pub mod ambient;
mod base;
mod check;
pub mod error;
mod graph;
pub mod header;
pub mod plaintext;
pub mod plan;
mod reading;
pub mod scan;
pub mod section;
pub mod set;
pub mod settings;
mod sign_in;
pub(crate) mod step;
pub mod survey;
mod surveyor;
mod terms;
mod text;
pub mod vault;

pub use error::PlanError;
pub use set::ProfileSet;
