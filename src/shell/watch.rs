//! The variables that decide what a prompt may say, as text that a hook compares: while it stays the same, so does the state.
//!
//! A hook cannot see the environment that a program would get, only its own variables. So the text holds their values, and
//! beside them which are exported: `AWS_PROFILE=prod` alone changes nothing for a tool, a later `export AWS_PROFILE` does.

use super::{Shell, quote::quote};
use crate::core::variables::{self, AROUND, LATER, LOOK, SECRET};

/// Values of what holds credentials or names some, between bars: bars alone where there are none. Secrets are only counted.
pub(super) fn held(shell: Shell) -> String {
    let value = |name| match (shell, SECRET.contains(&name)) {
        (Shell::Fish, true) => None,
        (Shell::Fish, false) => Some(format!("${name}")),
        (_, true) => Some(format!("${{{name}:+x}}")),
        (_, false) => Some(format!("${{{name}-}}")),
    };
    variables::held().filter_map(value).collect::<Vec<_>>().join("|")
}

/// Values of what else decides, and of what changes the look.
pub(super) fn around(shell: Shell) -> String {
    let value = |name: &&str| if shell == Shell::Fish { format!("${name}") } else { format!("${{{name}-}}") };
    AROUND.iter().chain(LOOK).map(value).collect::<Vec<_>>().join("|")
}

/// Which of those that decide are exported, in the words of a shell that can tell; in fish the names alone.
pub(super) fn exported(shell: Shell) -> String {
    let names = variables::held().chain(AROUND.iter().copied());
    let mark = |name: &str| match shell {
        Shell::Bash => format!("${{{name}+${{{name}@a}}}}"),
        Shell::Zsh => format!("${{(t){name}}}"),
        Shell::Ksh => format!("${{{name}+${{@{name}}}}}"),
        _ => name.to_owned(),
    };
    names.map(mark).collect::<Vec<_>>().join(if shell == Shell::Fish { " " } else { "|" })
}

/// What no switch leaves set, one behind the other: empty as long as nobody set it by hand.
pub(super) fn later() -> String {
    LATER.iter().map(|name| format!("${{{name}-}}")).collect()
}

/// A list, in the shell's syntax, of the variables of which there must be one for anything to be said; without the secret
/// ones, which a hook only counts.
pub(super) fn watched(shell: Shell) -> String {
    list(shell, variables::held().filter(|name| !SECRET.contains(name)))
}

/// A list of those that change what is said.
pub(super) fn beside(shell: Shell) -> String {
    list(shell, AROUND.iter().copied())
}

fn list(shell: Shell, names: impl Iterator<Item = &'static str>) -> String {
    let between = if matches!(shell, Shell::Xonsh | Shell::Pwsh) { ", " } else { " " };
    names.map(|name| quote(shell, name)).collect::<Vec<_>>().join(between)
}

/// Whether one of them is set, in tcsh's words.
pub(super) fn any() -> String {
    variables::held().map(|name| format!("$?{name}")).collect::<Vec<_>>().join(" || ")
}
