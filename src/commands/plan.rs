//! What the AWS files say about a profile, and the vault where they do not have all of it.

use super::{
    Run,
    unlock_vault::{self, PassphraseArgs},
};
use crate::{
    core::{
        profile::{
            PlanError,
            plan::{Plan, Source},
        },
        sanitize,
    },
    edge::aws_files::{AwsFiles, FilesError},
    error::CommandError,
};

/// What the files say about a profile, and the vault, where the files do not have all of it.
pub(super) fn plan(run: &Run<'_>, profile: &str, passphrase: &PassphraseArgs) -> Result<Plan, CommandError> {
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    if let Some(plan) = of_agent(run, &files, profile, passphrase)? {
        return Ok(plan);
    }
    let found = files.plan(profile);
    let missing = match &found {
        // A name that is misspelt is seen before a passphrase is typed for it.
        Err(FilesError::Plan(PlanError::Unknown { name, near })) => Some(not_there(name, near)),
        Err(FilesError::Plan(PlanError::DanglingSource { to, .. })) => Some(not_there(to, &[])),
        Err(FilesError::Plan(error)) if error.code() == "no-credentials" => {
            Some(format!("There are no keys for `{}` in ~/.aws. ", sanitize::show(profile)))
        }
        _ => None,
    };
    // Who names a passphrase has the vault opened, so that a name that both have is noticed.
    let wanted = missing.is_some() || (found.is_ok() && passphrase.passphrase_fd.is_some());
    let vault = unlock_vault::locate(run).ok().filter(|vault| wanted && vault.is_there());
    let Some(vault) = vault else { return found.map_err(CommandError::from_parts) };
    let why = missing.unwrap_or_default();
    match (unlock_vault::profiles(run, &vault, passphrase, &why), found) {
        (Ok(vault), _) => files.plan_with(profile, Some(&vault)).map_err(CommandError::from_parts),
        // Nobody can be asked: then what the files say is the better answer.
        (Err(locked), Err(error)) if unlock_vault::is_no_terminal(&locked) => {
            let hint = "The vault may have it, but is locked: `awsenv unlock`, or `--passphrase-fd N`, opens it.";
            Err(CommandError::from_parts(error).hint(hint))
        }
        (Err(locked), _) => Err(locked),
    }
}

/// What goes before the question for the passphrase.
fn not_there(name: &str, near: &[String]) -> String {
    let name = sanitize::show(name);
    if near.is_empty() {
        return format!("`{name}` is not in ~/.aws. ");
    }
    let near = near.iter().map(|name| sanitize::show(name)).collect::<Vec<_>>().join(" or ");
    format!("`{name}` is not in ~/.aws; did you mean {near}? The vault may have it, but is locked. ")
}

/// The plan while the vault is unlocked. `None` where it is not, or where the agent does not answer.
fn of_agent(
    run: &Run<'_>,
    files: &AwsFiles,
    profile: &str,
    passphrase: &PassphraseArgs,
) -> Result<Option<Plan>, CommandError> {
    let Some(mut agent) = unlock_vault::agent_soon_unless(run, passphrase) else { return Ok(None) };
    let Ok(vault) = unlock_vault::locate(run) else { return Ok(None) };
    let Ok(without_keys) = unlock_vault::without_keys(run, &vault, &mut agent) else { return Ok(None) };
    let mut plan = files.plan_with(profile, Some(&without_keys)).map_err(CommandError::from_parts)?;
    if let Source::Vault(credentials) = &mut plan.source {
        let entry = agent.get(&plan.source_profile).map_err(CommandError::from_parts)?;
        *credentials = entry.credentials();
        plan.totp = entry.totp();
    }
    Ok(Some(plan))
}
