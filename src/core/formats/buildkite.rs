//! Buildkite: what its agent reads on standard input, one JSON value a line.

use serde_json::json;

use super::FormatError;
use crate::core::env_change::{EnvChange, Value};

/// For `buildkite-agent redactor add --format json`.
pub fn secrets(change: &EnvChange) -> String {
    let secrets = change.set.iter().filter(|(_, value)| matches!(value, Value::Secret(_)));
    let object: serde_json::Map<_, _> = secrets.map(|(name, value)| (name.clone(), value.text().into())).collect();
    format!("{}\n", json!(object))
}

/// For `buildkite-agent env unset --input-format json -`.
pub fn unset(change: &EnvChange, is_set: &dyn Fn(&str) -> bool) -> String {
    format!("{}\n", json!(super::emptied(change, is_set)))
}

/// For `buildkite-agent env set --input-format json -`. A line for each variable: the agent reads lines of up to 64 KiB.
pub fn set(change: &EnvChange) -> Result<String, FormatError> {
    super::check(change)?;
    Ok(change.set.iter().map(|(name, value)| format!("{}\n", json!({ name: value.text() }))).collect())
}
