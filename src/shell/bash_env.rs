//! Code for the file that bash reads before every script (`BASH_ENV`), by which CircleCI carries variables to later steps.
//!
//! Every bash that a step starts reads the file again, also one that `awsenv exec production --` started, or one that runs
//! after `awsenv use`: it must not put the account of the file over theirs. So the first bash of a step, which finds no mark
//! in its environment, leaves one there; whoever finds a mark that is not of its own takes nothing from the file. Nor does
//! who is in an account already, or in none after a refusal.

use super::{EmitError, Shell, render};
use crate::core::{credentials::REFUSED_KEY_ID, env_change::EnvChange, variables::CONTEXT};

/// The mark.
pub const MARK: &str = "AWSENV_BASH_ENV";

/// Code that makes this change in the first bash of each later step, and in no other. It succeeds whatever the change's
/// status is: with `set -e`, which CircleCI gives its steps, even one that uploads the logs would end otherwise.
pub fn render_for_later(change: &EnvChange) -> Result<String, EmitError> {
    let code = render(Shell::Bash, change)?;
    let code = code.trim_end();
    // The variable in small letters is not exported: it is there only for the rest of the file.
    Ok(format!(
        "if [ -z \"${{{MARK}-}}${{{CONTEXT}-}}\" ] && [ \"${{AWS_ACCESS_KEY_ID-}}\" != {REFUSED_KEY_ID} ] \
         || [ -n \"${{awsenv_bash_env-}}\" ]; then export {MARK}=1; awsenv_bash_env=1; {code} || :; fi\n"
    ))
}
