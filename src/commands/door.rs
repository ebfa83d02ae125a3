//! The way into the vault, for verbs that change it: the agent, or the key.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Run,
    unlock_vault::{self, NewVault, PassphraseArgs},
};
use crate::{
    edge::files::Saved,
    error::CommandError,
    vault::{
        agent::Agent,
        entry::Entry,
        store::{Unlocked, Vault},
    },
};

/// The way into the vault.
pub(super) enum Door {
    Agent(Agent),
    Key(Vault, Unlocked),
}

impl Door {
    /// Opens the vault, or makes one.
    pub(super) fn open_or_create(run: &Run<'_>, args: &PassphraseArgs, new: NewVault) -> Result<Self, CommandError> {
        if new == NewVault::InKeyStore {
            let vault = unlock_vault::locate(run)?;
            let unlocked = unlock_vault::unlock_or_create(run, &vault, args, new)?;
            return Ok(Self::Key(vault, unlocked));
        }
        Self::open_with(run, args, |run, vault, args| unlock_vault::unlock_or_create(run, vault, args, new))
    }

    /// Opens the vault that is there.
    pub(super) fn open(run: &Run<'_>, args: &PassphraseArgs) -> Result<Self, CommandError> {
        Self::open_with(run, args, |_, vault, args| unlock_vault::unlock(vault, args))
    }

    fn open_with(
        run: &Run<'_>,
        args: &PassphraseArgs,
        unlock: impl Fn(&Run<'_>, &Vault, &PassphraseArgs) -> Result<Unlocked, CommandError>,
    ) -> Result<Self, CommandError> {
        if let Some(agent) = unlock_vault::agent_unless(run, args) {
            return Ok(Self::Agent(agent));
        }
        let vault = unlock_vault::locate(run)?;
        let unlocked = unlock(run, &vault, args)?;
        Ok(Self::Key(vault, unlocked))
    }

    /// The names of its profiles.
    pub(super) fn names(&mut self) -> Result<BTreeSet<String>, CommandError> {
        match self {
            Self::Agent(agent) => agent.list().map(|rows| rows.into_iter().map(|row| row.name).collect()),
            Self::Key(vault, unlocked) => vault.content(unlocked).map(|content| content.profiles.into_keys().collect()),
        }
        .map_err(CommandError::from_parts)
    }

    /// A profile.
    pub(super) fn get(&mut self, name: &str) -> Result<Entry, CommandError> {
        match self {
            Self::Agent(agent) => agent.get(name),
            Self::Key(vault, unlocked) => vault.content(unlocked).and_then(|content| content.get(name).cloned()),
        }
        .map_err(CommandError::from_parts)
    }

    /// Adds profiles, all of them or none.
    pub(super) fn add(&mut self, entries: &BTreeMap<String, Entry>, replace: bool) -> Result<Saved, CommandError> {
        match self {
            Self::Agent(agent) => agent.put(entries, replace),
            Self::Key(vault, unlocked) => {
                vault.change(unlocked, |content| content.add_all(entries.clone(), replace)).map(|((), saved)| saved)
            }
        }
        .map_err(CommandError::from_parts)
    }

    /// Puts another content in the place of a profile, as long as it is what was read before.
    pub(super) fn swap(&mut self, name: &str, before: &Entry, after: Entry) -> Result<Saved, CommandError> {
        match self {
            Self::Agent(agent) => agent.swap(name, before, after),
            Self::Key(vault, unlocked) => {
                vault.change(unlocked, |content| content.swap(name, before, after)).map(|((), saved)| saved)
            }
        }
        .map_err(CommandError::from_parts)
    }
}
