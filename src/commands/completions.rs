//! `awsenv completions SHELL`, and the completion engine itself.

use clap::CommandFactory;
use clap_complete::{CompletionCandidate, env::CompleteEnv};

use super::{Done, Run};
use crate::{
    cli::Cli,
    core::percent,
    edge::{aws_files::AwsFiles, host::Host},
    error::{CommandError, Kind},
    shell::{Shell, quote::quote},
};

/// Print the completion script for a shell; `awsenv init` includes it
#[derive(Debug, clap::Args)]
#[command(after_help = "Profiles are completed from the files at the moment of completion; no network is asked.")]
pub struct Args {
    /// bash, zsh or fish
    #[arg(hide_possible_values = true)]
    shell: Shell,
}

/// The variable by which the shell's script calls the engine.
///
/// Not `COMPLETE`, the engine's usual one: a variable of that name may be there for another reason, and the answer to it is
/// no code for a shell that switches.
const VARIABLE: &str = "_AWSENV_COMPLETE";

/// Set by bash's script alone; the engine takes [`VARIABLE`] away before it asks for the profiles.
const OF_BASH: &str = "_CLAP_COMPLETE_COMP_TYPE";

/// Prints the script.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let shells = clap_complete::env::Shells::builtins();
    let completer = shells.completer(args.shell.name()).ok_or_else(|| {
        CommandError::usage(format!("{} has no programmable completion", args.shell)).hint("Use bash, zsh or fish.")
    })?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "awsenv", "awsenv", "awsenv", &mut script)
        .and_then(|()| run.host.stdout.write_all(&script))
        .map_err(|error| CommandError::new(Kind::Internal, "writing the completion script failed").because(error))?;
    Ok(Done::Code(0))
}

/// Answers a shell that asks for completions. False where none does.
pub fn complete(host: &mut Host) -> bool {
    if host.var_os(VARIABLE).is_none() || host.args().get(1).is_none_or(|arg| arg != "--") {
        return false;
    }
    let args = host.args().to_vec();
    let current_dir = host.cwd();
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).try_complete(args, current_dir.as_deref()).unwrap_or(false)
}

/// Profiles whose names begin with what is typed. Files only.
pub fn profiles(current: &std::ffi::OsStr) -> Vec<CompletionCandidate> {
    let host = Host::real();
    let (Some(current), Ok(files)) = (current.to_str(), AwsFiles::locate(&host)) else { return Vec::new() };
    let bash = host.var_os(OF_BASH).is_some();
    let names = files.names().unwrap_or_default();
    let fitting = names.into_iter().filter(|name| name.starts_with(current) && !name.contains(char::is_control));
    fitting.map(|name| CompletionCandidate::new(if bash { word_of_bash(&name) } else { name })).collect()
}

/// The name as one word: bash puts what it completes on the command line as it stands, where a name such as
/// `$(command)` would run (promise P5). The other shells quote it themselves.
fn word_of_bash(name: &str) -> String {
    let plain = percent::encode_profile(name) == name;
    if plain { name.to_owned() } else { quote(Shell::Bash, name) }
}
