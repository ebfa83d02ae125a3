//! `awsenv list`: every profile with what the files say about it, as a table or as JSON. No network.
//!
//! A file of ten thousand profiles is listed in a few milliseconds, so rows borrow from the files and the table is written
//! through one buffer.

mod json;
mod state;
mod table;

use std::borrow::Cow;

use super::{
    identity::AccountId,
    profile::{
        plan::Finding,
        set::ProfileSet,
        survey::{Survey, Surveyed},
        vault::VaultProfile,
    },
};

pub use state::{SessionState, Sources};
use state::{States, Told};

/// What is known of an account beside its ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The name in the settings.
    pub name: Option<String>,
    /// The alias, if one was seen before.
    pub alias: Option<String>,
    /// Class.
    pub class: String,
}

/// Looks an account up in the registry.
pub type Lookup<'f> = dyn Fn(&AccountId) -> Option<Known> + 'f;
/// Makes foreign text safe for a terminal.
pub type Safe<'f> = dyn for<'t> Fn(&'t str) -> Cow<'t, str> + 'f;

/// All profiles.
#[derive(Debug)]
pub struct Listing<'s> {
    set: &'s ProfileSet,
    survey: Survey<'s>,
    /// For each of the survey's accounts what is known of it: a number in `known`, from 1; 0 for nothing.
    known_of: Vec<usize>,
    known: Vec<Known>,
    states: States,
    findings: Vec<Finding>,
    /// The profiles that are in the vault alone, if it is open, with what is known of the account that each is pinned to.
    in_vault: Vec<(&'s str, &'s VaultProfile, Option<Known>)>,
}

impl<'s> Listing<'s> {
    /// Looks at every profile of the set.
    pub fn new(set: &'s ProfileSet, lookup: &Lookup<'_>, sessions: Sources<'_>) -> Self {
        let mut survey = Survey::new(set);
        let mut findings: Vec<Finding> = set.findings().cloned().chain(survey.doubts.drain(..)).collect();
        findings.sort_by(|a, b| a.location.cmp(&b.location));
        findings.dedup();
        let (mut known, mut known_of) = (Vec::<Known>::new(), Vec::new());
        for account in survey.accounts() {
            let found = AccountId::parse(&account).ok().and_then(|account| lookup(&account));
            known_of.push(found.map_or(0, |found| {
                // Little is known of most accounts.
                if known.last() != Some(&found) {
                    known.push(found);
                }
                known.len()
            }));
        }
        let in_vault = set
            .in_vault_alone()
            .map(|(name, profile)| (name, profile, profile.account.as_ref().and_then(lookup)))
            .collect();
        let states = States::new(sessions, survey.sign_ins());
        Self { set, survey, known_of, known, states, findings, in_vault }
    }

    /// What is doubtful or wrong in the files.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many profiles there are.
    pub fn len(&self) -> usize {
        self.survey.len() + self.in_vault.len()
    }

    /// True without any profile.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn with_known(&self) -> impl Iterator<Item = (Surveyed<'_>, Option<&Known>)> {
        self.survey.rows().map(|row| {
            let number = row.account_number.checked_sub(1).and_then(|at| self.known_of.get(at));
            let known = number.and_then(|number| self.known.get(number.checked_sub(1)?));
            (row, known)
        })
    }

    /// The state of a profile's session, where anything is known of it.
    fn state(&self, row: &Surveyed<'_>) -> Option<&Told> {
        self.states.of(&row.profile, row.sign_in_number).filter(|_| row.problem.is_none())
    }
}

/// Size of the pieces that output is handed on in.
const BLOCK: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::core::{profile::set::tests::set_of, sign_in::SignIn};

    const CONFIG: &str = "[default]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalr\n\
        [profile deploy]\nrole_arn = arn:aws:iam::111122223333:role/ci/Deploy\nsource_profile = default\n\
        [profile été]\nsso_session = s\nsso_account_id = 444455556666\nsso_role_name = Admin\n\
        [profile broken]\nregion = eu-west-1\n[profile a\x1bb]\n\
        [sso-session s]\nsso_start_url = https://x\nsso_region = eu-west-1\n";

    fn known(account: &AccountId) -> Option<Known> {
        let class = if account.as_str() == "111122223333" { "production" } else { return None };
        Some(Known { name: Some("shop".into()), alias: None, class: class.into() })
    }

    /// A moment after the beginning of 2026.
    fn at(hour: i64) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour)
    }

    fn sessions<'f>(sign_in: &'f dyn Fn(&SignIn) -> Option<SessionState>, kept: &[&str]) -> Sources<'f> {
        let kept = kept.iter().map(|profile| ((*profile).to_owned(), at(1))).collect();
        Sources { sign_in, kept, now: at(0) }
    }

    fn signed_in(_: &SignIn) -> Option<SessionState> {
        Some(SessionState::SignedIn(at(9)))
    }

    fn safe(text: &str) -> Cow<'_, str> {
        Cow::Owned(text.replace('\x1b', "^["))
    }

    #[test]
    fn the_table_is_aligned_and_complete() {
        let set = set_of(CONFIG.as_bytes(), b"");
        let mut out = Vec::new();
        Listing::new(&set, &known, sessions(&signed_in, &["deploy", "broken"])).write_table(&mut out, &safe).unwrap();
        let expect = "\
PROFILE  ACCOUNT       NAME  CLASS       ROLE    REGION     SOURCE           FROM     SESSION                    WHERE
default                                          eu-west-1  static keys                                          config:1
deploy   111122223333  shop  production  Deploy             static keys      default  kept until 01:00 UTC       config:5
été      444455556666                    Admin              Identity Center           signed in until 09:00 UTC  config:8
broken                                           eu-west-1  unusable                                             config:12: profile `broken` says nowhere where its credentials come from (no-credentials)
a^[b                                                        unusable                                             config:14  the profile name holds a control character (name-control)
";
        let expect = expect.replace("config:12: profile", "config:12  config:12: profile");
        assert_eq!(String::from_utf8(out).unwrap(), expect);
    }

    #[test]
    fn p4_no_secret_is_listed() {
        let set = set_of(CONFIG.as_bytes(), b"");
        let mut out = Vec::new();
        let listing = Listing::new(&set, &known, sessions(&signed_in, &[]));
        listing.write_table(&mut out, &safe).unwrap();
        listing.write_json(&mut out).unwrap();
        assert!(!String::from_utf8(out).unwrap().contains("wJalr"));
    }

    #[test]
    fn json_has_every_key_in_every_row() {
        let set = set_of(CONFIG.as_bytes(), b"[profile x]\n");
        let mut out = Vec::new();
        Listing::new(&set, &known, sessions(&signed_in, &["deploy"])).write_json(&mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            json["profiles"][1],
            serde_json::json!({
                "profile": "deploy", "source": "static keys", "source_profile": "default", "region": null,
                "account": "111122223333", "name": "shop", "alias": null, "class": "production", "role": "Deploy",
                "session": "kept", "session_end": "2026-01-01T01:00:00Z",
                "file": "config", "line": 5, "problem": null,
            })
        );
        assert_eq!(json["findings"][0]["code"], "config-ambiguous");
        assert_eq!(json["findings"][0]["file"], "credentials");
    }

    #[test]
    fn each_sign_in_is_read_once_however_many_profiles_start_in_it() {
        let mut config = String::new();
        for n in 0..600 {
            let session = format!("sso_session = {}\n", ["s", "t"][n % 2]);
            let older = format!("sso_start_url = https://x/{}\nsso_region = eu-west-1\n", n % 20);
            let instance = if n < 300 { session } else { older };
            config += &format!("[profile p{n}]\n{instance}sso_account_id = 444455556666\nsso_role_name = R\n");
            config += &format!("[profile r{n}]\nrole_arn = arn:aws:iam::111122223333:role/R\nsource_profile = p{n}\n");
        }
        for name in ["s", "t"] {
            config += &format!("[sso-session {name}]\nsso_start_url = https://{name}\nsso_region = eu-west-1\n");
        }
        let set = set_of(config.as_bytes(), b"");
        let asked = std::cell::RefCell::new(Vec::new());
        let sign_in = |one: &SignIn| {
            asked.borrow_mut().push(one.token_file());
            (one.session.as_deref() == Some("t")).then_some(SessionState::SignedOut)
        };
        let listing = Listing::new(&set, &known, sessions(&sign_in, &[]));
        let mut asked = asked.borrow().clone();
        assert_eq!(asked.len(), 22);
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), 22);
        for (n, (row, _)) in listing.with_known().enumerate() {
            let state = listing.state(&row).map(|told| told.state);
            let expect = (n < 600 && n / 2 % 2 == 1).then_some(SessionState::SignedOut);
            assert_eq!(state, expect, "{}", row.profile);
        }
    }
}
