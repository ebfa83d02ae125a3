//! AssumeRole, with all that can be asked of a role's session.

use aws_sdk_sts::types::{PolicyDescriptorType, Tag};

use super::{
    error::{self, AwsError},
    mfa::{self, Company},
    role::{from_sts, no_credentials},
    session::Session,
};
use crate::core::{
    credentials::Credentials,
    mfa::{MfaCode, MfaDevice},
    profile::plan::RoleHop,
    session_terms::SessionTerms,
};

/// Assumes a role. `device` is the one whose code goes with the request.
pub(super) fn role(
    session: &Session<'_>,
    hop: &RoleHop,
    device: Option<&MfaDevice>,
    from: &Credentials,
    company: &mut dyn Company,
) -> Result<Credentials, AwsError> {
    let Some(device) = device else { return session.run(send(session, hop, None, from)) };
    let purpose = mfa::shown(&purpose(hop));
    mfa::with_code(session, device, &purpose, company, |code| {
        session.run(send(session, hop, Some((device, code)), from))
    })
}

fn purpose(hop: &RoleHop) -> String {
    format!("assume {} (profile `{}`)", hop.role_arn, hop.profile)
}

/// The managed policies that narrow a session, as STS takes them.
pub(super) fn policy_arns(terms: &SessionTerms) -> Option<Vec<PolicyDescriptorType>> {
    let arns = terms.policy_arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build());
    (!terms.policy_arns.is_empty()).then(|| arns.collect())
}

async fn send(
    session: &Session<'_>,
    hop: &RoleHop,
    code: Option<(&MfaDevice, &MfaCode)>,
    from: &Credentials,
) -> Result<Credentials, AwsError> {
    let (purpose, terms) = (purpose(hop), &hop.terms);
    let call = session.call("sts:AssumeRole", &purpose, Some(from));
    let mut request = aws_sdk_sts::Client::new(&session.sdk_with(from))
        .assume_role()
        .role_arn(&hop.role_arn)
        .role_session_name(terms.session_name.clone().unwrap_or_else(|| session.client.session_name()))
        .set_duration_seconds(terms.duration_seconds)
        .set_external_id(terms.external_id.clone())
        .set_source_identity(terms.source_identity.clone())
        .set_policy(terms.policy.clone())
        .set_policy_arns(policy_arns(terms));
    for tag in &terms.tags {
        let tag = Tag::builder().key(&tag.key).value(&tag.value).build();
        request = request.tags(tag.map_err(|bad| AwsError::usage("a session tag is not complete").because(bad))?);
    }
    for key in &terms.transitive_tags {
        request = request.transitive_tag_keys(key);
    }
    if let Some((device, code)) = code {
        request = request.serial_number(&device.serial).token_code(code.secret().expose());
    }
    let answer = request.send().await.map_err(|error| error::of_call(&call, error))?;
    let credentials = answer.credentials.ok_or_else(|| no_credentials(call.action))?;
    session.usable(from_sts(credentials, Some(&hop.role_arn))?, call.action)
}
