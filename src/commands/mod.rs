//! One verb per file: its arguments, its help, its function.

#[cfg(feature = "demo")]
pub mod demo;
