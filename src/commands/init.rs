//! `awsenv init SHELL`.

use super::{Done, Run};
use crate::{
    core::exports,
    error::{CommandError, Kind},
    shell::{self, Shell},
};

/// Print the shell function, prompt hook and completions for your rc file
#[derive(Debug, clap::Args)]
#[command(after_help = "bash and zsh:  eval \"$(awsenv init bash)\"      in ~/.bashrc or, with zsh, in ~/.zshrc\n\
    fish:          awsenv init fish | source        in ~/.config/fish/config.fish\n\
    POSIX shells:  eval \"$(awsenv init sh)\"        in the file that $ENV names")]
pub struct Args {
    /// sh, dash, ksh, mksh, bash, zsh or fish
    #[arg(hide_possible_values = true)]
    shell: Shell,
}

/// Prints it.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    // The function's own copy of the refusal must serve in any environment: it saves nothing of this one.
    let refusal = exports::bare_refusal(Kind::Internal.exit_code());
    let text = shell::init::init(args.shell, &refusal, "awsenv").map_err(CommandError::from_parts)?;
    super::report::print(run.host, &text)?;
    Ok(Done::Code(0))
}
