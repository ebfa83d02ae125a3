//! An environment change as shell code: one line, one syntactic unit, so that a cut-off emission changes nothing.
//!
//! POSIX shells:
//!
//! ```text
//! { if (unset -v A B); then unset -v A B; export A='…'; : 'end'; (exit 0); else (exit 1); fi; }
//! { if (unset -v A B); then unset -v A B; fi; if (unset -v A); then export A='…'; fi; : 'end'; (exit 3); }
//! ```
//!
//! The first form is a success. Its subshell finds out whether some name is read-only before anything is changed:
//! otherwise bash would go on with half of the new values and status 0. The second is a refusal, which poisons as much as
//! the shell lets it, where zsh and dash would stop at the first read-only name. `-v` spares a function of the same name. Never `exit` or `return`: either would end the user's
//! shell, or leave a sourced file half read.
//!
//! Fish has no subshell, and nothing read-only. Each name is erased in every scope that has it, the universal one too:
//! a universal exported variable shines through a global one that is not exported. Its status is the number of unset
//! variables that `set -q` counts, since `return` is out and a process would need a PATH.
//!
//! The tail from `'end'` on cannot occur in a quoted value, where a single quote is always followed
//! or preceded by a backslash. So whoever finds it at the end has the whole emission; [`init`](super::init) looks for it.

use super::{Shell, quote::quote};
use crate::{
    core::env_change::{EnvChange, Value},
    error::{Kind, Known},
};

/// Longest `NAME=value`. From 128 KiB on, every later command in that shell would fail with E2BIG.
pub const VALUE_MAX: usize = 32 << 10;
/// Longest emission.
pub const EMISSION_MAX: usize = 128 << 10;

/// What cannot be given to a shell. No variant holds a value, since it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// Not `[A-Za-z_][A-Za-z0-9_]*`.
    #[error("`{0}` is not a variable name")]
    Name(String),
    /// Longer than [`VALUE_MAX`].
    #[error("the value of {0} is longer than 32 KiB")]
    ValueTooLong(String),
    /// NUL or another control character.
    #[error("the value of {0} holds a control character")]
    Control(String),
    /// A pattern, which an unquoted `eval $(…)` would replace by the names of files.
    #[error("the value of {0} holds a character of a file name pattern")]
    Pattern(String),
    /// Longer than [`EMISSION_MAX`] in all.
    #[error("the variables to export are longer than 128 KiB together")]
    TooLong,
    /// The path of the program cannot stand in a start-up file.
    #[error("the path of the awsenv program holds a control character")]
    Binary,
}

impl Known for EmitError {
    fn kind(&self) -> Kind {
        match self {
            Self::Name(_) => Kind::Internal,
            Self::ValueTooLong(_) | Self::Control(_) | Self::Pattern(_) | Self::TooLong | Self::Binary => Kind::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Name(_) => return Vec::new(),
            Self::Binary => "Install awsenv at a path without control characters.",
            Self::ValueTooLong(_) | Self::Control(_) | Self::Pattern(_) | Self::TooLong => {
                "Use `awsenv exec` instead, which needs no shell."
            }
        };
        vec![hint.to_owned()]
    }
}

/// The code that makes this change in this shell and ends with the change's status; one line with its newline.
pub fn render(shell: Shell, change: &EnvChange) -> Result<String, EmitError> {
    check(change)?;
    let code = match shell {
        Shell::Fish => fish(change),
        Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Bash | Shell::Zsh => posix(change),
    };
    if code.len() > EMISSION_MAX { Err(EmitError::TooLong) } else { Ok(code) }
}

fn check(change: &EnvChange) -> Result<(), EmitError> {
    let names = change.unset.iter().chain(change.set.iter().map(|(name, _)| name));
    if let Some(bad) = names.into_iter().find(|name| !is_name(name)) {
        return Err(EmitError::Name(bad.clone()));
    }
    for (name, value) in &change.set {
        let text = value.text();
        if name.len() + 1 + text.len() > VALUE_MAX {
            return Err(EmitError::ValueTooLong(name.clone()));
        }
        if text.chars().any(char::is_control) {
            return Err(EmitError::Control(name.clone()));
        }
        if has_pattern(text) {
            return Err(EmitError::Pattern(name.clone()));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `{`, since ksh93 expands `{a,b}` even in what an expansion gave, which tears the quotes apart; and `(` within a word, the
/// Korn shells' `+(…)`, `@(…)`, `~(…)`. The plain patterns `*`, `?`, `[` are quoted.
fn has_pattern(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        let last = std::mem::replace(&mut before, c);
        c == '{' || (c == '(' && last != ' ')
    })
}

fn posix(change: &EnvChange) -> String {
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

fn fish(change: &EnvChange) -> String {
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
