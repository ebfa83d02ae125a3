//! Any bytes as the two AWS files: no panic, no endless work, and the survey says of each profile what its plan says.
//!
//! `cargo +nightly fuzz run profiles`. A 0xff byte, which no UTF-8 text holds, ends the config file.
#![no_main]

use std::{borrow::Cow, collections::HashMap, path::Path};

use awsenv::core::{
    listing::{Listing, Sources},
    profile::{
        header::FileKind,
        set::{File, ProfileSet, Want},
        survey::Survey,
    },
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|&byte| byte == 0xff).unwrap_or(data.len());
    let (config, credentials) = (&data[..split], data.get(split + 1..).unwrap_or_default());
    let file = |path: &str| File { path: Path::new(path).into(), trusted: true };
    let mut set = ProfileSet::new(file("config"), file("credentials"));
    set.read(FileKind::Config, config, Want::All).expect("memory is readable");
    set.read(FileKind::Credentials, credentials, Want::All).expect("memory is readable");
    for row in Survey::new(&set).rows() {
        // A name that is no text is shown in another form, which is not its name.
        if row.problem.is_some_and(|problem| problem.contains("name-not-utf8")) {
            continue;
        }
        match set.plan(&row.profile) {
            Ok(plan) => assert_eq!(Some(plan.source.label()), row.source),
            Err(error) => assert_eq!(Some(error.to_string().as_str()), row.problem),
        }
    }
    let sessions = Sources { sign_in: &|_| None, kept: HashMap::new(), now: Default::default() };
    let listing = Listing::new(&set, &|_| None, sessions);
    let mut out = Vec::new();
    listing.write_table(&mut out, &|text| Cow::Borrowed(text)).expect("memory is writable");
    listing.write_json(&mut out).expect("memory is writable");
});
