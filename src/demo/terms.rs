//! What AWS checks of the parameters of AssumeRole and GetSessionToken besides trust: MFA, tags, policies, identities.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    scenario::{FakeRole, Scenario, account_of},
    sessions::Caller,
    wire::Refusal,
};
use crate::core::{
    mfa::MfaCode,
    totp::{self, TotpSecret},
};

/// The parameters of a query-protocol request.
pub(super) type Parameters = BTreeMap<String, String>;

/// What a role's session is made with.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    pub(super) source_identity: Option<String>,
    /// Keys of the tags that go on to further roles, in lower case.
    pub(super) transitive: BTreeSet<String>,
}

/// Whether the request proves MFA with a code. A code that is wrong, of another's device, or used before, is refused.
pub(super) fn mfa(
    scenario: &Scenario,
    used: &mut BTreeSet<String>,
    caller: &Caller,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<bool, Refusal> {
    let (serial, code) = match (parameters.get("SerialNumber"), parameters.get("TokenCode")) {
        (None, None) => return Ok(false),
        (Some(serial), Some(code)) => (serial, code),
        _ => return Err(validation("MFA serial number and token code must be given together")),
    };
    if !is_of(serial, 9, 256, |c| is_word(c) || "=/:,.@-+".contains(c)) {
        return Err(constraint("serialNumber"));
    }
    if !is_of(code, 6, 6, |c| c.is_ascii_digit()) {
        return Err(constraint("tokenCode"));
    }
    let user = scenario.user(&caller.access_key_id);
    let right = user
        .is_some_and(|user| user.mfa_serial.as_ref() == Some(serial) && is_right(user.mfa_code.as_deref(), code, now));
    let fresh = !scenario.mfa_codes_work_once || !used.contains(&format!("{serial} {code}"));
    if !right || !fresh {
        let message = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        return Err(Refusal::new(403, "AccessDenied", message));
    }
    used.insert(format!("{serial} {code}"));
    Ok(true)
}

/// Whether it is the device's code; one of the half minute before or after is, too.
fn is_right(device: Option<&str>, code: &str, now: Timestamp) -> bool {
    let Some(device) = device else { return false };
    let Some(secret) = device.strip_prefix("totp:") else { return device == code };
    let (Ok(secret), Ok(code), period) = (TotpSecret::parse(secret), MfaCode::parse(code), totp::period(now)) else {
        return false;
    };
    (period - 1..=period + 1).any(|period| secret.code(period) == Ok(code.clone()))
}

/// Checks the rest of an AssumeRole request, in the order that AWS does: form, then permission.
pub(super) fn assume_role(role: &FakeRole, caller: &Caller, parameters: &Parameters) -> Result<Terms, Refusal> {
    let word = |c: char| is_word(c) || "=,.@-+".contains(c);
    if parameters.get("ExternalId").is_some_and(|id| !is_of(id, 2, 1224, |c| word(c) || ":/".contains(c))) {
        return Err(constraint("externalId"));
    }
    let source_identity = parameters.get("SourceIdentity");
    if source_identity.is_some_and(|id| !is_of(id, 2, 64, word)) {
        return Err(constraint("sourceIdentity"));
    }
    let tags = tags(parameters)?;
    let transitive = transitive(parameters, &tags)?;
    policies(parameters)?;
    let allowed = |action: &str| {
        let listed = role.allows.iter().any(|known| known == action);
        if listed { Ok(()) } else { Err(Refusal::denied(&caller.arn, action, &role.arn)) }
    };
    if !tags.is_empty() || !caller.terms.transitive.is_empty() {
        allowed("sts:TagSession")?;
    }
    if source_identity.is_some() || caller.terms.source_identity.is_some() {
        allowed("sts:SetSourceIdentity")?;
    }
    // It stays as it was set first.
    match (&caller.terms.source_identity, source_identity) {
        (Some(set), Some(asked)) if set != asked => {
            return Err(Refusal::denied(&caller.arn, "sts:SetSourceIdentity", &role.arn));
        }
        _ => {}
    }
    if let Some(key) = tags.iter().find(|key| caller.terms.transitive.contains(*key)) {
        let message = format!(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session. ({key})"
        );
        return Err(Refusal::new(400, "InvalidParameterValue", &message));
    }
    Ok(Terms {
        source_identity: caller.terms.source_identity.clone().or_else(|| source_identity.cloned()),
        transitive: caller.terms.transitive.union(&transitive).cloned().collect(),
    })
}

/// Keys of the session's tags, in lower case.
fn tags(parameters: &Parameters) -> Result<BTreeSet<String>, Refusal> {
    let mut keys = BTreeSet::new();
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    for (name, key) in parameters.iter().filter(|(name, _)| name.starts_with("Tags.") && name.ends_with(".Key")) {
        let value = parameters.get(&name.replace(".Key", ".Value"));
        if !is_of(key, 1, 128, allowed) || !value.is_some_and(|value| is_of(value, 0, 256, allowed)) {
            return Err(constraint("tags"));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(Refusal::new(400, "InvalidParameterValue", "System tags cannot be set"));
        }
        if !keys.insert(key.to_lowercase()) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(Refusal::new(400, "InvalidParameterValue", message));
        }
    }
    if keys.len() > 50 { Err(constraint("tags")) } else { Ok(keys) }
}

fn transitive(parameters: &Parameters, tags: &BTreeSet<String>) -> Result<BTreeSet<String>, Refusal> {
    let named = parameters.iter().filter(|(name, _)| name.starts_with("TransitiveTagKeys."));
    let keys: BTreeSet<String> = named.map(|(_, key)| key.to_lowercase()).collect();
    if keys.is_subset(tags) {
        Ok(keys)
    } else {
        Err(validation("The specified transitive tag key must be included in the requested tags."))
    }
}

pub(super) fn policies(parameters: &Parameters) -> Result<(), Refusal> {
    if let Some(policy) = parameters.get("Policy") {
        if !(1..=2048).contains(&policy.chars().count()) {
            return Err(constraint("policy"));
        }
        let parsed: Option<serde_json::Value> = serde_json::from_str(policy).ok();
        if parsed.is_none_or(|policy| policy.get("Statement").is_none()) {
            return Err(Refusal::new(400, "MalformedPolicyDocument", "Syntax errors in policy."));
        }
    }
    let arns: Vec<_> = parameters.iter().filter(|(name, _)| name.starts_with("PolicyArns.")).collect();
    if arns.len() > 10 {
        return Err(constraint("policyArns"));
    }
    if arns.iter().any(|(_, arn)| !arn.contains(":iam::") || !arn.contains(":policy/")) {
        return Err(Refusal::new(400, "ValidationError", "Invalid policy ARN"));
    }
    Ok(())
}

/// Whether the request's device and role are of one account is IAM's affair; ours is that the caller is a user.
pub(super) fn is_root(caller: &Caller) -> bool {
    caller.user_id == account_of(&caller.arn)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_of(text: &str, least: usize, most: usize, allowed: impl Fn(char) -> bool) -> bool {
    (least..=most).contains(&text.chars().count()) && text.chars().all(allowed)
}

pub(super) fn constraint(parameter: &str) -> Refusal {
    validation(&format!("1 validation error detected: Value at '{parameter}' failed to satisfy constraint"))
}

pub(super) fn validation(message: &str) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}
