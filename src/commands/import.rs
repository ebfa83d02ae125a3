//! `awsenv import --from STORE [PATH]`.

mod plaintext;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    Done, Run, add,
    door::Door,
    report,
    unlock_vault::{self, NewVault, PassphraseArgs},
};
use crate::{
    core::sanitize,
    edge::{aws_files::AwsFiles, files, hidden, inherited},
    error::{CommandError, Kind, Known},
    vault::{
        entry::Entry,
        import::{Found, ImportError, Password, aws_vault, credentials, old},
        passphrase::MAX_BYTES,
    },
};

/// The largest file that is read.
const FILE_MAX: u64 = 16 << 20;
/// So much of a foreign text is repeated in a message.
const MESSAGE_MAX: usize = 256;

/// Copy the keys of another store into the vault: all of them or none
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The source is only read, unless its keys are to be removed: of a credentials file that is asked, or said by \
    --remove-plaintext. awsenv is the first awsenv's database (~/.config/awsenv), aws-vault its file backend \
    (~/.awsvault/keys), credentials a file such as ~/.aws/credentials."
)]
pub struct Args {
    /// awsenv, aws-vault or credentials
    #[arg(long, value_name = "STORE", hide_possible_values = true)]
    from: Store,
    /// File or folder of the store; without it, the usual one
    path: Option<PathBuf>,
    /// Read the other store's password from this file descriptor, a line
    #[arg(long, value_name = "N")]
    source_passphrase_fd: Option<u32>,
    /// Put the imported keys in place of those that the vault has by the same names
    #[arg(long)]
    replace: bool,
    /// Leave out what cannot be used, in place of importing nothing
    #[arg(long)]
    skip_unusable: bool,
    /// With --from credentials: remove the imported keys from that file, once the vault has them; no copy is kept
    #[arg(long)]
    remove_plaintext: bool,
    /// Make the vault without a passphrase: its key is kept in the system's key store alone
    #[arg(long, conflicts_with = "passphrase_fd")]
    no_passphrase: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// The stores that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Store {
    /// The first awsenv's database.
    Awsenv,
    /// aws-vault's file backend.
    AwsVault,
    /// A credentials file.
    Credentials,
}

/// Imports.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let is_plain = args.from == Store::Credentials;
    if args.remove_plaintext && !is_plain {
        return Err(CommandError::usage("--remove-plaintext goes with --from credentials: other stores are encrypted"));
    }
    let path = match &args.path {
        Some(path) => path.clone(),
        None => usual(run, args.from)?,
    };
    // What is there before it is read, so that a change in between is noticed.
    let before = if is_plain { Zeroizing::new(file(&path)?) } else { Zeroizing::default() };
    let found = read(run, args, &path)?;
    let entries = usable(run, args, found)?;
    free_in_files(run, args.from, &entries)?;
    let mut door = Door::open_or_create(run, &args.passphrase, NewVault::of(args.no_passphrase))?;
    free_in_vault(args, &entries, &door.names()?)?;
    let names: Vec<String> = entries.keys().map(|name| sanitize::show(name).into_owned()).collect();
    let saved = door.add(&entries, args.replace)?;
    unlock_vault::done(run, saved, &format!("{} in the vault: {}", count(names.len()), names.join(", ")));
    if is_plain && plaintext::is_wanted(run, &path, args.remove_plaintext) {
        plaintext::remove(run, &path, &before, &entries, saved, &mut door)?;
        talk(run, NEW_KEYS);
    } else {
        talk(run, &advice(args.from, &path));
    }
    Ok(Done::Code(0))
}

/// Where a store usually is.
fn usual(run: &Run<'_>, store: Store) -> Result<PathBuf, CommandError> {
    let home = run.host.home().map_err(|error| CommandError::usage(error.to_string()))?;
    Ok(home.join(match store {
        Store::Awsenv => ".config/awsenv",
        Store::AwsVault => ".awsvault/keys",
        Store::Credentials => ".aws/credentials",
    }))
}

fn read(run: &mut Run<'_>, args: &Args, path: &Path) -> Result<Vec<Found>, CommandError> {
    let now = run.host.now().as_second();
    match args.from {
        Store::Credentials => {
            file(path)?;
            credentials::read(path, now).map_err(CommandError::from_parts)
        }
        Store::Awsenv => {
            let bytes = file(path)?;
            old::read(&bytes, &password(args, path)?, now).map_err(|error| failed(path, error))
        }
        Store::AwsVault => {
            let paths = keys_in(run, path)?;
            let password = password(args, path)?;
            paths.iter().map(|path| in_aws_vault(path, &password, now)).collect()
        }
    }
}

/// What is in a file of aws-vault's folder. What is none of aws-vault's files is named, not passed over.
fn in_aws_vault(path: &Path, password: &Password, now: i64) -> Result<Found, CommandError> {
    let unusable = |why: String| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Found { name, entry: Err(why) })
    };
    let bytes = match file(path) {
        Ok(bytes) => bytes,
        Err(error) => return unusable(error.message),
    };
    match aws_vault::read(&bytes, password, now) {
        Err(error @ ImportError::NotAStore(_)) => unusable(error.to_string()),
        read => read.map_err(|error| failed(path, error)),
    }
}

fn file(path: &Path) -> Result<Vec<u8>, CommandError> {
    let missing = || CommandError::usage(format!("there is no file {}", path.display()));
    files::read_regular(path, FILE_MAX).map_err(CommandError::from_parts)?.ok_or_else(missing)
}

/// What is in a folder beside sessions, which are named. Links are followed, as aws-vault follows them.
fn keys_in(run: &mut Run<'_>, folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let unreadable = |error: std::io::Error| {
        CommandError::usage(format!("cannot read {}", folder.display()))
            .because(error)
            .hint("aws-vault keeps a folder of files only with its backend `file`: name it, if it is another.")
    };
    let (mut files, mut sessions) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let key = aws_vault::key_of(name.as_encoded_bytes());
        if aws_vault::is_session(&key) {
            sessions.push(sanitize::show(&brief(&key)).into_owned());
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    sessions.sort();
    if !sessions.is_empty() {
        talk(run, &format!("awsenv: left out, as sessions of aws-vault's: {}\n", sessions.join(", ")));
    }
    if files.is_empty() {
        return Err(CommandError::usage(format!("{} holds no profiles of aws-vault's", folder.display())));
    }
    Ok(files)
}

fn password(args: &Args, path: &Path) -> Result<Password, CommandError> {
    let unread = |error| CommandError::usage("the password of the other store cannot be read").because(error);
    if let Some(descriptor) = args.source_passphrase_fd {
        let unread = |error| unlock_vault::unread("--source-passphrase-fd", descriptor, error);
        return Ok(Password(inherited::line(descriptor, MAX_BYTES).map_err(unread)?.unwrap_or_default()));
    }
    let question = format!("Password of {}: ", sanitize::show(&path.to_string_lossy()));
    let answer = hidden::ask(&question).map_err(unread)?.ok_or_else(|| {
        CommandError::new(Kind::Vault, "there is no terminal to ask for the password of the other store")
            .hint("`--source-passphrase-fd N` reads it from a file descriptor.")
    })?;
    Ok(Password(answer))
}

fn failed(path: &Path, error: ImportError) -> CommandError {
    let mut named = CommandError::new(error.kind(), format!("{}: {error}", path.display()));
    named.hints = error.hints();
    named
}

/// What can be kept, by name. What cannot is listed, and then nothing is imported, unless it shall be left out.
fn usable(run: &mut Run<'_>, args: &Args, found: Vec<Found>) -> Result<BTreeMap<String, Entry>, CommandError> {
    let (mut entries, mut bad) = (BTreeMap::new(), Vec::new());
    for Found { name, entry } in found {
        match entry {
            Err(why) => bad.push(format!("`{}`: {}", brief(&name), brief(&why))),
            Ok(_) if entries.contains_key(&name) => bad.push(format!("`{name}` is there twice")),
            Ok(entry) => drop(entries.insert(name, entry)),
        }
    }
    if !bad.is_empty() && !args.skip_unusable {
        let message = format!("{} cannot be used, so nothing was imported (import-unusable)", count(bad.len()));
        let mut error = CommandError::usage(message);
        error.hints = bad;
        return Err(error.hint("`--skip-unusable` imports the others."));
    }
    if entries.is_empty() {
        return Err(CommandError::usage("the other store holds no keys that could be imported"));
    }
    for line in bad {
        report::talk(run.host, &format!("awsenv: left out: {}\n", sanitize::show(&line)));
    }
    Ok(entries)
}

/// Refuses names that have credentials in ~/.aws, where these are not the source.
fn free_in_files(run: &Run<'_>, store: Store, entries: &BTreeMap<String, Entry>) -> Result<(), CommandError> {
    if store == Store::Credentials {
        return Ok(());
    }
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    let mut taken = Vec::new();
    for name in entries.keys() {
        if add::has_credentials(&files, name)? {
            taken.push(name.clone());
        }
    }
    collision(
        "~/.aws has credentials",
        taken,
        "Remove or rename them there: of two profiles with one name, the wrong one would be used one day.",
    )
}

fn free_in_vault(
    args: &Args,
    entries: &BTreeMap<String, Entry>,
    in_vault: &BTreeSet<String>,
) -> Result<(), CommandError> {
    let is_taken = |name: &&String| in_vault.contains(*name) && !args.replace;
    let taken = entries.keys().filter(is_taken).cloned().collect();
    collision("the vault has profiles", taken, "`--replace` puts the imported keys in their place.")
}

fn collision(who: &str, taken: Vec<String>, remedy: &str) -> Result<(), CommandError> {
    if taken.is_empty() {
        return Ok(());
    }
    let message = format!("{who} by these names, so nothing was imported: {} (import-collision)", taken.join(", "));
    Err(CommandError::usage(message).hint(remedy))
}

/// The beginning of a text of any length.
fn brief(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MESSAGE_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}...", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn count(profiles: usize) -> String {
    if profiles == 1 { "1 profile".to_owned() } else { format!("{profiles} profiles") }
}

/// What is left to do with any source.
const NEW_KEYS: &str = "awsenv: these keys were in another place until now: make new ones in IAM, which `awsenv rotate NAME` does, \
    and delete the old ones.\n";

fn talk(run: &mut Run<'_>, text: &str) {
    if !run.global.quiet {
        report::talk(run.host, text);
    }
}

/// What the first awsenv may have left beside its database.
fn old_lock(database: &Path) -> String {
    let mut lock = database.as_os_str().to_owned();
    lock.push(".lock");
    if Path::new(&lock).symlink_metadata().is_err() {
        return String::new();
    }
    let lock = sanitize::show(&lock.to_string_lossy()).into_owned();
    format!("awsenv: {lock} belongs to the old agent, or holds the old password as it is: delete it.\n")
}

/// What is left to do by hand.
fn advice(store: Store, file: &Path) -> String {
    let path = sanitize::show(&file.to_string_lossy()).into_owned();
    let source = match store {
        Store::Awsenv => format!(
            "awsenv: {path} is as it was. Its password was stretched by a single round of MD5, or of SHA-256: whoever has a copy \
             of it can guess fast.\n{}",
            old_lock(file)
        ),
        Store::AwsVault => format!("awsenv: {path} is as it was.\n"),
        Store::Credentials => format!(
            "awsenv: {path} still holds the keys as plain text. Its profiles are the ones that are used as long as the vault is locked; \
             whenever it is open, names that are in both are refused.\nawsenv: the same command with `--replace --remove-plaintext` \
             takes the keys out of {path}; or remove them by hand, and keep region and other settings in ~/.aws/config.\n"
        ),
    };
    source + NEW_KEYS
}
