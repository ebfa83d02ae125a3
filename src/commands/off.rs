//! `awsenv off`.

use super::{Done, Run};
use crate::{
    core::{exports, user_env::UserEnv},
    error::CommandError,
    shell::Shell,
};

/// Leave the account: clear all that `use` set, and put back what the shell held before
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell that evaluates the output: sh, dash, ksh, mksh, bash, zsh or fish; without it the parent process tells
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
    let change = exports::off(&UserEnv::new(&lookup));
    Ok(Done::Emit { change, talk: "awsenv: off; this shell holds no account of awsenv's any more\n".to_owned() })
}
