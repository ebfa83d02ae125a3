//! The one value that everything shown or exported is made from.
//!
//! A [`Context`] exists only after STS has answered for the very credentials that it goes with (promise P1). What
//! `--no-verify` gives is an [`Unverified`], which has no account, alias, name, class or colour to show.

use jiff::Timestamp;

use super::{
    asked::Asked,
    identity::{AccountId, Identity},
    profile::plan::{Finding, Pin},
    region::Region,
    registry::{Account, Registry},
};

/// A fact about an account that may be missing for more than one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// AWS said so.
    Known {
        /// The text, as AWS gave it.
        text: String,
        /// When AWS said so, if it was remembered from before.
        cached_at: Option<Timestamp>,
    },
    /// AWS said that there is none.
    None,
    /// These credentials may not ask.
    Denied,
    /// No answer within the short time that a banner waits for it.
    Late,
    /// Not asked.
    NotAsked,
}

impl Fact {
    /// The text, where it is known.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Known { text, .. } => Some(text),
            Self::None | Self::Denied | Self::Late | Self::NotAsked => None,
        }
    }
}

/// STS's answer for one set of credentials, with what else AWS said about the account.
///
/// Only `edge/aws` makes one, from an answer of GetCallerIdentity; a test holds it to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Who STS says the caller is.
    pub identity: Identity,
    /// IAM account alias.
    pub alias: Fact,
    /// Account name (Account Management).
    pub name: Fact,
    /// Host of the STS endpoint, where it is not one of AWS's own.
    pub foreign_endpoint: Option<String>,
    /// When STS said so, where it was not asked now: of these very credentials, which have been kept since.
    pub before: Option<Timestamp>,
}

/// What was asked for, and what came with the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Profile, where one was named.
    pub profile: Option<String>,
    /// Region to work in, if any was named.
    pub region: Option<Region>,
    /// Where the credentials came from: `profile`, `source_profile`, … and the kind of source last.
    pub trail: Vec<String>,
    /// What else the environment offers and was not taken, where it was asked and no profile was named.
    pub shadowed: Vec<String>,
    /// Key ID of the credentials.
    pub access_key_id: String,
    /// End of the credentials.
    pub expires: Option<Timestamp>,
    /// Accounts that it must be.
    pub pins: Vec<Pin>,
    /// Warnings about the files used.
    pub findings: Vec<Finding>,
    /// Whether the session was narrowed to read-only.
    pub narrowed: bool,
    /// What the command line laid over the profile.
    pub asked: Asked,
}

/// A verified account context: banner, exports, prompt and exec are all made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// What was asked for.
    pub request: Request,
    /// What STS said.
    pub verified: Verified,
    /// What the registry makes of the account.
    pub account: Account,
}

/// STS names another account than a pin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the credentials are of account {}, but {because} says {}", actual.grouped(), expected.grouped())]
pub struct PinMismatch {
    /// The account pinned.
    pub expected: AccountId,
    /// The account that STS named.
    pub actual: AccountId,
    /// What pins it.
    pub because: String,
}

impl Context {
    /// Puts together what was asked, what STS answered, and what the registry knows; every pin must agree.
    pub fn new(request: Request, verified: Verified, registry: &Registry) -> Result<Self, PinMismatch> {
        let actual = &verified.identity.account;
        let pinned = registry.pin(request.profile.as_deref());
        if let Some(pin) = request.pins.iter().chain(pinned.as_ref()).find(|pin| pin.account != *actual) {
            return Err(PinMismatch {
                expected: pin.account.clone(),
                actual: actual.clone(),
                because: pin.because.clone(),
            });
        }
        let mut account = registry.account(
            actual,
            verified.alias.text(),
            verified.name.text(),
            request.profile.as_deref(),
            Some(verified.identity.principal.short_name()),
        );
        let unknown = |fact: &Fact| matches!(fact, Fact::Denied | Fact::Late | Fact::NotAsked);
        let doubt = registry.protection_in_doubt(actual, unknown(&verified.alias), unknown(&verified.name));
        account.protection = account.protection.max(doubt);
        Ok(Self { request, verified, account })
    }

    /// Account ID.
    pub fn account_id(&self) -> &AccountId {
        &self.verified.identity.account
    }

    /// The best name there is: the registry's, else AWS's account name, else the alias.
    pub fn display_name(&self) -> Option<&str> {
        self.account.name.as_deref().or(self.verified.name.text()).or(self.verified.alias.text())
    }
}

/// What `--no-verify` gives: credentials that nobody has confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// What was asked for.
    pub request: Request,
    /// The host that would answer for STS, where it is not AWS's: tools will call there.
    pub foreign_endpoint: Option<String>,
}
