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
use crate::core::{
    facts::{AccountFacts, Answer, Remembered},
    identity::AccountId,
};

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
pub struct Memory {
    path: Option<PathBuf>,
    /// Who told: empty for AWS itself, else the hosts that answered in its place.
    teller: String,
    accounts: BTreeMap<String, AccountFacts>,
}

#[derive(Debug, Deserialize, Serialize)]
struct File {
    version: u32,
    accounts: BTreeMap<String, AccountFacts>,
}

impl Memory {
    /// One that knows nothing and keeps nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the cache; whatever is wrong with it, it is empty then. `teller` names the hosts that answer in AWS's place,
    /// if any do: what an emulator says of an account is not remembered of the real one.
    pub fn load(host: &Host, teller: &str) -> Self {
        let Ok(path) = host.xdg("XDG_CACHE_HOME", ".cache").map(|cache| cache.join(FILE)) else {
            return Self::default();
        };
        Self { accounts: read(&path), path: Some(path), teller: teller.to_owned() }
    }

    /// What is remembered about an account.
    pub fn get(&self, id: &AccountId) -> Option<AccountFacts> {
        self.accounts.get(&self.key(id)).cloned()
    }

    fn key(&self, id: &AccountId) -> String {
        if self.teller.is_empty() { id.to_string() } else { format!("{id}@{}", self.teller) }
    }

    /// Remembers what AWS said now, beside what other processes stored in the meantime.
    pub fn learn(&mut self, id: &AccountId, new: &AccountFacts) -> Result<(), FileError> {
        let long = |fact: &Option<Remembered>| matches!(fact, Some(Remembered { answer: Answer::Known(text), .. }) if text.len() > MAX_TEXT);
        let key = self.key(id);
        if long(&new.alias) || long(&new.name) || !learn(&mut self.accounts, &key, new) {
            return Ok(());
        }
        let Some(path) = &self.path else { return Ok(()) };
        change(path, |accounts| {
            learn(accounts, &key, new);
        })
    }
}

impl Memory {
    /// Remembers what many accounts are called, with one write.
    pub fn learn_names(&mut self, names: &[(AccountId, String)], now: Timestamp) -> Result<(), FileError> {
        let known = names.iter().filter(|(_, name)| !name.is_empty() && name.len() <= MAX_TEXT);
        let facts = known.map(|(id, name)| {
            let name = Some(Remembered { answer: Answer::Known(name.clone()), at: now });
            (self.key(id), AccountFacts { alias: None, name })
        });
        let facts: Vec<(String, AccountFacts)> = facts.collect();
        let mut news = false;
        for (key, new) in &facts {
            news |= learn(&mut self.accounts, key, new);
        }
        let Some(path) = self.path.as_ref().filter(|_| news) else { return Ok(()) };
        change(path, |accounts| {
            for (key, new) in &facts {
                learn(accounts, key, new);
            }
        })
    }
}

/// Changes the file under its lock.
fn change(path: &Path, change: impl FnOnce(&mut BTreeMap<String, AccountFacts>)) -> Result<(), FileError> {
    let _lock = files::lock(&files::lock_path(path))?;
    let mut accounts = read(path);
    change(&mut accounts);
    let failed =
        |error: serde_json::Error| FileError::Io { action: "write", path: path.to_owned(), source: error.into() };
    files::write_cache(path, &serde_json::to_vec(&File { version: VERSION, accounts }).map_err(failed)?)
}

/// True where something was learned that is worth a write.
fn learn(accounts: &mut BTreeMap<String, AccountFacts>, key: &str, new: &AccountFacts) -> bool {
    let old = accounts.entry(key.to_owned()).or_default();
    let alias = learn_one(&mut old.alias, new.alias.as_ref());
    learn_one(&mut old.name, new.name.as_ref()) || alias
}

/// The later answer counts, but a role that may not ask does not take away what another was told.
fn learn_one(old: &mut Option<Remembered>, new: Option<&Remembered>) -> bool {
    let Some(new) = new else { return false };
    let better = old.as_ref().is_none_or(|old| {
        let age = new.at.duration_since(old.at);
        let worse = matches!((&old.answer, &new.answer), (Answer::Known(_), Answer::DeniedTo(_)));
        !age.is_negative() && !worse && (new.answer != old.answer || age >= NEWS)
    });
    if better {
        *old = Some(new.clone());
    }
    better
}

fn read(path: &Path) -> BTreeMap<String, AccountFacts> {
    let bytes = files::read_private(path, MAX_BYTES).ok().flatten().unwrap_or_default();
    let mut accounts = match serde_json::from_slice(&bytes) {
        Ok(File { version: VERSION, accounts }) => accounts,
        _ => BTreeMap::new(),
    };
    accounts.retain(|key, _| AccountId::parse(key.split('@').next().unwrap_or_default()).is_ok());
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

    fn known(text: &str) -> Answer {
        Answer::Known(text.into())
    }

    fn denied() -> Answer {
        Answer::DeniedTo("Deploy".into())
    }

    fn facts(alias: Option<Answer>, name: Option<Answer>, second: i64) -> AccountFacts {
        let remembered = |answer| Remembered { answer, at: time(second) };
        AccountFacts { alias: alias.map(remembered), name: name.map(remembered) }
    }

    fn learn(cache: &Path, alias: impl Into<Option<Answer>>, name: impl Into<Option<Answer>>, second: i64) {
        let new = facts(alias.into(), name.into(), second);
        Memory::load(&host(cache), "").learn(&id(ID), &new).unwrap();
    }

    #[track_caller]
    fn check(cache: &Path, alias: (Answer, i64), name: (Answer, i64)) {
        let remembered = |(answer, second)| Some(Remembered { answer, at: time(second) });
        let expect = AccountFacts { alias: remembered(alias), name: remembered(name) };
        assert_eq!(Memory::load(&host(cache), "").get(&id(ID)), Some(expect));
    }

    #[expect(clippy::disallowed_methods, reason = "a test damages the file")]
    fn damage(cache: &Path, bytes: &[u8]) {
        fs::write(cache.join(FILE), bytes).unwrap();
    }

    #[test]
    fn answers_come_back_with_their_time() {
        let cache = TempDir::new().unwrap();
        assert_eq!(Memory::load(&host(cache.path()), "").get(&id(ID)), None);
        learn(cache.path(), known("acme"), denied(), 10);
        check(cache.path(), (known("acme"), 10), (denied(), 10));
        learn(cache.path(), Answer::None, None, 20);
        check(cache.path(), (Answer::None, 20), (denied(), 10));
        assert_eq!(
            fs::read_to_string(cache.path().join(FILE)).unwrap(),
            r#"{"version":1,"accounts":{"111122223333":{"alias":{"answer":"none","at":"1970-01-01T00:00:20Z"},"name":{"answer":{"denied_to":"Deploy"},"at":"1970-01-01T00:00:10Z"}}}}"#
        );
    }

    #[test]
    fn what_is_no_alias_is_not_remembered() {
        let cache = TempDir::new().unwrap();
        learn(cache.path(), None, known(&"x".repeat(257)), 10);
        assert_eq!(Memory::load(&host(cache.path()), "").get(&id(ID)), None);
        assert!(!cache.path().join(FILE).exists());
    }

    #[test]
    fn a_role_that_may_not_ask_takes_nothing_away() {
        let cache = TempDir::new().unwrap();
        learn(cache.path(), known("acme"), denied(), 10);
        learn(cache.path(), denied(), known("Acme"), 20);
        check(cache.path(), (known("acme"), 10), (known("Acme"), 20));
        learn(cache.path(), known("older"), None, 9);
        check(cache.path(), (known("acme"), 10), (known("Acme"), 20));
    }

    #[test]
    fn the_same_answer_is_written_again_only_after_an_hour() {
        let cache = TempDir::new().unwrap();
        learn(cache.path(), known("acme"), Answer::None, 10);
        learn(cache.path(), known("acme"), Answer::None, 3609);
        check(cache.path(), (known("acme"), 10), (Answer::None, 10));
        learn(cache.path(), known("acme"), Answer::None, 3610);
        check(cache.path(), (known("acme"), 3610), (Answer::None, 3610));
    }

    #[test]
    fn p8_writers_at_the_same_time_lose_nothing() {
        let cache = TempDir::new().unwrap();
        let ids: Vec<String> = (0..16).map(|n| format!("{n:012}")).collect();
        thread::scope(|scope| {
            for text in &ids {
                scope.spawn(|| {
                    let new = facts(Some(known(text)), None, 1);
                    Memory::load(&host(cache.path()), "").learn(&id(text), &new).unwrap();
                });
            }
        });
        let memory = Memory::load(&host(cache.path()), "");
        for text in &ids {
            assert_eq!(memory.get(&id(text)), Some(facts(Some(known(text)), None, 1)));
        }
    }

    #[test]
    fn p8_a_damaged_cache_is_an_empty_one() {
        let cache = TempDir::new().unwrap();
        learn(cache.path(), known("acme"), Answer::None, 10);
        let good = fs::read(cache.path().join(FILE)).unwrap();
        let other_version = String::from_utf8(good.clone()).unwrap().replace(":1,", ":2,").into_bytes();
        for bytes in [b"".as_slice(), b"{", b"\0\xff", b"[]", &good[..good.len() - 1], &other_version] {
            damage(cache.path(), bytes);
            assert_eq!(Memory::load(&host(cache.path()), "").get(&id(ID)), None);
            learn(cache.path(), known("again"), Answer::None, 20);
            check(cache.path(), (known("again"), 20), (Answer::None, 20));
        }
    }

    #[test]
    fn p1_a_cache_that_others_could_write_is_not_believed() {
        use std::os::unix::fs::PermissionsExt;
        let cache = TempDir::new().unwrap();
        learn(cache.path(), known("acme"), Answer::None, 10);
        fs::set_permissions(cache.path().join(FILE), fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(Memory::load(&host(cache.path()), "").get(&id(ID)), None);
    }

    #[test]
    fn p1_what_an_emulator_says_is_not_believed_of_the_account() {
        let cache = TempDir::new().unwrap();
        let new = facts(Some(known("acme-sandbox")), None, 10);
        Memory::load(&host(cache.path()), "127.0.0.1:4566").learn(&id(ID), &new).unwrap();
        assert_eq!(Memory::load(&host(cache.path()), "").get(&id(ID)), None);
        assert_eq!(Memory::load(&host(cache.path()), "127.0.0.1:4566").get(&id(ID)), Some(new));
    }

    #[test]
    fn p4_the_cache_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let cache = TempDir::new().unwrap();
        learn(cache.path(), known("acme"), Answer::None, 10);
        let mode = |path: &str| fs::metadata(cache.path().join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("awsenv"), mode(FILE)), (0o700, 0o600));
    }

    #[test]
    fn without_a_place_to_write_it_is_remembered_in_this_run_only() {
        let nowhere = Host::of([], [("HOME", "")], time(0));
        let mut memory = Memory::load(&nowhere, "");
        let new = facts(Some(known("acme")), None, 10);
        memory.learn(&id(ID), &new).unwrap();
        assert_eq!(memory.get(&id(ID)), Some(new.clone()));

        let mut memory = Memory::load(&host(Path::new("/dev/null")), "");
        assert!(memory.learn(&id(ID), &new).is_err());
        assert_eq!(memory.get(&id(ID)), Some(new));
    }
}
