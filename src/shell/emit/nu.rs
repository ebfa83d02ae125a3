//! Nushell: data, and no code at all.
//!
//! ```text
//! {"set":{"B":"…"},"status":0,"unset":["A"]}
//! ```

use serde_json::{Map, Value, json};

use crate::core::env_change::EnvChange;

/// The object, with its newline.
pub(super) fn nu(change: &EnvChange) -> String {
    let pairs = change.set.iter().map(|(name, value)| (name.clone(), Value::from(value.text())));
    let set: Map<String, Value> = pairs.collect();
    format!("{}\n", json!({"unset": change.unset, "set": set, "status": change.status}))
}
