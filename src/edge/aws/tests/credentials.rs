//! Every kind of source, and the roles on top.

use std::{collections::BTreeMap, path::Path};

use super::{
    plans::{keys, location, plan},
    *,
};
use crate::{
    core::{
        profile::plan::{Plan, RoleHop, Source},
        region::Region,
        session_terms::SessionTerms,
    },
    edge::aws::{Ambient, Overrides, Resolved},
};

fn hop(name: &str) -> RoleHop {
    RoleHop {
        profile: "deploy".into(),
        role_arn: format!("arn:aws:iam::{A}:role/{name}"),
        account: AccountId::parse(A).unwrap(),
        terms: SessionTerms {
            session_name: Some("me".into()),
            external_id: Some("x1".into()),
            duration_seconds: Some(900),
            source_identity: Some("boss".into()),
            ..SessionTerms::default()
        },
        mfa: None,
        region: None,
        location: location(),
    }
}

fn resolve(client: &Client, url: &str, plan: &Plan, overrides: &Overrides) -> Result<Resolved, AwsError> {
    client.session(&effective(url)).resolve(plan, overrides, &Sessions::of_this_run(now()), &mut Alone::default())
}

#[test]
fn roles_are_assumed_one_from_the_other() {
    let fake = Fake::start(&[("AssumeRole", vec![role("AssumeRole", ROLE_KEY, LATER)])]);
    let overrides =
        Overrides { narrow_to: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".into()), ..Overrides::default() };
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
    let resolved =
        session.resolve(&plan, &Overrides::default(), &Sessions::of_this_run(now()), &mut Alone::default()).unwrap();
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
        terms: SessionTerms::default(),
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
    let body = |end: i64| {
        let keys = format!(r#""accessKeyId":"{ROLE_KEY}","secretAccessKey":"s","sessionToken":"t""#);
        Reply::Of(200, "application/json", format!(r#"{{"roleCredentials":{{{keys},"expiration":{end}}}}}"#))
    };
    let replies = vec![body(1_767_229_200_000), body(9_000_000_000_000_000_000)];
    let fake = Fake::start(&[("/federation/credentials", replies)]);
    let go = |client: &Client| resolve(client, &fake.url, &plan(source.clone(), vec![]), &Overrides::default());
    let valid = sign_in(dir.path(), r#"{"accessToken":"canary","expiresAt":"2026-01-01T08:00:00Z"}"#);
    let resolved = go(&valid).unwrap();
    assert_eq!(resolved.credentials.expires, LATER.parse().ok());
    assert!(fake.asked()[0].contains("role_name=Admin"));
    // An end that is further off than a timestamp can say is an end all the same.
    assert_eq!(go(&valid).unwrap().credentials.expires, Some(jiff::Timestamp::MAX));
    let error = go(&sign_in(dir.path(), r#"{"accessToken":"canary","expiresAt":"2025-12-31T20:00:00Z"}"#)).unwrap_err();
    assert_eq!(error.message, "the sign-in to sso-session `corp` expired at 2025-12-31T20:00:00Z");
    assert_eq!(error.hints, ["Sign in with `awsenv login corp`."]);
    assert_eq!(fake.asked().len(), 2);
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
    let resolved = client.session(&effective(&fake.url)).ambient(Ambient::Container, None).unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
    assert!(fake.asked()[0].contains("authorization: tok"));
}

#[test]
fn r15_a_machine_s_servers_send_nobody_to_another() {
    for status in [301, 302, 307, 308] {
        let elsewhere = Fake::start(&[]);
        let head: &str = format!("text/plain\r\nlocation: {}/creds", elsewhere.url).leak();
        let redirect = || vec![Reply::Of(status, head, String::new())];
        let fake = Fake::start(&[("/creds", redirect()), ("/latest/", redirect())]);
        let uri = format!("{}/creds", fake.url);
        let client = client(&[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "canary"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &fake.url),
        ]);
        let effective = effective(&fake.url);
        let error = client.session(&effective).ambient(Ambient::Container, None).unwrap_err();
        assert_eq!(error.message, format!("the container's credential server answered HTTP {status}"));
        let error = client.session(&effective).ambient(Ambient::InstanceMetadata, None).unwrap_err();
        assert_eq!(error.kind, Kind::Credentials, "{error}");
        assert_eq!(elsewhere.asked(), Vec::<String>::new());
    }
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
    let plan = plan(Source::Ec2InstanceMetadata, vec![]);
    let off = client(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &fake.url), ("AWS_EC2_METADATA_DISABLED", "true")]);
    let refused = resolve(&off, &fake.url, &plan, &Overrides::default()).unwrap_err();
    assert_eq!(refused.to_string(), "instance metadata is switched off by AWS_EC2_METADATA_DISABLED");
    let client = client(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &fake.url)]);
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
    let mut alone = Alone::default();
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
        .resolve(&plan(source, vec![]), &Overrides::default(), &Sessions::of_this_run(now()), &mut alone)
        .unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
    assert_eq!(alone.heard, ["touch the key"]);
}
