//! Quoting: a text becomes one word that the shell reads as that very text.
//!
//! Own functions, because no crate is right in bash, dash, zsh and fish at once. Right for every byte but NUL, which
//! no environment can hold; what may be emitted at all is decided in [`emit`](super::emit).

use super::Shell;

/// The text as one word of this shell.
pub fn quote(shell: Shell, text: &str) -> String {
    match shell {
        Shell::Sh | Shell::Dash | Shell::Ksh | Shell::Mksh | Shell::Bash | Shell::Zsh => posix(text),
        Shell::Fish => fish(text),
    }
}

/// Between single quotes everything stands for itself; a single quote itself is put outside of them. So are the characters
/// of a file name pattern, with a backslash: an unquoted `eval $(…)` would look for files that fit.
fn posix(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '*' | '?' | '[' => word.extend(['\'', '\\', c, '\'']),
            _ => word.push(c),
        }
    }
    word.push('\'');
    word
}

/// As above, but a backslash is special between fish's quotes; and what is not printable ASCII goes outside of them as
/// `\Xhh`, since `eval (…)` would turn a newline into a space.
fn fish(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for byte in text.bytes() {
        match byte {
            b'\'' | b'\\' => word.extend(['\\', char::from(byte)]),
            0x20..=0x7e => word.push(char::from(byte)),
            _ => word.push_str(&format!("'\\X{byte:02x}'")),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_posix_words() {
        assert_eq!(quote(Shell::Sh, ""), "''");
        assert_eq!(quote(Shell::Bash, "a b"), "'a b'");
        assert_eq!(quote(Shell::Dash, "x?a=*[b]"), r"'x'\?'a='\*''\['b]'");
        assert_eq!(quote(Shell::Zsh, r"it's $(x) \ `y`"), r"'it'\''s $(x) \ `y`'");
    }

    #[test]
    fn p5_fish_words() {
        assert_eq!(quote(Shell::Fish, ""), "''");
        assert_eq!(quote(Shell::Fish, r"it's \ $x"), r"'it\'s \\ $x'");
        assert_eq!(quote(Shell::Fish, "a\né"), r"'a'\X0a''\Xc3''\Xa9''");
    }
}
