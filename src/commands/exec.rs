//! `awsenv exec PROFILE -- COMMAND`.

use std::ffi::OsString;

use super::{
    Done, Run,
    access::{self, AccessArgs},
    report, settings, sign_in_now,
};
use crate::{core::config::Mode, edge::program, error::CommandError};

/// Verify a profile's account, then become a command with exactly its credentials
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "awsenv exec [OPTIONS] [PROFILE] -- COMMAND [ARG]...",
    after_help = "The command takes awsenv's place: its exit code and the signals that it gets are its own. 126 and 127 \
        are for a command that cannot be run or found, as in shells. Without PROFILE the environment's own credentials \
        are verified and used."
)]
pub struct Args {
    /// Profile; without it, the credentials that the environment gives
    #[arg(add = clap_complete::ArgValueCompleter::new(super::completions::candidates::profiles))]
    profile: Option<String>,
    /// Export AWS_PROFILE and the region (profile) in place of the verified keys
    #[arg(long)]
    mode: Option<Mode>,
    #[command(flatten)]
    access: AccessArgs,
    /// Command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Verifies, and hands the process over.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let settings = settings::load(run)?;
    let mode = access::mode(args.mode, &settings, args.profile.as_deref(), &args.access)?;
    let profile = args.profile.as_deref();
    let opened = sign_in_now::or_sign_in(run, &settings, profile, &args.access.passphrase, |run| match profile {
        Some(profile) => access::open(run, &settings, profile, &args.access)?.in_mode(mode),
        None => access::open_ambient(run, &settings, &args.access),
    })?;
    if !run.global.quiet {
        let banner = opened.banner(run);
        report::talk(run.host, &banner);
    }
    let change = opened.change(run, &settings, mode, None);
    let environment = change.applied_to(run.host.vars_os());
    if let Some(descriptor) = args.access.passphrase.passphrase_fd {
        // A file could be read again from its start.
        program::close_on_exec(descriptor);
    }
    run.hardening.undo();
    let error = program::become_command(&args.command, &environment);
    let program = args.command[0].to_string_lossy().into_owned();
    let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    let message = format!("the command `{program}` cannot be run");
    report::error(run.host, &CommandError::usage(message).because(error), run.global.color, run.global.debug);
    Ok(Done::Code(code))
}
