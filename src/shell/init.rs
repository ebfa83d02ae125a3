//! What `awsenv init SHELL` prints: a function around the program, and where the shell has them, prompt hook and
//! completions.
//!
//! The scripts are real files of their language in `init/`. Five marks are replaced in them: `@SHELL@` by the shell's
//! name, `@AWSENV@` by the quoted program, `@VERBS@` by the verbs as a pattern or list, `@REFUSAL@` by a refusal in the shell's syntax, and `@REFUSAL_TEXT@` by that as
//! a quoted text. That copy of the refusal is
//! what the function evaluates where the program's own output is missing or cut off: killed, not installed, disk full.
//!
//! The function proves a switch by finding the `AWSENV_CONTEXT` that the shell now holds in what the program printed. So
//! that value must stand for itself between the quotes of every shell: printable ASCII, no `'`, no backslash.

use super::{EmitError, Shell, quote::quote, render, verbs};
use crate::core::env_change::EnvChange;

const POSIX: &str = include_str!("init/posix.sh");
const BASH: &str = include_str!("init/bash.sh");
const ZSH: &str = include_str!("init/zsh.zsh");
const FISH: &str = include_str!("init/fish.fish");

/// The text for the shell's start-up file.
///
/// `refusal` is the change that a failed switch makes; its status is not used, the function keeps the program's own.
/// `binary` is the program to call: `awsenv`, to be found on the PATH, or a path.
pub fn init(shell: Shell, refusal: &EnvChange, binary: &str) -> Result<String, EmitError> {
    if binary.is_empty() || binary.chars().any(char::is_control) {
        return Err(EmitError::Binary);
    }
    let refusal = render(shell, &EnvChange { status: 1, ..refusal.clone() })?;
    let between = if shell == Shell::Fish { " " } else { " | " };
    let verbs = verbs::all().collect::<Vec<_>>().join(between);
    let fill = |script: &str| {
        script
            .replace("@VERBS@", &verbs)
            .replace("@SHELL@", shell.name())
            .replace("@REFUSAL@", refusal.trim_end())
            .replace("@REFUSAL_TEXT@", &quote(shell, refusal.trim_end()))
            .replace("@AWSENV@", &quote(shell, binary))
    };
    Ok(match shell {
        Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh => fill(POSIX),
        Shell::Bash => fill(POSIX) + &fill(BASH),
        Shell::Zsh => fill(ZSH),
        Shell::Fish => fill(FISH),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Shell; 7] = [Shell::Sh, Shell::Dash, Shell::Ksh, Shell::Mksh, Shell::Bash, Shell::Zsh, Shell::Fish];

    #[test]
    fn every_mark_is_filled_in() {
        let refusal = EnvChange { unset: vec!["A".into()], set: vec![("B".into(), "x".into())], status: 0 };
        for shell in ALL {
            let text = init(shell, &refusal, "/opt/it's/awsenv").expect("it renders");
            for mark in ["@SHELL@", "@AWSENV@", "@VERBS@", "@REFUSAL@", "@REFUSAL_TEXT@"] {
                assert!(!text.contains(mark), "{shell}: {mark}");
            }
            assert!(text.contains(&quote(shell, "/opt/it's/awsenv")), "{shell}");
        }
    }

    #[test]
    fn p5_a_program_with_control_characters_is_refused() {
        for binary in ["", "a\nb", "a\x1bb"] {
            assert_eq!(init(Shell::Bash, &EnvChange::default(), binary), Err(EmitError::Binary));
        }
    }
}
