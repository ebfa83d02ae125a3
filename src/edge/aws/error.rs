//! What a person is told when AWS could not be asked, or said no: what failed, where, and what to do.
//!
//! The SDK's own texts ("dispatch failure") say none of that and never get past this file. No secret is in any text:
//! an answer to a wrong signature, which quotes the session token, is never quoted.

use std::{error::Error, fmt, time::Duration};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::{
    clock,
    http::{Transport, Way},
};
use crate::{
    core::{clock::Skew, credentials::Credentials, sign_in::SignIn},
    error::{Kind, Known},
};

/// A failure of a call to AWS, or of getting credentials.
#[derive(Debug)]
pub struct AwsError {
    /// Decides the exit code.
    pub kind: Kind,
    /// What failed; raw text, made safe where it is printed.
    pub message: String,
    /// Sentences that say what to do.
    pub hints: Vec<String>,
    /// Whether AWS did not accept an MFA code.
    pub(super) wrong_code: bool,
    /// Whether AWS does not know the access key: a new one takes some seconds until it does everywhere.
    pub unknown_key: bool,
    /// The sign-in that is missing, or over.
    pub sign_in: Option<Box<SignIn>>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for AwsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl AwsError {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hints: Vec::new(),
            wrong_code: false,
            unknown_key: false,
            sign_in: None,
            source: None,
        }
    }

    pub(super) fn credentials(message: impl Into<String>) -> Self {
        Self::new(Kind::Credentials, message)
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub(super) fn unreachable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unreachable, message)
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub(super) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl Known for AwsError {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn hints(&self) -> Vec<String> {
        self.hints.clone()
    }
}

/// A call, as far as its failure must name it.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// `sts:AssumeRole`.
    pub(super) action: &'static str,
    /// What it was for: `assume arn:aws:iam::…:role/Deploy`.
    pub(super) purpose: &'a str,
    /// The credentials that signed it.
    pub(super) credentials: Option<&'a Credentials>,
    /// Time, to tell a wrong clock by.
    pub(super) now: Timestamp,
    /// The longest that it may take.
    pub(super) limit: Duration,
}

/// The failure of an SDK call.
pub(super) fn of_call<E>(call: &Call<'_>, error: SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match &error {
        SdkError::ServiceError(answer) => of_answer(call, answer.err(), answer.raw()),
        SdkError::ResponseError(answer) => not_aws(call, answer.raw()),
        SdkError::TimeoutError(_) => timed_out(call.action, call.limit),
        _ => in_chain(&error).unwrap_or_else(|| not_sent(call, root(&error))),
    }
}

/// The SDK itself refused to send it: for a combination of settings that no endpoint has, or for a fault of ours.
fn not_sent(call: &Call<'_>, why: String) -> AwsError {
    let kind = if why.contains("Invalid Configuration") { Kind::Usage } else { Kind::Internal };
    AwsError::new(kind, format!("{} cannot be sent with these settings", call.action)).because(why)
}

/// The transport's failure, wherever the SDK wrapped it.
pub(super) fn in_chain(error: &(dyn Error + 'static)) -> Option<AwsError> {
    chain(error).find_map(|error| error.downcast_ref::<Transport>()).map(of_transport)
}

/// A call that no one answered in time.
pub(super) fn timed_out(action: &str, limit: Duration) -> AwsError {
    let seconds = (limit.as_secs_f32() * 10.0).round() / 10.0;
    AwsError::unreachable(format!("{action} had no answer within {seconds} s"))
        .hint("Check the network, the VPN and the proxy settings, then try again.")
}

/// The innermost cause as text: the only part of an SDK error that is for people.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| next(*error))
}

fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>() {
        // An io::Error's source() leaves out the error that it wraps.
        Some(io) => io.get_ref().map(|inner| inner as _),
        None => error.source(),
    }
}

fn of_transport(transport: &Transport) -> AwsError {
    match transport {
        Transport::Trust(bad) => AwsError::usage(bad.to_string())
            .hint("AWS_CA_BUNDLE, ca_bundle and SSL_CERT_FILE name a file of certificates in PEM form."),
        Transport::Proxy(bad) => AwsError::usage(bad.to_string()),
        Transport::TooLong(_) => AwsError::unreachable(transport.to_string()),
        Transport::Failed { to, timed_out: true, .. } => {
            AwsError::unreachable(format!("{to} did not accept a connection in time"))
                .hint("Check the network, the VPN and the proxy settings, then try again.")
        }
        Transport::Failed { to, source, .. } => of_connection(to, source.as_ref()),
    }
}

fn of_connection(to: &Way, source: &(dyn Error + 'static)) -> AwsError {
    let texts: Vec<String> = chain(source).map(ToString::to_string).collect();
    let says = |text: &str| texts.iter().any(|line| line.contains(text));
    let refused = chain(source)
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::ConnectionRefused);
    let named = to.proxy.as_deref().unwrap_or(&to.host);
    if says("dns error") {
        let host = named.rsplit_once(':').map_or(named, |(host, _)| host);
        return AwsError::unreachable(format!("no address is known for {host}"))
            .because(root(source))
            .hint("Check the network, the region's name and the endpoint settings.");
    }
    if refused {
        return AwsError::unreachable(format!("{named} refuses connections"))
            .hint("Check the endpoint and proxy settings.");
    }
    if says("proxy authorization required") {
        return AwsError::unreachable(format!("the proxy {named} asks for a user name and password"))
            .hint("They belong into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT.");
    }
    if says("tunnel error") {
        return AwsError::unreachable(format!("the proxy {named} opens no connection to {}", to.host))
            .because(root(source));
    }
    if says("invalid peer certificate") || says("UnknownIssuer") {
        return AwsError::unreachable(format!("the certificate of {to} is not trusted")).because(root(source)).hint(
            "If your network inspects TLS, set AWS_CA_BUNDLE (or ca_bundle in the profile) to a file with its certificate.",
        );
    }
    if says("corrupt message") || says("InvalidContentType") || says("fatal alert") {
        return AwsError::unreachable(format!("{to} does not speak TLS as AWS does")).because(root(source));
    }
    if says("invalid HTTP") || says("message head is too large") {
        return AwsError::unreachable(format!("{to} does not speak HTTP as AWS does")).because(root(source));
    }
    AwsError::unreachable(format!("the connection to {to} broke")).because(root(source))
}

/// AWS answered, and said no.
fn of_answer<E: ProvideErrorMetadata>(call: &Call<'_>, error: &E, raw: &HttpResponse) -> AwsError {
    let Some(code) = error.code() else { return not_aws(call, raw) };
    let code = code.split(['#', ':']).next_back().unwrap_or(code);
    let Call { action, purpose, .. } = call;
    let key = call.credentials.map_or("", |credentials| credentials.access_key_id.as_str());
    let who = if key.is_empty() { "this sign-in".to_owned() } else { format!("the credentials {key}") };
    match code {
        "ExpiredToken" | "ExpiredTokenException" => {
            let expired = match call.credentials {
                Some(_) => format!("the credentials {key} have expired, so they cannot {purpose}"),
                None => format!("the token has expired, so it cannot {purpose}"),
            };
            AwsError::credentials(expired).hint("Get new ones: sign in again, or replace the ones in the file.")
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
            let mut unknown = AwsError::credentials(format!("AWS does not know the access key {key}"))
                .hint("It was deleted or switched off, or belongs to another partition or endpoint.");
            unknown.unknown_key = true;
            unknown
        }
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "RequestTimeTooSkewed"
        | "RequestExpired" => wrong_signature(call, key, raw, error.message()),
        "AccessDenied"
            if error.message().is_some_and(|message| message.starts_with("MultiFactorAuthentication failed")) =>
        {
            let mut wrong = AwsError::credentials(format!("AWS does not accept the MFA code to {purpose}")).hint(
                "Each code works once: wait for the next one. `mfa_serial` must be a device of the user who asks.",
            );
            wrong.wrong_code = true;
            wrong
        }
        "AccessDenied" | "AccessDeniedException" | "ForbiddenException" | "UnauthorizedException" => {
            AwsError::credentials(format!("AWS does not let {who} {purpose} ({action}: {code}{})", quote(call, error)))
        }
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "SlowDown" => AwsError::unreachable(format!("AWS throttles {action}: too many requests"))
            .hint("Wait a moment, then try again."),
        "RegionDisabledException" => {
            AwsError::usage(format!("{action} is not switched on in this region{}", quote(call, error)))
                .hint("Choose another region with --region, or switch it on in the account's settings.")
        }
        "ValidationError"
        | "ValidationException"
        | "InvalidParameterValue"
        | "MalformedPolicyDocument"
        | "PackedPolicyTooLarge"
        | "InvalidRequestException" => AwsError::usage(format!(
            "AWS does not accept the request to {purpose} ({action}: {code}{})",
            quote(call, error)
        )),
        "InvalidIdentityToken" | "IDPRejectedClaim" | "ResourceNotFoundException" => {
            AwsError::credentials(format!("AWS refuses to {purpose} ({action}: {code}{})", quote(call, error)))
        }
        _ if raw.status().is_server_error() => AwsError::unreachable(format!(
            "AWS has trouble: {action} failed with {code} (HTTP {})",
            raw.status().as_u16()
        ))
        .hint("Try again; https://health.aws.amazon.com shows known troubles."),
        _ => AwsError::credentials(format!("AWS refuses to {purpose} ({action}: {code}{})", quote(call, error))),
    }
}

/// AWS's own sentence, cut to a decent length; left out whole where it holds part of the credentials.
fn quote<E: ProvideErrorMetadata>(call: &Call<'_>, error: &E) -> String {
    let Some(message) = error.message().filter(|message| !message.is_empty()) else { return String::new() };
    let leaks = call.credentials.is_some_and(|credentials| credentials.are_in(message));
    if leaks { String::new() } else { format!(", {}", message.chars().take(300).collect::<String>()) }
}

/// The signature is wrong because the secret is, or because the clock is, where the SDK could not make that good.
fn wrong_signature(call: &Call<'_>, key: &str, raw: &HttpResponse, why: Option<&str>) -> AwsError {
    let says = |part: &str| why.is_some_and(|why| why.contains(part));
    let skew = clock::date(raw).and_then(|date| Skew::between(call.now, date));
    match skew.filter(|_| !says("signature we calculated")) {
        Some(skew) => AwsError::credentials(format!("this machine's clock is {skew}, so AWS refuses its signatures"))
            .hint("Set the clock, then try again."),
        None if says("Signature expired") || says("not yet current") => {
            AwsError::credentials("AWS refuses the time in this machine's signatures")
                .hint("Set the clock, then try again.")
        }
        None => AwsError::credentials(format!("the secret access key does not belong to the access key {key}"))
            .hint("Copy both again from where they were created; a space or a missing character is enough."),
    }
}

/// Something answered, but not AWS.
fn not_aws(call: &Call<'_>, raw: &HttpResponse) -> AwsError {
    let status = raw.status().as_u16();
    let what = raw.headers().get("content-type").unwrap_or("no content type").chars().take(60).collect::<String>();
    if raw.status().is_server_error() {
        return AwsError::unreachable(format!("{} failed with HTTP {status} and no reason", call.action))
            .hint("Try again.");
    }
    let error =
        AwsError::unreachable(format!("the answer to {} is not one of AWS (HTTP {status}, {what})", call.action));
    match status {
        300..400 => error.hint("It is a redirect, which is not followed: check the endpoint settings."),
        _ => error.hint("A Wi-Fi sign-in page or a proxy may have answered: open a web page, then try again."),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// An error around another, as HTTP clients nest them.
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Around(&'static str, #[source] io::Error);

    fn text(outer: &'static str, inner: &'static str, proxy: Option<&str>) -> String {
        let to = Way { host: "sts.eu-west-1.amazonaws.com:443".into(), proxy: proxy.map(str::to_owned) };
        of_connection(&to, &Around(outer, io::Error::other(inner))).message
    }

    #[test]
    fn every_broken_connection_says_what_and_where() {
        assert_eq!(text("dns error", "failed to lookup", None), "no address is known for sts.eu-west-1.amazonaws.com");
        assert_eq!(text("dns error", "failed to lookup", Some("px:1")), "no address is known for px");
        assert_eq!(
            text("client error", "invalid peer certificate: UnknownIssuer", None),
            "the certificate of sts.eu-west-1.amazonaws.com:443 is not trusted"
        );
        assert_eq!(
            text("tunnel error: unsuccessful", "x", Some("px:1")),
            "the proxy px:1 opens no connection to sts.eu-west-1.amazonaws.com:443"
        );
        assert_eq!(
            text("tunnel error: proxy authorization required", "x", Some("px:1")),
            "the proxy px:1 asks for a user name and password"
        );
        assert_eq!(
            text("client error", "received corrupt message of type InvalidContentType", None),
            "sts.eu-west-1.amazonaws.com:443 does not speak TLS as AWS does"
        );
        assert_eq!(
            text("client error", "invalid HTTP version parsed", None),
            "sts.eu-west-1.amazonaws.com:443 does not speak HTTP as AWS does"
        );
        assert_eq!(
            text("client error", "connection reset", Some("px:1")),
            "the connection to sts.eu-west-1.amazonaws.com:443 through the proxy px:1 broke"
        );
    }

    #[test]
    fn a_wrong_clock_is_named_with_how_wrong_it_is() {
        let dated = |date: Option<&'static str>| {
            let mut raw = HttpResponse::new(403.try_into().unwrap(), aws_smithy_types::body::SdkBody::empty());
            date.map(|date| raw.headers_mut().insert("date", date));
            raw
        };
        let message = |raw: &HttpResponse, now: &str, why: &str| {
            let now = now.parse().unwrap();
            let call = Call { action: "sts:X", purpose: "x", credentials: None, now, limit: Duration::from_secs(1) };
            wrong_signature(&call, "AKIA", raw, Some(why)).message
        };
        let raw = dated(Some("Thu, 01 Jan 2026 00:00:00 GMT"));
        let fast = "this machine's clock is 7 min fast, so AWS refuses its signatures";
        assert_eq!(message(&raw, "2026-01-01T00:07:00Z", "x"), fast);
        let secret = "the secret access key does not belong to the access key AKIA";
        assert_eq!(message(&raw, "2026-01-01T00:03:00Z", "x"), secret);
        let mismatch = "The request signature we calculated does not match the signature you provided.";
        assert_eq!(message(&raw, "2026-01-01T00:07:00Z", mismatch), secret);
        let no_date = dated(None);
        assert_eq!(message(&no_date, "2026-01-01T00:07:00Z", "x"), secret);
        for why in ["Signature expired: 1 is now earlier than 2", "Signature not yet current: 1 is still later than 2"]
        {
            let refused = "AWS refuses the time in this machine's signatures";
            assert_eq!(message(&no_date, "2026-01-01T00:07:00Z", why), refused);
        }
    }
}
