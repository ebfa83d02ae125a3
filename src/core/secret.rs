//! Secret text: redacted in every print, wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A text that must not be seen: it has no `Display`, its `Debug` is redacted, and its memory is wiped on drop.
///
/// [`expose`](Self::expose) is the only way out. Its callers are the exports, `exec`, and the AWS client; a test lists
/// them.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Shows the text, to hand it to the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p4_debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("wJalrXUtnFEMI")), "[redacted]");
    }
}
