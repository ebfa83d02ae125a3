//! `awsenv get NAME`.

use super::{
    Done, Run, report,
    unlock_vault::{self, PassphraseArgs},
};
use crate::{core::sanitize, error::CommandError};

/// Show a profile of the vault; its secrets only with --reveal
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the profile
    name: String,
    /// Show the secret access key and the session token, too
    #[arg(long)]
    reveal: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Shows.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let entry = match unlock_vault::agent_unless(run, &args.passphrase) {
        Some(mut agent) => agent.get(&args.name),
        None => {
            let vault = unlock_vault::locate(run)?;
            let unlocked = unlock_vault::unlock(&vault, &args.passphrase)?;
            vault.content(&unlocked).and_then(|content| content.get(&args.name).cloned())
        }
    };
    let entry = entry.map_err(CommandError::from_parts)?;
    if args.json {
        report::json(run.host, &entry.json(&args.name, args.reveal))?;
        return Ok(Done::Code(0));
    }
    let mut text = String::new();
    for (heading, value) in entry.rows(&args.name, args.reveal) {
        text.push_str(&format!("{heading:<18} {}\n", sanitize::show(&value)));
    }
    report::print(run.host, &text)?;
    Ok(Done::Code(0))
}
