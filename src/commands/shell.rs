//! `awsenv shell NAME`: the old awsenv's verb.

use super::{Done, Run, access::AccessArgs, use_profile};
use crate::error::CommandError;

/// The same as `use NAME --print`, for those who come from the first awsenv
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Profile
    #[arg(add = clap_complete::ArgValueCompleter::new(super::completions::candidates::profiles))]
    name: String,
    #[command(flatten)]
    access: AccessArgs,
}

/// Prints the code of a switch.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    use_profile::switch(run, &args.name, &use_profile::EmitArgs::default(), &args.access)
}
