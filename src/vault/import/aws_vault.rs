//! aws-vault's file backend: a folder with one encrypted JWE for each profile (PBES2-HS256+A128KW, A256GCM).

use std::borrow::Cow;

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use aes_kw::KwAes128;
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use percent_encoding::percent_decode;
use serde::Deserialize;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Found, ImportError, Password, entry};
use crate::core::secret::Secret;

const ALGORITHM: &str = "PBES2-HS256+A128KW";
const CIPHER: &str = "A256GCM";
/// The file names its own cost: aws-vault writes 8192. What is not sane is not followed.
const ROUNDS: std::ops::RangeInclusive<u32> = 1000..=1_000_000;
const NOT_ONE: ImportError = ImportError::NotAStore("it is no file of aws-vault's");

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    p2c: u32,
    p2s: String,
}

/// What the keyring library keeps.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Data")]
    data: Secret,
}

/// What aws-vault keeps in it.
#[derive(Deserialize)]
struct Keys {
    #[serde(rename = "AccessKeyID")]
    id: String,
    #[serde(rename = "SecretAccessKey")]
    secret: Secret,
    #[serde(rename = "SessionToken", default)]
    token: Option<Secret>,
}

/// What a file is the key of, by its name, which is percent-encoded.
pub fn key_of(file_name: &[u8]) -> Cow<'_, str> {
    percent_decode(file_name).decode_utf8_lossy()
}

/// True for the key of a session or a token, which is what aws-vault takes for one: these are not a profile's own keys.
pub fn is_session(key: &str) -> bool {
    let is_time = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // TYPE,PROFILE,MFA-SERIAL,TIME, of which only the third may be empty.
    let parts: Vec<&str> = key.split(',').collect();
    let is_new = |parts: &[&str]| match parts {
        [kind, profile, _, time] => !kind.is_empty() && !profile.is_empty() && is_time(time),
        _ => false,
    };
    // Older versions wrote `PROFILE session (TIME)`.
    let old = key.strip_suffix(')').and_then(|key| key.rsplit_once(" session ("));
    key.starts_with("oidc:")
        || is_new(&parts)
        || old.is_some_and(|(profile, time)| !profile.is_empty() && is_time(time))
}

/// Opens one file.
pub fn read(file: &[u8], password: &Password, now: i64) -> Result<Found, ImportError> {
    let text = std::str::from_utf8(file).map_err(|_| NOT_ONE)?.trim();
    let parts: Vec<&str> = text.split('.').collect();
    let [protected, wrapped, nonce, body, tag] = parts.as_slice() else { return Err(NOT_ONE) };
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| NOT_ONE);
    let header: Header = serde_json::from_slice(&decode(protected)?).map_err(|_| NOT_ONE)?;
    if header.alg != ALGORITHM || header.enc != CIPHER || !ROUNDS.contains(&header.p2c) {
        return Err(ImportError::NotAStore("it is not encrypted as aws-vault does"));
    }
    let salt = [ALGORITHM.as_bytes(), &[0], &decode(&header.p2s)?].concat();
    let mut wrapper = Zeroizing::new([0_u8; 16]);
    pbkdf2::pbkdf2_hmac::<Sha256>(&password.0, &salt, header.p2c, &mut *wrapper);
    let mut key = Zeroizing::new([0_u8; 32]);
    let wrapped = decode(wrapped)?;
    if wrapped.len() != key.len() + 8 {
        return Err(ImportError::Truncated);
    }
    KwAes128::new((&*wrapper).into()).unwrap_key(&wrapped, &mut *key).map_err(|_| ImportError::WrongPassword)?;
    let nonce: [u8; 12] = decode(nonce)?.try_into().map_err(|_| ImportError::Truncated)?;
    let sealed = [decode(body)?, decode(tag)?].concat();
    let payload = Payload { msg: &sealed, aad: protected.as_bytes() };
    let opened = Aes256Gcm::new((&*key).into()).decrypt(&nonce.into(), payload);
    let opened = Zeroizing::new(opened.map_err(|_| ImportError::WrongPassword)?);
    item(&opened, now)
}

/// What a file holds, once it is opened.
pub fn item(opened: &[u8], now: i64) -> Result<Found, ImportError> {
    let item: Item = serde_json::from_slice(opened).map_err(|_| NOT_ONE)?;
    let data = Zeroizing::new(BASE64_STANDARD.decode(item.data.expose()).map_err(|_| NOT_ONE)?);
    let keys: Keys = match serde_json::from_slice(&data) {
        Ok(keys) => keys,
        Err(_) => return Ok(Found { name: item.key, entry: Err("it holds no access keys".to_owned()) }),
    };
    let token = keys.token.as_ref().map_or("", Secret::expose);
    Ok(Found::checked(&item.key, entry(&keys.id, keys.secret.expose(), token, "", now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_file_is_refused() {
        let password = Password(Zeroizing::new(b"x".to_vec()));
        let header = |p2c: u32, alg: &str| {
            let text = format!(r#"{{"alg":"{alg}","enc":"A256GCM","p2c":{p2c},"p2s":"AAAA"}}"#);
            format!("{}.AAAA.AAAA.AAAA.AAAA", BASE64_URL_SAFE_NO_PAD.encode(text))
        };
        for text in
            ["", "a.b.c", "a.b.c.d.e", &header(u32::MAX, ALGORITHM), &header(8192, "dir"), &header(0, ALGORITHM)]
        {
            assert!(matches!(read(text.as_bytes(), &password, 0), Err(ImportError::NotAStore(_))), "{text}");
        }
        assert_eq!(read(header(8192, ALGORITHM).as_bytes(), &password, 0).unwrap_err(), ImportError::Truncated);
    }

    #[test]
    fn p8_a_session_is_what_aws_vault_takes_for_one_and_every_other_name_is_a_profiles() {
        let is_session = |name: &str| is_session(&key_of(name.as_bytes()));
        for session in [
            "sts.GetSessionToken,ZGVwbG95,,1700000000",
            "sts.AssumeRole%2CZGVwbG95%2CYXJu%2C1700000000",
            "session,ZGVwbG95,YXJu,1700000000",
            "deploy%20session%20(1700000000)",
            "oidc:https://x.awsapps.com/start",
            "oidc%3Ahttps%3A%2F%2Fx",
        ] {
            assert!(is_session(session), "{session}");
        }
        for profile in [
            "deploy",
            "session",
            "my-session",
            "oidc-ci",
            "aws.main",
            "sso.admin",
            "sts.breakglass",
            "session (old)",
            "session,x",
            "a,b,c,d",
            "a,b,c,",
            " session (1700000000)",
            "x session (1700000000) y",
            "100%",
        ] {
            assert!(!is_session(profile), "{profile}");
        }
    }
}
