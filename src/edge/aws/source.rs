//! Where credentials start: each kind of source, asked for exactly what the profile says and nothing else.

use std::{net::IpAddr, path::Path};

use aws_config::{imds, provider_config::ProviderConfig};
use zeroize::Zeroizing;

use super::{
    assume, container,
    error::{self, AwsError},
    keys::about_source,
    login,
    mfa::Company,
    role::{self, Chain, no_credentials},
    session::{Ambient, Client, Overrides, Resolved, Session},
    small_file, sso,
    way::Way,
};
use crate::{
    core::{
        credentials::{Credentials, expiry},
        identity::AccountId,
        profile::plan::{Finding, Location, Plan, Source},
        secret::Secret,
        session_terms::SessionTerms,
        sign_in::SignIn,
        url::Url,
    },
    edge::{credential_process::Helper, process, sessions::Sessions},
    error::Known as _,
};

/// A token of web identity has a few KiB.
const TOKEN_MAX: u64 = 64 << 10;
/// Characters that a session name may hold besides letters and digits.
const SESSION_NAME_PUNCTUATION: &str = "_+=,.@-";

impl Session<'_> {
    /// Carries a plan out: the source's credentials, then every role on top of them, from the last step on that is kept.
    pub fn resolve(
        &self,
        plan: &Plan,
        overrides: &Overrides,
        sessions: &Sessions,
        company: &mut dyn Company,
    ) -> Result<Resolved, AwsError> {
        let mut chain = Chain::new(plan, overrides, &self.effective.region)?;
        let way = match self.source_key(plan, &chain) {
            Some((key, has_token)) => {
                let mut way = Way::new(self, &chain, key, has_token, overrides.fresh);
                way.about_source = about_source(plan);
                if !self.has_start(&mut way, overrides, sessions)? {
                    let (base, sign_in) = self.source(plan, &chain, company)?;
                    // The next run finds it by the sign-in that is there then: the one that it was got with, renewed or not.
                    if let Some(key) = sign_in.and_then(|sign_in| self.sso_key(plan, &sign_in)) {
                        way.rename(self, key);
                    }
                    way.start(base, sessions, self.client.now());
                }
                way
            }
            None => {
                let (base, _) = self.source(plan, &chain, company)?;
                let mut way =
                    Way::new(self, &chain, self.credentials_key(&base), base.session_token.is_some(), overrides.fresh);
                if !self.has_start(&mut way, overrides, sessions)? {
                    way.start(base, sessions, self.client.now());
                }
                way
            }
        };
        let mut resolved = way.go(self, plan, sessions, company)?;
        resolved.findings = std::mem::take(&mut chain.findings);
        resolved.added_role = chain.added_role;
        Ok(resolved)
    }

    fn has_start(&self, way: &mut Way<'_>, overrides: &Overrides, sessions: &Sessions) -> Result<bool, AwsError> {
        if way.start_from_kept(sessions) {
            return Ok(true);
        }
        if overrides.cli_cache && !overrides.fresh { way.start_from_the_aws_cli(self) } else { Ok(false) }
    }

    /// The source's credentials, and the digest of the sign-in that they were got with, if any.
    fn source(
        &self,
        plan: &Plan,
        chain: &Chain,
        company: &mut dyn Company,
    ) -> Result<(Credentials, Option<String>), AwsError> {
        let mut sign_in = None;
        let base = self.base(plan, chain, company, &mut sign_in)?;
        let base = self.usable(base, &format!("{} ({})", plan.source.label(), plan.source_location))?;
        Ok((base, sign_in))
    }

    /// Credentials that the environment offers, with no profile. A token of web identity is exchanged for a session of that
    /// length; with others it changes nothing, which is said.
    pub fn ambient(&self, ambient: Ambient, duration_seconds: Option<i32>) -> Result<Resolved, AwsError> {
        let (credentials, from) = match ambient {
            Ambient::Environment => (environment(self.client)?, "the environment"),
            Ambient::Container => (self.run(container::credentials(self))?, "the container"),
            Ambient::InstanceMetadata => (self.run(instance_metadata(self))?, "instance metadata"),
            Ambient::WebIdentity => {
                let needed =
                    |name| self.client.var(name).ok_or_else(|| AwsError::credentials(format!("{name} is not set")));
                let (role_arn, file) = (needed("AWS_ROLE_ARN")?, needed("AWS_WEB_IDENTITY_TOKEN_FILE")?);
                let session_name = self.client.var("AWS_ROLE_SESSION_NAME");
                let terms = SessionTerms { session_name, duration_seconds, ..SessionTerms::default() };
                (self.run(web_identity(self, &role_arn, &file, &terms))?, "web identity")
            }
        };
        let mut resolved = Resolved::of(self.usable(credentials, from)?);
        if duration_seconds.is_some() && ambient != Ambient::WebIdentity {
            resolved.findings.push(Finding {
                code: "duration-unused",
                message: "no role is assumed, so --duration changes nothing".to_owned(),
                location: Location { file: Path::new(from).into(), line: 0 },
            });
        }
        Ok(resolved)
    }

    fn base(
        &self,
        plan: &Plan,
        chain: &Chain,
        company: &mut dyn Company,
        used: &mut Option<String>,
    ) -> Result<Credentials, AwsError> {
        match &plan.source {
            Source::StaticKeys { access_key_id, secret_access_key, session_token, claimed_account, expires } => {
                let bad = || {
                    let message = format!("{}: the expiry is not a time (bad-expiry)", plan.source_location);
                    AwsError::credentials(message).hint("It is like 2026-01-31T12:00:00Z, or not there at all.")
                };
                let expires = expires.as_deref().map(|text| expiry(text).ok_or_else(bad)).transpose()?;
                Ok(Credentials {
                    access_key_id: access_key_id.clone(),
                    secret_access_key: secret_access_key.clone(),
                    session_token: session_token.clone(),
                    expires,
                    claimed_account: claimed_account.clone(),
                })
            }
            Source::Vault(credentials) => Ok(credentials.clone()),
            Source::Process { command } => self.helper(plan, command, company),
            Source::WebIdentity { role_arn, token_file, .. } => {
                self.run(web_identity(self, role_arn, token_file, &chain.web_identity))
            }
            Source::Sso { session, start_url, region, account, role } => {
                let sign_in = SignIn::new(session.as_deref(), start_url, region);
                let (credentials, digest) = sso::credentials(self, plan, &sign_in, account, role, company)?;
                *used = Some(digest);
                Ok(credentials)
            }
            Source::Login { session } => login::credentials(self, session, &plan.source_profile),
            Source::Environment => environment_of_a_profile(self.client),
            Source::Ec2InstanceMetadata => self.run(instance_metadata(self)),
            Source::EcsContainer => self.run(container::credentials(self)),
        }
    }

    fn helper(&self, plan: &Plan, command: &str, company: &mut dyn Company) -> Result<Credentials, AwsError> {
        let Client { options, .. } = self.client;
        let helper =
            Helper { command, profile: &plan.source_profile, env: &options.env, limit: options.deadlines.helper };
        helper.credentials(&mut |line| company.hear("credential_process", line)).map_err(|error| {
            let hints = error.hints();
            let mut named = AwsError::new(error.kind(), format!("{}: credential_process failed", plan.source_location));
            named.hints = hints;
            named.because(error)
        })
    }
}

impl Client {
    /// `awsenv-user@host`, in the characters that AWS allows, so that CloudTrail shows who it was.
    pub(super) fn session_name(&self) -> String {
        let user = self.var("USER").or_else(|| self.var("LOGNAME")).unwrap_or_else(|| "user".into());
        let host = process::host_name();
        session_name(&format!("awsenv-{user}@{host}"))
    }
}

/// Makes a text a session name: other characters become `-`, and 64 is the longest.
fn session_name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || SESSION_NAME_PUNCTUATION.contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '-' }).take(64).collect()
}

/// The keys in the environment, whoever put them there.
fn environment(client: &Client) -> Result<Credentials, AwsError> {
    let (Some(access_key_id), Some(secret)) = (client.var("AWS_ACCESS_KEY_ID"), client.var("AWS_SECRET_ACCESS_KEY"))
    else {
        return Err(AwsError::credentials("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set"));
    };
    let bad = || {
        let message = "AWS_CREDENTIAL_EXPIRATION is not a time (bad-expiry)";
        AwsError::credentials(message).hint("It is like 2026-01-31T12:00:00Z, or not there at all.")
    };
    let expires = client.var("AWS_CREDENTIAL_EXPIRATION");
    let expires = expires.map(|text| expiry(&text).ok_or_else(bad)).transpose()?;
    let claimed_account = client.var("AWS_ACCOUNT_ID").and_then(|text| AccountId::parse(&text).ok());
    let session_token = client.var("AWS_SESSION_TOKEN").map(Secret::new);
    Ok(Credentials { access_key_id, secret_access_key: Secret::new(secret), session_token, expires, claimed_account })
}

/// `credential_source = Environment` means the user's own keys: those that awsenv exported are another profile's.
fn environment_of_a_profile(client: &Client) -> Result<Credentials, AwsError> {
    let credentials = environment(client)?;
    let ours = client.var("AWSENV_CONTEXT").is_some_and(|context| context.contains(&credentials.access_key_id));
    if ours {
        let profile = client.var("AWSENV_PROFILE").unwrap_or_default();
        return Err(AwsError::credentials(format!(
            "credential_source = Environment, but the keys in the environment are those that awsenv put there for \
             profile `{profile}`"
        ))
        .hint("Run `awsenv off` and set the keys that the profile is meant to start from."));
    }
    Ok(credentials)
}

/// The token in a file.
pub(super) fn web_token(file: &str) -> Result<Zeroizing<String>, AwsError> {
    let bad = |reason: String| AwsError::credentials(format!("the web identity token {file}: {reason}"));
    let bytes =
        small_file::read(Path::new(file), TOKEN_MAX).map(Zeroizing::new).map_err(|error| bad(error.to_string()))?;
    let token = std::str::from_utf8(&bytes).map_err(|_| bad("is not text".into()))?.trim();
    if token.is_empty() { Err(bad("is empty".into())) } else { Ok(Zeroizing::new(token.to_owned())) }
}

/// Exchanges a token in a file for a role's credentials. The call is not signed.
async fn web_identity(
    session: &Session<'_>,
    role_arn: &str,
    file: &str,
    terms: &SessionTerms,
) -> Result<Credentials, AwsError> {
    let token = web_token(file)?;
    let purpose = format!("assume {role_arn} with the token in {file}");
    let call = session.call("sts:AssumeRoleWithWebIdentity", &purpose, None);
    let answer = aws_sdk_sts::Client::new(&session.sdk)
        .assume_role_with_web_identity()
        .role_arn(role_arn)
        .role_session_name(terms.session_name.clone().unwrap_or_else(|| session.client.session_name()))
        .web_identity_token(token.as_str())
        .set_duration_seconds(terms.duration_seconds)
        .set_policy(terms.policy.clone())
        .set_policy_arns(assume::policy_arns(terms))
        .send()
        .await
        .map_err(|error| error::of_call(&call, error))?;
    role::from_sts(answer.credentials.ok_or_else(|| no_credentials(call.action))?, Some(role_arn))
}

fn provider_config(session: &Session<'_>) -> ProviderConfig {
    let mut config = ProviderConfig::without_region()
        .with_region(session.sdk.region().cloned())
        .with_http_client(session.http.sdk_client())
        .with_use_fips(Some(session.effective.use_fips))
        .with_use_dual_stack(Some(session.effective.use_dualstack));
    if let (Some(timeouts), Some(retries)) = (session.sdk.timeout_config(), session.sdk.retry_config()) {
        config = config.with_timeout_config(timeouts.clone()).with_retry_config(retries.clone());
    }
    config
}

/// The role of the machine. Asked only where the profile or the user says so. `AWS_EC2_METADATA_DISABLED` is obeyed as the
/// user had it: the SDK's own provider would obey the one that a refused switch leaves behind.
async fn instance_metadata(session: &Session<'_>) -> Result<Credentials, AwsError> {
    const PATH: &str = "/latest/meta-data/iam/security-credentials/";
    let client = session.client;
    if client.var("AWS_EC2_METADATA_DISABLED").is_some_and(|disabled| disabled.eq_ignore_ascii_case("true")) {
        return Err(AwsError::credentials("instance metadata is switched off by AWS_EC2_METADATA_DISABLED"));
    }
    let endpoint = client.var("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| {
        let six =
            client.var("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6"));
        if six { "http://[fd00:ec2::254]".into() } else { "http://169.254.169.254".into() }
    });
    let setting = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    let url = Url::parse(&endpoint).map_err(|bad| AwsError::usage(format!("{setting}: the URL {bad}")))?;
    if !(url.is_https() || url.is_loopback() || url.address().is_some_and(is_metadata_host)) {
        let host = url.host();
        return Err(AwsError::usage(format!("{setting}: {host} is neither https nor AWS's instance metadata")));
    }
    session.call("instance metadata", "", None);
    let metadata = imds::Client::builder()
        .configure(&provider_config(session))
        .endpoint(&endpoint)
        .map_err(|_| AwsError::usage(format!("{setting} is not a URL")))?
        .max_attempts(2)
        .build();
    let failed = |error: imds::client::error::ImdsError| {
        error::in_chain(&error)
            .unwrap_or_else(|| {
                AwsError::credentials("instance metadata gave no credentials").because(error::root(&error))
            })
            .hint("credential_source = Ec2InstanceMetadata works on an EC2 instance with a role only.")
    };
    let role = metadata.get(PATH).await.map_err(failed)?;
    let role = role.as_ref().lines().next().unwrap_or_default().trim();
    if role.is_empty() || !role.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte)) {
        return Err(AwsError::credentials("instance metadata names no role"));
    }
    let keys = metadata.get(format!("{PATH}{role}")).await.map_err(failed)?;
    container::parse(keys.as_ref().as_bytes(), "instance metadata")
}

fn is_metadata_host(address: IpAddr) -> bool {
    ["169.254.169.254", "fd00:ec2::254"].iter().any(|text| text.parse() == Ok(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_names_hold_what_aws_allows() {
        assert_eq!(session_name("awsenv-jörg w@host.local"), "awsenv-j-rg-w@host.local");
        assert_eq!(session_name(&"x".repeat(100)).len(), 64);
    }
}
