use super::*;
use crate::core::{
    asked::Asked,
    context::{Context, Fact, Request, Unverified, Verified},
    identity::Identity,
    profile::plan::{Finding, Location},
    region::Region,
    registry::{Account, ClassFrom, Color, Protection},
    signals::Choice,
    style::{ColorDepth, Line, Look},
};

const WIDE: Look = Look { width: 60, unicode: true, depth: ColorDepth::None };

fn now() -> jiff::Timestamp {
    "2026-11-23T13:03:00Z".parse().unwrap()
}

fn known(text: &str) -> Fact {
    Fact::Known { text: text.to_owned(), cached_at: None }
}

fn context() -> Context {
    let arn = "arn:aws:sts::111122223333:assumed-role/Admin/jane";
    Context {
        request: Request {
            profile: Some("deploy".into()),
            region: Region::parse("eu-west-1").ok(),
            trail: ["deploy", "base", "static keys"].map(str::to_owned).to_vec(),
            shadowed: vec![],
            narrowed: false,
            asked: Asked::default(),
            access_key_id: "ASIAQQQQQQQQQQQQQQQQ".into(),
            expires: "2026-11-23T14:02:00Z".parse().ok(),
            pins: Vec::new(),
            findings: Vec::new(),
        },
        verified: Verified {
            identity: Identity::from_answer("111122223333", arn, "AROA:jane").unwrap(),
            alias: known("acme-prod"),
            name: Fact::Denied,
            foreign_endpoint: None,
            before: None,
        },
        account: Account {
            name: Some("acme-prod".into()),
            class: "production".into(),
            class_from: ClassFrom::Entry,
            color: Color { r: 0xB0, g: 0, b: 0x20 },
            signals: Choice::default(),
            protection: Protection::ReadOnly,
            suggested_class: None,
        },
    }
}

fn unknown() -> Context {
    let mut context = context();
    context.account.name = None;
    context.account.class = "unknown".into();
    context.account.class_from = ClassFrom::Nothing;
    context.verified.alias = Fact::None;
    context
}

fn text(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.text().trim_end().to_owned()).collect()
}

fn has(context: &Context, look: &Look, line: &str) {
    let lines = text(&banner(context, now(), look));
    assert!(lines.iter().any(|found| found == line), "no {line:?} in {lines:#?}");
}

#[test]
fn p1_the_banner_names_the_account_that_was_verified() {
    let expect = [
        " !!! PRODUCTION !!!  acme-prod !!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        "  account     1111-2222-3333",
        "  alias       acme-prod",
        "  role        Admin, session jane",
        "  region      eu-west-1",
        "  expires     in 59 min, 14:02 UTC",
        "  from        deploy → base → static keys",
        "  protection  read-only, but these credentials may WRITE",
    ];
    assert_eq!(text(&banner(&context(), now(), &WIDE)), expect);
    assert_eq!(one_line(&context()), "PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1");
}

#[test]
fn p1_an_unknown_account_warns_and_says_what_to_type() {
    let lines = text(&banner(&unknown(), now(), &WIDE));
    assert_eq!(lines[0], " ???  UNKNOWN ACCOUNT  ???  1111-2222-3333 ?????????????????");
    assert_eq!(lines[2], "  alias       none");
    assert_eq!(lines[lines.len() - 3], " warning:  nothing in the settings says what this account");
    assert_eq!(lines[lines.len() - 1], "    awsenv account set 111122223333 --class CLASS --name NAME");
    assert_eq!(one_line(&unknown()), "UNKNOWN ACCOUNT 1111-2222-3333 Admin eu-west-1");
}

#[test]
fn p1_a_name_is_never_evidence() {
    let mut context = context();
    context.account.class = "sandbox".into();
    context.account.suggested_class = Some("production".into());
    let look = Look { width: 100, ..WIDE };
    has(
        &context,
        &look,
        " warning:  the name of the profile or role suggests production, but the account's class is sandbox",
    );
}

#[test]
fn p1_unverified_credentials_name_no_account() {
    let unverified = Unverified { request: context().request, foreign_endpoint: None };
    let expect = [
        " ***  UNVERIFIED  ***  account not confirmed ***************",
        "  account     not confirmed by STS: it may be any",
        "  profile     deploy",
        "  region      eu-west-1",
        "  expires     in 59 min, 14:02 UTC",
        "  from        deploy → base → static keys",
    ];
    assert_eq!(text(&unverified_banner(&unverified, now(), &WIDE)), expect);
    assert_eq!(unverified_line(&unverified), "UNVERIFIED profile deploy");
    let narrow = unverified_banner(&unverified, now(), &Look { width: 30, ..WIDE });
    assert_eq!(text(&narrow), [" ! UNVERIFIED profile deploy"]);
    let json = unverified_json(&unverified, now());
    assert_eq!(json["verified"], false);
    assert!(!json.to_string().contains("account"), "{json}");
}

#[test]
fn missing_facts_say_why() {
    let look = Look { width: 100, ..WIDE };
    let mut context = context();
    let cached_at = "2026-11-20T08:15:00Z".parse().ok();
    for (fact, line) in [
        (Fact::None, "  alias       none"),
        (Fact::Denied, "  alias       not known: these credentials may not ask"),
        (Fact::Late, "  alias       not known: no answer in time"),
        (Fact::NotAsked, "  alias       not asked"),
        (Fact::Known { text: "acme".into(), cached_at }, "  alias       acme (remembered from 2026-11-20 08:15 UTC)"),
    ] {
        context.verified.alias = fact;
        has(&context, &look, line);
    }
    context.request.region = None;
    context.request.expires = None;
    has(&context, &look, "  region      none exported");
    has(&context, &look, "  expires     not known");
    context.request.access_key_id = "AKIAQQQQQQQQQQQQQQQQ".into();
    has(&context, &look, "  expires     never (long-term keys)");
    context.verified.name = known("Acme");
    has(&context, &look, "  name        Acme");
}

#[test]
fn every_kind_of_principal_is_named() {
    let mut context = context();
    for (arn, line) in [
        ("arn:aws:iam::111122223333:root", "  user        root (the root user)"),
        ("arn:aws:iam::111122223333:user/a/bob", "  user        bob"),
        ("arn:aws:sts::111122223333:federated-user/fed", "  user        fed (federated)"),
        (
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/jane",
            "  role        Ops (permission set), session jane",
        ),
    ] {
        context.verified.identity = Identity::from_answer("111122223333", arn, "x").unwrap();
        has(&context, &WIDE, line);
    }
    context.verified.identity =
        Identity::from_answer("111122223333", "arn:aws-cn:iam::111122223333:user/bob", "x").unwrap();
    has(&context, &WIDE, "  partition   aws-cn");
}

#[test]
fn times_are_said_as_people_say_them() {
    let check = |end: &str, expect: &str| assert_eq!(expiry(end.parse().unwrap(), now()), expect);
    check("2026-11-23T13:03:30Z", "in 30 s, 13:03 UTC");
    check("2026-11-23T14:02:00Z", "in 59 min, 14:02 UTC");
    check("2026-11-24T01:00:00Z", "in 11 h 57 min, 2026-11-24 01:00 UTC");
    check("2026-11-25T14:03:00Z", "in 2 d 1 h, 2026-11-25 14:03 UTC");
    check("2026-11-23T13:03:00Z", "EXPIRED 0 s ago, 13:03 UTC");
    check("2026-11-23T12:00:00Z", "EXPIRED 1 h 3 min ago, 12:00 UTC");
    check("9999-12-30T22:00:00Z", "in 2912115 d 8 h, 9999-12-30 22:00 UTC");
}

/// Every width: nothing is wider than the terminal but what is there to be copied, and the account ID is whole.
#[test]
fn p1_the_account_id_is_whole_at_every_width() {
    let mut named = unknown();
    named.account.name = Some("a-very-long-name-".repeat(9));
    named.request.trail = vec!["x".repeat(300), "日本".repeat(100)];
    named.request.findings.push(Finding {
        code: "config-syntax",
        message: "y".repeat(500),
        location: Location { file: std::path::Path::new("/a").into(), line: 1 },
    });
    for context in [context(), unknown(), named] {
        for width in 40..=130 {
            let lines = banner(&context, now(), &Look { width, ..WIDE });
            assert!(lines.iter().any(|line| line.text().contains("1111-2222-3333")), "{width}");
            assert_eq!(lines[0].width(), width.min(100));
            for line in lines.iter().filter(|line| !line.text().contains("awsenv account set")) {
                assert!(line.width() <= width.min(100), "{width}: {}", line.text());
                assert!(!line.text().contains("1111-2222-…"));
            }
        }
        for width in [0, 1, 30, 39] {
            let lines = banner(&context, now(), &Look { width, ..WIDE });
            assert_eq!(lines.len(), 1);
            assert!(lines[0].text().contains("1111-2222-3333"));
        }
    }
}

#[test]
fn p5_nothing_foreign_reaches_the_terminal_raw() {
    let evil = "x\x1b[2J\n\u{202e}\u{9b}";
    let mut context = context();
    context.account.name = Some(evil.into());
    context.account.class = evil.into();
    context.account.suggested_class = Some(evil.into());
    context.verified.alias = known(evil);
    context.verified.name = known(evil);
    context.verified.foreign_endpoint = Some(evil.into());
    context.request.trail = vec![evil.into()];
    context.request.findings.push(Finding {
        code: "x",
        message: evil.into(),
        location: Location { file: std::path::Path::new(evil).into(), line: 1 },
    });
    let unverified = Unverified {
        request: Request { profile: Some(evil.into()), ..context.request.clone() },
        foreign_endpoint: None,
    };
    for width in [30, 40, 90] {
        for unicode in [false, true] {
            let look = Look { width, unicode, ..WIDE };
            let mut lines = banner(&context, now(), &look);
            lines.extend(unverified_banner(&unverified, now(), &look));
            lines.extend(not_switched(evil, &[(evil, evil)], &look));
            lines.extend(error_block("error", evil, &[evil.into()], &[evil.into()], &look));
            lines.extend(warning(evil, &look));
            lines.push(Line::plain(one_line(&context) + &unverified_line(&unverified)));
            for line in lines {
                let text = line.text();
                assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
                assert!(!text.contains("\\\\"), "made safe twice: {text}");
                assert!(unicode || text.is_ascii() || text.contains("UNVERIFIED profile"), "{text}");
            }
        }
    }
    let json = ascii_json(&json(&context, now()));
    assert!(json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')), "{json}");
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["account_name"], evil);
}

#[test]
fn p5_an_alias_that_iam_cannot_have_given_is_no_name() {
    let mut context = unknown();
    context.verified.alias = known("PRODUCTION");
    has(&context, &WIDE, " ???  UNKNOWN ACCOUNT  ???  1111-2222-3333 ?????????????????");
    has(&context, &WIDE, "  alias       PRODUCTION (not a valid alias)");
    assert_eq!(one_line(&context), "UNKNOWN ACCOUNT 1111-2222-3333 Admin eu-west-1");
}

#[test]
fn p1_a_foreign_sts_endpoint_is_named() {
    let mut context = context();
    context.verified.foreign_endpoint = Some("127.0.0.1:4566".into());
    let look = Look { width: 100, ..WIDE };
    has(&context, &look, " warning:  the identity was confirmed by 127.0.0.1:4566, which is not an AWS endpoint");
    let narrow = banner(&context, now(), &Look { width: 30, ..WIDE });
    assert_eq!(text(&narrow), ["PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1, 1 warning"]);
}

#[test]
fn p1_the_age_of_a_verification_is_said() {
    let mut context = context();
    context.verified.before = "2026-11-23T12:51:00Z".parse().ok();
    has(&context, &WIDE, "  verified    12 min ago, of these very credentials; nothing");
    has(&context, &WIDE, "              was asked now");
    has(
        &context,
        &Look { width: 30, ..WIDE },
        "PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1, verified 12 min ago",
    );
    assert_eq!(json(&context, now())["verified_at"], "2026-11-23T12:51:00Z");
}

#[test]
fn json_has_the_keys_that_scripts_rely_on() {
    let expect = serde_json::json!({
        "verified": true,
        "verified_at": "2026-11-23T13:03:00Z",
        "account_id": "111122223333",
        "account_alias": "acme-prod",
        "account_alias_state": "known",
        "account_name": "acme-prod",
        "class": "production",
        "class_from": "entry",
        "suggested_class": null,
        "color": "#b00020",
        "protection": "read-only",
        "partition": "aws",
        "arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane",
        "user_id": "AROA:jane",
        "principal": "role",
        "role": "Admin",
        "session": "jane",
        "region": "eu-west-1",
        "expires": "2026-11-23T14:02:00Z",
        "expires_in": 3540,
        "profile": "deploy",
        "trail": ["deploy", "base", "static keys"],
        "shadowed": [],
        "narrowed": false,
        "sts_endpoint": null,
        "findings": [],
    });
    assert_eq!(json(&context(), now()), expect);
    let text = ascii_json(&serde_json::json!({"a": ["é\u{9b}😀\n"], "b": {}}));
    assert_eq!(text, "{\n  \"a\": [\n    \"\\u00e9\\u009b\\ud83d\\ude00\\n\"\n  ],\n  \"b\": {}\n}");
}

#[test]
fn errors_say_what_and_what_to_do() {
    let lines = error_block("refused", "no", &["because".into()], &["Do it.".into()], &WIDE);
    assert_eq!(text(&lines), ["refused: no", "  because: because", "  hint: Do it."]);
    let lines = not_switched("nothing", &[("this once", "eval x")], &WIDE);
    let expect = [
        " ***  NOT SWITCHED  ***  this shell is as it was ***********",
        "  still holds nothing",
        "  this once:",
        "    eval x",
    ];
    assert_eq!(text(&lines), expect);
}
