//! The keys of sessions: all that is asked for on the way to one.

use zeroize::Zeroizing;

use super::{
    role::{Chain, Step},
    session::Session,
    source::web_token,
    sso,
};
use crate::core::{
    credentials::Credentials,
    endpoint::Service,
    kept::{About, SessionKey, SessionKind},
    profile::plan::{Plan, Source},
    session_terms::SessionTerms,
    url::Url,
};

impl Session<'_> {
    /// The key of a source whose credentials need not be got to know which they are, and whether they have a token.
    ///
    /// Of the others only the credentials tell: a helper program may have another user signed in than an hour ago, or nobody, and
    /// who answers a container or an instance may have another role for it by now. They are asked each time, and what is
    /// kept on top of them is found by the credentials that they give, so that it is of the same user for sure.
    pub(super) fn source_key(&self, plan: &Plan, chain: &Chain) -> Option<(SessionKey, bool)> {
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
            // Another sign-in may be another person's, and none is a reason to sign in.
            Source::Sso { .. } => Some((self.sso_key(plan, &sso::sign_in_digest(self, plan)?)?, true)),
            Source::WebIdentity { role_arn, token_file, .. } => {
                // The token is who asks, and whoever has none any more gets nothing.
                let token = web_token(token_file).ok()?;
                let parts = ["web-identity".to_owned(), token.to_string(), role_arn.clone()];
                let parts = parts.into_iter().chain(self.terms_parts(&chain.web_identity)).map(Zeroizing::new);
                let parts: Vec<Zeroizing<String>> = parts.collect();
                Some((self.place_key().then(parts.iter().map(|part| part.as_str())), true))
            }
            Source::Login { .. }
            | Source::Process { .. }
            | Source::Environment
            | Source::Ec2InstanceMetadata
            | Source::EcsContainer => None,
        }
    }

    /// The key of what a sign-in with this digest gives.
    pub(super) fn sso_key(&self, plan: &Plan, sign_in: &str) -> Option<SessionKey> {
        let Source::Sso { session, start_url, region, account, role } = &plan.source else { return None };
        let session = session.as_deref().unwrap_or_default();
        let parts = ["sso", sign_in, session, start_url, region.as_str(), account.as_str(), role];
        Some(self.place_key().then(parts))
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
        let mut parts = vec!["role".to_owned(), hop.role_arn.clone(), optional(device.map(|device| &device.serial))];
        parts.extend(self.terms_parts(&hop.terms));
        from.then(parts.iter().map(String::as_str))
    }

    /// All that is asked of a session. What is not there differs from what is empty, and each list from the next.
    fn terms_parts(&self, terms: &SessionTerms) -> Vec<String> {
        let duration = terms.duration_seconds.map(|seconds| seconds.to_string());
        let mut parts = vec![terms.session_name.clone().unwrap_or_else(|| self.client.session_name())];
        parts.extend(
            [&terms.external_id, &duration, &terms.source_identity, &terms.policy]
                .into_iter()
                .map(|value| optional(value.as_ref())),
        );
        parts.extend(terms.tags.iter().flat_map(|tag| ["tag".to_owned(), tag.key.clone(), tag.value.clone()]));
        parts.extend(terms.transitive_tags.iter().flat_map(|key| ["transitive".to_owned(), key.clone()]));
        parts.extend(terms.policy_arns.iter().flat_map(|arn| ["policy".to_owned(), arn.clone()]));
        parts
    }
}

/// What a step gives, for lists.
pub(super) fn about_step(plan: &Plan, step: Step<'_>) -> About {
    let (kind, name, profile) = match step {
        Step::Session(device) => (SessionKind::Mfa, &device.serial, &device.profile),
        Step::Role(hop, _) => (SessionKind::Role, &hop.role_arn, &hop.profile),
    };
    About { kind, name: name.clone(), profile: profile.clone(), sign_in: sign_in(plan) }
}

/// What a source gives that is a session of its own, for lists; `None` for other sources, which are not kept.
pub(super) fn about_source(plan: &Plan) -> Option<About> {
    let (kind, name) = match &plan.source {
        Source::Sso { account, role, .. } => (SessionKind::Sso, format!("{account}/{role}")),
        Source::WebIdentity { role_arn, .. } => (SessionKind::Role, role_arn.clone()),
        _ => return None,
    };
    Some(About { kind, name, profile: plan.source_profile.clone(), sign_in: sign_in(plan) })
}

fn sign_in(plan: &Plan) -> Option<String> {
    plan.source.sign_in().map(|sign_in| sign_in.token_file())
}

/// What is not there differs from what is empty.
fn optional(value: Option<&String>) -> String {
    value.map_or("-".to_owned(), |value| format!("+{value}"))
}
