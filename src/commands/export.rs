//! `awsenv export [PROFILE] --format FORMAT`: for programs and CI steps that take neither shell code nor `exec`.

use super::{
    Done, Run,
    access::{self, AccessArgs, Opened, Standing},
    report, settings,
};
use crate::{
    core::{
        banner,
        ci::Ci,
        config::Mode,
        context::Context,
        credentials::REFUSED,
        env_change::EnvChange,
        formats::{Format, Goes, buildkite as lines, cannot_unset, facts, github, plain},
    },
    edge::{
        buildkite,
        files::{self, Missing},
        handover,
    },
    error::{CommandError, Kind},
};

/// Verify a profile's account, then hand its credentials, or facts about it, to other programs and to later steps of a CI job
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --format, the form of the CI that runs this: github, azure, circleci and buildkite hand the \
        credentials to what runs later in the job; gitlab and jenkins print facts, since their files can be downloaded. \
        json, dotenv and env print secrets, and so does azure, to the agent.\n\n\
        A failure prints nothing that could be taken for credentials, and leaves later steps of github, azure, circleci and \
        buildkite unusable ones, so that none goes on with what the job had before. `awsenv exec` needs none of this: it is \
        the better way wherever one command is all there is."
)]
pub struct Args {
    /// Profile; without it, the credentials that the environment gives
    #[arg(add = clap_complete::ArgValueCompleter::new(super::completions::candidates::profiles))]
    profile: Option<String>,
    /// json, dotenv, env, github, gitlab, azure, circleci, buildkite, jenkins, terraform or peacock
    #[arg(long, hide_possible_values = true)]
    format: Option<Format>,
    /// Print secrets even though standard output is a terminal
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    access: AccessArgs,
}

/// Verifies, and hands over.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let format = args.format.or_else(|| Format::of(report::ci(run.host)?)).ok_or_else(|| {
        CommandError::usage("no CI that awsenv knows runs this, so the form must be named")
            .hint("Name one with --format: json, dotenv, env and others; `awsenv export --help` has all.")
    })?;
    may_go(run, args, format)?;
    let settings = settings::load(run)?;
    let opened = match &args.profile {
        Some(profile) => access::open(run, &settings, profile, &args.access)?,
        None => access::open_ambient(run, &settings, &args.access)?,
    };
    let change = opened.change(run, &settings, Mode::Keys, None);
    match format.goes() {
        Goes::Later => later(run, &opened, &change)?,
        Goes::Facts => print(run, format, &opened, &change)?,
        Goes::Secret => {
            // Standard output may be the log, or be shown there later.
            if report::ci(run.host) == Some(Ci::GitHub) {
                mask(run, &opened, &change)?;
            }
            print(run, format, &opened, &change)?;
        }
    }
    if !run.global.quiet {
        let banner = opened.banner(run);
        report::talk(run.host, &banner);
    }
    Ok(Done::Code(0))
}

/// Refuses, before AWS is asked, what could not be handed over anyway.
fn may_go(run: &Run<'_>, args: &Args, format: Format) -> Result<(), CommandError> {
    let goes = format.goes();
    if goes == Goes::Facts && args.access.no_verify {
        return Err(CommandError::usage("--no-verify leaves no facts about the account to export"));
    }
    let secret = goes == Goes::Secret || format == Format::Azure;
    if secret && run.host.stdout_is_terminal && !args.print {
        return Err(CommandError::usage("this form has secrets in it, and standard output is a terminal")
            .hint("Send it to a program or a private file; `--print` shows it all the same."));
    }
    let there = run.handover.is_some_and(|handover| handover.format == format);
    if goes == Goes::Later && !there {
        let (what, hint) = match format {
            Format::Github => ("GITHUB_ACTIONS and GITHUB_ENV", "a step of GitHub Actions"),
            Format::Azure => ("TF_BUILD", "a step of Azure Pipelines"),
            Format::Circleci => ("CIRCLECI and BASH_ENV", "a step of CircleCI"),
            _ => ("BUILDKITE", "a hook or a command of Buildkite"),
        };
        return Err(CommandError::usage(format!("this form is for {hint}, where {what} would be set"))
            .hint("Elsewhere: `awsenv exec PROFILE -- COMMAND`, or --format json, dotenv or env."));
    }
    Ok(())
}

/// On standard output, for whoever reads it there.
fn print(run: &mut Run<'_>, format: Format, opened: &Opened, change: &EnvChange) -> Result<(), CommandError> {
    let standing = match &opened.standing {
        Standing::Verified(context) => Ok(&**context),
        Standing::Unverified(unverified) => Err(&**unverified),
    };
    let verified = || standing.map_err(|_| CommandError::new(Kind::Internal, "facts without a verified account"));
    let text = match format {
        Format::Json => banner::ascii_json(&plain::json(&opened.credentials, change, standing, run.host.now())) + "\n",
        Format::Dotenv => plain::dotenv(change).map_err(CommandError::from_parts)?,
        Format::Env => plain::env(change).map_err(CommandError::from_parts)?,
        Format::Gitlab => facts::gitlab(change).map_err(CommandError::from_parts)?,
        Format::Jenkins => facts::jenkins(change).map_err(CommandError::from_parts)?,
        Format::Terraform => facts::terraform(verified()?),
        Format::Peacock => banner::ascii_json(&facts::peacock(verified()?, change)) + "\n",
        Format::Github | Format::Azure | Format::Circleci | Format::Buildkite => String::new(),
    };
    report::print(run.host, &text)
}

/// To what runs later: first the log is kept from showing secrets, then they are handed over, then the facts are shown.
fn later(run: &mut Run<'_>, opened: &Opened, change: &EnvChange) -> Result<(), CommandError> {
    let Some(handover) = run.handover else {
        return Err(CommandError::new(Kind::Internal, "later steps without a CI"));
    };
    if !handover.unsets() {
        can_be_left(run, change)?;
    }
    match handover.format {
        Format::Github => mask(run, opened, change)?,
        Format::Buildkite => buildkite::redact(lines::secrets(change)).map_err(CommandError::from_parts)?,
        _ => {}
    }
    handover.write(change, run.host).map_err(CommandError::from_parts)?;
    match handover.format {
        Format::Github => outputs(run, change),
        Format::Buildkite => {
            let style = match &opened.standing {
                Standing::Verified(context) if !is_production(context) => "info",
                _ => "warning",
            };
            // Only a picture of what is in the log.
            let _ = buildkite::annotate(style, github::summary(change));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Tells GitHub's runner to hide the credentials, before they can be anywhere.
fn mask(run: &mut Run<'_>, opened: &Opened, change: &EnvChange) -> Result<(), CommandError> {
    let masks = github::masks(&opened.credentials, change);
    let masked = run.host.stderr.write_all(masks.as_bytes()).and_then(|()| run.host.stderr.flush());
    let failed = "the log cannot be told to hide the secrets, since standard error is closed";
    masked.map_err(|error| CommandError::new(Kind::Internal, failed).because(error))
}

/// The environment of later steps may keep what it has, but not where tools would take that before the credentials.
fn can_be_left(run: &Run<'_>, change: &EnvChange) -> Result<(), CommandError> {
    let Some(name) = cannot_unset(change, &|name| run.host.var_os(name).is_some()) else { return Ok(()) };
    let ci = report::ci(run.host).map_or("this CI", Ci::name);
    let message =
        format!("{name} is set, {ci} cannot unset it for later steps, and tools take an empty one for a wrong one");
    let hint = match name {
        _ if run.host.hint(name).as_deref() == Some(REFUSED) => {
            "An earlier failure left it, for good. `awsenv exec` can unset it."
        }
        "AWS_PROFILE" | "AWS_DEFAULT_PROFILE" => {
            "Take it out of the workflow and name the profile as an argument; or use `awsenv exec`, which can unset it."
        }
        "AWS_CA_BUNDLE" => {
            "An earlier profile's ca_bundle left it. Give this one the same, or use `awsenv exec`, which can unset it."
        }
        _ => "Name a region with --region; or use `awsenv exec`, which can unset it.",
    };
    Err(CommandError::new(Kind::Refused, message).hint(hint))
}

/// The facts: as outputs of the step, and in the summary of the run. A runner of another make may lack either.
fn outputs(run: &Run<'_>, change: &EnvChange) -> Result<(), CommandError> {
    let file = |name: &str| run.host.var_os(name).map(std::path::PathBuf::from);
    if let Some(path) = file("GITHUB_OUTPUT") {
        let delimiter = handover::delimiter().map_err(|error| CommandError::new(Kind::Internal, error.to_string()))?;
        let text = github::outputs(change, &delimiter).map_err(CommandError::from_parts)?;
        files::append_lines(&path, text.as_bytes(), Missing::Error).map_err(CommandError::from_parts)?;
    }
    if let Some(path) = file("GITHUB_STEP_SUMMARY") {
        let text = github::summary(change);
        files::append_lines(&path, text.as_bytes(), Missing::Error).map_err(CommandError::from_parts)?;
    }
    Ok(())
}

fn is_production(context: &Context) -> bool {
    context.account.class.eq_ignore_ascii_case("production")
}
