//! How a command fails: a kind, which decides heading and exit code, a message, and what to do about it.

use std::error::Error;

/// The kinds of failure, one exit code each (docs/cli.md, "Exit codes").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fault of awsenv itself.
    Internal,
    /// Wrong usage, or a settings or profile file that is wrong.
    Usage,
    /// A guard refused.
    Refused,
    /// The identity is not the one expected.
    Mismatch,
    /// No credentials, or expired or denied ones.
    Credentials,
    /// AWS or the network could not be reached.
    Unreachable,
    /// The vault is damaged, locked, or the passphrase is wrong.
    Vault,
}

impl Kind {
    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Mismatch => 4,
            Self::Credentials => 5,
            Self::Unreachable => 6,
            Self::Vault => 7,
        }
    }

    /// The first words of the message.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Internal => "internal error",
            Self::Usage => "error",
            Self::Refused => "refused",
            Self::Mismatch => "wrong account",
            Self::Credentials => "no credentials",
            Self::Unreachable => "not reachable",
            Self::Vault => "vault",
        }
    }
}

/// A failed command. Texts are raw: they are made safe for the terminal where they are printed, once.
#[derive(Debug)]
pub struct CommandError {
    /// Decides heading and exit code.
    pub kind: Kind,
    /// Names the object and the cause; lower case, no full stop.
    pub message: String,
    /// What led to it, innermost last.
    pub source: Option<Box<dyn Error + Send + Sync>>,
    /// Sentences that say what to do.
    pub hints: Vec<String>,
}

impl CommandError {
    /// A failure of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, hints: Vec::new() }
    }

    /// Wrong usage or settings.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A failure from an error that knows its kind and what to do about it.
    pub fn from_parts<E: Known>(error: E) -> Self {
        let (kind, message, hints) = (error.kind(), error.to_string(), error.hints());
        Self { kind, message, source: Some(Box::new(error)), hints }
    }

    /// Adds what led to it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// An error that knows its kind and its remedies. Every public error of `core`, `shell` and `edge` is one.
pub trait Known: Error + Send + Sync + 'static {
    /// Decides heading and exit code.
    fn kind(&self) -> Kind;
    /// Sentences that say what to do.
    fn hints(&self) -> Vec<String>;
}
