//! Which sessions are kept between runs, and which are not.

use super::{
    Run,
    access::{AccessArgs, Opened, Standing},
    report, shelves,
};
use crate::{
    core::{
        config::Settings,
        identity::AccountId,
        kept::{About, KeptIdentity, SessionKey},
        registry::Protection,
    },
    edge::sessions::{Sessions, files},
};

/// The sessions that may be used.
pub(super) fn sessions(run: &Run<'_>, settings: &Settings, args: &AccessArgs) -> Sessions {
    let now = run.host.now();
    if args.no_cache {
        return Sessions::of_this_run(now);
    }
    Sessions::new(shelves::chosen(run, settings), now)
}

/// The same, for a run that keeps what it gets: others that need the same wait for it, and it for them.
pub(super) fn sessions_in_turn(run: &Run<'_>, settings: &Settings, args: &AccessArgs) -> Sessions {
    sessions(run, settings, args).with_turns(files::folder(run.host))
}

/// Keeps what was got on the way, once the guard has let it pass.
///
/// Of a protected account nothing is kept but what is narrowed to read-only: who could get at the rest would be past the
/// confirmation.
pub(super) fn keep(run: &mut Run<'_>, settings: &Settings, opened: &Opened, sessions: &Sessions) {
    let Some((last, on_the_way)) = opened.keys.split_last() else { return };
    let mut keys: Vec<SessionKey> = on_the_way.to_vec();
    keys.retain(|key| sessions.about(key).is_some_and(|about| !may_be_protected(settings, &about)));
    match &opened.standing {
        Standing::Verified(context) => {
            let at = context.verified.before.unwrap_or_else(|| run.host.now());
            sessions.verified(last, KeptIdentity { identity: context.verified.identity.clone(), at });
            if context.account.protection == Protection::None || opened.narrowed {
                keys.push(last.clone());
            }
        }
        // Refused already where any account is protected.
        Standing::Unverified(_) => keys.push(last.clone()),
    }
    if let (Err(error), false) = (sessions.write(&keys, opened.skew), run.global.quiet) {
        report::talk(
            run.host,
            &format!("awsenv: the session is not kept: {}\n", crate::core::sanitize::show(&error.to_string())),
        );
    }
}

/// Whether a session on the way is of an account that is protected, or may be.
fn may_be_protected(settings: &Settings, about: &About) -> bool {
    let registry = settings.registry();
    let of = |id: &AccountId| {
        let known = registry.account(id, None, None, Some(&about.profile), about.role()).protection;
        known.max(registry.protection_in_doubt(id, true, true)) > Protection::None
    };
    about.account().map_or_else(|| registry.protects_an_account(), |id| of(&id))
}
