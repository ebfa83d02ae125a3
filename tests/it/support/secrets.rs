//! Looking for secrets where none may be (promise P4).

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};

/// Fails if one of the secrets, a good part of one, or one in a common encoding is in the bytes.
#[track_caller]
pub(crate) fn assert_no_secret(secrets: &[String], what: &str, bytes: &[u8]) {
    assert!(!secrets.is_empty(), "there is something to look for");
    for secret in secrets {
        for (form, needle) in forms(secret) {
            let found = memchr::memmem::find(bytes, &needle).is_some();
            assert!(!found, "{what} holds the {form} of a secret that starts with {}", &secret[..6]);
        }
    }
}

fn forms(secret: &str) -> [(&'static str, Vec<u8>); 5] {
    let percent = secret.replace('%', "%25").replace('/', "%2F").replace('+', "%2B");
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    [
        ("first half", secret[..secret.len() / 2].into()),
        ("second half", secret[secret.len() / 2..].into()),
        ("percent-encoding", percent.into_bytes()),
        ("hexadecimal form", hex.into_bytes()),
        ("base64 form", BASE64_STANDARD.encode(secret).trim_end_matches('=').into()),
    ]
}

/// All files below a directory, with what they hold.
pub(crate) fn files_below(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("the directory is read") {
        let path = entry.expect("the directory is read").path();
        if path.is_symlink() {
        } else if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.is_file() {
            let content = fs::read(&path).expect("the file is read");
            files.push((path, content));
        }
    }
    files
}

#[test]
#[should_panic(expected = "holds the base64 form of a secret that starts with canary")]
fn encoded_secrets_are_found() {
    let secret = "canary/secret+0123456789".to_owned();
    let text = format!("Authorization: Basic {}", BASE64_STANDARD.encode(&secret));
    assert_no_secret(&[secret], "the header", text.as_bytes());
}
