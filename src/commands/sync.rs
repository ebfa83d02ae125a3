//! `awsenv sync sso [SSO-SESSION]`.

mod target;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use clap_complete::ArgValueCompleter;
use wildmatch::WildMatch;

use self::target::{Config, Job, Target};
use super::{
    Done, Run,
    company::Company,
    completions::candidates,
    report, settings, sign_in, sign_in_now,
    unlock_vault::{self, AtHand, PassphraseArgs},
};
use crate::{
    core::{
        config::Settings,
        config_edit,
        endpoint::Service,
        identity::AccountId,
        profile::vault::VaultProfiles,
        region::Region,
        sanitize::show,
        sync::{self, Access, Scope, Template},
    },
    edge::{
        aws::{Heard, Reachable},
        aws_files::AwsFiles,
        files,
        progress::Progress,
        store::Memory,
        terminal,
    },
    error::{CommandError, Kind},
};

/// Write profiles for everything that Identity Center gives you into ~/.aws/config
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Sso(SsoArgs),
}

/// Write a profile for every account and role that Identity Center gives you
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The profiles stand in a block of their own, between two comment lines; everything else in the file stays as it \
    is, byte for byte. What changes is shown first, and you are asked. The names of the accounts are remembered, so that \
    banners have them.\n\n\
    Sign in first: `awsenv login SSO-SESSION`."
)]
struct SsoArgs {
    /// The [sso-session NAME] of ~/.aws/config; without it, the only one
    #[arg(value_name = "SSO-SESSION", add = ArgValueCompleter::new(candidates::sso_sessions))]
    session: Option<String>,
    /// Write without a question
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
    /// With --yes, also where a profile's name would be that of another account
    #[arg(long, requires = "yes")]
    allow_moved: bool,
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove the profiles of the block that you can no longer reach
    #[arg(long)]
    prune: bool,
    /// Names of the profiles, such as '{account_name}.{role}'; also {account_id}, {email}, {session}
    #[arg(long, value_name = "TEMPLATE")]
    template: Option<Template>,
    /// Region of the profiles
    #[arg(long, value_parser = Region::parse, add = ArgValueCompleter::new(candidates::regions))]
    region: Option<Region>,
    /// Only this account; can be given again
    #[arg(long = "account", value_name = "ID", value_parser = AccountId::parse)]
    accounts: Vec<AccountId>,
    /// Only roles that are called so, with * and ?; can be given again
    #[arg(long = "role", value_name = "GLOB")]
    roles: Vec<String>,
    /// Also write an [accounts.ID] entry with the name of each account that has none into the settings
    #[arg(long)]
    register: bool,
    /// What changes, as JSON
    #[arg(long)]
    json: bool,
}

/// Syncs.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    match &args.verb {
        Verb::Sso(args) => sso(run, args),
    }
}

fn sso(run: &mut Run<'_>, args: &SsoArgs) -> Result<Done, CommandError> {
    let settings = settings::load(run)?;
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    let file = Config::read(&files)?;
    // Nobody waits for AWS only to be told that the file is damaged.
    let set = file.set(&files)?;
    let left_behind = file.left_behind(&set);
    let hinted = |error| left_behind.iter().cloned().fold(error, CommandError::hint);
    let (sign_in, name) = choose(run, args.session.as_deref()).map_err(hinted)?;
    file.block(&name)?;
    let region = set.region_within_session(&name, args.region.as_ref(), settings.sync_region.as_ref());
    let region = region.map_err(|error| CommandError::from_parts(error).hint("Nothing was written."))?;
    let ask = |run: &mut Run<'_>| ask_aws(run, &settings, &sign_in, args);
    let answer = sign_in_now::or_sign_in(run, &settings, None, &PassphraseArgs::default(), ask)?;
    for id in args.accounts.iter().filter(|id| answer.names.iter().all(|(known, _)| known != *id)) {
        report::talk(run.host, &format!("awsenv: you cannot reach account {}\n", id.grouped()));
    }
    let roles: Vec<WildMatch> = args.roles.iter().map(|glob| WildMatch::new_case_insensitive(glob)).collect();
    let in_scope = |account: &str, role: &str| {
        (args.accounts.is_empty() || args.accounts.iter().any(|id| id.as_str() == account))
            && (roles.is_empty() || roles.iter().any(|glob| glob.matches(role)))
    };
    let all: Vec<Access> =
        answer.access.iter().filter(|one| in_scope(one.account.as_str(), &one.role)).cloned().collect();
    let vault = vault(run);
    let job = Job {
        files: &files,
        template: args.template.as_ref().unwrap_or(&settings.sync_template),
        scope: Scope::new(&name, region.as_ref().map(Region::as_str), &answer.access, &in_scope, args.prune),
        all,
        vault,
    };
    let target = job.compare(file)?;
    let entries = if args.register { Some(Entries::new(run, &answer.names)?) } else { None };
    let new_entries = entries.as_ref().map_or(&[][..], |entries| entries.added.as_slice());
    show_changes(run, args, &target, &name, new_entries)?;
    let nothing = target.changes.is_empty() && new_entries.is_empty();
    if args.dry_run {
        return Ok(Done::Code(0));
    }
    if !nothing {
        consent(run, args, &target)?;
    }
    if !target.changes.is_empty() {
        // Not before: whoever reads what is shown may take their time.
        let _lock = lock(run)?;
        job.again(&target)?.write(&job)?;
    }
    if let Some(entries) = &entries {
        entries.write(run, &answer.names)?;
    }
    // A home that cannot be written to costs the banner a name, nothing else.
    let _ = Memory::load(run.host, &answer.teller).learn_names(&answer.names, run.host.now());
    if !run.global.quiet {
        let notes: String = left_behind.iter().map(|note| format!("awsenv: {}\n", show(note))).collect();
        report::talk(run.host, &notes);
        let path = show(&files.config_shown().to_string_lossy()).into_owned();
        let done = if nothing { "nothing to change in" } else { "written:" };
        report::talk(run.host, &format!("awsenv: {done} {path}\n"));
    }
    Ok(Done::Code(0))
}

/// The vault's profiles, whose names no other may have. Where it is locked, that is said: nobody is asked to open it.
fn vault(run: &mut Run<'_>) -> Option<Arc<VaultProfiles>> {
    let vault = unlock_vault::locate(run).ok().filter(|vault| vault.is_there())?;
    if let Ok(AtHand::Profiles(profiles)) = unlock_vault::at_hand(run, &vault, &PassphraseArgs::default()) {
        return Some(profiles);
    }
    if !run.global.quiet {
        let note = "awsenv: the vault is locked: whether it has profiles of the same names, which could not be used then, was not seen\n";
        report::talk(run.host, note);
    }
    None
}

/// What AWS says.
struct Answer {
    names: Vec<(AccountId, String)>,
    access: Vec<Access>,
    /// Who says it, where it is not AWS.
    teller: String,
}

fn ask_aws(
    run: &mut Run<'_>,
    settings: &Settings,
    target: &sign_in::Target,
    args: &SsoArgs,
) -> Result<Answer, CommandError> {
    let effective = target.effective(run)?;
    let client = sign_in::client(run, settings);
    let session = client.session(&effective);
    let token = session.sign_in_token(&target.sign_in, &mut Company::new(run, None));
    let token = token.map_err(CommandError::from_parts)?;
    let wanted = |id: &AccountId| args.accounts.is_empty() || args.accounts.contains(id);
    let mut progress = Progress::new(run.host, run.global.quiet);
    let mut hear = |heard: Heard| {
        progress.show(&match heard {
            Heard::Accounts(count) => format!("awsenv: {count} accounts"),
            Heard::Roles(done, all) => format!("awsenv: roles of {done} of {all} accounts"),
        });
    };
    let reachable = session.reachable(&target.sign_in, &token, &wanted, &mut hear);
    drop(progress);
    let Reachable { names, access } = reachable.map_err(CommandError::from_parts)?;
    let services = [Service::Sts, Service::Iam, Service::Account, Service::Sso];
    Ok(Answer { names, access, teller: effective.teller(&services) })
}

/// The session that is named, or the only one.
fn choose(run: &Run<'_>, named: Option<&str>) -> Result<(sign_in::Target, String), CommandError> {
    let target = sign_in::Target::find(run, named, true)?;
    let name = target.sign_in.session.clone().unwrap_or_default();
    if sync::is_plain_name(&name) {
        return Ok((target, name));
    }
    let message =
        format!("the sso-session `{name}` cannot be synced: its name is not of letters, digits and - _ . / @ +");
    Err(CommandError::usage(message).hint("Rename it in ~/.aws/config, and sign in again."))
}

/// Keeps other syncs waiting, so that none is lost. Not beside the file, where it would be in the way.
fn lock(run: &Run<'_>) -> Result<files::Lock, CommandError> {
    let dir = run.host.xdg("XDG_STATE_HOME", ".local/state").map_err(|error| CommandError::usage(error.to_string()))?;
    files::lock(&dir.join("awsenv/aws-config.lock")).map_err(CommandError::from_parts)
}

fn show_changes(
    run: &mut Run<'_>,
    args: &SsoArgs,
    target: &Target,
    session: &str,
    entries: &[AccountId],
) -> Result<(), CommandError> {
    let Target { config, named, changes, .. } = target;
    if args.json {
        let mut value = changes.json(session, &config.shown, named);
        value["registered"] = entries.iter().map(AccountId::as_str).collect();
        return report::json(run.host, &value);
    }
    let mut text = changes.text();
    for id in entries {
        text.push_str(&format!("+ [accounts.{id}]\n"));
    }
    report::print(run.host, &text)?;
    if !run.global.quiet {
        let mut talk: String = changes.notes(named).iter().map(|note| format!("awsenv: {note}\n")).collect();
        talk.push_str(&format!("awsenv: {session}: {}\n", changes.sum()));
        report::talk(run.host, &talk);
    }
    Ok(())
}

/// Has the user agree to the changes that were shown.
fn consent(run: &Run<'_>, args: &SsoArgs, target: &Target) -> Result<(), CommandError> {
    let refused = |message: String| CommandError::new(Kind::Refused, message);
    let moved: Vec<&str> = target.changes.moved().collect();
    if args.yes {
        if moved.is_empty() || args.allow_moved {
            return Ok(());
        }
        let message = "profiles would be those of other accounts under the same name, so nothing was written (moved)";
        return Err(refused(format!("{message}: {}", moved.join(", ")))
            .hint("Look at what changes, then run it without --yes, or with --allow-moved."));
    }
    let nobody = || {
        refused("nobody can be asked whether this shall be written, so nothing was".to_owned())
            .hint("`--yes` writes without a question, `--dry-run` only shows.")
    };
    if report::ci(run.host).is_some() {
        return Err(nobody());
    }
    let question = format!("Write this to {}? [y/N] ", show(&target.config.shown));
    let answer = terminal::ask(&question).map_err(|error| nobody().because(error))?.ok_or_else(nobody)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(refused("nothing was written".to_owned())),
    }
}

/// The settings, with entries for the accounts that have none.
struct Entries {
    path: PathBuf,
    added: Vec<AccountId>,
}

impl Entries {
    fn new(run: &Run<'_>, names: &[(AccountId, String)]) -> Result<Self, CommandError> {
        let path = settings::path(run)?;
        let (_, added) = Self::edit(&path, names)?;
        Ok(Self { path, added })
    }

    fn edit(path: &Path, names: &[(AccountId, String)]) -> Result<(String, Vec<AccountId>), CommandError> {
        let old = settings::text(path)?;
        // What acts on a terminal does not act on an editor either.
        let names: Vec<_> = names.iter().map(|(id, name)| (id.clone(), show(name).into_owned())).collect();
        config_edit::add_names(path, old.as_deref().unwrap_or(config_edit::NEW_FILE), &names)
            .map_err(CommandError::from_parts)
    }

    fn write(&self, run: &Run<'_>, names: &[(AccountId, String)]) -> Result<(), CommandError> {
        if self.added.is_empty() {
            return Ok(());
        }
        let _lock = settings::lock(run)?;
        let (text, added) = Self::edit(&self.path, names)?;
        if added.is_empty() { Ok(()) } else { settings::write(&self.path, &text) }
    }
}
