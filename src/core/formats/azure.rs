//! Azure Pipelines: logging commands on standard output.

use super::{FormatError, emptied};
use crate::core::{
    ci::vso,
    env_change::{EnvChange, Value},
};

/// Hides the secrets, then sets the variables of the job. A secret one reaches a later step only where that maps it:
/// `env: { AWS_SECRET_ACCESS_KEY: $(AWS_SECRET_ACCESS_KEY) }`. So that the same lines are right with and without a token,
/// there is always one, maybe empty: an unknown name in them stays as it stands.
pub fn commands(change: &EnvChange, is_set: &dyn Fn(&str) -> bool) -> Result<String, FormatError> {
    super::check(change)?;
    let is_secret = |value: &Value| matches!(value, Value::Secret(_));
    let secrets = change.set.iter().filter(|(_, value)| is_secret(value));
    let mut text: String = secrets.map(|(_, value)| vso("task.setsecret", "", value.text())).collect();
    let mut emptied = emptied(change, is_set);
    let token = "AWS_SESSION_TOKEN";
    if !emptied.contains(&token) && !change.set.iter().any(|(name, _)| name == token) {
        emptied.push(token);
    }
    for name in emptied {
        text.push_str(&vso("task.setvariable", &format!("variable={name}"), ""));
    }
    for (name, value) in &change.set {
        let secret = if is_secret(value) { ";issecret=true" } else { "" };
        text.push_str(&vso("task.setvariable", &format!("variable={name}{secret}"), value.text()));
    }
    Ok(text)
}
