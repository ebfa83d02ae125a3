//! What the fake AWS knows: accounts, users, roles, and which requests fail, and how.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// An AWS account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakeAccount {
    /// Account ID, 12 digits.
    pub id: String,
    /// Account name (Account Management).
    pub name: String,
    /// IAM account alias, if it has one.
    pub alias: Option<String>,
}

/// An IAM user with one access key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakeUser {
    /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`, or `…:root`.
    pub arn: String,
    /// Access key ID.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Serial number of its MFA device.
    pub mfa_serial: Option<String>,
    /// The only code of the device that is right; or `totp:` and its secret, whose codes are.
    pub mfa_code: Option<String>,
}

/// An IAM role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakeRole {
    /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
    pub arn: String,
    /// Account IDs and principal ARNs that may assume it; an assumed role is named by its role's ARN.
    #[serde(default)]
    pub trust: Vec<String>,
    /// The external ID that must come with the request.
    pub external_id: Option<String>,
    /// Whether it may be assumed with MFA only.
    #[serde(default)]
    pub needs_mfa: bool,
    /// What its trust policy allows besides assuming it: `sts:TagSession`, `sts:SetSourceIdentity`.
    #[serde(default)]
    pub allows: Vec<String>,
    /// The web identity token that may assume it.
    pub web_identity_token: Option<String>,
    /// MaxSessionDuration in seconds.
    #[serde(default = "one_hour")]
    pub max_session_seconds: i64,
}

/// A signed-in Identity Center user.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SsoToken {
    /// The access token in the cache file.
    pub access_token: String,
    /// User name, the session name of what it gives.
    pub user: String,
    /// `ACCOUNT/PERMISSION-SET`, each of those assigned.
    pub assignments: Vec<String>,
}

/// A container whose server gives out a role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakeContainer {
    /// ARN of the role.
    pub role: String,
    /// What must come in the `Authorization` header.
    pub token: Option<String>,
}

/// A session that `aws login` began.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakeLogin {
    /// ARN of who signed in.
    pub arn: String,
    /// The token that renews it. It works once; the answer has the next.
    pub refresh_token: String,
    /// The only key, as SEC1 in PEM form, whose proofs count.
    pub dpop_key: String,
}

/// What the Identity Center user does who is asked to sign in, and what the sign-in gives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Consent {
    /// Whether the user says no.
    pub denies: bool,
    /// How many polls of a device are answered `slow_down`, the first ones.
    pub slow_downs: u32,
    /// How many after those are answered `authorization_pending`.
    pub pending: u32,
    /// How long a device is to wait between polls.
    pub interval_seconds: i64,
    /// How long a device code lasts.
    pub device_seconds: i64,
    /// How long an access token lasts; may be negative.
    pub access_seconds: i64,
    /// The page for device codes.
    pub verification_uri: String,
}

impl Default for Consent {
    fn default() -> Self {
        Self {
            denies: false,
            slow_downs: 0,
            pending: 0,
            interval_seconds: 1,
            device_seconds: 600,
            access_seconds: 3600,
            verification_uri: "https://acme.example/start/#/device".to_owned(),
        }
    }
}

/// A request that does not get its proper answer. The parts that are given must all match.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Failure {
    /// Operation, as AWS names it.
    pub operation: Option<String>,
    /// Access key ID that signed the request.
    pub access_key_id: Option<String>,
    /// Account of the caller.
    pub account: Option<String>,
    /// Milliseconds to wait before anything is sent.
    pub delay_ms: u64,
    /// What is sent then.
    pub outcome: Outcome,
}

/// What is sent instead of the proper answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The proper answer: only late.
    #[default]
    Proper,
    /// An AWS error.
    Error {
        /// HTTP status.
        status: u16,
        /// Error code, such as `AccessDenied`.
        code: String,
        /// Text for the caller.
        message: String,
    },
    /// This body, as it stands, with this HTTP status.
    Body {
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// Bytes that are no HTTP.
    Garbage,
    /// Nothing: the connection is closed.
    Close,
    /// The same, but what was asked for is done.
    Lost,
}

/// Everything that a fake AWS knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Accounts.
    pub accounts: Vec<FakeAccount>,
    /// Users.
    pub users: Vec<FakeUser>,
    /// Roles.
    pub roles: Vec<FakeRole>,
    /// Identity Center users.
    pub sso_tokens: Vec<SsoToken>,
    /// The container that asks at `/container/credentials`.
    pub container: Option<FakeContainer>,
    /// ARN of the role of the instance that asks at `/latest/…`.
    pub instance_role: Option<String>,
    /// Sessions of `aws login`.
    pub logins: Vec<FakeLogin>,
    /// What the first of them does who is asked to sign in.
    pub consent: Consent,
    /// Failures; the first that matches counts.
    pub failures: Vec<Failure>,
    /// Seconds that issued credentials last, whatever was asked for; may be negative.
    pub issued_for_seconds: Option<i64>,
    /// Whether each MFA code is accepted once only, as AWS does.
    pub mfa_codes_work_once: bool,
    /// Access key IDs that are switched off.
    pub inactive_keys: BTreeSet<String>,
    /// Access key IDs that are not known yet, and for how many requests.
    pub unknown_keys: BTreeMap<String, u32>,
    /// For how many requests a key that was just made is not known, as it can be with AWS for some seconds.
    pub new_keys_unknown_for: u32,
    /// Whether users may see and change their keys with MFA only.
    pub keys_need_mfa: bool,
}

fn one_hour() -> i64 {
    3600
}

impl Scenario {
    /// The one of `awsenv demo`: staging, production and sandbox of one company.
    pub fn demo() -> Self {
        toml::from_str(include_str!("scenario.toml")).expect("the scenario is part of the program, and a test reads it")
    }

    /// An account by its ID.
    pub fn account(&self, id: &str) -> Option<&FakeAccount> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// A user by access key ID.
    pub fn user(&self, access_key_id: &str) -> Option<&FakeUser> {
        self.users.iter().find(|user| user.access_key_id == access_key_id)
    }

    /// Whether a key is still unknown to this request.
    pub(super) fn is_unknown_yet(&mut self, key: &str) -> bool {
        let Some(left) = self.unknown_keys.get_mut(key).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }

    /// A role by ARN.
    pub fn role(&self, arn: &str) -> Option<&FakeRole> {
        self.roles.iter().find(|role| role.arn == arn)
    }

    /// The failure that this request meets, if any.
    pub(super) fn failure(&self, operation: &str, key: Option<&str>, account: Option<&str>) -> Option<&Failure> {
        let agrees = |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        self.failures.iter().find(|failure| {
            agrees(&failure.operation, Some(operation))
                && agrees(&failure.access_key_id, key)
                && agrees(&failure.account, account)
        })
    }
}

/// The account ID in an ARN.
pub(super) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

impl Failure {
    /// Every request to this operation gets this error.
    pub fn error(operation: &str, status: u16, code: &str, message: &str) -> Self {
        let outcome = Outcome::Error { status, code: code.to_owned(), message: message.to_owned() };
        Self::of(operation, outcome)
    }

    /// Every request to this operation gets this.
    pub fn of(operation: &str, outcome: Outcome) -> Self {
        Self { operation: Some(operation.to_owned()), outcome, ..Self::default() }
    }

    /// Every request to this operation is answered late.
    pub fn late(operation: &str, delay_ms: u64) -> Self {
        Self { delay_ms, ..Self::of(operation, Outcome::Proper) }
    }

    /// The same, only where this access key ID signed.
    #[must_use]
    pub fn for_key(mut self, access_key_id: &str) -> Self {
        self.access_key_id = Some(access_key_id.to_owned());
        self
    }

    /// The same, only where the caller is of this account.
    #[must_use]
    pub fn for_account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_scenario_is_sound() {
        let scenario = Scenario::demo();
        assert_eq!(scenario.accounts.len(), 3);
        for arn in scenario.users.iter().map(|user| &user.arn).chain(scenario.roles.iter().map(|role| &role.arn)) {
            assert!(scenario.account(account_of(arn)).is_some(), "{arn} is of an account of the scenario");
        }
    }

    #[test]
    fn a_failure_matches_by_all_the_parts_it_has() {
        let scenario = Scenario {
            failures: vec![Failure::late("GetCallerIdentity", 5).for_key("AKIAONE").for_account("111122223333")],
            ..Scenario::default()
        };
        let met = |operation, key, account| scenario.failure(operation, key, account).is_some();
        assert!(met("GetCallerIdentity", Some("AKIAONE"), Some("111122223333")));
        assert!(!met("AssumeRole", Some("AKIAONE"), Some("111122223333")));
        assert!(!met("GetCallerIdentity", Some("AKIATWO"), Some("111122223333")));
        assert!(!met("GetCallerIdentity", None, None));
    }
}
