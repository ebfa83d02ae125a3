//! Buildkite's agent, which keeps the job's environment and hides secrets in its log.

use std::{process::Command, time::Duration};

use zeroize::Zeroizing;

use super::process::{RunError, run_fed};
use crate::error::{Kind, Known};

/// How long the agent may take for one call: it only talks to the agent that runs the job.
const LIMIT: Duration = Duration::from_secs(30);

/// The agent did not do what it was told.
#[derive(Debug, thiserror::Error)]
#[error("`buildkite-agent {asked}` {source}")]
pub struct AgentError {
    asked: String,
    source: RunError,
}

impl Known for AgentError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn hints(&self) -> Vec<String> {
        vec!["Later phases need the agent's `redactor` and `env` (3.115 or newer) on the PATH; `awsenv exec` needs neither.".to_owned()]
    }
}

/// Hides the values of a JSON object from now on.
pub fn redact(json: String) -> Result<(), AgentError> {
    agent(&["redactor", "add", "--format", "json"], json)
}

/// Removes the variables of a JSON array from the job's environment.
pub fn unset(json: String) -> Result<(), AgentError> {
    agent(&["env", "unset", "--input-format", "json", "--output-format", "quiet", "-"], json)
}

/// Sets the variables of JSON objects, one a line, in the job's environment.
pub fn set(json: String) -> Result<(), AgentError> {
    agent(&["env", "set", "--input-format", "json", "--output-format", "quiet", "-"], json)
}

/// Shows Markdown above the build.
pub fn annotate(style: &str, markdown: String) -> Result<(), AgentError> {
    agent(&["annotate", "--style", style, "--context", "awsenv"], markdown)
}

#[expect(clippy::disallowed_methods, reason = "the agent needs the job's own environment to find itself")]
fn agent(arguments: &[&str], input: String) -> Result<(), AgentError> {
    let mut command = Command::new("buildkite-agent");
    command.args(arguments);
    // What it says may repeat what it was given.
    let ran = run_fed(command, Some(Zeroizing::new(input)), LIMIT, &mut |_| {});
    let failed = |source| AgentError { asked: arguments[..arguments.len().min(2)].join(" "), source };
    ran.map(drop).map_err(failed)
}
