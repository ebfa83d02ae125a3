//! Fish.
//!
//! It has no subshell, and nothing read-only. Each name is erased in every scope that has it, the universal one too: a
//! universal exported variable shines through a global one that is not exported. Its status is the number of unset
//! variables that `set -q` counts, since `return` is out and a process would need a PATH.

use crate::{
    core::env_change::EnvChange,
    shell::{Shell, quote::quote},
};

/// The code, with its newline.
pub(super) fn fish(change: &EnvChange) -> String {
    let mut code = String::from("begin; ");
    if !change.unset.is_empty() {
        let names = change.unset.join(" ");
        code.push_str(&format!(
            "set -l awsenv_name; for awsenv_name in {names}; \
             while set -q $awsenv_name; set -e $awsenv_name; or break; end; end; "
        ));
    }
    for (name, value) in &change.set {
        code.push_str(&format!("set -gx {name} {}; ", quote(Shell::Fish, value.text())));
    }
    match change.status {
        0 => code.push_str("true 'end'; end\n"),
        status => code.push_str(&format!("set -ql{} 'end'; end\n", " end".repeat(usize::from(status) - 1))),
    }
    code
}
