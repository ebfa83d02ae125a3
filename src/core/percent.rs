//! Percent-encoding of exported values.
use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const PROFILE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'_')
    .remove(b'/')
    .remove(b'@')
    .remove(b':')
    .remove(b'+')
    .remove(b'-');
const LABEL: &AsciiSet = &PROFILE.remove(b' ').remove(b'=').remove(b',');

/// For profile names.
pub fn encode_profile(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, PROFILE).into()
}
/// For labels.
pub fn encode_label(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, LABEL).into()
}
/// Back.
pub fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}
