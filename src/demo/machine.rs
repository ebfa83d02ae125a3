//! What a machine gets credentials from: a container's server, instance metadata (version 2), and Sign-In, which renews
//! what `aws login` began.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use p256::{
    SecretKey,
    ecdsa::{Signature, VerifyingKey, signature::Verifier},
    elliptic_curve::sec1::ToEncodedPoint,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    http::{Request, Response},
    scenario::Scenario,
    sessions::{Caller, Session, Sessions},
    wire::{Refusal, json_result},
};

/// Where instance metadata names the role.
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
/// The token of instance metadata.
const METADATA_TOKEN: &str = "fake-metadata-token/never+to/be+seen/0123456789==";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
/// Seconds that a renewed session lasts, as Sign-In's do.
const LOGIN_SECONDS: i64 = 900;

/// What is asked of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    ContainerCredentials,
    MetadataToken,
    MetadataRole,
    MetadataCredentials,
    CreateOAuth2Token,
}

impl Machine {
    /// Which one a request is.
    pub(super) fn of(request: &Request) -> Option<Self> {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/container/credentials") => Some(Self::ContainerCredentials),
            ("PUT", "/latest/api/token") => Some(Self::MetadataToken),
            ("GET", ROLES) => Some(Self::MetadataRole),
            ("GET", path) if path.starts_with(ROLES) => Some(Self::MetadataCredentials),
            ("POST", "/v1/token") => Some(Self::CreateOAuth2Token),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ContainerCredentials => "ContainerCredentials",
            Self::MetadataToken => "MetadataToken",
            Self::MetadataRole => "MetadataRole",
            Self::MetadataCredentials => "MetadataCredentials",
            Self::CreateOAuth2Token => "CreateOAuth2Token",
        }
    }

    pub(super) fn answer(
        self,
        scenario: &Scenario,
        sessions: &mut Sessions,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, Refusal> {
        match self {
            Self::ContainerCredentials => container(scenario, sessions, request, now),
            Self::MetadataToken => metadata_token(request),
            Self::MetadataRole => metadata_role(scenario, request),
            Self::MetadataCredentials => metadata_credentials(scenario, sessions, request, now),
            Self::CreateOAuth2Token => renewed_login(scenario, sessions, request, now),
        }
    }
}

/// A user or a role's session, by its ARN.
pub(super) fn who(arn: &str) -> Caller {
    if arn.contains(":role/") { Caller::role(arn, "fake") } else { Caller::user("", arn) }
}

fn container(
    scenario: &Scenario,
    sessions: &mut Sessions,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let container = scenario.container.as_ref().ok_or_else(|| not_found("no container"))?;
    if request.header("authorization") != container.token.as_deref() {
        return Err(Refusal::new(400, "InvalidAuthorizationToken", "Authorization token is invalid"));
    }
    let session = sessions.issue(who(&container.role), scenario.issued_for_seconds.unwrap_or(3600), now);
    let mut keys = keys(&session);
    keys["RoleArn"] = json!(container.role);
    Ok(json_result(&keys))
}

fn metadata_token(request: &Request) -> Result<Response, Refusal> {
    let seconds = request.header(TTL).and_then(|seconds| seconds.parse().ok());
    match seconds {
        Some(1..=21600) => Ok(plain(METADATA_TOKEN, vec![(TTL, seconds.unwrap_or(0u32).to_string())])),
        _ => Err(Refusal::new(400, "BadRequest", "the time to live is missing")),
    }
}

fn metadata_role(scenario: &Scenario, request: &Request) -> Result<Response, Refusal> {
    Ok(plain(instance_role(scenario, request)?.1, Vec::new()))
}

fn metadata_credentials(
    scenario: &Scenario,
    sessions: &mut Sessions,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let (arn, name) = instance_role(scenario, request)?;
    if request.path.strip_prefix(ROLES) != Some(name) {
        return Err(not_found("no such role"));
    }
    let session = sessions.issue(who(arn), scenario.issued_for_seconds.unwrap_or(21600), now);
    let mut keys = keys(&session);
    keys["Code"] = json!("Success");
    keys["Type"] = json!("AWS-HMAC");
    Ok(plain(&keys.to_string(), Vec::new()))
}

/// Version 1, which asks without a token, is not answered.
fn instance_role<'s>(scenario: &'s Scenario, request: &Request) -> Result<(&'s str, &'s str), Refusal> {
    if request.header("x-aws-ec2-metadata-token") != Some(METADATA_TOKEN) {
        return Err(Refusal::new(401, "Unauthorized", ""));
    }
    let arn = scenario.instance_role.as_deref().ok_or_else(|| not_found("no role"))?;
    Ok((arn, arn.rsplit('/').next().unwrap_or_default()))
}

/// Sign-In's CreateOAuth2Token: the refresh token works once, and only for who holds the session's key.
fn renewed_login(
    scenario: &Scenario,
    sessions: &mut Sessions,
    request: &Request,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if input["grantType"] != "refresh_token" || !input["clientId"].is_string() {
        return Err(Refusal::new(400, "ValidationException", "grantType is not supported"));
    }
    let current =
        |arn: &str, first: &str| sessions.refresh_tokens.get(arn).map_or(first, |token| token) == input["refreshToken"];
    let Some(login) = scenario.logins.iter().find(|login| current(&login.arn, &login.refresh_token)) else {
        return Ok(denied("TOKEN_EXPIRED"));
    };
    let address = format!("http://{}{}", request.header("host").unwrap_or_default(), request.path);
    let proof = request.header("dpop").and_then(|proof| proven(proof, &login.dpop_key, &address, now));
    let Some(proof) = proof.filter(|proof| sessions.used_proofs.insert(proof.clone())) else {
        return Err(Refusal::new(400, "ValidationException", "the proof of possession is not valid"));
    };
    let session = sessions.issue(who(&login.arn), LOGIN_SECONDS, now);
    let next = Sha256::digest(format!("{proof} {}", session.secret_access_key));
    let next = format!("FakeRefreshToken{}", BASE64_URL_SAFE_NO_PAD.encode(next));
    sessions.refresh_tokens.insert(login.arn.clone(), next.clone());
    Ok(json_result(&json!({
        "accessToken": {
            "accessKeyId": session.caller.access_key_id,
            "secretAccessKey": session.secret_access_key,
            "sessionToken": session.session_token,
        },
        "tokenType": "aws_sigv4",
        "expiresIn": LOGIN_SECONDS,
        "refreshToken": next,
    })))
}

/// The proof's own ID, where it is signed by this key, for this address and time (RFC 9449, 4.3).
fn proven(proof: &str, key: &str, address: &str, now: Timestamp) -> Option<String> {
    let key = SecretKey::from_sec1_pem(key).ok()?.public_key();
    let (message, signature) = proof.rsplit_once('.')?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).ok();
    let (header, claims) = message.split_once('.')?;
    let (header, claims) = (json(header)?, json(claims)?);
    let point = key.to_encoded_point(false);
    let is_own = |name: &str, place: Option<&p256::FieldBytes>| {
        decode(header["jwk"][name].as_str().unwrap_or_default()).as_deref() == place.map(|place| &place[..])
    };
    let is_right = header["typ"] == "dpop+jwt"
        && header["alg"] == "ES256"
        && header["jwk"]["kty"] == "EC"
        && header["jwk"]["crv"] == "P-256"
        && header["jwk"].get("d").is_none()
        && is_own("x", point.x())
        && is_own("y", point.y())
        && claims["htm"] == "POST"
        && claims["htu"] == address
        && claims["iat"].as_i64().is_some_and(|at| (now.as_second() - at).abs() <= 300);
    let signature = Signature::from_slice(&decode(signature)?).ok()?;
    VerifyingKey::from(key).verify(message.as_bytes(), &signature).ok()?;
    claims["jti"].as_str().filter(|id| is_right && !id.is_empty()).map(str::to_owned)
}

/// Sign-In's refusal, which names its reason in `error`.
fn denied(reason: &str) -> Response {
    let refusal = Refusal::new(403, "AccessDenied", "The session has ended").response(super::wire::Form::Json);
    Response { body: json!({ "error": reason, "message": "The session has ended" }).to_string(), ..refusal }
}

fn keys(session: &Session) -> Value {
    json!({
        "AccessKeyId": session.caller.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "Token": session.session_token,
        "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    })
}

fn not_found(what: &str) -> Refusal {
    Refusal::new(404, "NotFound", what)
}

fn plain(body: &str, headers: Vec<(&'static str, String)>) -> Response {
    Response { status: 200, content_type: "text/plain", headers, body: body.to_owned() }
}
