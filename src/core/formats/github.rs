//! GitHub Actions: the files that its runner reads after each step.

use super::{FormatError, emptied, facts};
use crate::core::{ci::mask, credentials::Credentials, env_change::EnvChange};

/// The lines that hide the credentials in every log from now on. The key ID, too: those who look for leaks look for it.
pub fn masks(credentials: &Credentials, change: &EnvChange) -> String {
    let secret = |(name, value): &(String, crate::core::env_change::Value)| {
        ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].contains(&name.as_str()).then(|| mask(value.text()))
    };
    change.set.iter().filter_map(secret).chain([mask(&credentials.access_key_id)]).collect()
}

/// For `GITHUB_ENV`: the variables, and an empty value for each that is to be none.
pub fn env(change: &EnvChange, is_set: &dyn Fn(&str) -> bool, delimiter: &str) -> Result<String, FormatError> {
    super::check(change)?;
    let emptied = emptied(change, is_set).into_iter().map(|name| (name, ""));
    let set = change.set.iter().map(|(name, value)| (name.as_str(), value.text()));
    emptied.chain(set).map(|(name, value)| block(name, value, delimiter)).collect()
}

/// For `GITHUB_OUTPUT`: the facts, as `account_id`, `class` and so on.
pub fn outputs(change: &EnvChange, delimiter: &str) -> Result<String, FormatError> {
    super::check(change)?;
    let name = |name: &str| name.trim_start_matches("AWSENV_").to_lowercase();
    facts(change).map(|(variable, value)| block(&name(variable), value, delimiter)).collect()
}

/// For `GITHUB_STEP_SUMMARY`: one line of Markdown. The value is percent-encoded, so it does not end the code.
pub fn summary(change: &EnvChange) -> String {
    let banner = facts(change).find(|(name, _)| *name == "AWSENV_BANNER").map_or("", |(_, value)| value);
    format!("AWS account: `{}`\n\n", banner.replace('`', "%60"))
}

/// The form for values of any content. An empty value has no line.
fn block(name: &str, value: &str, delimiter: &str) -> Result<String, FormatError> {
    if name.contains(delimiter) || value.contains(delimiter) {
        return Err(FormatError::Control(name.to_owned()));
    }
    let end = if value.is_empty() { "" } else { "\n" };
    Ok(format!("{name}<<{delimiter}\n{value}{end}{delimiter}\n"))
}
