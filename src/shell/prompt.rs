//! A painted text, marked for a shell's prompt: each shell counts columns, and some expand what they show.

use super::Shell;

/// Marks colour sequences as taking no column, and disarms the shell's own prompt escapes in the text.
///
/// Bash reads `\001…\002` (readline's marks; `\[ \]` are decoded too early to be of use in the output of a
/// command). Zsh reads `%{…%}`, and expands `%` in whatever it shows, so each is doubled. Fish measures by itself.
pub fn mark(shell: Shell, painted: &str) -> String {
    let (open, close) = match shell {
        Shell::Bash => ("\x01", "\x02"),
        Shell::Zsh => ("%{", "%}"),
        Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Fish => ("", ""),
    };
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
            '%' if shell == Shell::Zsh => text.push_str("%%"),
            // Where the text is put into the prompt itself (`PS1="$(awsenv prompt …)"`), these would run what follows.
            '$' if shell != Shell::Fish => text.push_str("\\x24"),
            '`' if shell != Shell::Fish => text.push_str("\\x60"),
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
    }
}
