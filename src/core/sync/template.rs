//! What profiles are called: `{account_name}.{role}`.

use std::{fmt, str::FromStr};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{Access, is_plain};

/// What is longer is cut: AWS allows 50 characters for an account's name, 64 for its e-mail address and for a role.
const LONGEST_PART: usize = 64;
/// The longest template, in bytes.
const LONGEST: usize = 200;

/// A pattern for the names of profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

impl Default for Template {
    /// The one of the built-in settings.
    fn default() -> Self {
        let parts = vec![Part::AccountName, Part::Text(".".to_owned()), Part::Role];
        Self { text: "{account_name}.{role}".to_owned(), parts }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    AccountId,
    AccountName,
    Email,
    Role,
    Session,
}

/// A text that is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A placeholder that there is not, or a brace alone.
    #[error("`{0}` is no placeholder: there are {{account_id}}, {{account_name}}, {{email}}, {{role}} and {{session}}")]
    Placeholder(String),
    /// What a profile's name should not hold.
    #[error("`{0}` cannot be in the name of a profile: letters, digits and - _ . / @ + can")]
    Character(char),
    /// A text that nobody wants in every name.
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// Every profile would be called the same.
    #[error("it has no placeholder for the account, or none for the role: {{account_name}}.{{role}} has both")]
    Incomplete,
}

impl FromStr for Template {
    type Err = BadTemplate;

    fn from_str(text: &str) -> Result<Self, BadTemplate> {
        if text.len() > LONGEST {
            return Err(BadTemplate::TooLong);
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '{' {
                let end = rest.find('}').ok_or_else(|| BadTemplate::Placeholder(rest.to_owned()))?;
                parts
                    .push(placeholder(&rest[1..end]).ok_or_else(|| BadTemplate::Placeholder(rest[..=end].to_owned()))?);
                rest = &rest[end + 1..];
                continue;
            }
            let end = rest.find('{').unwrap_or(rest.len());
            match rest[..end].chars().find(|c| !is_plain(*c)) {
                Some('}') => return Err(BadTemplate::Placeholder("}".to_owned())),
                Some(other) => return Err(BadTemplate::Character(other)),
                None => parts.push(Part::Text(rest[..end].to_owned())),
            }
            rest = &rest[end..];
        }
        let account = parts.iter().any(|part| matches!(part, Part::AccountId | Part::AccountName | Part::Email));
        if account && parts.contains(&Part::Role) {
            Ok(Self { text: text.to_owned(), parts })
        } else {
            Err(BadTemplate::Incomplete)
        }
    }
}

fn placeholder(name: &str) -> Option<Part> {
    Some(match name {
        "account_id" => Part::AccountId,
        "account_name" => Part::AccountName,
        "email" => Part::Email,
        "role" => Part::Role,
        "session" => Part::Session,
        _ => return None,
    })
}

impl Template {
    /// The name of the profile for a role in an account; every reader of the AWS files takes it as it stands.
    pub fn name(&self, access: &Access, session: &str) -> String {
        let mut name = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::AccountId => name.push_str(access.account.as_str()),
                Part::AccountName => name.push_str(&or_id(&access.account_name, access)),
                Part::Email => name.push_str(&or_id(&access.email, access)),
                Part::Role => name.push_str(&safe(&access.role)),
                Part::Session => name.push_str(&safe(session)),
            }
        }
        // A hyphen in front would make the name an option of every command.
        let name = name.trim_start_matches('-');
        if name.is_empty() { access.account.to_string() } else { name.to_owned() }
    }
}

/// An account without a name that letters can be made of is called by its ID.
fn or_id(text: &str, access: &Access) -> String {
    let safe = safe(text);
    if safe.is_empty() { access.account.to_string() } else { safe }
}

/// Free text as part of a name: accents are dropped, and what else is not plain becomes one `-`.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).take(LONGEST_PART) {
        if is_plain(c) && c != '/' {
            safe.push(c);
        } else if !safe.ends_with('-') {
            safe.push('-');
        }
    }
    safe.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{identity::AccountId, profile::header};

    fn access(name: &str, role: &str) -> Access {
        let account = AccountId::parse("111122223333").unwrap();
        Access { account, account_name: name.into(), email: "a+b@example.com".into(), role: role.into() }
    }

    #[track_caller]
    fn check(template: &str, name: &str, expect: &str) {
        assert_eq!(template.parse::<Template>().unwrap().name(&access(name, "Admin"), "corp"), expect);
    }

    #[test]
    fn placeholders_are_filled_in() {
        assert_eq!("{account_name}.{role}".parse(), Ok(Template::default()));
        check("{account_name}.{role}", "acme-prod", "acme-prod.Admin");
        check("{session}/{account_id}-{role}", "x", "corp/111122223333-Admin");
        check("{email}:{role}".replace(':', "+").as_str(), "x", "a+b@example.com+Admin");
    }

    #[test]
    fn p5_free_text_becomes_a_name_that_every_reader_takes() {
        check("{account_name}.{role}", "Acme  Prod (EU)", "Acme-Prod-EU.Admin");
        check("{account_name}.{role}", "Zürich", "Zurich.Admin");
        check(
            "{account_name}.{role}",
            "a]\nsso_account_id = 999999999999\n[x",
            "a-sso_account_id-999999999999-x.Admin",
        );
        check("{account_name}.{role}", "本番", "111122223333.Admin");
        check("{account_name}.{role}", "", "111122223333.Admin");
        check("{account_name}.{role}", "--help", "help.Admin");
        check("-{account_name}.{role}", "a/b", "a-b.Admin");
    }

    #[test]
    fn what_is_no_template_is_named() {
        let error = |text: &str| text.parse::<Template>().unwrap_err().to_string();
        assert!(
            error("{account}.{role}").starts_with("`{account}` is no placeholder"),
            "{}",
            error("{account}.{role}")
        );
        assert!(error("{role").starts_with("`{role` is no"), "{}", error("{role"));
        assert!(error("role}").starts_with("`}` is no"));
        assert!(error("{account_id} {role}").starts_with("` ` cannot be"));
        assert_eq!(error("{role}"), BadTemplate::Incomplete.to_string());
        assert_eq!(error(""), BadTemplate::Incomplete.to_string());
        assert_eq!(error(&"x".repeat(201)), "it is longer than 200 bytes");
    }

    proptest::proptest! {
        #[test]
        fn p5_any_account_name_gives_a_usual_header(name in proptest::prelude::any::<String>()) {
            let name = "{account_name}.{role}".parse::<Template>().unwrap().name(&access(&name, "Admin"), "corp");
            let line = format!("[profile {name}]");
            let header::Header::Section { kind, name: read, doubt, .. } = header::parse(line.as_bytes(), header::FileKind::Config) else {
                panic!("{line}");
            };
            assert_eq!((kind, &*read, doubt), (header::SectionKind::Profile, name.as_bytes(), None));
        }
    }
}
