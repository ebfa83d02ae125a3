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
    "demo",
    "exec",
    "get",
    "help",
    "import",
    "init",
    "list",
    "lock",
    "passwd",
    "prompt",
    "rm",
    "unlock",
    "run",
    "whoami",
];

/// All of them, for a list in a shell's syntax.
pub fn all() -> impl Iterator<Item = &'static str> {
    EVALUATED.iter().chain(OTHERS).copied()
}
