//! `awsenv logout`.

use super::{Done, Run, report, shelves};
use crate::error::{CommandError, Kind};

/// Remove the sessions that are kept between runs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A shell keeps what it holds: `awsenv off` takes it out. AWS itself lets sessions live until they end."
)]
pub struct Args {
    /// All sessions, of every profile
    #[arg(long, required = true)]
    all: bool,
}

/// Removes them.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    if !args.all {
        return Err(CommandError::new(Kind::Usage, "logout needs --all"));
    }
    let count = shelves::remove_all(run)?;
    if !run.global.quiet {
        let plural = if count == 1 { "session" } else { "sessions" };
        report::talk(run.host, &format!("awsenv: {count} kept {plural} removed\n"));
    }
    Ok(Done::Code(0))
}
