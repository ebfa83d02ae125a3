//! Elvish: a function without a name, called on the spot.
//!
//! ```text
//! { unset-env A; set-env B "…"; nop 'end' }
//! { unset-env A; set-env B "…"; fail 'awsenv: refused, exit code 3' }
//! ```
//!
//! Elvish has exceptions in place of statuses. One that is not caught ends a script, as `set -e` does elsewhere.

use crate::{
    core::env_change::EnvChange,
    shell::{Shell, quote::quote},
};

/// The code, with its newline.
pub(super) fn elvish(change: &EnvChange) -> String {
    let mut code = String::from("{ ");
    for name in &change.unset {
        code.push_str(&format!("unset-env {name}; "));
    }
    for (name, value) in &change.set {
        code.push_str(&format!("set-env {name} {}; ", quote(Shell::Elvish, value.text())));
    }
    match change.status {
        0 => code.push_str("nop 'end' }\n"),
        status => code.push_str(&format!("fail 'awsenv: refused, exit code {status}' }}\n")),
    }
    code
}
