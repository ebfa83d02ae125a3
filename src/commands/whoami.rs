//! `awsenv whoami [PROFILE]`.

use super::{
    Done, Run,
    access::{self, AccessArgs, Standing},
    report, settings, sign_in_now,
};
use crate::{
    core::{banner, identity::grouped},
    edge::terminal::{self, Stream},
    error::{CommandError, Kind},
};

/// Ask AWS who this shell's credentials are, or a profile's, and show the banner
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without PROFILE the environment's own credentials are taken as every SDK would; the banner names the \
    source that won and what it shadows. Exit code 4 if the environment's AWSENV_* variables say another account than AWS."
)]
pub struct Args {
    /// Profile; without it, the credentials that the environment gives
    #[arg(add = clap_complete::ArgValueCompleter::new(super::completions::candidates::profiles))]
    profile: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Verifies live and shows.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let settings = settings::load(run)?;
    let profile = args.profile.as_deref();
    let opened = sign_in_now::or_sign_in(run, &settings, profile, &args.access.passphrase, |run| match profile {
        Some(profile) => access::look(run, &settings, profile, &args.access),
        None => access::look_ambient(run, &settings, &args.access),
    })?;
    let Standing::Verified(context) = &opened.standing else {
        return Err(CommandError::usage("whoami asks AWS: --no-verify makes no sense with it"));
    };
    let now = run.host.now();
    if args.json {
        report::json(run.host, &banner::json(context, now))?;
    } else {
        // The banner is this verb's result: it goes where results go.
        let look = terminal::look(run.host, Stream::Stdout, run.global.color);
        let text = terminal::paint(&banner::banner(context, now, &look), &look);
        report::print(run.host, &text)?;
    }
    let said = carried_accounts(run).into_iter().find(|account| account != context.account_id().as_str());
    match said {
        Some(account) if args.profile.is_none() => {
            let message = format!(
                "the environment says account {}, but its credentials are of account {}",
                grouped(&account),
                context.account_id().grouped()
            );
            Err(CommandError::new(Kind::Mismatch, message)
                .hint("Switch again with `awsenv use PROFILE`, or `awsenv off`."))
        }
        _ => Ok(Done::Code(0)),
    }
}

/// The accounts that the environment's variables name.
fn carried_accounts(run: &Run<'_>) -> Vec<String> {
    let carried = run.carried().and_then(|carried| carried.account);
    carried.into_iter().chain(run.host.hint("AWSENV_ACCOUNT_ID")).collect()
}
