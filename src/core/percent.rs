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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_allowed(extra: &[u8], text: &str) -> bool {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%' || extra.contains(&byte))
    }

    #[track_caller]
    fn check(text: &str) {
        let (profile, label) = (encode_profile(text), encode_label(text));
        assert!(is_allowed(b"._/@:+-", &profile), "{profile}");
        assert!(is_allowed(b" ._/@:+=,-", &label), "{label}");
        assert_eq!(decode(&profile).as_deref(), Some(text));
        assert_eq!(decode(&label).as_deref(), Some(text));
    }

    #[test]
    fn what_needs_no_care_stays_readable() {
        assert_eq!(encode_profile("Team/a_b.c@d:e+f-1"), "Team/a_b.c@d:e+f-1");
        assert_eq!(encode_profile("my prod=1,2"), "my%20prod%3D1%2C2");
        assert_eq!(encode_label("my prod=1,2"), "my prod=1,2");
        assert_eq!(encode_label("100%"), "100%25");
    }

    #[test]
    fn p5_hostile_text_comes_back_whole() {
        for text in [
            "",
            "%",
            "%41",
            "$(touch PWN)",
            "`id`",
            "a'b\"c\\",
            "!history",
            "*?[x]",
            "a\nb\r\tc",
            "\0\u{1b}]0;x\u{7}",
            "été \u{202e}dorp",
            "\u{10ffff}",
            "-n",
            "~root",
            "${IFS}",
            "%{%}\\[\\]",
        ] {
            check(text);
        }
        assert_eq!(decode("%ff"), None);
    }

    proptest! {
        #[test]
        fn p5_any_text_comes_back_whole(text in any::<String>()) {
            check(&text);
        }

        #[test]
        fn decoding_never_panics(text in any::<String>()) {
            let _ = decode(&text);
        }
    }
}
