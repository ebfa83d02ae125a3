//! The verbs, by whether a shell evaluates what they print.
//!
//! The program judges by the verb before it parses its arguments, and the functions of `init` judge without it: both read
//! these lists. A test in `cli` holds them to what clap knows.

/// Verbs whose standard output is code for the shell that called.
pub const EVALUATED: &[&str] = &["use", "renew", "off", "shell"];

/// Verbs whose standard output is not for a shell. Any other word may be a misspelt one whose output is.
pub const OTHERS: &[&str] = &[
    "account",
    "add",
    "agent",
    "completions",
    "config",
    "credential-process",
    "delete",
    "demo",
    "exec",
    "export",
    "get",
    "help",
    "import",
    "init",
    "l",
    "list",
    "lock",
    "login",
    "logout",
    "ls",
    "man",
    "passwd",
    "prompt",
    "rm",
    "rotate",
    "run",
    "sessions",
    "sync",
    "totp",
    "unlock",
    "whoami",
];

/// All of them, for a list in a shell's syntax.
pub fn all() -> impl Iterator<Item = &'static str> {
    EVALUATED.iter().chain(OTHERS).copied()
}

/// Where `--shell NAME` belongs in the words behind `awsenv`, where a shell is to evaluate what they print: behind so many
/// of them. 0 where there is no place, and the program will refuse; `None` where nothing is to be evaluated.
///
/// What the functions in POSIX shells, zsh and fish find out by themselves; the others ask `awsenv init SHELL --find`.
pub fn place(words: &[&str]) -> Option<usize> {
    let mut found = None;
    let mut is_value = false;
    for (at, word) in words.iter().enumerate() {
        match (found, *word) {
            (None, _) if is_value => is_value = false,
            (None, "--config" | "--color") => is_value = true,
            // For reading, not for evaluating.
            (_, "-h" | "--help" | "-V" | "--version" | "--print" | "--shell") => return None,
            (_, word) if word.starts_with("--shell=") => return None,
            (None, word) if !word.starts_with('-') => found = Some((at, word)),
            _ => {}
        }
    }
    match found {
        Some((at, "use" | "off" | "renew")) => Some(at + 1),
        Some((_, verb)) if all().any(|known| known == verb) => None,
        None => None,
        // No verb. But where a switch is meant, and something before it is wrong, the program refuses, and so must the shell.
        Some(_) => {
            let mut before = words.iter().take_while(|word| **word != "--");
            before.any(|word| matches!(*word, "use" | "off" | "renew")).then_some(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_the_place_of_the_shell_is_behind_the_verb() {
        assert_eq!(place(&["use", "x"]), Some(1));
        assert_eq!(place(&["--quiet", "--config", "use", "renew"]), Some(4));
        assert_eq!(place(&["use", "x", "--shell", "fish"]), None);
        assert_eq!(place(&["use", "--help"]), None);
        assert_eq!(place(&["list"]), None);
        assert_eq!(place(&[]), None);
        assert_eq!(place(&["exec", "use"]), None);
        assert_eq!(place(&["--region", "eu-west-1", "use", "x"]), Some(0));
        assert_eq!(place(&["eu-west-1", "--", "use"]), None);
    }
}
