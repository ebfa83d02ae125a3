//! `awsenv rotate NAME`.

mod keys;
mod steps;

use super::{
    Done, Run,
    access::{AccessArgs, Opened, Standing},
    completions::candidates,
    confirm,
    door::Door,
    keep, report,
    resolve::{self, How},
    session_args, settings,
    unlock_vault::{self, PassphraseArgs},
};
use crate::{
    core::{
        config::Settings,
        context::Context,
        guard::{self, Verdict},
        identity::{AccountId, Principal},
        profile::plan::{Plan, Source},
        sanitize,
        secret::Secret,
    },
    edge::{aws_files::AwsFiles, terminal},
    error::{CommandError, Kind},
    vault::entry::{Content, Entry},
};

use keys::Keys;
use steps::Rotating;

/// Make a new access key for a profile of the vault, and delete the old one
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The new key is in the vault before anything else is done, and takes the place of the old one once STS has \
    answered for it; only then the old one is switched off and deleted. Cut off at any point, the same command goes on where \
    it was. The user needs iam:ListAccessKeys, iam:CreateAccessKey, iam:UpdateAccessKey and iam:DeleteAccessKey on itself."
)]
pub struct Args {
    /// Name of the profile
    name: String,
    /// Leave the old key in IAM, switched off
    #[arg(long)]
    keep_old: bool,
    /// Delete this key of the user first: AWS allows two
    #[arg(long, value_name = "KEY-ID")]
    delete_other: Option<String>,
    /// Do not ask; a protected account is confirmed by --confirm-account alone
    #[arg(long, short)]
    yes: bool,
    /// Confirm a protected account without a question: its 12 digits
    #[arg(long, value_name = "ID", value_parser = AccountId::parse, add = clap_complete::ArgValueCompleter::new(candidates::accounts))]
    confirm_account: Option<AccountId>,
    /// MFA code, where the profile names mfa_serial; without it, the profile's mfa_process or you are asked
    #[arg(long, value_name = "CODE", value_parser = session_args::unshown)]
    mfa_code: Option<Secret>,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Rotates.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let code = session_args::code(args.mfa_code.as_ref())?;
    let settings = settings::load(run)?;
    let mut door = Door::open(run, &args.passphrase)?;
    let entry = door.get(&args.name)?;
    if entry.session_token.is_some() {
        return Err(CommandError::usage(format!("`{}` has the keys of a session, which end by themselves", args.name))
            .hint("Only a user's own key can be rotated."));
    }
    let plan = plan(run, &args.name, &entry)?;
    let opened = look(run, &settings, &plan)?;
    let Standing::Verified(context) = &opened.standing else {
        return Err(CommandError::new(Kind::Internal, "STS was not asked who the key is of"));
    };
    let user = user(context)?;
    if !run.global.quiet {
        let banner = opened.banner(run);
        report::talk(run.host, &banner);
    }
    confirmed(run, args, context, &user)?;
    let keys = Keys::new(run, &settings, &plan, &context.verified.identity, &user)?;
    let signer = keys.signer(run, &plan, &entry.credentials(), code)?;
    let rotating = Rotating { run, args, door: &mut door, keys: &keys, signer };
    let (now, before) = rotating.go(entry)?;
    let end = if args.keep_old { "switched off" } else { "deleted" };
    if args.json {
        let value = serde_json::json!({
            "profile": args.name,
            "account_id": context.account_id().as_str(),
            "user": user,
            "access_key_id": now,
            "old_access_key_id": before,
            "old": end.replace(' ', "-"),
        });
        report::json(run.host, &value)?;
    } else if !run.global.quiet {
        let name = sanitize::show(&args.name);
        let text = format!(
            "awsenv: `{name}` now has the key {now}; {before} is {end}. A shell that was switched with it needs `awsenv renew`.\n"
        );
        report::talk(run.host, &text);
    }
    Ok(Done::Code(0))
}

/// What the files and this entry say about the profile.
fn plan(run: &Run<'_>, name: &str, entry: &Entry) -> Result<Plan, CommandError> {
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    let only = Content { profiles: [(name.to_owned(), entry.clone())].into() };
    let vault = only.for_plans(&unlock_vault::shown(run, &unlock_vault::locate(run)?));
    let plan = files.plan_with(name, Some(&vault.into())).map_err(CommandError::from_parts)?;
    if matches!(plan.source, Source::Vault(_)) && plan.hops.is_empty() {
        return Ok(plan);
    }
    Err(CommandError::usage(format!("profile `{name}` of ~/.aws does not use the vault's key by this name"))
        .hint("Rotate the profile that it starts from; `awsenv whoami PROFILE` shows which that is."))
}

/// Who the present key is of. No code is asked for that.
fn look(run: &mut Run<'_>, settings: &Settings, plan: &Plan) -> Result<Opened, CommandError> {
    let args = AccessArgs::default();
    let sessions = keep::sessions(run, settings, &AccessArgs { no_cache: true, ..args.clone() });
    let bare = Plan { source_mfa: None, ..plan.clone() };
    resolve::profile(run, settings, &bare, &args, &How { narrow_to: None, live: true, sessions: &sessions })
}

/// The user whose key it is. Nobody else has keys that could be rotated here.
fn user(context: &Context) -> Result<String, CommandError> {
    let refused = |message: &str, hint: &str| Err(CommandError::new(Kind::Refused, message).hint(hint));
    match &context.verified.identity.principal {
        Principal::User { name, .. } => Ok(name.clone()),
        Principal::Root => refused(
            "this is a key of the root user, which awsenv makes no new one of",
            "Make a user or a role for the work, and delete the root user's keys in the console.",
        ),
        Principal::AssumedRole { .. } | Principal::PermissionSet { .. } | Principal::FederatedUser { .. } => {
            refused("these are keys of a session, which end by themselves", "Only a user's own key can be rotated.")
        }
    }
}

/// Making a key is write access: the guard first, then a plain question.
fn confirmed(run: &Run<'_>, args: &Args, context: &Context, user: &str) -> Result<(), CommandError> {
    match guard::judge(context.account.protection, true) {
        Verdict::Confirm => return confirm::account(run, context, args.confirm_account.as_ref()),
        Verdict::Refuse | Verdict::Narrow => {
            let message = format!("the settings deny account {}", context.account_id().grouped());
            return Err(CommandError::new(Kind::Refused, message)
                .hint("Change its protection with `awsenv account set`, if you may."));
        }
        Verdict::Allow if args.yes => return Ok(()),
        Verdict::Allow => {}
    }
    let end = if args.keep_old { "switched off" } else { "deleted" };
    let key = &context.request.access_key_id;
    let question = format!("Make a new key for {}, so that {key} is {end}? [y/N] ", sanitize::show(user));
    let unasked = || CommandError::new(Kind::Refused, "nobody confirmed the rotation").hint("`--yes` confirms it.");
    if report::ci(run.host).is_some() {
        return Err(unasked());
    }
    match terminal::ask(&question) {
        Ok(Some(answer)) if ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) => Ok(()),
        Ok(_) => Err(unasked()),
        Err(error) => Err(unasked().because(error)),
    }
}
