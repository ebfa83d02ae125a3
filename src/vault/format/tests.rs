//! No damage, wherever it is, is taken for a vault.

use super::*;
use crate::vault::passphrase::Passphrase;

const CONTENT: &[u8] = br#"{"profiles":{}}"#;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).unwrap()
}

fn vault() -> (Sealed, DataKey) {
    create(&passphrase("open sesame"), Params::LEAST, 1_790_000_000, CONTENT).unwrap()
}

fn open(bytes: Vec<u8>, key: &DataKey) -> Result<Vec<u8>, FormatError> {
    Ok(Sealed::parse(bytes)?.open(key)?.to_vec())
}

#[test]
fn the_right_passphrase_opens_and_a_wrong_one_is_told_from_damage() {
    let (sealed, key) = vault();
    assert_eq!(sealed.unlock(&passphrase("open sesame")).unwrap().to_bytes(), key.to_bytes());
    assert_eq!(sealed.unlock(&passphrase("open sesam")).unwrap_err(), FormatError::WrongPassphrase);
    assert_eq!(sealed.open(&key).unwrap().as_slice(), CONTENT);
}

#[test]
fn another_content_keeps_the_key_and_counts() {
    let (sealed, key) = vault();
    let next = sealed.with_content(&key, b"more").unwrap();
    assert!(next.has_key_of(&sealed));
    assert_eq!((sealed.generation(), next.generation()), (1, 2));
    assert_eq!(next.open(&key).unwrap().as_slice(), b"more");
    let other = vault().0;
    assert!(!other.has_key_of(&sealed));
}

#[test]
fn the_size_tells_only_steps_of_4_kib() {
    let (sealed, key) = vault();
    for (content, steps) in [(0, 1), (4092, 1), (4093, 2), (8188, 2), (8189, 3)] {
        let sealed = sealed.with_content(&key, &vec![b'x'; content]).unwrap();
        assert_eq!(sealed.bytes().len(), HEADER + BODY_NONCE + TAG + steps * STEP);
        assert_eq!(sealed.open(&key).unwrap().len(), content);
    }
    assert_eq!(sealed.with_content(&key, &vec![0; 17 << 20]), Err(FormatError::TooLarge));
}

#[test]
fn nothing_is_written_twice_the_same() {
    let (sealed, key) = vault();
    let (a, b) = (sealed.with_content(&key, CONTENT).unwrap(), sealed.with_content(&key, CONTENT).unwrap());
    let same = a.bytes()[HEADER..].iter().zip(&b.bytes()[HEADER..]).filter(|(a, b)| a == b).count();
    assert!(same < 100, "{same} bytes of two bodies are the same");
}

#[test]
fn p8_every_changed_bit_is_refused() {
    let (sealed, key) = vault();
    let mut refused = 0;
    for at in 0..sealed.bytes().len() {
        for bit in 0..8 {
            let mut bytes = sealed.bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let error = open(bytes, &key).expect_err("a changed vault opens");
            let expected = match at {
                0..8 => FormatError::Foreign,
                8..HEADER => FormatError::Damaged("its header was changed"),
                _ => FormatError::Damaged("its content was changed"),
            };
            assert_eq!(error, expected, "byte {at}, bit {bit}");
            refused += 1;
        }
    }
    println!("{refused} changed bits, all refused");
}

#[test]
fn p8_every_truncation_and_addition_is_refused() {
    let (sealed, key) = vault();
    for length in 0..sealed.bytes().len() {
        open(sealed.bytes()[..length].to_vec(), &key).expect_err("a vault that was cut off opens");
    }
    for more in [1, 15, 16, STEP, 2 * STEP] {
        let mut bytes = sealed.bytes().to_vec();
        bytes.resize(bytes.len() + more, 0);
        open(bytes, &key).expect_err("a vault with something behind it opens");
    }
    println!("{} truncations, all refused", sealed.bytes().len());
}

/// A header that was changed by somebody who knows the format.
fn forged(sealed: &Sealed, change: impl Fn(&mut [u8])) -> Vec<u8> {
    let mut bytes = sealed.bytes().to_vec();
    change(&mut bytes);
    let sum = checksum(&bytes);
    bytes[CHECKSUM].copy_from_slice(&sum);
    bytes
}

#[test]
fn p8_a_forged_header_opens_nothing() {
    let (sealed, key) = vault();
    for at in (0..CHECKSUM.start).filter(|at| *at != 9) {
        let bytes = forged(&sealed, |bytes| bytes[at] ^= 1);
        open(bytes, &key).expect_err("a forged header is authentic");
    }
    assert_eq!(open(forged(&sealed, |bytes| bytes[9] = 2), &key), Err(FormatError::Version(2)));
    // What the passphrase is checked against is authenticated by itself.
    let bytes = forged(&sealed, |bytes| bytes[47] ^= 1);
    assert_eq!(
        Sealed::parse(bytes).unwrap().unlock(&passphrase("open sesame")).unwrap_err(),
        FormatError::WrongPassphrase
    );
}

#[test]
fn p8_parts_of_two_vaults_make_no_third() {
    let (sealed, key) = vault();
    let next = sealed.with_content(&key, b"more").unwrap();
    let mixed = [&sealed.bytes()[..HEADER], &next.bytes()[HEADER..]].concat();
    assert_eq!(open(mixed, &key), Err(FormatError::Damaged("its content was changed")));
    let (other, other_key) = vault();
    let mixed = [&sealed.bytes()[..WRAPPED.end], &other.bytes()[WRAPPED.end..]].concat();
    let mixed = forged(&Sealed { bytes: mixed, params: Some(Params::LEAST) }, |_| {});
    assert!(open(mixed.clone(), &key).is_err() && open(mixed, &other_key).is_err());
}

#[test]
fn costs_out_of_bounds_are_refused_before_any_memory_is_taken() {
    let (sealed, _) = vault();
    for (at, value) in [
        (12, 0_u32),
        (12, Params::LEAST.memory - 1),
        (12, Params::MOST.memory + 1),
        (12, u32::MAX),
        (16, 0),
        (16, Params::MOST.passes + 1),
        (16, u32::MAX),
        (20, 0),
        (20, Params::MOST.lanes + 1),
        (20, u32::MAX),
    ] {
        let bytes = forged(&sealed, |bytes| bytes[at..at + 4].copy_from_slice(&value.to_be_bytes()));
        let expect = FormatError::Damaged("its key derivation is none that awsenv writes");
        assert_eq!(Sealed::parse(bytes), Err(expect), "{value} at {at}");
    }
}

#[test]
fn without_a_passphrase_the_key_alone_opens() {
    let (sealed, key) = create_without_passphrase(1_790_000_000, CONTENT).unwrap();
    let sealed = Sealed::parse(sealed.bytes().to_vec()).unwrap();
    assert_eq!((sealed.params(), sealed.open(&key).unwrap().as_slice()), (None, CONTENT));
    assert_eq!(sealed.unlock(&passphrase("open sesame")).unwrap_err(), FormatError::NoPassphrase);
    let next = Sealed::parse(sealed.with_content(&key, b"more").unwrap().bytes().to_vec()).unwrap();
    assert_eq!((next.open(&key).unwrap().as_slice(), next.identity()), (&b"more"[..], sealed.identity()));
    let (other, _) = create_without_passphrase(1_790_000_000, CONTENT).unwrap();
    assert_ne!(other.identity(), sealed.identity());
    // Of a vault with a passphrase nobody makes one without.
    let (with, key) = vault();
    let forged = forged(&with, |bytes| bytes[11..24].copy_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    assert_eq!(open(forged, &key), Err(FormatError::Damaged("its content was changed")));
}

#[test]
fn the_format_stays_readable() {
    // Written in Python, by docs/vault.md alone; it must open for ever.
    let bytes = include_bytes!("../../../tests/vault/known.awsenv-vault").to_vec();
    let sealed = Sealed::parse(bytes).unwrap();
    let key = sealed.unlock(&passphrase("open sesame")).unwrap();
    assert_eq!(sealed.open(&key).unwrap().as_slice(), CONTENT);
}
