//! Ending sign-ins: at Identity Center, as far as it can be reached, and on this machine in any case.

use std::{cell::RefCell, collections::BTreeMap};

use super::{
    super::{
        Done, Run, report, settings, shelves,
        sign_in::{self, Target},
    },
    say_removed,
};
use crate::{
    core::{
        config::Settings,
        sanitize::show,
        secret::Secret,
        sign_in::{NoSignIn, SignIn},
    },
    edge::{aws::Oidc, aws_files::AwsFiles, cli_cache, sign_ins::Found},
    error::CommandError,
};

/// Ends one sign-in, and removes the sessions that were got with it.
pub(super) fn one(run: &mut Run<'_>, name: &str, is_session: bool) -> Result<Done, CommandError> {
    let target = Target::find(run, Some(name), is_session)?;
    let (cache, sign_in) = (sign_in::cache(run)?, &target.sign_in);
    let lock = cache.lock(sign_in).map_err(CommandError::from_parts)?;
    let found = cache.read(sign_in).map_err(CommandError::from_parts)?;
    let what = match &found {
        Found::Token(token) => {
            end(run, &target, &token.access_token);
            "signed out of"
        }
        Found::Other(NoSignIn::Damaged) => "removed a damaged file; nobody is signed in to",
        // What is another tool's, or another instance's, is not ours to remove.
        Found::Nothing | Found::Other(NoSignIn::Foreign | NoSignIn::Scopes) => "nobody is signed in to",
    };
    let removed = match found {
        Found::Token(_) | Found::Other(NoSignIn::Damaged) => cache.remove(sign_in).map_err(CommandError::from_parts),
        Found::Nothing | Found::Other(NoSignIn::Foreign | NoSignIn::Scopes) => Ok(()),
    };
    drop(lock);
    if removed.is_ok() && !run.global.quiet {
        report::talk(run.host, &format!("awsenv: {what} {}\n", show(&sign_in.name())));
    }
    // What cannot be removed does not keep the rest.
    let sessions = remove_sessions(run, sign_in).map(|count| say_removed(run, count));
    removed.and(sessions).and(remove_those_of_the_aws_cli(run)).map(|()| Done::Code(0))
}

/// Ends all sign-ins that the cache holds.
pub(super) fn all(run: &mut Run<'_>) -> Result<(), CommandError> {
    let Ok(cache) = sign_in::cache(run) else { return Ok(()) };
    let tokens = cache.all();
    let mut removed = Ok(());
    let mut count = 0;
    for (path, token, of) in &tokens {
        match of {
            Some(sign_in) => end(run, &Target::of(sign_in.clone()), &token.access_token),
            None => not_ended(run, "its file names no region"),
        }
        match cache.remove_file(path) {
            Ok(()) => count += 1,
            Err(error) => removed = removed.and(Err(CommandError::from_parts(error))),
        }
    }
    if !run.global.quiet {
        let plural = if count == 1 { "sign-in" } else { "sign-ins" };
        report::talk(run.host, &format!("awsenv: {count} {plural} removed\n"));
    }
    removed.and(remove_those_of_the_aws_cli(run))
}

/// Removes what the AWS CLI keeps of sign-ins that were ended; else it goes on with that.
fn remove_those_of_the_aws_cli(run: &mut Run<'_>) -> Result<(), CommandError> {
    let Ok(home) = run.host.home() else { return Ok(()) };
    let count = cli_cache::remove_those_of_sign_ins(&home).map_err(CommandError::from_parts)?;
    if count > 0 && !run.global.quiet {
        let plural = if count == 1 { "session" } else { "sessions" };
        report::talk(run.host, &format!("awsenv: {count} {plural} of the AWS CLI's removed\n"));
    }
    Ok(())
}

/// Tells Identity Center. Where it cannot be told, the token is removed here all the same: signing out must not depend on
/// settings that somebody broke.
fn end(run: &mut Run<'_>, target: &Target, token: &Secret) {
    let ended = target.effective(run).and_then(|effective| {
        let settings = settings::load(run).or_else(|_| Settings::load(None)).map_err(CommandError::from_parts)?;
        let client = sign_in::client(run, &settings);
        Oidc::new(&client, &effective, &target.sign_in).logout(token).map_err(CommandError::from_parts)
    });
    if let Err(error) = ended {
        not_ended(run, &error.message);
    }
}

fn not_ended(run: &mut Run<'_>, why: &str) {
    let text =
        format!("awsenv: Identity Center was not told, so a copy of the token works until it ends: {}\n", show(why));
    report::talk(run.host, &text);
}

/// Removes the sessions that were got with this sign-in. Those that do not say with which are known by their profile, as far
/// as that is still in the files.
fn remove_sessions(run: &Run<'_>, sign_in: &SignIn) -> Result<usize, CommandError> {
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    let known = RefCell::new(BTreeMap::new());
    let file = sign_in.token_file();
    let is_of = |profile: &str| {
        let plan = files.plan(profile).ok();
        plan.and_then(|plan| plan.source.sign_in()).is_some_and(|of| of.token_file() == file)
    };
    shelves::remove_those(run, &|about| match &about.sign_in {
        Some(of) => *of == file,
        None => *known.borrow_mut().entry(about.profile.clone()).or_insert_with_key(|profile| is_of(profile)),
    })
}
