//! What AWS said about an account before: its alias and name, with the time. Never evidence of being in that account.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{context::Fact, identity::AccountId};

/// How long a remembered answer is as good as a new one.
pub const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// What was remembered, or newly learned, about one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct AccountFacts {
    /// IAM account alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Remembered>,
    /// Account name (Account Management).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Remembered>,
}

/// One answer, and when it was given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Remembered {
    /// The answer.
    pub answer: Answer,
    /// When AWS gave it, RFC 3339.
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
}

/// An answer of AWS that is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The text, as AWS gave it.
    Known(String),
    /// There is none.
    None,
    /// This principal may not ask; another one may.
    DeniedTo(String),
}

impl Remembered {
    /// Whether nothing newer need be waited for by this principal.
    pub fn is_fresh(&self, now: Timestamp, principal: &str) -> bool {
        let age = now.duration_since(self.at);
        let about_us = !matches!(&self.answer, Answer::DeniedTo(other) if other != principal);
        about_us && age < FRESH && age > -FRESH
    }

    /// What it says.
    pub fn fact(&self) -> Fact {
        match &self.answer {
            Answer::Known(text) => Fact::Known { text: text.clone(), cached_at: Some(self.at) },
            Answer::None => Fact::None,
            Answer::DeniedTo(_) => Fact::Denied,
        }
    }
}

mod rfc3339 {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The account that newer access key IDs hold: an undocumented form, so a guess, good for choosing what to ask and for
/// warnings, and never for saying where the user is (promise P1).
pub fn likely_account(access_key_id: &str) -> Option<AccountId> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letters = access_key_id.as_bytes().get(4..14)?;
    let mut bits = 0_u64;
    for letter in letters {
        bits = bits << 5 | ALPHABET.iter().position(|known| known == letter)? as u64;
    }
    let (number, is_new_form) = (bits >> 2 & 0x7fff_ffff_ff80, bits >> 49 == 1);
    AccountId::parse(&format!("{:012}", number >> 7)).ok().filter(|_| is_new_form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_key_ids_hold_the_account() {
        let account = |id| likely_account(id).map(|account| account.to_string());
        assert_eq!(account("ASIAY34FZKBOKMUTVV7A").as_deref(), Some("609629065308"));
        assert_eq!(account("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(account("AKIAPERF000000000123"), None);
        assert_eq!(account("AKIA"), None);
    }

    #[test]
    fn an_answer_is_fresh_for_a_day_and_a_denial_for_one_principal() {
        let at = Timestamp::from_second(1_000_000).unwrap();
        let known = Remembered { answer: Answer::Known("acme".into()), at };
        assert!(known.is_fresh(at, "anyone"));
        assert!(!known.is_fresh(at + FRESH, "anyone"));
        let denied = Remembered { answer: Answer::DeniedTo("Deploy".into()), at };
        assert!(denied.is_fresh(at, "Deploy"));
        assert!(!denied.is_fresh(at, "Admin"));
    }
}
