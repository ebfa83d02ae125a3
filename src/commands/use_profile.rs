//! `awsenv use PROFILE`: the main job.

use super::{
    Done, Run,
    access::{self, AccessArgs, Opened, Standing},
    pick::{self, Pick},
    settings, sign_in_now,
};
use crate::{
    core::{asked::Switch, config::Mode},
    edge::recent::{self, Used},
    error::CommandError,
    shell::Shell,
};

/// Switch this shell to a profile: verify its account, show it, export its credentials
#[derive(Debug, clap::Args)]
#[command(after_help = "With `awsenv init` in your rc file, `awsenv use staging` switches. Without it:\n\
    bash, zsh, sh:  eval \"$(awsenv use staging)\"\n\
    fish:           awsenv use staging --shell fish | source\n\
    scripts:        creds=$(awsenv use staging); eval \"$creds\"    or better: awsenv exec staging -- COMMAND\n\n\
    A switch that fails leaves the shell without any credentials, and with a non-zero status.")]
pub struct Args {
    /// Profile of ~/.aws/config or ~/.aws/credentials; `-` is the one before. Without it, pick one on the terminal
    #[arg(add = clap_complete::ArgValueCompleter::new(super::completions::candidates::profiles), allow_hyphen_values = false)]
    profile: Option<String>,
    #[command(flatten)]
    emit: EmitArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// How the shell gets it.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct EmitArgs {
    /// Shell that evaluates the output: sh, dash, ksh, mksh, bash, zsh, fish, tcsh, elvish, nu, xonsh, pwsh or cmd; without it the parent process tells
    #[arg(long, hide_possible_values = true)]
    shell: Option<Shell>,
    /// Print the code, secrets and all, even though standard output is a terminal
    #[arg(long)]
    print: bool,
    /// keys: export the verified credentials; profile: export AWS_PROFILE and the region, no keys
    #[arg(long, hide_possible_values = true)]
    mode: Option<Mode>,
}

impl EmitArgs {
    /// The same again.
    pub fn or_as_before(&self, before: &Switch) -> Self {
        Self { mode: self.mode.or(before.mode), ..self.clone() }
    }
}

/// Switches.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    match args.profile.as_deref() {
        Some("-") => {}
        Some(profile) => return switch(run, profile, &args.emit, &args.access),
        None => {
            return match pick::pick(run)? {
                Pick::Profile(profile) => switch(run, &profile, &args.emit, &args.access),
                Pick::Nothing(done) => Ok(done),
            };
        }
    }
    let before = run.switch_before().ok_or_else(|| {
        CommandError::usage("this shell was in no profile before, or `awsenv off` has forgotten it")
            .hint("Name one: `awsenv use PROFILE`, or pick one: `awsenv use` begins with the one used last.")
    })?;
    let access =
        AccessArgs { back_to: args.access.account_of(&before), ..args.access.or_as_before(&before.asked, "use -")? };
    switch(run, &before.profile, &args.emit.or_as_before(&before), &access)
}

/// Gets a profile's credentials, has them verified, and makes the change of the shell from them.
pub fn switch(run: &mut Run<'_>, profile: &str, emit: &EmitArgs, args: &AccessArgs) -> Result<Done, CommandError> {
    settings::needs_a_shell(run, "use PROFILE")?;
    let settings = settings::load(run)?;
    let mode = access::mode(emit.mode, &settings, Some(profile), args)?;
    let open = |run: &mut Run<'_>| access::open(run, &settings, profile, args);
    let opened = sign_in_now::or_sign_in(run, &settings, Some(profile), &args.passphrase, open)?.in_mode(mode)?;
    let left = run.switch().filter(|current| current.profile != profile);
    let previous = left.or_else(|| run.switch_before());
    let change = opened.change(run, &settings, mode, previous.as_ref());
    if !args.no_cache {
        // For the order of the picker: a home that cannot be written to costs nothing else.
        let _ = recent::remember(run.host, &used(profile, &opened));
    }
    Ok(Done::Emit { change, talk: opened.banner(run) })
}

/// What was found out about a profile, to be shown with it the next time.
fn used(profile: &str, opened: &Opened) -> Used {
    let profile = profile.to_owned();
    match &opened.standing {
        Standing::Verified(context) => Used {
            profile,
            account: Some(context.account_id().to_string()),
            name: context.display_name().map(str::to_owned),
            class: Some(context.account.class.clone()),
        },
        Standing::Unverified(_) => Used { profile, ..Used::default() },
    }
}
