//! `awsenv login`: signing in to Identity Center.

mod flow;

use clap_complete::ArgValueCompleter;

use self::flow::{Attempt, Waiting};
use super::{
    Done, Run,
    completions::candidates,
    report, settings,
    sign_in::{self, Target},
};
use crate::{
    core::{
        config::Settings,
        credentials::rfc3339,
        endpoint::Service,
        sanitize::show,
        sign_in::{Flow, Token},
    },
    edge::{aws::Oidc, browser},
    error::{CommandError, Kind},
};

/// Sign in to IAM Identity Center, in the browser
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The sign-in is kept where the AWS CLI keeps it (~/.aws/sso/cache), so the CLI and every SDK use it, too. It is renewed \
    by itself as long as Identity Center allows. Over SSH, without a display, and for profiles with sso_start_url of their own, a code is \
    shown that you confirm in a browser anywhere."
)]
pub struct Args {
    /// Profile or sso-session; not needed where there is only one sso-session
    #[arg(value_name = "PROFILE|SSO-SESSION", add = ArgValueCompleter::new(candidates::sign_ins))]
    name: Option<String>,
    /// The name is that of an sso-session, even if a profile has it, too
    #[arg(long, requires = "name")]
    sso_session: bool,
    #[command(flatten)]
    way: Way,
}

/// How the browser comes in.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Way {
    /// Show a code to confirm in a browser on any machine
    #[arg(long)]
    device_code: bool,
    /// Open no browser, only show the address
    #[arg(long)]
    no_browser: bool,
}

/// Signs in.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let settings = settings::load(run)?;
    let target = Target::find(run, args.name.as_deref(), args.sso_session)?;
    sign_in(run, &settings, &target, args.way)?;
    Ok(Done::Code(0))
}

/// Signs in, keeps the sign-in for every tool, and says so.
pub(super) fn sign_in(run: &mut Run<'_>, settings: &Settings, target: &Target, way: Way) -> Result<(), CommandError> {
    let sign_in = &target.sign_in;
    let effective = target.effective(run)?;
    let (client, cache) = (sign_in::client(run, settings), sign_in::cache(run)?);
    let can_show = browser::can_show(run.host);
    let device =
        way.device_code || sign_in.session.is_none() || browser::is_remote(run.host) || !(way.no_browser || can_show);
    let flow = if device { Flow::Device } else { Flow::Browser };
    if let Some(host) = effective.foreign_host(Service::SsoOidc) {
        let text = format!("awsenv: the sign-in is asked for at {}, which is not a host of AWS\n", show(&host));
        report::talk(run.host, &text);
    }
    // Nobody is sent to a browser for a sign-in that cannot be kept.
    cache.can_write(sign_in).map_err(CommandError::from_parts)?;
    let oidc = Oidc::new(&client, &effective, sign_in);
    let opens = can_show && !way.no_browser;
    let waiting = Waiting::new(run);
    let (oidc_client, granted) = Attempt { run, oidc, cache: &cache, sign_in, flow, opens, waiting }.sign_in()?;

    let token = Token::new(sign_in, &oidc_client, granted, run.host.now());
    let unwritten = |error| {
        CommandError::from_parts(error).hint("You are signed in, but nothing can use it. Mend this and sign in again.")
    };
    let lock = cache.lock(sign_in).map_err(unwritten)?;
    cache.write(sign_in, &token).map_err(unwritten)?;
    drop(lock);
    if token.end() <= run.host.now() {
        let message = "Identity Center gave a sign-in that is over already; is this machine's clock right?";
        return Err(CommandError::new(Kind::Credentials, message));
    }
    if !run.global.quiet {
        let renews =
            if token.refresh_token.is_some() { ", and is renewed until Identity Center ends the session" } else { "" };
        let text = format!(
            "awsenv: signed in to {} at {}; the token lasts until {}{renews}\n",
            show(&sign_in.name()),
            show(&sign_in.start_url),
            rfc3339(token.end())
        );
        report::talk(run.host, &text);
    }
    Ok(())
}
