//! Takes imported keys out of the credentials file, once it is sure that the vault has them.

use std::{collections::BTreeMap, path::Path};

use super::{
    super::{Run, door::Door, report},
    FILE_MAX,
};
use crate::{
    core::{profile::plaintext, sanitize},
    edge::{
        files::{self, Saved},
        terminal,
    },
    error::{CommandError, Kind},
    vault::{entry::Entry, import::credentials},
};

/// Whether they shall go: as the command line says, else as a person does. Nobody to ask is no.
pub(super) fn is_wanted(run: &Run<'_>, path: &Path, asked: bool) -> bool {
    if asked {
        return true;
    }
    if run.global.quiet || !run.host.stderr_is_terminal || report::ci(run.host).is_some() {
        return false;
    }
    let question = format!(
        "Remove these keys from {} now? No copy is kept but the vault. [y/N] ",
        sanitize::show(&path.to_string_lossy())
    );
    let answer = terminal::ask(&question).ok().flatten().unwrap_or_default();
    ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())
}

/// Takes them out of the file as it was when it was read; one that has changed since is left alone.
pub(super) fn remove(
    run: &mut Run<'_>,
    path: &Path,
    read: &[u8],
    entries: &BTreeMap<String, Entry>,
    saved: Saved,
    door: &mut Door,
) -> Result<(), CommandError> {
    let shown = sanitize::show(&path.to_string_lossy()).into_owned();
    let kept = |why: &str| {
        CommandError::new(Kind::Vault, format!("{shown} still holds the keys as plain text: {why} (plaintext-kept)"))
    };
    if saved != Saved::Durable || entries.iter().any(|(name, entry)| !has_keys(door, name, entry)) {
        return Err(kept("it is not sure that the disk has the vault")
            .hint("The keys are in the vault. Run the same again with `--replace`."));
    }
    let names = entries.keys().map(String::as_str).collect();
    let (without, lines) = plaintext::without_keys(read, &names);
    let now = files::read_regular(path, FILE_MAX).map_err(CommandError::from_parts)?;
    if now.as_deref() != Some(read) {
        return Err(kept("somebody changed it meanwhile")
            .hint("The keys are in the vault. Run the same again with `--replace`, or remove them by hand."));
    }
    files::write_users_file(path, &without).map_err(CommandError::from_parts)?;
    let mut text = String::new();
    if !run.global.quiet {
        let many = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        text = format!(
            "awsenv: removed {many} from {shown}; no copy was kept. Backups of yours, and the disk, may still hold them.\n"
        );
    }
    for (name, _) in entries.iter().filter(|(_, entry)| credentials::holds_secret_of(&without, entry)) {
        let name = sanitize::show(name);
        text.push_str(&format!("awsenv: the secret of `{name}` stands in {shown} elsewhere, too: look for it there\n"));
    }
    report::talk(run.host, &text);
    Ok(())
}

/// Whether the vault has these keys: read again, so that it is sure.
fn has_keys(door: &mut Door, name: &str, entry: &Entry) -> bool {
    door.get(name).is_ok_and(|kept| kept.credentials() == entry.credentials())
}
