//! Proof of possession (RFC 9449): that who renews a session holds the key that it was begun with.

use std::io;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use p256::{
    SecretKey,
    ecdsa::{Signature, SigningKey, signature::Signer},
    elliptic_curve::sec1::ToEncodedPoint,
};
use serde_json::json;

/// A session's key. It wipes itself when dropped, and shows nothing.
pub(super) struct ProofKey(SecretKey);

impl ProofKey {
    /// Reads it as the AWS CLI writes it. Older versions wrote `\n` for line breaks.
    pub(super) fn from_pem(text: &str) -> Option<Self> {
        let text = zeroize::Zeroizing::new(text.replace("\\n", "\n"));
        SecretKey::from_sec1_pem(&text).ok().map(Self)
    }

    /// The proof for one request to this address: a signed token that is good once.
    pub(super) fn proof(&self, url: &str, now: Timestamp) -> io::Result<String> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        let point = self.0.public_key().to_encoded_point(false);
        let place =
            |bytes: Option<&p256::FieldBytes>| BASE64_URL_SAFE_NO_PAD.encode(bytes.copied().unwrap_or_default());
        let key = json!({ "kty": "EC", "crv": "P-256", "x": place(point.x()), "y": place(point.y()) });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key });
        let id = BASE64_URL_SAFE_NO_PAD.encode(id);
        let claims = json!({ "jti": id, "htm": "POST", "htu": url, "iat": now.as_second() });
        let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let signature: Signature = SigningKey::from(&self.0).sign(message.as_bytes());
        Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}
