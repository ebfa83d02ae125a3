//! `awsenv use` without a name: which profile?

use std::collections::HashMap;

use super::{Done, Run, list, report, settings, unlock_vault::PassphraseArgs};
use crate::{
    core::{
        config::{PickerProgram, Settings},
        env_change::EnvChange,
        facts::{AccountFacts, Answer, Remembered},
        identity::AccountId,
        picker::{Choice, HEADING, Picker},
        profile::{set::ProfileSet, survey::Survey},
        sanitize,
        style::Look,
    },
    edge::{
        aws_files::AwsFiles,
        picker, process,
        recent::{self, Used},
        store::Memory,
        terminal::{self, Stream},
    },
    error::{CommandError, Kind},
};

/// Ends with nothing switched, as after an interrupt.
const CANCELLED: u8 = 130;

/// What the user wants.
#[derive(Debug)]
pub enum Pick {
    /// This profile.
    Profile(String),
    /// None: the shell stays as it is.
    Nothing(Done),
}

/// Has a profile picked on the terminal. Without one, that no profile was named is an error as any other.
pub fn pick(run: &mut Run<'_>) -> Result<Pick, CommandError> {
    let unnamed = || {
        CommandError::usage("no profile is named, and there is no terminal to pick one on")
            .hint("Name one: `awsenv use PROFILE`. `awsenv list` shows them.")
    };
    let dumb = run.host.hint("TERM").is_none_or(|term| term == "dumb");
    if !run.host.stdin_is_terminal || !run.host.stderr_is_terminal || dumb {
        return Err(unnamed());
    }
    settings::needs_a_shell(run, "use PROFILE")?;
    let mut terminal = terminal::controlling().ok_or_else(unnamed)?;
    let settings = settings::load(run)?;
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    let mut set = files.all().map_err(CommandError::from_parts)?;
    // A vault in trouble does not keep the profiles of the files, as it does not for `use NAME`.
    let locked = list::add_vault(run, &mut set, &PassphraseArgs::default()).unwrap_or_else(|error| {
        Some(format!("awsenv: vault: {}; its profiles are not listed\n", sanitize::show(&error.message)))
    });
    if let Some(note) = locked.filter(|_| !run.global.quiet) {
        report::talk(run.host, &note);
    }
    let look = terminal::look(run.host, Stream::Stderr, run.global.color);
    let (names, choices) = choices(run, &settings, &set, &look);
    if names.is_empty() {
        return Err(CommandError::usage("there are no profiles that can be used").hint(format!("{}.", list::MAKES_ONE)));
    }
    let program = fzf(run, &settings);
    let picked = match &program {
        Some(program) => {
            let _kept = picker::keep(&terminal).map_err(broken)?;
            with_fzf(program, &choices, &look)?
        }
        None => picker::pick(&mut terminal, &mut Picker::new(choices), &look).map_err(broken)?,
    };
    Ok(match picked.and_then(|at| names.get(at)) {
        Some(name) => Pick::Profile(name.clone()),
        None => Pick::Nothing(Done::Emit {
            change: EnvChange { status: CANCELLED, ..EnvChange::default() },
            talk: "awsenv: no profile was picked; this shell is as it was\n".to_owned(),
        }),
    })
}

fn broken(error: std::io::Error) -> CommandError {
    CommandError::new(Kind::Internal, "the picker failed on the terminal").because(error)
}

/// A profile that can be used.
struct Row {
    profile: String,
    account: Option<AccountId>,
    role: String,
    region: String,
}

/// The profiles of the files, then those of the vault alone.
fn rows(set: &ProfileSet) -> Vec<Row> {
    let survey = Survey::new(set);
    let in_files = survey.rows().filter(|row| row.problem.is_none()).map(|row| Row {
        account: row.account.as_deref().and_then(|id| AccountId::parse(id).ok()),
        role: row.role.unwrap_or_default().to_owned(),
        region: row.region.unwrap_or_default().to_owned(),
        profile: row.profile.into_owned(),
    });
    let in_vault = set.in_vault_alone().map(|(name, kept)| Row {
        profile: name.to_owned(),
        account: kept.account.clone(),
        role: String::new(),
        region: kept.region.as_ref().map(ToString::to_string).unwrap_or_default(),
    });
    in_files.chain(in_vault).collect()
}

/// The names, raw, and what is shown of them, in the same order: those used last first, then as in the files.
fn choices(run: &Run<'_>, settings: &Settings, set: &ProfileSet, look: &Look) -> (Vec<String>, Vec<Choice>) {
    let recent = recent::load(run.host);
    let rank: HashMap<&str, usize> = recent.iter().enumerate().map(|(at, used)| (used.profile.as_str(), at)).collect();
    let memory = Memory::load(run.host, "");
    let rank_of = |row: &Row| rank.get(row.profile.as_str()).copied().unwrap_or(usize::MAX);
    let mut rows = rows(set);
    rows.sort_by_key(rank_of);
    let choice = |row: &Row| {
        let pin = || settings.registry().pin(Some(&row.profile)).map(|pin| pin.account);
        let account = row.account.clone().or_else(pin);
        Choice {
            name: look.show_field(&row.profile),
            pinned: account.map(|id| pinned(settings, &memory, &id, look)).unwrap_or_default(),
            role: look.show_field(&row.role),
            region: row.region.clone(),
            last: recent.get(rank_of(row)).map(|used| last(used, look)).unwrap_or_default(),
        }
    };
    let choices = rows.iter().map(choice).collect();
    (rows.into_iter().map(|row| row.profile).collect(), choices)
}

/// The account that the files pin a profile to, with its class and name.
fn pinned(settings: &Settings, memory: &Memory, id: &AccountId, look: &Look) -> String {
    let AccountFacts { alias, name } = memory.get(id).unwrap_or_default();
    let text = |fact: Option<Remembered>| match fact?.answer {
        Answer::Known(text) => Some(text),
        Answer::None | Answer::DeniedTo(_) => None,
    };
    let (alias, name) = (text(alias), text(name));
    let account = settings.registry().account(id, alias.as_deref(), name.as_deref(), None, None);
    let called = account.name.or(name).or(alias).map(|name| look.show_field(&name));
    let parts = [Some(look.show_field(&account.class)), Some(id.grouped()), called];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What AWS said the last time.
fn last(used: &Used, look: &Look) -> String {
    let id = used.account.as_deref().and_then(|id| AccountId::parse(id).ok());
    let called = used.name.clone().or_else(|| id.map(|id| id.grouped()));
    match (called, &used.class) {
        (Some(called), Some(class)) => format!("{} ({})", look.show_field(&called), look.show_field(class)),
        (Some(called), None) => look.show_field(&called),
        (None, _) => "not verified".to_owned(),
    }
}

/// fzf, where the user wants it and has it.
fn fzf(run: &mut Run<'_>, settings: &Settings) -> Option<std::path::PathBuf> {
    if settings.picker == PickerProgram::Builtin {
        return None;
    }
    let found = process::on_path("fzf", run.host.var_os("PATH").as_deref());
    if found.is_none() {
        report::talk(run.host, "awsenv: fzf is not on your PATH; this is awsenv's own picker\n");
    }
    found
}

/// The lines carry their number in front, which fzf hides. Whatever else it prints for the user's FZF_DEFAULT_OPTS, only a
/// whole line that it was given counts.
fn with_fzf(program: &std::path::Path, choices: &[Choice], look: &Look) -> Result<Option<usize>, CommandError> {
    let given = |at: usize, choice: &Choice| format!("{at}\t{}", choice.line(false, 0).text().trim());
    let painted = |(at, choice): (usize, &Choice)| {
        format!("{at}\t{}", terminal::paint(&[choice.line(false, 0)], look).trim_start())
    };
    let lines = choices.iter().enumerate().map(painted).collect();
    let heading = format!("--header={HEADING}");
    let arguments = [
        &heading,
        "--delimiter=\t",
        "--with-nth=2..",
        "--ansi",
        "--no-multi",
        "--no-preview",
        "--tiebreak=index",
        "--prompt=Profile: ",
    ];
    let failed = |why: String| {
        CommandError::usage(format!("fzf {why}"))
            .hint("Look at FZF_DEFAULT_OPTS, or set `[picker] program = \"builtin\"`.")
    };
    let (code, output) = process::choose(program, &arguments, lines)
        .map_err(|error| failed("cannot be run".to_owned()).because(error))?;
    match code {
        // Nothing fits, or left.
        Some(1 | 130) => return Ok(None),
        Some(0) => {}
        Some(code) => return Err(failed(format!("ended with status {code}"))),
        None => return Err(failed("was ended by a signal".to_owned())),
    }
    let output = String::from_utf8_lossy(&output);
    let chosen = output.split(['\n', '\0']).find_map(|line| {
        let at = line.split_once('\t')?.0.parse::<usize>().ok()?;
        choices.get(at).filter(|choice| given(at, choice) == line.trim_end()).map(|_| at)
    });
    chosen.map(Some).ok_or_else(|| failed("printed none of the lines that it was given".to_owned()))
}
