//! Credentials and facts in the forms that other programs and the later steps of a CI job take.
//!
//! All of them are made from the same [`EnvChange`] as a switch of a shell. A shell can unset a variable; the environment
//! that a CI keeps for later steps often cannot: there an empty value has to do, and where a tool would not take it for an
//! unset one, nothing is handed over ([`cannot_unset`]).

pub mod azure;
pub mod buildkite;
pub mod facts;
pub mod github;
pub mod plain;

use super::{
    ci::Ci,
    env_change::EnvChange,
    variables::{CONTEXT, EXPIRED, OURS, PREVIOUS, SET},
};
use crate::error::{Kind, Known};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The JSON of credential_process, with what was verified
    Json,
    /// NAME=value lines, quoted where needed
    Dotenv,
    /// NAME=value lines, never quoted (docker run --env-file)
    Env,
    /// Later steps of a GitHub Actions job
    Github,
    /// A dotenv report for later GitLab jobs; facts, no credentials
    Gitlab,
    /// Later steps of an Azure Pipelines job
    Azure,
    /// Later steps of a CircleCI job
    Circleci,
    /// Later phases of a Buildkite job
    Buildkite,
    /// Properties for Jenkins; facts, no credentials
    Jenkins,
    /// The guard of Terraform's AWS provider; facts, no credentials
    Terraform,
    /// Visual Studio Code's settings in the account's colour; facts, no credentials
    Peacock,
}

/// Where a form goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goes {
    /// To standard output, with secrets.
    Secret,
    /// To standard output; nothing in it is secret.
    Facts,
    /// To what runs later in the job.
    Later,
}

impl Format {
    /// The form for this CI.
    pub fn of(ci: Ci) -> Option<Self> {
        match ci {
            Ci::GitHub => Some(Self::Github),
            Ci::GitLab => Some(Self::Gitlab),
            Ci::Azure => Some(Self::Azure),
            Ci::CircleCi => Some(Self::Circleci),
            Ci::Buildkite => Some(Self::Buildkite),
            Ci::Jenkins => Some(Self::Jenkins),
            Ci::Other => None,
        }
    }

    /// Where it goes.
    pub fn goes(self) -> Goes {
        match self {
            Self::Json | Self::Dotenv | Self::Env => Goes::Secret,
            Self::Gitlab | Self::Jenkins | Self::Terraform | Self::Peacock => Goes::Facts,
            Self::Github | Self::Azure | Self::Circleci | Self::Buildkite => Goes::Later,
        }
    }
}

/// What a form cannot carry. No variant holds a value, since it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// A line break or another control character.
    #[error("the value of {0} holds a control character")]
    Control(String),
    /// What this form has no quotes for.
    #[error("the value of {0} holds a quote or a backslash, which not every reader of dotenv files understands alike")]
    Quote(String),
    /// GitLab takes 5 KiB.
    #[error("the facts are longer than 5 KiB, which is more than GitLab takes")]
    TooLong,
}

impl Known for FormatError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn hints(&self) -> Vec<String> {
        vec!["Use `awsenv exec` instead, which needs no file.".to_owned()]
    }
}

/// The variables that hold facts about the account: neither credentials nor what only this environment can use.
pub fn facts(change: &EnvChange) -> impl Iterator<Item = (&str, &str)> {
    let is_fact = |name: &str| OURS.contains(&name) && ![CONTEXT, EXPIRED, SET, PREVIOUS].contains(&name);
    change.set.iter().filter(move |(name, _)| is_fact(name)).map(|(name, value)| (name.as_str(), value.text()))
}

/// Refuses values that would break out of their line.
pub fn check(change: &EnvChange) -> Result<(), FormatError> {
    let bad = change.set.iter().find(|(_, value)| value.text().chars().any(char::is_control));
    bad.map_or(Ok(()), |(name, _)| Err(FormatError::Control(name.clone())))
}

/// The variables that are set now, and should not be later.
pub fn emptied<'c>(change: &'c EnvChange, is_set: &dyn Fn(&str) -> bool) -> Vec<&'c str> {
    let mut names: Vec<&str> = Vec::new();
    for name in change.unset.iter().map(String::as_str) {
        if is_set(name) && !names.contains(&name) && !change.set.iter().any(|(set, _)| set == name) {
            names.push(name);
        }
    }
    names
}

/// A variable for which an empty value is not the same as none: the AWS CLI and boto3 take an empty profile for one named
/// "", and an empty region for one of no name.
pub fn cannot_unset<'c>(change: &'c EnvChange, is_set: &dyn Fn(&str) -> bool) -> Option<&'c str> {
    const STUBBORN: &[&str] = &["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"];
    emptied(change, is_set).into_iter().find(|name| STUBBORN.contains(name))
}

#[cfg(test)]
mod tests;
