//! What is asked of a role's session besides the role: its name, length, tags, policies. Checked before it is sent, by
//! the rules of the STS API reference.

use std::collections::BTreeSet;

/// What a profile or the command line asks of a role's session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionTerms {
    /// `role_session_name`.
    pub session_name: Option<String>,
    /// `external_id`.
    pub external_id: Option<String>,
    /// `duration_seconds`.
    pub duration_seconds: Option<i32>,
    /// `source_identity`.
    pub source_identity: Option<String>,
    /// `session_tags`.
    pub tags: Vec<Tag>,
    /// `transitive_session_tags`: keys of tags that go on to roles assumed from this one.
    pub transitive_tags: Vec<String>,
    /// `awsenv_session_policy`: a policy document.
    pub policy: Option<String>,
    /// `awsenv_policy_arns`: managed policies.
    pub policy_arns: Vec<String>,
}

/// A session tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value, which may be empty.
    pub value: String,
}

/// AWS's managed policy that sessions are narrowed to in a read-only account.
pub const READ_ONLY: &str = "ReadOnlyAccess";

/// The most tags, and the most transitive ones, that a session has.
const MOST_TAGS: usize = 50;
/// The most managed policies.
const MOST_POLICIES: usize = 10;

impl SessionTerms {
    /// Lays other terms over these: what they say counts, the rest stays. Tags are joined by key.
    pub fn lay_over(&mut self, over: &Self) {
        let take = |own: &mut Option<String>, over: &Option<String>| {
            if over.is_some() {
                own.clone_from(over);
            }
        };
        take(&mut self.session_name, &over.session_name);
        take(&mut self.external_id, &over.external_id);
        take(&mut self.source_identity, &over.source_identity);
        self.duration_seconds = over.duration_seconds.or(self.duration_seconds);
        self.tags.retain(|tag| over.tags.iter().all(|new| !new.key.eq_ignore_ascii_case(&tag.key)));
        self.tags.extend(over.tags.iter().cloned());
        if !over.transitive_tags.is_empty() {
            self.transitive_tags.clone_from(&over.transitive_tags);
        }
        // AWS grants what any of a session's policies allows, so those of both places would be more than either says.
        if over.policy.is_some() || !over.policy_arns.is_empty() {
            self.policy.clone_from(&over.policy);
            self.policy_arns.clone_from(&over.policy_arns);
        }
    }

    /// Whether policies narrow the session.
    pub fn has_policies(&self) -> bool {
        self.policy.is_some() || !self.policy_arns.is_empty()
    }

    /// Whether it asks for what no tool but awsenv reads in a profile.
    pub fn are_known_to_awsenv_alone(&self) -> bool {
        self.has_policies() || self.source_identity.is_some() || !self.tags.is_empty()
    }

    /// Whether all of it can be asked for with a token of web identity, which comes with a name, a length and policies.
    pub fn fit_web_identity(&self) -> bool {
        self.external_id.is_none()
            && self.source_identity.is_none()
            && self.tags.is_empty()
            && self.transitive_tags.is_empty()
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What must be true of tags together: not too many, each key once, and transitive ones among them.
    pub fn check_together(&self) -> Result<(), String> {
        if self.tags.len() > MOST_TAGS {
            return Err(format!("a session has at most {MOST_TAGS} tags"));
        }
        let mut keys = BTreeSet::new();
        if let Some(tag) = self.tags.iter().find(|tag| !keys.insert(tag.key.to_lowercase())) {
            return Err(format!("the session tag `{}` is there twice (upper and lower case are the same)", tag.key));
        }
        if let Some(key) = self.transitive_tags.iter().find(|key| !keys.contains(&key.to_lowercase())) {
            return Err(format!("the transitive session tag `{key}` is not among the session tags"));
        }
        if self.policy_arns.len() > MOST_POLICIES {
            return Err(format!("a session has at most {MOST_POLICIES} managed policies"));
        }
        Ok(())
    }
}

/// `role_session_name`.
pub fn session_name(text: &str) -> Result<String, String> {
    word(text, 64, "_+=,.@-").ok_or_else(|| "must be 2 to 64 characters of A-Z a-z 0-9 _ + = , . @ -".to_owned())
}

/// `source_identity`.
pub fn source_identity(text: &str) -> Result<String, String> {
    session_name(text)
}

/// `external_id`.
pub fn external_id(text: &str) -> Result<String, String> {
    let good = word(text, 1224, "_+=,.@:/-");
    good.ok_or_else(|| "must be 2 to 1224 characters of A-Z a-z 0-9 _ + = , . @ : / -".to_owned())
}

/// One `KEY=VALUE`.
pub fn tag(text: &str) -> Result<Tag, String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("expected KEY=VALUE, not `{text}`"))?;
    let (key, value) = (tag_key(key)?, value.trim());
    if value.chars().count() > 256 || !value.chars().all(is_tag_char) {
        return Err(format!(
            "the value of the session tag `{key}` must be at most 256 letters, digits, spaces or _ . : / = + - @"
        ));
    }
    Ok(Tag { key, value: value.to_owned() })
}

/// The key of a tag.
pub fn tag_key(text: &str) -> Result<String, String> {
    let key = text.trim();
    let good = (1..=128).contains(&key.chars().count()) && key.chars().all(is_tag_char);
    if !good {
        return Err(format!("`{key}` must be 1 to 128 letters, digits, spaces or _ . : / = + - @ to be a session tag"));
    }
    if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        return Err(format!("the session tag `{key}` begins with aws:, which AWS keeps for itself"));
    }
    Ok(key.to_owned())
}

/// `awsenv_session_policy`: a JSON object of the characters and the length that STS takes.
pub fn policy(text: &str) -> Result<String, String> {
    let text = text.trim();
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    let length = text.chars().count();
    if !(1..=2048).contains(&length) || !text.chars().all(allowed) {
        return Err("must be a policy of at most 2048 characters".to_owned());
    }
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(_)) => Ok(text.to_owned()),
        _ => Err("must be a policy document: one JSON object".to_owned()),
    }
}

/// The ARN of a managed policy.
pub fn policy_arn(text: &str) -> Result<String, String> {
    let text = text.trim();
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, resource) = (next(), next(), next(), next(), next(), next());
    let good = arn == "arn"
        && super::identity::Partition::from_name(partition).is_some()
        && (service, region) == ("iam", "")
        && (account == "aws" || (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())))
        && resource.strip_prefix("policy/").is_some_and(|name| !name.is_empty())
        && (20..=2048).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
    if good { Ok(text.to_owned()) } else { Err(format!("`{text}` is not of the form arn:aws:iam::aws:policy/NAME")) }
}

/// A list as it stands in a file: parts between commas.
pub fn list<T>(text: &str, one: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).map(one).collect()
}

fn word(text: &str, most: usize, punctuation: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || punctuation.contains(c);
    ((2..=most).contains(&text.len()) && text.chars().all(allowed)).then(|| text.to_owned())
}

/// Letters and digits of any script, white space but for controls, and some punctuation.
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_each_term_is_what_sts_takes() {
        assert!(session_name("awsenv-ada@host").is_ok() && session_name("a").is_err() && session_name("a b").is_err());
        assert!(session_name(&"x".repeat(65)).is_err() && session_name("ab\n").is_err());
        assert!(external_id("acme:7/x").is_ok() && external_id("a b").is_err() && external_id("x").is_err());
        assert_eq!(tag(" Cost Center = 42 "), Ok(Tag { key: "Cost Center".into(), value: "42".into() }));
        assert_eq!(tag("été=a=b"), Ok(Tag { key: "été".into(), value: "a=b".into() }));
        assert_eq!(tag("empty="), Ok(Tag { key: "empty".into(), value: String::new() }));
        for bad in ["no", "=x", "aws:x=y", "AWS:x=y", "a=\u{7}", "a*=b", "a=b\nc"] {
            assert!(tag(bad).is_err(), "{bad:?}");
        }
        assert!(policy(r#"{"Version":"2012-10-17","Statement":[]}"#).is_ok());
        for bad in ["", "[]", "{", "{} {}", "{\"a\":\"\u{2028}\"}", &format!("{{\"a\":\"{}\"}}", "x".repeat(2048))] {
            assert!(policy(bad).is_err(), "{bad:.30?}");
        }
        assert!(policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess").is_ok());
        assert!(policy_arn("arn:aws-cn:iam::111122223333:policy/a/b").is_ok());
        for bad in
            ["ReadOnlyAccess", "arn:aws:iam::aws:role/x", "arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy/a b"]
        {
            assert!(policy_arn(bad).is_err(), "{bad:?}");
        }
        assert_eq!(list("a, b,,c", |part| Ok(part.to_owned())), Ok(vec!["a".to_owned(), "b".into(), "c".into()]));
    }

    fn tags(pairs: &[&str]) -> SessionTerms {
        SessionTerms { tags: pairs.iter().map(|pair| tag(pair).unwrap()).collect(), ..SessionTerms::default() }
    }

    #[test]
    fn tags_must_agree_with_each_other() {
        assert_eq!(tags(&["a=1", "b=2"]).check_together(), Ok(()));
        assert!(tags(&["a=1", "A=2"]).check_together().unwrap_err().contains("twice"));
        let mut transitive = tags(&["a=1"]);
        transitive.transitive_tags = vec!["A".into()];
        assert_eq!(transitive.check_together(), Ok(()));
        transitive.transitive_tags = vec!["b".into()];
        assert!(transitive.check_together().unwrap_err().contains("`b`"));
    }

    #[test]
    fn p6_policies_of_the_command_line_take_the_place_of_the_profile_s() {
        let mut own = SessionTerms { policy_arns: vec!["of-the-profile".into()], ..tags(&["team=a", "x=1"]) };
        let over = SessionTerms { policy: Some("{}".into()), external_id: Some("e7".into()), ..tags(&["Team=b"]) };
        own.lay_over(&over);
        assert_eq!((own.policy.as_deref(), own.policy_arns.len()), (Some("{}"), 0));
        assert_eq!(own.tags, tags(&["x=1", "Team=b"]).tags);
        assert_eq!(own.external_id.as_deref(), Some("e7"));
        own.lay_over(&SessionTerms::default());
        assert_eq!(own.policy.as_deref(), Some("{}"));
    }
}
