//! `aws login`: a console session that the AWS CLI keeps, renewed here when it is due.
//!
//! The renewal is our own. The SDK's writes the cache in place and without a lock, so that of several shells all but one
//! lose the session, whose refresh token works once; and it calls the endpoint that the process's environment names, which may be
//! one that `use` exported for another profile.

use std::path::PathBuf;

use aws_sdk_signin::{
    operation::create_o_auth2_token::CreateOAuth2TokenError,
    types::{CreateOAuth2TokenRequestBody, CreateOAuth2TokenResponseBody, OAuth2ErrorCode},
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    dpop::ProofKey,
    error::{self, AwsError},
    role::no_credentials,
    session::Session,
    small_file,
};
use crate::{
    core::{
        credentials::{Credentials, expiry, rfc3339},
        hex::hex,
        identity::AccountId,
        secret::Secret,
    },
    edge::files,
    error::Kind,
};

/// The longest cache file that is read.
const CACHE_MAX: u64 = 64 << 10;
/// A session that ends sooner is renewed, as the AWS CLI does.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// The credentials of the session `arn`, renewed where it is due.
pub(super) fn credentials(session: &Session<'_>, arn: &str, profile: &str) -> Result<Credentials, AwsError> {
    let options = &session.client.options;
    let kept = Cache { path: files::behind_link(&path(session, arn)?), arn: arn.trim(), profile };
    let token = kept.read();
    if let Ok(token) = &token
        && token.end > options.now + RENEW_BEFORE
    {
        return Ok(token.credentials.clone());
    }
    if kept.path.symlink_metadata().is_err() {
        return token.map(|token| token.credentials);
    }
    // Whoever waited finds what the one before has written.
    let locked = files::lock_within(&files::lock_path(&kept.path), options.deadlines.total);
    let token = kept.read()?;
    let renewed = match locked {
        _ if token.end > options.now + RENEW_BEFORE => return Ok(token.credentials),
        Ok(_lock) => kept.renew(session, &token),
        Err(busy) => Err(AwsError::new(Kind::Unreachable, "the session cannot be renewed").because(busy)),
    };
    match renewed {
        // Not answered, or the AWS CLI, which takes no lock, was first: what is there now is good to its end.
        Err(error) if error.kind != Kind::Usage => {
            kept.read().ok().filter(|token| token.end > options.now).map(|token| token.credentials).ok_or(error)
        }
        renewed => renewed,
    }
}

/// The AWS CLI's file for a session.
fn path(session: &Session<'_>, arn: &str) -> Result<PathBuf, AwsError> {
    let client = session.client;
    let directory = match (client.var("AWS_LOGIN_CACHE_DIRECTORY"), &client.options.home) {
        (Some(directory), _) => PathBuf::from(directory),
        (None, Some(home)) => home.join(".aws/login/cache"),
        (None, None) => {
            return Err(AwsError::usage("HOME is not set, so the sessions in ~/.aws/login/cache cannot be found"));
        }
    };
    Ok(directory.join(hex(Sha256::digest(arn.trim())) + ".json"))
}

/// A session's file.
struct Cache<'a> {
    path: PathBuf,
    arn: &'a str,
    profile: &'a str,
}

/// What is in it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    access_token: AccessToken,
    refresh_token: Secret,
    client_id: String,
    dpop_key: Secret,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessToken {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Secret,
    expires_at: String,
}

/// A session, read.
struct Token {
    credentials: Credentials,
    end: Timestamp,
    written: Written,
}

impl Cache<'_> {
    fn read(&self) -> Result<Token, AwsError> {
        let bytes =
            small_file::read(&self.path, CACHE_MAX).map(Zeroizing::new).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => self.sign_in(format!("there is no session of {}", self.arn)),
                _ => AwsError::credentials(format!("the session in {}: {error}", self.path.display())),
            })?;
        let damaged = || self.sign_in(format!("the session in {} is damaged", self.path.display()));
        let written: Written = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        let AccessToken { access_key_id, secret_access_key, session_token, expires_at } = &written.access_token;
        let end = expiry(expires_at).ok_or_else(damaged)?;
        let credentials =
            self.credentials(access_key_id.clone(), secret_access_key.clone(), session_token.clone(), end);
        Ok(Token { credentials, end, written })
    }

    /// Exchanges the refresh token, and writes what it gives. The lock is held.
    fn renew(&self, session: &Session<'_>, token: &Token) -> Result<Credentials, AwsError> {
        let unusable = || self.sign_in(format!("the session in {} is damaged", self.path.display()));
        let key = ProofKey::from_pem(token.written.dpop_key.expose()).ok_or_else(unusable)?;
        let answer = session.run(self.send(session, &token.written, key))?;
        let Some(keys) = &answer.access_token else { return Err(no_credentials("signin:CreateOAuth2Token")) };
        let now = session.client.options.now.as_second();
        let end = Timestamp::from_second(now + i64::from(answer.expires_in)).map_err(|_| unusable())?;
        let secret = Secret::new(&keys.secret_access_key);
        let credentials = self.credentials(keys.access_key_id.clone(), secret, Secret::new(&keys.session_token), end);
        self.write(&answer, end).map_err(|error| {
            AwsError::usage(format!("the renewed session of {} cannot be kept", self.arn))
                .because(error)
                .hint(format!("Make room, then sign in again with `aws login --profile {}`.", self.profile))
        })?;
        Ok(credentials)
    }

    async fn send(
        &self,
        session: &Session<'_>,
        written: &Written,
        key: ProofKey,
    ) -> Result<CreateOAuth2TokenResponseBody, AwsError> {
        let purpose = format!("renew the session of {}", self.arn);
        let call = session.call("signin:CreateOAuth2Token", &purpose, None);
        let input = CreateOAuth2TokenRequestBody::builder()
            .client_id(&written.client_id)
            .grant_type("refresh_token")
            .refresh_token(written.refresh_token.expose())
            .build()
            .map_err(|bad| AwsError::new(Kind::Internal, "the renewal is not complete").because(bad))?;
        let now = session.client.options.now;
        let answer = aws_sdk_signin::Client::new(&session.sdk)
            .create_o_auth2_token()
            .token_input(input)
            .customize()
            .map_request(move |mut request: HttpRequest| {
                let proof = key.proof(request.uri(), now)?;
                request.headers_mut().try_insert("dpop", proof).map_err(std::io::Error::other)?;
                Ok::<_, std::io::Error>(request)
            })
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(CreateOAuth2TokenError::AccessDeniedException(denied)) => self.sign_in(match denied.error {
                    OAuth2ErrorCode::UserCredentialsChanged => {
                        format!("the session of {} ended, because the password was changed", self.arn)
                    }
                    OAuth2ErrorCode::InsufficientPermissions => {
                        format!("{} has no permission for signin:CreateOAuth2Token", self.arn)
                    }
                    _ => format!("the session of {} has ended", self.arn),
                }),
                Some(CreateOAuth2TokenError::ValidationException(_)) => {
                    self.sign_in(format!("AWS does not accept the session of {}", self.arn))
                }
                _ => error::of_call(&call, error),
            })?;
        answer.token_output.ok_or_else(|| no_credentials(call.action))
    }

    /// Puts the new tokens in place of the old ones. What else is in the file stays.
    fn write(&self, answer: &CreateOAuth2TokenResponseBody, end: Timestamp) -> Result<(), files::FileError> {
        let old = small_file::read(&self.path, CACHE_MAX).map(Zeroizing::new).unwrap_or_default();
        let mut file: Value = serde_json::from_slice(&old).unwrap_or_default();
        if let Some(keys) = &answer.access_token {
            let token = &mut file["accessToken"];
            token["accessKeyId"] = json!(keys.access_key_id);
            token["secretAccessKey"] = json!(keys.secret_access_key);
            token["sessionToken"] = json!(keys.session_token);
            token["expiresAt"] = json!(rfc3339(end));
        }
        file["refreshToken"] = json!(answer.refresh_token);
        files::write_private(&self.path, Zeroizing::new(file.to_string()).as_bytes())
    }

    fn credentials(&self, id: String, secret: Secret, token: Secret, end: Timestamp) -> Credentials {
        Credentials {
            access_key_id: id,
            secret_access_key: secret,
            session_token: Some(token),
            expires: Some(end),
            claimed_account: AccountId::of_arn(self.arn),
        }
    }

    fn sign_in(&self, message: String) -> AwsError {
        AwsError::credentials(message).hint(format!("Sign in with `aws login --profile {}`.", self.profile))
    }
}
