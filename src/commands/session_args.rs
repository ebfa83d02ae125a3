//! What the command line asks of a role's session, and the MFA code that it gives.

use std::convert::Infallible;

use crate::{
    core::{
        asked::More,
        mfa::MfaCode,
        secret::Secret,
        session_terms::{self, SessionTerms, Tag},
    },
    error::CommandError,
};

/// Options for the session of the last role. They go before the profile's own keys.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Role session")]
pub struct SessionArgs {
    /// Name of the session, as CloudTrail shows it
    #[arg(long, value_name = "NAME", value_parser = session_terms::session_name)]
    session_name: Option<String>,
    /// External ID that the role asks for
    #[arg(long, value_name = "ID", value_parser = session_terms::external_id)]
    external_id: Option<String>,
    /// Source identity, which stays with the session and those made from it
    #[arg(long, value_name = "ID", value_parser = session_terms::source_identity)]
    source_identity: Option<String>,
    /// Session tag; may be given more than once
    #[arg(long = "session-tag", value_name = "KEY=VALUE", value_parser = session_terms::tag)]
    session_tags: Vec<Tag>,
    /// Key of a session tag that goes on to roles assumed from this session
    #[arg(long = "transitive-tag", value_name = "KEY", value_parser = session_terms::tag_key)]
    transitive_tags: Vec<String>,
    /// Policy document that narrows the session
    #[arg(long, value_name = "JSON", value_parser = session_terms::policy)]
    session_policy: Option<String>,
    /// Managed policy that narrows the session; may be given more than once
    #[arg(long = "policy-arn", value_name = "ARN", value_parser = session_terms::policy_arn)]
    policy_arns: Vec<String>,
    /// MFA code; without it, the profile's mfa_process or you are asked
    #[arg(long, value_name = "CODE", value_parser = unshown)]
    mfa_code: Option<Secret>,
}

impl SessionArgs {
    /// As terms, with the length that `--duration` asks for.
    pub(super) fn terms(&self, duration_seconds: Option<i32>) -> SessionTerms {
        SessionTerms {
            session_name: self.session_name.clone(),
            external_id: self.external_id.clone(),
            duration_seconds,
            source_identity: self.source_identity.clone(),
            tags: self.session_tags.clone(),
            transitive_tags: self.transitive_tags.clone(),
            policy: self.session_policy.clone(),
            policy_arns: self.policy_arns.clone(),
        }
    }

    /// The code, checked.
    pub(super) fn code(&self) -> Result<Option<MfaCode>, CommandError> {
        code(self.mfa_code.as_ref())
    }

    /// What is carried of it.
    pub(super) fn asked(&self) -> More {
        let terms = self.terms(None);
        match (terms.has_policies(), terms.is_empty()) {
            (true, _) => More::Policies,
            (false, false) => More::Something,
            (false, true) => More::Nothing,
        }
    }

    /// Whether something is asked of the session that a renewal would have to ask again.
    pub(super) fn changes_session(&self) -> bool {
        !self.terms(None).is_empty()
    }
}

/// The code of `--mfa-code`, checked.
pub(super) fn code(text: Option<&Secret>) -> Result<Option<MfaCode>, CommandError> {
    let code = text.map(MfaCode::from_secret).transpose();
    code.map_err(|bad| CommandError::usage(format!("--mfa-code: {bad}")))
}

/// Takes the text as it is: what clap does not like, it would print.
pub(super) fn unshown(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}
