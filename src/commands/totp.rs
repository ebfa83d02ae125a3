//! `awsenv totp NAME`.

use super::{
    Done, Run,
    door::Door,
    report,
    unlock_vault::{self, PassphraseArgs},
};
use crate::{
    core::{sanitize, totp::TotpSecret},
    edge::{hidden, inherited, terminal},
    error::{CommandError, Kind},
    vault::entry::Entry,
};

/// The longest line of `--stdin`.
const LINE_MAX: usize = 1024;

/// Put the secret of an MFA device into the vault, beside the keys of its user: codes then need no person
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The second factor is then in the same place as the first: whoever opens the vault has both, and MFA protects \
    no more than the passphrase does. Prefer a device of its own (a phone, a security key, `mfa_process`).\n\n\
    The secret is the base32 text that AWS shows for a virtual device; it is asked for on the terminal, or read with --stdin."
)]
pub struct Args {
    /// Name of the profile that the vault has keys of
    name: String,
    /// Read the secret from standard input, a line
    #[arg(long)]
    stdin: bool,
    /// Take the secret out of the vault
    #[arg(long, conflicts_with = "stdin")]
    remove: bool,
    /// Do not ask whether the second factor shall really be there
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Keeps the secret, or takes it out.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let mut door = Door::open(run, &args.passphrase)?;
    let before = door.get(&args.name)?;
    let (after, what) = if args.remove {
        if before.totp_secret.is_none() {
            return Err(CommandError::usage(format!("the vault has no MFA secret for `{}`", args.name)));
        }
        (Entry { totp_secret: None, ..before.clone() }, "the MFA secret of `{}` is no longer in the vault")
    } else {
        insisted(run, args)?;
        let secret = if args.stdin { read()? } else { ask()? };
        let secret = TotpSecret::parse(&secret).map_err(|bad| CommandError::usage(bad.to_string()))?;
        let after = Entry { totp_secret: Some(secret.secret().clone()), ..before.clone() };
        (after, "the MFA secret of `{}` is in the vault, beside its keys")
    };
    let saved = door.swap(&args.name, &before, after)?;
    unlock_vault::done(run, saved, &what.replace("{}", &args.name));
    Ok(Done::Code(0))
}

/// Says what it costs, and asks.
fn insisted(run: &mut Run<'_>, args: &Args) -> Result<(), CommandError> {
    let warning = format!(
        "awsenv: warning: the second factor of `{}` will be in the same place as the first: whoever opens the vault has both\n",
        sanitize::show(&args.name)
    );
    report::talk(run.host, &warning);
    if args.yes {
        return Ok(());
    }
    match terminal::ask("Keep it there all the same? [y/N] ") {
        Ok(Some(answer)) if ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()) => Ok(()),
        _ => Err(CommandError::new(Kind::Refused, "nobody wanted the MFA secret in the vault").hint("`--yes` does.")),
    }
}

fn read() -> Result<zeroize::Zeroizing<String>, CommandError> {
    let line = inherited::line(0, LINE_MAX)
        .map_err(|error| CommandError::usage("standard input cannot be read").because(error))?;
    let line = line.ok_or_else(|| CommandError::usage("standard input must give a line: the secret"))?;
    Ok(zeroize::Zeroizing::new(String::from_utf8_lossy(&line).into_owned()))
}

fn ask() -> Result<zeroize::Zeroizing<String>, CommandError> {
    let answer = hidden::ask_text("Secret of the MFA device (base32): ")
        .map_err(|error| CommandError::new(Kind::Usage, "the secret could not be asked for").because(error))?;
    answer.ok_or_else(|| {
        CommandError::usage("there is no terminal to ask for the secret").hint("`--stdin` reads it, a line.")
    })
}
