//! A painted text, marked for a shell's prompt: each shell counts columns, and some expand what they show.

use super::Shell;

/// Marks colour sequences as taking no column, and disarms the shell's own prompt escapes in the text.
///
/// Bash reads `\001…\002` (readline's marks; `\[ \]` are decoded too early to be of use in the output of a
/// command). Zsh reads `%{…%}`, and expands `%` in whatever it shows, so each is doubled. Tcsh has the same marks, and more escapes.
/// The others measure by themselves.
pub fn mark(shell: Shell, painted: &str) -> String {
    let (open, close) = match shell {
        Shell::Bash => ("\x01", "\x02"),
        Shell::Zsh | Shell::Tcsh => ("%{", "%}"),
        Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Fish => ("", ""),
        Shell::Elvish | Shell::Nu | Shell::Xonsh | Shell::Pwsh | Shell::Cmd => ("", ""),
    };
    // Prompts of these are a function's result, which nobody expands again.
    let is_result = matches!(shell, Shell::Fish | Shell::Elvish | Shell::Nu | Shell::Xonsh | Shell::Pwsh);
    // Tcsh reads its prompt for escapes with a backslash or a caret, and for the number of the event.
    let backslash = if shell == Shell::Tcsh { "\\\\" } else { "\\" };
    let mut text = String::with_capacity(painted.len() + 16);
    let mut in_sequence = false;
    for c in painted.chars() {
        match c {
            '\x1b' => {
                in_sequence = true;
                text.push_str(open);
                text.push(c);
            }
            'm' if in_sequence => {
                in_sequence = false;
                text.push(c);
                text.push_str(close);
            }
            '%' if matches!(shell, Shell::Zsh | Shell::Tcsh) => text.push_str("%%"),
            '\\' if shell == Shell::Tcsh => text.push_str(backslash),
            '^' | '!' if shell == Shell::Tcsh => text.extend(['\\', c]),
            // Where the text is put into the prompt itself (`PS1="$(awsenv prompt …)"`), these would run what follows.
            '$' if !is_result => text.extend([backslash, "x24"]),
            '`' if !is_result => text.extend([backslash, "x60"]),
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_text_is_shown_and_never_expanded() {
        let painted = "\x1b[1;41m a%n$(x)`x` \x1b[0m";
        assert_eq!(mark(Shell::Bash, painted), "\x01\x1b[1;41m\x02 a%n\\x24(x)\\x60x\\x60 \x01\x1b[0m\x02");
        assert_eq!(mark(Shell::Zsh, painted), "%{\x1b[1;41m%} a%%n\\x24(x)\\x60x\\x60 %{\x1b[0m%}");
        assert_eq!(mark(Shell::Fish, painted), painted);
        assert_eq!(mark(Shell::Tcsh, "\x1b[1ma\\^!%\x1b[0m"), "%{\x1b[1m%}a\\\\\\^\\!%%%{\x1b[0m%}");
    }
}
