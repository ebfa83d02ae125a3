//! "Sign in now?": asked where a verb lacks a sign-in, and somebody sits at the terminal.

use super::{Run, login, report, sign_in::Target, unlock_vault::PassphraseArgs};
use crate::{
    core::{config::Settings, sanitize::show, sign_in::SignIn},
    edge::{aws::AwsError, terminal},
    error::CommandError,
};

/// Gets something. Where a sign-in is missing for that, and the user wants to sign in now, gets it after that.
pub(super) fn or_sign_in<'r, T>(
    run: &mut Run<'r>,
    settings: &Settings,
    profile: Option<&str>,
    passphrase: &PassphraseArgs,
    get: impl Fn(&mut Run<'r>) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let error = match get(run) {
        Err(error) => error,
        got => return got,
    };
    let Some(missing) = missing(&error) else { return Err(error) };
    // A descriptor's line can be read once, and would be missing the second time.
    if passphrase.passphrase_fd.is_some() || !is_wanted(run, &error) {
        return Err(error);
    }
    let target = Target::missing(run, missing, profile)?;
    login::sign_in(run, settings, &target, login::Way::default())?;
    get(run)
}

fn missing(error: &CommandError) -> Option<&SignIn> {
    error.source.as_ref()?.downcast_ref::<AwsError>()?.sign_in.as_deref()
}

/// Asks, where somebody will see the question and the address of the page that comes after it.
fn is_wanted(run: &Run<'_>, error: &CommandError) -> bool {
    if run.global.quiet || !run.host.stderr_is_terminal || report::ci(run.host).is_some() {
        return false;
    }
    let answer = terminal::ask(&format!("awsenv: {}. Sign in now? [y/N] ", show(&error.message)));
    // Without an answer the verb fails as it does where nobody is asked.
    let answer = answer.ok().flatten().unwrap_or_default().trim().to_ascii_lowercase();
    ["y", "yes"].contains(&answer.as_str())
}
