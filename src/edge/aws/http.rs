//! The one HTTP client: connections shared by every call, certificates and proxy as the user's settings say.
//!
//! Nothing of TLS is built before the first https request. The SDK's default client is not used: its TLS costs 22 ms of
//! CPU in every process, it has no time limits, and it ignores `AWS_CA_BUNDLE`.

use std::{
    error::Error,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
        http_client_fn,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

use super::{
    clock::AwsClock,
    proxy::{BadProxy, Proxies},
    trust::{BadTrust, Roots},
};
use crate::core::url::Url;

/// The longest answer that is read: the calls made here are answered in a few hundred bytes.
const BODY_MAX: usize = 64 << 10;

/// Why a request got no answer. The SDK carries it inside its own error; `error.rs` takes it out again.
#[derive(Debug, thiserror::Error)]
pub(super) enum Transport {
    /// The connection failed.
    #[error("no connection to {to}")]
    Failed {
        /// `host:port`, and the proxy on the way.
        to: Way,
        /// Whether it is a time limit that ran out.
        timed_out: bool,
        /// What the HTTP client says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The answer is longer than any answer of AWS to such a call.
    #[error("the answer of {0} is longer than 64 KiB")]
    TooLong(Way),
    /// The trusted certificates cannot be had.
    #[error(transparent)]
    Trust(BadTrust),
    /// The proxy cannot be used.
    #[error(transparent)]
    Proxy(BadProxy),
}

/// Where a request went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// `host:port`.
    pub(super) host: String,
    /// The proxy's `host:port`.
    pub(super) proxy: Option<String>,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proxy {
            Some(proxy) => write!(f, "{} through the proxy {proxy}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// The client.
#[derive(Clone)]
pub(super) struct Http(Arc<Inner>);

struct Inner {
    roots: Roots,
    proxies: Proxies,
    connect_timeout: Duration,
    clock: AwsClock,
    plain: OnceLock<SharedHttpConnector>,
    encrypted: OnceLock<Result<SharedHttpConnector, BadTrust>>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// A client that has built nothing yet.
    pub(super) fn new(roots: Roots, proxies: Proxies, connect_timeout: Duration, clock: AwsClock) -> Self {
        let (plain, encrypted) = (OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { roots, proxies, connect_timeout, clock, plain, encrypted }))
    }

    /// What an SDK client takes.
    pub(super) fn sdk_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// Sends one request that is none of an SDK client's.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        self.call(request).await
    }

    fn connector(&self, url: &Url) -> Result<SharedHttpConnector, Transport> {
        let inner = &self.0;
        if !url.is_https() {
            return Ok(inner.plain.get_or_init(|| inner.plain()).clone());
        }
        let proxy = inner.proxies.config().map_err(Transport::Proxy)?;
        inner.encrypted.get_or_init(|| inner.encrypted(proxy)).clone().map_err(Transport::Trust)
    }
}

impl Inner {
    fn settings(&self) -> HttpConnectorSettings {
        HttpConnectorSettings::builder().connect_timeout(self.connect_timeout).build()
    }

    /// For this machine and AWS's link-local addresses, which is where plain http goes at all: never through a proxy, whose
    /// "this machine" is another, and which would read the secrets.
    fn plain(&self) -> SharedHttpConnector {
        let builder = Connector::builder().connector_settings(self.settings()).sleep_impl(TokioSleep::new());
        SharedHttpConnector::new(builder.proxy_config(ProxyConfig::disabled()).build_http())
    }

    fn encrypted(&self, proxy: ProxyConfig) -> Result<SharedHttpConnector, BadTrust> {
        let context = TlsContext::builder()
            .with_trust_store(self.roots.load()?)
            .build()
            .map_err(|error| BadTrust { file: None, reason: error.to_string() })?;
        let connector = Connector::builder()
            .connector_settings(self.settings())
            .sleep_impl(TokioSleep::new())
            .proxy_config(proxy)
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context)
            .build();
        Ok(SharedHttpConnector::new(connector))
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = match Url::parse(request.uri().split(['?', '#']).next().unwrap_or_default()) {
            Ok(url) => url,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let way = Way { host: format!("{}:{}", url.host(), url.port()), proxy: self.0.proxies.host(&url) };
        let connector = match self.connector(&url) {
            Ok(connector) => connector,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let clock = self.0.clock.clone();
        HttpConnectorFuture::new(async move {
            let response = connector.call(request).await.map_err(|error| failed(error, way.clone()))?;
            clock.hear(&response);
            whole(response, way).await
        })
    }
}

/// Names the way in an error, and keeps its kind, which decides whether the SDK tries again.
fn failed(error: ConnectorError, to: Way) -> ConnectorError {
    let (timed_out, is_io, other) = (error.is_timeout(), error.is_io(), error.as_other());
    let transport = Box::new(Transport::Failed { to, timed_out, source: error.into_source() });
    match (timed_out, is_io) {
        (true, _) => ConnectorError::timeout(transport),
        (_, true) => ConnectorError::io(transport),
        _ => ConnectorError::other(transport, other),
    }
}

/// Reads the whole answer, up to the limit: an endless one costs neither time nor memory.
async fn whole(mut response: HttpResponse, way: Way) -> Result<HttpResponse, ConnectorError> {
    let mut body = ByteStream::new(response.take_body());
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| failed(ConnectorError::io(error.into()), way.clone()))?;
        if bytes.len() + chunk.len() > BODY_MAX {
            return Err(ConnectorError::other(Transport::TooLong(way).into(), None));
        }
        bytes.extend_from_slice(&chunk);
    }
    *response.body_mut() = SdkBody::from(bytes);
    Ok(response)
}
