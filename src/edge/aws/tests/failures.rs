//! AWS, the network or the settings fail: each in its own words.

use std::time::Duration;

use super::*;

/// What a failing STS makes a person read.
fn failure(answers: Vec<Reply>) -> (Kind, String) {
    let error = ask(&client(&[]), &sts(answers).url, None).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
    assert!(!error.message.contains("dispatch"));
    (error.kind, error.message)
}

#[test]
fn each_refusal_of_sts_has_its_text() {
    let credentials = |code: &str, message: &str| failure(vec![fault(403, code, message)]);
    assert_eq!(
        credentials("ExpiredToken", "x"),
        (Kind::Credentials, format!("the credentials {KEY} have expired, so they cannot show who they are"))
    );
    assert_eq!(
        credentials("InvalidClientTokenId", "x"),
        (Kind::Credentials, format!("AWS does not know the access key {KEY}"))
    );
    assert_eq!(
        credentials("SignatureDoesNotMatch", "The Canonical String was x-amz-security-token:canarytoken"),
        (Kind::Credentials, format!("the secret access key does not belong to the access key {KEY}"))
    );
    assert_eq!(
        credentials("AccessDenied", "User: arn:x is not authorized"),
        (
            Kind::Credentials,
            format!(
                "AWS does not let the credentials {KEY} show who they are (sts:GetCallerIdentity: AccessDenied, \
                 User: arn:x is not authorized)"
            )
        )
    );
    assert!(!credentials("AccessDenied", "the token canarytoken is bad").1.contains("canary"));
}

#[test]
fn trouble_at_aws_is_tried_again_and_then_named() {
    let fake = sts(vec![fault(500, "InternalFailure", ""), identity(A, ARN)]);
    assert!(ask(&client(&[]), &fake.url, None).is_ok());
    assert_eq!(
        failure(vec![fault(503, "ServiceUnavailable", "")]),
        (Kind::Unreachable, "AWS has trouble: sts:GetCallerIdentity failed with ServiceUnavailable (HTTP 503)".into())
    );
    assert_eq!(
        failure(vec![fault(400, "Throttling", "Rate exceeded")]),
        (Kind::Unreachable, "AWS throttles sts:GetCallerIdentity: too many requests".into())
    );
}

#[test]
fn aws_is_asked_three_times_at_most_and_a_refusal_once() {
    let count = |answer| {
        let fake = sts(vec![answer]);
        assert!(ask(&client(&[]), &fake.url, None).is_err());
        fake.asked().iter().filter(|request| request.contains("GetCallerIdentity")).count()
    };
    assert_eq!(count(fault(500, "InternalFailure", "")), 3);
    assert_eq!(count(fault(403, "ExpiredToken", "")), 1);
    assert_eq!(count(fault(403, "AccessDenied", "")), 1);
}

#[test]
fn what_is_not_aws_is_not_believed() {
    let not_aws = |status, kind| {
        (Kind::Unreachable, format!("the answer to sts:GetCallerIdentity is not one of AWS (HTTP {status}, {kind})"))
    };
    let portal = Reply::Of(200, "text/html", "<html>Sign in to the Wi-Fi</html>".into());
    assert_eq!(failure(vec![portal]), not_aws(200, "text/html"));
    assert_eq!(failure(vec![xml("garbage")]), not_aws(200, "text/xml"));
    let (kind, message) = failure(vec![Reply::Endless]);
    assert_eq!(kind, Kind::Unreachable);
    assert!(message.ends_with("is longer than 64 KiB"), "{message}");
}

#[test]
fn p5_a_redirect_is_not_followed() {
    let other = sts(vec![identity("999999999999", "arn:aws:iam::999999999999:user/evil")]);
    let fake = sts(vec![Reply::Redirect(format!("{}/?Action=GetCallerIdentity", other.url))]);
    let error = ask(&client(&[]), &fake.url, None).unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn a_hanging_sts_ends_at_the_deadline() {
    let mut hurried = client(&[]);
    hurried.options.deadlines.total = Duration::from_millis(100);
    let error = ask(&hurried, &sts(vec![Reply::Hang]).url, None).unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    assert_eq!(error.message, "sts:GetCallerIdentity had no answer within 0.1 s");
}

#[test]
fn a_refused_connection_names_host_and_port() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = ask(&client(&[]), &format!("http://{address}"), None).unwrap_err();
    assert_eq!((error.kind, error.message), (Kind::Unreachable, format!("{address} refuses connections")));
}

/// A proxy's "this machine" is another, and what plain http carries it would read.
#[test]
fn p4_plain_http_to_this_machine_goes_through_no_proxy() {
    let (fake, proxy) = (sts(vec![identity(A, ARN)]), sts(vec![identity(A, ARN)]));
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        assert!(ask(&client(&[(name, &proxy.url)]), &fake.url, None).is_ok());
    }
    assert_eq!((fake.asked().len() > 4, proxy.asked()), (true, Vec::<String>::new()));
}

#[test]
fn settings_that_no_endpoint_has_are_the_user_s_to_change() {
    let connection =
        Connection { endpoint_url: Some("http://127.0.0.1:9".into()), use_fips: Some(true), ..Connection::default() };
    let effective = Effective::new(&connection, &|_| None, None, None).unwrap();
    let error = client(&[]).session(&effective).verify(&credentials(), &|_| None).unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (Kind::Usage, "sts:GetCallerIdentity cannot be sent with these settings")
    );
}

#[test]
fn a_missing_ca_bundle_is_named_and_needed_for_https_only() {
    let connection = |url: &str| Connection {
        endpoint_url: Some(url.into()),
        ca_bundle: Some("/nowhere/ca.pem".into()),
        ..Connection::default()
    };
    let ask = |url: &str| {
        let effective = Effective::new(&connection(url), &|_| None, None, None).unwrap();
        client(&[]).session(&effective).verify(&credentials(), &|_| None)
    };
    let error = ask("https://127.0.0.1:9").unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.message.starts_with("/nowhere/ca.pem: No such file"), "{}", error.message);
    assert!(ask(&sts(vec![identity(A, ARN)]).url).is_ok());
}
