//! What `awsenv init SHELL` prints: a function around the program, and where the shell has them, prompt hook and
//! completions.
//!
//! The scripts are real files of their language in `init/`. Marks are replaced in them: `@SHELL@` by the shell's name,
//! `@AWSENV@` by the quoted program, `@VERBS@` by the verbs as a pattern or list, `@WATCHED@`, `@BESIDE@`,
//! `@ANY@`, `@HELD@`, `@AROUND@`, `@EXPORTED@` and
//! `@LATER@` by the variables that the hook watches, `@REFUSAL@` by a refusal in the shell's syntax, and `@REFUSAL_TEXT@` by
//! that as a quoted text. That copy of the refusal is what the function evaluates where the program's own output is missing
//! or cut off: killed, not installed, disk full.
//!
//! The function proves a switch by finding the `AWSENV_CONTEXT` that the shell now holds in what the program printed. So
//! that value must stand for itself between the quotes of every shell: printable ASCII, no `'`, no backslash.

use super::{EmitError, Shell, quote::quote, render, verbs, watch};
use crate::core::env_change::EnvChange;

const POSIX: &str = include_str!("init/posix.sh");
const HOOK: &str = include_str!("init/hook.sh");
const BASH: &str = include_str!("init/bash.sh");
const KSH: &str = include_str!("init/ksh.sh");
const MKSH: &str = include_str!("init/mksh.sh");
const ZSH: &str = include_str!("init/zsh.zsh");
const FISH: &str = include_str!("init/fish.fish");
const TCSH: &str = include_str!("init/tcsh.tcsh");
const ELVISH: &str = include_str!("init/elvish.elv");
const NU: &str = include_str!("init/nu.nu");
const XONSH: &str = include_str!("init/xonsh.xsh");
const PWSH: &str = include_str!("init/pwsh.ps1");

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
            .replace("@WATCHED@", &watch::watched(shell))
            .replace("@BESIDE@", &watch::beside(shell))
            .replace("@ANY@", &watch::any())
            .replace("@HELD@", &watch::held(shell))
            .replace("@AROUND@", &watch::around(shell))
            .replace("@EXPORTED@", &watch::exported(shell))
            .replace("@LATER@", &watch::later())
            .replace("@SHELL@", shell.name())
            .replace("@REFUSAL@", refusal.trim_end())
            .replace("@REFUSAL_TEXT@", &quote(shell, refusal.trim_end()))
            .replace("@AWSENV@", &quote(shell, binary))
    };
    Ok(match shell {
        Shell::Sh | Shell::Dash => fill(POSIX),
        Shell::Ksh => fill(POSIX) + &fill(HOOK) + &fill(KSH),
        Shell::Mksh => fill(POSIX) + &fill(HOOK) + &fill(MKSH),
        Shell::Bash => fill(POSIX) + &fill(HOOK) + &fill(BASH),
        Shell::Zsh => fill(ZSH),
        Shell::Fish => fill(FISH),
        Shell::Tcsh => fill(TCSH),
        Shell::Elvish => fill(ELVISH),
        Shell::Nu => fill(NU),
        Shell::Xonsh => fill(XONSH),
        Shell::Pwsh => fill(PWSH),
        Shell::Cmd => return Err(EmitError::NoFunction),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Shell; 12] = [
        Shell::Sh,
        Shell::Dash,
        Shell::Ksh,
        Shell::Mksh,
        Shell::Bash,
        Shell::Zsh,
        Shell::Fish,
        Shell::Tcsh,
        Shell::Elvish,
        Shell::Nu,
        Shell::Xonsh,
        Shell::Pwsh,
    ];

    #[test]
    fn every_mark_is_filled_in() {
        let refusal = EnvChange { unset: vec!["A".into()], set: vec![("B".into(), "x".into())], status: 0 };
        for shell in ALL {
            let text = init(shell, &refusal, "/opt/it's/awsenv").expect("it renders");
            let is_mark = |word: &str| word.len() > 2 && word.bytes().all(|c| c.is_ascii_uppercase() || c == b'_');
            assert_eq!(text.split('@').skip(1).find(|word| is_mark(word)), None, "{shell}");
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
