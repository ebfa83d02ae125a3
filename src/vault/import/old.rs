//! The first awsenv's database, in both of its formats.
//!
//! Since its version 0.12.0 that is what `openssl enc -aes-256-cbc -md md5 -base64 -A` writes; before, an IV of 16 hex digits
//! and AES-256 in CFB mode, whose key is a part of the hex form of the password's SHA-256. Neither authenticates anything, so
//! that only a content which makes sense shows that the password was right.

use aes::Aes256;
use base64::{Engine, prelude::BASE64_STANDARD};
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use md5::Md5;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Found, ImportError, Password, entry,
    yaml::{self, Node},
};
use crate::core::hex::hex;

/// How base64 of `Salted__` begins.
const SALTED: &[u8] = b"U2FsdGVkX1";
const BLOCK: usize = 16;
const NOT_OURS: ImportError = ImportError::NotAStore("it is no database of the first awsenv");
/// Readable YAML, so that the password was right.
const NO_CREDENTIALS: ImportError = ImportError::NotAStore("it was decrypted, but holds no `credentials:`");

/// Opens a database and returns what it holds.
pub fn read(file: &[u8], password: &Password, now: i64) -> Result<Vec<Found>, ImportError> {
    let sealed = Sealed::parse(file)?;
    let text = open(&sealed, &password.0);
    let text = match text {
        // The old agent trimmed what was typed.
        Err(ImportError::WrongPassword) if password.0.trim_ascii() != &**password.0 => {
            open(&sealed, password.0.trim_ascii())?
        }
        other => other?,
    };
    let found = found(&text, now)?;
    // Its YAML always ended with a line feed, and CFB opens whatever is left of a file.
    if matches!(sealed, Sealed::Cfb { .. }) && !text.ends_with('\n') {
        return Err(ImportError::Truncated);
    }
    Ok(found)
}

/// A file, by its format.
enum Sealed<'f> {
    Cbc { salt: [u8; 8], body: Vec<u8> },
    Cfb { iv: &'f [u8; BLOCK], body: &'f [u8] },
}

impl<'f> Sealed<'f> {
    fn parse(file: &'f [u8]) -> Result<Self, ImportError> {
        if file.starts_with(SALTED) {
            let text: Vec<u8> = file.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| ImportError::Truncated)?;
            let (head, body) = bytes.split_at_checked(BLOCK).ok_or(ImportError::Truncated)?;
            let salt = head[8..].try_into().map_err(|_| ImportError::Truncated)?;
            if body.is_empty() || !body.len().is_multiple_of(BLOCK) {
                return Err(ImportError::Truncated);
            }
            return Ok(Self::Cbc { salt, body: body.to_vec() });
        }
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let (iv, body) = file.split_first_chunk().unwrap_or((&[b'?'; BLOCK], &[]));
        if iv.iter().all(is_digit) {
            return if body.is_empty() { Err(ImportError::Truncated) } else { Ok(Self::Cfb { iv, body }) };
        }
        let cut = !file.is_empty() && file.len() < BLOCK && file.iter().all(is_digit);
        Err(if cut { ImportError::Truncated } else { NOT_OURS })
    }
}

/// The YAML inside, as far as it can be one.
fn open(sealed: &Sealed<'_>, password: &[u8]) -> Result<Zeroizing<String>, ImportError> {
    let bytes = match sealed {
        Sealed::Cbc { salt, body } => {
            let (key, iv) = key_and_iv(password, salt);
            let mut body = Zeroizing::new(body.clone());
            let opened = cbc::Decryptor::<Aes256>::new((&*key).into(), (&iv).into()).decrypt_padded::<Pkcs7>(&mut body);
            let length = opened.map_err(|_| ImportError::WrongPassword)?.len();
            body.truncate(length);
            body
        }
        Sealed::Cfb { iv, body } => {
            let digits = Zeroizing::new(hex(Sha256::digest(password)));
            let key: Zeroizing<[u8; 32]> =
                Zeroizing::new(digits.as_bytes()[17..49].try_into().map_err(|_| ImportError::WrongPassword)?);
            let mut body = Zeroizing::new(body.to_vec());
            cfb_mode::Decryptor::<Aes256>::new((&*key).into(), (*iv).into()).decrypt(&mut body);
            body
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| ImportError::WrongPassword)?;
    let odd = |c: char| c.is_control() && !"\t\n\r".contains(c);
    if text.contains(odd) { Err(ImportError::WrongPassword) } else { Ok(Zeroizing::new(text.to_owned())) }
}

/// OpenSSL's EVP_BytesToKey with one round of MD5.
fn key_and_iv(password: &[u8], salt: &[u8; 8]) -> (Zeroizing<[u8; 32]>, [u8; BLOCK]) {
    let step = |before: &[u8]| Md5::new().chain_update(before).chain_update(password).chain_update(salt).finalize();
    let first = step(&[]);
    let second = step(&first);
    let third = step(&second);
    let mut key = Zeroizing::new([0; 32]);
    key[..BLOCK].copy_from_slice(&first);
    key[BLOCK..].copy_from_slice(&second);
    (key, third.into())
}

/// What the text in a database holds.
pub fn found(text: &str, now: i64) -> Result<Vec<Found>, ImportError> {
    // Readable text that is no such document is not what a wrong password makes.
    let document = yaml::parse(text).ok_or(NOT_OURS)?;
    let credentials = document.get("credentials").ok_or(NO_CREDENTIALS)?;
    if credentials.is_nothing() {
        return Ok(Vec::new());
    }
    let Node::Mapping(profiles) = credentials else { return Err(NOT_OURS) };
    let one = |(name, fields): &(Node, Node)| {
        let name = name.text().ok_or(NOT_OURS)?;
        let field = |key: &str| fields.get(key).and_then(Node::text);
        let (id, secret, region) = (field("awsaccesskeyid"), field("awssecretaccesskey"), field("awsregion"));
        let (Some(id), Some(secret), Some(region)) = (id, secret, region) else { return Err(NOT_OURS) };
        Ok(Found::checked(name, entry(id, secret, "", region, now)))
    };
    profiles.iter().map(one).collect()
}

#[cfg(test)]
mod tests;
