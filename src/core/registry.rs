//! Account ID → name, class, colour, protection, as the settings say (docs/cli.md, "Settings").
//!
//! An account's class comes from its ID's entry, else from the first rule on its alias or name. What a profile or a role
//! is called says nothing about the account behind it, so rules on those raise protection and suggest, no more.

use std::{collections::BTreeMap, fmt, str::FromStr};

use wildmatch::WildMatch;

use super::{
    identity::AccountId,
    profile::plan::Pin,
    sanitize::looks_like_alias,
    signals::{Choice, Signal},
};

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
    /// What the terminal shall show besides the prompt.
    pub signals: Choice,
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
    /// What the terminal shows, instead of what the class asks for.
    pub signals: Option<Vec<Signal>>,
    /// The terminal's background, instead of the class's.
    pub background: Option<Color>,
    /// Protection, whatever the rules say.
    pub protection: Option<Protection>,
}

/// A `[classes.NAME]` entry.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) color: Color,
    pub(crate) signals: Choice,
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
#[derive(Clone, Copy)]
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
    pub(crate) classes: BTreeMap<String, Class>,
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
        // What IAM cannot have given may raise protection, as any text may, but is no evidence for a class.
        let believed = Facts { alias: alias.filter(|alias| looks_like_alias(alias)), ..facts };

        let (class, class_from) = if let Some(class) = entry.and_then(|entry| entry.class.as_deref()) {
            (class, ClassFrom::Entry)
        } else if let Some(class) = self.matching(&believed).filter(|r| r.is_about_the_account()).find_map(Rule::class)
        {
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
            signals: self.signals(class, entry),
            protection: entry.and_then(|entry| entry.protection).or(asked).unwrap_or_default(),
            suggested_class: self
                .suggestion(&facts, class_from)
                .filter(|suggested| *suggested != class)
                .map(str::to_owned),
        }
    }

    /// The highest protection of the rules on an alias or name that could not be asked: this account may be meant. An entry
    /// for the account decides without them.
    pub fn protection_in_doubt(&self, id: &AccountId, alias_unknown: bool, name_unknown: bool) -> Protection {
        if self.entries.get(id).is_some_and(|entry| entry.protection.is_some()) {
            return Protection::None;
        }
        let in_doubt = |rule: &&Rule| alias_unknown && rule.alias.is_given() || name_unknown && rule.name.is_given();
        self.rules.iter().filter(in_doubt).filter_map(|rule| rule.protection).max().unwrap_or_default()
    }

    /// True where an entry or a rule protects some account: credentials that nobody verified may be of that account.
    pub fn protects_an_account(&self) -> bool {
        let protects =
            |protection: Option<Protection>| protection.is_some_and(|protection| protection > Protection::None);
        self.entries.values().any(|entry| protects(entry.protection))
            || self.rules.iter().any(|rule| protects(rule.protection))
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

    /// The entry of an account, if it has one.
    pub fn entry(&self, id: &AccountId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// The accounts that have an entry, by ID.
    pub fn entries(&self) -> impl Iterator<Item = (&AccountId, &Entry)> {
        self.entries.iter()
    }

    /// The classes and their colours, by name.
    pub fn classes(&self) -> impl Iterator<Item = (&str, Color)> {
        self.classes.iter().map(|(name, class)| (name.as_str(), class.color))
    }

    /// What a class asks the terminal to show.
    pub fn signals_of_class(&self, class: &str) -> Choice {
        self.classes.get(class).map(|class| class.signals.clone()).unwrap_or_default()
    }

    /// The colour of a class.
    pub fn color(&self, class: &str) -> Color {
        self.classes.get(class).or_else(|| self.classes.get(UNKNOWN)).map_or(GREY, |class| class.color)
    }

    /// A background belongs to the colour that it was chosen with.
    fn signals(&self, class: &str, entry: Option<&Entry>) -> Choice {
        let of_class = self.signals_of_class(class);
        let Some(entry) = entry else { return of_class };
        let background = of_class.background.filter(|_| entry.color.is_none());
        Choice {
            signals: entry.signals.clone().unwrap_or(of_class.signals),
            background: entry.background.or(background),
        }
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
mod tests;
