//! Identity Center's OIDC service: registering, signing in, renewing; and the portal's sign-out. Nothing of it is signed.

use aws_config::Region as SdkRegion;
use aws_sdk_ssooidc::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};

use super::{
    error::{self, AwsError},
    session::{Client, Session},
};
use crate::core::{
    callback,
    endpoint::{Effective, Service},
    secret::Secret,
    sign_in::{Flow, Granted, OidcClient, SignIn},
};

/// The redirect URI that is registered: the port comes with each sign-in.
const REDIRECT: &str = "http://127.0.0.1";

/// A device that waits for its user.
#[derive(Clone, Debug)]
pub struct Device {
    /// What the token is asked for with.
    pub code: Secret,
    /// What the user types, or compares.
    pub user_code: String,
    /// The page, as Identity Center names it.
    pub uri: String,
    /// The page with the code in it.
    pub uri_complete: Option<String>,
    /// How long the code lasts.
    pub lasts: SignedDuration,
    /// How long to wait between two questions.
    pub interval: SignedDuration,
}

/// What a token is asked for with.
#[derive(Clone, Copy, Debug)]
pub enum Grant<'a> {
    /// The code that the browser came back with.
    Code {
        /// The code.
        code: &'a Secret,
        /// The proof.
        verifier: &'a Secret,
        /// Where the browser came back to.
        redirect_uri: &'a str,
    },
    /// The device's code.
    Device(&'a Secret),
    /// The refresh token of an earlier one.
    Refresh(&'a Secret),
}

/// Why there is no token.
#[derive(Debug)]
pub enum NoToken {
    /// The user has not answered yet.
    Pending,
    /// We ask too often.
    SlowDown,
    /// The code has ended.
    Expired,
    /// The user said no.
    Denied,
    /// The code or refresh token is not, or no longer, good.
    Invalid,
    /// The client is not, or no longer, known.
    UnknownClient,
    /// Something else.
    Failed(AwsError),
}

/// The service, for one sign-in.
#[derive(Clone, Copy, Debug)]
pub struct Oidc<'a> {
    client: &'a Client,
    effective: &'a Effective,
    sign_in: &'a SignIn,
}

impl<'a> Oidc<'a> {
    /// The one of this sign-in.
    pub fn new(client: &'a Client, effective: &'a Effective, sign_in: &'a SignIn) -> Self {
        Self { client, effective, sign_in }
    }

    /// The page at which a user signs in, without what is asked of it.
    pub fn authorize_page(&self) -> Result<String, AwsError> {
        let params = Params::builder()
            .region(self.sign_in.region.as_str())
            .use_fips(self.effective.use_fips)
            .use_dual_stack(self.effective.use_dualstack)
            .set_endpoint(self.effective.endpoints.get(&Service::SsoOidc).map(|url| url.as_str().to_owned()))
            .build();
        let unknown = || AwsError::usage("Identity Center has no endpoint with these settings");
        let params = params.map_err(|error| unknown().because(error))?;
        let endpoint = self.session().run(async {
            let found = DefaultResolver::new().resolve_endpoint(&params).await;
            found.map_err(|error| unknown().because(error::root(error.as_ref())))
        })?;
        Ok(format!("{}/authorize", endpoint.url().trim_end_matches('/')))
    }

    /// Registers this tool as a client.
    pub fn register(&self, flow: Flow) -> Result<OidcClient, AwsError> {
        let session = self.session();
        let call = session.call("sso-oidc:RegisterClient", "register for the sign-in", None);
        let named = self.sign_in.session.as_deref().unwrap_or("profile");
        let name: String = named.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).take(60).collect();
        let mut request =
            self.sdk(&session).register_client().client_name(format!("awsenv-{name}")).client_type("public");
        let scopes = self.sign_in.asked_scopes();
        if !scopes.is_empty() {
            request = request.set_scopes(Some(scopes));
        }
        request = request.set_grant_types(Some(flow.grants()));
        if flow == Flow::Browser {
            let redirect = format!("{REDIRECT}{}", callback::PATH);
            request = request.redirect_uris(redirect).issuer_url(&self.sign_in.start_url);
        }
        let answer = session.run(async { request.send().await.map_err(|error| error::of_call(&call, error)) })?;
        let expires = Timestamp::from_second(answer.client_secret_expires_at).unwrap_or(Timestamp::MIN);
        match (answer.client_id, answer.client_secret) {
            (Some(id), Some(secret)) => Ok(OidcClient { id, secret: Secret::new(secret), expires }),
            _ => Err(AwsError::unreachable("Identity Center registered no client")),
        }
    }

    /// Asks for a code that a user types somewhere else.
    pub fn start_device(&self, client: &OidcClient) -> Result<Device, NoToken> {
        let session = self.session();
        let call = session.call("sso-oidc:StartDeviceAuthorization", "start the sign-in", None);
        let request = self
            .sdk(&session)
            .start_device_authorization()
            .client_id(&client.id)
            .client_secret(client.secret.expose())
            .start_url(&self.sign_in.start_url);
        let sent = session.run(async {
            Ok(request.send().await.map_err(|error| {
                match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                    Some("InvalidClientException" | "UnauthorizedClientException") => NoToken::UnknownClient,
                    _ => NoToken::Failed(error::of_call(&call, error)),
                }
            }))
        });
        let answer = sent.map_err(NoToken::Failed)??;
        let (Some(code), Some(user_code), Some(uri)) = (answer.device_code, answer.user_code, answer.verification_uri)
        else {
            return Err(NoToken::Failed(AwsError::unreachable("Identity Center gave no code for the sign-in")));
        };
        Ok(Device {
            code: Secret::new(code),
            user_code,
            uri,
            uri_complete: answer.verification_uri_complete,
            lasts: SignedDuration::from_secs(answer.expires_in.clamp(1, 3600).into()),
            interval: SignedDuration::from_secs(if answer.interval <= 0 { 5 } else { answer.interval.min(60).into() }),
        })
    }

    /// Asks for a token.
    pub fn token(&self, client: &OidcClient, grant: Grant<'_>) -> Result<Granted, NoToken> {
        self.session().token(client, grant)
    }

    /// A call of its own time: a person is waited for between them.
    fn session(&self) -> Session<'a> {
        self.client.session(self.effective)
    }

    fn sdk(&self, session: &Session<'_>) -> aws_sdk_ssooidc::Client {
        aws_sdk_ssooidc::Client::new(&session.sdk)
    }

    /// Ends the sign-in at Identity Center.
    pub fn logout(&self, token: &Secret) -> Result<(), AwsError> {
        let session = self.session();
        let call = session.call("sso:Logout", "sign out", None);
        let request = aws_sdk_sso::Client::new(&session.sdk).logout().access_token(token.expose());
        session.run(async {
            match request.send().await {
                Ok(_) => Ok(()),
                // It is over already.
                Err(error)
                    if error.as_service_error().and_then(ProvideErrorMetadata::code)
                        == Some("UnauthorizedException") =>
                {
                    Ok(())
                }
                Err(error) => Err(error::of_call(&call, error)),
            }
        })
    }
}

impl Session<'_> {
    /// Asks for a token, in the region of the session.
    pub(super) fn token(&self, client: &OidcClient, grant: Grant<'_>) -> Result<Granted, NoToken> {
        self.token_in(None, client, grant)
    }

    /// The same in another region.
    pub(super) fn token_in(
        &self,
        region: Option<SdkRegion>,
        client: &OidcClient,
        grant: Grant<'_>,
    ) -> Result<Granted, NoToken> {
        let purpose = match grant {
            Grant::Refresh(_) => "renew the sign-in",
            Grant::Code { .. } | Grant::Device(_) => "sign in",
        };
        let call = self.call("sso-oidc:CreateToken", purpose, None);
        let sdk = match region {
            Some(region) => self.sdk.to_builder().region(region).build(),
            None => self.sdk.clone(),
        };
        // A code or refresh token works once: asking again, because the answer was lost, would be refused.
        let once = aws_sdk_ssooidc::config::Builder::from(&sdk)
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .build();
        let sdk = aws_sdk_ssooidc::Client::from_conf(once);
        let request = sdk.create_token().client_id(&client.id).client_secret(client.secret.expose());
        let request = match grant {
            Grant::Code { code, verifier, redirect_uri } => request
                .grant_type("authorization_code")
                .code(code.expose())
                .code_verifier(verifier.expose())
                .redirect_uri(redirect_uri),
            Grant::Device(code) => {
                request.grant_type("urn:ietf:params:oauth:grant-type:device_code").device_code(code.expose())
            }
            Grant::Refresh(token) => request.grant_type("refresh_token").refresh_token(token.expose()),
        };
        let sent = self.run(async {
            Ok(request.send().await.map_err(|error| {
                match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                    Some("AuthorizationPendingException") => NoToken::Pending,
                    Some("SlowDownException") => NoToken::SlowDown,
                    Some("ExpiredTokenException") => NoToken::Expired,
                    Some("AccessDeniedException") => NoToken::Denied,
                    Some("InvalidGrantException") => NoToken::Invalid,
                    Some("InvalidClientException" | "UnauthorizedClientException") => NoToken::UnknownClient,
                    _ => NoToken::Failed(error::of_call(&call, error)),
                }
            }))
        });
        let answer = sent.map_err(NoToken::Failed)??;
        let access_token = answer
            .access_token
            .filter(|token| !token.is_empty())
            .ok_or_else(|| NoToken::Failed(AwsError::unreachable("Identity Center gave no token")))?;
        Ok(Granted {
            access_token: Secret::new(access_token),
            lasts: SignedDuration::from_secs(answer.expires_in.into()),
            refresh_token: answer.refresh_token.map(Secret::new),
        })
    }
}
