//! Sessions that are kept between runs: named by all that was asked for, with who STS said they are, and as bytes.
//!
//! Only short-lived credentials are kept. Where the bytes are kept is told in `edge::sessions`.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    credentials::{Credentials, rfc3339},
    hex::hex,
    identity::{AccountId, Identity},
    secret::Secret,
};

/// A session that ends sooner is not used any more: what starts with it must have time to do something.
pub const MARGIN: SignedDuration = SignedDuration::from_mins(5);

const VERSION: u32 = 1;

/// The name of a session: SHA-256 of all that was asked for, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionKey(String);

impl SessionKey {
    /// The key of these parts. Each part's length counts, so that no two lists of parts are the same.
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p str>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hex(hash.finalize()))
    }

    /// The key of what is asked for with the session of this key.
    #[must_use]
    pub fn then<'p>(&'p self, parts: impl IntoIterator<Item = &'p str>) -> Self {
        Self::of(std::iter::once(self.as_str()).chain(parts))
    }

    /// One that was written down; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 64 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// 64 hexadecimal digits: a file name that nobody outside has a say in.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What kind of session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionKind {
    /// Of a user, opened with an MFA code.
    Mfa,
    /// Of a role.
    Role,
    /// Of an Identity Center role.
    Sso,
}

impl fmt::Display for SessionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mfa => "mfa",
            Self::Role => "role",
            Self::Sso => "sso",
        })
    }
}

/// What a session is of, for lists.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct About {
    /// Its kind.
    pub kind: SessionKind,
    /// The role's ARN, the device, or account and permission set.
    pub name: String,
    /// The profile that asked for it.
    pub profile: String,
    /// The file of the Identity Center sign-in that it was got with, if any: a profile may have another name by the time that
    /// somebody signs out. Missing in what was kept by a version that did not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<String>,
}

impl About {
    /// The account that its name says.
    pub fn account(&self) -> Option<AccountId> {
        let id = match self.kind {
            SessionKind::Mfa | SessionKind::Role => self.name.split(':').nth(4),
            SessionKind::Sso => self.name.split('/').next(),
        };
        AccountId::parse(id?).ok()
    }

    /// The role or permission set that its name says.
    pub fn role(&self) -> Option<&str> {
        self.name.rsplit('/').next().filter(|_| self.kind != SessionKind::Mfa)
    }
}

/// Who STS said that credentials are, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptIdentity {
    /// The answer.
    pub identity: Identity,
    /// When it was given.
    pub at: Timestamp,
}

/// A session that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it is of.
    pub about: About,
    /// The credentials, which have a token and an end.
    pub credentials: Credentials,
    /// When they were got.
    pub made_at: Timestamp,
    /// Who they are, if they were verified.
    pub verified: Option<KeptIdentity>,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    key: &'a str,
    about: &'a About,
    made_at: String,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    expires: String,
    claimed_account: Option<&'a str>,
    verified: Option<WrittenIdentity<'a>>,
}

#[derive(Serialize)]
struct WrittenIdentity<'a> {
    of: String,
    account: &'a str,
    arn: &'a str,
    user_id: &'a str,
    at: String,
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    key: String,
    about: About,
    made_at: String,
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Secret,
    expires: String,
    claimed_account: Option<String>,
    verified: Option<ReadIdentity>,
}

#[derive(Deserialize)]
struct ReadIdentity {
    of: String,
    account: String,
    arn: String,
    user_id: String,
    at: String,
}

impl Kept {
    /// Whether it may be used at this time: it has not ended, nor nearly, and does not come from the future.
    pub fn is_good(&self, now: Timestamp) -> bool {
        let ends_later = self.credentials.expires.is_some_and(|end| end.duration_since(now) > MARGIN);
        ends_later && self.made_at.duration_since(now) <= MARGIN
    }

    /// As bytes; `None` for what is not short-lived.
    pub fn encode(&self, key: &SessionKey) -> Option<Zeroizing<Vec<u8>>> {
        let credentials = &self.credentials;
        let written = Written {
            version: VERSION,
            key: key.as_str(),
            about: &self.about,
            made_at: rfc3339(self.made_at),
            access_key_id: &credentials.access_key_id,
            secret_access_key: credentials.secret_access_key.expose(),
            session_token: credentials.session_token.as_ref()?.expose(),
            expires: rfc3339(credentials.expires?),
            claimed_account: credentials.claimed_account.as_ref().map(AccountId::as_str),
            verified: self.verified.as_ref().map(|verified| WrittenIdentity {
                of: credentials.fingerprint(),
                account: verified.identity.account.as_str(),
                arn: &verified.identity.arn,
                user_id: &verified.identity.user_id,
                at: rfc3339(verified.at),
            }),
        };
        serde_json::to_vec(&written).ok().map(Zeroizing::new)
    }

    /// Reads the bytes back; `None` for whatever is damaged, or is not of this key.
    pub fn decode(key: &SessionKey, bytes: &[u8]) -> Option<Self> {
        let (found, kept) = Self::decode_any(bytes)?;
        (found == key.as_str()).then_some(kept)
    }

    /// The same, with the key that stands in the bytes.
    pub fn decode_any(bytes: &[u8]) -> Option<(String, Self)> {
        let read: Read = serde_json::from_slice(bytes).ok()?;
        if read.version != VERSION {
            return None;
        }
        let claimed = read.claimed_account.map(|id| AccountId::parse(&id)).transpose().ok()?;
        let credentials = Credentials {
            access_key_id: read.access_key_id,
            secret_access_key: read.secret_access_key,
            session_token: Some(read.session_token),
            expires: Some(read.expires.parse().ok()?),
            claimed_account: claimed,
        };
        credentials.check().ok()?;
        // Who they are counts for the very credentials that STS was asked about.
        let verified = match read.verified.filter(|verified| verified.of == credentials.fingerprint()) {
            None => None,
            Some(verified) => Some(KeptIdentity {
                identity: Identity::from_answer(&verified.account, &verified.arn, &verified.user_id).ok()?,
                at: verified.at.parse().ok()?,
            }),
        };
        let kept = Self { about: read.about, credentials, made_at: read.made_at.parse().ok()?, verified };
        Some((read.key, kept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn kept() -> Kept {
        let arn = "arn:aws:sts::111122223333:assumed-role/R/me";
        Kept {
            about: About {
                kind: SessionKind::Role,
                name: "arn:aws:iam::111122223333:role/R".into(),
                profile: "p".into(),
                sign_in: Some("ab.json".into()),
            },
            credentials: Credentials {
                access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
                secret_access_key: Secret::new("canarysecret"),
                session_token: Some(Secret::new("canarytoken")),
                expires: Some(time("2026-01-01T01:00:00Z")),
                claimed_account: AccountId::parse("111122223333").ok(),
            },
            made_at: time("2026-01-01T00:00:00Z"),
            verified: Some(KeptIdentity {
                identity: Identity::from_answer("111122223333", arn, "AROAX:me").unwrap(),
                at: time("2026-01-01T00:00:01Z"),
            }),
        }
    }

    fn key() -> SessionKey {
        SessionKey::of(["a", "b"])
    }

    #[test]
    fn a_key_is_of_its_parts_in_their_order() {
        let keys = [key(), SessionKey::of(["ab"]), SessionKey::of(["b", "a"]), key().then(["a"]), key().then([])];
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!((different.len(), key().as_str().len()), (keys.len(), 64));
        assert_eq!(key(), SessionKey::of(["a", "b"]));
        assert_eq!(SessionKey::parse(key().as_str()), Some(key()));
        assert_eq!(SessionKey::parse(&key().as_str().to_uppercase()), None);
        assert_eq!(SessionKey::parse("../../x"), None);
    }

    #[test]
    fn a_session_survives_as_bytes() {
        let bytes = kept().encode(&key()).unwrap();
        assert_eq!(Kept::decode(&key(), &bytes), Some(kept()));
        assert_eq!(Kept::decode(&SessionKey::of(["other"]), &bytes), None);
    }

    #[test]
    fn what_a_version_before_kept_is_read() {
        let text = String::from_utf8(kept().encode(&key()).unwrap().to_vec()).unwrap();
        let before = text.replace(r#","sign_in":"ab.json""#, "");
        assert_ne!(before, text);
        let read = Kept::decode(&key(), before.as_bytes()).unwrap();
        assert_eq!(read.about, About { sign_in: None, ..kept().about });
    }

    #[test]
    fn long_term_keys_are_not_kept() {
        let mut kept = kept();
        kept.credentials.session_token = None;
        assert_eq!(kept.encode(&key()), None);
    }

    #[test]
    fn p8_every_truncation_is_a_miss() {
        let bytes = kept().encode(&key()).unwrap();
        for end in 0..bytes.len() {
            assert_eq!(Kept::decode(&key(), &bytes[..end]), None);
        }
    }

    #[test]
    fn p1_an_identity_counts_for_the_very_credentials_only() {
        let bytes = kept().encode(&key()).unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let other = text.replace("canarysecret", "othersecret");
        let read = Kept::decode(&key(), other.as_bytes()).unwrap();
        assert_eq!((read.credentials.secret_access_key.expose(), read.verified), ("othersecret", None));
        let impossible = text.replace("assumed-role/R/me", "assumed-role");
        assert_eq!(Kept::decode(&key(), impossible.as_bytes()), None);
        let newer = text.replace("\"version\":1", "\"version\":2");
        assert_eq!(Kept::decode(&key(), newer.as_bytes()), None);
    }

    #[test]
    fn p2_a_session_that_ends_soon_or_was_made_later_is_not_used() {
        let kept = kept();
        for (now, good) in [
            ("2026-01-01T00:00:00Z", true),
            ("2026-01-01T00:54:59Z", true),
            ("2026-01-01T00:55:00Z", false),
            ("2026-01-02T00:00:00Z", false),
            // A clock that went back would make a session of yesterday look fresh.
            ("2025-12-31T23:55:00Z", true),
            ("2025-12-31T23:54:59Z", false),
        ] {
            assert_eq!(kept.is_good(time(now)), good, "{now}");
        }
    }
}
