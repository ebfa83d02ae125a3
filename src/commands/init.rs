//! `awsenv init SHELL`.

use super::{Done, Run};
use crate::{
    core::exports,
    error::{CommandError, Kind},
    shell::{self, Shell, verbs},
};

/// Print the shell function, prompt hook and completions for your rc file
#[derive(Debug, clap::Args)]
#[command(after_help = "bash and zsh:  eval \"$(awsenv init bash)\"      in ~/.bashrc or, with zsh, in ~/.zshrc\n\
    fish:          awsenv init fish | source        in ~/.config/fish/config.fish\n\
    POSIX shells:  eval \"$(awsenv init sh)\"        in the file that $ENV names")]
pub struct Args {
    /// sh, dash, ksh, mksh, bash, zsh, fish, tcsh, elvish, nu, xonsh or pwsh
    #[arg(hide_possible_values = true)]
    shell: Shell,
    /// Tell the shell's function whether it must evaluate what these words print
    #[arg(long, hide = true)]
    find: bool,
    #[arg(last = true, hide = true, requires = "find")]
    words: Vec<String>,
}

/// Prints it.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    if args.find {
        let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
        let answer = verbs::place(&words).map_or_else(|| "pass 0\n".to_owned(), |at| format!("switch {at}\n"));
        super::report::print(run.host, &answer)?;
        return Ok(Done::Code(0));
    }
    // The function's own copy of the refusal must serve in any environment: it saves nothing of this one.
    let refusal = exports::bare_refusal(Kind::Internal.exit_code());
    let text = shell::init::init(args.shell, &refusal, "awsenv").map_err(CommandError::from_parts)?;
    super::report::print(run.host, &text)?;
    Ok(Done::Code(0))
}
