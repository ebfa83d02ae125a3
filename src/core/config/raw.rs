//! The settings file as it is written: one serde type a table, every key optional, every unknown key refused.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use toml::Spanned;
use wildmatch::WildMatch;

use super::{Mode, OnExpiry, PickerProgram, SessionCache};
use crate::core::{
    identity::AccountId,
    mfa::MfaMethod,
    registry::{Color, Globs, Protection},
    signals::Signal,
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) default_rules: Option<bool>,
    #[serde(rename = "use")]
    pub(super) use_: Use,
    pub(super) picker: Picker,
    pub(super) prompt: Prompt,
    pub(super) network: Network,
    pub(super) mfa: Mfa,
    pub(super) sessions: Sessions,
    pub(super) sync: Sync,
    pub(super) classes: BTreeMap<Spanned<String>, Class>,
    pub(super) accounts: BTreeMap<Digits, AccountEntry>,
    pub(super) profiles: BTreeMap<String, ProfileEntry>,
    pub(super) rules: Vec<Spanned<RuleEntry>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Use {
    pub(super) mode: Option<Mode>,
    pub(super) sso_profile_label: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Picker {
    pub(super) program: Option<PickerProgram>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Prompt {
    pub(super) on_expiry: Option<OnExpiry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Network {
    pub(super) deadline_seconds: Option<Spanned<f64>>,
    pub(super) name_seconds: Option<Spanned<f64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mfa {
    pub(super) method: Option<MfaMethod>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sessions {
    pub(super) cache: Option<SessionCache>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sync {
    pub(super) template: Option<Spanned<String>>,
    pub(super) region: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Class {
    #[serde(deserialize_with = "from_str_option")]
    pub(super) color: Option<Color>,
    pub(super) signals: Option<Vec<Signal>>,
    #[serde(deserialize_with = "from_str_option")]
    pub(super) background: Option<Color>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AccountEntry {
    pub(super) name: Option<String>,
    pub(super) class: Option<Spanned<String>>,
    #[serde(deserialize_with = "from_str_option")]
    pub(super) color: Option<Color>,
    pub(super) signals: Option<Vec<Signal>>,
    #[serde(deserialize_with = "from_str_option")]
    pub(super) background: Option<Color>,
    pub(super) protection: Option<Protection>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ProfileEntry {
    pub(super) account: Option<Spanned<Digits>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleEntry {
    #[serde(rename = "match")]
    pub(super) matches: Match,
    pub(super) class: Option<Spanned<String>>,
    pub(super) protection: Option<Protection>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Match {
    pub(super) alias: Option<Globs>,
    pub(super) name: Option<Globs>,
    pub(super) profile: Option<Globs>,
    pub(super) role: Option<Globs>,
    pub(super) ou: Option<Spanned<Globs>>,
}

/// An account ID: twelve digits and nothing else.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digits(pub(super) AccountId);

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DigitsVisitor)
    }
}

struct DigitsVisitor;

impl Visitor<'_> for DigitsVisitor {
    type Value = Digits;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an account ID, 12 digits in quotes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Digits, E> {
        match AccountId::parse(text) {
            Ok(id) if id.as_str() == text => Ok(Digits(id)),
            _ => Err(E::custom(format_args!("an account ID is 12 digits, not `{text}`"))),
        }
    }

    /// A number has no leading zeros, so only one of twelve digits says which account it means.
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Digits, E> {
        let text = number.to_string();
        if text.len() < 12 && number >= 0 {
            return Err(E::custom(format_args!(
                "the number {text} is not 12 digits; a number loses its leading zeros, so quote the account ID: \"{number:012}\""
            )));
        }
        self.visit_str(&text)
    }
}

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GlobsVisitor)
    }
}

struct GlobsVisitor;

impl<'de> Visitor<'de> for GlobsVisitor {
    type Value = Globs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a glob, or a list of globs")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Globs, E> {
        Ok(Globs(vec![glob(text)?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Globs, A::Error> {
        let mut globs = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            globs.push(glob(&text)?);
        }
        if globs.is_empty() {
            return Err(de::Error::custom("the list of globs is empty, so nothing could match"));
        }
        Ok(Globs(globs))
    }
}

fn glob<E: de::Error>(text: &str) -> Result<WildMatch, E> {
    if text.is_empty() {
        return Err(E::custom("the glob is empty, so nothing could match"));
    }
    Ok(WildMatch::new_case_insensitive(text))
}

fn from_str<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

fn from_str_option<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    from_str(deserializer).map(Some)
}
