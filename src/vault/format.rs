//! The bytes of a vault: a header that anybody may read and nobody may change, and one encrypted body.
//!
//! A passphrase opens the data key, and the data key opens the body; so an entry is changed without deriving a key anew,
//! and a new passphrase needs a new header. Numbers are big-endian.
//!
//! | at | bytes | what |
//! | --- | --- | --- |
//! | 0 | 8 | `AWSENVV1` |
//! | 8 | 2 | version: 1 |
//! | 10 | 2 | key derivation: 1, Argon2id of version 1.3; 2, none: the data key is in the system's key store |
//! | 12 | 12 | its memory in KiB, passes, lanes |
//! | 24 | 16 | its salt |
//! | 40 | 8 | when the data key was made, in Unix seconds |
//! | 48 | 24 | nonce of the wrapped data key |
//! | 72 | 48 | the data key, encrypted by what is derived from the passphrase; authenticates bytes 0 to 47. Without one: random |
//! | 120 | 8 | generation: how many times the body was written |
//! | 128 | 4 | the first bytes of SHA-256 over all before |
//! | 132 | 24 | nonce of the body |
//! | 156 | … | the body, encrypted by the data key; authenticates bytes 0 to 131 |
//!
//! Inside the body: the length of the content in 4 bytes, the content, and zeros up to the next multiple of 4 KiB, so that
//! the size of the file does not tell how many entries there are. Both encryptions are XChaCha20-Poly1305.

mod seal;

use sha2::{Digest, Sha256};

pub use seal::{DataKey, create, create_without_passphrase};

use crate::core::hex::hex;

/// What every vault begins with.
pub const MAGIC: &[u8; 8] = b"AWSENVV1";
/// The only version that is known.
const VERSION: u16 = 1;
/// Argon2id, version 1.3.
const ARGON2ID: u16 = 1;
/// No passphrase.
const NO_PASSPHRASE: u16 = 2;
/// Where the part ends that the wrapped data key authenticates.
const WRAP_END: usize = 48;
const WRAPPED: std::ops::Range<usize> = 72..120;
const GENERATION: std::ops::Range<usize> = 120..128;
const CHECKSUM: std::ops::Range<usize> = 128..132;
/// Where the header ends.
const HEADER: usize = 132;
const BODY_NONCE: usize = 24;
const TAG: usize = 16;
/// The body grows in steps of this.
const STEP: usize = 4096;
/// The largest vault: tens of thousands of entries.
pub const MAX_BYTES: u64 = 16 << 20;

/// The cost of deriving a key. It is never adapted to a machine: 64 MiB and three passes are RFC 9106's choice for little
/// memory, and take a fifth of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self { memory: 64 << 10, passes: 3, lanes: 1 }
    }
}

impl Params {
    /// The least that a vault may ask for.
    pub const LEAST: Self = Self { memory: 19 << 10, passes: 1, lanes: 1 };
    /// The most: what a file says is not followed into gigabytes of memory or minutes of work.
    pub const MOST: Self = Self { memory: 1 << 20, passes: 16, lanes: 8 };

    fn is_sane(self) -> bool {
        let within = |value, least, most| (least..=most).contains(&value);
        within(self.memory, Self::LEAST.memory, Self::MOST.memory)
            && within(self.passes, Self::LEAST.passes, Self::MOST.passes)
            && within(self.lanes, Self::LEAST.lanes, Self::MOST.lanes)
    }
}

/// Why bytes cannot be opened as a vault, or not made one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Something else.
    #[error("is not a vault of awsenv's (vault-damaged-or-foreign)")]
    Foreign,
    /// Not as it was written.
    #[error("is damaged: {0} (vault-damaged-or-foreign)")]
    Damaged(&'static str),
    /// Made by a later awsenv.
    #[error("is of format {0}, and this awsenv knows only format 1 (vault-version)")]
    Version(u16),
    /// The data key does not open.
    #[error("does not open with this passphrase (vault-wrong-passphrase)")]
    WrongPassphrase,
    /// It has none.
    #[error("has no passphrase: its key is in the system's key store (vault-no-passphrase)")]
    NoPassphrase,
    /// More than fits.
    #[error("would become larger than 16 MiB (vault-too-large)")]
    TooLarge,
    /// No memory for the derivation, or no random bytes.
    #[error("cannot be opened now: {0} (vault-system)")]
    System(&'static str),
}

/// A vault that is well-formed, still closed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    bytes: Vec<u8>,
    /// `None` where there is no passphrase.
    params: Option<Params>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").field("generation", &self.generation()).finish_non_exhaustive()
    }
}

impl Sealed {
    /// Checks all that can be checked without a key, before anything is allocated by what the bytes say.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, FormatError> {
        if !bytes.starts_with(MAGIC) {
            return Err(FormatError::Foreign);
        }
        let version = number(&bytes, 8, 2).ok_or(FormatError::Damaged("it is cut off"))?;
        if version != u64::from(VERSION) {
            return Err(match checksum_holds(&bytes) {
                // A later format may well end otherwise, but one whose header is like ours is likelier a damaged 1.
                false if bytes.len() >= HEADER => FormatError::Damaged("its header was changed"),
                _ => FormatError::Version(u16::try_from(version).unwrap_or(u16::MAX)),
            });
        }
        if bytes.len() < HEADER + BODY_NONCE + STEP + TAG {
            return Err(FormatError::Damaged("it is cut off"));
        }
        if !checksum_holds(&bytes) {
            return Err(FormatError::Damaged("its header was changed"));
        }
        if !(bytes.len() - HEADER - BODY_NONCE - TAG).is_multiple_of(STEP) || bytes.len() as u64 > MAX_BYTES {
            return Err(FormatError::Damaged("it is cut off, or something was added"));
        }
        let field = |at| number(&bytes, at, 4).and_then(|value| u32::try_from(value).ok()).unwrap_or_default();
        let params = Params { memory: field(12), passes: field(16), lanes: field(20) };
        let nothing = Params { memory: 0, passes: 0, lanes: 0 };
        let params = match number(&bytes, 10, 2).and_then(|kind| u16::try_from(kind).ok()) {
            Some(ARGON2ID) if params.is_sane() => Some(params),
            Some(NO_PASSPHRASE) if params == nothing => None,
            _ => return Err(FormatError::Damaged("its key derivation is none that awsenv writes")),
        };
        Ok(Self { bytes, params })
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the key derivation costs; `None` where there is no passphrase.
    pub fn params(&self) -> Option<Params> {
        self.params
    }

    /// Tells its data key from every other: a name in the key store, of which nothing can be learned.
    pub fn identity(&self) -> String {
        hex(&Sha256::digest(&self.bytes[..WRAPPED.end])[..16])
    }

    /// How many times the body was written.
    pub fn generation(&self) -> u64 {
        number(&self.bytes, GENERATION.start, 8).unwrap_or_default()
    }

    /// True if the other opens with the same data key, wrapped by the same passphrase.
    pub fn has_key_of(&self, other: &Self) -> bool {
        self.bytes[..WRAPPED.end] == other.bytes[..WRAPPED.end]
    }

    fn salt(&self) -> &[u8] {
        &self.bytes[24..40]
    }
}

/// Big-endian; `None` past the end.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let field = bytes.get(at..at + length)?;
    Some(field.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn checksum_holds(bytes: &[u8]) -> bool {
    bytes.get(CHECKSUM).is_some_and(|found| found == checksum(bytes))
}

fn checksum(header: &[u8]) -> [u8; 4] {
    let hash = Sha256::digest(&header[..CHECKSUM.start]);
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests;
