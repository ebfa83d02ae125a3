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
        Shell::Tcsh => tcsh_quoted(text),
        Shell::Elvish => elvish(text),
        Shell::Nu => serde_json::Value::from(text).to_string(),
        Shell::Xonsh => xonsh(text),
        Shell::Pwsh => pwsh(text),
        Shell::Cmd => format!("\"{text}\""),
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

/// Between single quotes only `!` is special in tcsh, also in a script, and a newline, which no emission holds.
pub(super) fn tcsh_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('!', r"\!"))
}

/// The text as a word of tcsh without quotes: a backslash before every ASCII character that could be special. A single quote
/// itself has no place in it, since it would tear the quotes around the whole apart.
pub(super) fn tcsh_plain(text: &str) -> String {
    text.chars().fold(String::new(), |mut word, c| {
        if c.is_ascii() && !c.is_ascii_alphanumeric() && !"._/@:+=,%-".contains(c) {
            word.push('\\');
        }
        word.push(c);
        word
    })
}

/// Between double quotes, elvish knows `\"`, `\\` and `\xhh` for a byte.
fn elvish(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => word.extend(['\\', char::from(byte)]),
            0x20..=0x7e => word.push(char::from(byte)),
            _ => word.push_str(&format!("\\x{byte:02x}")),
        }
    }
    word.push('"');
    word
}

/// A literal of Python, in ASCII.
fn xonsh(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            ' '..='~' => word.push(c),
            _ => word.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    word.push('\'');
    word
}

/// Between PowerShell's single quotes, a quote is doubled. What is not printable ASCII goes in as numbers, so that no code page
/// of a console changes it, and because PowerShell takes four more characters of Unicode for single quotes.
fn pwsh(text: &str) -> String {
    if text.chars().all(|c| (' '..='~').contains(&c)) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let units: Vec<String> = text.encode_utf16().map(|unit| format!("0x{unit:04x}")).collect();
    format!("(-join [char[]]({}))", units.join(","))
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
