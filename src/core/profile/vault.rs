//! Profiles of the encrypted vault, beside those of the files.
//!
//! A name that has credentials in both is refused: nobody could tell from a command which of two accounts it is for.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::{
    error::PlanError,
    header::SectionKind,
    plan::{Connection, Location, Pin, Plan, Source},
    set::{GroupId, ProfileSet},
};
use crate::core::{credentials::Credentials, identity::AccountId, region::Region, totp::TotpSecret};

/// What the vault has under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultProfile {
    /// Its keys.
    pub credentials: Credentials,
    /// The MFA device of their user.
    pub totp: Option<TotpSecret>,
    /// Region to work in.
    pub region: Option<Region>,
    /// The account that the keys must turn out to be of.
    pub account: Option<AccountId>,
}

/// All that an opened vault has.
#[derive(Clone, Debug)]
pub struct VaultProfiles {
    /// The vault's file, as the user would name it.
    pub path: Arc<Path>,
    /// By name.
    pub profiles: BTreeMap<String, VaultProfile>,
}

impl VaultProfile {
    /// The pin that the entry of this name is.
    pub(super) fn pin(&self, name: &str) -> Option<Pin> {
        let because = format!("entry `{name}` of the vault");
        self.account.clone().map(|account| Pin { account, because, explicit: true })
    }
}

impl ProfileSet {
    /// The profile of the vault by this name.
    pub(super) fn in_vault(&self, name: &str) -> Option<&VaultProfile> {
        self.vault()?.profiles.get(name)
    }

    /// The vault's profiles that the files say nothing of.
    pub fn in_vault_alone(&self) -> impl Iterator<Item = (&str, &VaultProfile)> {
        let profiles = self.vault().into_iter().flat_map(|vault| &vault.profiles);
        profiles
            .map(|(name, profile)| (name.as_str(), profile))
            .filter(|(name, _)| self.find(SectionKind::Profile, name.as_bytes()).is_none())
    }

    /// The files and the vault both say where this profile's credentials come from.
    pub(super) fn twice(&self, name: &str, group: GroupId) -> PlanError {
        let message =
            format!("profile `{name}` has credentials here and in the vault, and nobody can tell which are meant");
        PlanError::config("name-taken", self.location(self.spot(group)), message)
    }

    /// The plan of a profile that is in the vault alone.
    pub(super) fn vault_plan(&self, name: &str, found: &VaultProfile) -> Plan {
        let location = self.vault_location();
        Plan {
            profile: name.to_owned(),
            location: location.clone(),
            source: Source::Vault(found.credentials.clone()),
            source_profile: name.to_owned(),
            source_location: location,
            source_mfa: None,
            totp: found.totp.clone(),
            hops: Vec::new(),
            connection: Connection { region: found.region.clone(), ..Connection::default() },
            pins: found.pin(name).into_iter().collect(),
            findings: Vec::new(),
            default_has_endpoints: name != "default" && self.default_has_endpoints(),
        }
    }

    /// The vault as a place.
    pub(super) fn vault_location(&self) -> Location {
        let file = self.vault().map_or_else(|| Arc::from(Path::new("the vault")), |vault| Arc::clone(&vault.path));
        Location { file, line: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{profile::set::tests::set_of, secret::Secret};

    const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/r\n";

    fn set(config: &str) -> ProfileSet {
        let credentials = Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: Secret::new("wJalr"),
            session_token: None,
            expires: None,
            claimed_account: None,
        };
        let profile = VaultProfile {
            credentials,
            totp: None,
            region: Region::parse("eu-west-1").ok(),
            account: AccountId::parse("444455556666").ok(),
        };
        let profiles = [("base".to_owned(), profile)].into();
        let mut set = set_of(config.as_bytes(), b"");
        set.set_vault(Arc::new(VaultProfiles { path: Path::new("~/vault").into(), profiles }));
        set
    }

    #[test]
    fn a_profile_of_the_vault_is_one_like_any_other() {
        let plan = set("").plan("base").unwrap();
        assert!(matches!(plan.source, Source::Vault(_)));
        assert_eq!(plan.trail(), ["base", "vault"]);
        assert_eq!(plan.connection.region.unwrap().as_str(), "eu-west-1");
        assert_eq!(plan.pins[0].account.as_str(), "444455556666");
        assert_eq!(plan.source_location.to_string(), "~/vault");
        assert_eq!(set("").plan("bas").unwrap_err().to_string(), "there is no profile `bas`");
    }

    #[test]
    fn a_role_starts_from_the_vault() {
        let plan = set(&format!("[profile role]\n{ROLE}source_profile = base\n")).plan("role").unwrap();
        assert_eq!(plan.trail(), ["role", "base", "vault"]);
        assert_eq!((plan.hops.len(), plan.source_profile.as_str()), (1, "base"));
        // Of the account that the role is in, not that of its source.
        assert_eq!(plan.pins.iter().map(|pin| pin.account.as_str()).collect::<Vec<_>>(), ["111122223333"]);
    }

    #[test]
    fn p1_a_name_that_the_files_and_the_vault_have_is_refused() {
        let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n";
        let set = set(&format!("[profile base]\n{keys}[profile role]\n{ROLE}source_profile = base\n"));
        for name in ["base", "role"] {
            assert_eq!(set.plan(name).unwrap_err().code(), "name-taken", "{name}");
        }
    }

    #[test]
    fn a_profile_without_credentials_gets_those_of_the_vault() {
        let mfa = |config| set(config).plan("base").unwrap().source_mfa.map(|device| device.serial);
        let plan = set("[profile base]\nregion = us-east-1\n").plan("base").unwrap();
        assert!(matches!(plan.source, Source::Vault(_)));
        assert_eq!(plan.connection.region.unwrap().as_str(), "us-east-1");
        assert_eq!(plan.pins[0].because, "entry `base` of the vault");
        let config = format!("[profile base]\nregion = us-east-1\n[profile role]\n{ROLE}source_profile = base\n");
        assert_eq!(set(&config).plan("role").unwrap().trail(), ["role", "base", "vault"]);
        assert_eq!(
            mfa("[profile base]\nmfa_serial = arn:aws:iam::444455556666:mfa/me\n").as_deref(),
            Some("arn:aws:iam::444455556666:mfa/me")
        );
        let config = "[profile base]\nawsenv_account_id = 111122223333\n";
        assert_eq!(set(config).plan("base").unwrap().pins.len(), 2, "each binds");
    }
}
