//! `awsenv renew`.

use super::{
    Done, Run,
    access::AccessArgs,
    use_profile::{self, EmitArgs},
};
use crate::{
    core::{percent, variables::PROFILE},
    error::CommandError,
};

/// Get fresh credentials for the profile that this shell is in
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    emit: EmitArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// The same profile again.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let profile = run.host.hint(PROFILE).and_then(|profile| percent::decode(&profile)).ok_or_else(|| {
        CommandError::usage("this shell is in no profile that could be renewed").hint("Name one: `awsenv use PROFILE`.")
    })?;
    use_profile::switch(run, &profile, &args.emit, &args.access)
}
