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
    // So that the end is the same where there is nothing else.
    if change.unset.is_empty() && change.set.is_empty() {
        code.push_str("nop; ");
    }
    match change.status {
        0 => code.push_str("nop 'end' }\n"),
        status => code.push_str(&format!("fail 'awsenv: refused, exit code {status}' }}\n")),
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As after a picker that was left: the function finds it whole, and does not poison the shell.
    #[test]
    fn a_change_of_nothing_ends_as_every_other() {
        let code = |status| elvish(&EnvChange { status, ..EnvChange::default() });
        assert_eq!(code(130), "{ nop; fail 'awsenv: refused, exit code 130' }\n");
        assert_eq!(code(0), "{ nop; nop 'end' }\n");
    }
}
