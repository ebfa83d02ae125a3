//! Opening the vault for a verb: where it is, and where its passphrase comes from.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::Run;
use crate::{
    core::{profile::vault::VaultProfiles, sanitize},
    edge::{hidden::Questions, inherited, key_store::KeyStoreError, local_socket},
    error::{CommandError, Kind},
    vault::{
        VaultError,
        agent::{Agent, Status, for_plans},
        format::{FormatError, Params},
        passphrase::{BadPassphrase, MAX_BYTES, Passphrase},
        store::{Unlocked, Vault},
    },
};

/// How often a passphrase may be typed.
const TRIES: usize = 3;

/// Where the passphrase comes from.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PassphraseArgs {
    /// Read the vault's passphrase from this file descriptor, a line; without it, it is asked for on the terminal
    #[arg(long, value_name = "N")]
    pub(super) passphrase_fd: Option<u32>,
}

/// The user's vault.
pub(super) fn locate(run: &Run<'_>) -> Result<Vault, CommandError> {
    let data = run.host.xdg("XDG_DATA_HOME", ".local/share").map_err(|error| CommandError::usage(error.to_string()))?;
    Ok(Vault::below(&data))
}

/// The agent of the user's vault, if it runs.
pub(super) fn agent(run: &Run<'_>) -> Option<Agent> {
    of_this_vault(run, Agent::find(&local_socket::path(run.host)?))
}

/// One of another vault is none.
fn of_this_vault(run: &Run<'_>, found: Result<Option<(Agent, Status)>, VaultError>) -> Option<Agent> {
    let (agent, status) = found.ok()??;
    status.is_of(&locate(run).ok()?).then_some(agent)
}

/// The same for what can be done without it: one that does not answer is not waited for.
pub(super) fn agent_soon(run: &Run<'_>) -> Option<Agent> {
    of_this_vault(run, Agent::find_soon(&local_socket::path(run.host)?))
}

/// The same, unless the passphrase is given: then that is what shall open the vault.
pub(super) fn agent_unless(run: &Run<'_>, args: &PassphraseArgs) -> Option<Agent> {
    if args.passphrase_fd.is_some() { None } else { agent(run) }
}

/// Both.
pub(super) fn agent_soon_unless(run: &Run<'_>, args: &PassphraseArgs) -> Option<Agent> {
    if args.passphrase_fd.is_some() { None } else { agent_soon(run) }
}

/// Every agent that has to forget what it keeps when its user says so: the one of this place, and those of this vault
/// elsewhere. With them, why there may be one more.
pub(super) fn every_agent(run: &Run<'_>) -> (Vec<Agent>, Option<CommandError>) {
    let (mut agents, mut trouble) = (Vec::new(), None);
    if let Some(socket) = local_socket::path(run.host) {
        match Agent::find(&socket) {
            Ok(here) => agents.extend(here.map(|(agent, _)| agent)),
            Err(error) => trouble = Some(may_be_open(&socket, error)),
        }
    }
    for socket in local_socket::other_places(run.host) {
        match Agent::find(&socket) {
            Err(error) => trouble = trouble.or_else(|| Some(may_be_open(&socket, error))),
            found => agents.extend(of_this_vault(run, found)),
        }
    }
    (agents, trouble)
}

/// Who listens there keeps the key, as far as anybody knows.
fn may_be_open(socket: &Path, error: VaultError) -> CommandError {
    let does_not_answer = matches!(error, VaultError::Agent);
    let message = format!("the vault may still be open: {error}");
    let error = CommandError { kind: Kind::Vault, message, ..CommandError::from_parts(error) };
    if !does_not_answer {
        return error;
    }
    let ends_it = match Agent::process(socket) {
        Some(process) => format!("`kill -KILL {process}` ends it."),
        None => "End the process `awsenv agent`.".to_owned(),
    };
    CommandError { hints: vec![ends_it], ..error }
}

/// What the agent has, without keys.
pub(super) fn without_keys(run: &Run<'_>, vault: &Vault, agent: &mut Agent) -> Result<Arc<VaultProfiles>, VaultError> {
    Ok(Arc::new(for_plans(&agent.list()?, &shown(run, vault))))
}

/// The vault's file as the user would name it.
pub(super) fn shown(run: &Run<'_>, vault: &Vault) -> PathBuf {
    let home = run.host.home().ok();
    let below = home.and_then(|home| vault.path().strip_prefix(home).ok().map(|below| Path::new("~").join(below)));
    below.unwrap_or_else(|| vault.path().to_owned())
}

/// The vault's profiles, for plans. `why` comes before the question, where one is asked.
pub(super) fn profiles(
    run: &Run<'_>,
    vault: &Vault,
    args: &PassphraseArgs,
    why: &str,
) -> Result<Arc<VaultProfiles>, CommandError> {
    let unlocked = unlock_because(vault, args, why)?;
    let content = vault.content(&unlocked).map_err(CommandError::from_parts)?;
    Ok(Arc::new(content.for_plans(&shown(run, vault))))
}

/// What can be had of the vault without asking a person.
pub(super) enum AtHand {
    /// Its profiles.
    Profiles(Arc<VaultProfiles>),
    /// Nothing; where the user chose the key store, with why that fails.
    Locked(Option<KeyStoreError>),
}

/// The vault's profiles, by the agent, the given passphrase, or the key store.
pub(super) fn at_hand(run: &Run<'_>, vault: &Vault, args: &PassphraseArgs) -> Result<AtHand, CommandError> {
    if let Some(mut agent) = agent_soon_unless(run, args) {
        return without_keys(run, vault, &mut agent).map(AtHand::Profiles).map_err(CommandError::from_parts);
    }
    if args.passphrase_fd.is_some() {
        return profiles(run, vault, args, "").map(AtHand::Profiles);
    }
    if !vault.is_in_key_store() {
        // What is wrong with the file can be seen from outside, in part.
        return vault.read().map(|_| AtHand::Locked(None)).map_err(CommandError::from_parts);
    }
    let opened = vault.unlock_by_key_store().and_then(|unlocked| vault.content(&unlocked));
    match opened {
        Ok(content) => Ok(AtHand::Profiles(Arc::new(content.for_plans(&shown(run, vault))))),
        Err(VaultError::KeyStore(error)) => Ok(AtHand::Locked(Some(error))),
        Err(error) => Err(CommandError::from_parts(error)),
    }
}

/// Opens the vault that is there.
pub(super) fn unlock(vault: &Vault, args: &PassphraseArgs) -> Result<Unlocked, CommandError> {
    unlock_because(vault, args, "")
}

fn unlock_because(vault: &Vault, args: &PassphraseArgs, why: &str) -> Result<Unlocked, CommandError> {
    // Whatever is wrong with the file is said before anybody types.
    vault.read_there().map_err(CommandError::from_parts)?;
    if let Some(descriptor) = args.passphrase_fd {
        let passphrase = from_descriptor("--passphrase-fd", descriptor)?;
        return vault.unlock(&passphrase).map_err(CommandError::from_parts);
    }
    let why_not = match by_key_store(vault)? {
        ByKeyStore::Opened(unlocked) => return Ok(unlocked),
        ByKeyStore::NotChosen => None,
        ByKeyStore::Failed(error) => Some(error.to_string()),
    };
    let hint = |error: CommandError| why_not.iter().fold(error, |error, why| error.hint(format!("Besides, {why}.")));
    let mut questions = questions().map_err(hint)?;
    let mut asked = |question: &str| asked(&mut questions, question).map_err(hint);
    let why = why_not.iter().map(|why| sentence(why)).collect::<String>() + why;
    let mut question = format!("{why}Passphrase of the vault: ");
    for _ in 1..TRIES {
        match vault.unlock(&asked(&question)?) {
            Err(VaultError::Format { error: FormatError::WrongPassphrase, .. }) => {
                "Wrong. Passphrase of the vault: ".clone_into(&mut question);
            }
            other => return other.map_err(CommandError::from_parts),
        }
    }
    vault.unlock(&asked(&question)?).map_err(CommandError::from_parts)
}

/// An error before a question. The key store's own words may be in it.
fn sentence(error: &str) -> String {
    let text = sanitize::show(error);
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}. ", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

/// What came of the key store.
enum ByKeyStore {
    /// It had the key.
    Opened(Unlocked),
    /// The user did not put the key there.
    NotChosen,
    /// It fails, but there is a passphrase to ask for.
    Failed(KeyStoreError),
}

/// Opens the vault by the key in the key store, where the user put it there.
fn by_key_store(vault: &Vault) -> Result<ByKeyStore, CommandError> {
    let sealed = vault.read_there().map_err(CommandError::from_parts)?;
    let has_passphrase = sealed.params().is_some();
    if has_passphrase && !vault.is_in_key_store() {
        return Ok(ByKeyStore::NotChosen);
    }
    match vault.unlock_by_key_store() {
        Ok(unlocked) => Ok(ByKeyStore::Opened(unlocked)),
        Err(VaultError::KeyStore(error)) if has_passphrase => Ok(ByKeyStore::Failed(error)),
        Err(error) => Err(CommandError::from_parts(error)),
    }
}

/// Opens the vault, or makes one.
pub(super) fn unlock_or_create(
    run: &Run<'_>,
    vault: &Vault,
    args: &PassphraseArgs,
    new: NewVault,
) -> Result<Unlocked, CommandError> {
    if vault.is_there() {
        return match new {
            NewVault::WithPassphrase => unlock(vault, args),
            NewVault::InKeyStore => Err(CommandError::usage("--no-passphrase makes a vault, and there is one already")
                .hint("`awsenv passwd --no-passphrase` takes its passphrase away.")),
        };
    }
    // Said before anybody types.
    vault.may_be_made().map_err(CommandError::from_parts)?;
    if new == NewVault::InKeyStore {
        return create_in_key_store(vault, run.host.now().as_second());
    }
    let passphrase = new_passphrase("--passphrase-fd", args.passphrase_fd)?;
    match vault.create(&passphrase, Params::default(), run.host.now().as_second()) {
        // Another process was faster: then it is as if the vault had been there.
        Err(VaultError::Exists) => vault.unlock(&passphrase).map_err(CommandError::from_parts),
        other => other.map_err(CommandError::from_parts),
    }
}

fn create_in_key_store(vault: &Vault, now: i64) -> Result<Unlocked, CommandError> {
    let made = vault.create_without_passphrase(now, |unlocked| vault.put_into_key_store(unlocked));
    made.map_err(CommandError::from_parts)
}

/// What opens a vault that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewVault {
    /// A passphrase.
    WithPassphrase,
    /// The system's key store alone.
    InKeyStore,
}

impl NewVault {
    /// By `--no-passphrase`.
    pub(super) fn of(no_passphrase: bool) -> Self {
        if no_passphrase { Self::InKeyStore } else { Self::WithPassphrase }
    }
}

/// A passphrase for a vault to be closed with: from the descriptor that the option names, or typed twice.
pub(super) fn new_passphrase(option: &str, descriptor: Option<u32>) -> Result<Passphrase, CommandError> {
    let bad = |error| CommandError::from_parts(VaultError::Passphrase(error));
    if let Some(descriptor) = descriptor {
        return from_descriptor(option, descriptor)?.good_enough().map_err(bad);
    }
    let mut questions = questions()?;
    let mut question = "New passphrase for the vault: ";
    for _ in 0..TRIES {
        let passphrase = asked(&mut questions, question)?.good_enough().map_err(bad)?;
        if asked(&mut questions, "The same again: ")? == passphrase {
            questions.done();
            return Ok(passphrase);
        }
        question = "These two were not the same. New passphrase for the vault: ";
    }
    Err(CommandError::new(Kind::Vault, "the two passphrases are not the same"))
}

/// A passphrase from the descriptor that this option names.
pub(super) fn from_descriptor(option: &str, descriptor: u32) -> Result<Passphrase, CommandError> {
    let line = inherited::line(descriptor, MAX_BYTES).map_err(|error| unread(option, descriptor, error))?;
    let line = line.ok_or_else(|| CommandError::usage(format!("{option} {descriptor}: there is no line to read")))?;
    Passphrase::new(line.to_vec()).map_err(|error| CommandError::from_parts(VaultError::Passphrase(error)))
}

/// Why no line can be read from the descriptor that this option names.
pub(super) fn unread(option: &str, descriptor: u32, error: std::io::Error) -> CommandError {
    if error.kind() == std::io::ErrorKind::FileTooLarge {
        return CommandError::from_parts(VaultError::Passphrase(BadPassphrase::TooLong));
    }
    if inherited::is_not_open(&error) {
        return CommandError::usage(format!("{option} {descriptor}: descriptor {descriptor} is not open for reading"))
            .hint(format!("The shell opens it: awsenv ... {option} 3 3<FILE"));
    }
    CommandError::usage(format!("{option} {descriptor}: no passphrase can be read there")).because(error)
}

/// The terminal, for questions and what is done with their answers.
fn questions() -> Result<Questions, CommandError> {
    Questions::begin().map_err(not_asked)?.ok_or_else(|| CommandError::from_parts(VaultError::NoTerminal))
}

fn not_asked(error: std::io::Error) -> CommandError {
    CommandError::new(Kind::Vault, "the passphrase could not be asked for").because(error)
}

/// A passphrase from the terminal.
fn asked(questions: &mut Questions, question: &str) -> Result<Passphrase, CommandError> {
    let answer = questions.ask(question).map_err(not_asked)?;
    let answer = answer.ok_or_else(|| CommandError::new(Kind::Vault, "no passphrase was typed"))?;
    Passphrase::new(answer.to_vec()).map_err(|error| CommandError::from_parts(VaultError::Passphrase(error)))
}

/// True where the passphrase could have been asked for, but there is nobody to ask.
#[cfg(feature = "aws")]
pub(super) fn is_no_terminal(error: &CommandError) -> bool {
    let source = error.source.as_ref().and_then(|source| source.downcast_ref::<VaultError>());
    matches!(source, Some(VaultError::NoTerminal))
}

/// Says what was done to the vault, and what of it is not sure.
pub(super) fn done(run: &mut Run<'_>, saved: crate::edge::files::Saved, what: &str) {
    let mut text = String::new();
    if !run.global.quiet {
        text = format!("awsenv: {}\n", sanitize::show(what));
    }
    if saved == crate::edge::files::Saved::Unconfirmed {
        text.push_str("awsenv: saved, but the system does not confirm that it would outlive a power cut now\n");
    }
    super::report::talk(run.host, &text);
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn p5_what_the_key_store_says_is_shown_and_not_obeyed() {
        assert_eq!(sentence("the key store refused: \x1b]0;x\x07"), "The key store refused: \\x1b]0;x\\x07. ");
        assert_eq!(sentence(""), "");
    }
}
