//! What a chain of roles asks, step by step: the plan's roles with the command line's changes.

use jiff::Timestamp;

use super::{
    assume,
    error::AwsError,
    mfa::{self, Company},
    session::{Overrides, Session},
};
use crate::{
    core::{
        credentials::Credentials,
        identity::{AccountId, Partition},
        mfa::{MfaDevice, MfaMethod},
        profile::plan::{Finding, Location, Plan, RoleHop, Source},
        region::Region,
        secret::Secret,
        session_terms::SessionTerms,
    },
    error::Kind,
};

/// The longest session that AWS gives to a role assumed by a role.
const CHAINED_MAX: i32 = 3600;

/// What a chain of roles adds to its source.
pub(super) struct Chain {
    hops: Vec<RoleHop>,
    /// What is asked of the session that a token of web identity is exchanged for.
    pub(super) web_identity: SessionTerms,
    /// The device whose code opens a session of the user first.
    session_device: Option<MfaDevice>,
    /// ARN of the role that the command line added.
    pub(super) added_role: Option<String>,
    /// Warnings.
    pub(super) findings: Vec<Finding>,
}

/// One call that gives new credentials for those before it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'c> {
    /// GetSessionToken.
    Session(&'c MfaDevice),
    /// AssumeRole, with a code of this device.
    Role(&'c RoleHop, Option<&'c MfaDevice>),
}

impl<'c> Step<'c> {
    /// The device whose code it needs.
    pub(super) fn device(self) -> Option<&'c MfaDevice> {
        match self {
            Self::Session(device) => Some(device),
            Self::Role(_, device) => device,
        }
    }
}

impl Chain {
    /// The plan's roles with the command line's changes; every duration within what AWS allows. `region` is where STS is
    /// asked.
    pub(super) fn new(plan: &Plan, overrides: &Overrides, region: &Region) -> Result<Self, AwsError> {
        let mut hops = plan.hops.clone();
        let mut added_role = None;
        if let Some(role) = &overrides.role {
            let hop = added_hop(plan, role, region)?;
            added_role = Some(hop.role_arn.clone());
            hops.push(hop);
        }
        let mut findings = Vec::new();
        let mut web_identity = SessionTerms::default();
        if let Source::WebIdentity { terms, .. } = &plan.source {
            web_identity.clone_from(terms);
        }
        match (hops.last_mut(), &plan.source) {
            (Some(last), _) => last_terms(&mut last.terms, &last.location, overrides)?,
            (None, Source::WebIdentity { .. }) => {
                last_terms(&mut web_identity, &plan.source_location, overrides)?;
                only_of_web_identity(plan, &web_identity)?;
            }
            (None, _) => findings.extend(without_role(plan, overrides)?),
        }
        let mut chained = is_role_session(&plan.source);
        for hop in &mut hops {
            if chained && hop.terms.duration_seconds.is_some_and(|seconds| seconds > CHAINED_MAX) {
                hop.terms.duration_seconds = Some(CHAINED_MAX);
                findings.push(Finding {
                    code: "duration-clamped",
                    message: format!("AWS limits {} to 1 h, since it is assumed from another role", hop.role_arn),
                    location: hop.location.clone(),
                });
            }
            chained = true;
        }
        let device = plan.source_mfa.clone().or_else(|| hops.first().and_then(|hop| hop.mfa.clone()));
        // Without a role there is no other place for a code that was given.
        let by_session = overrides.mfa == MfaMethod::Session || (hops.is_empty() && overrides.has_code);
        let session_device = device.filter(|_| by_session && can_be_a_users(&plan.source));
        if overrides.has_code && session_device.is_none() && hops.iter().all(|hop| hop.mfa.is_none()) {
            findings.push(Finding {
                code: "mfa-code-unused",
                message: format!("profile `{}` names no mfa_serial, so --mfa-code changes nothing", plan.profile),
                location: plan.location.clone(),
            });
        }
        Ok(Self { hops, web_identity, session_device, added_role, findings })
    }

    /// The calls to make from these credentials on. A session of the user is opened with the user's own keys only.
    pub(super) fn steps(&self, has_token: bool) -> Vec<Step<'_>> {
        let device = self.session_device.as_ref().filter(|_| !has_token);
        let opened = device.map(Step::Session).into_iter();
        // A session that was opened with a code counts as MFA for the first role, and no later one can ask for more.
        opened
            .chain(self.hops.iter().map(|hop| Step::Role(hop, hop.mfa.as_ref().filter(|_| device.is_none()))))
            .collect()
    }

    /// Makes one step.
    pub(super) fn step(
        session: &Session<'_>,
        step: Step<'_>,
        from: &Credentials,
        company: &mut dyn Company,
    ) -> Result<Credentials, AwsError> {
        match step {
            Step::Session(device) => mfa::session_token(session, device, from, company),
            Step::Role(hop, device) => assume::role(session, hop, device, from, company),
        }
    }
}

/// Lays what the command line asks, and what protection asks, over the terms of the last role.
fn last_terms(terms: &mut SessionTerms, location: &Location, overrides: &Overrides) -> Result<(), AwsError> {
    terms.lay_over(&overrides.terms);
    terms.check_together().map_err(|why| AwsError::usage(format!("{location}: {why}")))?;
    let Some(policy) = &overrides.narrow_to else { return Ok(()) };
    let same = terms.policy.is_none() && terms.policy_arns.iter().all(|arn| arn == policy);
    if terms.has_policies() && !same {
        // AWS grants what any of a session's policies allows: one more would widen, not narrow.
        let message = "the account is read-only, and a session with policies of its own cannot be narrowed to that";
        return Err(AwsError::new(Kind::Refused, message)
            .hint("Leave the session policies out, or ask for `--write` and confirm the account."));
    }
    terms.policy_arns = vec![policy.clone()];
    Ok(())
}

/// Refuses what the command line asks of a session that comes of a web identity token, and AWS has no place for.
fn only_of_web_identity(plan: &Plan, terms: &SessionTerms) -> Result<(), AwsError> {
    if terms.fit_web_identity() {
        return Ok(());
    }
    let message = format!(
        "profile `{}` assumes its role with a web identity token, which takes no external ID, source identity or tags",
        plan.profile
    );
    Err(AwsError::usage(message).hint("They can be asked of one more role: --role."))
}

/// What makes no sense where no role is assumed.
fn without_role(plan: &Plan, overrides: &Overrides) -> Result<Option<Finding>, AwsError> {
    if overrides.narrow_to.is_some() {
        let message =
            format!("profile `{}` assumes no role, so its session cannot be narrowed to read-only", plan.profile);
        return Err(AwsError::usage(message).hint("Name a role with --role."));
    }
    let duration_alone = SessionTerms { duration_seconds: overrides.terms.duration_seconds, ..SessionTerms::default() };
    if overrides.terms != duration_alone {
        let message = format!("profile `{}` assumes no role whose session could be changed", plan.profile);
        return Err(AwsError::usage(message).hint("Name a role with --role."));
    }
    Ok(duration_alone.duration_seconds.is_some().then(|| Finding {
        code: "duration-unused",
        message: format!("no role is assumed for profile `{}`, so --duration changes nothing", plan.profile),
        location: plan.location.clone(),
    }))
}

/// What STS gives, in our type.
pub(super) fn from_sts(
    credentials: aws_sdk_sts::types::Credentials,
    role_arn: Option<&str>,
) -> Result<Credentials, AwsError> {
    let end = Timestamp::from_second(credentials.expiration.secs());
    Ok(Credentials {
        access_key_id: credentials.access_key_id,
        secret_access_key: Secret::new(credentials.secret_access_key),
        session_token: Some(Secret::new(credentials.session_token)),
        expires: Some(end.map_err(|error| no_credentials("the answer of STS").because(error))?),
        claimed_account: role_arn.and_then(AccountId::of_arn),
    })
}

/// An answer without what it is for.
pub(super) fn no_credentials(from: &str) -> AwsError {
    AwsError::unreachable(format!("{from} gave no usable credentials"))
}

/// Whether a source gives a role's credentials already, so that assuming another is role chaining.
fn is_role_session(source: &Source) -> bool {
    match source {
        Source::Sso { .. } | Source::WebIdentity { .. } | Source::Ec2InstanceMetadata | Source::EcsContainer => true,
        Source::StaticKeys { .. } | Source::Vault(_) | Source::Process { .. } => false,
        Source::Login { .. } | Source::Environment => false,
    }
}

/// Whether a source may give a user's own keys, with which a session can be opened.
fn can_be_a_users(source: &Source) -> bool {
    match source {
        Source::StaticKeys { session_token, .. } | Source::Vault(Credentials { session_token, .. }) => {
            session_token.is_none()
        }
        source => matches!(source, Source::Process { .. } | Source::Environment),
    }
}

/// The role of `--role`.
fn added_hop(plan: &Plan, role: &str, region: &Region) -> Result<RoleHop, AwsError> {
    let role_arn = if role.starts_with("arn:") { role.to_owned() } else { named_role(plan, role, region)? };
    let account = AccountId::of_arn(&role_arn)
        .filter(|_| role_arn.split(':').nth(5).is_some_and(|resource| resource.starts_with("role/")))
        .ok_or_else(|| AwsError::usage(format!("--role: `{role}` is neither the ARN nor the name of a role")))?;
    Ok(RoleHop {
        profile: plan.profile.clone(),
        role_arn,
        account,
        terms: SessionTerms {
            session_name: plan.hops.last().and_then(|hop| hop.terms.session_name.clone()),
            ..SessionTerms::default()
        },
        // The device beside the keys is the user's, and no other step uses it.
        mfa: plan.source_mfa.clone().filter(|_| plan.hops.is_empty()),
        region: None,
        location: plan.location.clone(),
    })
}

fn named_role(plan: &Plan, name: &str, region: &Region) -> Result<String, AwsError> {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte));
    let pinned = plan.pins.first().map(|pin| &pin.account).or(plan.hops.last().map(|hop| &hop.account));
    let account = match (is_name && !name.is_empty(), pinned) {
        (false, _) => {
            return Err(AwsError::usage(format!("--role: `{name}` is neither the ARN nor the name of a role")));
        }
        (true, None) => {
            return Err(AwsError::usage(format!(
                "--role {name}: profile `{}` does not say which account the role is in",
                plan.profile
            ))
            .hint(format!("Give the whole ARN: --role arn:aws:iam::ACCOUNT:role/{name}.")));
        }
        (true, Some(account)) => account,
    };
    let partition = plan.partition().unwrap_or_else(|| Partition::of_region(region.as_str())).name();
    Ok(format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/')))
}

#[cfg(test)]
#[path = "role_tests.rs"]
mod tests;
