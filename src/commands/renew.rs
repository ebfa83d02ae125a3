//! `awsenv renew`.

use super::{
    Done, Run,
    access::AccessArgs,
    use_profile::{self, EmitArgs},
};
use crate::{core::variables::PREVIOUS, error::CommandError};

/// Get fresh credentials for the profile that this shell is in, with the role, region and mode that it was asked for with
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    emit: EmitArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// The same profile again.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let profile = run.profile().ok_or_else(|| {
        // After `off` there is none before either.
        let before = run.name_in(PREVIOUS).map(|_| " `awsenv use -` tries the one of before again.");
        CommandError::usage("this shell is in no profile that could be renewed")
            .hint(format!("Name one: `awsenv use PROFILE`.{}", before.unwrap_or_default()))
    })?;
    let before = run.carried().unwrap_or_default();
    if before.asked_session.is_some() && !args.access.session.changes_session() {
        let message = "the session was asked for with options that a renewal does not know: policies, tags or names";
        return Err(CommandError::usage(message).hint("Give the options again: `awsenv renew --session-policy ...`."));
    }
    let access = AccessArgs { fresh: true, ..args.access.or_as_before(&before) };
    use_profile::switch(run, &profile, &args.emit.or_as_before(&before), &access)
}
