//! Assuming roles: our own AssumeRole call, because the SDK's silently drops MFA, durations and source identities.

use aws_sdk_sts::types::PolicyDescriptorType;
use jiff::Timestamp;

use super::{
    error::{self, AwsError},
    session::{Overrides, Session},
};
use crate::core::{
    credentials::Credentials,
    identity::{AccountId, Partition},
    profile::plan::{Finding, Plan, RoleHop, Source},
    secret::Secret,
};

/// The longest session that AWS gives to a role assumed by a role.
const CHAINED_MAX: i32 = 3600;

/// What a chain of roles adds to its source.
pub(super) struct Chain {
    hops: Vec<RoleHop>,
    policy_arns: Vec<String>,
    /// ARN of the role that the command line added.
    pub(super) added_role: Option<String>,
    /// Warnings.
    pub(super) findings: Vec<Finding>,
}

impl Chain {
    /// The plan's roles with the command line's changes; every duration within what AWS allows.
    pub(super) fn new(plan: &Plan, overrides: &Overrides) -> Result<Self, AwsError> {
        let mut hops = plan.hops.clone();
        let mut added_role = None;
        if let Some(role) = &overrides.role {
            let hop = added_hop(plan, role)?;
            added_role = Some(hop.role_arn.clone());
            hops.push(hop);
        }
        let mut findings = Vec::new();
        match (hops.last_mut(), overrides.duration_seconds) {
            (Some(last), Some(seconds)) => last.duration_seconds = Some(seconds),
            (None, Some(_)) if !matches!(plan.source, Source::WebIdentity { .. }) => findings.push(Finding {
                code: "duration-unused",
                message: format!("no role is assumed for profile `{}`, so --duration changes nothing", plan.profile),
                location: plan.location.clone(),
            }),
            _ => {}
        }
        if hops.is_empty() && !overrides.policy_arns.is_empty() {
            return Err(AwsError::usage(format!(
                "profile `{}` assumes no role, so its session cannot be narrowed to read-only",
                plan.profile
            ))
            .hint("Name a role with --role."));
        }
        let mut chained = is_role_session(&plan.source);
        for hop in &mut hops {
            if let Some(mfa) = &hop.mfa_serial {
                return Err(needs_mfa(hop, mfa));
            }
            if chained && hop.duration_seconds.is_some_and(|seconds| seconds > CHAINED_MAX) {
                hop.duration_seconds = Some(CHAINED_MAX);
                findings.push(Finding {
                    code: "duration-clamped",
                    message: format!("AWS limits {} to 1 h, since it is assumed from another role", hop.role_arn),
                    location: hop.location.clone(),
                });
            }
            chained = true;
        }
        Ok(Self { hops, policy_arns: overrides.policy_arns.clone(), added_role, findings })
    }

    /// Assumes one role after the other.
    pub(super) async fn walk(&self, session: &Session<'_>, mut from: Credentials) -> Result<Credentials, AwsError> {
        for (index, hop) in self.hops.iter().enumerate() {
            let policies: &[String] = if index + 1 == self.hops.len() { &self.policy_arns } else { &[] };
            from = assume(session, hop, policies, &from).await?;
        }
        Ok(from)
    }

    /// Whether there is no role to assume.
    pub(super) fn is_empty(&self) -> bool {
        self.hops.is_empty()
    }
}

async fn assume(
    session: &Session<'_>,
    hop: &RoleHop,
    policies: &[String],
    from: &Credentials,
) -> Result<Credentials, AwsError> {
    let purpose = format!("assume {} (profile `{}`)", hop.role_arn, hop.profile);
    let call = session.call("sts:AssumeRole", &purpose, Some(from));
    let policies = policies.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect::<Vec<_>>();
    let answer = aws_sdk_sts::Client::new(&session.sdk_with(from))
        .assume_role()
        .role_arn(&hop.role_arn)
        .role_session_name(hop.session_name.clone().unwrap_or_else(|| session.client.session_name()))
        .set_duration_seconds(hop.duration_seconds)
        .set_external_id(hop.external_id.clone())
        .set_source_identity(hop.source_identity.clone())
        .set_policy_arns((!policies.is_empty()).then_some(policies))
        .send()
        .await
        .map_err(|error| error::of_call(&call, error))?;
    let credentials = answer.credentials.ok_or_else(|| no_credentials(call.action))?;
    session.usable(from_sts(credentials, &hop.role_arn)?, call.action)
}

/// What STS gives, in our type.
pub(super) fn from_sts(credentials: aws_sdk_sts::types::Credentials, role_arn: &str) -> Result<Credentials, AwsError> {
    let end = Timestamp::from_second(credentials.expiration.secs());
    Ok(Credentials {
        access_key_id: credentials.access_key_id,
        secret_access_key: Secret::new(credentials.secret_access_key),
        session_token: Some(Secret::new(credentials.session_token)),
        expires: Some(end.map_err(|error| no_credentials("the answer of STS").because(error))?),
        claimed_account: account_of(role_arn),
    })
}

/// An answer without what it is for.
pub(super) fn no_credentials(from: &str) -> AwsError {
    AwsError::unreachable(format!("{from} gave no usable credentials"))
}

/// The account in a role's ARN.
pub(super) fn account_of(arn: &str) -> Option<AccountId> {
    AccountId::parse(arn.split(':').nth(4)?).ok()
}

/// Whether a source gives a role's credentials already, so that assuming another is role chaining.
fn is_role_session(source: &Source) -> bool {
    match source {
        Source::Sso { .. } | Source::WebIdentity { .. } | Source::Ec2InstanceMetadata | Source::EcsContainer => true,
        Source::StaticKeys { .. } | Source::Vault(_) | Source::Process { .. } => false,
        Source::Login { .. } | Source::Environment => false,
    }
}

fn needs_mfa(hop: &RoleHop, mfa: &str) -> AwsError {
    let profile = &hop.profile;
    AwsError::credentials(format!(
        "{}: {} asks for an MFA code ({mfa}), which awsenv does not support yet",
        hop.location, hop.role_arn
    ))
    .hint(format!(
        "Until then let the AWS CLI ask for it: run `aws sts get-caller-identity --profile {profile}` once, then use a \
         profile with `credential_process = aws configure export-credentials --profile {profile}`."
    ))
}

/// The role of `--role`.
fn added_hop(plan: &Plan, role: &str) -> Result<RoleHop, AwsError> {
    let role_arn = if role.starts_with("arn:") { role.to_owned() } else { named_role(plan, role)? };
    let account = account_of(&role_arn)
        .filter(|_| role_arn.split(':').nth(5).is_some_and(|resource| resource.starts_with("role/")))
        .ok_or_else(|| AwsError::usage(format!("--role: `{role}` is neither the ARN nor the name of a role")))?;
    Ok(RoleHop {
        profile: plan.profile.clone(),
        role_arn,
        account,
        session_name: plan.hops.last().and_then(|hop| hop.session_name.clone()),
        external_id: None,
        duration_seconds: None,
        mfa_serial: None,
        source_identity: None,
        region: None,
        location: plan.location.clone(),
    })
}

fn named_role(plan: &Plan, name: &str) -> Result<String, AwsError> {
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
    let of_role = plan.hops.last().and_then(|hop| Partition::from_name(hop.role_arn.split(':').nth(1)?));
    let of_region = plan.connection.region.as_ref().map(|region| Partition::of_region(region.as_str()));
    let partition = of_role.or(of_region).unwrap_or(Partition::Aws).name();
    Ok(format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use super::*;
    use crate::{
        core::profile::plan::{Connection, Location, Pin},
        error::Kind,
    };

    fn location() -> Location {
        Location { file: Arc::from(Path::new("config")), line: 3 }
    }

    fn plan(source: Source, hops: Vec<RoleHop>) -> Plan {
        Plan {
            profile: "deploy".into(),
            location: location(),
            source,
            source_profile: "base".into(),
            source_location: location(),
            hops,
            connection: Connection::default(),
            pins: Vec::new(),
            findings: Vec::new(),
            default_has_endpoints: false,
        }
    }

    fn hop(seconds: Option<i32>) -> RoleHop {
        let mut hop = added_hop(&plan(Source::Environment, vec![]), "arn:aws:iam::111122223333:role/a/R").unwrap();
        hop.duration_seconds = seconds;
        hop
    }

    #[test]
    fn a_chained_role_gets_an_hour_at_most() {
        let chain =
            Chain::new(&plan(Source::Environment, vec![hop(Some(7200)), hop(Some(7200))]), &Overrides::default());
        let chain = chain.unwrap();
        assert_eq!(chain.hops.iter().map(|hop| hop.duration_seconds).collect::<Vec<_>>(), [Some(7200), Some(3600)]);
        assert_eq!(
            chain.findings[0].to_string(),
            "config:3: AWS limits arn:aws:iam::111122223333:role/a/R to 1 h, since it is assumed from another role \
             (duration-clamped)"
        );
    }

    #[test]
    fn a_role_that_wants_mfa_is_refused_with_what_to_do() {
        let mut hop = hop(None);
        hop.mfa_serial = Some("arn:aws:iam::111122223333:mfa/me".into());
        let error = Chain::new(&plan(Source::Environment, vec![hop]), &Overrides::default()).err().unwrap();
        assert_eq!(error.kind, Kind::Credentials);
        assert!(
            error.message.ends_with(
                "asks for an MFA code (arn:aws:iam::111122223333:mfa/me), which awsenv does not support yet"
            )
        );
        assert!(error.hints[0].contains("aws configure export-credentials --profile deploy"));
    }

    #[test]
    fn a_role_s_name_needs_an_account() {
        let overrides = Overrides { role: Some("Admin".into()), ..Overrides::default() };
        let mut plan = plan(Source::Environment, vec![]);
        assert_eq!(Chain::new(&plan, &overrides).err().unwrap().kind, Kind::Usage);
        plan.pins.push(Pin {
            account: AccountId::parse("444455556666").unwrap(),
            because: "x".into(),
            explicit: false,
        });
        let chain = Chain::new(&plan, &overrides).unwrap();
        assert_eq!(chain.added_role.as_deref(), Some("arn:aws:iam::444455556666:role/Admin"));
        let bad = Overrides { role: Some("arn:aws:iam::1:user/x".into()), ..Overrides::default() };
        assert_eq!(Chain::new(&plan, &bad).err().unwrap().kind, Kind::Usage);
    }

    #[test]
    fn what_needs_a_role_says_so() {
        let none = plan(Source::Environment, vec![]);
        let narrowed =
            Overrides { policy_arns: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()], ..Overrides::default() };
        assert_eq!(Chain::new(&none, &narrowed).err().unwrap().kind, Kind::Usage);
        let longer = Overrides { duration_seconds: Some(900), ..Overrides::default() };
        assert_eq!(Chain::new(&none, &longer).unwrap().findings[0].code, "duration-unused");
    }
}
