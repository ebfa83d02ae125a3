//! `awsenv completions SHELL`, and the completion engine itself.

pub mod candidates;
mod shells;
mod words;

use clap::CommandFactory;
use clap_complete::{
    ArgValueCandidates, CompletionCandidate,
    env::{CompleteEnv, Elvish, EnvCompleter, Fish, Shells, Zsh},
};

use self::shells::Scripted;
use super::{Done, Run};
use crate::{
    cli::Cli,
    edge::host::Host,
    error::{CommandError, Kind},
    shell::Shell,
};

/// Print the completion script for a shell; `awsenv init` includes it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Verbs, options, profiles, regions, classes and accounts are completed from the files at the moment \
    of completion; no network is asked, and nothing in a name is run."
)]
pub struct Args {
    /// bash, zsh, fish, tcsh, elvish, nu, xonsh or pwsh
    #[arg(add = ArgValueCandidates::new(names))]
    shell: String,
}

/// The variable by which the shell's script calls the engine.
///
/// Not `COMPLETE`, the engine's usual one: a variable of that name may be there for another reason, and the answer to it is
/// no code for a shell that switches.
const VARIABLE: &str = "_AWSENV_COMPLETE";

/// How each shell asks. The engine's own scripts where they are right for every name; `shells` says what is wrong with
/// the others.
const SHELLS: &[&dyn EnvCompleter] =
    &[&Zsh, &Fish, &Elvish, &Scripted::BASH, &Scripted::POWERSHELL, &Scripted::NU, &Scripted::XONSH, &Scripted::TCSH];

/// Prints the script.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let shells = Shells(SHELLS);
    let completer = shells.completer(&args.shell).ok_or_else(|| {
        let known = <Shell as clap::ValueEnum>::from_str(&args.shell, false).is_ok();
        let why = if known { "has no programmable completion" } else { "is no shell that awsenv knows" };
        let names = shells.names().collect::<Vec<_>>().join(", ");
        CommandError::usage(format!("`{}` {why}", args.shell)).hint(format!("There are completions for {names}."))
    })?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "awsenv", "awsenv", "awsenv", &mut script)
        .and_then(|()| run.host.stdout.write_all(&script))
        .map_err(|error| CommandError::new(Kind::Internal, "writing the completion script failed").because(error))?;
    Ok(Done::Code(0))
}

/// The shells that have completions.
fn names() -> Vec<CompletionCandidate> {
    Shells(SHELLS).names().map(CompletionCandidate::new).collect()
}

/// Answers a shell that asks for completions. False where none does.
pub fn complete(host: &mut Host) -> bool {
    if host.var_os(VARIABLE).is_none() || host.args().get(1).is_none_or(|arg| arg != "--") {
        return false;
    }
    let mut args = host.args().to_vec();
    if args.len() == 2 {
        // Tcsh gives the line in a variable; without any word the engine would print a script.
        args.push("awsenv".into());
    }
    let current_dir = host.cwd();
    let engine = CompleteEnv::with_factory(Cli::command).var(VARIABLE).shells(Shells(SHELLS));
    // A shell that asked must not get a verb's output in place of words: whatever is wrong, there are none.
    let _ = engine.try_complete(args, current_dir.as_deref());
    true
}
