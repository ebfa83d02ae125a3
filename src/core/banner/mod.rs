//! What a person sees: the account in a filled block, then who, where, until when, and what is doubtful.
//!
//! Words, case and frame carry the meaning, so that it is whole without colour. Everything foreign is made safe here, once.

mod account;
mod json;
mod notice;
mod panel;
mod words;

pub use self::{
    account::{banner, one_line},
    json::{Ascii, ascii_json, json, unverified_json},
    notice::{error_block, not_switched, unverified_banner, unverified_line, warning},
    words::{class_word, expiry, instant},
};

#[cfg(test)]
mod tests;
