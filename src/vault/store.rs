//! The vault's file: opened, and changed under a lock so that nothing is lost.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{
    entry::{Content, Entry},
    error::VaultError,
    format::{self, DataKey, FormatError, MAX_BYTES, Params, Sealed},
    passphrase::Passphrase,
};
use crate::{
    core::profile::error::{check_name, near},
    edge::files::{self, Backup, FileError, Lock, Saved},
};

/// Below the data directory.
const FILE: &str = "awsenv/vault";
/// A write holds its lock for a few milliseconds.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// Hundreds of processes may wait, each for a fifth of a second's work.
const DERIVE_PATIENCE: Duration = Duration::from_secs(120);

/// A vault, by its place.
#[derive(Clone, Debug)]
pub struct Vault {
    path: PathBuf,
}

/// The key of a vault, and which one it is of.
#[derive(Clone, Debug)]
pub struct Unlocked {
    sealed: Sealed,
    key: DataKey,
}

impl Unlocked {
    /// The key, for the agent that `unlock` starts, and for nobody else.
    pub fn to_hand_over(&self) -> Zeroizing<[u8; 32]> {
        self.key.to_bytes()
    }

    /// Tells this key from every other.
    pub fn identity(&self) -> String {
        self.sealed.identity()
    }
}

impl Vault {
    /// The one in this data directory.
    pub fn below(data_home: &Path) -> Self {
        Self { path: data_home.join(FILE) }
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True if there is something in its place.
    pub fn is_there(&self) -> bool {
        self.path.symlink_metadata().is_ok()
    }

    /// Whether one can be made: not where there is one, nor where the backup of one is all that is left of it.
    pub fn may_be_made(&self) -> Result<(), VaultError> {
        if self.is_there() {
            return Err(VaultError::Exists);
        }
        match self.missing() {
            VaultError::Missing => Ok(()),
            gone => Err(gone),
        }
    }

    /// Why there is nothing to open.
    fn missing(&self) -> VaultError {
        match files::backup_path(&self.path).symlink_metadata() {
            Ok(_) => VaultError::Gone(self.path.clone()),
            Err(_) => VaultError::Missing,
        }
    }

    /// Reads the one that is there, still closed.
    pub fn read_there(&self) -> Result<Sealed, VaultError> {
        self.read()?.ok_or_else(|| self.missing())
    }

    /// Reads it, still closed.
    pub fn read(&self) -> Result<Option<Sealed>, VaultError> {
        let Some(bytes) = files::read_kept(&self.path, MAX_BYTES)? else { return Ok(None) };
        Sealed::parse(bytes).map(Some).map_err(|error| self.format(error))
    }

    /// Opens it by its passphrase.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<Unlocked, VaultError> {
        let sealed = self.read_there()?;
        let _one_at_a_time = self.derivation_lock()?;
        let key = sealed.unlock(passphrase).map_err(|error| self.format(error))?;
        Ok(Unlocked { sealed, key })
    }

    /// Opens it by the key that was handed over, and checks that it does.
    pub fn unlocked_by(&self, key: &[u8; 32]) -> Result<Unlocked, VaultError> {
        let sealed = self.read_there()?;
        let key = DataKey::from_bytes(key).map_err(|error| self.format(error))?;
        let unlocked = Unlocked { sealed, key };
        self.content(&unlocked).map(|_| unlocked)
    }

    /// Makes an empty one.
    pub fn create(&self, passphrase: &Passphrase, params: Params, now: i64) -> Result<Unlocked, VaultError> {
        let made = {
            let _one_at_a_time = self.derivation_lock()?;
            let content = Content::default().to_bytes().map_err(|error| self.format(error))?;
            format::create(passphrase, params, now, &content).map_err(|error| self.format(error))?
        };
        let _lock = self.lock()?;
        self.may_be_made()?;
        let (sealed, key) = made;
        files::replace_kept(&self.path, sealed.bytes(), Backup::Keep)?;
        Ok(Unlocked { sealed, key })
    }

    /// Makes an empty one that has no passphrase; `keep` puts its key elsewhere before there is a file.
    pub fn create_without_passphrase(
        &self,
        now: i64,
        keep: impl FnOnce(&Unlocked) -> Result<(), VaultError>,
    ) -> Result<Unlocked, VaultError> {
        let content = Content::default().to_bytes().map_err(|error| self.format(error))?;
        let (sealed, key) = format::create_without_passphrase(now, &content).map_err(|error| self.format(error))?;
        let _lock = self.lock()?;
        self.may_be_made()?;
        let unlocked = Unlocked { sealed, key };
        keep(&unlocked)?;
        files::replace_kept(&self.path, unlocked.sealed.bytes(), Backup::Keep)?;
        Ok(unlocked)
    }

    /// What it holds now.
    pub fn content(&self, unlocked: &Unlocked) -> Result<Content, VaultError> {
        self.open(unlocked).map(|(_, content)| content)
    }

    /// Fails where it is gone, or was given another key. What else is wrong with it is said by whoever opens it.
    pub fn check_key(&self, unlocked: &Unlocked) -> Result<(), VaultError> {
        match self.read() {
            Ok(None) => Err(self.missing()),
            Ok(Some(sealed)) if !sealed.has_key_of(&unlocked.sealed) => Err(VaultError::Changed),
            _ => Ok(()),
        }
    }

    /// Changes what it holds. Others wait meanwhile, and no key is derived.
    pub fn change<T>(
        &self,
        unlocked: &Unlocked,
        change: impl FnOnce(&mut Content) -> Result<T, VaultError>,
    ) -> Result<(T, Saved), VaultError> {
        let _lock = self.lock()?;
        let (sealed, mut content) = self.open(unlocked)?;
        let changed = change(&mut content)?;
        let bytes = content.to_bytes().map_err(|error| self.format(error))?;
        let next = sealed.with_content(&unlocked.key, &bytes).map_err(|error| self.format(error))?;
        Ok((changed, files::replace_kept(&self.path, next.bytes(), Backup::Keep)?))
    }

    /// Gives it a new passphrase, or none, and a new data key, and removes the backup, which the old one opens. `keep` may put
    /// the new key elsewhere before the file is replaced.
    pub fn change_passphrase(
        &self,
        unlocked: &Unlocked,
        new: Option<&Passphrase>,
        now: i64,
        keep: impl FnOnce(&Unlocked) -> Result<(), VaultError>,
    ) -> Result<Saved, VaultError> {
        let _one_at_a_time = self.derivation_lock()?;
        let _lock = self.lock()?;
        let (_, content) = self.open(unlocked)?;
        let bytes = content.to_bytes().map_err(|error| self.format(error))?;
        let made = match new {
            Some(new) => format::create(new, Params::default(), now, &bytes),
            None => format::create_without_passphrase(now, &bytes),
        };
        let (sealed, key) = made.map_err(|error| self.format(error))?;
        let sealed = {
            let unlocked = Unlocked { sealed, key };
            keep(&unlocked)?;
            unlocked.sealed
        };
        Ok(files::replace_kept(&self.path, sealed.bytes(), Backup::Remove)?)
    }

    fn open(&self, unlocked: &Unlocked) -> Result<(Sealed, Content), VaultError> {
        let sealed = self.read_there()?;
        if !sealed.has_key_of(&unlocked.sealed) {
            return Err(VaultError::Changed);
        }
        let body = sealed.open(&unlocked.key).map_err(|error| self.format(error))?;
        let content = Content::parse(&body).map_err(|error| self.format(error))?;
        Ok((sealed, content))
    }

    fn lock(&self) -> Result<Lock, VaultError> {
        Ok(files::lock_private(&self.path.with_extension("lock"), WRITE_PATIENCE)?)
    }

    /// Two hundred derivations at once would take 12 GiB. Where no lock can be written, as in a read-only home, there is
    /// nobody to wait for.
    fn derivation_lock(&self) -> Result<Option<Lock>, VaultError> {
        match files::lock_private(&self.path.with_file_name("kdf.lock"), DERIVE_PATIENCE) {
            Ok(lock) => Ok(Some(lock)),
            Err(FileError::Io { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn format(&self, error: FormatError) -> VaultError {
        VaultError::Format { path: self.path.clone(), error }
    }
}

impl Entry {
    /// Other keys in its place. What guards it, the account it is pinned to above all, stays unless it is given anew.
    fn replaced_by(&self, name: &str, new: Self, replace: bool) -> Result<Self, VaultError> {
        self.may_be_replaced(name, replace)?;
        Ok(Self {
            region: new.region.clone().or_else(|| self.region.clone()),
            account_id: new.account_id.clone().or_else(|| self.account_id.clone()),
            // The device of the same user, where the keys are the same.
            totp_secret: new
                .totp_secret
                .clone()
                .or_else(|| self.totp_secret.clone().filter(|_| self.access_key_id == new.access_key_id)),
            ..new
        })
    }

    /// Whether other keys may take its place. A rotation that is not done has keys that IAM knows and nobody else has.
    pub fn may_be_replaced(&self, name: &str, replace: bool) -> Result<(), VaultError> {
        match &self.rotation {
            _ if !replace => Err(VaultError::Taken(name.to_owned())),
            Some(_) => Err(VaultError::Rotating(name.to_owned())),
            None => Ok(()),
        }
    }
}

impl Content {
    /// A profile.
    pub fn get(&self, name: &str) -> Result<&Entry, VaultError> {
        self.profiles.get(name).ok_or_else(|| self.unknown(name))
    }

    /// Adds a profile; one that is there is kept unless its keys are to be replaced.
    pub fn add(&mut self, name: &str, entry: Entry, replace: bool) -> Result<(), VaultError> {
        let entry = match self.profiles.get(name) {
            Some(before) => before.replaced_by(name, entry, replace)?,
            None => entry,
        };
        entry.check(name)?;
        self.profiles.insert(name.to_owned(), entry);
        Ok(())
    }

    /// Adds profiles; the first that cannot be is the error for all of them.
    pub fn add_all(&mut self, entries: BTreeMap<String, Entry>, replace: bool) -> Result<(), VaultError> {
        entries.into_iter().try_for_each(|(name, entry)| self.add(&name, entry, replace))
    }

    /// Puts another content in the place of a profile, as long as it is what was read before.
    pub fn swap(&mut self, name: &str, before: &Entry, after: Entry) -> Result<(), VaultError> {
        after.check(name)?;
        if self.get(name)? != before {
            return Err(VaultError::EntryChanged(name.to_owned()));
        }
        self.profiles.insert(name.to_owned(), after);
        Ok(())
    }

    /// Removes a profile.
    pub fn remove(&mut self, name: &str) -> Result<Entry, VaultError> {
        self.profiles.remove(name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> VaultError {
        // What can be no name, such as one of 100 KiB, is not repeated in full.
        if let Err(error) = check_name(name.as_bytes()) {
            return VaultError::Entry(error.into());
        }
        VaultError::Unknown { name: name.to_owned(), near: near(name, self.profiles.keys().map(String::as_str)) }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::vault::entry::tests::entry;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.as_bytes().to_vec()).unwrap()
    }

    fn vault() -> (TempDir, Vault, Unlocked) {
        let home = TempDir::new().unwrap();
        let vault = Vault::below(home.path());
        let unlocked = vault.create(&passphrase("open sesame"), Params::LEAST, 1_790_000_000).unwrap();
        (home, vault, unlocked)
    }

    fn names(vault: &Vault, unlocked: &Unlocked) -> Vec<String> {
        vault.content(unlocked).unwrap().profiles.into_keys().collect()
    }

    #[test]
    fn profiles_are_added_and_removed() {
        let (_home, vault, unlocked) = vault();
        vault.change(&unlocked, |content| content.add("b", entry("one"), false)).unwrap();
        vault.change(&unlocked, |content| content.add("a", entry("two"), false)).unwrap();
        assert_eq!(names(&vault, &unlocked), ["a", "b"]);
        let error = vault.change(&unlocked, |content| content.add("a", entry("three"), false)).unwrap_err();
        assert_eq!(error.to_string(), "the vault already has a profile `a`");
        assert_eq!(vault.content(&unlocked).unwrap().get("a").unwrap().secret_access_key.expose(), "two");
        vault.change(&unlocked, |content| content.add("a", entry("three"), true)).unwrap();
        let gone = vault.change(&unlocked, |content| content.remove("a")).unwrap().0;
        assert_eq!(gone.secret_access_key.expose(), "three");
        assert_eq!(names(&vault, &unlocked), ["b"]);
        assert!(matches!(vault.content(&unlocked).unwrap().get("a"), Err(VaultError::Unknown { .. })));
    }

    #[test]
    fn p1_new_keys_keep_the_pin_and_the_region_unless_these_are_given_anew() {
        let (_home, vault, unlocked) = vault();
        let replaced = |new: Entry| {
            vault.change(&unlocked, |content| content.add("a", entry("one"), false)).unwrap();
            vault.change(&unlocked, |content| content.add("a", new, true)).unwrap();
            vault.change(&unlocked, |content| content.remove("a")).unwrap().0
        };
        let bare = Entry { region: None, account_id: None, ..entry("two") };
        let kept = replaced(bare.clone());
        assert_eq!(kept.secret_access_key.expose(), "two");
        assert_eq!((kept.region.as_deref(), kept.account_id.as_deref()), (Some("eu-west-1"), Some("111122223333")));
        let anew = Entry { region: Some("us-east-1".into()), account_id: Some("444455556666".into()), ..bare };
        assert_eq!(replaced(anew.clone()), anew);
        // The MFA secret is that of the user whose keys they are.
        let with_secret =
            Entry { totp_secret: Some(crate::core::secret::Secret::new("JBSWY3DPEHPK3PXP")), ..entry("one") };
        for (id, stays) in [("AKIAIOSFODNN7EXAMPLE", true), ("AKIAI44QH8DHBEXAMPLE", false)] {
            let before = Entry { access_key_id: "AKIAIOSFODNN7EXAMPLE".into(), ..with_secret.clone() };
            let new = Entry { access_key_id: id.into(), ..entry("two") };
            let kept = before.replaced_by("a", new, true).unwrap();
            assert_eq!(kept.totp_secret.is_some(), stays, "{id}");
        }
    }

    #[test]
    fn p8_a_rotation_that_is_not_done_is_not_replaced() {
        let (_home, vault, unlocked) = vault();
        let pending = entry("one").with_new_key(&entry("new").credentials());
        vault.change(&unlocked, |content| content.add("a", pending.clone(), false)).unwrap();
        let error = vault.change(&unlocked, |content| content.add("a", entry("two"), true)).unwrap_err();
        assert_eq!(error.to_string(), "a rotation of the key of `a` is not done (rotation-pending)");
        assert_eq!(vault.content(&unlocked).unwrap().get("a").unwrap(), &pending);
    }

    #[test]
    fn a_new_passphrase_opens_and_the_old_one_opens_nothing_that_is_left() {
        let (_home, vault, unlocked) = vault();
        vault.change(&unlocked, |content| content.add("a", entry("one"), false)).unwrap();
        vault.change_passphrase(&unlocked, Some(&passphrase("another one")), 1_790_000_001, |_| Ok(())).unwrap();
        assert!(!files::backup_path(vault.path()).exists());
        let error = vault.unlock(&passphrase("open sesame")).unwrap_err();
        assert!(matches!(error, VaultError::Format { error: FormatError::WrongPassphrase, .. }), "{error}");
        assert!(matches!(vault.content(&unlocked), Err(VaultError::Changed)));
        let unlocked = vault.unlock(&passphrase("another one")).unwrap();
        assert_eq!(names(&vault, &unlocked), ["a"]);
        assert_eq!(vault.read().unwrap().unwrap().params(), Some(Params::default()));
    }

    #[test]
    fn there_is_one_vault() {
        let (_home, vault, _) = vault();
        let again = vault.create(&passphrase("open sesame"), Params::LEAST, 0);
        assert!(matches!(again, Err(VaultError::Exists)));
    }
}
