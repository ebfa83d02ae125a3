//! Our reader of the AWS files against the AWS SDK's own, on the same bytes: equal but for a documented table.
#![expect(clippy::unwrap_used, reason = "a helper of a test that fails is a test that fails")]

use std::{collections::BTreeMap, path::Path};

use aws_config::profile;
use aws_types::os_shim_internal::{Env, Fs};
use awsenv::core::profile::{
    header::{FileKind, SectionKind},
    set::{File, ProfileSet, Want},
    settings::Settings,
};

/// Profile name → key → value; `None` where the reader gives up on the file.
type Read = Option<BTreeMap<String, BTreeMap<String, String>>>;

/// Where the SDK reads otherwise: by what a file holds, and why ours does not follow.
const DIFFERENCES: [(&str, &str); 10] = [
    ("profile \"my prod\"", "quoted name: the SDK drops it, the AWS CLI reads it"),
    ("profile 'my prod'", "quoted name: the SDK drops it, the AWS CLI reads it"),
    ("été", "non-ASCII name: the SDK drops it, the AWS CLI reads it"),
    ("\u{1b}[31m", "control character in a name: the SDK drops it; ours lists it and refuses to use it"),
    ("profile a\0b", "control character in a name: the SDK drops it; ours lists it and refuses to use it"),
    ("eu\0west", "control character in a value: the SDK passes it through; ours refuses it"),
    ("\u{b}\u{c}", "control character before a key: the SDK drops the key; ours refuses the line"),
    ("$(touch_PWN)", "a name that the SDK drops and the AWS CLI reads"),
    ("profile a;id", "a name where the SDK sees a comment and gives up on the file"),
    ("profile a#b", "a name where the SDK sees a comment and gives up on the file"),
];

fn ours(config: &str, credentials: &str) -> Read {
    let file = |path: &str| File { path: Path::new(path).into(), trusted: true };
    let mut set = ProfileSet::new(file("config"), file("credentials"));
    set.read(FileKind::Config, config.as_bytes(), Want::All).unwrap();
    set.read(FileKind::Credentials, credentials.as_bytes(), Want::All).unwrap();
    if set.syntax_error().is_some() {
        return None;
    }
    let mut profiles = BTreeMap::new();
    for group in set.of_kind(SectionKind::Profile) {
        let mut settings = Settings::default();
        set.settings(group, &mut settings).ok()?;
        let values = settings
            .iter()
            .map(|(key, _)| (key.name().to_owned(), settings.get(key).unwrap().value.clone().into_owned()))
            .collect();
        profiles.insert(set.name_text(group).into_owned(), values);
    }
    Some(profiles)
}

fn sdk(config: &str, credentials: &str, keys: &Read) -> Read {
    let fs = Fs::from_map(
        [("/config", config), ("/credentials", credentials)]
            .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
            .into(),
    );
    let env = Env::from_slice(&[
        ("HOME", "/"),
        ("AWS_CONFIG_FILE", "/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/credentials"),
    ]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    #[expect(deprecated, reason = "the new name is in a crate that we do not depend on")]
    let files = profile::profile_file::ProfileFiles::default();
    let set = runtime.block_on(profile::load(&fs, &env, &files, None)).ok()?;
    let names = set.profiles().map(str::to_owned).collect::<Vec<_>>();
    // The SDK cannot list a profile's keys: those that ours found are asked for.
    let read = |name: &String| {
        let ours = keys.iter().flatten().filter(|(ours, _)| *ours == name).flat_map(|(_, values)| values.keys());
        ours.filter_map(|key| Some((key.clone(), set.get_profile(name)?.get(key)?.to_owned()))).collect()
    };
    Some(names.iter().map(|name| (name.clone(), read(name))).collect())
}

fn check(config: &str, credentials: &str) {
    let ours = ours(config, credentials);
    let theirs = sdk(config, credentials, &ours);
    match DIFFERENCES.iter().find(|(text, _)| config.contains(text)) {
        None => assert_eq!(ours, theirs, "{config:?} {credentials:?}"),
        Some((text, why)) => assert_ne!(ours, theirs, "no difference any more: {text:?}, {why}"),
    }
}

#[derive(serde::Deserialize)]
struct Case {
    kind: String,
    value: String,
}

#[test]
fn the_corpus_is_read_as_the_sdk_reads_it() {
    let corpus =
        include_str!("../hostile/corpus.jsonl").lines().map(|line| serde_json::from_str::<Case>(line).unwrap());
    let mut compared = 0;
    for case in corpus.filter(|case| case.kind == "config_file") {
        // The SDK takes a file that is not UTF-8 for an empty one: nothing to compare.
        let Ok(config) = String::from_utf8(base64(&case.value)) else { continue };
        check(&config, "");
        compared += 1;
    }
    assert!(compared >= 38, "{compared}");
}

#[test]
fn ordinary_files_are_read_as_the_sdk_reads_them() {
    for (config, credentials) in [
        ("[default]\nregion=a\n", "[default]\naws_access_key_id=b\nregion=c\n"),
        ("[profile a]\nregion = x ; c\ncredential_process = /bin/a\n  --b\n\n [c]\n", ""),
        ("; c\n[profile a] ; c\nOUTPUT=b=c\n[profile\tb]\nregion=\n", "[a]\nregion = d#e\n"),
        ("[profile a]\nregion = x\n[profile a]\nregion = y\noutput = z\n", ""),
        ("[default]\nregion = x\noutput = a\n[profile default]\nregion = y\n", "[default]\noutput = b\n"),
        ("[profile a]\ns3 =\n  x = y\n  z = \nregion = b\n[other]\n[services s]\nsts =\n  endpoint_url = u\n", ""),
        ("[profile a]\r\nregion = x\r\n\r\n[profile b]\r\nregion = y", "\n\n[b]\n"),
    ] {
        check(config, credentials);
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text
        .bytes()
        .filter_map(|byte| ALPHABET.iter().position(|&digit| digit == byte))
        .map(|digit| u32::try_from(digit).unwrap())
        .collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let number = group.iter().fold(0, |number, digit| number << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&number.to_be_bytes()[1..group.len()]);
    }
    bytes
}
