//! The agent: a process that keeps the vault's key while it is unlocked, and answers for one profile at a time. Sessions that
//! were opened meanwhile are kept with it.
//!
//! It never gives out the key. It ends after a while without use, after a longer while in any case, when it is told to, and
//! when its socket is gone.

mod client;
mod server;
mod sessions;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

pub use client::Agent;
pub use server::{Limits, serve};
pub use sessions::WithAgent;

use super::{
    entry::{Entry, exposed, exposed_option},
    store::Vault,
};
use crate::{
    core::{
        credentials::Credentials,
        identity::AccountId,
        profile::vault::{VaultProfile, VaultProfiles},
        region::Region,
        secret::Secret,
    },
    edge::files,
};

/// What is asked of the agent.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Request {
    /// Is it there, and for how long?
    Status,
    /// Names and what is not secret.
    List,
    /// One profile.
    Get(String),
    /// Keep these, all of them or none.
    Put { entries: BTreeMap<String, Entry>, replace: bool },
    /// Put one in the place of what it was.
    Swap { name: String, before: Box<Entry>, after: Box<Entry> },
    /// Remove these.
    Remove(Vec<String>),
    /// The session of this key.
    Session(String),
    /// Keep a session for so many seconds.
    Keep {
        key: String,
        #[serde(serialize_with = "exposed")]
        text: Secret,
        lasts: u64,
    },
    /// The keys of the sessions that are kept.
    Sessions,
    /// Forget these sessions.
    Forget(Vec<String>),
    /// End sooner.
    Limit { idle: Option<u64>, hard: Option<u64> },
    /// Forget the key and end.
    Lock,
}

/// True if the agent understands this frame; for tests that make up others.
pub fn understands(frame: &[u8]) -> bool {
    serde_json::from_slice::<Request>(frame).is_ok()
}

/// What it answers.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Reply {
    Status(Status),
    List(Vec<Row>),
    Entry(Entry),
    Session(#[serde(serialize_with = "exposed_option")] Option<Secret>),
    Sessions(Vec<String>),
    Forgotten(usize),
    /// Done; false where a power cut could undo it.
    Done(bool),
    Failed {
        kind: u8,
        message: String,
        hints: Vec<String>,
    },
}

/// Which vault is open, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Status {
    /// Process ID of the agent.
    pub process: u32,
    /// Seconds until it ends if it is not used.
    pub idle_left: u64,
    /// Seconds until it ends in any case.
    pub left: u64,
    /// The file of its vault, as text for people.
    pub vault: String,
    /// The folder of that file, by whatever name it is reached. None where it is gone.
    pub folder: Option<(u64, u64)>,
}

impl Status {
    /// True if that is the vault which is open: an agent of another one must neither answer for this nor be written to.
    pub fn is_of(&self, vault: &Vault) -> bool {
        self.folder.is_some() && self.folder == folder_of(vault)
    }
}

fn folder_of(vault: &Vault) -> Option<(u64, u64)> {
    files::identity(vault.path().parent()?)
}

impl Row {
    /// As a profile that plans can start from; its keys are asked for once it is known that they are needed.
    fn profile(&self) -> VaultProfile {
        VaultProfile {
            credentials: Credentials {
                access_key_id: self.access_key_id.clone(),
                secret_access_key: Secret::new(""),
                session_token: None,
                expires: None,
                claimed_account: None,
            },
            totp: None,
            region: self.region.as_deref().and_then(|region| Region::parse(region).ok()),
            account: self.account_id.as_deref().and_then(|account| AccountId::parse(account).ok()),
        }
    }
}

/// Profiles without keys, for plans and lists.
pub fn for_plans(rows: &[Row], path: &Path) -> VaultProfiles {
    let profiles = rows.iter().map(|row| (row.name.clone(), row.profile())).collect();
    VaultProfiles { path: path.into(), profiles }
}

/// A profile without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Access key ID.
    pub access_key_id: String,
    /// Region.
    pub region: Option<String>,
    /// The account that it is pinned to.
    pub account_id: Option<String>,
}
