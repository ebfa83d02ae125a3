//! Locking and unlocking: what the keys do.

use std::{fmt, sync::Arc};

use argon2::{Algorithm, Argon2, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{AeadInOut, Buffer},
};
use zeroize::Zeroizing;

use super::{
    ARGON2ID, BODY_NONCE, CHECKSUM, FormatError, GENERATION, HEADER, MAGIC, MAX_BYTES, NO_PASSPHRASE, Params, STEP,
    Sealed, TAG, VERSION, WRAP_END, WRAPPED, checksum,
};
use crate::{edge::locked_memory::LockedKey, vault::passphrase::Passphrase};

const NOT_A_KEY: FormatError = FormatError::Damaged("its key is not one");

/// The key of the body: random, in memory that is not swapped out, wiped when dropped, never shown.
#[derive(Clone)]
pub struct DataKey(Arc<LockedKey>);

impl DataKey {
    /// A copy, for the agent.
    pub(in crate::vault) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&self.0);
        bytes
    }

    /// The key of these bytes, such as the agent was given.
    pub(in crate::vault) fn from_bytes(bytes: &[u8; 32]) -> Result<Self, FormatError> {
        let key = LockedKey::new(bytes).map_err(|_| FormatError::System("there is not enough memory"))?;
        Ok(Self(Arc::new(key)))
    }

    fn random() -> Result<Self, FormatError> {
        Self::from_bytes(&Zeroizing::new(random()?))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Makes a vault with this content, and a new data key behind this passphrase.
pub fn create(
    passphrase: &Passphrase,
    params: Params,
    created: i64,
    content: &[u8],
) -> Result<(Sealed, DataKey), FormatError> {
    let mut header = begin(ARGON2ID, params, created)?;
    let wrapper = derive(passphrase, params, &header[24..40])?;
    let key = DataKey::random()?;
    let nonce = random::<24>()?;
    let mut wrapped = Zeroizing::new(Vec::with_capacity(WRAPPED.len()));
    wrapped.extend_from_slice(&key.0);
    encrypt(&*wrapper, &nonce, &header[..WRAP_END], &mut *wrapped)?;
    header.extend_from_slice(&nonce);
    header.extend_from_slice(&wrapped);
    let sealed = with_body(&header, 1, &key, Some(params), content)?;
    Ok((sealed, key))
}

/// Makes a vault that no passphrase opens: its key has to be kept elsewhere, or is lost.
pub fn create_without_passphrase(created: i64, content: &[u8]) -> Result<(Sealed, DataKey), FormatError> {
    let mut header = begin(NO_PASSPHRASE, Params { memory: 0, passes: 0, lanes: 0 }, created)?;
    header.extend_from_slice(&random::<24>()?);
    header.extend_from_slice(&random::<48>()?);
    let key = DataKey::random()?;
    Ok((with_body(&header, 1, &key, None, content)?, key))
}

/// What stands before the nonce of the data key.
fn begin(derivation: u16, params: Params, created: i64) -> Result<Vec<u8>, FormatError> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&VERSION.to_be_bytes());
    header.extend_from_slice(&derivation.to_be_bytes());
    for number in [params.memory, params.passes, params.lanes] {
        header.extend_from_slice(&number.to_be_bytes());
    }
    header.extend_from_slice(&random::<16>()?);
    header.extend_from_slice(&created.to_be_bytes());
    Ok(header)
}

impl Sealed {
    /// Derives a key from the passphrase and opens the data key. Slow, by design.
    pub fn unlock(&self, passphrase: &Passphrase) -> Result<DataKey, FormatError> {
        let wrapper = derive(passphrase, self.params.ok_or(FormatError::NoPassphrase)?, self.salt())?;
        let mut opened = Zeroizing::new(self.bytes[WRAPPED].to_vec());
        decrypt(&*wrapper, &self.bytes[WRAP_END..WRAPPED.start], &self.bytes[..WRAP_END], &mut *opened)
            .map_err(|_| FormatError::WrongPassphrase)?;
        DataKey::from_bytes(opened.as_slice().try_into().map_err(|_| NOT_A_KEY)?)
    }

    /// Opens the body.
    pub fn open(&self, key: &DataKey) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        let (header, rest) = self.bytes.split_at(HEADER);
        let (nonce, body) = rest.split_at(BODY_NONCE);
        let mut body = Zeroizing::new(body.to_vec());
        decrypt(&key.0, nonce, header, &mut *body).map_err(|_| FormatError::Damaged("its content was changed"))?;
        let length = super::number(&body, 0, 4).and_then(|length| usize::try_from(length).ok());
        let padding = length.and_then(|length| body.get(4..)?.get(length..));
        match (length, padding) {
            (Some(length), Some(padding)) if padding.len() < STEP && padding.iter().all(|byte| *byte == 0) => {
                body.truncate(4 + length);
                body.drain(..4);
                Ok(body)
            }
            _ => Err(FormatError::Damaged("its content is not padded as awsenv does")),
        }
    }

    /// The same vault with another content.
    pub fn with_content(&self, key: &DataKey, content: &[u8]) -> Result<Self, FormatError> {
        with_body(&self.bytes[..WRAPPED.end], self.generation().wrapping_add(1), key, self.params, content)
    }
}

fn with_body(
    start: &[u8],
    generation: u64,
    key: &DataKey,
    params: Option<Params>,
    content: &[u8],
) -> Result<Sealed, FormatError> {
    let length = u32::try_from(content.len()).map_err(|_| FormatError::TooLarge)?;
    let padded = (4 + content.len()).next_multiple_of(STEP);
    let whole = HEADER + BODY_NONCE + padded + TAG;
    if whole as u64 > MAX_BYTES {
        return Err(FormatError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(whole);
    bytes.extend_from_slice(start);
    debug_assert_eq!(bytes.len(), GENERATION.start);
    bytes.extend_from_slice(&generation.to_be_bytes());
    let sum = checksum(&bytes[..CHECKSUM.start]);
    bytes.extend_from_slice(&sum);
    let nonce = random::<BODY_NONCE>()?;
    // All of its room from the start: a vector that grows leaves copies behind.
    let mut body = Zeroizing::new(Vec::with_capacity(padded + TAG));
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(content);
    body.resize(padded, 0);
    encrypt(&key.0, &nonce, &bytes, &mut *body)?;
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&body);
    Ok(Sealed { bytes, params })
}

fn derive(passphrase: &Passphrase, params: Params, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, FormatError> {
    let params = argon2::Params::new(params.memory, params.passes, params.lanes, Some(32))
        .map_err(|_| FormatError::Damaged("its key derivation is none that awsenv writes"))?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.bytes(), salt, &mut *key)
        .map_err(|_| FormatError::System("there is not enough memory"))?;
    Ok(key)
}

fn encrypt(key: &[u8], nonce: &[u8; 24], header: &[u8], buffer: &mut dyn Buffer) -> Result<(), FormatError> {
    XChaCha20Poly1305::new_from_slice(key)
        .map_err(|_| NOT_A_KEY)?
        .encrypt_in_place(&XNonce::from(*nonce), header, buffer)
        .map_err(|_| FormatError::TooLarge)
}

fn decrypt(key: &[u8], nonce: &[u8], header: &[u8], buffer: &mut dyn Buffer) -> Result<(), FormatError> {
    let nonce = XNonce::try_from(nonce).map_err(|_| FormatError::Damaged("it is cut off"))?;
    XChaCha20Poly1305::new_from_slice(key)
        .map_err(|_| NOT_A_KEY)?
        .decrypt_in_place(&nonce, header, buffer)
        .map_err(|_| FormatError::Damaged("its content was changed"))
}

fn random<const N: usize>() -> Result<[u8; N], FormatError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| FormatError::System("the system gives no random bytes"))?;
    Ok(bytes)
}
