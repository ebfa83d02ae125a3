//! Any bytes as a vault: the header's parser ends in no panic, takes no memory by what the bytes say, and nothing opens.
//!
//! `cargo +nightly fuzz run vault -- -rss_limit_mb=512`. The first byte chooses: the whole file, a file whose header's
//! checksum is put right, or the content of a body.
#![no_main]

use awsenv::vault::{entry::Content, format::Sealed};
use sha2::{Digest, Sha256};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((way, rest)) = data.split_first() else { return };
    match way % 3 {
        0 => drop(Sealed::parse(rest.to_vec())),
        1 if rest.len() >= 132 => {
            let mut bytes = rest.to_vec();
            bytes[..10].copy_from_slice(b"AWSENVV1\0\x01");
            let sum = Sha256::digest(&bytes[..128]);
            bytes[128..132].copy_from_slice(&sum[..4]);
            if let Ok(sealed) = Sealed::parse(bytes) {
                if let Some(params) = sealed.params() {
                    assert!(params.memory <= 1 << 20 && params.passes <= 16 && params.lanes <= 8);
                }
                assert!(sealed.has_key_of(&sealed));
            }
        }
        _ => {
            if let Ok(content) = Content::parse(rest) {
                let bytes = content.to_bytes().expect("what was read can be written");
                assert_eq!(Content::parse(&bytes).expect("what was written can be read"), content);
            }
        }
    }
});
