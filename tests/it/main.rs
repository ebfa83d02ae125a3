//! The one integration binary.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod shells;
mod support;
