//! Credentials on standard output, for programs that read them there.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::FormatError;
use crate::core::{
    banner,
    context::{Context, Unverified},
    credentials::{Credentials, rfc3339},
    env_change::{EnvChange, Value as Exported},
};

/// The output of a `credential_process`, and beside it what was verified.
pub fn json(
    credentials: &Credentials,
    change: &EnvChange,
    context: Result<&Context, &Unverified>,
    now: Timestamp,
) -> Value {
    let value = |name: &str| change.set.iter().find(|(set, _)| set == name).map(|(_, value)| value.text());
    let mut json = json!({
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": value("AWS_SECRET_ACCESS_KEY"),
    });
    let more = [
        ("SessionToken", value("AWS_SESSION_TOKEN").map(str::to_owned)),
        ("Expiration", credentials.expires.map(rfc3339)),
        ("AccountId", context.ok().map(|context| context.account_id().to_string())),
        ("Region", value("AWS_REGION").map(str::to_owned)),
    ];
    // An SDK takes a null for a value of the wrong type: what there is not has no key.
    for (name, text) in more {
        if let Some(text) = text {
            json[name] = text.into();
        }
    }
    json["awsenv"] = match context {
        Ok(context) => banner::json(context, now),
        Err(unverified) => banner::unverified_json(unverified, now),
    };
    json
}

/// One line for each variable, never quoted: for readers that take a line as it stands.
pub fn env(change: &EnvChange) -> Result<String, FormatError> {
    super::check(change)?;
    Ok(change.set.iter().map(|(name, value)| format!("{name}={}\n", value.text())).collect())
}

/// The same with single quotes around what is more than a word. What readers of such files agree on is no more than that.
pub fn dotenv(change: &EnvChange) -> Result<String, FormatError> {
    super::check(change)?;
    let line = |(name, value): &(String, Exported)| {
        let text = value.text();
        if text.contains(['\'', '\\']) {
            return Err(FormatError::Quote(name.clone()));
        }
        let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/@:+=,%-".contains(&byte));
        let quote = if is_word { "" } else { "'" };
        Ok(format!("{name}={quote}{text}{quote}\n"))
    };
    change.set.iter().map(line).collect()
}
