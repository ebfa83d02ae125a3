//! Whether a session will have to be narrowed to read-only, told before there is one.

use super::{
    Run,
    access::{AccessArgs, read_only},
};
use crate::{
    core::{
        config::Settings,
        context::Fact,
        guard::{self, Verdict},
        identity::{AccountId, Partition},
        profile::plan::Plan,
    },
    edge::{sessions::Sessions, store::Memory},
};

/// The policy that the session will have to be narrowed to, as far as the files and what is remembered tell. Asked where an
/// MFA code is: the one that a second session would cost is not there for half a minute; and where sessions are kept,
/// since of a read-only account the narrowed one alone is.
pub(super) fn ahead(
    run: &Run<'_>,
    settings: &Settings,
    plan: &Plan,
    args: &AccessArgs,
    sessions: &Sessions,
) -> Option<String> {
    let role_arn = plan.assumed_role().filter(|_| args.role.is_none() && !args.write && !args.no_verify)?;
    let asks_code = plan.source_mfa.is_some() || plan.hops.iter().any(|hop| hop.mfa.is_some());
    if !asks_code && !sessions.outlive_the_run() {
        return None;
    }
    let memory = if args.no_cache { Memory::none() } else { Memory::load(run.host, "") };
    let id = AccountId::of_arn(role_arn)?;
    let facts = memory.get(&id).unwrap_or_default();
    let [alias, name] = [&facts.alias, &facts.name].map(|fact| fact.as_ref().map(|fact| fact.fact()));
    let text = |fact: &Option<Fact>| fact.as_ref().and_then(Fact::text).map(str::to_owned);
    let (alias, name) = (text(&alias), text(&name));
    let role = role_arn.rsplit('/').next();
    let account = settings.registry().account(&id, alias.as_deref(), name.as_deref(), Some(&plan.profile), role);
    let narrow = guard::judge(account.protection, false) == Verdict::Narrow;
    let partition = Partition::of_arn(role_arn)?.name();
    narrow.then(|| read_only(partition))
}
