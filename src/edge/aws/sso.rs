//! Identity Center: a cached sign-in is exchanged for a role's credentials.
//!
//! The cache is the AWS CLI's. An expired sign-in is found here, before any call, and named; the SDK would send it.

use aws_config::Region as SdkRegion;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    error::{self, AwsError},
    mfa::Company,
    oidc::{Grant, NoToken},
    role::no_credentials,
    session::Session,
};
use crate::{
    core::{
        credentials::{Credentials, expiry_of_millis},
        identity::AccountId,
        profile::plan::Plan,
        secret::Secret,
        sign_in::{self, RENEW_BEFORE, SignIn, Token},
    },
    edge::sign_ins::{Found, SignIns},
};

/// Exchanges the sign-in for the role's credentials. Says with which token that was, by its digest: a renewal may have
/// changed it.
pub(super) fn credentials(
    session: &Session<'_>,
    plan: &Plan,
    sign_in: &SignIn,
    account: &AccountId,
    role: &str,
    company: &mut dyn Company,
) -> Result<(Credentials, String), AwsError> {
    let names = Names { profile: &plan.source_profile, sign_in };
    let token = token(session, &names, company)?;
    let credentials = session.run(exchange(session, &names, &token, account, role))?;
    Ok((credentials, sign_in::digest(&token)))
}

async fn exchange(
    session: &Session<'_>,
    names: &Names<'_>,
    token: &Secret,
    account: &AccountId,
    role: &str,
) -> Result<Credentials, AwsError> {
    let region = names.region();
    let purpose = format!("get the role {role} in account {}", account.grouped());
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
                return names.not_accepted();
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
        expires: Some(expiry_of_millis(keys.expiration)),
        claimed_account: Some(account.clone()),
    })
}

/// Which sign-in there is, without showing it; `None` without one.
pub(super) fn sign_in_digest(session: &Session<'_>, plan: &Plan) -> Option<String> {
    let sign_in = plan.source.sign_in()?;
    match SignIns::of_home(session.client.options.home.as_ref()?).read(&sign_in) {
        Ok(Found::Token(token)) => Some(token.digest()),
        _ => None,
    }
}

/// The access token, renewed where it can be and must be.
fn token(session: &Session<'_>, names: &Names<'_>, company: &mut dyn Company) -> Result<Secret, AwsError> {
    let now = session.client.options.now;
    let home = session
        .client
        .options
        .home
        .as_ref()
        .ok_or_else(|| AwsError::usage("HOME is not set, so the sign-ins in ~/.aws/sso/cache cannot be found"))?;
    let cache = SignIns::of_home(home);
    let kept = names.read(&cache)?;
    if cache.is_open(names.sign_in) {
        let file = cache.path(names.sign_in);
        let text =
            format!("others on this machine can read your sign-in; chmod 600 '{}' keeps them out", file.display());
        company.hear("sso", &text);
    }
    if kept.end() > now + RENEW_BEFORE {
        return Ok(kept.access_token);
    }
    let is_good = |token: &Token| token.end() > now;
    let still = |token: Token| {
        if is_good(&token) { Ok(token.access_token) } else { Err(names.expired(&token)) }
    };
    if !kept.can_be_renewed(names.sign_in, now) {
        return still(kept);
    }
    // A refresh token works once. Of all that want to renew one does; the others find what it got.
    let lock = match cache.lock(names.sign_in) {
        Ok(lock) => lock,
        Err(_) if is_good(&kept) => return Ok(kept.access_token),
        Err(error) => return Err(AwsError::credentials("the sign-in cannot be renewed").because(error)),
    };
    let kept = names.read(&cache)?;
    if kept.end() > now + RENEW_BEFORE {
        return Ok(kept.access_token);
    }
    let (Some(refresh), Some(client)) = (&kept.refresh_token, kept.client(now)) else { return still(kept) };
    let renewed = match session.token_in(Some(names.region()), &client, Grant::Refresh(refresh)) {
        Ok(granted) => kept.renewed(granted, now),
        Err(NoToken::Failed(_)) if is_good(&kept) => return Ok(kept.access_token),
        Err(NoToken::Failed(error)) => return Err(error),
        Err(_) => {
            // The AWS CLI, which knows no lock, may have been faster.
            let now_there = names.read(&cache)?;
            return still(now_there);
        }
    };
    if let Err(error) = cache.write(names.sign_in, &renewed) {
        company.hear("sso", &format!("the renewed sign-in is lost after this command: {error}"));
    }
    drop(lock);
    still(renewed)
}

impl Session<'_> {
    /// The access token of a sign-in by itself, for what is asked without a profile.
    pub fn sign_in_token(&self, sign_in: &SignIn, company: &mut dyn Company) -> Result<Secret, AwsError> {
        token(self, &Names { profile: "", sign_in }, company)
    }
}

/// What is said where Identity Center does not take a sign-in any more.
pub(super) fn not_accepted(sign_in: &SignIn) -> AwsError {
    Names { profile: "", sign_in }.not_accepted()
}

/// What the sign-in is called, in the files and by people.
struct Names<'a> {
    profile: &'a str,
    sign_in: &'a SignIn,
}

impl Names<'_> {
    fn name(&self) -> String {
        self.sign_in.name()
    }

    fn region(&self) -> SdkRegion {
        SdkRegion::new(self.sign_in.region.as_str().to_owned())
    }

    fn read(&self, cache: &SignIns) -> Result<Token, AwsError> {
        match cache.read(self.sign_in) {
            Ok(Found::Token(token)) => Ok(*token),
            Ok(Found::Nothing) => Err(self.sign_in(&format!("nobody is signed in to {}", self.name()))),
            Ok(Found::Other(why)) => {
                let file = cache.path(self.sign_in);
                Err(self.sign_in(&format!("the sign-in in {} {why}", file.display())))
            }
            Err(error) => Err(self.sign_in("the sign-in cannot be read").because(error)),
        }
    }

    fn expired(&self, token: &Token) -> AwsError {
        self.sign_in(&format!("the sign-in to {} expired at {}", self.name(), token.end()))
    }

    fn not_accepted(&self) -> AwsError {
        self.sign_in(&format!("Identity Center no longer accepts the sign-in for {}", self.name()))
    }

    fn sign_in(&self, message: &str) -> AwsError {
        let name = self.sign_in.session.as_deref().unwrap_or(self.profile);
        let mut error = AwsError::credentials(message).hint(format!("Sign in with `awsenv login {name}`."));
        error.sign_in = Some(Box::new(self.sign_in.clone()));
        error
    }
}
