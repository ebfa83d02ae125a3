//! Which Identity Center sign-in a profile or an sso-session means.

use super::{
    base::{Base, Sso},
    error::{PlanError, check_name},
    header::SectionKind,
    set::ProfileSet,
    settings::{Key, Settings},
    step::Profile,
};
use crate::core::{region::Region, sign_in::SignIn};

impl ProfileSet {
    /// The sign-in of an sso-session; `None` where there is none of this name.
    pub fn sign_in_of_session(&self, name: &str) -> Result<Option<SignIn>, PlanError> {
        let Some(group) = self.find(SectionKind::SsoSession, name.as_bytes()) else { return Ok(None) };
        let nothing = Settings::default();
        let profile = Profile { set: self, group, settings: &nothing };
        let sso = Sso { session: Some((name, group)), account: "", role: "", spot: self.spot(group) };
        self.sign_in(&profile, &sso).map(Some)
    }

    /// The sign-in that a profile itself names; `None` where there is no such profile, or it names none. Whether it goes on
    /// to name an account and a role does not matter.
    pub fn sign_in_of_profile(&self, name: &str) -> Result<Option<SignIn>, PlanError> {
        check_name(name.as_bytes())?;
        let Some(group) = self.find(SectionKind::Profile, name.as_bytes()) else { return Ok(None) };
        let mut settings = Settings::default();
        self.settings(group, &mut settings)?;
        let profile = Profile { set: self, group, settings: &settings };
        let spot = match (profile.get(Key::SsoSession), profile.get(Key::SsoStartUrl)) {
            (Some(session), _) => {
                let found = profile.sso_session(session)?;
                let sso = Sso { session: Some((&session.value, found)), account: "", role: "", spot: session.spot };
                return self.sign_in(&profile, &sso).map(Some);
            }
            (None, Some(url)) => url.spot,
            (None, None) => match profile.base() {
                Ok(Base::Sso(sso)) => return self.sign_in(&profile, &sso).map(Some),
                _ => return Ok(None),
            },
        };
        self.sign_in(&profile, &Sso { session: None, account: "", role: "", spot }).map(Some)
    }

    /// The region that profiles of this sso-session can have: what its section says as `region`, or else the one that is asked
    /// for, or the usual one. Every reader gives up on a profile whose region is not that of its session, so to ask for another
    /// is an error.
    pub fn region_within_session(
        &self,
        name: &str,
        asked: Option<&Region>,
        usual: Option<&Region>,
    ) -> Result<Option<Region>, PlanError> {
        let mut session = Settings::default();
        if let Some(group) = self.find(SectionKind::SsoSession, name.as_bytes()) {
            self.settings(group, &mut session)?;
        }
        let Some(entry) = session.get(Key::Region) else { return Ok(asked.or(usual).cloned()) };
        let error = |code, why: String| PlanError::config(code, self.location(entry.spot), why);
        if let Some(asked) = asked.filter(|asked| asked.as_str() != entry.value) {
            let session = format!("region is `{}` in the sso-session `{name}`", entry.value);
            let why = format!("{session}, so a profile of it with `{asked}` could not be used");
            return Err(error("config-ambiguous", why));
        }
        if entry.value.is_empty() {
            return Ok(None);
        }
        Region::parse(&entry.value).map(Some).map_err(|bad| error("bad-region", bad.to_string()))
    }

    /// `ca_bundle` of `[default]`, which counts where no profile is named, as for the AWS CLI.
    pub fn ca_bundle_of_default(&self) -> Result<Option<String>, PlanError> {
        let Some(group) = self.find(SectionKind::Profile, b"default") else { return Ok(None) };
        let mut settings = Settings::default();
        self.settings(group, &mut settings)?;
        let profile = Profile { set: self, group, settings: &settings };
        let Some(entry) = profile.get(Key::CaBundle).filter(|entry| !entry.value.is_empty()) else { return Ok(None) };
        profile.trusted(entry, Key::CaBundle.name())?;
        Ok(Some(entry.value.to_string()))
    }

    /// The names of all sso-sessions, in file order.
    pub fn session_names(&self) -> impl Iterator<Item = &str> {
        self.of_kind(SectionKind::SsoSession).filter_map(|group| self.utf8_name(group))
    }

    fn sign_in(&self, profile: &Profile<'_>, sso: &Sso<'_>) -> Result<SignIn, PlanError> {
        let mut session = Settings::default();
        if let Some((_, group)) = sso.session {
            self.settings(group, &mut session)?;
        }
        let (start_url, region) = profile.sso_instance(sso, &session)?;
        let region = Region::parse(region).map_err(|bad| profile.error("bad-region", sso.spot, bad.to_string()))?;
        let plain = SignIn::new(sso.session.map(|(name, _)| name), start_url, &region);
        let scopes = session.get(Key::SsoRegistrationScopes).map(|entry| scopes(&entry.value)).unwrap_or_default();
        Ok(match sso.session {
            Some(_) => SignIn { scopes, ..plain },
            None => plain,
        })
    }
}

fn scopes(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}
