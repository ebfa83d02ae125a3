//! cmd.exe: a line for each statement, for `for /f "delims=" %i in ('awsenv use NAME --shell cmd') do @%i`.
//!
//! It has no brackets that hold across lines, so the order is what saves a cut-off emission: first the poison, then what is
//! removed, then the new values, with the key ID last. Whatever is missing, the key ID and the secret do not fit together.

use crate::core::{
    credentials::{REFUSED, REFUSED_KEY_ID},
    env_change::EnvChange,
};

/// What the shell would change within quotes.
pub(super) const CHANGED: [char; 8] = ['"', '%', '!', '^', '&', '<', '>', '|'];

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";

/// The code, a line for each statement.
pub(super) fn cmd(change: &EnvChange) -> String {
    let mut code = String::new();
    let sets_key = change.set.iter().any(|(name, _)| name == KEY_ID);
    if sets_key {
        code.push_str(&format!("set \"{KEY_ID}={REFUSED_KEY_ID}\"\r\nset \"AWS_SECRET_ACCESS_KEY={REFUSED}\"\r\n"));
    }
    for name in change.unset.iter().filter(|name| !(sets_key && *name == KEY_ID)) {
        code.push_str(&format!("set \"{name}=\"\r\n"));
    }
    let (last, others): (Vec<_>, Vec<_>) = change.set.iter().partition(|(name, _)| name == KEY_ID);
    for (name, value) in others.into_iter().chain(last) {
        code.push_str(&format!("set \"{name}={}\"\r\n", value.text()));
    }
    code.push_str(&format!("cmd /c exit {}\r\n", change.status));
    code
}
