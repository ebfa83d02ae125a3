//! `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, from the environment that the command was given. There is no `HTTP_PROXY`: plain
//! http goes to this machine and to AWS's link-local addresses only.

use aws_smithy_http_client::proxy::ProxyConfig;

use crate::core::url::Url;

/// A proxy that cannot be used. Holds no URL: it may carry a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} holds no proxy that can be used: {reason}")]
pub(super) struct BadProxy {
    /// The variable that names it.
    pub(super) variable: &'static str,
    /// What is wrong with it.
    pub(super) reason: &'static str,
}

/// The proxy that the environment names for https, and whom it is not for.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    https: Option<Proxy>,
    except: Option<String>,
}

#[derive(Clone)]
struct Proxy {
    variable: &'static str,
    url: String,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.variable)
    }
}

impl Proxies {
    /// Asks the environment: lower-case names first, as curl and the AWS CLI do.
    pub(super) fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        Self {
            https: names.into_iter().find_map(|variable| Some(Proxy { variable, url: with_scheme(env(variable)?) })),
            except: env("no_proxy").or_else(|| env("NO_PROXY")),
        }
    }

    /// The client's setting.
    pub(super) fn config(&self) -> Result<ProxyConfig, BadProxy> {
        let Some(proxy) = &self.https else { return Ok(ProxyConfig::disabled()) };
        let bad = |reason| BadProxy { variable: proxy.variable, reason };
        if !proxy.url.starts_with("http://") && !proxy.url.starts_with("https://") {
            return Err(bad("only http:// and https:// proxies are supported"));
        }
        let config = ProxyConfig::all(proxy.url.as_str()).map_err(|_| bad("it is not a URL"))?;
        Ok(config.no_proxy(self.except.as_deref().unwrap_or_default()))
    }

    /// `host:port` of the proxy that a request may go through, for messages; the user and password left out.
    pub(super) fn host(&self, url: &Url) -> Option<String> {
        let proxy = self.https.as_ref()?;
        if !url.is_https() || self.excepts(url.host()) {
            return None;
        }
        let (_, rest) = proxy.url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        Some(authority.rsplit('@').next()?.to_owned())
    }

    fn excepts(&self, host: &str) -> bool {
        let rules = self.except.as_deref().unwrap_or_default().split(',').map(str::trim);
        rules.map(|rule| rule.trim_start_matches('*').trim_start_matches('.')).any(|rule| {
            rule == host || (!rule.is_empty() && host.strip_suffix(rule).is_some_and(|front| front.ends_with('.')))
        })
    }
}

/// `proxy:3128` is read as `http://proxy:3128`, as everywhere.
fn with_scheme(text: String) -> String {
    if text.contains("://") { text } else { format!("http://{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(env: &[(&str, &str)]) -> Proxies {
        Proxies::from_env(&|name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn https_has_a_proxy_and_plain_http_none() {
        let none = proxies(&[("HTTP_PROXY", "proxy:3128"), ("http_proxy", "proxy:3128")]);
        let proxies = proxies(&[("HTTPS_PROXY", "proxy:3128"), ("NO_PROXY", "*.internal, 10.0.0.1")]);
        let host = |url| proxies.host(&Url::parse(url).unwrap());
        assert_eq!(host("https://sts.amazonaws.com").as_deref(), Some("proxy:3128"));
        assert_eq!(host("http://127.0.0.1:1"), None);
        assert_eq!(host("https://sts.internal"), None);
        assert_eq!(host("https://10.0.0.1"), None);
        assert!(none.config().unwrap().is_disabled());
        assert!(!proxies.config().unwrap().is_disabled());
    }

    #[test]
    fn p4_a_proxy_s_password_is_never_shown() {
        let with_password = proxies(&[("https_proxy", "http://user:canary@proxy:3128")]);
        assert_eq!(with_password.host(&Url::parse("https://a.example").unwrap()).as_deref(), Some("proxy:3128"));
        let socks = proxies(&[("all_proxy", "socks5://u:canary@h")]);
        assert!(!format!("{with_password:?}{socks:?}").contains("canary"));
        assert_eq!(
            socks.config().unwrap_err().to_string(),
            "all_proxy holds no proxy that can be used: only http:// and https:// proxies are supported"
        );
    }
}
