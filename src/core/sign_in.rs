//! Identity Center sign-ins: what they are called, and the files that the AWS CLI and every SDK share them in.
//!
//! What such a file says is checked before it is believed: one of another start URL, region or scope counts as none.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    credentials::{expiry, rfc3339},
    hex::hex,
    region::Region,
    secret::Secret,
    url::Url,
};

/// The scope that reading accounts and getting credentials needs.
pub const ACCOUNT_ACCESS: &str = "sso:account:access";
/// A sign-in that ends sooner is renewed, as the AWS CLI does.
pub const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// Which sign-in is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignIn {
    /// `sso_session`; `None` for the older form with `sso_start_url` in the profile.
    pub session: Option<String>,
    /// Start URL.
    pub start_url: String,
    /// Region of the Identity Center instance.
    pub region: Region,
    /// `sso_registration_scopes`; empty where it is not set, and for the older form.
    pub scopes: Vec<String>,
}

impl SignIn {
    /// One without a session's scopes: for the token's file they do not count.
    pub fn new(session: Option<&str>, start_url: &str, region: &Region) -> Self {
        let (session, scopes) = (session.map(str::to_owned), Vec::new());
        Self { session, start_url: start_url.to_owned(), region: region.clone(), scopes }
    }

    /// What the client registers for: what the session names, and what getting credentials needs. Nothing in the older form.
    pub fn asked_scopes(&self) -> Vec<String> {
        if self.session.is_none() {
            return Vec::new();
        }
        let access = [ACCOUNT_ACCESS.to_owned()].into_iter().filter(|access| !self.scopes.contains(access));
        access.chain(self.scopes.iter().cloned()).collect()
    }

    /// The name of the token's file, below `~/.aws/sso/cache`.
    pub fn token_file(&self) -> String {
        format!("{}.json", hex(Sha1::digest(self.session.as_ref().unwrap_or(&self.start_url))))
    }

    /// The name of the client's file: that of the AWS CLI for the same start URL, region, scopes and session.
    pub fn client_file(&self) -> String {
        let text = |text: &str| python_string(text);
        let scopes = match self.scopes.is_empty() {
            true => "null".to_owned(),
            false => format!("[{}]", self.scopes.iter().map(|scope| text(scope)).collect::<Vec<_>>().join(", ")),
        };
        let session = self.session.as_deref().map_or_else(|| "null".to_owned(), text);
        let key = format!(
            "{{\"region\": {}, \"scopes\": {scopes}, \"session_name\": {session}, \"startUrl\": {}, \"tool\": \"botocore\"}}",
            text(self.region.as_str()),
            text(&self.start_url)
        );
        format!("{}.json", hex(Sha1::digest(key)))
    }

    /// What people call it.
    pub fn name(&self) -> String {
        self.session.as_ref().map_or_else(|| self.start_url.clone(), |name| format!("sso-session `{name}`"))
    }
}

/// A sign-in's token, as the file holds it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// What the portal takes.
    pub access_token: Secret,
    expires_at: String,
    start_url: Option<String>,
    region: Option<String>,
    scopes: Option<Vec<String>>,
    /// What renews it.
    pub refresh_token: Option<Secret>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    registration_expires_at: Option<String>,
    /// What other tools wrote beside that.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Why a file holds no sign-in of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSignIn {
    /// Not what the AWS CLI writes.
    #[error("is damaged")]
    Damaged,
    /// Of another start URL or region.
    #[error("belongs to another start URL or region")]
    Foreign,
    /// Made by a tool that asked for something else.
    #[error("is not for getting credentials")]
    Scopes,
}

/// What Identity Center gives.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The access token.
    pub access_token: Secret,
    /// How long it lasts.
    pub lasts: SignedDuration,
    /// What renews it, if anything does.
    pub refresh_token: Option<Secret>,
}

impl Token {
    /// Reads a file; one that is not of this sign-in counts as none.
    pub fn parse(bytes: &[u8], sign_in: &SignIn) -> Result<Self, NoSignIn> {
        let token: Self = serde_json::from_slice(bytes).map_err(|_| NoSignIn::Damaged)?;
        expiry(&token.expires_at).ok_or(NoSignIn::Damaged)?;
        let same = |url: &str| url.trim_end_matches(['/', '#']) == sign_in.start_url.trim_end_matches(['/', '#']);
        if token.start_url.as_deref().is_some_and(|url| !same(url))
            || token.region.as_deref().is_some_and(|region| region != sign_in.region.as_str())
        {
            return Err(NoSignIn::Foreign);
        }
        if token.scopes.as_ref().is_some_and(|scopes| !scopes.iter().any(|scope| scope == ACCOUNT_ACCESS)) {
            return Err(NoSignIn::Scopes);
        }
        Ok(token)
    }

    /// A new one.
    pub fn new(sign_in: &SignIn, client: &OidcClient, granted: Granted, now: Timestamp) -> Self {
        Self {
            expires_at: rfc3339(later(now, granted.lasts)),
            access_token: granted.access_token,
            start_url: Some(sign_in.start_url.clone()),
            region: Some(sign_in.region.as_str().to_owned()),
            scopes: None,
            refresh_token: granted.refresh_token,
            client_id: Some(client.id.clone()),
            client_secret: Some(client.secret.clone()),
            registration_expires_at: Some(rfc3339(client.expires)),
            rest: Map::new(),
        }
    }

    /// The same sign-in with what a renewal gave. What is not given anew stays.
    #[must_use]
    pub fn renewed(self, granted: Granted, now: Timestamp) -> Self {
        Self {
            expires_at: rfc3339(later(now, granted.lasts)),
            access_token: granted.access_token,
            refresh_token: granted.refresh_token.or(self.refresh_token),
            ..self
        }
    }

    /// Reads a file of whatever sign-in: with the sign-in that it says it is of, where it says so.
    pub fn parse_any(bytes: &[u8]) -> Option<(Self, Option<SignIn>)> {
        let token: Self = serde_json::from_slice(bytes).ok()?;
        let ours = token.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope == ACCOUNT_ACCESS));
        let region = token.region.as_deref().and_then(|region| Region::parse(region).ok());
        let sign_in = region.zip(token.start_url.as_deref()).map(|(region, url)| SignIn::new(None, url, &region));
        ours.then_some((token, sign_in))
    }

    /// When it ends.
    pub fn end(&self) -> Timestamp {
        expiry(&self.expires_at).unwrap_or(Timestamp::MIN)
    }

    /// The client that may renew it, while its registration lasts.
    pub fn client(&self, now: Timestamp) -> Option<OidcClient> {
        let expires = expiry(self.registration_expires_at.as_deref()?).filter(|end| *end > now)?;
        Some(OidcClient { id: self.client_id.clone()?, secret: self.client_secret.clone()?, expires })
    }

    /// Whether Identity Center would give another in its place: not in the older form, and for a client that it still knows.
    pub fn can_be_renewed(&self, sign_in: &SignIn, now: Timestamp) -> bool {
        sign_in.session.is_some() && self.refresh_token.is_some() && self.client(now).is_some()
    }

    /// Which sign-in it is, without showing it.
    pub fn digest(&self) -> String {
        digest(&self.access_token)
    }

    /// The file's content.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let secret = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        let mut all = json!({
            "startUrl": self.start_url,
            "region": self.region,
            "accessToken": self.access_token.expose(),
            "expiresAt": self.expires_at,
            "scopes": self.scopes,
            "clientId": self.client_id,
            "clientSecret": secret(&self.client_secret),
            "registrationExpiresAt": self.registration_expires_at,
            "refreshToken": secret(&self.refresh_token),
        });
        if let Some(all) = all.as_object_mut() {
            all.retain(|_, value| !value.is_null());
            all.extend(self.rest.clone());
        }
        Zeroizing::new(all.to_string().into_bytes())
    }
}

/// A client that is registered with Identity Center: this tool on this machine.
#[derive(Clone, Debug)]
pub struct OidcClient {
    /// Its ID.
    pub id: String,
    /// Its secret, which keeps nobody out, but is nobody's affair.
    pub secret: Secret,
    /// When the registration ends.
    pub expires: Timestamp,
}

/// How somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// In a browser on this machine, which comes back to us.
    Browser,
    /// In a browser anywhere, with a code.
    Device,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientFile {
    client_id: String,
    client_secret: Secret,
    expires_at: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    grant_types: Vec<String>,
}

impl Flow {
    /// The grants that a client registers for.
    pub fn grants(self) -> Vec<String> {
        let first = match self {
            Self::Browser => "authorization_code",
            Self::Device => "urn:ietf:params:oauth:grant-type:device_code",
        };
        vec![first.to_owned(), "refresh_token".to_owned()]
    }
}

impl OidcClient {
    /// Reads a client's file, as far as it serves this flow for some time yet.
    pub fn parse(bytes: &[u8], sign_in: &SignIn, flow: Flow, now: Timestamp) -> Option<Self> {
        let file: ClientFile = serde_json::from_slice(bytes).ok()?;
        let expires = expiry(&file.expires_at).filter(|end| *end > later(now, SignedDuration::from_hours(1)))?;
        let mut grants = file.grant_types;
        if grants.is_empty() {
            grants = Flow::Device.grants();
        }
        let serves = grants.contains(&flow.grants()[0]) && file.scopes == sign_in.asked_scopes();
        serves.then(|| Self { id: file.client_id, secret: file.client_secret, expires })
    }

    /// The file's content.
    pub fn encode(&self, sign_in: &SignIn, flow: Flow) -> Zeroizing<Vec<u8>> {
        let mut file = json!({
            "clientId": self.id,
            "clientSecret": self.secret.expose(),
            "expiresAt": rfc3339(self.expires),
            "grantTypes": flow.grants(),
        });
        let scopes = sign_in.asked_scopes();
        if !scopes.is_empty() {
            file["scopes"] = json!(scopes);
        }
        Zeroizing::new(file.to_string().into_bytes())
    }
}

/// Whether an address that the network gave may be opened in a browser: a web page over TLS, and nothing else.
pub fn is_page(address: &str) -> bool {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let (front, tail) = address.split_at(end);
    let front = Url::parse(front).is_ok_and(|url| url.is_https());
    let harmless = |byte: u8| (0x21..0x7f).contains(&byte) && !b"\\\"<>^`{|}".contains(&byte);
    front && address.len() <= 2048 && tail.bytes().all(harmless)
}

/// What proves that the code's redeemer is who asked for it (RFC 7636).
#[derive(Clone, Debug)]
pub struct Pkce {
    /// What is kept until the code is redeemed.
    pub verifier: Secret,
    /// What goes with the question: the verifier's SHA-256.
    pub challenge: String,
}

impl Pkce {
    /// From 32 random bytes.
    pub fn new(random: &[u8; 32]) -> Self {
        let verifier = Secret::new(BASE64_URL_SAFE_NO_PAD.encode(random));
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()));
        Self { verifier, challenge }
    }
}

/// Which sign-in an access token is of, without showing it.
pub fn digest(access_token: &Secret) -> String {
    hex(Sha256::digest(access_token.expose()))
}

fn later(now: Timestamp, lasts: SignedDuration) -> Timestamp {
    now.checked_add(lasts).unwrap_or(Timestamp::MAX)
}

/// A text as Python writes it in JSON: ASCII alone.
fn python_string(text: &str) -> String {
    let json = Value::from(text).to_string();
    let mut ascii = String::new();
    for c in json.chars() {
        match c {
            ' '..='~' => ascii.push(c),
            _ => ascii.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    ascii
}

#[cfg(test)]
mod tests;
