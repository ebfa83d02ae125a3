//! An environment change as shell code: one line, one syntactic unit, so that a cut-off emission changes nothing.
//!
//! The forms stand in a file for each family of shells. None of them holds `exit` or `return`: either would end the user's
//! shell, or leave a sourced file half read.
//!
//! The tail of the POSIX forms and of fish's from `'end'` on cannot occur in a quoted value, where a single quote is always
//! followed or preceded by a backslash. So whoever finds it at the end has the whole emission; [`init`](super::init) looks
//! for it. The others end in a bracket without which they are no code at all.

mod cmd;
mod elvish;
mod fish;
mod nu;
mod posix;
mod pwsh;
mod tcsh;
mod xonsh;

use super::Shell;
use crate::{
    core::env_change::EnvChange,
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
    /// A character that cmd.exe cannot be given: one of `" % ! ^ & < > |`, or one beyond ASCII.
    #[error("the value of {0} holds a character that cmd.exe would change")]
    Cmd(String),
    /// A single quote, which would tear the one word that an emission for tcsh is.
    #[error("the value of {0} holds a single quote, which tcsh cannot be given in one piece")]
    Quote(String),
    /// Longer than [`EMISSION_MAX`] in all.
    #[error("the variables to export are longer than 128 KiB together")]
    TooLong,
    /// cmd.exe has no functions.
    #[error("cmd.exe has no functions, so there is nothing to load at its start")]
    NoFunction,
    /// The path of the program cannot stand in a start-up file.
    #[error("the path of the awsenv program holds a control character")]
    Binary,
}

impl Known for EmitError {
    fn kind(&self) -> Kind {
        match self {
            Self::Name(_) => Kind::Internal,
            Self::ValueTooLong(_)
            | Self::Control(_)
            | Self::Pattern(_)
            | Self::Cmd(_)
            | Self::Quote(_)
            | Self::TooLong
            | Self::NoFunction
            | Self::Binary => Kind::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Name(_) => return Vec::new(),
            Self::NoFunction => {
                "Use `for /f \"delims=\" %i in ('awsenv use NAME --shell cmd') do @%i`, or `awsenv exec`."
            }
            Self::Binary => "Install awsenv at a path without control characters.",
            Self::ValueTooLong(_)
            | Self::Control(_)
            | Self::Pattern(_)
            | Self::Cmd(_)
            | Self::Quote(_)
            | Self::TooLong => "Use `awsenv exec` instead, which needs no shell.",
        };
        vec![hint.to_owned()]
    }
}

/// The code that makes this change in this shell and ends with the change's status; one line with its newline.
pub fn render(shell: Shell, change: &EnvChange) -> Result<String, EmitError> {
    check(shell, change)?;
    let code = match shell {
        Shell::Fish => fish::fish(change),
        Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Bash | Shell::Zsh => posix::posix(change),
        Shell::Tcsh => tcsh::tcsh(change),
        Shell::Elvish => elvish::elvish(change),
        Shell::Nu => nu::nu(change),
        Shell::Xonsh => xonsh::xonsh(change),
        Shell::Pwsh => pwsh::pwsh(change),
        Shell::Cmd => cmd::cmd(change),
    };
    if code.len() > EMISSION_MAX { Err(EmitError::TooLong) } else { Ok(code) }
}

fn check(shell: Shell, change: &EnvChange) -> Result<(), EmitError> {
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
        if shell == Shell::Tcsh && text.contains('\'') {
            return Err(EmitError::Quote(name.clone()));
        }
        if shell == Shell::Cmd && (!text.is_ascii() || text.contains(cmd::CHANGED)) {
            return Err(EmitError::Cmd(name.clone()));
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
