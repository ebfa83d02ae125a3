//! `awsenv logout`.

#[cfg(feature = "aws")]
mod sign_out;

#[cfg(feature = "aws")]
use clap_complete::ArgValueCompleter;

#[cfg(feature = "aws")]
use super::completions::candidates;
use super::{Done, Run, report, shelves};
use crate::error::{CommandError, Kind};

/// Sign out of Identity Center, and remove the sessions that are kept between runs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A shell keeps what it holds: `awsenv off` takes it out. AWS itself lets sessions live until they end."
)]
pub struct Args {
    /// Profile or sso-session to sign out of
    #[cfg(feature = "aws")]
    #[arg(
        value_name = "PROFILE|SSO-SESSION",
        required_unless_present = "all",
        add = ArgValueCompleter::new(candidates::sign_ins)
    )]
    name: Option<String>,
    /// The name is that of an sso-session, even if a profile has it, too
    #[cfg(feature = "aws")]
    #[arg(long, requires = "name")]
    sso_session: bool,
    /// All sign-ins, those of the AWS CLI too, and all sessions of every profile
    #[arg(long)]
    #[cfg_attr(feature = "aws", arg(conflicts_with = "name"))]
    all: bool,
}

/// Removes them.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    #[cfg(feature = "aws")]
    if let Some(name) = &args.name {
        return sign_out::one(run, name, args.sso_session);
    }
    if !args.all {
        return Err(CommandError::new(Kind::Usage, "logout needs --all"));
    }
    // What cannot be removed does not keep the rest.
    let removed = shelves::remove_all(run).map(|count| say_removed(run, count));
    #[cfg(feature = "aws")]
    let removed = removed.and(sign_out::all(run));
    removed.map(|()| Done::Code(0))
}

fn say_removed(run: &mut Run<'_>, count: usize) {
    if !run.global.quiet {
        let plural = if count == 1 { "session" } else { "sessions" };
        report::talk(run.host, &format!("awsenv: {count} kept {plural} removed\n"));
    }
}
