//! Account ID → name, class, colour, protection, as the settings say (docs/cli.md, "Settings").
//!
//! An account's class comes from its ID's entry, else from the first rule on its alias or name. What a profile or a role
//! is called says nothing about the account behind it, so rules on those raise protection and suggest, no more.

use std::{collections::BTreeMap, fmt, str::FromStr};

use wildmatch::WildMatch;

use super::{identity::AccountId, profile::plan::Pin};

/// The class of an account that nothing is known about.
pub const UNKNOWN: &str = "unknown";
/// Its colour, where the settings give none.
const GREY: Color = Color { r: 0x66, g: 0x66, b: 0x66 };

/// What the settings say about one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name in the settings, if any.
    pub name: Option<String>,
    /// Class: `production`, `staging`, …, `unknown`.
    pub class: String,
    /// Why it has that class: an entry, a rule, or nothing.
    pub class_from: ClassFrom,
    /// Colour of the account.
    pub color: Color,
    /// How far it is protected.
    pub protection: Protection,
    /// The class that a rule on the profile's or role's name suggests, where it is not `class`. Never evidence.
    pub suggested_class: Option<String>,
}

/// What gave an account its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassFrom {
    /// `[accounts.ID]`.
    Entry,
    /// `[[rules]]`, on the alias or the account's name.
    Rule,
    /// Nothing: the account is unknown.
    Nothing,
}

/// How much stands between a user and write access. Ordered from weakest to strongest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// Nothing.
    #[default]
    None,
    /// Typed confirmation of the account.
    Confirm,
    /// Read-only until write access is asked for and confirmed.
    ReadOnly,
    /// No access.
    Deny,
}

impl Protection {
    /// The word in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Confirm => "confirm",
            Self::ReadOnly => "read-only",
            Self::Deny => "deny",
        }
    }
}

/// A colour: 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

/// A text that is no colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a colour is of the form #rrggbb, not `{0}`")]
pub struct BadColor(pub String);

impl FromStr for Color {
    type Err = BadColor;

    fn from_str(text: &str) -> Result<Self, BadColor> {
        let digits = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|c| c.is_ascii_hexdigit()));
        let number =
            digits.and_then(|hex| u32::from_str_radix(hex, 16).ok()).ok_or_else(|| BadColor(text.to_owned()))?;
        let [_, r, g, b] = number.to_be_bytes();
        Ok(Self { r, g, b })
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.r, self.g, self.b)
    }
}

/// An `[accounts.ID]` entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Name to show.
    pub name: Option<String>,
    /// Class.
    pub class: Option<String>,
    /// Colour, instead of the class's.
    pub color: Option<Color>,
    /// Protection, whatever the rules say.
    pub protection: Option<Protection>,
}

/// Globs on one property, of which one must match; no globs match anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Globs(pub(crate) Vec<WildMatch>);

impl Globs {
    fn is_given(&self) -> bool {
        !self.0.is_empty()
    }

    fn allow<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        !self.is_given() || texts.into_iter().any(|text| self.0.iter().any(|glob| glob.matches(text)))
    }
}

/// A `[[rules]]` entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) alias: Globs,
    pub(crate) name: Globs,
    pub(crate) profile: Globs,
    pub(crate) role: Globs,
    pub(crate) ou: Globs,
    pub(crate) class: Option<String>,
    pub(crate) protection: Option<Protection>,
}

impl Rule {
    /// True where only facts about the account are matched: such a rule may set the class.
    fn is_about_the_account(&self) -> bool {
        !(self.profile.is_given() || self.role.is_given() || self.ou.is_given())
    }

    fn matches(&self, facts: &Facts<'_>) -> bool {
        self.alias.allow(facts.alias)
            && self.name.allow(facts.names.into_iter().flatten())
            && self.profile.allow(facts.profile)
            && self.role.allow(facts.role)
            && self.ou.allow(None)
    }

    /// The class of a rule on nothing but the alias, where `text` looks like such an alias.
    fn class_by_likeness(&self, text: &str) -> Option<&str> {
        let only_alias = self.is_about_the_account() && !self.name.is_given();
        self.class.as_deref().filter(|_| only_alias && self.alias.allow([text]))
    }
}

/// What rules are matched against.
struct Facts<'a> {
    alias: Option<&'a str>,
    names: [Option<&'a str>; 2],
    profile: Option<&'a str>,
    role: Option<&'a str>,
}

/// The registry of accounts, from the settings. The default one knows nothing.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    pub(crate) entries: BTreeMap<AccountId, Entry>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) classes: BTreeMap<String, Color>,
    pub(crate) pins: BTreeMap<String, Pin>,
}

impl Registry {
    /// Looks an account up.
    pub fn account(
        &self,
        id: &AccountId,
        alias: Option<&str>,
        name: Option<&str>,
        profile: Option<&str>,
        role: Option<&str>,
    ) -> Account {
        let entry = self.entries.get(id);
        let own_name = entry.and_then(|entry| entry.name.as_deref());
        let facts = Facts { alias, names: [name, own_name], profile, role };

        let (class, class_from) = if let Some(class) = entry.and_then(|entry| entry.class.as_deref()) {
            (class, ClassFrom::Entry)
        } else if let Some(class) = self.matching(&facts).filter(|r| r.is_about_the_account()).find_map(Rule::class) {
            (class, ClassFrom::Rule)
        } else {
            (UNKNOWN, ClassFrom::Nothing)
        };
        let asked = self.matching(&facts).filter_map(|rule| rule.protection).max();
        Account {
            name: own_name.map(str::to_owned),
            class: class.to_owned(),
            class_from,
            color: entry.and_then(|entry| entry.color).unwrap_or_else(|| self.color(class)),
            protection: entry.and_then(|entry| entry.protection).or(asked).unwrap_or_default(),
            suggested_class: self
                .suggestion(&facts, class_from)
                .filter(|suggested| *suggested != class)
                .map(str::to_owned),
        }
    }

    /// The pin of `[profiles.NAME] account`, if the settings have one.
    pub fn pin(&self, profile: Option<&str>) -> Option<Pin> {
        self.pins.get(profile?).cloned()
    }

    /// The highest protection of the rules on this profile alone: all that is known before STS has answered.
    pub fn protection_of_profile(&self, profile: &str) -> Protection {
        let facts = Facts { alias: None, names: [None, None], profile: Some(profile), role: None };
        self.matching(&facts).filter_map(|rule| rule.protection).max().unwrap_or_default()
    }

    /// The accounts that have an entry, by ID.
    pub fn entries(&self) -> impl Iterator<Item = (&AccountId, &Entry)> {
        self.entries.iter()
    }

    /// The classes and their colours, by name.
    pub fn classes(&self) -> impl Iterator<Item = (&str, Color)> {
        self.classes.iter().map(|(name, color)| (name.as_str(), *color))
    }

    /// The colour of a class.
    pub fn color(&self, class: &str) -> Color {
        self.classes.get(class).or_else(|| self.classes.get(UNKNOWN)).copied().unwrap_or(GREY)
    }

    fn matching(&self, facts: &Facts<'_>) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.matches(facts))
    }

    /// The class that the names of profile and role make one think of.
    ///
    /// A role's name (`Developer`, `SecurityAudit`) usually tells of people, not of the account, so without a rule of
    /// its own it counts only where nothing else is known.
    fn suggestion<'a>(&'a self, facts: &Facts<'_>, class_from: ClassFrom) -> Option<&'a str> {
        let like = |text: &str| self.rules.iter().find_map(|rule| rule.class_by_likeness(text));
        self.matching(facts)
            .filter(|rule| !rule.is_about_the_account())
            .find_map(Rule::class)
            .or_else(|| facts.profile.and_then(like))
            .or_else(|| facts.role.filter(|_| class_from == ClassFrom::Nothing).and_then(like))
    }
}

impl Rule {
    fn class(&self) -> Option<&str> {
        self.class.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::core::config::Settings;

    const ID: &str = "111122223333";

    fn registry(text: &str) -> Registry {
        Settings::load(Some((Path::new("awsenv.toml"), text))).unwrap().registry().clone()
    }

    fn look(text: &str, alias: Option<&str>, name: Option<&str>, profile: Option<&str>, role: Option<&str>) -> Account {
        registry(text).account(&AccountId::parse(ID).unwrap(), alias, name, profile, role)
    }

    #[track_caller]
    fn class_of_alias(alias: &str, expect: &str) {
        let account = look("", Some(alias), None, None, None);
        assert_eq!(account.class, expect, "alias {alias}");
        let account = look("", None, Some(&alias.replace('-', " ").to_uppercase()), None, None);
        assert_eq!(account.class, expect, "name like {alias}");
    }

    #[test]
    fn aliases_and_names_give_the_class_by_default() {
        for (alias, class) in [
            ("acme-prod", "production"),
            ("prod", "production"),
            ("acme-production-eu", "production"),
            ("acme-live", "production"),
            ("acme-prd-1", "production"),
            ("acme-nonprod", "test"),
            ("acme-non-prod", "test"),
            ("acme-preprod", "staging"),
            ("acme-pre-production", "staging"),
            ("acme-staging", "staging"),
            ("acme-stg", "staging"),
            ("acme-uat", "staging"),
            ("acme-dev", "development"),
            ("development", "development"),
            ("acme-test", "test"),
            ("qa-acme", "test"),
            ("acme-sandbox-7", "sandbox"),
            ("acme-sbx", "sandbox"),
            ("acme-shared", "shared"),
            ("acme-log-archive", "shared"),
            ("security", "shared"),
            ("acme", "unknown"),
            ("catalog", "unknown"),
            ("qatar", "unknown"),
            ("olive", "unknown"),
        ] {
            class_of_alias(alias, class);
        }
    }

    #[test]
    fn p6_an_account_that_looks_like_two_things_is_production() {
        assert_eq!(look("", Some("acme-dev"), Some("Acme Production"), None, None).class, "production");
        assert_eq!(look("", Some("acme-prod"), Some("Acme Sandbox"), None, None).class, "production");
        assert_eq!(look("", Some("acme-prod"), Some("Acme nonprod"), None, None).class, "production");
    }

    #[test]
    fn an_account_that_nothing_is_known_about_is_unknown() {
        let unknown = Account {
            name: None,
            class: "unknown".into(),
            class_from: ClassFrom::Nothing,
            color: GREY,
            protection: Protection::None,
            suggested_class: None,
        };
        assert_eq!(look("", None, None, None, None), unknown);
        let id = AccountId::parse(ID).unwrap();
        assert_eq!(Registry::default().account(&id, Some("acme-prod"), None, None, None), unknown);
    }

    #[test]
    fn p6_an_alias_does_not_change_what_is_said_about_an_id() {
        let text = "[accounts.111122223333]\nname = 'acme'\nclass = 'production'\nprotection = 'read-only'";
        let account = look(text, Some("sandbox"), Some("sandbox"), Some("sandbox"), Some("sandbox"));
        assert_eq!(account.class, "production");
        assert_eq!(account.class_from, ClassFrom::Entry);
        assert_eq!(account.name.as_deref(), Some("acme"));
        assert_eq!(account.protection, Protection::ReadOnly);
        assert_eq!(account.color.to_string(), "#B00020");
        assert_eq!(account.suggested_class.as_deref(), Some("sandbox"));
    }

    #[test]
    fn p6_rules_raise_protection_and_never_lower_it() {
        let rules = "
            rules = [
                { match = { alias = '*' }, protection = 'confirm' },
                { match = { alias = '*prod*' }, protection = 'read-only' },
                { match = { name = 'quiet' }, protection = 'none' },
                { match = { profile = 'root-*' }, protection = 'deny' },
            ]";
        let protection = |alias, name, profile| look(rules, alias, name, profile, None).protection;
        assert_eq!(protection(None, None, None), Protection::None);
        assert_eq!(protection(Some("acme"), None, None), Protection::Confirm);
        assert_eq!(protection(Some("acme-prod"), None, None), Protection::ReadOnly);
        assert_eq!(protection(Some("acme-prod"), Some("quiet"), None), Protection::ReadOnly);
        assert_eq!(protection(Some("acme-prod"), Some("quiet"), Some("root-x")), Protection::Deny);
        assert_eq!(protection(None, None, Some("root-x")), Protection::Deny);
        assert_eq!(registry(rules).protection_of_profile("root-x"), Protection::Deny);
        assert_eq!(registry(rules).protection_of_profile("x"), Protection::None);
    }

    #[test]
    fn p6_only_the_ids_entry_lowers_protection() {
        let text = "[accounts.111122223333]\nprotection = 'none'\n[[rules]]\nmatch.alias = '*'\nprotection = 'deny'";
        assert_eq!(look(text, Some("a"), None, None, None).protection, Protection::None);
        let other = text.replace("111122223333", "999999999999");
        assert_eq!(look(&other, Some("a"), None, None, None).protection, Protection::Deny);
    }

    #[test]
    fn p1_rules_on_profile_or_role_never_set_the_class() {
        for matches in [
            "profile = 'x'",
            "role = 'x'",
            "alias = 'x', profile = 'x'",
            "name = 'x', role = 'x'",
            "ou = 'x', alias = 'x'",
        ] {
            let text = format!("rules = [{{ match = {{ {matches} }}, class = 'production' }}]");
            let account = look(&text, Some("x"), Some("x"), Some("x"), Some("x"));
            assert_eq!((account.class.as_str(), account.class_from), ("unknown", ClassFrom::Nothing), "{matches}");
            let suggested = (!matches.contains("ou")).then_some("production");
            assert_eq!(account.suggested_class.as_deref(), suggested, "{matches}");
        }
    }

    #[test]
    fn p1_the_names_of_profile_and_role_only_suggest() {
        let suggested = |alias, profile, role| look("", alias, None, profile, role).suggested_class;
        assert_eq!(suggested(None, Some("prod-admin"), None).as_deref(), Some("production"));
        assert_eq!(suggested(None, None, Some("staging-deploy")).as_deref(), Some("staging"));
        assert_eq!(suggested(None, Some("prod-admin"), Some("Developer")).as_deref(), Some("production"));
        assert_eq!(suggested(Some("acme-sandbox"), Some("prod-admin"), None).as_deref(), Some("production"));
        assert_eq!(suggested(Some("acme-prod"), Some("prod-admin"), None), None);
        assert_eq!(suggested(Some("acme-prod"), Some("acme"), Some("Developer")), None);
        assert_eq!(look("", None, None, Some("prod-admin"), None).class, "unknown");
    }

    #[test]
    fn every_key_of_a_match_must_match() {
        let text = "rules = [{ match = { alias = ['a*', 'b*'], name = 'Acme *' }, class = 'production' }]";
        assert_eq!(look(text, Some("bx"), Some("acme eu"), None, None).class, "production");
        assert_eq!(look(text, Some("cx"), Some("acme eu"), None, None).class, "unknown");
        assert_eq!(look(text, Some("ax"), None, None, None).class, "unknown");
        assert_eq!(look(text, None, Some("acme eu"), None, None).class, "unknown");
    }

    #[test]
    fn the_users_rules_come_first() {
        let rule = "[[rules]]\nmatch = { alias = 'acme-prod-like-dev' }\nclass = 'development'";
        assert_eq!(look(rule, Some("acme-prod-like-dev"), None, None, None).class, "development");
        assert_eq!(look("default_rules = false", Some("acme-prod"), None, None, None).class, "unknown");
    }

    #[test]
    fn the_name_of_an_entry_is_matched_too() {
        let account = look("[accounts.111122223333]\nname = 'Acme Production'", Some("acme-dev"), None, None, None);
        assert_eq!((account.class.as_str(), account.class_from), ("production", ClassFrom::Rule));
    }

    #[test]
    fn a_word_and_a_colour_of_the_users_own() {
        let text = "[classes.payments]\ncolor = '#010203'\n[accounts.111122223333]\nclass = 'payments'";
        assert_eq!(look(text, None, None, None, None).color, Color { r: 1, g: 2, b: 3 });
        let text = "[accounts.111122223333]\nclass = 'production'\ncolor = '#0a0b0c'";
        assert_eq!(look(text, None, None, None, None).color, Color { r: 10, g: 11, b: 12 });
    }

    #[test]
    fn a_pin_names_its_line() {
        let registry = registry("[profiles.deploy]\naccount = '111122223333'\n");
        let pin = registry.pin(Some("deploy")).unwrap();
        assert_eq!(pin.account.as_str(), ID);
        assert_eq!(pin.because, "profiles.deploy.account in awsenv.toml:2");
        assert_eq!(registry.pin(Some("other")), None);
        assert_eq!(registry.pin(None), None);
    }

    #[test]
    fn colours_are_six_digits() {
        assert_eq!("#b00020".parse::<Color>().unwrap().to_string(), "#B00020");
        for bad in ["", "#", "b00020", "#b0002", "#b000200", "#+00020", "#b0002g", "#é0002"] {
            assert_eq!(bad.parse::<Color>(), Err(BadColor(bad.into())));
        }
    }
}
