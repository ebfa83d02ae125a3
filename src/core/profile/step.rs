//! One profile by itself: what it says, and the role that it assumes. Where its credentials start is in `base`.
//!
//! Everything here borrows from the files, so that a list of ten thousand profiles is checked
//! without copying one.

use super::{
    base::Base,
    check::{is_account, role_parts},
    error::PlanError,
    header::SectionKind,
    set::{GroupId, ProfileSet},
    settings::{Entry, Key, Settings, Spot},
};
use crate::core::region::Region;

/// What assuming a role starts from.
#[derive(Debug)]
pub(crate) enum From<'s> {
    Profile(&'s str, Spot),
    Base(Base<'s>),
}

/// One profile's settings and where to look the rest up.
pub(crate) struct Profile<'s> {
    pub(crate) set: &'s ProfileSet,
    pub(crate) group: GroupId,
    pub(crate) settings: &'s Settings<'s>,
}

pub(super) type Result<T> = std::result::Result<T, PlanError>;

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

    pub(super) fn name(&self) -> String {
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
        self.check_terms()?;
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

    pub(super) fn check_role(&self, arn: &Entry<'_>) -> Result<()> {
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

    /// Refuses what a file that came with a directory must not do.
    pub(crate) fn trusted(&self, entry: &Entry<'_>, key: &str) -> Result<()> {
        if self.set.files()[usize::from(entry.spot.file & 1)].trusted {
            return Ok(());
        }
        Err(self.untrusted(key, entry.spot))
    }

    pub(crate) fn untrusted(&self, key: &str, spot: Spot) -> PlanError {
        self.error("config-untrusted", spot, format!("{key} is not taken from a file that came with a directory"))
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

    /// The account in the ARN of the role.
    pub(crate) fn role_account(&self) -> Option<&'s str> {
        self.text(Key::RoleArn).and_then(role_parts).map(|(account, _)| account)
    }

    /// Holds the pin of a profile that is a source against the account that its own lines name: STS is asked about the last
    /// credentials only.
    pub(crate) fn check_source_pin(&self, named: Option<&str>) -> Result<()> {
        let (Some(pin), Some(named)) = (self.pin()?, named) else { return Ok(()) };
        if pin.value.replace('-', "") == named {
            return Ok(());
        }
        let message = format!("profile `{}` is pinned to {}, but gets credentials of {named}", self.name(), pin.value);
        Err(self.error("pin-mismatch", pin.spot, message))
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
