//! The user's keys at AWS, asked for with patience: what was just made is not known everywhere at once.

use std::{thread, time::Duration};

use super::super::{Run, company::Company, resolve};
use crate::{
    core::{
        config::Settings, credentials::Credentials, endpoint::Effective, identity::Identity, mfa::MfaCode,
        profile::plan::Plan, user_env::UserEnv,
    },
    edge::aws::{AwsError, Client, Session, UserKey},
    error::CommandError,
};

/// The first wait for a new key; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How long all together: mostly it takes some seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// One user's keys.
pub(super) struct Keys<'a> {
    client: Client,
    effective: Effective,
    /// Who the present key is of.
    pub(super) identity: &'a Identity,
    /// Its name.
    pub(super) user: &'a str,
}

impl<'a> Keys<'a> {
    pub(super) fn new(
        run: &Run<'_>,
        settings: &Settings,
        plan: &Plan,
        identity: &'a Identity,
        user: &'a str,
    ) -> Result<Self, CommandError> {
        let lookup = |name: &str| run.host.hint(name);
        let env = UserEnv::new(&lookup);
        let effective = Effective::new(&plan.connection, &|name| env.var(name), None, plan.partition())
            .map_err(CommandError::from_parts)?;
        Ok(Self { client: resolve::client(run, settings, &env), effective, identity, user })
    }

    /// What signs the calls about keys: the key itself, or a session with MFA where the profile names a device.
    pub(super) fn signer(
        &self,
        run: &mut Run<'_>,
        plan: &Plan,
        key: &Credentials,
        code: Option<MfaCode>,
    ) -> Result<Credentials, CommandError> {
        let Some(device) = &plan.source_mfa else {
            return match code {
                None => Ok(key.clone()),
                Some(_) => Err(CommandError::usage(format!(
                    "profile `{}` names no mfa_serial, so --mfa-code has no device",
                    plan.profile
                ))),
            };
        };
        let mut company = Company::new(run, code).with(plan.totp.as_ref());
        self.session().with_mfa(device, key, &mut company).map_err(CommandError::from_parts)
    }

    pub(super) fn list(&self, signer: &Credentials) -> Result<Vec<UserKey>, CommandError> {
        self.patiently(|session| session.keys_of(self.user, signer)).map_err(CommandError::from_parts)
    }

    pub(super) fn create(&self, signer: &Credentials) -> Result<Credentials, CommandError> {
        self.session().create_key(self.user, signer).map_err(CommandError::from_parts)
    }

    pub(super) fn switch_off(&self, id: &str, signer: &Credentials) -> Result<(), CommandError> {
        self.patiently(|session| session.switch_off_key(self.user, id, signer)).map_err(CommandError::from_parts)
    }

    pub(super) fn delete(&self, id: &str, signer: &Credentials) -> Result<(), CommandError> {
        self.patiently(|session| session.delete_key(self.user, id, signer)).map_err(CommandError::from_parts)
    }

    pub(super) fn who(&self, credentials: &Credentials) -> Result<Identity, AwsError> {
        self.patiently(|session| session.who(credentials))
    }

    fn session(&self) -> Session<'_> {
        self.client.session(&self.effective)
    }

    fn patiently<T>(&self, call: impl Fn(&Session<'_>) -> Result<T, AwsError>) -> Result<T, AwsError> {
        let (mut pause, mut waited) = (FIRST_PAUSE, Duration::ZERO);
        loop {
            match call(&self.session()) {
                Err(error) if error.unknown_key && waited < PATIENCE => {
                    thread::sleep(pause);
                    waited += pause;
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
                other => return other,
            }
        }
    }
}
