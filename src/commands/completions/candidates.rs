//! What is completed: read from files, at the moment of completion. No network, and nothing that could hold it up.

use std::{collections::BTreeSet, ffi::OsStr, path::PathBuf};

use clap::CommandFactory;
use clap_complete::CompletionCandidate;

use crate::{
    cli::Cli,
    commands::{help, settings},
    core::{
        config::Settings,
        profile::{plan::IDENTITY_CENTER, survey::Survey},
        region,
    },
    edge::{aws_files::AwsFiles, host::Host},
};

/// Profiles of the AWS files.
pub fn profiles(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(files) = AwsFiles::locate(&Host::real()) else { return Vec::new() };
    fitting(current, files.names().unwrap_or_default())
}

/// Identity Center sessions of the AWS files.
pub fn sso_sessions(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(files) = AwsFiles::locate(&Host::real()) else { return Vec::new() };
    let names = files.all().map(|set| set.session_names().map(str::to_owned).collect::<Vec<_>>());
    fitting(current, names.unwrap_or_default())
}

/// What one can sign in to: sso-sessions, and the profiles whose credentials start from one.
pub fn sign_ins(current: &OsStr) -> Vec<CompletionCandidate> {
    let Ok(files) = AwsFiles::locate(&Host::real()) else { return Vec::new() };
    let Ok(all) = files.all() else { return Vec::new() };
    let survey = Survey::new(&all);
    let profiles = survey.rows().filter(|row| row.source == Some(IDENTITY_CENTER)).map(|row| row.profile.into_owned());
    let names: BTreeSet<String> = all.session_names().map(str::to_owned).chain(profiles).collect();
    fitting(current, names)
}

/// Regions that AWS has, of every partition.
pub fn regions(current: &OsStr) -> Vec<CompletionCandidate> {
    fitting(current, region::known().map(str::to_owned))
}

/// Classes of accounts, those of the settings among them.
pub fn classes(current: &OsStr) -> Vec<CompletionCandidate> {
    fitting(current, settings().registry().classes().map(|(name, _)| name.to_owned()))
}

/// Accounts that the settings know, with their names.
pub fn accounts(current: &OsStr) -> Vec<CompletionCandidate> {
    let settings = settings();
    let entries =
        settings.registry().entries().filter(|(id, _)| current.to_str().is_some_and(|s| id.as_str().starts_with(s)));
    let named = entries.map(|(id, entry)| {
        let help = entry.name.as_deref().map(|name| crate::core::sanitize::show(name).into_owned().into());
        CompletionCandidate::new(id.as_str()).help(help)
    });
    named.collect()
}

/// Verbs and topics that there is help for.
pub fn topics(current: &OsStr) -> Vec<CompletionCandidate> {
    let command = Cli::command();
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set()).map(|verb| verb.get_name().to_owned());
    fitting(current, verbs.chain(help::TOPICS.iter().map(|topic| topic.name.to_owned())))
}

/// The settings, or the built-in ones where the file is wrong: other commands say so.
fn settings() -> Settings {
    let host = Host::real();
    let own = settings::load_from(&host, named_settings(&host).as_deref()).ok();
    own.unwrap_or_else(|| Settings::load(None).expect("the built-in settings are right"))
}

/// The file that `--config` names on the line that is completed. What no shell has expanded yet begins with `~/`.
fn named_settings(host: &Host) -> Option<PathBuf> {
    // The shell's script puts two hyphens before the line; behind others there are another program's words.
    let words = host.args().iter().skip(2).map_while(|word| word.to_str().filter(|word| *word != "--"));
    let words: Vec<&str> = words.collect();
    let named = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--config")? {
        "" => words.get(at + 1).copied(),
        value => value.strip_prefix('='),
    })?;
    match named.strip_prefix("~/") {
        Some(below) => host.home().ok().map(|home| home.join(below)),
        None => Some(PathBuf::from(named)),
    }
}

/// Those that begin with what is typed.
fn fitting(current: &OsStr, names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let fitting = names.into_iter().filter(|name| name.starts_with(current) && !name.contains(char::is_control));
    fitting.map(CompletionCandidate::new).collect()
}
