//! An endpoint's URL, taken apart strictly: what this refuses, no HTTP client gets to interpret.

use std::{fmt, net::IpAddr};

/// `http://` or `https://`, a host, maybe a port, maybe a path; no user, query or fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    https: bool,
    host: String,
    port: Option<u16>,
}

/// A text that is no URL of an endpoint. Holds nothing of the text: a URL may carry a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Something else than HTTP.
    #[error("does not begin with https:// or http://")]
    Scheme,
    /// `user:password@`.
    #[error("holds a user name or password")]
    UserInfo,
    /// `#…` or `?…`.
    #[error("holds a query or a fragment")]
    Tail,
    /// No host name, or one that no host can have.
    #[error("has no valid host name")]
    Host,
    /// Not 1 to 65535.
    #[error("has no valid port")]
    Port,
    /// A control character, a space, a backslash, or one outside ASCII.
    #[error("holds a character that a URL cannot")]
    Character,
}

impl Url {
    /// Takes a URL apart.
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        if !text.bytes().all(|byte| (0x21..0x7f).contains(&byte) && !b"\\\"<>^`{|}".contains(&byte)) {
            return Err(BadUrl::Character);
        }
        let (scheme, rest) = text.split_once("://").ok_or(BadUrl::Scheme)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(BadUrl::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(if rest.contains('@') { BadUrl::UserInfo } else { BadUrl::Tail });
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.contains('@') {
            return Err(BadUrl::UserInfo);
        }
        let (host, port) = split_port(authority)?;
        if !is_host(host) {
            return Err(BadUrl::Host);
        }
        let port = port.map(|port| parse_port(port).ok_or(BadUrl::Port)).transpose()?;
        Ok(Self { text: text.to_owned(), https, host: host.to_owned(), port })
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The host, an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host, and the port where the URL names one.
    pub fn host_and_port(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// The port, the scheme's own where the URL names none.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.https { 443 } else { 80 })
    }

    /// The host as an address, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// Whether the host is this machine.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.address().is_some_and(|address| address.is_loopback())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), BadUrl> {
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or(BadUrl::Host)?;
        let (host, rest) = authority.split_at(end + 1);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(BadUrl::Host),
        };
    }
    Ok(authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))))
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']').is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok());
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_taken_apart() {
        let url = Url::parse("http://[::1]:4566/base").unwrap();
        assert_eq!((url.host(), url.port(), url.is_https(), url.is_loopback()), ("[::1]", 4566, false, true));
        assert_eq!(url.host_and_port(), "[::1]:4566");
        let url = Url::parse("https://sts.eu-west-1.amazonaws.com").unwrap();
        assert_eq!((url.port(), url.is_loopback()), (443, false));
        assert!(Url::parse("http://LOCALHOST:1").unwrap().is_loopback());
        assert!(Url::parse("http://127.9.9.9").unwrap().is_loopback());
        assert!(!Url::parse("http://127.0.0.1.example").unwrap().is_loopback());
    }

    #[test]
    fn p5_what_could_be_read_in_two_ways_is_refused() {
        for (text, why) in [
            ("ftp://a.example", BadUrl::Scheme),
            ("a.example", BadUrl::Scheme),
            ("https://user:pw@a.example", BadUrl::UserInfo),
            ("https://a.example#@b.example", BadUrl::UserInfo),
            ("https://a.example#x", BadUrl::Tail),
            ("https://a.example?x", BadUrl::Tail),
            ("https://", BadUrl::Host),
            ("https://a..example", BadUrl::Host),
            ("https://[::1", BadUrl::Host),
            ("https://[::1]x", BadUrl::Host),
            ("https://a.example:", BadUrl::Port),
            ("https://a.example:0", BadUrl::Port),
            ("https://a.example:+1", BadUrl::Port),
            ("https://a.example:65536", BadUrl::Port),
            ("https://a.example\\@b.example", BadUrl::Character),
            ("https://a.example\r\nx", BadUrl::Character),
            ("https://аmazonaws.com", BadUrl::Character),
        ] {
            assert_eq!(Url::parse(text), Err(why), "{text}");
        }
    }
}
