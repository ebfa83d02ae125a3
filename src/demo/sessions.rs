//! Who signed a request, and the temporary credentials that the fake AWS gives out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::{
    http::Request,
    scenario::{Scenario, account_of},
    sign_in::SignIns,
    signature::Authorization,
    terms::Terms,
    wire::Refusal,
};
use crate::core::hex::hex;

/// A caller whose signature is right.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) access_key_id: String,
    pub(super) arn: String,
    pub(super) user_id: String,
    /// The ARN that trust policies name it by.
    pub(super) principal: String,
    /// Whether it is an assumed role: what it assumes in turn lasts an hour at most.
    pub(super) is_role: bool,
    /// Whether its calls count as made with MFA.
    pub(super) mfa: bool,
    /// What its role was assumed with.
    pub(super) terms: Terms,
}

impl Caller {
    pub(super) fn account(&self) -> &str {
        account_of(&self.arn)
    }
}

/// Temporary credentials.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) caller: Caller,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
    pub(super) expires: Timestamp,
}

/// All that were given out.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    given: BTreeMap<String, Session>,
    /// MFA codes that were accepted, with their device.
    pub(super) used_codes: BTreeSet<String>,
    /// Refresh tokens that took the place of the first ones, by the ARN of who signed in.
    pub(super) refresh_tokens: BTreeMap<String, String>,
    /// Proofs of possession that were accepted.
    pub(super) used_proofs: BTreeSet<String>,
    /// Identity Center's clients, codes and tokens.
    pub(super) sign_ins: SignIns,
}

impl Sessions {
    /// Gives out new ones to a caller of this description.
    pub(super) fn issue(&mut self, mut caller: Caller, seconds: i64, now: Timestamp) -> Session {
        let number = self.given.len() as u32;
        caller.access_key_id = key_id("ASIA", caller.account(), number);
        let random = |what: &str| hex(Sha256::digest(format!("{what} {} {now}", caller.access_key_id)));
        let session = Session {
            secret_access_key: random("secret")[..40].to_owned(),
            session_token: format!("FakeAwsToken{}{}", random("token"), random("more")),
            expires: now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now),
            caller,
        };
        self.given.insert(session.caller.access_key_id.clone(), session.clone());
        session
    }

    /// The secrets and tokens of all.
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        let given = self.given.values();
        given
            .flat_map(|session| [session.secret_access_key.clone(), session.session_token.clone()])
            .chain(self.sign_ins.secrets())
            .chain(self.refresh_tokens.values().cloned())
    }

    /// Who signed the request, with a signature, a token and a service that are right.
    pub(super) fn caller(
        &self,
        scenario: &Scenario,
        request: &Request,
        service: &str,
        now: Timestamp,
    ) -> Result<Caller, Refusal> {
        let Some(authorization) = Authorization::of(request) else {
            return Err(Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token"));
        };
        let key = authorization.access_key_id.as_str();
        let token = request.header("x-amz-security-token");
        let (caller, secret) = if let Some(user) = scenario.user(key) {
            if token.is_some() || scenario.inactive_keys.contains(key) {
                return Err(invalid_key());
            }
            (Caller::user(key, &user.arn), &user.secret_access_key)
        } else {
            let session = self.given.get(key).ok_or_else(invalid_key)?;
            if token != Some(session.session_token.as_str()) {
                return Err(invalid_key());
            }
            if session.expires <= now {
                let message = "The security token included in the request is expired";
                return Err(Refusal::new(403, "ExpiredToken", message));
            }
            (session.caller.clone(), &session.secret_access_key)
        };
        if authorization.service() != service || !authorization.is_by(secret, request) {
            let message = "The request signature we calculated does not match the signature you provided. Check your \
                           AWS Secret Access Key and signing method. Consult the service documentation for details.";
            return Err(Refusal::new(403, "SignatureDoesNotMatch", message));
        }
        if !authorization.is_of(now, request) {
            return Err(Refusal::new(403, "SignatureDoesNotMatch", "Signature expired or not yet current (5 min.)"));
        }
        Ok(caller)
    }
}

impl Caller {
    pub(super) fn user(key: &str, arn: &str) -> Self {
        let user_id = if arn.ends_with(":root") { account_of(arn).to_owned() } else { unique_id("AIDA", arn) };
        Self {
            access_key_id: key.to_owned(),
            arn: arn.to_owned(),
            user_id,
            principal: arn.to_owned(),
            is_role: false,
            mfa: false,
            terms: Terms::default(),
        }
    }

    /// What AssumeRole makes of a role; a role's path is not part of it.
    pub(super) fn role(role_arn: &str, session: &str) -> Self {
        let name = role_arn.rsplit('/').next().unwrap_or_default();
        let account = account_of(role_arn);
        Self {
            access_key_id: String::new(),
            arn: format!("arn:aws:sts::{account}:assumed-role/{name}/{session}"),
            user_id: format!("{}:{session}", unique_id("AROA", role_arn)),
            principal: role_arn.to_owned(),
            is_role: true,
            mfa: false,
            terms: Terms::default(),
        }
    }
}

pub(super) fn invalid_key() -> Refusal {
    Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

/// A key ID that encodes its account as AWS's do: a one bit, 40 bits of account, and 39 bits of anything.
pub(super) fn key_id(prefix: &str, account: &str, number: u32) -> String {
    let account: u128 = account.parse().unwrap_or_default();
    let bits = (1 << 79) | (account << 39) | u128::from(number).wrapping_mul(0x9e37_79b9) & 0x7f_ffff_ffff;
    base32(prefix, bits)
}

fn unique_id(prefix: &str, arn: &str) -> String {
    let digest = Sha256::digest(arn);
    base32(prefix, digest.iter().take(10).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
}

/// The prefix and 16 characters for the low 80 bits.
fn base32(prefix: &str, bits: u128) -> String {
    let digit = |place: u32| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[(bits >> (5 * place)) as usize & 31]);
    prefix.chars().chain((0..16).rev().map(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_ids_encode_their_account() {
        let id = key_id("ASIA", "609629065308", 7);
        let place = |c| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|digit| *digit == c).unwrap() as u64;
        let bits = id.bytes().skip(4).take(10).fold(0, |bits, c| bits << 5 | place(c)) >> 2;
        assert_eq!((id.len(), bits >> 47, (bits & 0x7fff_ffff_ff80) >> 7), (20, 1, 609_629_065_308));
    }

    #[test]
    fn a_roles_path_is_not_part_of_its_sessions() {
        let caller = Caller::role("arn:aws:iam::444455556666:role/ops/Deploy", "ada");
        assert_eq!(caller.arn, "arn:aws:sts::444455556666:assumed-role/Deploy/ada");
        assert!(caller.user_id.starts_with("AROA") && caller.user_id.ends_with(":ada"));
    }
}
