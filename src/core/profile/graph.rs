//! From a profile along its `source_profile` links to where its credentials start.

use std::collections::BTreeMap;

use super::{
    base::{Base, Sso},
    check::role_parts,
    error::{PlanError, check_name},
    header::SectionKind,
    plan::{Connection, Finding, Location, Pin, Plan, RoleHop, Source},
    set::{GroupId, ProfileSet},
    settings::{Key, Settings, Spot, service_endpoints},
    step::{From, Profile},
};
use crate::core::{identity::AccountId, region::Region, secret::Secret};

/// The longest chain of roles. AWS itself sets no limit, but each is a call.
pub(super) const MOST_HOPS: usize = 32;

type Result<T> = std::result::Result<T, PlanError>;

impl ProfileSet {
    /// Settles everything that the files say about getting this profile's credentials.
    pub fn plan(&self, name: &str) -> Result<Plan> {
        check_name(name.as_bytes())?;
        let Some(selected) = self.find(SectionKind::Profile, name.as_bytes()) else {
            return self.in_vault(name).map(|found| self.vault_plan(name, found)).ok_or_else(|| self.unknown(name));
        };
        let mut chain = Chain { set: self, groups: vec![selected], links: Vec::new(), findings: Vec::new() };
        let mut hops = Vec::new();
        let mut connection = Connection::default();
        let mut pins = Vec::new();
        let mut group = selected;
        let (source, source_location, source_profile, source_mfa) = loop {
            let mut settings = Settings::default();
            self.settings(group, &mut settings)?;
            if let Some((key, spot)) = settings.misspelt {
                let own = "awsenv_account_id, awsenv_session_policy and awsenv_policy_arns";
                let message = format!("`{key}` is no key of awsenv's, which are {own}");
                return Err(PlanError::config("config-value", self.location(spot), message));
            }
            chain.doubts(&settings);
            let profile = Profile { set: self, group, settings: &settings };
            if group == selected && hops.is_empty() {
                connection = chain.connection(&profile)?;
                pins.extend(own_pin(&profile)?);
            }
            let is_source = group != selected || !hops.is_empty();
            if !profile.has_role() || (is_source && profile.has_keys()) {
                let name = self.name_text(group);
                let (source, location, from) = match (profile.base(), self.in_vault(&name)) {
                    (Ok(_), Some(_)) => return Err(self.twice(&name, group)),
                    // What the files say of a profile of the vault, apart from its keys.
                    (Err(error), Some(kept)) if error.code() == "no-credentials" => {
                        if hops.is_empty() {
                            connection.region = connection.region.or_else(|| kept.region.clone());
                            pins.extend(kept.pin(&name));
                        }
                        (Source::Vault(kept.credentials.clone()), self.vault_location(), name.into_owned())
                    }
                    (base, _) => {
                        let base = base?;
                        if is_source {
                            profile.check_source_pin(base.account())?;
                        }
                        chain.source(&profile, &base)?
                    }
                };
                break (source, location, from, profile.mfa()?);
            }
            if self.in_vault(&self.name_text(group)).is_some() {
                return Err(self.twice(&self.name_text(group), group));
            }
            let from = profile.role()?;
            if is_source {
                profile.check_source_pin(profile.role_account())?;
            }
            if hops.len() == MOST_HOPS {
                return Err(chain.too_long());
            }
            hops.push(hop(&profile)?);
            match from {
                From::Base(base) => {
                    let (source, location, from) = chain.source(&profile, &base)?;
                    break (source, location, from, None);
                }
                From::Profile(next, spot) => {
                    if let Some(kept) = self.in_vault(next)
                        && self.find(SectionKind::Profile, next.as_bytes()).is_none()
                    {
                        break (Source::Vault(kept.credentials.clone()), self.vault_location(), next.to_owned(), None);
                    }
                    group = chain.follow(&profile, next, spot)?;
                }
            }
        };
        hops.reverse();
        let from_vault = self.in_vault(&source_profile).filter(|_| matches!(source, Source::Vault(_)));
        let totp = from_vault.and_then(|kept| kept.totp.clone());
        pins.extend(pin_of(&source, &source_location, hops.last()));
        chain.findings.extend(self.findings_of(&chain.groups));
        Ok(Plan {
            profile: name.to_owned(),
            location: self.location(self.spot(selected)),
            source,
            source_profile,
            source_location,
            source_mfa,
            totp,
            hops,
            connection,
            pins,
            findings: chain.findings,
            default_has_endpoints: name != "default" && self.default_has_endpoints(),
        })
    }

    /// Whether `[default]`, which the AWS files may hold beside the profile asked for, names endpoints.
    pub(super) fn default_has_endpoints(&self) -> bool {
        let Some(default) = self.find(SectionKind::Profile, b"default") else { return false };
        let mut settings = Settings::default();
        // What is wrong with a profile that nobody asked for is not said here.
        self.settings(default, &mut settings).is_ok()
            && [Key::EndpointUrl, Key::Services].into_iter().any(|key| settings.get(key).is_some())
    }

    /// The names in the files and in the vault.
    fn all_names(&self) -> impl Iterator<Item = &str> {
        self.names().chain(self.in_vault_alone().map(|(name, _)| name))
    }

    /// There is no such profile; if a part of a file cannot be read, it may stand there.
    fn unknown(&self, name: &str) -> PlanError {
        match self.syntax_error() {
            Some(finding) => finding.clone().into(),
            None => PlanError::Unknown { name: name.to_owned(), near: super::error::near(name, self.all_names()) },
        }
    }
}

/// The way gone so far.
struct Chain<'s> {
    set: &'s ProfileSet,
    /// Every group whose sections were used.
    groups: Vec<GroupId>,
    /// Profiles and the places of their `source_profile`.
    links: Vec<(GroupId, Spot)>,
    findings: Vec<Finding>,
}

impl Chain<'_> {
    fn doubts(&mut self, settings: &Settings<'_>) {
        self.findings.extend(settings.doubts.iter().map(|doubt| Finding {
            code: "config-ambiguous",
            message: doubt.why.clone().into_owned(),
            location: self.set.location(doubt.spot),
        }));
    }

    /// Goes to the profile that `source_profile` names.
    fn follow(&mut self, profile: &Profile<'_>, next: &str, spot: Spot) -> Result<GroupId> {
        let name = self.set.name_text(profile.group);
        let Some(group) = self.set.find(SectionKind::Profile, next.as_bytes()) else {
            let location = self.set.location(spot);
            return Err(PlanError::DanglingSource { from: name.into_owned(), to: next.to_owned(), location });
        };
        self.links.push((profile.group, spot));
        if group == profile.group {
            // A profile may be its own source, for the keys beside its role.
            return if profile.has_keys() {
                Ok(group)
            } else {
                let message = format!("profile `{name}` is its own source_profile, but has no keys of its own");
                Err(profile.error("no-credentials", spot, message))
            };
        }
        if self.groups.contains(&group) {
            return Err(self.cycle(group));
        }
        self.groups.push(group);
        Ok(group)
    }

    fn cycle(&self, back_to: GroupId) -> PlanError {
        let start = self.links.iter().position(|(group, _)| *group == back_to).unwrap_or(0);
        let (spot, trail) = self.trail(start);
        let message = format!("source_profile goes round in a circle: {trail} → {}", self.set.name_text(back_to));
        PlanError::config("profile-cycle", self.set.location(spot), message)
    }

    fn too_long(&self) -> PlanError {
        let start = self.links.len().saturating_sub(3);
        let (spot, trail) = self.trail(start);
        let message = format!("more than {MOST_HOPS} roles one after the other, the last ones being {trail}");
        PlanError::config("chain-too-long", self.set.location(spot), message)
    }

    /// `a (config:3) → b (config:6)`, and the first place.
    fn trail(&self, start: usize) -> (Spot, String) {
        let links: Vec<String> = self.links[start..]
            .iter()
            .map(|(group, spot)| format!("{} ({})", self.set.name_text(*group), self.set.location(*spot)))
            .collect();
        (self.links[start].1, links.join(" → "))
    }

    fn source(&mut self, profile: &Profile<'_>, base: &Base<'_>) -> Result<(Source, Location, String)> {
        let location = self.set.location(base.spot());
        let source = match base {
            Base::Keys { id, secret, file, .. } => self.keys(profile, id, secret, *file)?,
            Base::Process { command, .. } => Source::Process { command: (*command).to_owned() },
            Base::WebIdentity { role_arn, token_file, .. } => Source::WebIdentity {
                role_arn: (*role_arn).to_owned(),
                token_file: (*token_file).to_owned(),
                terms: profile.terms()?,
            },
            Base::Sso(sso) => self.sso(profile, sso)?,
            Base::Login { session, .. } => Source::Login { session: (*session).to_owned() },
            Base::Environment(_) => Source::Environment,
            Base::Ec2InstanceMetadata(_) => Source::Ec2InstanceMetadata,
            Base::EcsContainer(_) => Source::EcsContainer,
        };
        Ok((source, location, self.set.name_text(profile.group).into_owned()))
    }

    /// A key pair with its token, all from the same file.
    fn keys(&self, profile: &Profile<'_>, id: &str, secret: &str, file: u8) -> Result<Source> {
        let get = |key| profile.settings.get_in(file, key).filter(|entry| !entry.value.is_empty());
        let claimed = match get(Key::AccountId) {
            None => None,
            Some(entry) => Some(
                AccountId::parse(&entry.value)
                    .map_err(|bad| profile.error("bad-account", entry.spot, format!("aws_account_id: {bad}")))?,
            ),
        };
        let expires = get(Key::SecurityTokenExpires).or(get(Key::Expiration));
        Ok(Source::StaticKeys {
            access_key_id: id.to_owned(),
            secret_access_key: Secret::new(secret),
            // The order is the AWS CLI's.
            session_token: get(Key::SecurityToken)
                .or(get(Key::SessionToken))
                .map(|entry| Secret::new(entry.value.as_ref())),
            claimed_account: claimed,
            expires: expires.map(|entry| entry.value.clone().into_owned()),
        })
    }

    fn sso(&mut self, profile: &Profile<'_>, sso: &Sso<'_>) -> Result<Source> {
        let mut session = Settings::default();
        if let Some((_, group)) = sso.session {
            self.set.settings(group, &mut session)?;
            self.groups.push(group);
            self.doubts(&session);
        }
        let (start_url, region) = profile.sso_instance(sso, &session)?;
        Ok(Source::Sso {
            session: sso.session.map(|(name, _)| name.to_owned()),
            start_url: start_url.to_owned(),
            region: Region::parse(region).map_err(|bad| profile.error("bad-region", sso.spot, bad.to_string()))?,
            account: AccountId::parse(sso.account)
                .map_err(|bad| profile.error("bad-account", sso.spot, bad.to_string()))?,
            role: sso.role.to_owned(),
        })
    }

    fn connection(&mut self, profile: &Profile<'_>) -> Result<Connection> {
        let region = profile.region(Key::Region)?.and_then(|name| Region::parse(name).ok());
        for key in [Key::EndpointUrl, Key::CaBundle] {
            if let Some(entry) = profile.get(key) {
                profile.trusted(entry, key.name())?;
            }
        }
        let text = |key| profile.text(key).filter(|value| !value.is_empty()).map(str::to_owned);
        Ok(Connection {
            region,
            endpoint_url: text(Key::EndpointUrl),
            service_endpoints: self.service_endpoints(profile)?,
            ignore_configured_endpoints: flag(profile, Key::IgnoreConfiguredEndpointUrls)?,
            use_fips: flag(profile, Key::UseFipsEndpoint)?,
            use_dualstack: flag(profile, Key::UseDualstackEndpoint)?,
            ca_bundle: text(Key::CaBundle),
        })
    }

    fn service_endpoints(&mut self, profile: &Profile<'_>) -> Result<BTreeMap<String, String>> {
        let mut endpoints = BTreeMap::new();
        let Some(group) = profile.services()? else { return Ok(endpoints) };
        self.groups.push(group);
        for (body, spot) in self.set.bodies(group) {
            let found = service_endpoints(body, spot.line as usize).map_err(|bad| self.set.bad_line(spot.file, bad))?;
            for (service, (url, line)) in found {
                if !self.set.files()[usize::from(spot.file & 1)].trusted {
                    let spot = Spot { line: u32::try_from(line).unwrap_or(u32::MAX), ..spot };
                    return Err(profile.untrusted("endpoint_url", spot));
                }
                endpoints.insert(service, url);
            }
        }
        Ok(endpoints)
    }
}

fn hop(profile: &Profile<'_>) -> Result<RoleHop> {
    let text = |key| profile.text(key).filter(|value| !value.is_empty()).map(str::to_owned);
    let arn = profile.get(Key::RoleArn);
    let spot = arn.map_or_else(|| profile.set.spot(profile.group), |entry| entry.spot);
    let account = arn.and_then(|arn| role_parts(&arn.value)).map_or("", |(account, _)| account);
    Ok(RoleHop {
        profile: profile.set.name_text(profile.group).into_owned(),
        role_arn: text(Key::RoleArn).unwrap_or_default(),
        account: AccountId::parse(account).map_err(|bad| profile.error("bad-arn", spot, bad.to_string()))?,
        terms: profile.terms()?,
        mfa: profile.mfa()?,
        region: profile.region(Key::Region)?.and_then(|name| Region::parse(name).ok()),
        location: profile.set.location(spot),
    })
}

/// `true` or `false`.
fn flag(profile: &Profile<'_>, key: Key) -> Result<Option<bool>> {
    let Some(entry) = profile.get(key) else { return Ok(None) };
    if entry.value.eq_ignore_ascii_case("true") {
        Ok(Some(true))
    } else if entry.value.eq_ignore_ascii_case("false") {
        Ok(Some(false))
    } else {
        let message = format!("{} must be true or false, not `{}`", key.name(), entry.value);
        Err(profile.error("config-value", entry.spot, message))
    }
}

fn own_pin(profile: &Profile<'_>) -> Result<Option<Pin>> {
    let Some(entry) = profile.pin()? else { return Ok(None) };
    let account = AccountId::parse(&entry.value)
        .map_err(|bad| profile.error("bad-account", entry.spot, format!("awsenv_account_id: {bad}")))?;
    let because = format!("awsenv_account_id in {}", profile.set.location(entry.spot));
    Ok(Some(Pin { account, because, explicit: true }))
}

/// The account that the last step itself names.
fn pin_of(source: &Source, location: &Location, last: Option<&RoleHop>) -> Option<Pin> {
    if let Some(hop) = last {
        return Some(Pin {
            account: hop.account.clone(),
            because: format!("role_arn in {}", hop.location),
            explicit: false,
        });
    }
    match source {
        Source::Sso { account, .. } => {
            Some(Pin { account: account.clone(), because: format!("sso_account_id in {location}"), explicit: false })
        }
        Source::WebIdentity { role_arn, .. } => {
            let account = AccountId::parse(role_parts(role_arn)?.0).ok()?;
            Some(Pin { account, because: format!("role_arn of the profile in {location}"), explicit: false })
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
