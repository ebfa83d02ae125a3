//! One profile by itself: the role it assumes, or where its credentials start.
//!
//! The order is the AWS CLI's. Everything here borrows from the files, so that a list of ten thousand profiles is checked
//! without copying one.

use super::{
    error::PlanError,
    header::SectionKind,
    set::{GroupId, ProfileSet},
    settings::{Entry, Key, Settings, Spot},
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

/// What assuming a role starts from.
#[derive(Debug)]
pub(crate) enum From<'s> {
    Profile(&'s str, Spot),
    Base(Base<'s>),
}

impl Base<'_> {
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

/// One profile's settings and where to look the rest up.
pub(crate) struct Profile<'s> {
    pub(crate) set: &'s ProfileSet,
    pub(crate) group: GroupId,
    pub(crate) settings: &'s Settings<'s>,
}

type Result<T> = std::result::Result<T, PlanError>;

impl<'s> Profile<'s> {
    pub(crate) fn error(&self, code: &'static str, spot: Spot, message: impl Into<String>) -> PlanError {
        PlanError::config(code, self.set.location(spot), message)
    }

    pub(crate) fn get(&self, key: Key) -> Option<&'s Entry<'s>> {
        self.settings.get(key)
    }

    pub(crate) fn text(&self, key: Key) -> Option<&'s str> {
        self.get(key).map(|entry| entry.value.as_ref())
    }

    fn name(&self) -> String {
        self.set.name_text(self.group).into_owned()
    }

    /// True if the profile assumes a role with credentials from elsewhere.
    pub(crate) fn has_role(&self) -> bool {
        self.get(Key::RoleArn).is_some() && self.get(Key::WebIdentityTokenFile).is_none()
    }

    /// True if there is any part of a key pair: what decides in the AWS CLI.
    pub(crate) fn has_keys(&self) -> bool {
        self.get(Key::AccessKeyId).is_some() || self.get(Key::SecretAccessKey).is_some()
    }

    /// Checks what belongs to the role that the profile assumes, and says what that starts from.
    pub(crate) fn role(&self) -> Result<From<'s>> {
        if let Some(arn) = self.get(Key::RoleArn) {
            self.check_role(arn)?;
        }
        self.duration()?;
        for key in [Key::RoleSessionName, Key::SourceIdentity] {
            if let Some(entry) = self.get(key)
                && !is_session_name(&entry.value)
            {
                let message = format!("{} must be 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -", key.name());
                return Err(self.error("config-value", entry.spot, message));
            }
        }
        match (self.get(Key::SourceProfile), self.get(Key::CredentialSource)) {
            (Some(profile), None) => Ok(From::Profile(&profile.value, profile.spot)),
            (None, Some(source)) => self.named_source(source).map(From::Base),
            (Some(profile), Some(source)) => {
                let message = format!(
                    "profile `{}` has both credential_source and source_profile (line {})",
                    self.name(),
                    profile.spot.line
                );
                Err(self.error("config-conflict", source.spot, message))
            }
            (None, None) => {
                let spot = self.get(Key::RoleArn).map_or_else(|| self.set.spot(self.group), |entry| entry.spot);
                let message =
                    format!("profile `{}` has role_arn but no source_profile or credential_source", self.name());
                Err(self.error("partial-config", spot, message))
            }
        }
    }

    fn check_role(&self, arn: &Entry<'_>) -> Result<()> {
        if role_parts(&arn.value).is_none() {
            let message = format!("role_arn `{}` is not of the form arn:aws:iam::111122223333:role/NAME", arn.value);
            return Err(self.error("bad-arn", arn.spot, message));
        }
        Ok(())
    }

    fn named_source(&self, source: &Entry<'_>) -> Result<Base<'s>> {
        let is = |name: &str| source.value.eq_ignore_ascii_case(name);
        if is("Environment") {
            Ok(Base::Environment(source.spot))
        } else if is("Ec2InstanceMetadata") {
            Ok(Base::Ec2InstanceMetadata(source.spot))
        } else if is("EcsContainer") {
            Ok(Base::EcsContainer(source.spot))
        } else {
            let message = format!(
                "credential_source `{}` is not one of Environment, Ec2InstanceMetadata and EcsContainer",
                source.value
            );
            Err(self.error("config-value", source.spot, message))
        }
    }

    /// `duration_seconds`, checked.
    pub(crate) fn duration(&self) -> Result<Option<i32>> {
        let Some(entry) = self.get(Key::DurationSeconds) else { return Ok(None) };
        match entry.value.parse() {
            Ok(seconds @ 900..=43_200) => Ok(Some(seconds)),
            _ => {
                let message = format!("duration_seconds must be a number from 900 to 43200, not `{}`", entry.value);
                Err(self.error("config-value", entry.spot, message))
            }
        }
    }

    /// The profile's own credentials: web identity, Identity Center, keys in the credentials file, `aws login`, process,
    /// keys in the config file.
    pub(crate) fn base(&self) -> Result<Base<'s>> {
        if let Some(token_file) = self.get(Key::WebIdentityTokenFile) {
            return self.web_identity(token_file);
        }
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

    /// Refuses what a file that came with a directory must not do.
    pub(crate) fn trusted(&self, entry: &Entry<'_>, key: &str) -> Result<()> {
        if self.set.files()[usize::from(entry.spot.file & 1)].trusted {
            return Ok(());
        }
        let message = format!("{key} is not taken from a file named by a relative path");
        Err(self.error("config-untrusted", entry.spot, message))
    }

    fn web_identity(&self, token_file: &'s Entry<'s>) -> Result<Base<'s>> {
        self.trusted(token_file, "web_identity_token_file")?;
        let file = self.filled(token_file, Key::WebIdentityTokenFile)?;
        let Some(role_arn) = self.get(Key::RoleArn) else {
            let message = format!("profile `{}` has web_identity_token_file but no role_arn", self.name());
            return Err(self.error("partial-config", token_file.spot, message));
        };
        self.check_role(role_arn)?;
        self.duration()?;
        if let Some(entry) = self.get(Key::RoleSessionName)
            && !is_session_name(&entry.value)
        {
            let message = "role_session_name must be 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -";
            return Err(self.error("config-value", entry.spot, message));
        }
        Ok(Base::WebIdentity { role_arn: &role_arn.value, token_file: file, spot: token_file.spot })
    }

    fn process(&self, process: &'s Entry<'s>) -> Result<Base<'s>> {
        self.trusted(process, "credential_process")?;
        let command = self.filled(process, Key::CredentialProcess)?;
        // The usual command needs no splitting to find its program.
        let program = if command.contains(['"', '\'', '\\']) {
            shlex::split(command).and_then(|words| words.into_iter().next())
        } else {
            command.split_ascii_whitespace().next().map(str::to_owned)
        };
        let Some(program) = program else {
            return Err(self.error("config-value", process.spot, "credential_process has a quote that is not closed"));
        };
        if program.contains('/') && !program.starts_with('/') {
            let message = format!("credential_process names its program `{program}` by a relative path");
            return Err(self.error("process-relative", process.spot, message));
        }
        Ok(Base::Process { command, spot: process.spot })
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

    fn sso_session(&self, session: &Entry<'_>) -> Result<GroupId> {
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

    /// A region, checked; an empty one is none.
    pub(crate) fn region(&self, key: Key) -> Result<Option<&'s str>> {
        match self.get(key) {
            None => Ok(None),
            Some(entry) if entry.value.is_empty() => Ok(None),
            Some(entry) if Region::is_name(&entry.value) => Ok(Some(&entry.value)),
            Some(entry) => {
                let message = format!("{} `{}` is not a region name (like eu-west-1)", key.name(), entry.value);
                Err(self.error("bad-region", entry.spot, message))
            }
        }
    }

    /// The `[services …]` section that the profile names.
    pub(crate) fn services(&self) -> Result<Option<GroupId>> {
        let Some(services) = self.get(Key::Services) else { return Ok(None) };
        self.set.find(SectionKind::Services, services.value.as_bytes()).map(Some).ok_or_else(|| {
            let message = format!("profile `{}` names services `{}`, which do not exist", self.name(), services.value);
            self.error("dangling-services", services.spot, message)
        })
    }

    /// `awsenv_account_id`, checked.
    pub(crate) fn pin(&self) -> Result<Option<&'s Entry<'s>>> {
        let Some(pin) = self.get(Key::AwsenvAccountId) else { return Ok(None) };
        if is_account(&pin.value.replace('-', "")) {
            return Ok(Some(pin));
        }
        Err(self.error("bad-account", pin.spot, format!("awsenv_account_id `{}` is not 12 digits", pin.value)))
    }
}

/// Account and name of a role's ARN.
pub(crate) fn role_parts(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':');
    let (partition, service, region) = (parts.next()?, parts.next()?, parts.next()?);
    let (account, resource) = (parts.next()?, parts.next()?);
    let path = resource.strip_prefix("role/")?;
    let name = path.rsplit('/').next()?;
    let good = crate::core::identity::Partition::from_name(partition).is_some()
        && service == "iam"
        && region.is_empty()
        && is_account(account)
        && !name.is_empty()
        && arn.len() <= 2048
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    good.then_some((account, name))
}

/// Twelve ASCII digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_session_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (2..=64).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_role_arns_are_checked_whole() {
        assert_eq!(role_parts("arn:aws:iam::111122223333:role/r"), Some(("111122223333", "r")));
        assert_eq!(role_parts("arn:aws-us-gov:iam::111122223333:role/a/b/r"), Some(("111122223333", "r")));
        for bad in [
            "",
            "arn:aws:iam::111122223333:user/r",
            "arn:aws:iam::1111222233:role/r",
            "arn:aws:sts::111122223333:role/r",
            "arn:aws:iam:x:111122223333:role/r",
            "arn:evil:iam::111122223333:role/r",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam::111122223333:role/a\nb",
        ] {
            assert_eq!(role_parts(bad), None, "{bad}");
        }
    }
}
