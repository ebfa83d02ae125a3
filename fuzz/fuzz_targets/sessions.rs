//! Any bytes as a session that was kept: it is a miss, or its credentials are such as may go into a shell, and it is read back
//! as it is written.
//!
//! `cargo +nightly fuzz run sessions`.
#![no_main]

use awsenv::core::kept::{Kept, SessionKey};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((_, kept)) = Kept::decode_any(data) else { return };
    kept.credentials.check().expect("what is read is checked");
    let key = SessionKey::of(["fuzz"]);
    // Times are written in whole seconds.
    if let Some(again) = kept.encode(&key).and_then(|bytes| Kept::decode(&key, &bytes)) {
        assert_eq!(again.credentials.secret_access_key, kept.credentials.secret_access_key);
        assert_eq!(again.about, kept.about);
    }
});
