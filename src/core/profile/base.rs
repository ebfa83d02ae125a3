//! Where one profile's credentials start. The order is the AWS CLI's.

use std::borrow::Cow;

use super::{
    check::{is_account, role_parts},
    error::PlanError,
    header::SectionKind,
    plan::IDENTITY_CENTER,
    set::GroupId,
    settings::{Entry, Key, Settings, Spot},
    step::{Profile, Result},
};
use crate::core::region::Region;

/// Where credentials start, as written.
#[derive(Debug)]
pub(crate) enum Base<'s> {
    Keys { id: &'s str, secret: &'s str, session: bool, file: u8, spot: Spot },
    Process { command: &'s str, spot: Spot },
    WebIdentity { role_arn: &'s str, token_file: &'s str, spot: Spot },
    Sso(Sso<'s>),
    Login { session: &'s str, spot: Spot },
    Environment(Spot),
    Ec2InstanceMetadata(Spot),
    EcsContainer(Spot),
}

/// An Identity Center role.
#[derive(Debug)]
pub(crate) struct Sso<'s> {
    pub(crate) session: Option<(&'s str, GroupId)>,
    pub(crate) account: &'s str,
    pub(crate) role: &'s str,
    pub(crate) spot: Spot,
}

impl Base<'_> {
    /// The kind, as `Source::label` has it.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Keys { session: false, .. } => "static keys",
            Self::Keys { .. } => "session keys",
            Self::Process { .. } => "credential_process",
            Self::WebIdentity { .. } => "web identity",
            Self::Sso(_) => IDENTITY_CENTER,
            Self::Login { .. } => "aws login",
            Self::Environment(_) => "environment",
            Self::Ec2InstanceMetadata(_) => "instance metadata",
            Self::EcsContainer(_) => "container",
        }
    }

    /// The account that the lines themselves name.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::WebIdentity { role_arn, .. } => role_parts(role_arn).map(|(account, _)| account),
            Self::Sso(sso) => Some(sso.account),
            Self::Login { session, .. } => session.split(':').nth(4).filter(|account| is_account(account)),
            _ => None,
        }
    }

    pub(crate) fn spot(&self) -> Spot {
        match self {
            Self::Keys { spot, .. }
            | Self::Process { spot, .. }
            | Self::WebIdentity { spot, .. }
            | Self::Login { spot, .. }
            | Self::Environment(spot)
            | Self::Ec2InstanceMetadata(spot)
            | Self::EcsContainer(spot) => *spot,
            Self::Sso(sso) => sso.spot,
        }
    }
}

impl<'s> Profile<'s> {
    /// The profile's own credentials: web identity, Identity Center, keys in the credentials file, `aws login`, process,
    /// keys in the config file.
    pub(crate) fn base(&self) -> Result<Base<'s>> {
        if let Some(token_file) = self.get(Key::WebIdentityTokenFile) {
            return self.web_identity(token_file);
        }
        self.check_no_policies()?;
        if self.get(Key::SsoAccountId).or(self.get(Key::SsoRoleName)).is_some() {
            return self.sso().map(Base::Sso);
        }
        if let Some(keys) = self.keys(1)? {
            return Ok(keys);
        }
        if let Some(login) = self.get(Key::LoginSession) {
            return Ok(Base::Login { session: self.filled(login, Key::LoginSession)?, spot: login.spot });
        }
        if let Some(process) = self.get(Key::CredentialProcess) {
            return self.process(process);
        }
        match self.keys(0)? {
            Some(keys) => Ok(keys),
            None => Err(self.no_base()),
        }
    }

    /// Why there are no credentials.
    fn no_base(&self) -> PlanError {
        if let Some(secret) = self.get(Key::SecretAccessKey) {
            let message = format!("profile `{}` has aws_secret_access_key but no aws_access_key_id", self.name());
            return self.error("partial-credentials", secret.spot, message);
        }
        if let Some(sso) = self.get(Key::SsoSession).or(self.get(Key::SsoStartUrl)) {
            let message = format!("profile `{}` has no sso_account_id and no sso_role_name", self.name());
            return self.error("partial-config", sso.spot, message);
        }
        let message = format!("profile `{}` says nowhere where its credentials come from", self.name());
        self.error("no-credentials", self.set.spot(self.group), message)
    }

    fn filled(&self, entry: &'s Entry<'s>, key: Key) -> Result<&'s str> {
        match entry.value.as_ref() {
            "" => Err(self.error("config-value", entry.spot, format!("{} is empty", key.name()))),
            value => Ok(value),
        }
    }

    fn web_identity(&self, token_file: &'s Entry<'s>) -> Result<Base<'s>> {
        self.trusted(token_file, "web_identity_token_file")?;
        let file = self.filled(token_file, Key::WebIdentityTokenFile)?;
        let Some(role_arn) = self.get(Key::RoleArn) else {
            let message = format!("profile `{}` has web_identity_token_file but no role_arn", self.name());
            return Err(self.error("partial-config", token_file.spot, message));
        };
        self.check_role(role_arn)?;
        self.check_web_identity_terms()?;
        Ok(Base::WebIdentity { role_arn: &role_arn.value, token_file: file, spot: token_file.spot })
    }

    fn process(&self, process: &'s Entry<'s>) -> Result<Base<'s>> {
        Ok(Base::Process { command: self.command(process, Key::CredentialProcess)?, spot: process.spot })
    }

    /// A command line to run: of a file that may say so, and not found by a relative path.
    pub(super) fn command(&self, process: &'s Entry<'s>, key: Key) -> Result<&'s str> {
        self.trusted(process, key.name())?;
        let command = self.filled(process, key)?;
        // The usual command needs no splitting to find its program.
        let program = if memchr::memchr3(b'"', b'\'', b'\\', command.as_bytes()).is_some() {
            shlex::split(command).and_then(|words| words.into_iter().next()).map(Cow::Owned)
        } else {
            command.split_ascii_whitespace().next().map(Cow::Borrowed)
        };
        let Some(program) = program else {
            let message = format!("{} has a quote that is not closed", key.name());
            return Err(self.error("config-value", process.spot, message));
        };
        if program.contains('/') && !program.starts_with('/') {
            let message = format!("{} names its program `{program}` by a relative path", key.name());
            return Err(self.error("process-relative", process.spot, message));
        }
        Ok(command)
    }

    /// A key pair in one of the files; both halves must stand in the same one, as the AWS CLI wants it.
    fn keys(&self, file: u8) -> Result<Option<Base<'s>>> {
        let Some(id) = self.settings.get_in(file, Key::AccessKeyId) else { return Ok(None) };
        let Some(secret) = self.settings.get_in(file, Key::SecretAccessKey) else {
            let message = format!("profile `{}` has aws_access_key_id but no aws_secret_access_key", self.name());
            return Err(self.error("partial-credentials", id.spot, message));
        };
        let (id_text, secret) = (self.filled(id, Key::AccessKeyId)?, self.filled(secret, Key::SecretAccessKey)?);
        let token = |key| self.settings.get_in(file, key).is_some_and(|entry| !entry.value.is_empty());
        let session = token(Key::SessionToken) || token(Key::SecurityToken);
        Ok(Some(Base::Keys { id: id_text, secret, session, file, spot: id.spot }))
    }

    fn sso(&self) -> Result<Sso<'s>> {
        let here = self.get(Key::SsoAccountId).or(self.get(Key::SsoRoleName)).map(|entry| entry.spot);
        let spot = here.unwrap_or_else(|| self.set.spot(self.group));
        let required = |key: Key| {
            self.text(key).filter(|value| !value.is_empty()).ok_or_else(|| {
                let message = format!("profile `{}` has no {}", self.name(), key.name());
                self.error("partial-config", spot, message)
            })
        };
        let account = required(Key::SsoAccountId)?;
        let role = required(Key::SsoRoleName)?;
        if !is_account(account) {
            let spot = self.get(Key::SsoAccountId).map_or(spot, |entry| entry.spot);
            return Err(self.error("bad-account", spot, format!("sso_account_id `{account}` is not 12 digits")));
        }
        let session = match self.get(Key::SsoSession) {
            None => {
                required(Key::SsoStartUrl)?;
                required(Key::SsoRegion)?;
                None
            }
            Some(session) => Some((session.value.as_ref(), self.sso_session(session)?)),
        };
        Ok(Sso { session, account, role, spot })
    }

    pub(super) fn sso_session(&self, session: &Entry<'_>) -> Result<GroupId> {
        self.set.find(SectionKind::SsoSession, session.value.as_bytes()).ok_or_else(|| {
            let message =
                format!("profile `{}` names sso_session `{}`, which does not exist", self.name(), session.value);
            self.error("dangling-sso-session", session.spot, message)
        })
    }

    /// Start URL and region of the Identity Center instance; `session` is what its section says, empty without one.
    pub(crate) fn sso_instance<'t>(&self, sso: &Sso<'_>, session: &'t Settings<'t>) -> Result<(&'t str, &'t str)>
    where
        's: 't,
    {
        for (key, in_session) in session.iter() {
            if let Some(in_profile) = self.get(key)
                && in_profile.value != in_session.value
            {
                let message = format!(
                    "{} is `{}` here and `{}` in the sso-session ({})",
                    key.name(),
                    in_profile.value,
                    in_session.value,
                    self.set.location(in_session.spot)
                );
                return Err(self.error("config-ambiguous", in_profile.spot, message));
            }
        }
        let get = |key: Key| {
            let entry: Option<&'t Entry<'t>> = session.get(key).or(self.get(key));
            entry.filter(|entry| !entry.value.is_empty()).ok_or_else(|| {
                let spot = sso.session.map_or(sso.spot, |(_, group)| self.set.spot(group));
                self.error("partial-config", spot, format!("there is no {}", key.name()))
            })
        };
        let (start_url, region) = (get(Key::SsoStartUrl)?, get(Key::SsoRegion)?);
        if !Region::is_name(&region.value) {
            let message = format!("sso_region `{}` is not a region name (like eu-west-1)", region.value);
            return Err(self.error("bad-region", region.spot, message));
        }
        Ok((&start_url.value, &region.value))
    }
}
