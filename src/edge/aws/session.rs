//! One process's AWS client, and one profile's session with it.

use std::{
    cell::Cell,
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    future::Future,
    io,
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

use aws_config::{AppName, BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::{IdentityCache, StalledStreamProtectionConfig};
use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::{
    clock::AwsClock,
    error::{AwsError, Call, timed_out},
    http::Http,
    proxy::Proxies,
    trust::Roots,
};
use crate::{
    core::{
        clock::Skew,
        credentials::Credentials,
        endpoint::{Effective, Service},
        kept::{KeptIdentity, SessionKey},
        mfa::MfaMethod,
        profile::plan::Finding,
        session_terms::SessionTerms,
    },
    error::Kind,
};

/// How long AWS may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// One connection.
    pub connect: Duration,
    /// One try of a call.
    pub attempt: Duration,
    /// All calls of a session together. Helper programs are not counted.
    pub total: Duration,
    /// The account's alias and name, counted from the start of the identity call.
    pub facts: Duration,
    /// One helper program.
    pub helper: Duration,
    /// Until a call of many that AWS throttled is made again; twice as long each time.
    pub again: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            attempt: Duration::from_secs(5),
            total: Duration::from_secs(8),
            facts: Duration::from_millis(1500),
            helper: Duration::from_secs(60),
            again: Duration::from_millis(200),
        }
    }
}

/// What a client is given of the outside world.
#[derive(Clone, Debug)]
pub struct Options {
    /// The environment, as the user's own tools would see it.
    pub env: BTreeMap<OsString, OsString>,
    /// Home directory, in which `~/.aws` is.
    pub home: Option<PathBuf>,
    /// The time.
    pub now: Timestamp,
    /// Time limits.
    pub deadlines: Deadlines,
}

/// What the command line changes about a profile.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// One more role on top: an ARN, or a name in the account that the profile is pinned to.
    pub role: Option<String>,
    /// What is asked of the last role's session.
    pub terms: SessionTerms,
    /// The policy that the last role's session is narrowed to, because the account is protected.
    pub narrow_to: Option<String>,
    /// Where MFA codes go.
    pub mfa: MfaMethod,
    /// Whether the command line has a code.
    pub has_code: bool,
    /// Whether roles are assumed anew, whatever is kept of them.
    pub fresh: bool,
    /// Whether sessions may come from the AWS CLI's cache where a code would be asked for.
    pub cli_cache: bool,
}

/// Credentials that the environment offers when no profile is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ambient {
    /// `AWS_ACCESS_KEY_ID` and its companions.
    Environment,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN`.
    WebIdentity,
    /// `AWS_CONTAINER_CREDENTIALS_…`.
    Container,
    /// Instance metadata.
    InstanceMetadata,
}

/// Credentials, resolved once.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The credentials.
    pub credentials: Credentials,
    /// Warnings: a session cut to what role chaining allows, and the like.
    pub findings: Vec<Finding>,
    /// ARN of the role that [`Overrides::role`] added.
    pub added_role: Option<String>,
    /// Keys of the sessions on the way that may be kept, the last one's last.
    pub keys: Vec<SessionKey>,
    /// Who STS said that these very credentials are, when they were kept.
    pub verified: Option<KeptIdentity>,
    /// Whether a session of the AWS CLI's cache is on the way.
    pub of_the_aws_cli: bool,
}

impl Resolved {
    /// Credentials that nothing is kept of.
    pub(super) fn of(credentials: Credentials) -> Self {
        Self {
            credentials,
            findings: Vec::new(),
            added_role: None,
            keys: Vec::new(),
            verified: None,
            of_the_aws_cli: false,
        }
    }
}

/// The connections and the runtime of one process. It can be used by several threads at once.
#[derive(Debug)]
pub struct Client {
    pub(super) options: Options,
    runtime: OnceLock<Runtime>,
    http: Mutex<BTreeMap<Option<String>, Http>>,
    clock: AwsClock,
}

impl Client {
    /// A client that has built nothing yet.
    pub fn new(options: Options) -> Self {
        Self { options, runtime: OnceLock::new(), http: Mutex::default(), clock: AwsClock::default() }
    }

    /// How far this machine's clock is off, as far as AWS's answers have told.
    pub fn skew(&self) -> Option<Skew> {
        self.clock.skew()
    }

    /// The time by AWS's clock, as far as that is known.
    pub(super) fn now(&self) -> Timestamp {
        self.skew().map_or(self.options.now, |skew| skew.theirs(self.options.now))
    }

    /// One profile's session.
    pub fn session<'a>(&'a self, effective: &'a Effective) -> Session<'a> {
        let http = self.http(effective.ca_bundle.clone());
        let sdk = self.sdk_config(effective, &http);
        let left = Cell::new(self.options.deadlines.total);
        Session { client: self, effective, http, sdk, left, current: Cell::new("the call") }
    }

    /// A variable of the environment; an empty one is unset.
    pub(super) fn var(&self, name: &str) -> Option<String> {
        let value = self.options.env.get(OsStr::new(name))?;
        value.to_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The client for one set of trusted certificates; sessions with the same one share its connections.
    fn http(&self, ca_bundle: Option<String>) -> Http {
        let mut clients = self.http.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let new = || {
            let named = ca_bundle.clone().or_else(|| self.var("SSL_CERT_FILE")).map(PathBuf::from);
            let roots = Roots { named, directory: self.var("SSL_CERT_DIR").is_some() };
            let proxies = Proxies::from_env(&|name| self.var(name));
            Http::new(roots, proxies, self.options.deadlines.connect, self.clock.clone())
        };
        clients.entry(ca_bundle.clone()).or_insert_with(new).clone()
    }

    fn sdk_config(&self, effective: &Effective, http: &Http) -> SdkConfig {
        let Deadlines { connect, attempt, total, .. } = self.options.deadlines;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(connect)
            .operation_attempt_timeout(attempt)
            .operation_timeout(total)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(Duration::from_millis(200))
            .with_max_backoff(Duration::from_secs(1));
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(effective.region.as_str().to_owned()))
            .use_fips(effective.use_fips)
            .use_dual_stack(effective.use_dualstack)
            .service_config(Endpoints::of(effective))
            .http_client(http.sdk_client())
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .timeout_config(timeouts)
            .retry_config(retries)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .identity_cache(IdentityCache::no_cache());
        config.set_app_name(AppName::new("awsenv").ok());
        config.build()
    }

    fn runtime(&self) -> Result<&Runtime, AwsError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = room_for_a_runtime()
            .and_then(|()| tokio::runtime::Builder::new_current_thread().enable_all().build())
            .map_err(|error| AwsError::new(Kind::Internal, "the async runtime does not start").because(error))?;
        Ok(self.runtime.get_or_init(|| runtime))
    }
}

impl Drop for Client {
    /// Leaves a name lookup that still hangs behind, instead of waiting for it.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The endpoints that are set, for whichever SDK client asks.
#[derive(Debug)]
struct Endpoints(BTreeMap<Service, String>);

impl Endpoints {
    fn of(effective: &Effective) -> Self {
        Self(effective.endpoints.iter().map(|(service, url)| (*service, url.as_str().to_owned())).collect())
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.profile() != "endpoint_url" {
            return None;
        }
        self.0.get(&Service::from_sdk_name(key.service_id())?).cloned()
    }
}

/// One profile's session: its region and endpoints, and the time that its calls have left.
#[derive(Debug)]
pub struct Session<'a> {
    pub(super) client: &'a Client,
    pub(super) effective: &'a Effective,
    pub(super) http: Http,
    pub(super) sdk: SdkConfig,
    left: Cell<Duration>,
    current: Cell<&'static str>,
}

impl Session<'_> {
    /// Who tells what an account is called.
    pub fn teller(&self) -> String {
        self.effective.teller(&[Service::Sts, Service::Iam, Service::Account])
    }

    /// Runs calls to AWS within what is left of the deadline.
    pub(super) fn run<T>(&self, calls: impl Future<Output = Result<T, AwsError>>) -> Result<T, AwsError> {
        let (started, left) = (instant(), self.left.get());
        let result = self.run_within(left, self.client.options.deadlines.total, calls);
        self.left.set(left.saturating_sub(started.elapsed()));
        result
    }

    /// Runs calls to AWS within a deadline of their own; `limit` is what is said of it.
    pub(super) fn run_within<T>(
        &self,
        left: Duration,
        limit: Duration,
        calls: impl Future<Output = Result<T, AwsError>>,
    ) -> Result<T, AwsError> {
        let runtime = self.client.runtime()?;
        let result = runtime.block_on(async { tokio::time::timeout(left, calls).await });
        result.unwrap_or_else(|_| Err(timed_out(self.current.get(), limit)))
    }

    /// A call, for its error messages.
    pub(super) fn call<'c>(
        &self,
        action: &'static str,
        purpose: &'c str,
        credentials: Option<&'c Credentials>,
    ) -> Call<'c> {
        self.current.set(action);
        Call { action, purpose, credentials, now: self.client.options.now, limit: self.left.get() }
    }

    /// The configuration of an SDK client that signs with these credentials.
    pub(super) fn sdk_with(&self, credentials: &Credentials) -> SdkConfig {
        let expires = credentials.expires.map(std::time::SystemTime::from);
        let token = credentials.session_token.as_ref().map(|token| token.expose().to_owned());
        let secret = credentials.secret_access_key.expose();
        let sdk = aws_credential_types::Credentials::new(&credentials.access_key_id, secret, token, expires, "awsenv");
        self.sdk.to_builder().credentials_provider(SharedCredentialsProvider::new(sdk)).build()
    }

    /// Refuses credentials that cannot work, whoever gave them.
    pub(super) fn usable(&self, credentials: Credentials, from: &str) -> Result<Credentials, AwsError> {
        credentials
            .check()
            .map_err(|bad| AwsError::credentials(format!("the credentials from {from} cannot be used")).because(bad))?;
        match credentials.expires {
            Some(end) if credentials.is_expired(self.client.now()) => {
                Err(AwsError::credentials(format!("the credentials from {from} expired at {end}")))
            }
            _ => Ok(credentials),
        }
    }
}

/// Fails where there are not as many descriptors left at once as the runtime takes. Its part for signals, which a
/// dependency switches on, would panic.
fn room_for_a_runtime() -> io::Result<()> {
    [(); 4].map(|()| UnixStream::pair()).into_iter().try_for_each(|pair| pair.map(drop))
}

#[expect(clippy::disallowed_methods, reason = "a deadline needs the real clock, whatever time the command works with")]
fn instant() -> Instant {
    Instant::now()
}
