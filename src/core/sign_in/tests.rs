use super::*;

fn corp() -> SignIn {
    let region = Region::parse("eu-west-1").unwrap();
    SignIn::new(Some("corp"), "https://acme.awsapps.com/start", &region)
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

#[test]
fn the_files_are_the_aws_cli_s() {
    assert_eq!(corp().token_file(), "ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    // sha1 of Python's json.dumps(…, sort_keys=True), computed by Python.
    let named = SignIn { scopes: vec![ACCOUNT_ACCESS.into()], ..corp() };
    assert_eq!(named.client_file(), "97a9fe18b9a6eedd34128795d876df7399aea547.json");
    assert_eq!(corp().client_file(), "2c9b92f98f95741ef059c774e9100511dc495947.json", "a session that names no scopes");
    let legacy = SignIn { scopes: Vec::new(), ..SignIn::new(None, "https://ü.example/start", &corp().region) };
    assert_eq!(legacy.client_file(), "ae2afe7053d791ed8304946d7c974398377c7c57.json");
}

#[test]
fn a_renewal_keeps_what_other_tools_wrote() {
    let text = br#"{"accessToken":"a","expiresAt":"2026-01-01T00:00:00Z","refreshToken":"r","clientId":"c",
        "clientSecret":"s","registrationExpiresAt":"2026-02-01T00:00:00Z","receivedAt":"x","scopes":["sso:account:access"]}"#;
    let token = Token::parse(text, &corp()).unwrap();
    assert_eq!(token.client(now()).unwrap().id, "c");
    assert!(token.client("2026-02-01T00:00:00Z".parse().unwrap()).is_none());
    let lasts = SignedDuration::from_hours(1);
    let granted = Granted { access_token: Secret::new("b"), lasts, refresh_token: None };
    let written: Value = serde_json::from_slice(&token.renewed(granted, now()).encode()).unwrap();
    let expected = json!({
        "accessToken": "b", "expiresAt": "2026-01-01T01:00:00Z", "refreshToken": "r", "clientId": "c", "clientSecret": "s",
        "registrationExpiresAt": "2026-02-01T00:00:00Z", "receivedAt": "x", "scopes": ["sso:account:access"],
    });
    assert_eq!(written, expected);
}

#[test]
fn p4_debug_shows_no_token() {
    let text = br#"{"accessToken":"canary","expiresAt":"2026-01-01T00:00:00Z","idToken":"canary"}"#;
    assert!(!format!("{:?}", Token::parse(text, &corp()).unwrap()).contains("canary"));
}

#[test]
fn a_client_serves_the_flow_that_it_registered_for() {
    let client =
        OidcClient { id: "c".into(), secret: Secret::new("s"), expires: "2026-03-01T00:00:00Z".parse().unwrap() };
    let bytes = client.encode(&corp(), Flow::Browser);
    assert!(OidcClient::parse(&bytes, &corp(), Flow::Browser, now()).is_some());
    assert!(OidcClient::parse(&bytes, &corp(), Flow::Device, now()).is_none());
    assert!(OidcClient::parse(&bytes, &corp(), Flow::Browser, client.expires).is_none());
    let other = SignIn { scopes: vec!["x".into()], ..corp() };
    assert!(OidcClient::parse(&bytes, &other, Flow::Browser, now()).is_none());
}

#[test]
fn getting_credentials_is_always_asked_for() {
    assert_eq!(corp().asked_scopes(), [ACCOUNT_ACCESS]);
    let other = SignIn { scopes: vec!["x".into()], ..corp() };
    assert_eq!(other.asked_scopes(), [ACCOUNT_ACCESS, "x"]);
    let named = SignIn { scopes: vec!["x".into(), ACCOUNT_ACCESS.into()], ..corp() };
    assert_eq!(named.asked_scopes(), ["x", ACCOUNT_ACCESS]);
    assert!(SignIn { session: None, ..corp() }.asked_scopes().is_empty(), "the older form");
}

#[test]
fn the_challenge_is_that_of_rfc_7636() {
    let verifier = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
        240, 91, 88, 5, 88, 83, 132, 141, 121,
    ];
    let pkce = Pkce::new(&verifier);
    assert_eq!(pkce.verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(pkce.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}
