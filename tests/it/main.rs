//! The one integration binary.

mod shells;
mod support;
