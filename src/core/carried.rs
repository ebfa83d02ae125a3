//! The context that travels in the environment: `AWSENV_CONTEXT`.
//!
//! A prompt knows an account only from here, together with the key ID that the account was verified for: where the
//! environment now holds another key, the account shown would be a lie (promise P3).
//!
//! Form: `1` and then `,name=value` for each field that is known, values percent-encoded. A reader ignores names that it
//! does not know, and takes a text of another version, or one that it cannot read, as no context at all.

use super::{
    asked::Asked,
    config::OnExpiry,
    context::{Context, Unverified},
    percent::{decode, encode_profile},
    registry::Color,
};

/// What the environment carries of a context. Texts are raw: make them safe before showing them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Key ID that the rest is true of; `None` in profile mode.
    pub key: Option<String>,
    /// Profile, where one was named.
    pub profile: Option<String>,
    /// 12 digits. `None` where nobody verified.
    pub account: Option<String>,
    /// The best name for the account.
    pub name: Option<String>,
    /// Class.
    pub class: Option<String>,
    /// `rrggbb`.
    pub color: Option<String>,
    /// The signals asked for, as words: `title+cursor`.
    pub signals: Option<String>,
    /// The background asked for, `rrggbb`.
    pub tint: Option<String>,
    /// Role, permission set, or user.
    pub role: Option<String>,
    /// `read-only` where the session was narrowed to that.
    pub access: Option<String>,
    /// Exported region.
    pub region: Option<String>,
    /// End of the credentials, Unix seconds.
    pub expires: Option<i64>,
    /// What the hook does at that end.
    pub on_expiry: OnExpiry,
    /// Host of an STS endpoint that is not AWS's.
    pub endpoint: Option<String>,
    /// What the switch was asked for with, for `renew` and `use -`.
    pub asked: Asked,
}

const VERSION: &str = "1";
const KEEP: &str = "keep";
const READ_ONLY: &str = "read-only";

impl Carried {
    /// What a verified context carries. `key` is left out in profile mode, where the shell holds no key.
    pub fn of(context: &Context, keys: bool, on_expiry: OnExpiry) -> Self {
        let request = &context.request;
        Self {
            key: keys.then(|| request.access_key_id.clone()),
            profile: request.profile.clone(),
            account: Some(context.account_id().to_string()),
            name: context.display_name().map(str::to_owned),
            class: Some(context.account.class.clone()),
            color: Some(digits(context.account.color)),
            signals: context.account.signals.words(),
            tint: context.account.signals.background.map(digits),
            role: Some(context.verified.identity.principal.short_name().to_owned()),
            access: request.narrowed.then(|| READ_ONLY.to_owned()),
            region: request.region.as_ref().map(ToString::to_string),
            expires: request.expires.filter(|_| keys).map(|end| end.as_second()),
            on_expiry,
            endpoint: context.verified.foreign_endpoint.clone(),
            asked: request.asked.clone(),
        }
    }

    /// What credentials carry that nobody verified: no account, name, class or colour.
    pub fn of_unverified(unverified: &Unverified, keys: bool, on_expiry: OnExpiry) -> Self {
        let request = &unverified.request;
        Self {
            key: keys.then(|| request.access_key_id.clone()),
            profile: request.profile.clone(),
            region: request.region.as_ref().map(ToString::to_string),
            expires: request.expires.filter(|_| keys).map(|end| end.as_second()),
            on_expiry,
            endpoint: unverified.foreign_endpoint.clone(),
            asked: request.asked.clone(),
            ..Self::default()
        }
    }

    /// The text for the environment.
    pub fn encode(&self) -> String {
        let expires = self.expires.map(|seconds| seconds.to_string());
        let at_end = (self.on_expiry == OnExpiry::Keep).then(|| KEEP.to_owned());
        let fields = [
            ("key", &self.key),
            ("profile", &self.profile),
            ("account", &self.account),
            ("name", &self.name),
            ("class", &self.class),
            ("color", &self.color),
            ("signals", &self.signals),
            ("tint", &self.tint),
            ("role", &self.role),
            ("access", &self.access),
            ("region", &self.region),
            ("expires", &expires),
            ("at-end", &at_end),
            ("endpoint", &self.endpoint),
        ];
        let asked = self.asked.fields();
        let mut text = VERSION.to_owned();
        for (name, value) in fields.into_iter().chain(asked.iter().map(|(name, value)| (*name, value))) {
            if let Some(value) = value {
                text.push_str(&format!(",{name}={}", encode_profile(value)));
            }
        }
        text
    }

    /// Whether it says of credentials with this key ID that they were narrowed to read-only. Good for showing; no guard
    /// builds on it, since the environment is anybody's.
    pub fn says_read_only(&self, access_key_id: &str) -> bool {
        self.access.is_some() && self.key.as_deref() == Some(access_key_id)
    }

    /// Reads the text back.
    pub fn decode(text: &str) -> Option<Self> {
        let mut fields = text.split(',');
        if fields.next() != Some(VERSION) {
            return None;
        }
        let mut carried = Self::default();
        for field in fields {
            let (name, value) = field.split_once('=')?;
            let value = decode(value)?;
            match name {
                "key" => carried.key = Some(value),
                "profile" => carried.profile = Some(value),
                "account" => carried.account = Some(value),
                "name" => carried.name = Some(value),
                "class" => carried.class = Some(value).filter(|class| is_class(class)),
                "color" => carried.color = Some(value),
                "signals" => carried.signals = Some(value),
                "tint" => carried.tint = Some(value),
                "role" => carried.role = Some(value),
                "access" if value == READ_ONLY => carried.access = Some(value),
                "region" => carried.region = Some(value),
                "expires" => carried.expires = Some(value.parse().ok()?),
                "at-end" if value == KEEP => carried.on_expiry = OnExpiry::Keep,
                "endpoint" => carried.endpoint = Some(value),
                _ => carried.asked.take(name, &value)?,
            }
        }
        Some(carried)
    }
}

/// A colour without the sign before it.
fn digits(color: Color) -> String {
    color.to_string().trim_start_matches('#').to_owned()
}

/// A class as the settings allow it.
fn is_class(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_survives_the_environment() {
        let carried = Carried {
            key: Some("ASIAIOSFODNN7EXAMPLE".into()),
            profile: Some("my prod, été=1".into()),
            account: Some("111122223333".into()),
            signals: Some("title+cursor".into()),
            tint: Some("300010".into()),
            access: Some("read-only".into()),
            expires: Some(1_790_000_000),
            on_expiry: OnExpiry::Keep,
            ..Carried::default()
        };
        let text = carried.encode();
        assert_eq!(
            text,
            "1,key=ASIAIOSFODNN7EXAMPLE,profile=my%20prod%2C%20%C3%A9t%C3%A9%3D1,account=111122223333,signals=title+cursor,tint=300010,access=read-only,expires=1790000000,at-end=keep"
        );
        assert_eq!(Carried::decode(&text), Some(carried));
    }

    #[test]
    fn p3_a_damaged_or_foreign_text_is_no_context() {
        for text in ["", "2,account=111122223333", "1,account", "1,expires=soon", "1,name=%ff"] {
            assert_eq!(Carried::decode(text), None, "{text}");
        }
        assert_eq!(Carried::decode("1,new=x"), Some(Carried::default()));
        assert_eq!(Carried::decode("1,access=\u{1b}[2J"), Some(Carried::default()));
    }

    #[test]
    fn p6_read_only_is_said_of_the_very_credentials() {
        let carried = Carried { key: Some("ASIAONE".into()), access: Some(READ_ONLY.into()), ..Carried::default() };
        assert!(carried.says_read_only("ASIAONE"));
        assert!(!carried.says_read_only("ASIATWO"));
        assert!(!Carried { access: None, ..carried }.says_read_only("ASIAONE"));
    }
}
