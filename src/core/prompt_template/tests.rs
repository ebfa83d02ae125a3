use super::*;
use crate::core::carried::Carried;

fn carried() -> Carried {
    Carried {
        key: Some("ASIAIOSFODNN7EXAMPLE".into()),
        profile: Some("prod".into()),
        account: Some("111122223333".into()),
        name: Some("Acme, production".into()),
        class: Some("production".into()),
        color: Some("b00020".into()),
        role: Some("Admin".into()),
        region: Some("eu-west-1".into()),
        expires: Some(3_599),
        ..Carried::default()
    }
}

fn env(name: &str) -> Option<String> {
    match name {
        "AWSENV_ACCOUNT_ID" => Some("111122223333".into()),
        "AWSENV_ACCOUNT_ALIAS" => Some("acme-prod".into()),
        _ => None,
    }
}

fn shown(template: &str, state: &State) -> Option<String> {
    let line = Template::parse(template).expect("it can be read").line(state, &env, Timestamp::UNIX_EPOCH);
    line.map(|line| line.text())
}

/// Every state that is not the verified one, with its word.
fn others() -> [(State, &'static str); 6] {
    [
        (State::Unverified(carried()), "UNVERIFIED"),
        (State::Unverified(Carried::default()), "UNVERIFIED"),
        (State::Mismatch(carried(), "AWS_ACCESS_KEY_ID was replaced".into()), "MISMATCH"),
        (State::Expired(carried()), "EXPIRED"),
        (State::Cleared(carried()), "EXPIRED"),
        (State::Refused, "REFUSED"),
    ]
}

#[test]
fn fields_are_filled_in() {
    let state = State::Verified(carried());
    let check = |template: &str, text: &str| assert_eq!(shown(template, &state).as_deref(), Some(text), "{template}");
    check("{class} {name} {account} {alias}", "PRODUCTION Acme, production 1111-2222-3333 acme-prod");
    check("{role} {region} {left} {expires} {profile}", "Admin eu-west-1 59m 1970-01-01T00:59:59Z prod");
    check("{text}|{state}", "PRODUCTION Acme, production 1111-2222-3333 Admin eu-west-1|");
    check("{fill} {ink}", "#B00020 #FFFFFF");
    check("{{{name}}} [[{class}]]", "{Acme, production} [PRODUCTION]");
    check("", "");
    check("\u{e0b0} é \\", "\u{e0b0} é \\\\");
}

#[test]
fn groups_vanish_with_a_field_that_is_empty() {
    let without = Carried { role: None, expires: None, ..carried() };
    let shown = |template: &str| shown(template, &State::Verified(without.clone())).unwrap();
    assert_eq!(shown("{class}[ {role}][ {region}][ {left}]"), "PRODUCTION eu-west-1");
    assert_eq!(shown("[{region} {role}]x[ ({profile})]"), "x (prod)");
}

#[test]
fn p3_each_state_is_said_whatever_the_template() {
    for (state, word) in others() {
        for template in
            ["{name}", "", "{class} {account}[ {alias}][ {role}]", "[{state} {name}]", "{color}{name}{reset}"]
        {
            let text = shown(template, &state).unwrap();
            assert!(text.trim_start().starts_with(word), "{template} {state:?}: {text}");
            for part in ["Acme", "1111", "acme-prod", "PRODUCTION", "Admin"] {
                assert!(!text.contains(part), "{template} {state:?}: {text}");
            }
        }
        // Once is enough.
        for template in ["{state} x", "{text}", "{color}{text}{reset} x"] {
            let text = shown(template, &state).unwrap();
            assert!(text.starts_with(word), "{template} {state:?}: {text}");
            assert!(!text.starts_with(&format!("{word} {word}")), "{text}");
        }
    }
    assert_eq!(shown("x {name}", &State::Nothing), None);
}

#[test]
fn p3_a_colour_is_the_account_s_only_where_it_is_verified() {
    let template = Template::parse("{color} {name} {reset}").unwrap();
    let label = |state: &State| template.line(state, &env, Timestamp::UNIX_EPOCH).unwrap().0[0].label;
    assert_ne!(label(&State::Verified(carried())), Label::Caution);
    for (state, word) in others() {
        assert_eq!(label(&state), Label::Caution);
        assert_eq!(shown("{fill}|{text}", &state).unwrap().split('|').next(), Some("#D55E00"), "{word}");
    }
}

#[test]
fn p3_an_alias_of_another_account_is_not_shown() {
    let other = Carried { account: Some("444455556666".into()), ..carried() };
    assert_eq!(shown("{account}[ {alias}]", &State::Verified(other)).as_deref(), Some("4444-5555-6666"));
}

#[test]
fn p5_values_are_made_safe() {
    let hostile = Carried { name: Some("a\x1b[2J\u{202e}{role}[x]".into()), role: Some("\n".into()), ..carried() };
    let text = shown("{name} {role}", &State::Verified(hostile));
    assert_eq!(text.as_deref(), Some("a\\x1b[2J\\u{202e}{role}[x] \\x0a"));
}

#[test]
fn a_template_that_cannot_be_read_says_why() {
    let check = |template: &str, message: &str| {
        assert_eq!(Template::parse(template).unwrap_err().to_string(), message, "{template:?}");
    };
    check("{nmae}", "the template has a field {nmae}, which is not known");
    check("{name", "the template has a `{` without its other half");
    check("name}", "the template has a `}` without its other half");
    check("[{name}", "the template has a `[` without its other half");
    check("name]", "the template has a `]` without its other half");
    check("[a [{name}]]", "the template has a group in a group");
    check("[a]", "the template has a group without a field: [a]");
    check("a\x1b[1m", "the template has a control character: \\x1b");
    let hints = Template::parse("{nmae}").unwrap_err().hints();
    assert!(hints[0].contains("{name}") && hints[0].contains("{color}"), "{hints:?}");
}
