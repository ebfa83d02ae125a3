//! How a survey looks at one profile: where its credentials start, and what it says.

use std::{borrow::Cow, collections::HashMap};

use super::{
    base::{Base, Sso},
    check::{is_account, role_parts},
    error::{check_name, check_text},
    header::SectionKind,
    set::{GroupId, ProfileSet},
    settings::{Entry, Key, Settings},
    step::{From, Profile},
    text::offset,
};
use crate::core::{identity::AccountId, region::Region, sign_in::SignIn};

/// What a source profile turned out to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) label: &'static str,
    pub(super) group: GroupId,
    /// The number of the sign-in that it is, from 1; 0 for none.
    pub(super) sign_in: u32,
}

/// The Identity Center sign-ins of all profiles, each once.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    pub(super) all: Vec<SignIn>,
    numbers: HashMap<SignIn, u32>,
    /// The number given last: most profiles have the sign-in of the one before.
    last: u32,
}

impl SignIns {
    /// The number of a sign-in.
    fn number(&mut self, session: Option<&str>, start_url: &str, region: &str) -> u32 {
        let is_this = |one: &SignIn| {
            one.session.as_deref() == session && one.start_url == start_url && one.region.as_str() == region
        };
        if !(self.last as usize).checked_sub(1).and_then(|at| self.all.get(at)).is_some_and(is_this) {
            let Ok(region) = Region::parse(region) else { return 0 };
            let sign_in = SignIn::new(session, start_url, &region);
            let all = &mut self.all;
            self.last = *self.numbers.entry(sign_in).or_insert_with_key(|new| {
                all.push(new.clone());
                offset(all.len())
            });
        }
        self.last
    }
}

/// A row as it is found.
#[derive(Default)]
pub(super) struct Row<'s> {
    pub(super) start: Option<Start>,
    pub(super) region: Option<&'s str>,
    pub(super) account: Option<&'s str>,
    pub(super) role: Option<&'s str>,
    pub(super) problem: Option<String>,
}

type Sessions<'s> = Vec<Option<Box<Settings<'s>>>>;

pub(super) struct Surveyor<'s> {
    set: &'s ProfileSet,
    /// For each group the start of its chain when it is used as a source profile, once known.
    starts: Vec<Option<Start>>,
    /// For each group that is a session what it says, once known.
    sessions: Sessions<'s>,
    pub(super) sign_ins: SignIns,
    scratch: Settings<'s>,
}

/// Settings whose checks are left to the plan: few profiles have them.
const RARE: [Key; 8] = [
    Key::EndpointUrl,
    Key::CaBundle,
    Key::Services,
    Key::IgnoreConfiguredEndpointUrls,
    Key::UseFipsEndpoint,
    Key::UseDualstackEndpoint,
    Key::AwsenvAccountId,
    Key::AccountId,
];

impl<'s> Surveyor<'s> {
    pub(super) fn new(set: &'s ProfileSet) -> Self {
        Self {
            set,
            starts: Vec::new(),
            sessions: Vec::new(),
            sign_ins: SignIns::default(),
            scratch: Settings::default(),
        }
    }

    /// Looks at one profile, and leaves what it says in `settings`.
    pub(super) fn row(&mut self, group: GroupId, settings: &mut Settings<'s>) -> Row<'s> {
        let name = match self.set.utf8_name(group).map_or_else(|| check_name(self.set.name(group)), check_text) {
            Ok(name) => name,
            Err(error) => {
                settings.clear();
                return Row { problem: Some(error.to_string()), ..Row::default() };
            }
        };
        let read = self.set.settings(group, settings).is_ok() && settings.misspelt.is_none();
        let start = if read { self.start(group, settings) } else { None };
        let rare = start.is_none() || settings.has_any(&RARE);
        if !rare {
            return said(settings, start, None);
        }
        match self.set.plan(name) {
            // The vault's profiles are no groups: that it starts there is all that is said, and what the vault has of it.
            Ok(plan) if start.is_none() => {
                let row = said(settings, Some(Start { label: plan.source.label(), group, sign_in: 0 }), None);
                let Some(kept) = self.set.in_vault(name) else { return row };
                let account = row.account.or(kept.account.as_ref().map(AccountId::as_str));
                let region = row.region.or(kept.region.as_ref().map(Region::as_str));
                Row { account, region, ..row }
            }
            Ok(_) => said(settings, start, None),
            Err(error) => said(settings, start, Some(error.to_string())),
        }
    }

    /// Where a selected profile's credentials start; `None` for whatever its plan will complain about.
    fn start(&mut self, group: GroupId, settings: &Settings<'s>) -> Option<Start> {
        let profile = Profile { set: self.set, group, settings };
        profile.region(Key::Region).ok()?;
        if !profile.has_role() {
            return self.base_start(&profile);
        }
        match profile.role().ok()? {
            From::Base(base) => Some(Start { label: base.label(), group, sign_in: 0 }),
            From::Profile(next, _) => {
                let next = self.set.find(SectionKind::Profile, next.as_bytes())?;
                if next == group {
                    return if profile.has_keys() { self.base_start(&profile) } else { None };
                }
                // A chain back to here, or one that is too long, has no start; the plan says so.
                self.source_start(next, 1)
            }
        }
    }

    /// Where the credentials of a source profile start. `hops` roles were seen before it.
    fn source_start(&mut self, first: GroupId, mut hops: usize) -> Option<Start> {
        let mut group = first;
        if let Some(Some(start)) = self.starts.get(group.index()) {
            return Some(*start);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let start = loop {
            if self.set.settings(group, &mut scratch).is_err() || scratch.misspelt.is_some() {
                break None;
            }
            let profile = Profile { set: self.set, group, settings: &scratch };
            if profile.has_keys() || !profile.has_role() {
                break self.source_base_start(&profile);
            }
            hops += 1;
            let pin = profile.check_source_pin(profile.role_account());
            if hops > super::graph::MOST_HOPS || profile.region(Key::Region).is_err() || pin.is_err() {
                break None;
            }
            match profile.role() {
                Ok(From::Base(base)) => break Some(Start { label: base.label(), group, sign_in: 0 }),
                Ok(From::Profile(next, _)) => match self.set.find(SectionKind::Profile, next.as_bytes()) {
                    Some(next) if next != group => group = next,
                    _ => break None,
                },
                Err(_) => break None,
            }
        };
        self.scratch = scratch;
        // Kept only for a source without a role of its own: behind one, the length of the whole chain counts.
        if let Some(start) = start
            && start.group == first
            && group == first
            && hops == 1
        {
            if self.starts.len() <= first.index() {
                self.starts.resize(first.index() + 1, None);
            }
            self.starts[first.index()] = Some(start);
        }
        start
    }

    /// The same of a source, whose pin is held against what it says itself.
    fn source_base_start(&mut self, profile: &Profile<'_>) -> Option<Start> {
        profile.check_source_pin(profile.base().ok()?.account()).ok()?;
        self.base_start(profile)
    }

    fn base_start(&mut self, profile: &Profile<'_>) -> Option<Start> {
        let base = profile.base().ok()?;
        let sign_in = if let Base::Sso(sso) = &base { self.sign_in(profile, sso)? } else { 0 };
        Some(Start { label: base.label(), group: profile.group, sign_in })
    }

    /// The number of the sign-in that a profile names.
    fn sign_in(&mut self, profile: &Profile<'_>, sso: &Sso<'_>) -> Option<u32> {
        let nothing;
        let (name, session) = match sso.session {
            None => {
                nothing = Settings::default();
                (None, &nothing)
            }
            Some((name, group)) => (Some(name), session(self.set, &mut self.sessions, group)?),
        };
        let (start_url, region) = profile.sso_instance(sso, session).ok()?;
        Some(self.sign_ins.number(name, start_url, region))
    }
}

/// What the section of a session says.
fn session<'k, 's>(set: &'s ProfileSet, known: &'k mut Sessions<'s>, group: GroupId) -> Option<&'k Settings<'s>> {
    if known.len() <= group.index() {
        known.resize_with(group.index() + 1, || None);
    }
    let slot = &mut known[group.index()];
    if slot.is_none() {
        let mut settings = Settings::default();
        set.settings(group, &mut settings).ok()?;
        *slot = Some(Box::new(settings));
    }
    slot.as_deref()
}

/// What the profile says of itself, whether or not it can be used.
fn said<'s>(settings: &Settings<'s>, start: Option<Start>, problem: Option<String>) -> Row<'s> {
    let text = |key| settings.get(key).and_then(borrowed);
    let role = text(Key::RoleArn).and_then(role_parts);
    let sso_account = text(Key::SsoAccountId).filter(|account| is_account(account));
    let pin = text(Key::AwsenvAccountId).filter(|pin| AccountId::parse(pin).is_ok());
    Row {
        start,
        region: text(Key::Region).filter(|region| Region::is_name(region)),
        account: pin.or(role.map(|(account, _)| account)).or(sso_account),
        role: role.map(|(_, name)| name).or(text(Key::SsoRoleName)),
        problem,
    }
}

/// A value of one line, which needs no copy.
fn borrowed<'s>(entry: &Entry<'s>) -> Option<&'s str> {
    match entry.value {
        Cow::Borrowed(text) => Some(text),
        Cow::Owned(_) => None,
    }
}
