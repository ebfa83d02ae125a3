//! Profiles for everything that an Identity Center user can reach: what they are called, the block of `~/.aws/config` that
//! holds them, and what a sync changes there.
//!
//! What a profile is called is no evidence of the account behind it: each pins its account with `sso_account_id`.

mod block;
mod change;
mod naming;
mod report;
mod template;

use super::identity::AccountId;

pub use block::{Block, Damage, Written, find, render, sessions};
pub use change::{Changed, Changes, InScope, Scope, changes};
pub use naming::{LeftOut, Named, Outside, Renamed, Why, name_all};
pub use template::{BadTemplate, Template};

/// One role in one account, as Identity Center says. Name and e-mail address are free text, raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The account.
    pub account: AccountId,
    /// What AWS Organizations calls it.
    pub account_name: String,
    /// Its e-mail address.
    pub email: String,
    /// The permission set.
    pub role: String,
}

/// A profile as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// `sso_account_id`.
    pub account: AccountId,
    /// What AWS calls the account, raw.
    pub account_name: String,
    /// `sso_role_name`.
    pub role: String,
    /// `region`, if it shall have one of ours.
    pub region: Option<String>,
}

/// Characters that mean nothing but themselves in the name of a profile, for every reader.
pub(crate) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@' | '+')
}

/// A name that the comment lines around a block, and every reader of the AWS files, take as it stands.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 1024 && name.chars().all(is_plain)
}

/// True for what AWS lets a permission set be called; anything else could be another line of the file.
pub fn is_role_name(role: &str) -> bool {
    (1..=64).contains(&role.len()) && role.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}
