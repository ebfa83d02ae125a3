use super::*;
use crate::core::profile::set::tests::set_of;
use crate::error::Known as _;

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n";

fn plan(config: &str, credentials: &str, name: &str) -> Plan {
    set_of(config.as_bytes(), credentials.as_bytes()).plan(name).unwrap()
}

/// `code file:line` of the error.
fn refused(config: &str, credentials: &str, name: &str, expect: &str) -> String {
    let error = set_of(config.as_bytes(), credentials.as_bytes()).plan(name).unwrap_err();
    let location = match &error {
        PlanError::Config { location, .. } | PlanError::DanglingSource { location, .. } => format!(" {location}"),
        _ => String::new(),
    };
    assert_eq!(format!("{}{location}", error.code()), expect, "{config}: {error}");
    assert!(!error.to_string().contains("wJalr"), "{error}");
    error.to_string()
}

#[test]
fn keys_of_a_profile() {
    let credentials = format!("[a]\n{KEYS}aws_session_token = tok\naws_account_id = 111122223333\nexpiration = 2030\n");
    let plan = plan("[profile a]\nregion = eu-west-1\n", &credentials, "a");
    assert_eq!(
        plan.source,
        Source::StaticKeys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: Secret::new("wJalrXUtnFEMI"),
            session_token: Some(Secret::new("tok")),
            claimed_account: Some(AccountId::parse("111122223333").unwrap()),
            expires: Some("2030".into()),
        }
    );
    assert_eq!(plan.connection.region.unwrap().as_str(), "eu-west-1");
    assert_eq!(plan.source_location.to_string(), "credentials:2");
    assert_eq!(plan.location.to_string(), "config:1");
    assert_eq!(plan.source_profile, "a");
    assert!(plan.pins.is_empty(), "aws_account_id is a claim, not a pin");
}

#[test]
fn the_order_within_a_profile_is_the_clis() {
    let label = |config: &str, credentials: &str| plan(config, credentials, "a").source.label();
    let process = "credential_process = /bin/p\n";
    let login = "login_session = arn:aws:iam::1:user/u\n";
    let web = "web_identity_token_file = /t\nrole_arn = arn:aws:iam::111122223333:role/r\n";
    let sso = "sso_account_id = 111122223333\nsso_role_name = R\nsso_start_url = https://x\nsso_region = eu-west-1\n";
    let in_credentials = format!("[a]\n{KEYS}");
    assert_eq!(label(&format!("[profile a]\n{KEYS}{process}"), ""), "credential_process");
    assert_eq!(label(&format!("[profile a]\n{KEYS}{process}{login}"), ""), "aws login");
    assert_eq!(label(&format!("[profile a]\n{process}{login}"), &in_credentials), "static keys");
    assert_eq!(label(&format!("[profile a]\n{sso}"), &in_credentials), "Identity Center");
    assert_eq!(label(&format!("[profile a]\n{sso}{web}source_profile=b\n"), &in_credentials), "web identity");
}

#[test]
fn roles_are_assumed_from_the_source_on() {
    let config = format!(
        "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/x/a\nsource_profile = b\nregion = eu-west-1\nduration_seconds = 900\n\
         external_id = e7\nmfa_serial = GAHT12345678\nrole_session_name = me@here\nsource_identity = id\n\
         [profile b]\nrole_arn = arn:aws-cn:iam::444455556666:role/b\nsource_profile = c\nregion = cn-north-1\n\
         [profile c]\n{KEYS}role_arn = arn:aws:iam::000000000000:role/unused\nsource_profile = a\n"
    );
    let plan = plan(&config, "", "a");
    assert_eq!(plan.trail(), ["a", "b", "c", "static keys"]);
    let hops: Vec<_> = plan.hops.iter().map(|hop| (hop.profile.as_str(), hop.account.as_str())).collect();
    assert_eq!(hops, [("b", "444455556666"), ("a", "111122223333")]);
    let last = &plan.hops[1];
    assert_eq!(last.terms.duration_seconds, Some(900));
    assert_eq!(last.terms.external_id.as_deref(), Some("e7"));
    assert_eq!(last.mfa.as_ref().map(|device| device.serial.as_str()), Some("GAHT12345678"));
    assert_eq!(last.terms.session_name.as_deref(), Some("me@here"));
    assert_eq!(last.terms.source_identity.as_deref(), Some("id"));
    assert_eq!(last.location.to_string(), "config:2");
    assert_eq!(
        plan.pins,
        [Pin { account: last.account.clone(), because: "role_arn in config:2".into(), explicit: false }]
    );
}

#[test]
fn a_profile_may_be_its_own_source_for_its_keys() {
    let role = "role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = a\n";
    let own = plan(&format!("[profile a]\n{role}{KEYS}"), "", "a");
    assert_eq!((own.hops.len(), own.source.label()), (1, "static keys"));
    refused(&format!("[profile a]\n{role}"), "", "a", "no-credentials config:3");
}

#[test]
fn cycles_and_dangling_links_name_their_lines() {
    let role = "role_arn = arn:aws:iam::111122223333:role/r\n";
    let config = format!(
        "[profile a]\n{role}source_profile = b\n[profile b]\n{role}source_profile = c\n[profile c]\n{role}source_profile = b\n"
    );
    assert_eq!(
        refused(&config, "", "a", "profile-cycle config:6"),
        "config:6: source_profile goes round in a circle: b (config:6) → c (config:9) → b (profile-cycle)"
    );
    refused(&format!("[profile a]\n{role}source_profile = nowhere\n"), "", "a", "dangling-source-profile config:3");
    let sso = "sso_account_id = 111122223333\nsso_role_name = R\nsso_session = s\n";
    refused(&format!("[profile a]\n{sso}"), "", "a", "dangling-sso-session config:4");
    refused(&format!("[profile a]\n{KEYS}services = v\n"), "", "a", "dangling-services config:4");
}

#[test]
fn chains_of_32_roles_are_followed_and_longer_ones_refused() {
    let chain = |length: usize| {
        let mut config = format!("[profile p{length}]\n{KEYS}");
        for n in 0..length {
            config +=
                &format!("[profile p{n}]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = p{}\n", n + 1);
        }
        config
    };
    assert_eq!(plan(&chain(32), "", "p0").hops.len(), 32);
    let message = refused(&chain(10_000), "", "p0", "chain-too-long config:93");
    assert!(message.contains("p31 (config:99)"), "{message}");
}

#[test]
fn what_is_wrong_with_a_profile_is_named_with_its_line() {
    let role = "role_arn = arn:aws:iam::111122223333:role/r\n";
    for (body, expect) in [
        ("output = json\n".to_owned(), "no-credentials config:1"),
        ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n".to_owned(), "partial-credentials config:2"),
        ("aws_secret_access_key = wJalrXUtnFEMI\n".to_owned(), "partial-credentials config:2"),
        (role.to_owned(), "partial-config config:2"),
        (format!("{role}source_profile = a\ncredential_source = Environment\n"), "config-conflict config:4"),
        (format!("{role}credential_source = Moon\n"), "config-value config:3"),
        (format!("{role}credential_source = Environment\nduration_seconds = 899\n"), "config-value config:4"),
        (format!("{role}credential_source = Environment\nrole_session_name = a b\n"), "config-value config:4"),
        ("role_arn = x\ncredential_source = Environment\n".to_owned(), "bad-arn config:2"),
        ("sso_session = s\n".to_owned(), "partial-config config:2"),
        ("sso_role_name = r\n".to_owned(), "partial-config config:2"),
        ("sso_role_name = r\nsso_account_id = 1\n".to_owned(), "bad-account config:3"),
        ("credential_process = bin/p\n".to_owned(), "process-relative config:2"),
        ("credential_process = \"./a b\" c\n".to_owned(), "process-relative config:2"),
        ("credential_process = ~/p\n".to_owned(), "process-relative config:2"),
        ("credential_process = '\n".to_owned(), "config-value config:2"),
        ("credential_process =\n".to_owned(), "config-value config:2"),
        ("web_identity_token_file = /t\n".to_owned(), "partial-config config:2"),
        (format!("{KEYS}region = x@evil\n"), "bad-region config:4"),
        (format!("{KEYS}awsenv_account_id = 12\n"), "bad-account config:4"),
        (format!("{KEYS}aws_account_id = 12\n"), "bad-account config:4"),
        (format!("{KEYS}use_fips_endpoint = yes\n"), "config-value config:4"),
        (format!("{KEYS}services\n"), "config-syntax config:4"),
    ] {
        refused(&format!("[profile a]\n{body}"), "", "a", expect);
    }
    refused("", "[a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "a", "partial-credentials credentials:2");
    let halves = "[profile a]\naws_secret_access_key = wJalrXUtnFEMI\n";
    refused(halves, "[a]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "a", "partial-credentials credentials:2");
}

#[test]
fn unknown_names_come_with_near_ones() {
    let error = set_of(b"[profile staging]\n", b"[prod]\n").plan("stagin").unwrap_err();
    assert_eq!(error, PlanError::Unknown { name: "stagin".into(), near: vec!["staging".into()] });
    assert_eq!(error.kind().exit_code(), 2);
    refused("[profile a\n[profile b]\n", "", "a", "config-syntax config:1");
    refused("", "", "", "name-empty");
    refused("", "", "a\n", "name-control");
}

#[test]
fn identity_center_in_both_forms() {
    let profile = "sso_account_id = 111122223333\nsso_role_name = Admin\n";
    let session = "[sso-session s]\nsso_start_url = https://x\nsso_region = eu-west-1\n";
    let expect = |session: Option<&str>| Source::Sso {
        session: session.map(str::to_owned),
        start_url: "https://x".into(),
        region: Region::parse("eu-west-1").unwrap(),
        account: AccountId::parse("111122223333").unwrap(),
        role: "Admin".into(),
    };
    let new = plan(&format!("[profile a]\nsso_session = s\n{profile}{session}"), "", "a");
    assert_eq!(new.source, expect(Some("s")));
    assert_eq!(new.pins[0].because, "sso_account_id in config:3");
    let old = plan(&format!("[profile a]\nsso_start_url = https://x\nsso_region = eu-west-1\n{profile}"), "", "a");
    assert_eq!(old.source, expect(None));
    let other = format!("[profile a]\nsso_session = s\nsso_region = us-east-1\n{profile}{session}");
    refused(&other, "", "a", "config-ambiguous config:3");
}

#[test]
fn pins_come_from_the_selected_profile() {
    let config = format!(
        "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = b\nawsenv_account_id = 1111-2222-3333\n\
         [profile b]\n{KEYS}awsenv_account_id = 444455556666\n"
    );
    let because: Vec<_> = plan(&config, "", "a").pins.into_iter().map(|pin| pin.because).collect();
    assert_eq!(because, ["awsenv_account_id in config:4", "role_arn in config:2"]);
    assert_eq!(plan(&config, "", "b").pins[0].account.as_str(), "444455556666");
}

#[test]
fn endpoints_and_switches() {
    let config = format!(
        "[profile a]\n{KEYS}endpoint_url = http://a\nservices = v\nuse_fips_endpoint = TRUE\nuse_dualstack_endpoint = false\n\
         ca_bundle = /ca\nignore_configured_endpoint_urls = true\n[services v]\nsts =\n  endpoint_url = http://b\n"
    );
    let connection = plan(&config, "", "a").connection;
    assert_eq!(connection.endpoint_url.as_deref(), Some("http://a"));
    assert_eq!(connection.service_endpoints, BTreeMap::from([("sts".to_owned(), "http://b".to_owned())]));
    assert_eq!((connection.use_fips, connection.use_dualstack), (Some(true), Some(false)));
    assert_eq!(connection.ca_bundle.as_deref(), Some("/ca"));
    assert_eq!(connection.ignore_configured_endpoints, Some(true));
}

#[test]
fn findings_are_those_of_the_sections_used() {
    let config =
        format!("[other]\n[profile x] junk\n[profile a]\n{KEYS}region = eu-west-1 # home\nx=1\nx=2\n[profile b\n");
    let found: Vec<_> =
        plan(&config, "", "a").findings.into_iter().map(|finding| (finding.code, finding.location.line)).collect();
    assert_eq!(found, [("config-ambiguous", 6), ("config-ambiguous", 8), ("config-syntax", 9)]);
}

#[test]
fn p5_a_file_named_by_a_relative_path_starts_and_reaches_nothing() {
    use crate::core::profile::{
        header::FileKind,
        set::{File, Want},
    };
    for body in [
        "credential_process = /bin/p\n".to_owned(),
        "web_identity_token_file = /t\nrole_arn = arn:aws:iam::111122223333:role/r\n".to_owned(),
        format!("{KEYS}endpoint_url = http://evil\n"),
        format!("{KEYS}services = s\n[services s]\nsts =\n  endpoint_url = http://evil\n"),
    ] {
        let file = || File { path: std::path::Path::new("config").into(), trusted: false };
        let mut set = ProfileSet::new(file(), file());
        set.read(FileKind::Config, format!("[profile a]\n{body}").as_bytes(), Want::All).unwrap();
        let error = set.plan("a").unwrap_err();
        assert_eq!((error.code(), error.kind().exit_code()), ("config-untrusted", 3), "{body}");
    }
}

#[test]
fn p1_a_misspelt_pin_is_an_error_not_a_profile_without_one() {
    let config = format!("[profile a]\n{KEYS}awsenv_acount_id = 111122223333\n");
    let why = refused(&config, "", "a", "config-value config:4");
    assert!(why.contains("`awsenv_acount_id` is no key of awsenv's"), "{why}");
}

#[test]
fn p1_the_pin_of_a_source_is_held_against_what_the_source_says() {
    let role = |account: &str| format!("role_arn = arn:aws:iam::{account}:role/r\n");
    let sso = "sso_account_id = 111122223333\nsso_role_name = R\nsso_start_url = https://x\nsso_region = eu-west-1\n";
    let web = format!("web_identity_token_file = /t\n{}", role("111122223333"));
    let chained = format!("{}credential_source = Environment\n", role("111122223333"));
    let top = format!("[profile top]\nsource_profile = base\n{}", role("444455556666"));
    for source in [sso, "login_session = arn:aws:iam::111122223333:user/u\n", &web, &chained] {
        let pinned = |pin: &str| format!("{top}[profile base]\nawsenv_account_id = {pin}\n{source}");
        plan(&pinned("1111-2222-3333"), "", "top");
        let why = refused(&pinned("999999999999"), "", "top", "pin-mismatch config:5");
        assert!(why.contains("`base` is pinned to 999999999999, but gets credentials of 111122223333"), "{why}");
        // Of the profile that is asked for it says what comes out, maybe of a role on top.
        plan(&pinned("999999999999"), "", "base");
        refused(&pinned("12"), "", "top", "bad-account config:5");
    }
    // Whose keys they are only AWS could tell.
    plan(&format!("{top}[profile base]\nawsenv_account_id = 999999999999\n{KEYS}"), "", "top");
}
