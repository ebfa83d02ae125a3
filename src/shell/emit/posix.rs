//! POSIX shells.
//!
//! ```text
//! { if (unset -v A B); then unset -v A B; export A='…'; : 'end'; (exit 0); else (exit 1); fi; }
//! { if (unset -v A B); then unset -v A B; fi; if (unset -v A); then export A='…'; fi; : 'end'; (exit 3); }
//! ```
//!
//! The first form is a success. Its subshell finds out whether some name is read-only before anything is changed:
//! otherwise bash would go on with half of the new values and status 0. The second is a refusal, which poisons as much as
//! the shell lets it, where zsh and dash would stop at the first read-only name. `-v` spares a function of the same name.

use crate::{
    core::env_change::{EnvChange, Value},
    shell::{Shell, quote::quote},
};

/// The code, with its newline.
pub(super) fn posix(change: &EnvChange) -> String {
    let export = |(name, value): &(String, Value)| format!("export {name}={}; ", quote(Shell::Sh, value.text()));
    let unset = match change.unset.as_slice() {
        [] => String::new(),
        names => format!("unset -v {}; ", names.join(" ")),
    };
    if change.status != 0 {
        let mut code = if unset.is_empty() { unset } else { if_free(&change.unset.join(" "), &unset) };
        code.extend(change.set.iter().map(|pair| if_free(&pair.0, &export(pair))));
        return format!("{{ {code}: 'end'; (exit {}); }}\n", change.status);
    }
    let mut names: Vec<&str> = change.unset.iter().map(String::as_str).collect();
    names.extend(change.set.iter().map(|(name, _)| name.as_str()).filter(|name| !names_one(&change.unset, name)));
    if names.is_empty() {
        return "{ : 'end'; (exit 0); }\n".to_owned();
    }
    let exports: String = change.set.iter().map(export).collect();
    let names = names.join(" ");
    format!("{{ if (unset -v {names}); then {unset}{exports}: 'end'; (exit 0); else (exit 1); fi; }}\n")
}

/// The code, to be run if none of the names is read-only.
fn if_free(names: &str, code: &str) -> String {
    format!("if (unset -v {names}); then {code}fi; ")
}

fn names_one(names: &[String], wanted: &str) -> bool {
    names.iter().any(|name| name == wanted)
}
