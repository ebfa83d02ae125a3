//! Any bytes as the store of another program: both formats of the first awsenv's database, its text, a file of aws-vault's and
//! what is in one. No panic, and whatever is taken has passed the checks of what is typed.
//!
//! `cargo +nightly fuzz run import -- -rss_limit_mb=512`. The first byte chooses.
#![no_main]

use awsenv::vault::import::{Found, Password, aws_vault, old};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((way, rest)) = data.split_first() else { return };
    let password = Password(zeroize::Zeroizing::new(b"test1234".to_vec()));
    let check = |found: &Found| {
        if let Ok(entry) = &found.entry {
            entry.check(&found.name).expect("what is taken is checked");
        }
    };
    match way % 4 {
        0 => drop(old::read(rest, &password, 0).map(|all| all.iter().for_each(check))),
        1 => drop(old::found(&String::from_utf8_lossy(rest), 0).map(|all| all.iter().for_each(check))),
        2 => drop(aws_vault::read(rest, &password, 0).map(|found| check(&found))),
        _ => drop(aws_vault::item(rest, 0).map(|found| check(&found))),
    }
});
