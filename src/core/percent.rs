//! Percent-encoding of exported values: what is left needs no quoting care in any shell, prompt or parser.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but `[A-Za-z0-9._/@:+-]`.
const OUTSIDE_PROFILE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'/').remove(b'@').remove(b':').remove(b'+').remove(b'-');
/// All but `[A-Za-z0-9 ._/@:+=,-]`.
const OUTSIDE_LABEL: &AsciiSet = &OUTSIDE_PROFILE.remove(b' ').remove(b'=').remove(b',');

/// Encodes a profile's name for AWSENV_PROFILE.
pub fn encode_profile(name: &str) -> String {
    utf8_percent_encode(name, OUTSIDE_PROFILE).to_string()
}

/// Encodes an ARN, a name or a label.
pub fn encode_label(text: &str) -> String {
    utf8_percent_encode(text, OUTSIDE_LABEL).to_string()
}

/// Takes either encoding back; `None` where it does not give UTF-8.
pub fn decode(encoded: &str) -> Option<String> {
    percent_decode_str(encoded).decode_utf8().ok().map(String::from)
}
