//! `awsenv add NAME`.

use super::{
    Done, Run,
    door::Door,
    unlock_vault::{self, NewVault, PassphraseArgs},
};
use crate::{
    core::{identity::AccountId, profile::PlanError, region::Region, secret::Secret},
    edge::{
        aws_files::{AwsFiles, FilesError},
        hidden, inherited, terminal,
    },
    error::{CommandError, Kind},
    vault::entry::{self, Entry},
};

/// The longest line of `--stdin`: a session token has a few KiB.
const LINE_MAX: usize = 32 << 10;

/// Put a key pair into the encrypted vault, as a profile
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The keys are asked for on the terminal, or read with --stdin; never given as arguments, which other \
    users can see. The first `add` makes the vault and asks for a passphrase.\n\n\
    The name must not have credentials in ~/.aws: then nobody could tell which of the two a command is for."
)]
pub struct Args {
    /// Name of the profile
    name: String,
    /// Read the keys from standard input, in lines: access key ID, secret access key, and a session token if there is one
    #[arg(long)]
    stdin: bool,
    /// Region to work in with it
    #[arg(long, value_parser = Region::parse)]
    region: Option<Region>,
    /// Account that the keys must turn out to be of, whenever they are used
    #[arg(long, value_name = "ID", value_parser = AccountId::parse)]
    account: Option<AccountId>,
    /// Put the new keys in place of those that the vault has by this name; its account and region stay unless given anew
    #[arg(long)]
    replace: bool,
    /// Make the vault without a passphrase: its key is kept in the system's key store alone
    #[arg(long, conflicts_with = "passphrase_fd")]
    no_passphrase: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Adds.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    entry::check_name(&args.name).map_err(CommandError::from_parts)?;
    not_in_files(run, &args.name)?;
    let mut door = Door::open_or_create(run, &args.passphrase, NewVault::of(args.no_passphrase))?;
    let before = if door.names()?.contains(&args.name) { Some(door.get(&args.name)?) } else { None };
    if let Some(before) = &before {
        // Said before anybody types.
        before.may_be_replaced(&args.name, args.replace).map_err(CommandError::from_parts)?;
    }
    let (access_key_id, secret_access_key, session_token) = if args.stdin { read_keys()? } else { ask_keys()? };
    let entry = Entry {
        access_key_id,
        secret_access_key,
        session_token,
        region: args.region.as_ref().map(|region| region.as_str().to_owned()),
        account_id: args.account.as_ref().map(|account| account.as_str().to_owned()),
        added: run.host.now().as_second(),
        totp_secret: None,
        rotation: None,
    };
    let became = what_became(args, before.as_ref(), &entry.access_key_id);
    let saved = door.add(&[(args.name.clone(), entry)].into(), args.replace)?;
    unlock_vault::done(run, saved, &format!("`{}` is in the vault{became}", args.name));
    Ok(Done::Code(0))
}

/// What of the entry that was replaced is still there, and what is not.
fn what_became(args: &Args, before: Option<&Entry>, access_key_id: &str) -> String {
    let Some(before) = before else { return String::new() };
    let account = before.account_id.as_ref().filter(|_| args.account.is_none());
    let region = before.region.as_ref().filter(|_| args.region.is_none());
    let kept: Vec<String> = [("account", account), ("region", region)]
        .into_iter()
        .filter_map(|(what, value)| Some(format!("{what} {}", value?)))
        .collect();
    let still = if kept.is_empty() { String::new() } else { format!(", still for {}", kept.join(" and ")) };
    let lost = before.totp_secret.is_some() && before.access_key_id != access_key_id;
    let gone = if lost { "; its MFA secret went with the old keys" } else { "" };
    still + gone
}

/// Refuses a name that has credentials in the AWS files: of two profiles with one name, the wrong one would be used one day.
fn not_in_files(run: &Run<'_>, name: &str) -> Result<(), CommandError> {
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    if !has_credentials(&files, name)? {
        return Ok(());
    }
    Err(CommandError::usage(format!("~/.aws already has credentials for a profile `{name}` (name-taken)"))
        .hint("Use another name, or remove that profile; `awsenv import --from credentials` copies its keys."))
}

/// Whether the AWS files say where a profile's credentials come from, be it wrongly.
pub(super) fn has_credentials(files: &AwsFiles, name: &str) -> Result<bool, CommandError> {
    match files.plan(name) {
        Err(FilesError::Plan(PlanError::Unknown { .. })) => Ok(false),
        Err(FilesError::Plan(error)) => Ok(error.code() != "no-credentials"),
        Ok(_) => Ok(true),
        Err(error) => Err(CommandError::from_parts(error)),
    }
}

type Keys = (String, Secret, Option<Secret>);

/// The keys from standard input, a line each.
fn read_keys() -> Result<Keys, CommandError> {
    let line = || {
        let line = inherited::line(0, LINE_MAX)
            .map_err(|error| CommandError::usage("standard input cannot be read").because(error))?;
        line.map(|line| text(&line)).transpose()
    };
    let missing =
        || CommandError::usage("standard input must give two lines: the access key ID, and the secret access key");
    let id = line()?.ok_or_else(missing)?;
    let secret = line()?.ok_or_else(missing)?;
    let token = line()?.filter(|token| !token.is_empty()).map(Secret::new);
    if is_of_a_session(&id) && token.is_none() {
        return Err(CommandError::usage("this is the key of a session: the third line must give its token"));
    }
    Ok((id, Secret::new(secret), token))
}

/// The keys from the terminal; the secret ones are not shown.
fn ask_keys() -> Result<Keys, CommandError> {
    let failed = |error| CommandError::new(Kind::Usage, "the keys could not be asked for").because(error);
    let none =
        || CommandError::usage("there is no terminal to ask for the keys").hint("`--stdin` reads them, a line each.");
    let id = terminal::ask("Access key ID: ").map_err(failed)?.ok_or_else(none)?.trim().to_owned();
    let secret = |question| {
        let answer = hidden::ask(question).map_err(failed)?.ok_or_else(none)?;
        text(&answer).map(Secret::new)
    };
    let key = secret("Secret access key: ")?;
    let token = if is_of_a_session(&id) { Some(secret("Session token: ")?) } else { None };
    Ok((id, key, token))
}

/// The keys of a session begin so, and are worth nothing without its token.
fn is_of_a_session(access_key_id: &str) -> bool {
    access_key_id.starts_with("ASIA")
}

/// Keys have no blanks; those around them came with copying.
fn text(line: &[u8]) -> Result<String, CommandError> {
    let text = std::str::from_utf8(line).map_err(|_| CommandError::usage("a key is not text"))?;
    Ok(text.trim().to_owned())
}
