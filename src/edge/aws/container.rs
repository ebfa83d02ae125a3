//! Credentials of a container: ECS, EKS Pod Identity, and whatever else serves `AWS_CONTAINER_CREDENTIALS_…`.
//!
//! Our own request, because the SDK's provider reads the process's environment, which `use` has cleared; the variables
//! from before are in the environment that the client was given.

use std::{net::IpAddr, path::Path};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde::Deserialize;

use super::{
    error::{self, AwsError},
    session::Session,
    small_file,
};
use crate::core::{
    credentials::{Credentials, expiry},
    identity::AccountId,
    secret::Secret,
    url::Url,
};

/// ECS's own address, for `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
const ECS: &str = "http://169.254.170.2";
/// The longest token file that is read.
const TOKEN_MAX: u64 = 64 << 10;

/// Asks the container's credential server.
pub(super) async fn credentials(session: &Session<'_>) -> Result<Credentials, AwsError> {
    let uri = uri(&|name| session.client.var(name))?;
    session.call("the container's credential server", "", None);
    let bad = |_| AwsError::usage("AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL");
    let mut request = HttpRequest::get(&uri).map_err(|_| bad(()))?;
    if let Some(token) = token(session)? {
        request
            .headers_mut()
            .try_insert("authorization", token)
            .map_err(|_| AwsError::credentials("the container's authorization token is no header value"))?;
    }
    let response = session.http.send(request).await.map_err(|error| {
        error::in_chain(&error)
            .unwrap_or_else(|| AwsError::unreachable("the container's credential server does not answer"))
    })?;
    let status = response.status();
    if !status.is_success() {
        let message = format!("the container's credential server answered HTTP {}", status.as_u16());
        return Err(if status.is_server_error() {
            AwsError::unreachable(message)
        } else {
            AwsError::credentials(message)
        });
    }
    parse(response.body().bytes().unwrap_or_default(), "the container's credential server")
}

fn token(session: &Session<'_>) -> Result<Option<String>, AwsError> {
    let Some(file) = session.client.var("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
        return Ok(session.client.var("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    };
    let bad = |reason: String| AwsError::credentials(format!("the container's token {file}: {reason}"));
    let bytes = small_file::read(Path::new(&file), TOKEN_MAX).map_err(|error| bad(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| bad("is not text".into()))?;
    match text.trim_end() {
        "" => Err(bad("is empty".into())),
        token => Ok(Some(token.to_owned())),
    }
}

/// The server's address: encrypted, on this machine, or one of AWS's two link-local ones.
fn uri(env: &dyn Fn(&str) -> Option<String>) -> Result<String, AwsError> {
    if let Some(relative) = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        let uri = format!("{ECS}{relative}");
        let is_ours = Url::parse(uri.split('?').next().unwrap_or_default())
            .is_ok_and(|url| relative.starts_with('/') && url.host() == "169.254.170.2");
        return if is_ours {
            Ok(uri)
        } else {
            Err(AwsError::usage("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not a path"))
        };
    }
    let Some(uri) = env("AWS_CONTAINER_CREDENTIALS_FULL_URI") else {
        return Err(AwsError::credentials(
            "no container offers credentials: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set",
        ));
    };
    let setting = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let url = Url::parse(uri.split('?').next().unwrap_or_default())
        .map_err(|bad| AwsError::usage(format!("{setting}: the URL {bad}")))?;
    if url.is_https() || url.is_loopback() || url.address().is_some_and(is_container_host) {
        return Ok(uri);
    }
    Err(AwsError::usage(format!("{setting}: {} is neither https nor one of AWS's container hosts", url.host())))
}

fn is_container_host(address: IpAddr) -> bool {
    let known = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
    known.iter().any(|text| text.parse() == Ok(address))
}

/// What containers and instance metadata answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    code: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    #[serde(alias = "SessionToken")]
    token: Option<Secret>,
    expiration: Option<String>,
    account_id: Option<String>,
}

/// Reads such an answer. No error text holds any of it.
pub(super) fn parse(json: &[u8], from: &str) -> Result<Credentials, AwsError> {
    let bad = |why: &str| AwsError::credentials(format!("{from} gave no credentials: {why}"));
    let keys: Keys = serde_json::from_slice(json).map_err(|_| bad("the answer is not the JSON that it should be"))?;
    if keys.code.as_deref().is_some_and(|code| code != "Success") {
        return Err(bad("it reports a failure"));
    }
    let expires =
        keys.expiration.map(|text| expiry(&text).ok_or_else(|| bad("its Expiration is no time (bad-expiry)")));
    Ok(Credentials {
        access_key_id: keys.access_key_id.ok_or_else(|| bad("AccessKeyId is missing"))?,
        secret_access_key: keys.secret_access_key.ok_or_else(|| bad("SecretAccessKey is missing"))?,
        session_token: keys.token,
        expires: expires.transpose()?,
        claimed_account: keys.account_id.and_then(|id| AccountId::parse(&id).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn check(name: &str, value: &str) -> Result<String, Kind> {
        uri(&|wanted| (wanted == format!("AWS_CONTAINER_CREDENTIALS_{name}")).then(|| value.to_owned()))
            .map_err(|error| error.kind)
    }

    #[test]
    fn p5_only_safe_addresses_are_asked() {
        assert_eq!(check("RELATIVE_URI", "/v2/x?a=b"), Ok("http://169.254.170.2/v2/x?a=b".into()));
        assert_eq!(check("RELATIVE_URI", "@evil.example/"), Err(Kind::Usage));
        assert_eq!(check("RELATIVE_URI", ".evil.example/"), Err(Kind::Usage));
        assert_eq!(check("RELATIVE_URI", ":80@evil.example/"), Err(Kind::Usage));
        assert_eq!(check("RELATIVE_URI", "http://evil.example/"), Err(Kind::Usage));
        assert_eq!(check("OTHER", ""), Err(Kind::Credentials));
    }

    #[test]
    fn p5_a_whole_address_is_encrypted_or_this_machine_or_one_of_aws() {
        let hosts =
            ["127.0.0.1:9", "127.9.9.9", "localhost", "[::1]:9", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];
        for host in hosts {
            let uri = format!("http://{host}/v1/credentials?a=b");
            assert_eq!(check("FULL_URI", &uri), Ok(uri.clone()), "{host}");
        }
        assert!(check("FULL_URI", "https://credentials.example/x").is_ok());
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "169.254.170.2.evil.example",
            "169.254.170.2@evil.example",
            // Instance metadata's, and neighbours of those that are allowed.
            "169.254.169.254",
            "169.254.170.1",
            "169.254.170.22",
            "[fd00:ec2::254]",
            "[fd00:ec2::2]",
            // What some read as loopback, and others as a name or as any interface.
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "0.0.0.0",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.170.2]",
            "",
        ] {
            assert_eq!(check("FULL_URI", &format!("http://{host}/x")), Err(Kind::Usage), "{host}");
        }
        for uri in ["127.0.0.1/x", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1/x\r\nHost: evil"] {
            assert_eq!(check("FULL_URI", uri), Err(Kind::Usage), "{uri}");
        }
    }

    #[test]
    fn p4_a_bad_answer_is_not_quoted() {
        let error = parse(b"{\"AccessKeyId\":\"canary\",\"AccessKeyId\":\"x\"}", "it").unwrap_err();
        assert_eq!(error.message, "it gave no credentials: the answer is not the JSON that it should be");
        let good = br#"{"Code":"Success","AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-01T00:00:00Z"}"#;
        let keys = parse(good, "it").unwrap();
        assert_eq!(keys.expires, "2026-01-01T00:00:00Z".parse().ok());
    }
}
