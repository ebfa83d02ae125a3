//! `awsenv list`.

use std::cell::OnceCell;

use jiff::Timestamp;

use super::{
    Done, Run, report, settings, shelves,
    unlock_vault::{self, AtHand, PassphraseArgs},
};
use crate::{
    core::{
        facts::{AccountFacts, Answer, Remembered},
        identity::AccountId,
        listing::{Known, Listing, SessionState, Sources},
        profile::set::ProfileSet,
        sanitize,
        sign_in::SignIn,
    },
    edge::{
        aws_files::AwsFiles,
        key_store::KeyStoreError,
        sign_ins::{Found, SignIns},
        store::Memory,
    },
    error::{CommandError, Kind},
};

/// What somebody without any profile can do.
pub(super) const MAKES_ONE: &str =
    "`aws configure` or `aws configure sso` makes one, and `awsenv add NAME` one in an encrypted vault";

/// List the profiles with account, class, role, region, source, session and line; no network is asked
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The account is the one that the files pin a profile to (awsenv_account_id, sso_account_id, role_arn). \
    It is what must be, not what was verified. Aliases are those that AWS told earlier.\n\n\
    SESSION says what is known here of Identity Center's sign-ins, and which profiles have a session that is kept between \
    runs. AWS may have ended either."
)]
pub struct Args {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Lists.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let settings = settings::load(run)?;
    let memory = Memory::load(run.host, "");
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    let mut set = files.all().map_err(CommandError::from_parts)?;
    let (mut locked, mut trouble) = (None, None);
    match add_vault(run, &mut set, &args.passphrase) {
        Ok(note) => locked = note,
        Err(error) => trouble = Some(error),
    }
    let know = |id: &AccountId, facts: AccountFacts| {
        let text = |fact: Option<Remembered>| match fact?.answer {
            Answer::Known(text) => Some(text),
            Answer::None | Answer::DeniedTo(_) => None,
        };
        let (alias, name) = (text(facts.alias), text(facts.name));
        let account = settings.registry().account(id, alias.as_deref(), name.as_deref(), None, None);
        Known { name: account.name.or(name), alias, class: account.class }
    };
    // The rules say the same of every account that nothing is known about.
    let stranger = OnceCell::new();
    let lookup = |id: &AccountId| {
        Some(match memory.get(id) {
            Some(facts) => know(id, facts),
            None if settings.registry().entry(id).is_some() => know(id, AccountFacts::default()),
            None => stranger.get_or_init(|| know(id, AccountFacts::default())).clone(),
        })
    };
    let sign_ins = run.host.home().ok().map(|home| SignIns::of_home(&home));
    let sign_in = |one: &SignIn| sign_in_state(sign_ins.as_ref()?, one, run.host.now());
    let sessions = Sources { sign_in: &sign_in, kept: shelves::ends_by_profile(run, &settings), now: run.host.now() };
    let listing = Listing::new(&set, &lookup, sessions);
    let written = match args.json {
        true => listing.write_json(&mut run.host.stdout),
        // A heading over nothing says less than the note below.
        false if listing.is_empty() => Ok(()),
        false => listing.write_table(&mut run.host.stdout, &|text| sanitize::show_first(text)),
    };
    written.and_then(|()| run.host.stdout.flush()).map_err(report::write_failed)?;
    if !run.global.quiet {
        report::findings(run, listing.findings());
        if let Some(note) = &locked {
            report::talk(run.host, note);
        } else if listing.is_empty() && trouble.is_none() {
            report::talk(run.host, &format!("awsenv: there are no profiles; {MAKES_ONE}\n"));
        }
    }
    // Everything readable is listed all the same.
    if let Some(trouble) = trouble {
        return Err(trouble);
    }
    let broken = listing.findings().iter().any(|finding| finding.code == "config-syntax");
    Ok(Done::Code(if broken { Kind::Usage.exit_code() } else { 0 }))
}

/// What the file of a sign-in says; nothing where it cannot be read.
fn sign_in_state(cache: &SignIns, sign_in: &SignIn, now: Timestamp) -> Option<SessionState> {
    match cache.read(sign_in).ok()? {
        Found::Token(token) => Some(SessionState::of(&token, sign_in, now)),
        Found::Nothing | Found::Other(_) => Some(SessionState::SignedOut),
    }
}

/// Adds the vault's profiles, or says why not. Nobody is asked for a passphrase: this is what one looks at first, and what
/// scripts call.
pub(super) fn add_vault(
    run: &Run<'_>,
    set: &mut ProfileSet,
    passphrase: &PassphraseArgs,
) -> Result<Option<String>, CommandError> {
    let vault = unlock_vault::locate(run).ok().filter(|vault| vault.is_there());
    let Some(vault) = vault else { return Ok(None) };
    Ok(match unlock_vault::at_hand(run, &vault, passphrase)? {
        AtHand::Profiles(profiles) => {
            set.set_vault(profiles);
            None
        }
        AtHand::Locked(why) => Some(locked_note(why.as_ref())),
    })
}

/// That there is more than what is listed, and why the key store, where the user chose it, did not open the vault.
fn locked_note(why: Option<&KeyStoreError>) -> String {
    let because = why.map(|why| format!(": {}", sanitize::show(&why.to_string()))).unwrap_or_default();
    let remedy = match why {
        None => "`awsenv unlock` opens it",
        Some(why) => why.hint().unwrap_or("`awsenv unlock` says more"),
    };
    format!("awsenv: vault: locked{because}; its profiles are not listed; {remedy}\n")
}
