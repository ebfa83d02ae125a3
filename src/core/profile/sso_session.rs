//! An Identity Center session by itself, without a profile.

use super::{
    error::{PlanError, check_name},
    header::SectionKind,
    set::ProfileSet,
    settings::{Key, Settings},
};
use crate::core::region::Region;

/// What an `[sso-session NAME]` section says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsoSession {
    /// Its name.
    pub name: String,
    /// `sso_start_url`.
    pub start_url: String,
    /// `sso_region`: where Identity Center is.
    pub sso_region: Region,
    /// `region`: where its profiles work, as far as awsenv is concerned.
    pub region: Option<Region>,
}

impl ProfileSet {
    /// The names of the Identity Center sessions, in file order.
    pub fn sso_sessions(&self) -> impl Iterator<Item = &str> {
        self.of_kind(SectionKind::SsoSession).filter_map(|group| check_name(self.name(group)).ok())
    }

    /// What a session's section says; `None` where there is none.
    pub fn sso_session(&self, name: &str) -> Result<Option<SsoSession>, PlanError> {
        let Some(group) = self.find(SectionKind::SsoSession, name.as_bytes()) else { return Ok(None) };
        let mut settings = Settings::default();
        self.settings(group, &mut settings)?;
        let location = self.location(self.spot(group));
        let needed = |key: Key| {
            let entry = settings.get(key).filter(|entry| !entry.value.is_empty());
            let message = || format!("the sso-session `{name}` has no {}", key.name());
            entry.ok_or_else(|| PlanError::config("partial-config", location.clone(), message()))
        };
        let region = |key: Key| {
            let Some(entry) = settings.get(key).filter(|entry| !entry.value.is_empty()) else { return Ok(None) };
            let bad = |bad: crate::core::region::BadRegion| {
                PlanError::config("bad-region", self.location(entry.spot), format!("{}: {bad}", key.name()))
            };
            Region::parse(&entry.value).map(Some).map_err(bad)
        };
        needed(Key::SsoRegion)?;
        let start_url = needed(Key::SsoStartUrl)?.value.clone().into_owned();
        let Some(sso_region) = region(Key::SsoRegion)? else {
            return Err(PlanError::config("partial-config", location, "there is no sso_region"));
        };
        Ok(Some(SsoSession { name: name.to_owned(), start_url, sso_region, region: region(Key::Region)? }))
    }
}

#[cfg(test)]
mod tests {
    use crate::core::profile::set::tests::set_of;

    #[test]
    fn a_session_is_read_by_itself() {
        let text = "[sso-session corp]\nsso_start_url = https://x/start\nsso_region = eu-west-1\n[sso-session half]\n\
            sso_region = eu-west-1\n[sso-session bad]\nsso_start_url = https://x\nsso_region = x@y\n[profile a]\n";
        let set = set_of(text.as_bytes(), b"");
        assert_eq!(set.sso_sessions().collect::<Vec<_>>(), ["corp", "half", "bad"]);
        let corp = set.sso_session("corp").unwrap().unwrap();
        assert_eq!(
            (corp.start_url.as_str(), corp.sso_region.as_str(), corp.region),
            ("https://x/start", "eu-west-1", None)
        );
        assert_eq!(set.sso_session("a").unwrap(), None);
        assert!(
            set.sso_session("half")
                .unwrap_err()
                .to_string()
                .ends_with("the sso-session `half` has no sso_start_url (partial-config)")
        );
        assert!(set.sso_session("bad").unwrap_err().to_string().contains("`x@y` is not a region name"));
    }
}
