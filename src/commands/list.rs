//! `awsenv list`.
use super::{Done, Run};
use crate::error::CommandError;

/// List the profiles with source, region, pinned account and role; no network is asked
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Lists.
pub fn run(_run: &mut Run<'_>, _args: &Args) -> Result<Done, CommandError> {
    Ok(Done::Code(0))
}
