//! `awsenv credential-process PROFILE`: what every SDK can take credentials from.

use super::{
    Done, Run,
    access::{self, AccessArgs, Standing},
    report, settings,
};
use crate::error::CommandError;

/// Print a profile's verified credentials for `credential_process =`, so that any AWS tool uses awsenv
#[derive(Debug, clap::Args)]
#[command(
    after_help = "In ~/.aws/config:\n\n  [profile deploy-by-awsenv]\n  credential_process = awsenv credential-process deploy\n\n\
    The account is verified, pins and protection hold as in `exec`, and the JSON names the account. Nothing else is on \
    standard output. With a terminal there, which would show the secret, it is refused; --print overrides that."
)]
pub struct Args {
    /// Profile
    #[arg(add = clap_complete::ArgValueCompleter::new(super::completions::candidates::profiles))]
    profile: String,
    /// Print the secrets even though standard output is a terminal
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Verifies, and prints.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    if run.host.stdout_is_terminal && !args.print {
        let message = "standard output is a terminal, which would show the secret access key";
        return Err(CommandError::usage(message)
            .hint("Name the command in ~/.aws/config: `credential_process = awsenv credential-process PROFILE`.")
            .hint("`awsenv use PROFILE` switches this shell; `--print` prints the secrets all the same."));
    }
    let settings = settings::load(run)?;
    let opened = access::open(run, &settings, &args.profile, &args.access)?;
    let account = match &opened.standing {
        Standing::Verified(context) => Some(context.account_id()),
        Standing::Unverified(_) => None,
    };
    report::print(run.host, &opened.credentials.to_process_output(account))?;
    Ok(Done::Code(0))
}
