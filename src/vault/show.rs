//! What `get` prints of a profile: everything but the secrets, unless they are asked for.

use jiff::Timestamp;

use super::entry::Entry;
use crate::core::identity::grouped;

/// Stands in the place of a secret.
const HIDDEN: &str = "(hidden; --reveal shows it)";

impl Entry {
    /// As rows of a heading and a text. The texts are raw.
    pub fn rows(&self, name: &str, reveal: bool) -> Vec<(&'static str, String)> {
        let secret = |text: &str| if reveal { text.to_owned() } else { HIDDEN.to_owned() };
        let mut rows = vec![
            ("Profile", name.to_owned()),
            ("Access key ID", self.access_key_id.clone()),
            ("Secret access key", secret(self.secret_access_key.expose())),
        ];
        rows.extend(self.session_token.as_ref().map(|token| ("Session token", secret(token.expose()))));
        rows.extend(self.region.clone().map(|region| ("Region", region)));
        rows.extend(self.account_id.as_deref().map(|account| ("Account", grouped(account))));
        rows.extend(self.totp_secret.as_ref().map(|totp| ("MFA secret", secret(totp.expose()))));
        rows.extend(self.rotation.as_ref().map(|rotation| ("Rotation", rotation.to_string())));
        rows.push(("Added", self.added_text()));
        rows
    }

    /// As JSON; a secret that is not asked for is left out.
    pub fn json(&self, name: &str, reveal: bool) -> serde_json::Value {
        let mut json = serde_json::json!({
            "profile": name,
            "access_key_id": self.access_key_id,
            "has_session_token": self.session_token.is_some(),
            "region": self.region,
            "account_id": self.account_id,
            "added": self.added_text(),
        });
        if let Some(rotation) = &self.rotation {
            json["rotation"] = rotation.json();
        }
        if let Some(totp) = &self.totp_secret {
            json["has_totp_secret"] = true.into();
            if reveal {
                json["totp_secret"] = totp.expose().into();
            }
        }
        if reveal {
            json["secret_access_key"] = self.secret_access_key.expose().into();
            json["session_token"] = self.session_token.as_ref().map(|token| token.expose()).into();
        }
        json
    }

    fn added_text(&self) -> String {
        Timestamp::from_second(self.added).map_or_else(|_| "?".to_owned(), |time| time.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;
    use crate::vault::entry::tests::entry;

    #[test]
    fn p4_a_secret_shows_only_when_asked_for() {
        let entry = entry("wJalrXUtnFEMI");
        assert!(!format!("{:?}{}", entry.rows("x", false), entry.json("x", false)).contains("wJalr"));
        assert!(entry.rows("x", true).contains(&("Secret access key", "wJalrXUtnFEMI".to_owned())));
        assert_eq!(entry.json("x", true)["secret_access_key"], "wJalrXUtnFEMI");
    }

    #[test]
    fn a_person_and_a_program_get_the_account_each_in_its_form() {
        let entry = Entry { account_id: Some("444455556666".to_owned()), ..entry("wJalr") };
        assert!(entry.rows("x", false).contains(&("Account", "4444-5555-6666".to_owned())));
        assert_eq!(entry.json("x", false)["account_id"], "444455556666");
    }
}
