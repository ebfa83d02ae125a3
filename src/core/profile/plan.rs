//! What a profile asks for, settled: where its credentials come from, step by step, and how to reach AWS.
//!
//! A [`Plan`] is made from the parsed files by `graph`, and carried out by `edge::aws`. It names one base source and the
//! roles assumed on top of it, in that order; nothing is looked up after it.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use crate::core::{
    credentials::Credentials,
    identity::{AccountId, Partition},
    mfa::MfaDevice,
    region::Region,
    secret::Secret,
    session_terms::SessionTerms,
    sign_in::SignIn,
    totp::TotpSecret,
};

/// A line of a file, for messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file as the user would name it.
    pub file: Arc<Path>,
    /// Counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// What `Source::label` says of Identity Center.
pub const IDENTITY_CENTER: &str = "Identity Center";

/// Where credentials start, before any role is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A key pair in one of the files.
    StaticKeys {
        /// `aws_access_key_id`.
        access_key_id: String,
        /// `aws_secret_access_key`.
        secret_access_key: Secret,
        /// `aws_session_token`.
        session_token: Option<Secret>,
        /// `aws_account_id`: a claim.
        claimed_account: Option<AccountId>,
        /// `expiration` or `x_security_token_expires`, RFC 3339 as written, of a tool that writes sessions into the file.
        expires: Option<String>,
    },
    /// A key pair in the encrypted vault.
    Vault(Credentials),
    /// `credential_process`.
    Process {
        /// The whole command line, as written.
        command: String,
    },
    /// `web_identity_token_file` with `role_arn`.
    WebIdentity {
        /// Role that the token is exchanged for.
        role_arn: String,
        /// File that holds the token.
        token_file: String,
        /// What is asked of its session: no more than a name, a length and policies.
        terms: SessionTerms,
    },
    /// Identity Center: a cached token is exchanged for a role's credentials.
    Sso {
        /// `sso_session`; `None` for the older form with `sso_start_url` in the profile.
        session: Option<String>,
        /// Start URL.
        start_url: String,
        /// Region of the Identity Center instance.
        region: Region,
        /// `sso_account_id`.
        account: AccountId,
        /// `sso_role_name`.
        role: String,
    },
    /// `login_session`: a session that `aws login` keeps.
    Login {
        /// Its ARN.
        session: String,
    },
    /// `credential_source = Environment`.
    Environment,
    /// `credential_source = Ec2InstanceMetadata`.
    Ec2InstanceMetadata,
    /// `credential_source = EcsContainer`, which EKS Pod Identity uses too.
    EcsContainer,
}

impl Source {
    /// The kind in AWS's words, for lists and the banner's trail.
    pub fn label(&self) -> &'static str {
        match self {
            Self::StaticKeys { session_token: None, .. } => "static keys",
            Self::StaticKeys { .. } => "session keys",
            Self::Vault(_) => "vault",
            Self::Process { .. } => "credential_process",
            Self::WebIdentity { .. } => "web identity",
            Self::Sso { .. } => IDENTITY_CENTER,
            Self::Login { .. } => "aws login",
            Self::Environment => "environment",
            Self::Ec2InstanceMetadata => "instance metadata",
            Self::EcsContainer => "container",
        }
    }

    /// The Identity Center sign-in that it needs.
    pub fn sign_in(&self) -> Option<SignIn> {
        let Self::Sso { session, start_url, region, .. } = self else { return None };
        Some(SignIn::new(session.as_deref(), start_url, region))
    }
}

/// One AssumeRole call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleHop {
    /// The profile that names the role.
    pub profile: String,
    /// `role_arn`.
    pub role_arn: String,
    /// Account in `role_arn`.
    pub account: AccountId,
    /// What is asked of its session.
    pub terms: SessionTerms,
    /// The device whose code AWS wants.
    pub mfa: Option<MfaDevice>,
    /// Region that the profile of this hop names.
    pub region: Option<Region>,
    /// Line of `role_arn`.
    pub location: Location,
}

/// An account that the credentials must turn out to be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The account expected.
    pub account: AccountId,
    /// What says so, for the message: `awsenv_account_id in ~/.aws/config:12`.
    pub because: String,
    /// True where the user pinned the profile itself; false where the pin is only of its role or permission set, and so does
    /// not bind a role that is put on top.
    pub explicit: bool,
}

/// How to reach AWS, as far as the files say. The environment is laid over it by `core::endpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// `region`.
    pub region: Option<Region>,
    /// `endpoint_url` of the profile.
    pub endpoint_url: Option<String>,
    /// `endpoint_url` by service (`sts`, `iam`, …) from the `[services …]` section that the profile names. Keys are
    /// lower-case service identifiers with `_` for spaces, as in the file.
    pub service_endpoints: BTreeMap<String, String>,
    /// `ignore_configured_endpoint_urls`.
    pub ignore_configured_endpoints: Option<bool>,
    /// `use_fips_endpoint`.
    pub use_fips: Option<bool>,
    /// `use_dualstack_endpoint`.
    pub use_dualstack: Option<bool>,
    /// `ca_bundle`.
    pub ca_bundle: Option<String>,
}

/// Everything that the files say about getting one profile's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The profile asked for.
    pub profile: String,
    /// Where its section begins.
    pub location: Location,
    /// Where credentials start.
    pub source: Source,
    /// The profile that `source` stands in: `profile` itself or the end of its `source_profile` chain.
    pub source_profile: String,
    /// Line of the key that decided for `source`.
    pub source_location: Location,
    /// The MFA device that stands beside `source`. The AWS CLI does not ask for its code.
    pub source_mfa: Option<MfaDevice>,
    /// The MFA device in the vault, where the source is.
    pub totp: Option<TotpSecret>,
    /// Roles assumed one after the other, first to last.
    pub hops: Vec<RoleHop>,
    /// How to reach AWS.
    pub connection: Connection,
    /// Accounts that the result must be of: every pin in the files, in the order found.
    pub pins: Vec<Pin>,
    /// What is doubtful about the sections used: warnings.
    pub findings: Vec<Finding>,
    /// True where `[default]` is another profile and names endpoints: tools that are given keys and no profile would take
    /// them from there, and call elsewhere than where the account was verified.
    pub default_has_endpoints: bool,
}

impl Plan {
    /// The partition that the credentials will be of, as far as the files tell: it decides where identity is asked for when
    /// nobody names a region.
    pub fn partition(&self) -> Option<Partition> {
        if let Some(role) = self.assumed_role() {
            return Partition::of_arn(role);
        }
        match &self.source {
            Source::Sso { region, .. } => Some(Partition::of_region(region.as_str())),
            Source::Login { session } => Partition::of_arn(session),
            _ => None,
        }
    }

    /// The role that is assumed last, whose session can be asked to be narrower: with other credentials, or with a token.
    pub fn assumed_role(&self) -> Option<&str> {
        match (self.hops.last(), &self.source) {
            (Some(hop), _) => Some(&hop.role_arn),
            (None, Source::WebIdentity { role_arn, .. }) => Some(role_arn),
            (None, _) => None,
        }
    }

    /// Why other tools would not get the same credentials from the profile, where they would not.
    pub fn only_here(&self) -> Option<&'static str> {
        let terms = match &self.source {
            Source::Vault(_) => {
                return Some("the profile's keys are in the vault, where no tool but awsenv finds them");
            }
            Source::Environment | Source::EcsContainer => {
                return Some(
                    "the profile starts from credentials that the environment names, and a switch clears those",
                );
            }
            Source::WebIdentity { terms, .. } => Some(terms),
            _ => None,
        };
        let mut terms = terms.into_iter().chain(self.hops.iter().map(|hop| &hop.terms));
        terms.any(SessionTerms::are_known_to_awsenv_alone).then_some(
            "no tool but awsenv asks for the session policies, the session tags or the source identity of the profile",
        )
    }

    /// The way from the profile to its source: `deploy → base → static keys`.
    pub fn trail(&self) -> Vec<String> {
        let mut trail: Vec<String> = self.hops.iter().rev().map(|hop| hop.profile.clone()).collect();
        if trail.last() != Some(&self.source_profile) {
            trail.push(self.source_profile.clone());
        }
        if trail.first() != Some(&self.profile) {
            trail.insert(0, self.profile.clone());
        }
        trail.push(self.source.label().to_owned());
        trail
    }
}

/// Something in a file that one official reader takes otherwise than another, or that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Short, stable name of the kind: `config-ambiguous`, `config-syntax`, `name-control`, …
    pub code: &'static str,
    /// One sentence, lower case, no full stop. Holds raw text of the file: sanitised where it is printed.
    pub message: String,
    /// The line.
    pub location: Location,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.location, self.message, self.code)
    }
}
