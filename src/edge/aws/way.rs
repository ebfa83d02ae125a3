//! From a source's credentials over each step to the last, starting as late as what is kept allows.

use jiff::Timestamp;

use super::{
    error::AwsError,
    keys::about_step,
    mfa::Company,
    role::{Chain, Step},
    session::{Resolved, Session},
};
use crate::{
    core::{
        credentials::Credentials,
        identity::{Identity, Principal},
        kept::{About, Kept, KeptIdentity, SessionKey},
        profile::plan::Plan,
    },
    edge::{cli_cache, sessions::Sessions},
    error::Kind,
};

/// The steps with the keys of what they give.
pub(super) struct Way<'c> {
    steps: Vec<Step<'c>>,
    /// The source's key, then each step's: one more than steps.
    keys: Vec<SessionKey>,
    /// What the source is, where it is kept.
    pub(super) about_source: Option<About>,
    /// How many steps are done, and what they gave.
    done: usize,
    credentials: Option<Credentials>,
    verified: Option<KeptIdentity>,
    of_the_aws_cli: bool,
    /// Whether only sessions that an MFA code opened may be kept ones.
    fresh: bool,
}

impl<'c> Way<'c> {
    pub(super) fn new(
        session: &Session<'_>,
        chain: &'c Chain,
        source: SessionKey,
        has_token: bool,
        fresh: bool,
    ) -> Self {
        let steps = chain.steps(has_token);
        Self {
            keys: keys(session, source, &steps),
            steps,
            about_source: None,
            done: 0,
            credentials: None,
            verified: None,
            of_the_aws_cli: false,
            fresh,
        }
    }

    /// Has the source under this key, and all steps on top of it.
    pub(super) fn rename(&mut self, session: &Session<'_>, source: SessionKey) {
        self.keys = keys(session, source, &self.steps);
    }

    /// Starts after the last step that is kept; false where none is.
    pub(super) fn start_from_kept(&mut self, sessions: &Sessions) -> bool {
        for done in (0..self.keys.len()).rev() {
            let is_kept = match done.checked_sub(1).map(|last| self.steps[last]) {
                None => self.about_source.is_some() && !self.fresh,
                Some(step) => self.takes_kept(step),
            };
            if let Some(kept) = is_kept.then(|| sessions.get(&self.keys[done])).flatten() {
                (self.done, self.credentials, self.verified) = (done, Some(kept.credentials), kept.verified);
                return true;
            }
        }
        false
    }

    fn takes_kept(&self, step: Step<'_>) -> bool {
        !self.fresh || matches!(step, Step::Session(_))
    }

    /// What another process has opened with a code in the meantime. AWS takes each code once, so that one process at a time is
    /// asked for one, and the next looks first what came of it.
    fn opened_meanwhile(&self, at: usize, sessions: &Sessions, company: &mut dyn Company) -> Option<Kept> {
        let (step, key) = (self.steps[at], &self.keys[at + 1]);
        let device = step.device().filter(|_| company.can_wait())?;
        let before = if self.takes_kept(step) { None } else { sessions.get_at(key, company.now()) };
        sessions.take_turn(key, &mut |process| company.wait_for(process, device));
        sessions.get_at(key, company.now()).filter(|kept| before.as_ref() != Some(kept))
    }

    /// Starts after the last step whose session the AWS CLI has cached, where it would ask for a code; false where none is.
    /// STS says what a session really is: one that is not of the role, or that it does not know, does not count.
    pub(super) fn start_from_the_aws_cli(&mut self, session: &Session<'_>) -> Result<bool, AwsError> {
        let options = &session.client.options;
        for (at, step) in self.steps.iter().enumerate().rev() {
            let (Step::Role(hop, _), Some(home)) = (step, &options.home) else { continue };
            let Some(credentials) = cli_cache::session(home, hop, options.now) else { continue };
            let role = hop.role_arn.rsplit('/').next();
            let is_of_the_role = |identity: &Identity| {
                identity.account == hop.account
                    && matches!(&identity.principal, Principal::AssumedRole { role: name, .. } if Some(name.as_str()) == role)
            };
            match session.who(&credentials) {
                Ok(identity) if is_of_the_role(&identity) => {
                    (self.done, self.credentials, self.of_the_aws_cli) = (at + 1, Some(credentials), true);
                    return Ok(true);
                }
                Err(error) if error.kind == Kind::Unreachable => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(false)
    }

    /// Starts with the source's credentials.
    pub(super) fn start(&mut self, credentials: Credentials, sessions: &Sessions, now: Timestamp) {
        if let Some(about) = &self.about_source {
            sessions.hold(self.keys[0].clone(), kept(about.clone(), &credentials, now));
        }
        self.credentials = Some(credentials);
    }

    /// Makes the steps that are left.
    pub(super) fn go(
        mut self,
        session: &Session<'_>,
        plan: &Plan,
        sessions: &Sessions,
        company: &mut dyn Company,
    ) -> Result<Resolved, AwsError> {
        let missing = || AwsError::new(Kind::Internal, "credentials without a source");
        let mut credentials = self.credentials.take().ok_or_else(missing)?;
        for (at, step) in self.steps.iter().enumerate().skip(self.done) {
            let step = *step;
            if let Some(kept) = self.opened_meanwhile(at, sessions, company) {
                (credentials, self.verified) = (kept.credentials, kept.verified);
                continue;
            }
            credentials =
                Chain::step(session, step, &credentials, company).map_err(|error| without_mfa(error, plan, step))?;
            sessions.hold(self.keys[at + 1].clone(), kept(about_step(plan, step), &credentials, session.client.now()));
            self.verified = None;
        }
        // The keys that stand in a file need no second place.
        let first = usize::from(self.about_source.is_none());
        let keys = self.keys.split_off(first);
        Ok(Resolved { keys, verified: self.verified, of_the_aws_cli: self.of_the_aws_cli, ..Resolved::of(credentials) })
    }
}

/// The source's key, then each step's.
fn keys(session: &Session<'_>, source: SessionKey, steps: &[Step<'_>]) -> Vec<SessionKey> {
    let mut keys = vec![source];
    for step in steps {
        keys.push(session.step_key(&keys[keys.len() - 1], *step));
    }
    keys
}

fn kept(about: About, credentials: &Credentials, now: Timestamp) -> Kept {
    Kept { about, credentials: credentials.clone(), made_at: now, verified: None }
}

/// A role that was denied may be one that wants MFA, where the device stands beside the keys.
fn without_mfa(error: AwsError, plan: &Plan, step: Step<'_>) -> AwsError {
    match (&plan.source_mfa, step) {
        (Some(device), Step::Role(_, None)) if error.kind == Kind::Credentials => error.hint(format!(
            "{}: mfa_serial beside keys counts with `method = \"session\"` under [mfa] in the settings; the AWS CLI wants \
             it in the role's profile.",
            device.location
        )),
        _ => error,
    }
}
