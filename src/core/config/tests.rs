use super::*;
use crate::core::{
    identity::AccountId,
    mfa::MfaMethod,
    registry::{ClassFrom, Protection},
};
use crate::error::Known as _;

fn load(text: &str) -> Result<Settings, ConfigError> {
    Settings::load(Some((Path::new("awsenv.toml"), text)))
}

#[track_caller]
fn check_error(text: &str, message: &str, hint: &str) {
    let error = load(text).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.hints().join("|"), hint);
    assert_eq!(error.kind().exit_code(), 2);
}

#[test]
fn the_example_is_the_default() {
    let settings = Settings::load(None).unwrap();
    assert_eq!(settings.mode, Mode::Keys);
    assert!(settings.sso_profile_label);
    assert_eq!(settings.mfa, MfaMethod::Role);
    assert_eq!(settings.sessions, SessionCache::Agent);
    assert_eq!(settings.deadline, Duration::from_secs(8));
    assert_eq!(settings.name_deadline, Duration::from_millis(1500));
    assert_eq!(settings.warnings, [""; 0]);
    let palette: Vec<String> = settings.registry().classes().map(|(name, color)| format!("{name} {color}")).collect();
    assert_eq!(
        palette,
        [
            "development #0072B2",
            "production #B00020",
            "sandbox #56B4E9",
            "shared #CC79A7",
            "staging #E69F00",
            "test #F0E442",
            "unknown #666666",
        ]
    );
}

/// What the example shows commented out must be right, too.
#[test]
fn the_examples_in_the_example_are_valid() {
    let mut text = String::new();
    let mut in_example = false;
    for line in EXAMPLE.lines() {
        let body = line.strip_prefix("# ").unwrap_or("");
        in_example = body.starts_with('[') || (in_example && line != "#" && !line.is_empty());
        if in_example && line.starts_with('#') {
            text.push_str(body);
            text.push('\n');
        }
    }
    let settings = load(&text).unwrap();
    assert_eq!(settings.registry().entries().count(), 1);
    assert_eq!(settings.registry().pin(Some("deploy")).unwrap().account.as_str(), "111122223333");
    assert_eq!(settings.registry().protection_of_profile("x-admin"), Protection::ReadOnly);
}

#[test]
fn the_signals_in_the_example_are_valid() {
    let settings =
        load(&EXAMPLE.replace("\n# signals", "\nsignals").replace("\n# background", "\nbackground")).unwrap();
    let choice = settings.registry().signals_of_class("production");
    assert_eq!(choice.words().as_deref(), Some("title+background+tmux"));
    assert_eq!(choice.background, "#300010".parse().ok());
}

#[test]
fn the_file_lies_over_the_defaults() {
    let settings =
        load("[use]\nmode = 'profile'\nsso_profile_label = false\n[network]\ndeadline_seconds = 2.5").unwrap();
    assert_eq!(settings.mode, Mode::Profile);
    assert!(!settings.sso_profile_label);
    assert_eq!(settings.deadline, Duration::from_millis(2500));
    assert_eq!(settings.name_deadline, Duration::from_millis(1500));
    assert!(load("").is_ok());
    assert!(load("\u{feff}[use]\r\nmode = 'keys'\r\n").is_ok());
}

#[test]
fn an_unknown_key_names_file_line_and_the_nearest_one() {
    check_error(
        "\n[accounts.111122223333]\nname = 'x'\nprotect = 'deny'\n",
        "awsenv.toml:4: accounts.111122223333: unknown field `protect`, expected one of `name`, `class`, `color`, `signals`, `background`, `protection`",
        "Did you mean `protection`?",
    );
    check_error(
        "[classes.x]\ncolour = '#000000'",
        "awsenv.toml:2: classes.x: unknown field `colour`, expected one of `color`, `signals`, `background`",
        "Did you mean `color`?",
    );
    check_error(
        "[account.111122223333]",
        "awsenv.toml:1: unknown field `account`, expected one of `default_rules`, `use`, `picker`, `prompt`, `network`, `mfa`, `sessions`, `sync`, `classes`, `accounts`, `profiles`, `rules`",
        "Did you mean `accounts`?",
    );
    check_error(
        "[[rules]]\nmatch = { aliases = 'x' }",
        "awsenv.toml:2: rules.match: unknown field `aliases`, expected one of `alias`, `name`, `profile`, `role`, `ou`",
        "Did you mean `alias`?",
    );
    check_error(
        "zzzz = 1",
        "awsenv.toml:1: unknown field `zzzz`, expected one of `default_rules`, `use`, `picker`, `prompt`, `network`, `mfa`, `sessions`, `sync`, `classes`, `accounts`, `profiles`, `rules`",
        "",
    );
}

#[test]
fn a_wrong_type_or_word_names_file_line_and_key() {
    check_error(
        "[network]\ndeadline_seconds = 'soon'",
        "awsenv.toml:2: network.deadline_seconds: invalid type: string \"soon\", expected f64",
        "",
    );
    check_error(
        "[accounts.111122223333]\nprotection = 'readonly'",
        "awsenv.toml:2: accounts.111122223333.protection: unknown variant `readonly`, expected one of `none`, `confirm`, `read-only`, `deny`",
        "Did you mean `read-only`?",
    );
    check_error(
        "[use]\nmode = 'keyz'",
        "awsenv.toml:2: use.mode: unknown variant `keyz`, expected `keys` or `profile`",
        "Did you mean `keys`?",
    );
    check_error(
        "[classes.x]\ncolor = 'red'",
        "awsenv.toml:2: classes.x.color: a colour is of the form #rrggbb, not `red`",
        "",
    );
    check_error(
        "[classes.production]\nsignals = ['title', 'tittle']",
        "awsenv.toml:2: classes.production.signals: unknown variant `tittle`, expected one of `title`, `background`, `cursor`, `tab`, `badge`, `user-var`, `tmux`",
        "Did you mean `title`?",
    );
    check_error(
        "[accounts.111122223333]\nbackground = 'dark'",
        "awsenv.toml:2: accounts.111122223333.background: a colour is of the form #rrggbb, not `dark`",
        "",
    );
    check_error(
        "[network]\nname_seconds = 0",
        "awsenv.toml:2: network.name_seconds: expected more than 0 and at most 600 seconds, not 0",
        "",
    );
    check_error(
        "[network]\nname_seconds = nan",
        "awsenv.toml:2: network.name_seconds: expected more than 0 and at most 600 seconds, not NaN",
        "",
    );
}

#[test]
fn text_that_is_no_toml_names_its_line() {
    let error = load("[use]\nmode = keys\n").unwrap_err();
    assert_eq!(error.place, Place::File("awsenv.toml".into(), 2));
    let error = load("[use]\nmode = 'keys'\nmode = 'keys'\n").unwrap_err();
    assert_eq!(error.place, Place::File("awsenv.toml".into(), 3));
}

#[test]
fn account_ids_are_twelve_digits() {
    check_error("\n[accounts.1111]\nname = 'x'", "awsenv.toml:2: accounts: an account ID is 12 digits, not `1111`", "");
    check_error(
        "[accounts.1111-2222-3333]",
        "awsenv.toml:1: accounts: an account ID is 12 digits, not `1111-2222-3333`",
        "",
    );
    check_error(
        "[profiles.x]\naccount = '1111'",
        "awsenv.toml:2: profiles.x.account: an account ID is 12 digits, not `1111`",
        "",
    );
}

#[test]
fn a_pin_may_be_a_number_that_lost_nothing() {
    let pin = |text| load(text).unwrap().registry().pin(Some("x")).unwrap().account.to_string();
    assert_eq!(pin("[profiles.x]\naccount = '011122223333'"), "011122223333");
    assert_eq!(pin("[profiles.x]\naccount = 111122223333"), "111122223333");
    check_error(
        "[profiles.x]\naccount = 11122223333",
        "awsenv.toml:2: profiles.x.account: the number 11122223333 is not 12 digits; a number loses its leading zeros, so quote the account ID: \"011122223333\"",
        "",
    );
    let error = load("[profiles.x]\naccount = 011122223333").unwrap_err();
    assert_eq!(error.place, Place::File("awsenv.toml".into(), 2));
    assert_eq!(error.hints(), ["Quote the account ID: a number cannot begin with 0."]);
}

#[test]
fn p6_a_class_must_be_defined() {
    check_error(
        "[accounts.111122223333]\nclass = 'prodution'",
        "awsenv.toml:2: accounts.111122223333.class: there is no class `prodution`",
        "Did you mean `production`?",
    );
    check_error(
        "[[rules]]\nmatch = { alias = 'x' }\nclass = 'Zulu'",
        "awsenv.toml:3: rules.class: there is no class `Zulu`",
        "Define it with `[classes.Zulu]` and a `color`.",
    );
    check_error(
        "[classes.Prod]\ncolor = '#000000'",
        "awsenv.toml:1: classes.Prod: the name of a class is of the form [a-z][a-z0-9-]*",
        "",
    );
    check_error("[classes.x]", "awsenv.toml:1: classes.x: missing field `color`", "");
}

#[test]
fn p6_a_rule_without_effect_is_an_error() {
    check_error("[[rules]]\nclass = 'test'", "awsenv.toml:1: rules: missing field `match`", "");
    check_error(
        "\n[[rules]]\nmatch = {}\nclass = 'test'",
        "awsenv.toml:2: rules.match: the rule does not say what it matches",
        "",
    );
    check_error(
        "[[rules]]\nmatch = { alias = 'x' }",
        "awsenv.toml:1: rules: the rule gives neither class nor protection",
        "",
    );
    check_error(
        "[[rules]]\nmatch = { alias = [] }\nclass = 'test'",
        "awsenv.toml:2: rules.match.alias: the list of globs is empty, so nothing could match",
        "",
    );
}

#[test]
fn a_rule_on_an_ou_is_warned_about() {
    let settings = load("[[rules]]\nmatch = { ou = 'ou-*' }\nprotection = 'deny'").unwrap();
    assert_eq!(settings.warnings, ["awsenv.toml:2: a rule on `ou` never matches: awsenv does not ask for the OU yet"]);
}

#[test]
fn the_environment_lies_over_the_file() {
    let with = |name: &'static str, value: &'static str| {
        load("[use]\nmode = 'profile'").unwrap().with_env(&|asked| (asked == name).then(|| value.to_owned()))
    };
    assert_eq!(with(OPT_MODE, "keys").unwrap().mode, Mode::Keys);
    assert_eq!(with(OPT_MODE, "").unwrap().mode, Mode::Profile);
    assert!(!with(OPT_SSO_PROFILE_LABEL, "false").unwrap().sso_profile_label);
    assert_eq!(with(OPT_ON_EXPIRY, "keep").unwrap().on_expiry, OnExpiry::Keep);
    assert_eq!(load("[prompt]\non_expiry = 'keep'").unwrap().on_expiry, OnExpiry::Keep);
    assert_eq!(with(OPT_DEADLINE_SECONDS, "0.5").unwrap().deadline, Duration::from_millis(500));
    assert_eq!(with(OPT_NAME_SECONDS, "3").unwrap().name_deadline, Duration::from_secs(3));
    for (name, value, message) in [
        (OPT_MODE, "Keys", "AWSENV_OPT_MODE: expected keys or profile, not `Keys`"),
        (OPT_SSO_PROFILE_LABEL, "1", "AWSENV_OPT_SSO_PROFILE_LABEL: expected true or false, not `1`"),
        (OPT_ON_EXPIRY, "erase", "AWSENV_OPT_ON_EXPIRY: expected clear or keep, not `erase`"),
        (OPT_DEADLINE_SECONDS, "8s", "AWSENV_OPT_DEADLINE_SECONDS: expected seconds, not `8s`"),
        (OPT_NAME_SECONDS, "-1", "AWSENV_OPT_NAME_SECONDS: expected more than 0 and at most 600 seconds, not -1"),
    ] {
        assert_eq!(with(name, value).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_redefined_class_has_the_users_colour() {
    let settings = load("[classes.production]\ncolor = '#ff0000'").unwrap();
    let id = AccountId::parse("111122223333").unwrap();
    let account = settings.registry().account(&id, Some("acme-prod"), None, None, None);
    assert_eq!((account.color.to_string(), account.class_from), ("#FF0000".to_owned(), ClassFrom::Rule));
}

#[test]
fn signals_are_laid_over_class_and_account() {
    let check = |text: &str, expect: Option<&str>, background: Option<&str>| {
        let settings = load(text).unwrap();
        let id = AccountId::parse("111122223333").unwrap();
        let account = settings.registry().account(&id, Some("acme-prod"), None, None, None);
        assert_eq!(account.signals.words().as_deref(), expect, "{text}");
        assert_eq!(account.signals.background.map(|color| color.to_string()).as_deref(), background, "{text}");
        let shown = &settings.to_json()["classes"]["production"];
        assert_eq!(shown.get("signals").is_some(), text.contains("'tmux'"), "{text}");
        settings.warnings
    };
    let of_class = "[classes.production]\nsignals = ['tmux', 'background', 'title', 'title']\nbackground = '#300010'\n";
    check("", None, None);
    check(of_class, Some("title+background+tmux"), Some("#300010"));
    let account = |keys: &str| format!("{of_class}[accounts.111122223333]\nclass = 'production'\n{keys}\n");
    check(&account("signals = []"), None, Some("#300010"));
    check(&account("signals = ['badge']\nbackground = '#001122'"), Some("badge"), Some("#001122"));
    check(&account("color = '#00ff00'"), Some("title+background+tmux"), None);
    let warnings = check("\n[classes.production]\nbackground = '#300010'", None, Some("#300010"));
    assert_eq!(
        warnings,
        ["awsenv.toml:2: classes.production: `background` shows only with \"background\" in `signals`"]
    );
}

proptest::proptest! {
    #[test]
    fn p5_no_text_makes_it_panic(text in "([\\[\\]{}=.,'\"# \\na-z0-9é\u{feff}]|rules|match|alias|accounts|profiles|account|111122223333){0,40}") {
        let _ = load(&text);
    }
}
