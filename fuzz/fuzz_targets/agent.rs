//! Any bytes as what a client sends to the agent: frames are taken one after another until one is none. No panic, and no
//! memory but for what came.
//!
//! `cargo +nightly fuzz run agent -- -rss_limit_mb=512`.
#![no_main]

use awsenv::{
    edge::local_socket::{REQUEST_MAX, receive},
    vault::agent::understands,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(body) = receive(&mut rest, REQUEST_MAX) {
        assert!(body.len() <= REQUEST_MAX);
        understands(&body);
    }
});
