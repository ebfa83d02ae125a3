//! `awsenv renew`.

use super::{
    Done, Run,
    access::AccessArgs,
    use_profile::{self, EmitArgs},
};
use crate::error::CommandError;

/// Get fresh credentials for the profile that this shell is in, with the role, region, duration and mode that it was asked for with
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    emit: EmitArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// The same profile again.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let before = run.switch().ok_or_else(|| {
        // After `off` there is none before either.
        let before = run.switch_before().map(|_| " `awsenv use -` tries the one of before again.");
        CommandError::usage("this shell is in no profile that could be renewed")
            .hint(format!("Name one: `awsenv use PROFILE`.{}", before.unwrap_or_default()))
    })?;
    let access = AccessArgs { fresh: true, ..args.access.or_as_before(&before.asked, "renew")? };
    use_profile::switch(run, &before.profile, &args.emit.or_as_before(&before), &access)
}
