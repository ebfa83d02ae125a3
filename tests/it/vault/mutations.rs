//! What the fuzz targets do for hours, for a bounded number of cases: bytes that were changed by chance open nothing, end
//! nothing in a panic, and take no memory to speak of.

use std::{fs, time::Instant};

use awsenv::{
    core::kept::Kept,
    edge::local_socket::{REQUEST_MAX, receive},
    vault::{
        agent::understands,
        entry::Content,
        format::{Params, Sealed, create},
        import::{Password, aws_vault, old},
    },
};
use zeroize::Zeroizing;

use crate::support::{corpus, vault::passphrase};

/// Cases for each kind of bytes.
const CASES: usize = 3000;

/// Numbers by chance, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end.max(1)
    }

    /// A few changes, each as damage or an attacker makes them.
    fn change(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let some =
                [0, 1, 0x0a, 0x1b, b'"', b'{', b'[', b':', b'-', b'&', b'!', b'?', 0x7f, 0x80, 0xff][self.below(15)];
            match self.below(7) {
                0 => bytes.truncate(at),
                1 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                2 if !bytes.is_empty() => bytes[at] = some,
                3 => bytes.insert(at, some),
                4 if !bytes.is_empty() => drop(bytes.remove(at)),
                5 => {
                    let part = bytes[at..bytes.len().min(at + 40)].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, part);
                }
                _ => {
                    let many = vec![some; self.below(300)];
                    bytes.splice(at..at, many);
                }
            }
        }
        bytes
    }
}

/// Calls it with changed bytes, and says how often it took them.
#[expect(clippy::print_stderr, reason = "a figure for whoever reads the log")]
fn with_changes(what: &str, seeds: &[Vec<u8>], mut take: impl FnMut(&[u8]) -> bool) {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let taken = (0..CASES).filter(|case| take(&chance.change(&seeds[case % seeds.len()]))).count();
    eprintln!("{what}: {CASES} changed, {taken} taken, 0 panics, at most {} MiB", most_memory());
    assert!(most_memory() < 512);
}

/// The most memory that this process has had, in MiB.
fn most_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() >> 10
}

fn password() -> Password {
    Password(Zeroizing::new(b"test1234".to_vec()))
}

#[test]
fn p8_changed_vaults_open_nothing() {
    let (sealed, key) =
        create(&passphrase("open sesame"), Params::LEAST, 1_790_000_000, br#"{"profiles":{}}"#).unwrap();
    let original = sealed.bytes().to_vec();
    with_changes("vaults", std::slice::from_ref(&original), |bytes| {
        let opened = Sealed::parse(bytes.to_vec()).is_ok_and(|sealed| sealed.open(&key).is_ok());
        assert!(!opened || bytes == original, "a changed vault opens");
        opened
    });
    let contents: Vec<Vec<u8>> =
        [r#"{"profiles":{"a":{"access_key_id":"AKIA","secret_access_key":"s","added":1}}}"#, r#"{"profiles":{}}"#]
            .map(|text| text.as_bytes().to_vec())
            .to_vec();
    with_changes("contents", &contents, |bytes| Content::parse(bytes).is_ok());
}

#[test]
fn p5_changed_databases_are_read_or_refused() {
    let mut files: Vec<Vec<u8>> = corpus("luzifer_db").into_iter().map(|case| case.value).collect();
    files.push(b"39d005b5f9ec2c8eabcdefghijklmnop".to_vec());
    with_changes("old databases", &files, |bytes| old::read(bytes, &password(), 0).is_ok());
    let entry = "    awsaccesskeyid: AKIAIOSFODNN7EXAMPLE\n    awssecretaccesskey: wJalr\n    awsregion: eu-west-1\n";
    let names = ["\"null\"", "<<", "2017-11-05", "? |-\n    two\n    lines\n  ", "!!binary /2E=", "&a x", "'it''s'"];
    let texts: Vec<Vec<u8>> =
        names.iter().map(|name| format!("credentials:\n  {name}:\n{entry}").into_bytes()).collect();
    with_changes("their texts", &texts, |bytes| {
        let found = old::found(&String::from_utf8_lossy(bytes), 0);
        // Whatever is taken has passed the checks of what is typed.
        found.is_ok_and(|all| {
            all.iter().all(|found| found.entry.as_ref().map_or(true, |entry| entry.check(&found.name).is_ok()))
        })
    });
}

#[test]
fn p5_texts_that_are_deep_or_long_take_no_time_to_speak_of() {
    let long = 1 << 20;
    for text in [
        "[".repeat(long),
        "{".repeat(long),
        "{a: ".repeat(long / 4),
        "- ".repeat(long / 2),
        "? ".repeat(long / 2),
        "a: ".repeat(long / 3),
        "a:\n ".repeat(long / 4),
        format!("credentials: {}", "\"".repeat(long)),
        format!("credentials:\n  {}:\n    a: b\n", "n".repeat(long)),
        "&a ".repeat(long / 3),
        "!!binary ".repeat(long / 9),
        "#".repeat(long),
        "%".repeat(long),
    ] {
        let start = Instant::now();
        assert!(old::found(&text, 0).is_err(), "{}", &text[..40]);
        println!("{:?}… {} bytes: {:?}", &text[..12], text.len(), start.elapsed());
    }
    assert!(most_memory() < 512, "{} MiB", most_memory());
}

#[test]
fn p5_changed_files_of_aws_vault_are_read_or_refused() {
    // {"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1000,"p2s":"AAAA"}
    let header = "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJlbmMiOiJBMjU2R0NNIiwicDJjIjoxMDAwLCJwMnMiOiJBQUFBIn0";
    let wrapped = "A".repeat(54);
    let files = [format!("{header}.{wrapped}.AAAAAAAAAAAAAAAA.AAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA").into_bytes()];
    with_changes("files of aws-vault", &files, |bytes| aws_vault::read(bytes, &password(), 0).is_ok());
    let item = br#"{"Key":"deploy","Data":"eyJBY2Nlc3NLZXlJRCI6IkFLSUFJT1NGT0ROTjdFWEFNUExFIiwiU2VjcmV0QWNjZXNzS2V5Ijoid0phbHIifQ=="}"#;
    assert!(aws_vault::item(item, 0).is_ok_and(|found| found.entry.is_ok()));
    with_changes("their items", &[item.to_vec()], |bytes| aws_vault::item(bytes, 0).is_ok());
}

#[test]
fn p4_changed_frames_are_understood_or_not() {
    let frame = |body: &str| [&[1], &u32::try_from(body.len()).unwrap().to_be_bytes()[..], body.as_bytes()].concat();
    let mut frames: Vec<Vec<u8>> = corpus("agent_request").into_iter().map(|case| case.value).collect();
    frames.extend(["\"status\"", "\"list\"", "{\"get\":\"a\"}", "{\"remove\":[\"a\"]}", "\"lock\""].map(frame));
    with_changes("frames", &frames, |mut bytes| receive(&mut bytes, REQUEST_MAX).is_ok_and(|body| understands(&body)));
}

#[test]
fn p8_changed_sessions_are_read_or_missed() {
    let text = br#"{"version":1,"key":"00","about":{"kind":"role","name":"arn:aws:iam::111122223333:role/R","profile":"p"},"made_at":"2026-01-01T00:00:00Z","access_key_id":"ASIAIOSFODNN7EXAMPLE","secret_access_key":"s","session_token":"t","expires":"2026-01-01T01:00:00Z","claimed_account":"111122223333","verified":null}"#;
    assert!(Kept::decode_any(text).is_some());
    with_changes("sessions", &[text.to_vec()], |bytes| {
        Kept::decode_any(bytes).is_some_and(|(_, kept)| kept.credentials.check().is_ok())
    });
}
