//! A set of AWS credentials, and how long it lasts.

use jiff::{Timestamp, fmt::temporal::Pieces, tz::TimeZone};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{hex::hex, identity::AccountId, secret::Secret};

/// The access key ID that a refusal puts into the shell (docs/cli.md, "The eval contract").
pub const REFUSED_KEY_ID: &str = "AWSENVREFUSED0000000";
/// The secret, and the profile name, of a refusal.
pub const REFUSED: &str = "awsenv-refused";

/// One set of credentials, as it goes into a request and into the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Access key ID: `AKIA…` for a user's key, `ASIA…` for a session's. Not a secret.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: Secret,
    /// Session token, of temporary credentials only.
    pub session_token: Option<Secret>,
    /// End of validity. A user's key has none.
    pub expires: Option<Timestamp>,
    /// The account that whoever gave the credentials says they are of. A claim: only STS confirms (promise P1).
    pub claimed_account: Option<AccountId>,
}

/// What makes a set of credentials unusable. No variant holds a value: a wrong value may be a secret in the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCredentials {
    /// Not 16 to 128 upper-case letters and digits.
    #[error("the access key ID is not 16 to 128 upper-case letters and digits (bad-key)")]
    KeyId,
    /// Empty, too long, or with a character that AWS never puts into one.
    #[error("the secret access key is empty or holds a character that AWS never puts into one (bad-key)")]
    SecretKey,
    /// Empty, or with a character that AWS never puts into one.
    #[error("the session token is empty or holds a character that AWS never puts into one (bad-key)")]
    Token,
    /// More than a variable may hold.
    #[error("the session token is longer than 32 KiB (value-too-long)")]
    LongToken,
    /// The values that a refusal left in the environment.
    #[error("the credentials are the ones that a refused switch left behind")]
    Refused,
}

impl Credentials {
    /// True for a text that holds what is secret of them: an answer of a server, say.
    pub fn are_in(&self, text: &str) -> bool {
        let token = self.session_token.as_ref().map_or("", |token| token.expose());
        text.contains(self.secret_access_key.expose()) || (!token.is_empty() && text.contains(token))
    }

    /// Checks the form of each part before it is put into a request header or a shell.
    pub fn check(&self) -> Result<(), BadCredentials> {
        let word = |c: u8| c.is_ascii_alphanumeric() || b"/+=_.-".contains(&c);
        if self.is_refusal() {
            return Err(BadCredentials::Refused);
        }
        let id = self.access_key_id.as_bytes();
        if !(16..=128).contains(&id.len()) || !id.iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
            return Err(BadCredentials::KeyId);
        }
        let secret = self.secret_access_key.expose().as_bytes();
        if !(1..=1024).contains(&secret.len()) || !secret.iter().copied().all(word) {
            return Err(BadCredentials::SecretKey);
        }
        if let Some(token) = &self.session_token {
            let token = token.expose().as_bytes();
            if token.len() >= 32 << 10 {
                return Err(BadCredentials::LongToken);
            }
            if token.is_empty() || !token.iter().copied().all(word) {
                return Err(BadCredentials::Token);
            }
        }
        Ok(())
    }

    /// True for the poison that a refused switch exports: no credentials at all.
    pub fn is_refusal(&self) -> bool {
        self.access_key_id == REFUSED_KEY_ID || self.secret_access_key.expose() == REFUSED
    }

    /// True from the second of expiry on.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// What a program named by `credential_process` prints: one JSON object and a line end. `account` is the one that STS
    /// confirmed; a claim is left out.
    pub fn to_process_output(&self, account: Option<&AccountId>) -> Zeroizing<String> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Output<'a> {
            version: u8,
            access_key_id: &'a str,
            secret_access_key: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            session_token: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            expiration: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            account_id: Option<&'a str>,
        }
        let output = Output {
            version: 1,
            access_key_id: &self.access_key_id,
            secret_access_key: self.secret_access_key.expose(),
            session_token: self.session_token.as_ref().map(Secret::expose),
            expiration: self.expires.map(rfc3339),
            account_id: account.map(AccountId::as_str),
        };
        let json = serde_json::to_string(&output);
        let mut text =
            Zeroizing::new(json.unwrap_or_else(|fault| unreachable!("text and numbers are always JSON: {fault}")));
        text.push('\n');
        text
    }

    /// A hash of these very credentials, to key caches by. Never the profile's name: a name is no evidence (P1).
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let token = self.session_token.as_ref().map_or("", Secret::expose);
        for part in [self.access_key_id.as_str(), self.secret_access_key.expose(), token] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hex(hash.finalize())
    }
}

/// The end of credentials, as AWS and its tools write it: RFC 3339, of old with `UTC` for `Z`. `None` where it is no time,
/// which is no reason to take the credentials for lasting ones.
pub fn expiry(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix("UTC").map_or_else(|| text.to_owned(), |front| format!("{front}Z"));
    text.parse().ok().or_else(|| {
        // The last hours before the year 10000, which some write for "never", are past what a timestamp can say.
        let last = Pieces::parse(&text).ok()?;
        (last.date().year() == 9999 && last.time().is_some() && last.offset().is_some()).then_some(Timestamp::MAX)
    })
}

/// The end of credentials in milliseconds since 1970. What is past all that a timestamp can say is its last or first
/// moment: never no end at all.
pub fn expiry_of_millis(millis: i64) -> Timestamp {
    let limit = if millis > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Timestamp::from_millisecond(millis).unwrap_or(limit)
}

/// RFC 3339 in UTC with `Z`, to the second: what starship, botocore and the AWS CLI read.
pub fn rfc3339(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(id: &str, secret: &str, token: Option<&str>) -> Credentials {
        Credentials {
            access_key_id: id.into(),
            secret_access_key: Secret::new(secret),
            session_token: token.map(Secret::new),
            expires: None,
            claimed_account: None,
        }
    }

    #[test]
    fn forms_that_aws_gives_out_are_good() {
        assert_eq!(credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPx=", None).check(), Ok(()));
        assert_eq!(credentials("ASIAIOSFODNN7EXAMPLE", "s", Some("IQoJb3JpZ2lu_-./+==")).check(), Ok(()));
    }

    #[test]
    fn p5_other_characters_are_refused() {
        let good = "AKIAIOSFODNN7EXAMPLE";
        assert_eq!(credentials("AKIA;touch PWN;;;;;;", "s", None).check(), Err(BadCredentials::KeyId));
        assert_eq!(credentials("SHORT", "s", None).check(), Err(BadCredentials::KeyId));
        assert_eq!(credentials(good, "a b", None).check(), Err(BadCredentials::SecretKey));
        assert_eq!(credentials(good, "", None).check(), Err(BadCredentials::SecretKey));
        assert_eq!(credentials(good, "s", Some("a\r\nX-Evil: 1")).check(), Err(BadCredentials::Token));
        assert_eq!(credentials(good, "s", Some(&"x".repeat(32 << 10))).check(), Err(BadCredentials::LongToken));
    }

    #[test]
    fn p2_the_poison_is_no_credentials() {
        assert_eq!(credentials(REFUSED_KEY_ID, REFUSED, None).check(), Err(BadCredentials::Refused));
    }

    #[test]
    fn p1_the_fingerprint_is_of_all_three_parts() {
        let base = credentials("AKIAIOSFODNN7EXAMPLE", "s", None).fingerprint();
        assert_ne!(base, credentials("AKIAIOSFODNN7EXAMPLE", "t", None).fingerprint());
        assert_ne!(base, credentials("AKIAIOSFODNN7EXAMPLE", "s", Some("t")).fingerprint());
        assert_eq!(base.len(), 64);
    }

    #[test]
    fn an_expiry_is_read_as_aws_tools_write_it() {
        let noon = "2030-01-01T12:00:00Z".parse().ok();
        for text in ["2030-01-01T12:00:00Z", "2030-01-01T13:00:00+01:00", "2030-01-01T12:00:00UTC"] {
            assert_eq!(expiry(text), noon, "{text}");
        }
        for offset in ["Z", "UTC", "+00:00", "+14:00", "-07:00"] {
            assert_eq!(expiry(&format!("9999-12-31T23:59:59{offset}")), Some(Timestamp::MAX), "{offset}");
        }
        for text in [
            "9999-12-31T",
            "9999-12-31T23:59:59",
            "9999-12-31Tsoon",
            "9999-12-31T23:59:59Z, soon",
            "9999-12-32T00:00:00Z",
        ] {
            assert_eq!(expiry(text), None, "{text}");
        }
        for text in ["", "1893456000", "soon", "2030-02-30T00:00:00Z", "2030-01-01T24:00:00Z", "2030-01-01T12:00:00"] {
            assert_eq!(expiry(text), None, "{text}");
        }
    }

    #[test]
    fn an_expiry_in_milliseconds_is_always_an_end() {
        assert_eq!(expiry_of_millis(1_767_229_200_000), "2026-01-01T01:00:00Z".parse().unwrap());
        assert_eq!(expiry_of_millis(9_000_000_000_000_000_000), Timestamp::MAX);
        assert_eq!(expiry_of_millis(i64::MIN), Timestamp::MIN);
    }

    #[test]
    fn expiry_counts_from_its_very_second() {
        let mut c = credentials("AKIAIOSFODNN7EXAMPLE", "s", None);
        let now = Timestamp::from_second(1_000).unwrap();
        assert!(!c.is_expired(now));
        c.expires = Some(now);
        assert!(c.is_expired(now));
    }

    #[test]
    fn p1_the_process_output_names_the_confirmed_account_and_no_claim() {
        let mut c = credentials("AKIAIOSFODNN7EXAMPLE", "s/+=", None);
        c.claimed_account = AccountId::parse("111122223333").ok();
        assert_eq!(
            c.to_process_output(None).as_str(),
            "{\"Version\":1,\"AccessKeyId\":\"AKIAIOSFODNN7EXAMPLE\",\"SecretAccessKey\":\"s/+=\"}\n"
        );
        c.session_token = Some(Secret::new("t"));
        c.expires = Timestamp::from_second(1_000).ok();
        assert_eq!(
            c.to_process_output(AccountId::parse("444455556666").ok().as_ref()).as_str(),
            "{\"Version\":1,\"AccessKeyId\":\"AKIAIOSFODNN7EXAMPLE\",\"SecretAccessKey\":\"s/+=\",\"SessionToken\":\"t\",\
             \"Expiration\":\"1970-01-01T00:16:40Z\",\"AccountId\":\"444455556666\"}\n"
        );
    }
}
