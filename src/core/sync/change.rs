//! What a sync changes in the block.

use std::collections::{BTreeMap, BTreeSet};

use super::{Access, Block, Named, Profile, Why, Written};

/// A profile of the block whose keys change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// Key, value now, value then.
    pub values: Vec<(&'static str, Option<String>, Option<String>)>,
}

impl Changed {
    /// True where the name will be that of another account.
    pub fn moves(&self) -> bool {
        self.values.iter().any(|(key, from, _)| *key == "sso_account_id" && from.is_some())
    }
}

/// What a sync changes, and what it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Profiles that are new.
    pub added: Vec<Profile>,
    /// Profiles that change.
    pub changed: Vec<Changed>,
    /// Profiles that go: what they are for has another name now or a profile of the user's own, or cannot be reached and
    /// `--prune` is given.
    pub removed: Vec<Written>,
    /// Profiles that stay, although the user can no longer reach what they are for.
    pub unreachable: Vec<Written>,
    /// How many stay as they are.
    pub same: usize,
    /// The block's profiles afterwards, by name.
    pub after: Vec<Written>,
}

impl Changes {
    /// True where the file stays as it is.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// The names that will be those of another account.
    pub fn moved(&self) -> impl Iterator<Item = &str> {
        self.changed.iter().filter(|changed| changed.moves()).map(|changed| changed.name.as_str())
    }
}

/// Which roles were asked for: of the others nothing is known, and their profiles stay.
pub type InScope<'a> = &'a dyn Fn(&str, &str) -> bool;

/// What the sync is about.
pub struct Scope<'a> {
    /// The sso-session.
    pub session: &'a str,
    /// `region` of every profile, if they shall have one.
    pub region: Option<&'a str>,
    /// Everything that the user can reach, as far as it was asked for.
    pub reached: BTreeSet<(String, String)>,
    /// Whether a role was asked for.
    pub in_scope: InScope<'a>,
    /// Whether what can no longer be reached goes.
    pub prune: bool,
}

impl<'a> Scope<'a> {
    /// A scope, from AWS's answer.
    pub fn new(session: &'a str, region: Option<&'a str>, all: &[Access], in_scope: InScope<'a>, prune: bool) -> Self {
        let reached = all.iter().map(|access| (access.account.to_string(), access.role.clone())).collect();
        Self { session, region, reached, in_scope, prune }
    }

    fn is_reached(&self, written: &Written) -> bool {
        self.reached.contains(&(written.account().to_owned(), written.role().to_owned()))
    }

    /// True for a profile of the block that no role of this sync may take the name of.
    pub fn stays(&self, written: &Written) -> bool {
        !(self.in_scope)(written.account(), written.role()) || (!self.is_reached(written) && !self.prune)
    }
}

/// Compares the block with what it shall hold.
pub fn changes(block: Option<&Block>, named: &Named, scope: &Scope<'_>) -> Changes {
    let now: BTreeMap<&str, &Written> =
        block.iter().flat_map(|block| &block.profiles).map(|written| (written.name.as_str(), written)).collect();
    // A role has one profile: the one of this name, or the user's own.
    let elsewhere: BTreeSet<(&str, &str)> = (named.profiles.values())
        .chain(named.left_out.iter().filter(|left| left.why == Why::AlreadyThere).map(|left| &left.access))
        .map(|access| (access.account.as_str(), access.role.as_str()))
        .collect();
    let mut changes = Changes::default();
    let mut after: BTreeMap<&str, Written> = BTreeMap::new();
    for (name, access) in &named.profiles {
        let profile = Profile {
            name: name.clone(),
            account: access.account.clone(),
            account_name: access.account_name.clone(),
            role: access.role.clone(),
            region: scope.region.map(str::to_owned),
        };
        let old = now.get(name.as_str()).copied();
        let same_role = old.filter(|old| old.account() == access.account.as_str() && old.role() == access.role);
        // What a user wrote beside another role's keys says nothing about this one.
        let new = Written::of(&profile, scope.session, same_role);
        match old {
            None => changes.added.push(profile),
            Some(old) if *old == new => changes.same += 1,
            Some(old) => {
                let values = old.differences(&new).into_iter();
                let values = values.map(|(key, from, to)| (key, from.map(str::to_owned), to.map(str::to_owned)));
                changes.changed.push(Changed { name: name.clone(), values: values.collect() });
            }
        }
        after.insert(name, new);
    }
    for (name, old) in now {
        if after.contains_key(name) {
            continue;
        }
        let is_elsewhere = elsewhere.contains(&(old.account(), old.role()));
        let stays = !is_elsewhere && (scope.is_reached(old) || scope.stays(old));
        if !stays {
            changes.removed.push(old.clone());
            continue;
        }
        if !scope.is_reached(old) && (scope.in_scope)(old.account(), old.role()) {
            changes.unreachable.push(old.clone());
        } else {
            changes.same += 1;
        }
        after.insert(name, old.clone());
    }
    changes.after = after.into_values().collect();
    changes
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
