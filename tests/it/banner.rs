//! Pictures of the banner in tests/ui: every class on every kind of terminal. To update them: `SNAPSHOTS=overwrite`.

use std::path::Path;

use anstyle::RgbColor;
use anstyle_svg::{Term, VGA, WIN10_CONSOLE};
use awsenv::{
    core::{
        asked::Asked,
        banner,
        context::{Context, Fact, Request, Unverified, Verified},
        identity::Identity,
        profile::plan::{Finding, Location},
        region::Region,
        registry::{Account, ClassFrom, Color, Protection},
        signals::Choice,
        style::{ColorDepth, Line, Look},
    },
    edge::terminal::paint,
};
use jiff::Timestamp;
use snapbox::{
    Assert, Data,
    assert::DEFAULT_ACTION_ENV,
    data::{DataFormat, IntoData},
};

const DARK: Term = Term::new().palette(VGA);
const LIGHT: Term = Term::new()
    .palette(WIN10_CONSOLE)
    .fg_color(anstyle::Color::Rgb(RgbColor(0x24, 0x29, 0x2E)))
    .bg_color(anstyle::Color::Rgb(RgbColor(0xFF, 0xFF, 0xFF)));

fn now() -> Timestamp {
    "2026-11-23T13:03:00Z".parse().expect("a time")
}

fn location(line: usize) -> Location {
    Location { file: Path::new("~/.aws/config").into(), line }
}

fn known(text: &str) -> Fact {
    Fact::Known { text: text.to_owned(), cached_at: None }
}

/// A context of the class, with everything usual in it.
fn of_class(class: &str, color: u32, account: &str, principal: &str) -> Context {
    let [_, r, g, b] = color.to_be_bytes();
    let arn = format!("arn:aws:sts::{account}:assumed-role/{principal}");
    Context {
        request: Request {
            profile: Some("deploy".to_owned()),
            region: Region::parse("eu-west-1").ok(),
            trail: ["deploy", "base", "static keys"].map(str::to_owned).to_vec(),
            shadowed: vec![],
            narrowed: false,
            asked: Asked::default(),
            access_key_id: "ASIAQQQQQQQQQQQQQQQQ".to_owned(),
            expires: "2026-11-23T14:02:00Z".parse().ok(),
            pins: Vec::new(),
            findings: Vec::new(),
        },
        verified: Verified {
            identity: Identity::from_answer(account, &arn, "AROAQQQQQQQQQQQQQQQQ:s").expect("a good ARN"),
            alias: known(&format!("acme-{class}")),
            name: Fact::Denied,
            foreign_endpoint: None,
            before: None,
        },
        account: Account {
            name: Some(format!("acme-{class}")),
            class: class.to_owned(),
            class_from: ClassFrom::Entry,
            color: Color { r, g, b },
            signals: Choice::default(),
            protection: Protection::None,
            suggested_class: None,
        },
    }
}

fn contexts() -> Vec<Context> {
    let mut production = of_class(
        "production",
        0xB0_00_20,
        "111122223333",
        "AWSReservedSSO_AdministratorAccess_0123456789abcdef/jane@example.com",
    );
    production.account.protection = Protection::ReadOnly;
    production.request.trail = ["acme-prod", "Identity Center"].map(str::to_owned).to_vec();

    let mut staging = of_class("staging", 0xE6_9F_00, "222233334444", "Deploy/ci-4711");
    staging.verified.alias =
        Fact::Known { text: "acme-stg".to_owned(), cached_at: "2026-11-20T08:15:00Z".parse().ok() };
    staging.account.protection = Protection::Confirm;

    let mut test = of_class("test", 0xF0_E4_42, "333344445555", "Test/s");
    let arn = "arn:aws-cn:iam::333344445555:user/qa/tester";
    test.verified.identity = Identity::from_answer("333344445555", arn, "AIDAQQQQQQQQQQQQQQQQ").expect("a good ARN");
    test.verified.alias = Fact::Denied;
    test.request.expires = None;
    test.request.access_key_id = "AKIAQQQQQQQQQQQQQQQQ".to_owned();

    let mut development = of_class("development", 0x00_72_B2, "444455556666", "Dev/jane");
    development.verified.alias = Fact::Late;
    development.verified.name = known("Acme Développement 日本");
    development.request.expires = "2026-11-23T13:01:00Z".parse().ok();

    let mut sandbox = of_class("sandbox", 0x56_B4_E9, "555566667777", "Admin/jane");
    sandbox.request.region = None;
    sandbox.account.suggested_class = Some("production".to_owned());

    let shared = of_class("shared", 0xCC_79_A7, "666677778888", "Auditor/jane");
    let own = of_class("billing", 0x7A_1F_A2, "777788889999", "ReadOnly/jane");

    let mut unknown = of_class("unknown", 0x66_66_66, "888899990000", "Admin/jane");
    unknown.account.name = None;
    unknown.account.class_from = ClassFrom::Nothing;
    unknown.verified.alias = known("\x1b[41m PRODUCTION");
    unknown.verified.foreign_endpoint = Some("127.0.0.1:4566".to_owned());
    unknown.request.findings.push(Finding {
        code: "config-ambiguous",
        message: "the AWS CLI and the SDKs read different values for `region`".to_owned(),
        location: location(12),
    });
    vec![production, staging, test, development, sandbox, shared, own, unknown]
}

fn banners(look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    for context in contexts() {
        lines.extend(banner::banner(&context, now(), look));
        if look.width >= 40 {
            lines.push(Line::default());
        }
    }
    lines
}

fn notices(look: &Look) -> Vec<Line> {
    let unverified = Unverified { request: contexts()[1].request.clone(), foreign_endpoint: None };
    let mut lines = banner::unverified_banner(&unverified, now(), look);
    lines.push(Line::default());
    lines.extend(banner::not_switched(
        "acme-dev 4444-5555-6666 (development), profile dev",
        &[("for good, in ~/.bashrc", "eval \"$(awsenv init bash)\""), ("this once", "eval \"$(awsenv use staging)\"")],
        look,
    ));
    lines.push(Line::default());
    lines.extend(banner::error_block(
        "wrong account",
        "the credentials are of account 111122223333, but awsenv_account_id in ~/.aws/config:12 says 222233334444",
        &["a cause with a \x1b[2J control".to_owned()],
        &["Run `awsenv list` to see which profile is of account 222233334444.".to_owned()],
        look,
    ));
    lines
}

fn check(name: &str, term: Term, look: Look, lines: impl Fn(&Look) -> Vec<Line>) {
    check_file(&format!("tests/ui/{name}.term.svg"), term, look, lines);
}

fn check_file(name: &str, term: Term, look: Look, lines: impl Fn(&Look) -> Vec<Line>) {
    // The renderer takes one colour in a sequence; terminals take both.
    let painted = paint(&lines(&look), &look).replace(";38;", "m\x1b[38;");
    let svg = term.render_svg(&painted);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    // As text and unfiltered: a picture is equal or it is not.
    Assert::new()
        .action_env(DEFAULT_ACTION_ENV)
        .eq(svg.into_data().raw(), Data::read_from(&path, Some(DataFormat::Text)).raw());
}

fn look(depth: ColorDepth) -> Look {
    Look { width: 76, unicode: true, depth }
}

#[test]
fn every_class_without_colour() {
    check("banner-none", DARK, look(ColorDepth::None), banners);
    check("banner-none-ascii", DARK, Look { unicode: false, ..look(ColorDepth::None) }, banners);
}

#[test]
fn every_class_in_16_colours() {
    check("banner-16-dark", DARK, look(ColorDepth::Ansi16), banners);
    check("banner-16-light", LIGHT, look(ColorDepth::Ansi16), banners);
}

#[test]
fn every_class_in_256_colours() {
    check("banner-256-dark", DARK, look(ColorDepth::Ansi256), banners);
    check("banner-256-light", LIGHT, look(ColorDepth::Ansi256), banners);
}

#[test]
fn every_class_in_true_colour() {
    check("banner-rgb-dark", DARK, look(ColorDepth::Rgb), banners);
    check("banner-rgb-light", LIGHT, look(ColorDepth::Rgb), banners);
}

#[test]
fn every_class_on_a_narrow_terminal() {
    check("banner-width-40", DARK, Look { width: 40, ..look(ColorDepth::Rgb) }, banners);
    check("banner-width-30", DARK, Look { width: 30, ..look(ColorDepth::Rgb) }, banners);
}

#[test]
fn what_is_said_where_no_account_is_verified() {
    check("notices-none", DARK, Look { unicode: false, ..look(ColorDepth::None) }, notices);
    check("notices-16-light", LIGHT, look(ColorDepth::Ansi16), notices);
    check("notices-rgb-dark", DARK, look(ColorDepth::Rgb), notices);
    check("notices-rgb-light", LIGHT, look(ColorDepth::Rgb), notices);
}

/// Production as it is, and staging as a newcomer has it: nothing protected, nothing remembered.
fn first_sight(look: &Look) -> Vec<Line> {
    let mut contexts = contexts();
    contexts.truncate(2);
    contexts[1].account.protection = Protection::None;
    contexts[1].verified.alias = known("acme-staging");
    let banners = contexts.iter().map(|context| banner::banner(context, now(), look));
    banners.collect::<Vec<_>>().join(&Line::default())
}

#[test]
fn the_picture_in_the_readme() {
    check_file("docs/banner.svg", DARK, look(ColorDepth::Rgb), first_sight);
}
