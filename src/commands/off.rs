//! `awsenv off`.

use super::{Done, Run};
use crate::{
    core::{exports, user_env::UserEnv},
    error::CommandError,
    shell::{EmitError, Shell},
};

/// Leave the account: clear all that `use` set, and put back what the shell held before, but for keys
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell that evaluates the output: sh, dash, ksh, mksh, bash, zsh, fish, tcsh, elvish, nu, xonsh, pwsh or cmd; without it the parent process tells
    #[arg(long, hide_possible_values = true)]
    shell: Option<Shell>,
    /// Print the code even though standard output is a terminal
    #[arg(long)]
    print: bool,
}

/// Clears and restores.
pub fn run(run: &mut Run<'_>, _: &Args) -> Result<Done, CommandError> {
    super::settings::needs_a_shell(run, "off")?;
    let lookup = |name: &str| run.host.hint(name);
    let mut change = exports::off(&UserEnv::new(&lookup));
    let mut talk = String::new();
    // A value that this shell cannot be given safely must not keep the user in the account.
    if let Some(emission) = run.emission {
        while let Err(EmitError::Pattern(name) | EmitError::Control(name)) = emission.render(&change) {
            change.set.retain(|(set, _)| *set != name);
            talk.push_str(&format!(
                "awsenv: {name} is not put back: its value holds what a shell could take for code\n"
            ));
        }
    }
    talk.push_str("awsenv: off; this shell holds no account of awsenv's any more\n");
    Ok(Done::Emit { change, talk })
}
