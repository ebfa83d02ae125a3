//! The AWS configuration files, as AWS reads them.
//!
//! `scan` finds sections, `set` keeps those that are wanted, `settings` reads what they say, `graph` makes a
//! [`Plan`](plan::Plan) of it.

pub mod ambient;
pub mod error;
mod graph;
pub mod header;
pub mod plan;
pub mod scan;
pub mod section;
pub mod set;
pub mod settings;
pub(crate) mod step;
pub mod survey;

pub use error::PlanError;
pub use set::ProfileSet;
