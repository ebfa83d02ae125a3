use std::path::Path;

use super::*;
use crate::core::config::Settings;

const ID: &str = "111122223333";

fn registry(text: &str) -> Registry {
    Settings::load(Some((Path::new("awsenv.toml"), text))).unwrap().registry().clone()
}

fn look(text: &str, alias: Option<&str>, name: Option<&str>, profile: Option<&str>, role: Option<&str>) -> Account {
    registry(text).account(&AccountId::parse(ID).unwrap(), alias, name, profile, role)
}

#[track_caller]
fn class_of_alias(alias: &str, expect: &str) {
    let account = look("", Some(alias), None, None, None);
    assert_eq!(account.class, expect, "alias {alias}");
    let account = look("", None, Some(&alias.replace('-', " ").to_uppercase()), None, None);
    assert_eq!(account.class, expect, "name like {alias}");
}

#[test]
fn aliases_and_names_give_the_class_by_default() {
    for (alias, class) in [
        ("acme-prod", "production"),
        ("prod", "production"),
        ("acme-production-eu", "production"),
        ("acme-live", "production"),
        ("acme-prd-1", "production"),
        ("acme-nonprod", "test"),
        ("acme-non-prod", "test"),
        ("acme-preprod", "staging"),
        ("acme-pre-production", "staging"),
        ("acme-staging", "staging"),
        ("acme-stg", "staging"),
        ("acme-uat", "staging"),
        ("acme-dev", "development"),
        ("development", "development"),
        ("acme-test", "test"),
        ("qa-acme", "test"),
        ("acme-sandbox-7", "sandbox"),
        ("acme-sbx", "sandbox"),
        ("acme-shared", "shared"),
        ("acme-log-archive", "shared"),
        ("security", "shared"),
        ("acme", "unknown"),
        ("catalog", "unknown"),
        ("qatar", "unknown"),
        ("olive", "unknown"),
    ] {
        class_of_alias(alias, class);
    }
}

#[test]
fn p6_an_account_that_looks_like_two_things_is_production() {
    assert_eq!(look("", Some("acme-dev"), Some("Acme Production"), None, None).class, "production");
    assert_eq!(look("", Some("acme-prod"), Some("Acme Sandbox"), None, None).class, "production");
    assert_eq!(look("", Some("acme-prod"), Some("Acme nonprod"), None, None).class, "production");
}

#[test]
fn an_account_that_nothing_is_known_about_is_unknown() {
    let unknown = Account {
        name: None,
        class: "unknown".into(),
        class_from: ClassFrom::Nothing,
        color: GREY,
        signals: Choice::default(),
        protection: Protection::None,
        suggested_class: None,
    };
    assert_eq!(look("", None, None, None, None), unknown);
    let id = AccountId::parse(ID).unwrap();
    assert_eq!(Registry::default().account(&id, Some("acme-prod"), None, None, None), unknown);
}

#[test]
fn p5_an_alias_that_is_none_gives_no_class_but_may_protect() {
    let rules = "[[rules]]\nmatch.alias = '*'\nprotection = 'confirm'\n";
    for alias in ["sandbox\nACCOUNT 111111111111", "Sandbox", "sandbox-", "\u{430}-sandbox"] {
        let account = look(rules, Some(alias), None, None, None);
        assert_eq!((account.class.as_str(), account.protection), (UNKNOWN, Protection::Confirm), "{alias:?}");
    }
}

#[test]
fn p6_an_alias_does_not_change_what_is_said_about_an_id() {
    let text = "[accounts.111122223333]\nname = 'acme'\nclass = 'production'\nprotection = 'read-only'";
    let account = look(text, Some("sandbox"), Some("sandbox"), Some("sandbox"), Some("sandbox"));
    assert_eq!(account.class, "production");
    assert_eq!(account.class_from, ClassFrom::Entry);
    assert_eq!(account.name.as_deref(), Some("acme"));
    assert_eq!(account.protection, Protection::ReadOnly);
    assert_eq!(account.color.to_string(), "#B00020");
    assert_eq!(account.suggested_class.as_deref(), Some("sandbox"));
}

#[test]
fn p6_rules_raise_protection_and_never_lower_it() {
    let rules = "
        rules = [
            { match = { alias = '*' }, protection = 'confirm' },
            { match = { alias = '*prod*' }, protection = 'read-only' },
            { match = { name = 'quiet' }, protection = 'none' },
            { match = { profile = 'root-*' }, protection = 'deny' },
        ]";
    let protection = |alias, name, profile| look(rules, alias, name, profile, None).protection;
    assert_eq!(protection(None, None, None), Protection::None);
    assert_eq!(protection(Some("acme"), None, None), Protection::Confirm);
    assert_eq!(protection(Some("acme-prod"), None, None), Protection::ReadOnly);
    assert_eq!(protection(Some("acme-prod"), Some("quiet"), None), Protection::ReadOnly);
    assert_eq!(protection(Some("acme-prod"), Some("quiet"), Some("root-x")), Protection::Deny);
    assert_eq!(protection(None, None, Some("root-x")), Protection::Deny);
    assert_eq!(registry(rules).protection_of_profile("root-x"), Protection::Deny);
    assert_eq!(registry(rules).protection_of_profile("x"), Protection::None);
}

#[test]
fn p6_only_the_ids_entry_lowers_protection() {
    let text = "[accounts.111122223333]\nprotection = 'none'\n[[rules]]\nmatch.alias = '*'\nprotection = 'deny'";
    assert_eq!(look(text, Some("a"), None, None, None).protection, Protection::None);
    let other = text.replace("111122223333", "999999999999");
    assert_eq!(look(&other, Some("a"), None, None, None).protection, Protection::Deny);
}

#[test]
fn p1_rules_on_profile_or_role_never_set_the_class() {
    for matches in
        ["profile = 'x'", "role = 'x'", "alias = 'x', profile = 'x'", "name = 'x', role = 'x'", "ou = 'x', alias = 'x'"]
    {
        let text = format!("rules = [{{ match = {{ {matches} }}, class = 'production' }}]");
        let account = look(&text, Some("x"), Some("x"), Some("x"), Some("x"));
        assert_eq!((account.class.as_str(), account.class_from), ("unknown", ClassFrom::Nothing), "{matches}");
        let suggested = (!matches.contains("ou")).then_some("production");
        assert_eq!(account.suggested_class.as_deref(), suggested, "{matches}");
    }
}

#[test]
fn p1_the_names_of_profile_and_role_only_suggest() {
    let suggested = |alias, profile, role| look("", alias, None, profile, role).suggested_class;
    assert_eq!(suggested(None, Some("prod-admin"), None).as_deref(), Some("production"));
    assert_eq!(suggested(None, None, Some("staging-deploy")).as_deref(), Some("staging"));
    assert_eq!(suggested(None, Some("prod-admin"), Some("Developer")).as_deref(), Some("production"));
    assert_eq!(suggested(Some("acme-sandbox"), Some("prod-admin"), None).as_deref(), Some("production"));
    assert_eq!(suggested(Some("acme-prod"), Some("prod-admin"), None), None);
    assert_eq!(suggested(Some("acme-prod"), Some("acme"), Some("Developer")), None);
    assert_eq!(look("", None, None, Some("prod-admin"), None).class, "unknown");
}

#[test]
fn every_key_of_a_match_must_match() {
    let text = "rules = [{ match = { alias = ['a*', 'b*'], name = 'Acme *' }, class = 'production' }]";
    assert_eq!(look(text, Some("bxx"), Some("acme eu"), None, None).class, "production");
    assert_eq!(look(text, Some("cxx"), Some("acme eu"), None, None).class, "unknown");
    assert_eq!(look(text, Some("axx"), None, None, None).class, "unknown");
    assert_eq!(look(text, None, Some("acme eu"), None, None).class, "unknown");
}

#[test]
fn the_users_rules_come_first() {
    let rule = "[[rules]]\nmatch = { alias = 'acme-prod-like-dev' }\nclass = 'development'";
    assert_eq!(look(rule, Some("acme-prod-like-dev"), None, None, None).class, "development");
    assert_eq!(look("default_rules = false", Some("acme-prod"), None, None, None).class, "unknown");
}

#[test]
fn the_name_of_an_entry_is_matched_too() {
    let account = look("[accounts.111122223333]\nname = 'Acme Production'", Some("acme-dev"), None, None, None);
    assert_eq!((account.class.as_str(), account.class_from), ("production", ClassFrom::Rule));
}

#[test]
fn a_word_and_a_colour_of_the_users_own() {
    let text = "[classes.payments]\ncolor = '#010203'\n[accounts.111122223333]\nclass = 'payments'";
    assert_eq!(look(text, None, None, None, None).color, Color { r: 1, g: 2, b: 3 });
    let text = "[accounts.111122223333]\nclass = 'production'\ncolor = '#0a0b0c'";
    assert_eq!(look(text, None, None, None, None).color, Color { r: 10, g: 11, b: 12 });
}

#[test]
fn a_pin_names_its_line() {
    let registry = registry("[profiles.deploy]\naccount = '111122223333'\n");
    let pin = registry.pin(Some("deploy")).unwrap();
    assert_eq!(pin.account.as_str(), ID);
    assert_eq!(pin.because, "profiles.deploy.account in awsenv.toml:2");
    assert_eq!(registry.pin(Some("other")), None);
    assert_eq!(registry.pin(None), None);
}

#[test]
fn colours_are_six_digits() {
    assert_eq!("#b00020".parse::<Color>().unwrap().to_string(), "#B00020");
    for bad in ["", "#", "b00020", "#b0002", "#b000200", "#+00020", "#b0002g", "#é0002"] {
        assert_eq!(bad.parse::<Color>(), Err(BadColor(bad.into())));
    }
}

proptest::proptest! {
    /// Whatever an account, its owner or a profile is called: more rules never mean less protection, and what an entry
    /// says about class and protection holds.
    #[test]
    fn p6_names_never_weaken_anything(
        alias in "[a-z-]{0,12}|sandbox|acme-dev|prod",
        name in "[A-Za-z ]{0,12}|Sandbox|nonprod",
        profile in "[a-z]{0,8}|sandbox",
    ) {
        let rules = "[[rules]]\nmatch.alias = '*'\nprotection = 'confirm'\n[[rules]]\nmatch.profile = 's*'\nprotection = 'deny'\n";
        let seen = |text: &str| look(text, Some(&alias), Some(&name), Some(&profile), Some(&profile));
        assert!(seen(rules).protection >= Protection::Confirm);
        assert_eq!(seen(rules).class, look("", Some(&alias), Some(&name), None, None).class);
        let entry = format!("{rules}[accounts.{ID}]\nclass = 'production'\nprotection = 'read-only'\n");
        let account = seen(&entry);
        assert_eq!((account.class.as_str(), account.protection), ("production", Protection::ReadOnly));
        let classed = format!("{rules}[accounts.{ID}]\nclass = 'production'\n");
        assert!(seen(&classed).protection >= Protection::Confirm);
    }
}

#[test]
fn p6_what_could_not_be_asked_is_taken_to_match() {
    let rule = "[[rules]]\nmatch = { alias = \"acme-*\" }\nprotection = \"deny\"\n";
    let entry = format!("[accounts.{ID}]\nprotection = \"confirm\"\n");
    let doubt =
        |text: &str, alias, name| registry(text).protection_in_doubt(&AccountId::parse(ID).unwrap(), alias, name);
    assert_eq!(doubt(rule, true, false), Protection::Deny);
    assert_eq!(doubt(rule, false, true), Protection::None);
    assert_eq!(doubt("", true, true), Protection::None);
    assert_eq!(doubt(&format!("{entry}{rule}"), true, true), Protection::None);
    assert!(registry(rule).protects_an_account() && registry(&entry).protects_an_account());
    assert!(!registry("").protects_an_account());
}
