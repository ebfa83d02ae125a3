//! What is remembered between runs: alias and name of accounts, by account ID.
//!
//! A cache of facts about accounts. It is never evidence of being in one, a damaged or missing file is an empty one, and
//! a read-only home only means that nothing is remembered.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    files::{self, FileError},
    host::Host,
};
use crate::core::{context::Fact, facts::Remembered, identity::AccountId};

/// Below the cache directory.
const FILE: &str = "awsenv/accounts.json";
/// Tens of thousands of accounts.
const MAX_BYTES: u64 = 8 << 20;
/// AWS allows 63 characters for an alias and 50 for a name; a longer text is not one.
const MAX_TEXT: usize = 256;
const VERSION: u32 = 1;
/// The same answer is written again only when the old one is this old: a write costs more than a whole prompt.
const NEWS: SignedDuration = SignedDuration::from_hours(1);

/// The facts remembered about accounts.
#[derive(Debug, Default)]
pub struct AccountFacts {
    path: Option<PathBuf>,
    accounts: BTreeMap<String, Account>,
}

#[derive(Debug, Deserialize, Serialize)]
struct File {
    version: u32,
    accounts: BTreeMap<String, Account>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Account {
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<Answer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Answer>,
}

/// One answer of AWS, and its time (RFC 3339).
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Answer {
    #[serde(with = "rfc3339")]
    asked_at: Timestamp,
    #[serde(flatten)]
    said: Said,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "answer", content = "text", rename_all = "lowercase")]
enum Said {
    Known(String),
    None,
    Denied,
}

impl AccountFacts {
    /// Reads the cache; whatever is wrong with it, it is empty then.
    pub fn load(host: &Host) -> Self {
        let Ok(path) = host.xdg("XDG_CACHE_HOME", ".cache").map(|cache| cache.join(FILE)) else {
            return Self::default();
        };
        Self { accounts: read(&path), path: Some(path) }
    }

    /// What is remembered about an account.
    pub fn get(&self, id: &AccountId) -> Option<Remembered> {
        let account = self.accounts.get(id.as_str())?;
        let times = [&account.alias, &account.name].into_iter().flatten().map(|answer| answer.asked_at);
        Some(Remembered {
            asked_at: times.min()?,
            alias: fact(account.alias.as_ref()),
            name: fact(account.name.as_ref()),
        })
    }

    /// Remembers what AWS said now, beside what other processes stored in the meantime. `Late` and `NotAsked` are no
    /// answers, nor is a text that came from here.
    pub fn store(&mut self, id: &AccountId, facts: &Remembered) -> Result<(), FileError> {
        let new = Account { alias: answer(&facts.alias, facts.asked_at), name: answer(&facts.name, facts.asked_at) };
        if new.alias.is_none() && new.name.is_none() {
            return Ok(());
        }
        if !self.accounts.entry(id.as_str().to_owned()).or_default().learn(&new) {
            return Ok(());
        }
        let Some(path) = &self.path else { return Ok(()) };
        let _lock = files::lock(&files::lock_path(path))?;
        let mut accounts = read(path);
        accounts.entry(id.as_str().to_owned()).or_default().learn(&new);
        let bytes = serde_json::to_vec(&File { version: VERSION, accounts }).map_err(|error| FileError::Io {
            action: "write",
            path: path.clone(),
            source: error.into(),
        })?;
        files::write_private(path, &bytes)
    }
}

impl Account {
    /// True where something was learned that is worth a write.
    fn learn(&mut self, new: &Self) -> bool {
        learn(&mut self.alias, new.alias.as_ref()) | learn(&mut self.name, new.name.as_ref())
    }
}

/// The later answer counts, but a role that may not ask does not take away what another was told.
fn learn(old: &mut Option<Answer>, new: Option<&Answer>) -> bool {
    let Some(new) = new else { return false };
    let better = old.as_ref().is_none_or(|old| {
        let age = new.asked_at.duration_since(old.asked_at);
        let worse = matches!((&old.said, &new.said), (Said::Known(_), Said::Denied));
        !age.is_negative() && !worse && (new.said != old.said || age >= NEWS)
    });
    if better {
        *old = Some(new.clone());
    }
    better
}

fn answer(fact: &Fact, asked_at: Timestamp) -> Option<Answer> {
    let said = match fact {
        Fact::Known { text, cached_at: None } if text.len() <= MAX_TEXT => Said::Known(text.clone()),
        Fact::None => Said::None,
        Fact::Denied => Said::Denied,
        Fact::Known { .. } | Fact::Late | Fact::NotAsked => return None,
    };
    Some(Answer { asked_at, said })
}

fn fact(answer: Option<&Answer>) -> Fact {
    match answer {
        Some(Answer { asked_at, said: Said::Known(text) }) => {
            Fact::Known { text: text.clone(), cached_at: Some(*asked_at) }
        }
        Some(Answer { said: Said::None, .. }) => Fact::None,
        Some(Answer { said: Said::Denied, .. }) => Fact::Denied,
        None => Fact::NotAsked,
    }
}

mod rfc3339 {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn read(path: &Path) -> BTreeMap<String, Account> {
    let bytes = files::read_private(path, MAX_BYTES).ok().flatten().unwrap_or_default();
    let mut accounts = match serde_json::from_slice(&bytes) {
        Ok(File { version: VERSION, accounts }) => accounts,
        _ => BTreeMap::new(),
    };
    accounts.retain(|id, account| {
        let long = |answer: &Option<Answer>| {
            matches!(answer, Some(Answer { said: Said::Known(text), .. }) if text.len() > MAX_TEXT)
        };
        AccountId::parse(id).is_ok() && !long(&account.alias) && !long(&account.name)
    });
    accounts
}
