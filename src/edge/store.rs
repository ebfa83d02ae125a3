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

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use tempfile::TempDir;

    use super::*;

    const ID: &str = "111122223333";

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn host(cache: &Path) -> Host {
        Host::of([], [("XDG_CACHE_HOME", cache.as_os_str())], time(0))
    }

    fn id(text: &str) -> AccountId {
        AccountId::parse(text).unwrap()
    }

    fn known(text: &str) -> Fact {
        Fact::Known { text: text.into(), cached_at: None }
    }

    fn cached(text: &str, second: i64) -> Fact {
        Fact::Known { text: text.into(), cached_at: Some(time(second)) }
    }

    fn store(cache: &Path, alias: Fact, name: Fact, second: i64) {
        let facts = Remembered { alias, name, asked_at: time(second) };
        AccountFacts::load(&host(cache)).store(&id(ID), &facts).unwrap();
    }

    #[track_caller]
    fn check(cache: &Path, alias: Fact, name: Fact, second: i64) {
        let expect = Remembered { alias, name, asked_at: time(second) };
        assert_eq!(AccountFacts::load(&host(cache)).get(&id(ID)), Some(expect));
    }

    #[expect(clippy::disallowed_methods, reason = "a test damages the file")]
    fn damage(cache: &Path, bytes: &[u8]) {
        fs::write(cache.join(FILE), bytes).unwrap();
    }

    #[test]
    fn answers_come_back_with_their_time() {
        let cache = TempDir::new().unwrap();
        assert_eq!(AccountFacts::load(&host(cache.path())).get(&id(ID)), None);
        store(cache.path(), known("acme"), Fact::Denied, 10);
        check(cache.path(), cached("acme", 10), Fact::Denied, 10);
        store(cache.path(), Fact::None, Fact::Late, 20);
        check(cache.path(), Fact::None, Fact::Denied, 10);
        assert_eq!(
            fs::read_to_string(cache.path().join(FILE)).unwrap(),
            r#"{"version":1,"accounts":{"111122223333":{"alias":{"asked_at":"1970-01-01T00:00:20Z","answer":"none"},"name":{"asked_at":"1970-01-01T00:00:10Z","answer":"denied"}}}}"#
        );
    }

    #[test]
    fn what_is_no_answer_is_not_remembered() {
        let cache = TempDir::new().unwrap();
        store(cache.path(), Fact::Late, Fact::NotAsked, 10);
        store(cache.path(), cached("old", 5), known(&"x".repeat(257)), 10);
        assert_eq!(AccountFacts::load(&host(cache.path())).get(&id(ID)), None);
        assert!(!cache.path().join(FILE).exists());
    }

    #[test]
    fn a_role_that_may_not_ask_takes_nothing_away() {
        let cache = TempDir::new().unwrap();
        store(cache.path(), known("acme"), Fact::Denied, 10);
        store(cache.path(), Fact::Denied, known("Acme"), 20);
        check(cache.path(), cached("acme", 10), cached("Acme", 20), 10);
        store(cache.path(), known("older"), Fact::NotAsked, 9);
        check(cache.path(), cached("acme", 10), cached("Acme", 20), 10);
    }

    #[test]
    fn the_same_answer_is_written_again_only_after_an_hour() {
        let cache = TempDir::new().unwrap();
        store(cache.path(), known("acme"), Fact::None, 10);
        store(cache.path(), known("acme"), Fact::None, 3609);
        check(cache.path(), cached("acme", 10), Fact::None, 10);
        store(cache.path(), known("acme"), Fact::None, 3610);
        check(cache.path(), cached("acme", 3610), Fact::None, 3610);
    }

    #[test]
    fn p8_writers_at_the_same_time_lose_nothing() {
        let cache = TempDir::new().unwrap();
        let ids: Vec<String> = (0..16).map(|n| format!("{n:012}")).collect();
        thread::scope(|scope| {
            for text in &ids {
                scope.spawn(|| {
                    let facts = Remembered { alias: known(text), name: Fact::None, asked_at: time(1) };
                    AccountFacts::load(&host(cache.path())).store(&id(text), &facts).unwrap();
                });
            }
        });
        let facts = AccountFacts::load(&host(cache.path()));
        for text in &ids {
            assert_eq!(facts.get(&id(text)).unwrap().alias, cached(text, 1));
        }
    }

    #[test]
    fn p8_a_damaged_cache_is_an_empty_one() {
        let cache = TempDir::new().unwrap();
        store(cache.path(), known("acme"), Fact::None, 10);
        let good = fs::read(cache.path().join(FILE)).unwrap();
        let other_version = String::from_utf8(good.clone()).unwrap().replace(":1,", ":2,").into_bytes();
        for bytes in [b"".as_slice(), b"{", b"\0\xff", b"[]", &good[..good.len() - 1], &other_version] {
            damage(cache.path(), bytes);
            assert_eq!(AccountFacts::load(&host(cache.path())).get(&id(ID)), None);
            store(cache.path(), known("again"), Fact::None, 20);
            check(cache.path(), cached("again", 20), Fact::None, 20);
        }
    }

    #[test]
    fn p1_a_cache_that_others_could_write_is_not_believed() {
        use std::os::unix::fs::PermissionsExt;
        let cache = TempDir::new().unwrap();
        store(cache.path(), known("acme"), Fact::None, 10);
        fs::set_permissions(cache.path().join(FILE), fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(AccountFacts::load(&host(cache.path())).get(&id(ID)), None);
    }

    #[test]
    fn p4_the_cache_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let cache = TempDir::new().unwrap();
        store(cache.path(), known("acme"), Fact::None, 10);
        let mode = |path: &str| fs::metadata(cache.path().join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("awsenv"), mode(FILE)), (0o700, 0o600));
    }

    #[test]
    fn without_a_place_to_write_it_is_remembered_in_this_run_only() {
        let nowhere = Host::of([], [("HOME", "")], time(0));
        let mut facts = AccountFacts::load(&nowhere);
        let new = Remembered { alias: known("acme"), name: Fact::None, asked_at: time(10) };
        facts.store(&id(ID), &new).unwrap();
        assert_eq!(facts.get(&id(ID)).unwrap().alias, cached("acme", 10));

        let mut facts = AccountFacts::load(&host(Path::new("/dev/null")));
        assert!(facts.store(&id(ID), &new).is_err());
        assert_eq!(facts.get(&id(ID)).unwrap().alias, cached("acme", 10));
    }
}
