//! Every way in which AWS answers, or does not, against the stand-in.

use std::{cell::RefCell, collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    fake::{Answer as Reply, Fake, aliases, fault, identity, role, xml},
    *,
};
use crate::{
    core::{
        context::{Fact, Verified},
        credentials::Credentials,
        endpoint::Effective,
        facts::{AccountFacts, Answer, Remembered},
        identity::AccountId,
        profile::plan::{Connection, Location, Plan, RoleHop, Source},
        region::Region,
        secret::Secret,
    },
    error::Kind,
};

const A: &str = "111122223333";
const ARN: &str = "arn:aws:iam::111122223333:user/me";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const ROLE_KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const LATER: &str = "2026-01-01T01:00:00Z";

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn client(env: &[(&str, &str)]) -> Client {
    let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Client::new(Options { env, home: None, now: now(), deadlines: Deadlines::default() })
}

fn effective(url: &str) -> Effective {
    let connection = Connection { endpoint_url: Some(url.to_owned()), ..Connection::default() };
    Effective::new(&connection, &|_| None, None, None).unwrap()
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: KEY.into(),
        secret_access_key: Secret::new("canarysecret"),
        session_token: Some(Secret::new("canarytoken")),
        expires: None,
        claimed_account: None,
    }
}

fn ask(client: &Client, url: &str, remembered: Option<AccountFacts>) -> Result<(Verified, AccountFacts), AwsError> {
    client.session(&effective(url)).verify(&credentials(), &|_| remembered.clone())
}

fn sts(answers: Vec<Reply>) -> Fake {
    Fake::start(&[("GetCallerIdentity", answers)])
}

/// What a failing STS makes a person read.
fn failure(answers: Vec<Reply>) -> (Kind, String) {
    let error = ask(&client(&[]), &sts(answers).url, None).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
    assert!(!error.message.contains("dispatch"));
    (error.kind, error.message)
}

fn known(text: &str) -> Fact {
    Fact::Known { text: text.into(), cached_at: None }
}

#[test]
fn p1_sts_and_the_account_s_facts_are_asked_with_the_same_credentials() {
    let fake = Fake::start(&[
        ("GetCallerIdentity", vec![identity(A, ARN)]),
        ("ListAccountAliases", vec![aliases("acme-prod")]),
        ("getAccountInformation", vec![Reply::Of(200, "application/json", r#"{"AccountName":"Acme"}"#.into())]),
    ]);
    let (verified, learned) = ask(&client(&[]), &fake.url, None).unwrap();
    assert_eq!(verified.identity.account.as_str(), A);
    assert_eq!((verified.alias, verified.name), (known("acme-prod"), known("Acme")));
    assert_eq!(verified.foreign_endpoint, Some(fake.url.replace("http://", "")));
    assert_eq!(learned.alias, Some(Remembered { answer: Answer::Known("acme-prod".into()), at: now() }));
    let asked = fake.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|request| request.contains(&format!("Credential={KEY}/"))));
}

#[test]
fn a_denied_alias_is_no_failure() {
    let fake = Fake::start(&[
        ("GetCallerIdentity", vec![identity(A, ARN)]),
        ("ListAccountAliases", vec![fault(403, "AccessDenied", "no")]),
        (
            "getAccountInformation",
            vec![Reply::Of(403, "application/json", r#"{"__type":"AccessDeniedException"}"#.into())],
        ),
    ]);
    let (verified, learned) = ask(&client(&[]), &fake.url, None).unwrap();
    assert_eq!((verified.alias, verified.name), (Fact::Denied, Fact::Denied));
    assert_eq!(learned.alias.unwrap().answer, Answer::DeniedTo("me".into()));
}

#[test]
fn the_banner_waits_for_no_slow_fact() {
    let fake = Fake::start(&[
        ("GetCallerIdentity", vec![identity(A, ARN)]),
        ("ListAccountAliases", vec![Reply::Hang]),
        ("getAccountInformation", vec![Reply::Hang]),
    ]);
    let mut hurried = client(&[]);
    hurried.options.deadlines.facts = Duration::from_millis(50);
    let (verified, _) = ask(&hurried, &fake.url, None).unwrap();
    assert_eq!((verified.alias, verified.name), (Fact::Late, Fact::Late));
    let old = Remembered { answer: Answer::Known("acme".into()), at: "2025-01-01T00:00:00Z".parse().unwrap() };
    let memory = AccountFacts { alias: Some(old.clone()), name: None };
    let (verified, learned) = ask(&hurried, &fake.url, Some(memory)).unwrap();
    assert_eq!(verified.alias, old.fact());
    assert_eq!(learned, AccountFacts::default());
}

#[test]
fn fresh_facts_spare_their_calls_where_the_account_is_claimed() {
    let fake = sts(vec![identity(A, ARN)]);
    let fact = |text: &str| Some(Remembered { answer: Answer::Known(text.into()), at: now() });
    let memory = AccountFacts { alias: fact("acme"), name: fact("Acme") };
    let claimed = Credentials { claimed_account: AccountId::parse(A).ok(), ..credentials() };
    let client = client(&[]);
    let (verified, _) = client.session(&effective(&fake.url)).verify(&claimed, &|_| Some(memory.clone())).unwrap();
    assert_eq!(verified.alias, Fact::Known { text: "acme".into(), cached_at: Some(now()) });
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn p1_an_answer_that_disagrees_with_itself_is_no_identity() {
    let error = ask(&client(&[]), &sts(vec![identity("999999999999", ARN)]).url, None).unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable);
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the identity in the answer cannot be right: the ARN names another account than the answer"
    );
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
fn one_client_serves_many_at_once() {
    let fake = sts(vec![identity(A, ARN)]);
    let client = client(&[]);
    let fact = |text: &str| Some(Remembered { answer: Answer::Known(text.into()), at: now() });
    let memory = AccountFacts { alias: fact("acme"), name: fact("Acme") };
    let claimed = Credentials { claimed_account: AccountId::parse(A).ok(), ..credentials() };
    std::thread::scope(|scope| {
        let ask = || {
            let effective = effective(&fake.url);
            let session = client.session(&effective);
            (0..3).map(|_| session.verify(&claimed, &|_| Some(memory.clone())).unwrap()).count()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 12);
    });
    assert_eq!(fake.asked().len(), 12);
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
    let proxied = client(&[("http_proxy", &address.to_string())]);
    let error = ask(&proxied, "http://127.0.0.1:9", None).unwrap_err();
    assert_eq!(error.message, format!("{address} refuses connections"));
}

#[test]
fn a_proxy_is_used_unless_no_proxy_says_otherwise() {
    let fake = sts(vec![identity(A, ARN)]);
    let far = "http://127.0.0.1:9";
    assert!(ask(&client(&[("HTTP_PROXY", &fake.url)]), far, None).is_ok());
    assert!(fake.asked().iter().all(|request| request.starts_with("POST http://127.0.0.1:9/")));
    let excepted = client(&[("HTTP_PROXY", &fake.url), ("NO_PROXY", "127.0.0.1")]);
    assert_eq!(ask(&excepted, far, None).unwrap_err().message, "127.0.0.1:9 refuses connections");
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

fn location() -> Location {
    Location { file: Arc::from(Path::new("config")), line: 7 }
}

fn plan(source: Source, hops: Vec<RoleHop>) -> Plan {
    Plan {
        profile: "deploy".into(),
        location: location(),
        source,
        source_profile: "base".into(),
        source_location: location(),
        hops,
        connection: Connection::default(),
        pins: vec![],
        findings: vec![],
    }
}

fn keys() -> Source {
    Source::StaticKeys {
        access_key_id: KEY.into(),
        secret_access_key: Secret::new("canarysecret"),
        session_token: None,
        claimed_account: None,
        expires: None,
    }
}

fn hop(name: &str) -> RoleHop {
    RoleHop {
        profile: "deploy".into(),
        role_arn: format!("arn:aws:iam::{A}:role/{name}"),
        account: AccountId::parse(A).unwrap(),
        session_name: Some("me".into()),
        external_id: Some("x1".into()),
        duration_seconds: Some(900),
        mfa_serial: None,
        source_identity: Some("boss".into()),
        region: None,
        location: location(),
    }
}

fn resolve(client: &Client, url: &str, plan: &Plan, overrides: &Overrides) -> Result<Resolved, AwsError> {
    client.session(&effective(url)).resolve(plan, overrides, &mut |_| {})
}

#[test]
fn roles_are_assumed_one_from_the_other() {
    let fake = Fake::start(&[("AssumeRole", vec![role("AssumeRole", ROLE_KEY, LATER)])]);
    let overrides =
        Overrides { policy_arns: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()], ..Overrides::default() };
    let plan = plan(keys(), vec![hop("A"), hop("B")]);
    let resolved = resolve(&client(&[]), &fake.url, &plan, &overrides).unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
    assert_eq!(resolved.credentials.expires, LATER.parse().ok());
    assert_eq!(resolved.credentials.claimed_account, AccountId::parse(A).ok());
    let asked = fake.asked();
    assert!(asked[0].contains(&format!("Credential={KEY}/")) && asked[1].contains(&format!("Credential={ROLE_KEY}/")));
    for field in ["RoleSessionName=me", "ExternalId=x1", "DurationSeconds=900", "SourceIdentity=boss"] {
        assert!(asked[0].contains(field), "{field}");
    }
    assert!(!asked[0].contains("PolicyArns") && asked[1].contains("PolicyArns.member.1.arn=arn"));
}

#[test]
fn a_role_s_identity_is_asked_on_the_connection_that_gave_the_role() {
    let fake = Fake::start(&[
        ("AssumeRole", vec![role("AssumeRole", ROLE_KEY, LATER)]),
        ("GetCallerIdentity", vec![identity(A, &format!("arn:aws:sts::{A}:assumed-role/A/me"))]),
    ]);
    let (client, effective) = (client(&[]), effective(&fake.url));
    let session = client.session(&effective);
    let plan = plan(keys(), vec![hop("A")]);
    let resolved = session.resolve(&plan, &Overrides::default(), &mut |_| {}).unwrap();
    let fact = |text: &str| Some(Remembered { answer: Answer::Known(text.into()), at: now() });
    let memory = AccountFacts { alias: fact("acme"), name: fact("Acme") };
    let (verified, _) = session.verify(&resolved.credentials, &|_| Some(memory.clone())).unwrap();
    assert_eq!(verified.identity.principal.short_name(), "A");
    assert_eq!((fake.asked().len(), fake.connections()), (2, 1));
}

#[test]
fn a_denied_role_names_the_role_and_the_profile() {
    let fake = Fake::start(&[(
        "AssumeRole",
        vec![fault(403, "AccessDenied", "User: arn:aws:iam::1:user/me is not authorized")],
    )]);
    let error = resolve(&client(&[]), &fake.url, &plan(keys(), vec![hop("A")]), &Overrides::default()).unwrap_err();
    assert_eq!(error.kind, Kind::Credentials);
    assert_eq!(
        error.message,
        format!(
            "AWS does not let the credentials {KEY} assume arn:aws:iam::{A}:role/A (profile `deploy`) \
             (sts:AssumeRole: AccessDenied, User: arn:aws:iam::1:user/me is not authorized)"
        )
    );
}

#[test]
fn p2_expired_credentials_are_not_used() {
    let expired = Source::StaticKeys {
        access_key_id: ROLE_KEY.into(),
        secret_access_key: Secret::new("s"),
        session_token: Some(Secret::new("t")),
        claimed_account: None,
        expires: Some("2025-12-31T23:59:59Z".into()),
    };
    let error = resolve(&client(&[]), "http://127.0.0.1:9", &plan(expired, vec![]), &Overrides::default()).unwrap_err();
    assert_eq!(error.message, "the credentials from session keys (config:7) expired at 2025-12-31T23:59:59Z");
    assert_eq!(error.kind, Kind::Credentials);
}

#[test]
fn p1_keys_that_awsenv_exported_are_no_source() {
    let env = [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", "s")];
    let take = |env: &[(&str, &str)]| {
        resolve(&client(env), "http://127.0.0.1:9", &plan(Source::Environment, vec![]), &Overrides::default())
    };
    assert_eq!(take(&env).unwrap().credentials.access_key_id, KEY);
    let context = format!("1 {KEY} x");
    let error = take(&[env[0], env[1], ("AWSENV_CONTEXT", &context), ("AWSENV_PROFILE", "prod")]).unwrap_err();
    assert_eq!(error.kind, Kind::Credentials);
    assert!(error.message.ends_with("that awsenv put there for profile `prod`"));
    assert!(take(&env[..1]).is_err());
}

#[test]
fn a_web_identity_token_is_exchanged_unsigned() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    let source = Source::WebIdentity {
        role_arn: format!("arn:aws:iam::{A}:role/ci"),
        token_file: file.to_str().unwrap().into(),
        session_name: None,
        duration_seconds: None,
    };
    let fake = Fake::start(&[("WithWebIdentity", vec![role("AssumeRoleWithWebIdentity", ROLE_KEY, LATER)])]);
    let client = client(&[("USER", "jörg")]);
    let go = || resolve(&client, &fake.url, &plan(source.clone(), vec![]), &Overrides::default());
    assert!(go().unwrap_err().message.contains("No such file"));
    std::io::Write::write_all(
        &mut fs_err::OpenOptions::new().create_new(true).write(true).open(&file).unwrap(),
        b"ey.J.x\n",
    )
    .unwrap();
    assert_eq!(go().unwrap().credentials.access_key_id, ROLE_KEY);
    let asked = fake.asked();
    assert!(asked[0].contains("WebIdentityToken=ey.J.x") && asked[0].contains("RoleSessionName=awsenv-j-rg%40"));
    assert!(!asked[0].to_ascii_lowercase().contains("authorization:"));
}

fn sign_in(dir: &Path, json: &str) -> Client {
    let cache = dir.join(".aws/sso/cache");
    fs_err::create_dir_all(&cache).unwrap();
    let file = cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    let mut out = fs_err::OpenOptions::new().create(true).truncate(true).write(true).open(file).unwrap();
    std::io::Write::write_all(&mut out, json.as_bytes()).unwrap();
    let mut signed_in = client(&[]);
    signed_in.options.home = Some(dir.to_owned());
    signed_in
}

#[test]
fn an_identity_center_sign_in_is_exchanged_or_found_expired() {
    let dir = tempfile::tempdir().unwrap();
    let source = Source::Sso {
        session: Some("corp".into()),
        start_url: "https://corp.awsapps.com/start".into(),
        region: Region::parse("eu-west-1").unwrap(),
        account: AccountId::parse(A).unwrap(),
        role: "Admin".into(),
    };
    let body = format!(
        r#"{{"roleCredentials":{{"accessKeyId":"{ROLE_KEY}","secretAccessKey":"s","sessionToken":"t","expiration":1767229200000}}}}"#
    );
    let fake = Fake::start(&[("/federation/credentials", vec![Reply::Of(200, "application/json", body)])]);
    let go = |client: &Client| resolve(client, &fake.url, &plan(source.clone(), vec![]), &Overrides::default());
    let valid = sign_in(dir.path(), r#"{"accessToken":"canary","expiresAt":"2026-01-01T08:00:00Z"}"#);
    let resolved = go(&valid).unwrap();
    assert_eq!(resolved.credentials.expires, LATER.parse().ok());
    assert!(fake.asked()[0].contains("role_name=Admin"));
    let error = go(&sign_in(dir.path(), r#"{"accessToken":"canary","expiresAt":"2025-12-31T20:00:00Z"}"#)).unwrap_err();
    assert_eq!(error.message, "the sign-in to sso-session `corp` expired at 2025-12-31T20:00:00Z");
    assert_eq!(error.hints, ["Sign in with `aws sso login --sso-session corp`."]);
    assert_eq!(fake.asked().len(), 1);
    let nobody = tempfile::tempdir().unwrap();
    let mut stranger = client(&[]);
    stranger.options.home = Some(nobody.path().to_owned());
    assert_eq!(go(&stranger).unwrap_err().message, "nobody is signed in to sso-session `corp`");
}

#[test]
fn a_container_s_credentials_come_from_its_server() {
    let body = format!(r#"{{"AccessKeyId":"{ROLE_KEY}","SecretAccessKey":"s","Token":"t","Expiration":"{LATER}"}}"#);
    let fake = Fake::start(&[("/creds", vec![Reply::Of(200, "application/json", body)])]);
    let uri = format!("{}/creds", fake.url);
    let client = client(&[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "tok")]);
    let resolved = client.session(&effective(&fake.url)).ambient(Ambient::Container).unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
    assert!(fake.asked()[0].contains("authorization: tok"));
}

#[test]
fn instance_metadata_is_asked_where_it_is_named() {
    let body = format!(
        r#"{{"Code":"Success","AccessKeyId":"{ROLE_KEY}","SecretAccessKey":"s","Token":"t","Expiration":"{LATER}"}}"#
    );
    let fake = Fake::start(&[
        (
            "/latest/api/token",
            vec![Reply::Of(200, "text/plain\r\nx-aws-ec2-metadata-token-ttl-seconds: 600", "tok".into())],
        ),
        ("security-credentials/web ", vec![Reply::Of(200, "text/plain", body)]),
        ("security-credentials/ ", vec![Reply::Of(200, "text/plain", "web\n".into())]),
    ]);
    let client = client(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &fake.url), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let plan = plan(Source::Ec2InstanceMetadata, vec![]);
    let resolved = resolve(&client, &fake.url, &plan, &Overrides::default()).unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
}

#[test]
fn instance_metadata_that_is_not_there_is_no_mystery() {
    let client = client(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")]);
    let plan = plan(Source::Ec2InstanceMetadata, vec![]);
    let error = resolve(&client, "http://127.0.0.1:9", &plan, &Overrides::default()).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Unreachable, "127.0.0.1:9 refuses connections"));
}

#[test]
fn a_helper_s_words_are_heard_and_its_credentials_taken() {
    let heard = RefCell::new(Vec::new());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("helper");
    let script = format!(
        "#!/bin/sh\necho touch the key >&2\necho '{{\"Version\":1,\"AccessKeyId\":\"{ROLE_KEY}\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}}'\n"
    );
    std::io::Write::write_all(
        &mut fs_err::OpenOptions::new().create_new(true).write(true).open(&file).unwrap(),
        script.as_bytes(),
    )
    .unwrap();
    let source = Source::Process { command: format!("sh {}", file.display()) };
    let env: BTreeMap<_, _> = [("PATH".into(), "/usr/bin:/bin".into())].into();
    let client = Client::new(Options { env, home: None, now: now(), deadlines: Deadlines::default() });
    let effective = effective("http://127.0.0.1:9");
    let resolved = client
        .session(&effective)
        .resolve(&plan(source, vec![]), &Overrides::default(), &mut |line| heard.borrow_mut().push(line.to_owned()))
        .unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
    assert_eq!(heard.into_inner(), ["touch the key"]);
}
