//! The environment as the user had it before awsenv changed it in this shell.
//!
//! What an earlier `use` exported is ours: it must not decide where the next one gets its credentials, its region or
//! its endpoint from. What the user had is in `AWSENV_SAVED`.

use std::collections::BTreeMap;

use super::{
    credentials::{REFUSED, REFUSED_KEY_ID},
    percent::{decode, encode_profile},
    variables::{CLEARED, CONTEXT, KEPT, METADATA_DISABLED, REGION, SAVED, SET, is_connection},
};

/// A look-up of one variable in the environment; an empty one is unset.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment before awsenv.
pub struct UserEnv<'a> {
    now: Lookup<'a>,
    /// What `AWSENV_SAVED` keeps; `None` before the first `use`.
    saved: Option<BTreeMap<String, String>>,
    set: Vec<String>,
}

impl std::fmt::Debug for UserEnv<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserEnv").field("set", &self.set).finish_non_exhaustive()
    }
}

impl<'a> UserEnv<'a> {
    /// Looks at the environment as it is now.
    pub fn new(now: Lookup<'a>) -> Self {
        let switched = now(CONTEXT).is_some() || is_refused(now);
        let saved = match now(SAVED) {
            Some(text) => Some(decode_saved(&text)),
            None if switched => Some(BTreeMap::new()),
            None => None,
        };
        let set = now(SET).map(|text| text.split(',').filter(|name| is_connection(name)).map(str::to_owned).collect());
        Self { now, saved, set: set.unwrap_or_default() }
    }

    /// True while the environment is one that awsenv made.
    pub fn is_switched(&self) -> bool {
        self.saved.is_some()
    }

    /// True where a refused switch left its poison.
    pub fn is_refused(&self) -> bool {
        is_refused(self.now)
    }

    /// The connection variables that the last `use` set.
    pub fn set_by_us(&self) -> &[String] {
        &self.set
    }

    /// A variable as the user had it.
    pub fn var(&self, name: &str) -> Option<String> {
        let now = (self.now)(name);
        let Some(saved) = &self.saved else { return now };
        let region = matches!(name, "AWS_REGION" | "AWS_DEFAULT_REGION");
        let ours = if region {
            // A region that the user chose after the switch is the user's.
            now.is_none() || now == (self.now)(REGION)
        } else {
            CLEARED.contains(&name)
                || self.set.iter().any(|set| set == name)
                || (name == METADATA_DISABLED && self.is_refused())
        };
        if ours { saved.get(name).cloned() } else { now }
    }

    /// The text for `AWSENV_SAVED`: what was kept at the first `use`, or what there is to keep now. `more` names the
    /// connection variables that this `use` is about to set over the user's.
    pub fn to_saved(&self, more: &[String]) -> String {
        let mut keep = self.saved.clone().unwrap_or_default();
        let first = self.saved.is_none();
        let names = KEPT.iter().copied().filter(|_| first).chain(more.iter().map(String::as_str));
        for name in names {
            if let Some(value) = self.var(name) {
                keep.insert(name.to_owned(), value);
            }
        }
        let pairs: Vec<String> = keep.iter().map(|(name, value)| format!("{name}={}", encode_profile(value))).collect();
        pairs.join(",")
    }

    /// What `off` puts back.
    pub fn to_restore(&self) -> impl Iterator<Item = (&str, &str)> {
        self.saved.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Either of the two is enough: the user may have replaced the other since.
fn is_refused(now: Lookup<'_>) -> bool {
    now("AWS_ACCESS_KEY_ID").as_deref() == Some(REFUSED_KEY_ID) || now("AWS_PROFILE").as_deref() == Some(REFUSED)
}

/// Only names that we would have put in are taken out: the text comes from the environment.
fn decode_saved(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .filter(|(name, _)| KEPT.contains(name) || is_connection(name))
        .filter_map(|(name, value)| Some((name.to_owned(), decode(value)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn before_the_first_use_it_is_what_it_is() {
        let now = env(&[("AWS_PROFILE", "home"), ("AWS_REGION", "eu-west-1")]);
        let user = UserEnv::new(&now);
        assert!(!user.is_switched());
        assert_eq!(user.var("AWS_PROFILE").as_deref(), Some("home"));
        assert_eq!(user.to_saved(&[]), "AWS_PROFILE=home,AWS_REGION=eu-west-1");
    }

    #[test]
    fn p1_what_we_exported_is_not_the_users() {
        let now = env(&[
            ("AWSENV_CONTEXT", "1"),
            ("AWSENV_SAVED", "AWS_PROFILE=home"),
            ("AWSENV_SET", "AWS_ENDPOINT_URL"),
            ("AWSENV_REGION", "us-east-1"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "eu-north-1"),
            ("AWS_ACCESS_KEY_ID", "ASIA"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_CA_BUNDLE", "/ca.pem"),
        ]);
        let user = UserEnv::new(&now);
        assert_eq!(user.var("AWS_PROFILE").as_deref(), Some("home"));
        assert_eq!(user.var("AWS_ACCESS_KEY_ID"), None);
        assert_eq!(user.var("AWS_REGION"), None);
        assert_eq!(user.var("AWS_DEFAULT_REGION").as_deref(), Some("eu-north-1"));
        assert_eq!(user.var("AWS_ENDPOINT_URL"), None);
        assert_eq!(user.var("AWS_CA_BUNDLE").as_deref(), Some("/ca.pem"));
        assert_eq!(user.to_saved(&["AWS_CA_BUNDLE".into()]), "AWS_CA_BUNDLE=/ca.pem,AWS_PROFILE=home");
    }

    #[test]
    fn p2_a_refusals_switch_for_metadata_is_ours() {
        let now = env(&[("AWS_ACCESS_KEY_ID", REFUSED_KEY_ID), ("AWS_EC2_METADATA_DISABLED", "true")]);
        let user = UserEnv::new(&now);
        assert!(user.is_refused());
        assert_eq!(user.var("AWS_EC2_METADATA_DISABLED"), None);
    }

    #[test]
    fn p5_only_our_names_come_out_of_the_saved_text() {
        let now = env(&[("AWSENV_SAVED", "PATH=/evil,AWS_PROFILE=a%20b,LD_PRELOAD=x,AWS_ENDPOINT_URL_a=x")]);
        let user = UserEnv::new(&now);
        assert_eq!(user.to_restore().collect::<Vec<_>>(), [("AWS_PROFILE", "a b")]);
    }
}
