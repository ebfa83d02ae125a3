//! Identity Center: a cached sign-in is exchanged for a role's credentials.
//!
//! The cache is the AWS CLI's. An expired sign-in is found here, before any call, and named; the SDK would send it.

use std::path::PathBuf;

use aws_config::{Region as SdkRegion, sso::SsoTokenProvider};
use aws_credential_types::provider::token::ProvideToken;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::{
    error::{self, AwsError},
    role::no_credentials,
    session::Session,
    small_file,
};
use crate::core::{
    credentials::Credentials,
    identity::AccountId,
    profile::{
        plan::{Plan, Source},
        sso_session::SsoSession,
    },
    region::Region,
    secret::Secret,
};

/// The longest cache file that is read.
const CACHE_MAX: u64 = 64 << 10;
/// A sign-in that ends sooner is renewed, as the AWS CLI does.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// A cached sign-in, as the AWS CLI writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    access_token: Secret,
    expires_at: String,
    refresh_token: Option<Secret>,
    registration_expires_at: Option<String>,
}

/// Exchanges the sign-in for the role's credentials.
pub(super) async fn credentials(
    session: &Session<'_>,
    plan: &Plan,
    sso_session: Option<&str>,
    start_url: &str,
    region: &Region,
    account: &AccountId,
    role: &str,
) -> Result<Credentials, AwsError> {
    let names = Names { profile: &plan.source_profile, sso_session, start_url };
    let region = SdkRegion::new(region.as_str().to_owned());
    let token = token(session, &names, &region).await?;
    let purpose = format!("get the role {role} in account {account}");
    let call = session.call("sso:GetRoleCredentials", &purpose, None);
    let sdk = session.sdk.to_builder().region(region).build();
    let answer = aws_sdk_sso::Client::new(&sdk)
        .get_role_credentials()
        .access_token(token.expose())
        .account_id(account.as_str())
        .role_name(role)
        .send()
        .await
        .map_err(|error| {
            let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
            if code == Some("UnauthorizedException") {
                return names.sign_in(&format!("Identity Center no longer accepts the sign-in for {}", names.name()));
            }
            error::of_call(&call, error)
        })?;
    let keys = answer.role_credentials.ok_or_else(|| no_credentials(call.action))?;
    let (Some(access_key_id), Some(secret)) = (keys.access_key_id, keys.secret_access_key) else {
        return Err(no_credentials(call.action));
    };
    Ok(Credentials {
        access_key_id,
        secret_access_key: Secret::new(secret),
        session_token: keys.session_token.map(Secret::new),
        expires: Timestamp::from_millisecond(keys.expiration).ok(),
        claimed_account: Some(account.clone()),
    })
}

/// Which sign-in there is, without showing it; `None` without one.
pub(super) fn sign_in_digest(session: &Session<'_>, plan: &Plan) -> Option<String> {
    let Source::Sso { session: sso_session, start_url, .. } = &plan.source else { return None };
    let names = Names { profile: &plan.source_profile, sso_session: sso_session.as_deref(), start_url };
    let file = session.client.options.home.as_ref()?.join(names.cache_file());
    let sign_in: SignIn = serde_json::from_slice(&small_file::read(&file, CACHE_MAX).ok()?).ok()?;
    Some(Sha256::digest(sign_in.access_token.expose()).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The access token, renewed where it can be and must be.
async fn token(session: &Session<'_>, names: &Names<'_>, region: &SdkRegion) -> Result<Secret, AwsError> {
    let now = session.client.options.now;
    let home = session
        .client
        .options
        .home
        .as_ref()
        .ok_or_else(|| AwsError::usage("HOME is not set, so the sign-ins in ~/.aws/sso/cache cannot be found"))?;
    let file = home.join(names.cache_file());
    let text = small_file::read(&file, CACHE_MAX).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => names.sign_in(&format!("nobody is signed in to {}", names.name())),
        _ => AwsError::credentials(format!("the sign-in in {}: {error}", file.display())),
    })?;
    let damaged = || names.sign_in(&format!("the sign-in in {} is damaged", file.display()));
    let sign_in: SignIn = serde_json::from_slice(&text).map_err(|_| damaged())?;
    let end = time(&sign_in.expires_at).ok_or_else(damaged)?;
    let can_renew = names.sso_session.is_some()
        && sign_in.refresh_token.is_some()
        && sign_in.registration_expires_at.as_deref().and_then(time).is_some_and(|end| end > now);
    if end > now + RENEW_BEFORE || (end > now && !can_renew) {
        return Ok(sign_in.access_token);
    }
    let expired = || names.sign_in(&format!("the sign-in to {} expired at {end}", names.name()));
    let Some(name) = names.sso_session.filter(|_| can_renew) else { return Err(expired()) };
    session.call("sso-oidc:CreateToken", "renew the sign-in", None);
    let provider = SsoTokenProvider::builder()
        .configure(&session.sdk)
        .region(region.clone())
        .session_name(name)
        .start_url(names.start_url)
        .build()
        .await;
    match provider.provide_token().await {
        // A renewal that failed leaves the old token, which may be past its end.
        Ok(token) if token.expiration().and_then(|end| Timestamp::try_from(end).ok()).is_some_and(|end| end > now) => {
            Ok(Secret::new(token.token()))
        }
        Ok(_) => Err(expired()),
        Err(error) => Err(error::in_chain(&error).unwrap_or_else(expired)),
    }
}

/// The access token of a session by itself, for what is asked without a profile.
pub(super) async fn token_of(session: &Session<'_>, sso: &SsoSession) -> Result<Secret, AwsError> {
    token(session, &Names::of(sso), &SdkRegion::new(sso.sso_region.as_str().to_owned())).await
}

/// What is said where Identity Center does not take the sign-in of a session any more.
pub(super) fn not_accepted(sso: &SsoSession) -> AwsError {
    let names = Names::of(sso);
    names.sign_in(&format!("Identity Center no longer accepts the sign-in for {}", names.name()))
}

/// RFC 3339; older versions of the AWS CLI wrote `UTC` for `Z`.
fn time(text: &str) -> Option<Timestamp> {
    match text.strip_suffix("UTC") {
        Some(front) => format!("{front}Z").parse().ok(),
        None => text.parse().ok(),
    }
}

/// What the sign-in is called, in the files and by people.
struct Names<'a> {
    profile: &'a str,
    sso_session: Option<&'a str>,
    start_url: &'a str,
}

impl<'a> Names<'a> {
    fn of(sso: &'a SsoSession) -> Self {
        Self { profile: "", sso_session: Some(&sso.name), start_url: &sso.start_url }
    }
}

impl Names<'_> {
    fn cache_file(&self) -> PathBuf {
        let digest = Sha1::digest(self.sso_session.unwrap_or(self.start_url));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        PathBuf::from(format!(".aws/sso/cache/{hex}.json"))
    }

    fn name(&self) -> String {
        self.sso_session.map_or_else(|| self.start_url.to_owned(), |name| format!("sso-session `{name}`"))
    }

    fn sign_in(&self, message: &str) -> AwsError {
        AwsError::credentials(message).hint(match self.sso_session {
            Some(name) => format!("Sign in with `aws sso login --sso-session {name}`."),
            None => format!("Sign in with `aws sso login --profile {}`.", self.profile),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_the_aws_cli_s() {
        let names = Names { profile: "p", sso_session: Some("corp"), start_url: "https://x" };
        let file = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
        assert_eq!(names.cache_file(), PathBuf::from(file));
        assert_eq!(time("2020-06-02T00:00:00UTC"), time("2020-06-02T00:00:00Z"));
        assert_eq!(time("soon"), None);
    }
}
