//! `awsenv init SHELL`.

use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};

use super::{Done, Run};
use crate::{
    core::exports,
    error::{CommandError, Kind},
    shell::{self, Shell, recipes::Engine, verbs},
};

/// Print the shell function, prompt hook and completions for your rc file
#[derive(Debug, clap::Args)]
#[command(after_help = "bash and zsh:  eval \"$(awsenv init bash)\"      in ~/.bashrc or, with zsh, in ~/.zshrc\n\
    fish:          awsenv init fish | source        in ~/.config/fish/config.fish\n\
    POSIX shells:  eval \"$(awsenv init sh)\"        in the file that $ENV names\n\
    tcsh:          awsenv init tcsh >! ~/.awsenv.tcsh; source ~/.awsenv.tcsh    in ~/.tcshrc\n\
    elvish:        eval (awsenv init elvish | slurp)    in ~/.config/elvish/rc.elv\n\
    nushell:       awsenv init nu | save --force ($nu.default-config-dir | path join autoload/awsenv.nu)\n\
    xonsh:         execx($(awsenv init xonsh))   in ~/.xonshrc\n\
    PowerShell:    Invoke-Expression (& awsenv init pwsh | Out-String)    in $PROFILE\n\n\
    A prompt engine, or a prompt of your own, shows the account by a recipe: `awsenv init --prompt ENGINE` prints it, with \
    the place where it goes, for starship, oh-my-posh, powerlevel10k, spaceship, tide, pure, tmux (its status line) \
    and ps1 (the shells' own prompt variables)")]
pub struct Args {
    /// sh, dash, ksh, mksh, bash, zsh, fish, tcsh, elvish, nu, xonsh or pwsh
    #[arg(value_parser = shells(), hide_possible_values = true, required_unless_present = "prompt", conflicts_with = "prompt")]
    shell: Option<Shell>,
    /// Print the recipe for a prompt engine instead
    #[arg(long, value_name = "ENGINE", hide_possible_values = true)]
    prompt: Option<Engine>,
    /// Tell the shell's function whether it must evaluate what these words print
    #[arg(long, hide = true)]
    find: bool,
    #[arg(last = true, hide = true, requires = "find")]
    words: Vec<String>,
}

/// The shells that a function can be made for: cmd.exe has none that could take it.
fn shells() -> impl TypedValueParser<Value = Shell> {
    let shells = Shell::value_variants().iter().filter(|shell| **shell != Shell::Cmd);
    PossibleValuesParser::new(shells.filter_map(Shell::to_possible_value)).try_map(|name| Shell::from_str(&name, false))
}

/// Prints it.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    if args.find {
        let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
        let answer = verbs::place(&words).map_or_else(|| "pass 0\n".to_owned(), |at| format!("switch {at}\n"));
        super::report::print(run.host, &answer)?;
        return Ok(Done::Code(0));
    }
    if let Some(engine) = args.prompt {
        super::report::print(run.host, engine.recipe())?;
        return Ok(Done::Code(0));
    }
    let Some(shell) = args.shell else {
        return Err(CommandError::usage("neither a shell nor a prompt engine is named"));
    };
    // The function's own copy of the refusal must serve in any environment: it saves nothing of this one.
    let refusal = exports::bare_refusal(Kind::Internal.exit_code());
    let text = shell::init::init(shell, &refusal, "awsenv").map_err(CommandError::from_parts)?;
    super::report::print(run.host, &text)?;
    Ok(Done::Code(0))
}
