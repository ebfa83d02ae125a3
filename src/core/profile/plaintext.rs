//! Takes key pairs out of a credentials file, and leaves every other byte as it is.

use std::collections::BTreeSet;

use super::header::{self, FileKind, Header, SectionKind};

/// What is taken out, in any case of letters, as every reader of the file does.
const KEYS: [&str; 4] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"];

/// The file without the keys of these profiles, and how many lines that took. Sections stay, be they empty.
pub fn without_keys(file: &[u8], profiles: &BTreeSet<&str>) -> (Vec<u8>, usize) {
    let mut kept = Vec::with_capacity(file.len());
    let (mut is_wanted, mut is_key, mut removed) = (false, false, 0);
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'[') {
            is_key = false;
            is_wanted = match header::parse(line.trim_ascii_end(), FileKind::Credentials) {
                Header::Section { kind: SectionKind::Profile, name, .. } => {
                    profiles.iter().any(|profile| profile.as_bytes() == &*name)
                }
                _ => false,
            };
        } else if line.first().is_none_or(|byte| !b" \t".contains(byte)) {
            // What is indented goes on with the value above.
            is_key = is_wanted && names_a_key(line);
        }
        if is_key {
            removed += 1;
        } else {
            kept.extend_from_slice(line);
        }
    }
    (kept, removed)
}

fn names_a_key(line: &[u8]) -> bool {
    let end = line.iter().position(|byte| b"=:".contains(byte)).unwrap_or_default();
    KEYS.iter().any(|key| line[..end].trim_ascii().eq_ignore_ascii_case(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, expect: &str, removed: usize) {
        let (text, lines) = without_keys(file.as_bytes(), &["a", "b c"].into());
        assert_eq!((String::from_utf8(text).unwrap().as_str(), lines), (expect, removed));
    }

    #[test]
    fn only_the_keys_of_the_named_profiles_go() {
        check(
            "# mine\r\n[a] # x\r\nAWS_Access_Key_Id=AKIA\r\n; a note\r\naws_secret_access_key  = s\r\nregion = r\r\n\r\n[z]\naws_secret_access_key = t",
            "# mine\r\n[a] # x\r\n; a note\r\nregion = r\r\n\r\n[z]\naws_secret_access_key = t",
            2,
        );
    }

    #[test]
    fn lines_that_go_on_go_too_and_a_section_may_come_twice() {
        check(
            "[b c]\naws_session_token = x\n  yz\n\tand more\nregion = r\n s3 =\n[z]\naws_access_key_id = K\n[b c]\naws_security_token = x",
            "[b c]\nregion = r\n s3 =\n[z]\naws_access_key_id = K\n[b c]\n",
            4,
        );
    }

    #[test]
    fn what_only_looks_like_a_key_stays() {
        let file = "aws_access_key_id = before any section\n[a]\n#aws_access_key_id = x\naws_access_key_idx = y\n aws_access_key_id = z\n";
        check(file, file, 0);
    }
}
