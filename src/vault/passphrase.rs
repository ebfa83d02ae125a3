//! A passphrase: text, made the same whatever keyboard wrote it.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Kind, Known};

/// The longest, in bytes.
pub const MAX_BYTES: usize = 1024;
/// The shortest new one, in characters.
const SHORTEST_NEW: usize = 8;

/// A passphrase, in Unicode's composed form (NFC); wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What makes a text no passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassphrase {
    /// Nothing.
    #[error("the passphrase is empty")]
    Empty,
    /// Not text.
    #[error("the passphrase is not UTF-8 text")]
    NotText,
    /// Too long.
    #[error("the passphrase is longer than 1024 bytes")]
    TooLong,
    /// A new one that is guessed too easily.
    #[error("the passphrase is too easily guessed: {0}")]
    TooEasy(&'static str),
}

impl Known for BadPassphrase {
    fn kind(&self) -> Kind {
        Kind::Vault
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::TooEasy(_) => {
                vec!["Four or five words that you make up by chance are good, and easily typed.".into()]
            }
            Self::Empty | Self::NotText | Self::TooLong => Vec::new(),
        }
    }
}

impl Passphrase {
    /// Takes bytes as they were typed or read, without the line's end. Blanks at the ends belong to it.
    pub fn new(mut typed: Vec<u8>) -> Result<Self, BadPassphrase> {
        let result = Self::of(&typed);
        typed.zeroize();
        result
    }

    fn of(typed: &[u8]) -> Result<Self, BadPassphrase> {
        if typed.len() > MAX_BYTES {
            return Err(BadPassphrase::TooLong);
        }
        let text = std::str::from_utf8(typed).map_err(|_| BadPassphrase::NotText)?;
        if text.is_empty() {
            return Err(BadPassphrase::Empty);
        }
        // Composing makes no text longer than three times; room for all of it, so that no copy is left behind.
        let mut composed = Zeroizing::new(String::with_capacity(3 * text.len()));
        composed.extend(text.nfc());
        Ok(Self(composed))
    }

    /// Refuses what a new vault must not be closed with.
    pub fn good_enough(self) -> Result<Self, BadPassphrase> {
        let text: &str = &self.0;
        let different = text.chars().collect::<std::collections::BTreeSet<_>>().len();
        if text.chars().count() < SHORTEST_NEW {
            Err(BadPassphrase::TooEasy("it has less than 8 characters"))
        } else if different < 4 {
            Err(BadPassphrase::TooEasy("it has less than 4 different characters"))
        } else {
            Ok(self)
        }
    }

    /// The bytes that a key is derived from.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Passphrase, BadPassphrase> {
        Passphrase::new(text.as_bytes().to_vec())
    }

    #[test]
    fn the_same_letters_are_the_same_passphrase() {
        assert_eq!(of("pass\u{e9}"), of("passe\u{301}"));
        assert_ne!(of(" outer blanks count "), of("outer blanks count"));
    }

    #[test]
    fn what_is_no_passphrase_is_refused() {
        assert_eq!(of(""), Err(BadPassphrase::Empty));
        assert_eq!(of(&"x".repeat(1025)), Err(BadPassphrase::TooLong));
        assert_eq!(Passphrase::new(vec![0xff]), Err(BadPassphrase::NotText));
        assert!(of(&"x".repeat(1024)).is_ok());
    }

    #[test]
    fn a_new_one_must_not_be_guessed_easily() {
        for bad in ["seven77", "aaaaaaaaaaaa", "abababababab"] {
            assert!(matches!(of(bad).unwrap().good_enough(), Err(BadPassphrase::TooEasy(_))), "{bad}");
        }
        assert!(of("correct horse").unwrap().good_enough().is_ok());
    }

    #[test]
    fn p4_debug_shows_nothing() {
        assert_eq!(format!("{:?}", of("open sesame")), "Ok([redacted])");
    }
}
