//! Facts about the account for programs that must not get credentials: their files are archived, shown or committed.

use serde_json::{Value, json};

use super::{FormatError, facts};
use crate::core::{context::Context, env_change::EnvChange, palette::black_is_readable};

/// What GitLab takes.
const GITLAB_MAX: usize = 5 << 10;

/// A dotenv report, which anybody who may see the job can download. GitLab knows no quotes, and no spaces in values.
pub fn gitlab(change: &EnvChange) -> Result<String, FormatError> {
    super::check(change)?;
    let text: String = facts(change).map(|(name, value)| format!("{name}={}\n", value.replace(' ', "%20"))).collect();
    if text.len() > GITLAB_MAX { Err(FormatError::TooLong) } else { Ok(text) }
}

/// A properties file, as `readProperties` and EnvInject read it. The values are percent-encoded: nothing to escape.
pub fn jenkins(change: &EnvChange) -> Result<String, FormatError> {
    super::check(change)?;
    Ok(facts(change).map(|(name, value)| format!("{name}={}\n", value.replace('\\', "\\\\"))).collect())
}

/// The argument of Terraform's AWS provider that stops it in any other account.
pub fn terraform(context: &Context) -> String {
    format!("allowed_account_ids = [\"{}\"]\n", context.account_id())
}

/// Visual Studio Code's window in the account's colour, with the account in its title; Peacock takes the colour over.
pub fn peacock(context: &Context, change: &EnvChange) -> Value {
    let fill = context.account.color;
    let ink = if black_is_readable(fill) { "#000000" } else { "#ffffff" };
    let fill = fill.to_string();
    // Percent-encoded: the editor replaces `${…}` in titles.
    let title = facts(change).find(|(name, _)| *name == "AWSENV_BANNER").map_or("", |(_, value)| value);
    let mut colors = json!({});
    for part in ["titleBar.active", "titleBar.inactive", "activityBar.", "statusBar."] {
        let name = |what: &str| match part.strip_suffix('.') {
            Some(bar) => format!("{bar}.{}", what.to_lowercase()),
            None => format!("{part}{what}"),
        };
        colors[name("Background")] = fill.as_str().into();
        colors[name("Foreground")] = ink.into();
    }
    json!({
        "peacock.color": fill,
        "window.title": format!("{title} - ${{activeEditorShort}}${{separator}}${{rootName}}"),
        "workbench.colorCustomizations": colors,
    })
}
