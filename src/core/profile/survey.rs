//! A look at every profile at once: the same answers as a plan for each, without making ten thousand plans.

use std::borrow::Cow;

use super::{
    header::SectionKind,
    plan::Finding,
    set::{GroupId, ProfileSet},
    settings::{Settings, Spot},
    surveyor::{Row, Surveyor},
    text::offset,
};
use crate::core::sign_in::SignIn;

/// One profile, seen from afar. Its texts are raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed<'s> {
    /// The name; bytes that are not UTF-8 as `\xNN`.
    pub profile: Cow<'s, str>,
    /// Where its credentials start, as `Source::label` has it; `None` if it cannot be used.
    pub source: Option<&'static str>,
    /// The profile that they start in, if it is another one.
    pub source_profile: Option<&'s str>,
    /// The place of the Identity Center sign-in that they start in, in [`Survey::sign_ins`], from 1; 0 for none.
    pub sign_in_number: usize,
    /// `region`, if it is one.
    pub region: Option<&'s str>,
    /// The account that it is pinned to.
    pub account: Option<Cow<'s, str>>,
    /// The place of that account in [`Survey::accounts`], from 1; 0 without one.
    pub account_number: usize,
    /// The role that it gives.
    pub role: Option<&'s str>,
    /// Where it begins.
    pub spot: Spot,
    /// Why it cannot be used.
    pub problem: Option<&'s str>,
}

/// A row as it is kept: small, since every page of memory touched costs time.
#[derive(Clone, Copy, Debug)]
struct Packed {
    group: GroupId,
    /// Numbers of texts, like all that follow; 0 for none.
    source: u32,
    source_profile: u32,
    sign_in: u32,
    region: u32,
    account: u32,
    role: u32,
    problem: u32,
}

/// Texts of one kind, by number from 1. Mostly the same few follow each other.
#[derive(Debug, Default)]
struct Texts<'s> {
    all: Vec<&'s str>,
    /// The number given last.
    last: u32,
}

impl<'s> Texts<'s> {
    /// The number of a text: the same one again if it is the last one, or one of the last few.
    fn number(&mut self, text: Option<&'s str>) -> u32 {
        let Some(text) = text else { return 0 };
        if self.get(self.last) != Some(text) {
            let few = self.all.len().saturating_sub(6);
            let seen = self.all[few..].iter().position(|seen| *seen == text).map(|at| few + at);
            let at = seen.unwrap_or(self.all.len());
            if seen.is_none() {
                self.all.push(text);
            }
            self.last = offset(at + 1);
        }
        self.last
    }

    fn get(&self, number: u32) -> Option<&'s str> {
        self.all.get((number as usize).checked_sub(1)?).copied()
    }
}

/// All profiles, in file order.
#[derive(Debug)]
pub struct Survey<'s> {
    set: &'s ProfileSet,
    rows: Vec<Packed>,
    sources: Texts<'static>,
    source_profiles: Texts<'s>,
    regions: Texts<'s>,
    accounts: Texts<'s>,
    roles: Texts<'s>,
    problems: Vec<String>,
    sign_ins: Vec<SignIn>,
    /// What is doubtful in the profiles' sections.
    pub doubts: Vec<Finding>,
}

impl<'s> Survey<'s> {
    /// Looks at every profile.
    pub fn new(set: &'s ProfileSet) -> Self {
        let mut surveyor = Surveyor::new(set);
        let mut settings = Settings::default();
        let mut survey = Self {
            set,
            rows: Vec::with_capacity(set.len()),
            sources: Texts::default(),
            source_profiles: Texts::default(),
            regions: Texts::default(),
            accounts: Texts::default(),
            roles: Texts::default(),
            problems: Vec::new(),
            sign_ins: Vec::new(),
            doubts: Vec::new(),
        };
        for group in set.of_kind(SectionKind::Profile) {
            let row = surveyor.row(group, &mut settings);
            survey.keep(group, row);
            survey.doubts.extend(settings.doubts.iter_mut().map(|doubt| Finding {
                code: "config-ambiguous",
                message: std::mem::take(&mut doubt.why).into_owned(),
                location: set.location(doubt.spot),
            }));
        }
        survey.sign_ins = surveyor.sign_ins.all;
        survey
    }

    /// How many profiles there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without any profile.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True if a profile cannot be used.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Surveyed<'_>> {
        self.rows.iter().map(|row| self.unpack(row))
    }

    /// The profiles' names, without the rest of the rows.
    pub fn profiles(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.rows.iter().map(|row| self.set.name_text(row.group))
    }

    /// The sources, each at least once.
    pub fn sources(&self) -> impl Iterator<Item = &'static str> {
        self.sources.all.iter().copied()
    }

    /// The profiles that other profiles' credentials start in, likewise.
    pub fn source_profiles(&self) -> impl Iterator<Item = &str> {
        self.source_profiles.all.iter().copied()
    }

    /// The Identity Center sign-ins that profiles start in, each once.
    pub fn sign_ins(&self) -> &[SignIn] {
        &self.sign_ins
    }

    /// The accounts, likewise, in the order of the rows.
    pub fn accounts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.accounts.all.iter().copied().map(ungrouped)
    }

    /// The roles, likewise.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.all.iter().copied()
    }

    /// The regions, likewise.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.regions.all.iter().copied()
    }

    fn keep(&mut self, group: GroupId, row: Row<'s>) {
        let problem = row.problem.map_or(0, |problem| {
            self.problems.push(problem);
            u32::try_from(self.problems.len()).unwrap_or(0)
        });
        let start = row.start.filter(|_| problem == 0);
        let other = start.filter(|start| start.group != group).and_then(|start| self.set.utf8_name(start.group));
        self.rows.push(Packed {
            group,
            source: self.sources.number(start.map(|start| start.label)),
            source_profile: self.source_profiles.number(other),
            sign_in: start.map_or(0, |start| start.sign_in),
            region: self.regions.number(row.region),
            account: self.accounts.number(row.account),
            role: self.roles.number(row.role),
            problem,
        });
    }

    fn unpack(&self, row: &Packed) -> Surveyed<'_> {
        Surveyed {
            profile: self.set.name_text(row.group),
            source: self.sources.get(row.source),
            source_profile: self.source_profiles.get(row.source_profile),
            sign_in_number: row.sign_in as usize,
            region: self.regions.get(row.region),
            account: self.accounts.get(row.account).map(ungrouped),
            account_number: row.account as usize,
            role: self.roles.get(row.role),
            spot: self.set.spot(row.group),
            problem: (row.problem as usize).checked_sub(1).and_then(|at| self.problems.get(at)).map(String::as_str),
        }
    }
}

/// An account without the hyphens that a pin may be written with.
fn ungrouped(account: &str) -> Cow<'_, str> {
    if account.len() == 12 { Cow::Borrowed(account) } else { Cow::Owned(account.replace('-', "")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::profile::set::tests::set_of;

    /// A survey says of each profile what its plan says.
    fn agrees(config: &str, credentials: &str) {
        let set = set_of(config.as_bytes(), credentials.as_bytes());
        for row in Survey::new(&set).rows() {
            let expect = match set.plan(&row.profile) {
                Ok(plan) => {
                    let other = (plan.source_profile != plan.profile).then_some(plan.source_profile);
                    assert_eq!(row.region, plan.connection.region.as_ref().map(|region| region.as_str()));
                    if let Some(pin) = plan.pins.first() {
                        assert_eq!(row.account.as_deref(), Some(pin.account.as_str()));
                    }
                    (Some(plan.source.label()), other, None)
                }
                Err(error) => (None, None, Some(error.to_string())),
            };
            let source_profile = row.source_profile.map(str::to_owned);
            assert_eq!(
                (row.source, source_profile, row.problem.map(str::to_owned)),
                expect,
                "{} in {config}",
                row.profile
            );
        }
    }

    #[test]
    fn a_survey_agrees_with_plans() {
        let role = "role_arn = arn:aws:iam::111122223333:role/r\n";
        let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n";
        let mut config = format!(
            "[profile a]\n{role}source_profile = b\n[profile b]\n{role}source_profile = c\n[profile c]\n{keys}\
             [profile loop1]\n{role}source_profile = loop2\n[profile loop2]\n{role}source_profile = loop1\n\
             [profile to-loop]\n{role}source_profile = loop1\n[profile own]\n{keys}{role}source_profile = own\n\
             [profile to-own]\n{role}source_profile = own\n[profile self]\n{role}source_profile = self\n\
             [profile to-self]\n{role}source_profile = self\n[profile env]\n{role}credential_source = Environment\n\
             [profile token]\n{keys}aws_session_token = t\nregion = bad\n[profile sso]\nsso_session = s\nsso_role_name = r\n\
             sso_account_id = 111122223333\n[sso-session s]\nsso_start_url = x\nsso_region = eu-west-1\n\
             [profile bad-sso]\nsso_session = s\nsso_role_name = r\nsso_account_id = 111122223333\nsso_region = us-east-1\n\
             [profile pinned]\n{keys}awsenv_account_id = 1111-2222-3333\n[profile flagged]\n{keys}use_fips_endpoint = x\n"
        );
        for n in 0..40 {
            config += &format!("[profile p{n}]\n{role}source_profile = p{}\n", n + 1);
        }
        config += &format!("[profile p40]\n{keys}");
        agrees(&config, "[c]\naws_session_token = t\n[d]\nregion = eu-west-1\n");
    }

    proptest! {
        #[test]
        fn a_survey_agrees_with_plans_on_anything(lines in proptest::collection::vec(prop_oneof![
            Just("[profile a]"), Just("[profile b]"), Just("[profile c]"), Just("[default]"), Just("[sso-session s]"),
            Just("source_profile = a"), Just("source_profile = b"), Just("source_profile = c"),
            Just("role_arn = arn:aws:iam::111122223333:role/r"), Just("role_arn = x"), Just("region = eu-west-1"),
            Just("region = x"), Just("aws_access_key_id = AKIAIOSFODNN7EXAMPLE"), Just("aws_secret_access_key = s"),
            Just("sso_session = s"), Just("sso_account_id = 111122223333"), Just("sso_role_name = r"),
            Just("sso_start_url = u"), Just("sso_region = eu-west-1"), Just("credential_process = /p"),
            Just("credential_source = Environment"), Just("web_identity_token_file = /t"), Just("services = v"),
            Just("duration_seconds = 1"), Just("  more"), Just("bad"), Just("awsenv_account_id = 1"),
            Just("awsenv_acount_id = 1"), Just("awsenv_account_id = 444455556666"), Just("login_session = arn:aws:iam::1:user/u"),
            Just("awsenv_policy_arns = arn:aws:iam::aws:policy/P"), Just("session_tags = a=1"),
        ], 0..30)) {
            agrees(&lines.join("\n"), "");
        }
    }
}
