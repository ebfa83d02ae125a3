//! The keys of sessions: all that is asked for on the way to one.

use super::{role::Step, session::Session, sso};
use crate::core::{
    credentials::Credentials,
    endpoint::Service,
    kept::{About, SessionKey, SessionKind},
    profile::plan::{Plan, Source},
    url::Url,
};

impl Session<'_> {
    /// The key of a source whose credentials need not be got to know which they are, and whether they have a token.
    pub(super) fn source_key(&self, plan: &Plan) -> Option<(SessionKey, bool)> {
        match &plan.source {
            Source::StaticKeys { access_key_id, secret_access_key, session_token, .. } => {
                let credentials = Credentials {
                    access_key_id: access_key_id.clone(),
                    secret_access_key: secret_access_key.clone(),
                    session_token: session_token.clone(),
                    expires: None,
                    claimed_account: None,
                };
                Some((self.credentials_key(&credentials), session_token.is_some()))
            }
            Source::Vault(credentials) => {
                Some((self.credentials_key(credentials), credentials.session_token.is_some()))
            }
            Source::Sso { session, start_url, region, account, role } => {
                // Another sign-in may be another person's, and none is a reason to sign in.
                let sign_in = sso::sign_in_digest(self, plan)?;
                let session = session.as_deref().unwrap_or_default();
                let parts = ["sso", &sign_in, session, start_url, region.as_str(), account.as_str(), role];
                Some((self.place_key().then(parts), true))
            }
            Source::Login { .. }
            | Source::Process { .. }
            | Source::WebIdentity { .. }
            | Source::Environment
            | Source::Ec2InstanceMetadata
            | Source::EcsContainer => None,
        }
    }

    /// The key of these very credentials.
    pub(super) fn credentials_key(&self, credentials: &Credentials) -> SessionKey {
        self.place_key().then(["keys", &credentials.fingerprint()])
    }

    /// Whom the credentials are asked of: what an emulator gives is nothing to AWS.
    fn place_key(&self) -> SessionKey {
        let place = |service| self.effective.foreign_endpoint(service).map(Url::as_str).unwrap_or_default();
        SessionKey::of(["awsenv", place(Service::Sts), place(Service::Sso)])
    }

    /// The key of what a step gives, from the key of what it starts with.
    pub(super) fn step_key(&self, from: &SessionKey, step: Step<'_>) -> SessionKey {
        let (hop, device) = match step {
            Step::Session(device) => return from.then(["session", &device.serial]),
            Step::Role(hop, device) => (hop, device),
        };
        let terms = &hop.terms;
        let name = terms.session_name.clone().unwrap_or_else(|| self.client.session_name());
        let duration = terms.duration_seconds.map(|seconds| seconds.to_string());
        // What is not there differs from what is empty, and each list from the next.
        let optional = |value: &Option<String>| value.as_ref().map_or("-".to_owned(), |value| format!("+{value}"));
        let mut parts = vec!["role".to_owned(), hop.role_arn.clone(), name];
        parts.extend([&terms.external_id, &duration, &terms.source_identity, &terms.policy].into_iter().map(optional));
        parts.push(optional(&device.map(|device| device.serial.clone())));
        parts.extend(terms.tags.iter().flat_map(|tag| ["tag".to_owned(), tag.key.clone(), tag.value.clone()]));
        parts.extend(terms.transitive_tags.iter().flat_map(|key| ["transitive".to_owned(), key.clone()]));
        parts.extend(terms.policy_arns.iter().flat_map(|arn| ["policy".to_owned(), arn.clone()]));
        from.then(parts.iter().map(String::as_str))
    }
}

/// What a step gives, for lists.
pub(super) fn about_step(step: Step<'_>) -> About {
    match step {
        Step::Session(device) => {
            About { kind: SessionKind::Mfa, name: device.serial.clone(), profile: device.profile.clone() }
        }
        Step::Role(hop, _) => {
            About { kind: SessionKind::Role, name: hop.role_arn.clone(), profile: hop.profile.clone() }
        }
    }
}

/// What an Identity Center source gives, for lists; `None` for other sources, which are not kept.
pub(super) fn about_source(plan: &Plan) -> Option<About> {
    let Source::Sso { account, role, .. } = &plan.source else { return None };
    Some(About { kind: SessionKind::Sso, name: format!("{account}/{role}"), profile: plan.source_profile.clone() })
}
