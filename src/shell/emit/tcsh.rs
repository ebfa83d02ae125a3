//! tcsh: one line.
//!
//! ```text
//! eval 'unsetenv A; setenv B it\ is; ( exit 3 )'
//! ```
//!
//! Tcsh has no brackets around statements, so the whole is one quoted word: cut off, it is an unmatched quote, and nothing is
//! run. That needs each value to do without quotes of its own: within the word, special characters have a backslash.

use crate::{
    core::env_change::EnvChange,
    shell::quote::{tcsh_plain, tcsh_quoted},
};

/// The code, with its newline.
pub(super) fn tcsh(change: &EnvChange) -> String {
    let mut code = String::new();
    for name in &change.unset {
        code.push_str(&format!("unsetenv {name}; "));
    }
    for (name, value) in &change.set {
        code.push_str(&format!("setenv {name} {}; ", tcsh_plain(value.text())));
    }
    code.push_str(&format!("( exit {} )", change.status));
    format!("eval {}\n", tcsh_quoted(&code))
}
