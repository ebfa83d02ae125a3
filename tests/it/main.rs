//! The one integration binary.

mod banner;
