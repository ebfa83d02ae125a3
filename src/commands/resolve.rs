//! Plan → credentials → identity → context, for a profile or for what the environment itself offers.

use std::cell::RefCell;

use super::{
    Run,
    access::{AccessArgs, Opened, Standing, cannot_narrow},
    company::Company,
    report,
    unlock_vault::{self, AtHand},
};
use crate::{
    core::{
        config::Settings,
        context::{Context, PinMismatch, Request, Unverified, Verified},
        endpoint::{Effective, Service},
        facts::AccountFacts,
        identity::{AccountId, Partition},
        profile::{
            PlanError,
            ambient::{self, AmbientError, AmbientSource},
            plan::{Connection, Finding, Pin, Plan},
        },
        registry::Protection,
        user_env::UserEnv,
        variables::{CLEARED, CONFIG, METADATA_DISABLED},
    },
    edge::{
        aws::{Ambient, AwsError, Client, Deadlines, Options, Overrides, Resolved, Session},
        aws_files::{AwsFiles, FilesError},
        sessions::Sessions,
        store::Memory,
    },
    error::{CommandError, Kind},
};

/// How credentials are got, besides what the command line says.
#[derive(Clone, Debug)]
pub(super) struct How<'s> {
    /// The policy that narrows the session.
    pub(super) narrow_to: Option<String>,
    /// Whether STS is asked in any case.
    pub(super) live: bool,
    /// The sessions that are kept.
    pub(super) sessions: &'s Sessions,
}

/// Carries a plan out, and looks who the credentials are.
pub(super) fn profile(
    run: &mut Run<'_>,
    settings: &Settings,
    plan: &Plan,
    args: &AccessArgs,
    how: &How<'_>,
) -> Result<Opened, CommandError> {
    let lookup = |name: &str| run.host.hint(name);
    let user = UserEnv::new(&lookup);
    let effective = Effective::new(&plan.connection, &|name| user.var(name), args.region.clone(), plan.partition())
        .map_err(CommandError::from_parts)?;
    let mut connection = effective.exports.clone();
    let doubt = if plan.default_has_endpoints { keep_from_default(run, plan, &user, &mut connection) } else { None };
    let client = client(run, settings, &user);
    let session = client.session(&effective);
    let narrowed = how.narrow_to.is_some();
    if narrowed && plan.assumed_role().is_none() && args.role.is_none() {
        return Err(cannot_narrow());
    }
    let code = args.session.code()?;
    let overrides = Overrides { narrow_to: how.narrow_to.clone(), ..overrides(settings, args, code.is_some()) };
    let resolved = session
        .resolve(plan, &overrides, how.sessions, &mut Company::new(run, code).with(plan.totp.as_ref()))
        .map_err(CommandError::from_parts)?;
    let mut trail = plan.trail();
    if let Some(role) = &resolved.added_role {
        trail.insert(0, role.clone());
    }
    if resolved.of_the_aws_cli {
        trail.pop();
        trail.push("the AWS CLI's cache".to_owned());
    }
    let request = Request {
        profile: Some(plan.profile.clone()),
        region: effective.exported_region.clone(),
        trail,
        shadowed: Vec::new(),
        access_key_id: resolved.credentials.access_key_id.clone(),
        expires: resolved.credentials.expires,
        pins: pins(plan, args, resolved.added_role.as_deref()),
        findings: plan.findings.iter().chain(&resolved.findings).chain(&doubt).cloned().collect(),
        narrowed,
        asked: args.asked(),
    };
    let standing = if args.no_verify {
        Standing::Unverified(Box::new(unverified(settings, request, args, &effective)?))
    } else {
        verify(run, settings, &session, &resolved, request, args, how.live)?
    };
    warn_of_clock(run, &client);
    Ok(Opened {
        credentials: resolved.credentials,
        standing,
        connection,
        narrowed,
        only_here: plan.only_here(),
        keys: resolved.keys,
        skew: client.skew(),
    })
}

/// The accounts that the credentials must be of.
fn pins(plan: &Plan, args: &AccessArgs, added_role: Option<&str>) -> Vec<Pin> {
    let mut pins = match added_role {
        None => plan.pins.clone(),
        // What the source's account is does not bind a role on top of it; what the user pinned does, and the role's ARN.
        Some(role) => plan.pins.iter().filter(|pin| pin.explicit).cloned().chain(pin_of_role(role)).collect(),
    };
    pins.extend(args.back_to.clone().map(|account| {
        let because = format!("the switch that `use -` repeats (`awsenv use {}` asks anew)", plan.profile);
        Pin { account, because, explicit: true }
    }));
    pins
}

fn overrides(settings: &Settings, args: &AccessArgs, has_code: bool) -> Overrides {
    let terms = args.session.terms(args.duration);
    Overrides {
        role: args.role.clone(),
        terms,
        narrow_to: None,
        mfa: settings.mfa,
        has_code,
        fresh: args.fresh,
        cli_cache: !args.no_cache && !has_code,
    }
}

/// Keeps tools, which get keys and no profile, from the endpoints of `[default]`. Where an endpoint is named on purpose that
/// cannot be done: the switch for configured endpoints switches off the environment's, too. Then it is said.
fn keep_from_default(
    run: &Run<'_>,
    plan: &Plan,
    user: &UserEnv<'_>,
    connection: &mut Vec<(String, String)>,
) -> Option<Finding> {
    let is_endpoint = |name: &str| name.starts_with("AWS_ENDPOINT_URL");
    let of_user = run.host.vars_os().into_keys().filter_map(|name| name.into_string().ok());
    let named = connection.iter().any(|(name, _)| is_endpoint(name))
        || of_user.into_iter().any(|name| is_endpoint(&name) && user.var(&name).is_some());
    if !named {
        connection.push(("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS".to_owned(), "true".to_owned()));
        return None;
    }
    let message = "[default] names endpoints, which tools take for every service that has none of its own".to_owned();
    Some(Finding { code: "default-endpoints", message, location: plan.location.clone() })
}

/// Gets what the environment offers, as every SDK would, and looks who it is.
pub(super) fn ambient(
    run: &mut Run<'_>,
    settings: &Settings,
    args: &AccessArgs,
    how: &How<'_>,
) -> Result<Opened, CommandError> {
    let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let named = run.host.var(name);
        named.map_err(|error| CommandError::usage(format!("{error} (name-not-utf8)")))?;
    }
    let env = |name: &str| run.host.hint(name);
    let unreadable = RefCell::new(None);
    let found = ambient::ambient(&env, &|name| {
        files.plan(name).map_err(|error| match error {
            FilesError::Plan(error) => error,
            other => {
                *unreadable.borrow_mut() = Some(other);
                PlanError::Unknown { name: name.to_owned(), near: Vec::new() }
            }
        })
    });
    if let Some(error) = unreadable.into_inner() {
        return Err(CommandError::from_parts(error));
    }
    let found = found.map_err(|error| {
        let hint = by_the_vault(run, &files, args, &error);
        let error = CommandError::from_parts(error);
        hint.into_iter().fold(error, CommandError::hint)
    })?;
    if args.role.is_some() {
        return Err(CommandError::usage("--role needs a profile to start from"));
    }
    let code = args.session.code()?;
    let plan = match &found.source {
        AmbientSource::Profile(plan) => Some(plan.as_ref()),
        _ => None,
    };
    if plan.is_none() && args.session.changes_session() {
        return Err(CommandError::usage("what changes a role's session needs a profile that assumes one"));
    }
    let mut connection = plan.map_or_else(Connection::default, |plan| plan.connection.clone());
    if env("AWS_REGION").or_else(|| env("AWS_DEFAULT_REGION")).is_some() {
        // As for every SDK: nobody asked for the profile by name, so its region does not come before the environment's.
        connection.region = None;
    }
    let partition = match &found.source {
        AmbientSource::Profile(plan) => plan.partition(),
        AmbientSource::WebIdentity { role_arn, .. } => Partition::of_arn(role_arn),
        _ => None,
    };
    let effective =
        Effective::new(&connection, &env, args.region.clone(), partition).map_err(CommandError::from_parts)?;
    let client = Client::new(Options { env: run.host.vars_os(), ..options(run, settings) });
    let session = client.session(&effective);
    let resolved = match &found.source {
        AmbientSource::Profile(plan) => {
            let overrides = overrides(settings, args, code.is_some());
            session.resolve(plan, &overrides, how.sessions, &mut Company::new(run, code).with(plan.totp.as_ref()))
        }
        AmbientSource::EnvironmentKeys => session.ambient(Ambient::Environment, args.duration),
        AmbientSource::WebIdentity { .. } => session.ambient(Ambient::WebIdentity, args.duration),
        AmbientSource::Container => session.ambient(Ambient::Container, args.duration),
        AmbientSource::InstanceMetadata => {
            session.ambient(Ambient::InstanceMetadata, args.duration).map_err(nothing_anywhere)
        }
    }
    .map_err(CommandError::from_parts)?;
    let trail = plan.map_or_else(|| vec![found.winner.clone()], Plan::trail);
    let request = Request {
        profile: plan.map(|plan| plan.profile.clone()),
        region: effective.exported_region.clone(),
        trail,
        shadowed: found.shadowed.clone(),
        access_key_id: resolved.credentials.access_key_id.clone(),
        expires: resolved.credentials.expires,
        pins: plan.map(|plan| plan.pins.clone()).unwrap_or_default(),
        findings: plan.iter().flat_map(|plan| &plan.findings).chain(&resolved.findings).cloned().collect(),
        narrowed: run.carried().is_some_and(|carried| carried.says_read_only(&resolved.credentials.access_key_id)),
        asked: args.asked(),
    };
    let standing = match args.no_verify {
        true => Standing::Unverified(Box::new(unverified(settings, request, args, &effective)?)),
        false => verify(run, settings, &session, &resolved, request, args, how.live)?,
    };
    warn_of_clock(run, &client);
    // What an earlier `use` exported to reach AWS is part of the environment that was verified now.
    let mut connection = effective.exports.clone();
    let env = |name: &str| run.host.hint(name);
    for name in UserEnv::new(&env).set_by_us() {
        connection.extend(env(name).map(|value| (name.clone(), value)));
    }
    Ok(Opened {
        credentials: resolved.credentials,
        standing,
        connection,
        narrowed: false,
        only_here: None,
        keys: resolved.keys,
        skew: client.skew(),
    })
}

/// Why a profile that a variable names is not found, where it, or what it starts from, is in the vault.
fn by_the_vault(run: &Run<'_>, files: &AwsFiles, args: &AccessArgs, error: &AmbientError) -> Option<String> {
    if !matches!(error, AmbientError::Profile { .. }) {
        return None;
    }
    let name = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].into_iter().find_map(|name| run.host.hint(name))?;
    let vault = unlock_vault::locate(run).ok().filter(|vault| vault.is_there())?;
    let may = match unlock_vault::at_hand(run, &vault, &args.passphrase).ok()? {
        AtHand::Profiles(profiles) => files.plan_with(&name, Some(&profiles)).ok().map(|_| "has them")?,
        AtHand::Locked(_) => "may have them, but is locked",
    };
    Some(format!(
        "The vault {may}; AWS_PROFILE leads no tool there. `awsenv use PROFILE` and `awsenv exec PROFILE` do."
    ))
}

/// AWS was asked all the same, but whoever looks at the end of the credentials later looks at this machine's clock.
fn warn_of_clock(run: &mut Run<'_>, client: &Client) {
    if let (Some(skew), false) = (client.skew(), run.global.quiet) {
        let text =
            format!("awsenv: this machine's clock is {skew}: until it is set, ends of sessions are told wrong\n");
        report::talk(run.host, &text);
    }
}

/// An AWS client in the environment that the user's own tools would see.
pub(super) fn client(run: &Run<'_>, settings: &Settings, user: &UserEnv<'_>) -> Client {
    let mut env = run.host.vars_os();
    // The keys stay, whosever they are: `credential_source = Environment` refuses ours by name.
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let ours = CLEARED.iter().copied().filter(|name| !keys.contains(name));
    for name in ours.chain([METADATA_DISABLED]).chain(user.set_by_us().iter().map(String::as_str)) {
        match user.var(name) {
            Some(value) => env.insert(name.into(), value.into()),
            None => env.remove(std::ffi::OsStr::new(name)),
        };
    }
    // A helper that is awsenv itself reads the same settings, so that no pin of them is lost on the way.
    if let Some(Ok(path)) = run.global.config.as_deref().map(std::path::absolute) {
        env.insert(CONFIG.into(), path.into());
    }
    Client::new(Options { env, ..options(run, settings) })
}

fn options(run: &Run<'_>, settings: &Settings) -> Options {
    let deadlines = Deadlines { total: settings.deadline, facts: settings.name_deadline, ..Deadlines::default() };
    Options { env: Default::default(), home: run.host.home().ok(), now: run.host.now(), deadlines }
}

fn verify(
    run: &Run<'_>,
    settings: &Settings,
    session: &Session<'_>,
    resolved: &Resolved,
    request: Request,
    args: &AccessArgs,
    live: bool,
) -> Result<Standing, CommandError> {
    // What an endpoint that is not AWS's says of an account is kept apart from what AWS says.
    let mut memory = if args.no_cache { Memory::none() } else { Memory::load(run.host, &session.teller()) };
    let remembered = |account: &AccountId| memory.get(account);
    // What STS said of the very same credentials still holds. Guards do not build on it, and production is always asked.
    if let (Some(kept), false) = (&resolved.verified, live) {
        let verified = session.verified_before(kept, &remembered);
        let context = Context::new(request.clone(), verified, settings.registry()).map_err(mismatch)?;
        let is_production = context.account.class.eq_ignore_ascii_case("production");
        if context.account.protection == Protection::None && !is_production {
            return Ok(Standing::Verified(Box::new(context)));
        }
    }
    let (verified, learned): (Verified, AccountFacts) =
        session.verify(&resolved.credentials, &remembered).map_err(CommandError::from_parts)?;
    // A home that cannot be written to costs a slower banner next time, nothing else.
    let _ = memory.learn(&verified.identity.account, &learned);
    let context = Context::new(request, verified, settings.registry()).map_err(mismatch)?;
    Ok(Standing::Verified(Box::new(context)))
}

fn mismatch(mismatch: PinMismatch) -> CommandError {
    CommandError::new(Kind::Mismatch, mismatch.to_string())
        .hint("No credentials are handed out. Mend the pin, or the credentials that the profile leads to.")
}

/// `--no-verify` only where nothing depends on the account (docs/cli.md, AWSENV_VERIFIED).
fn unverified(
    settings: &Settings,
    request: Request,
    args: &AccessArgs,
    effective: &Effective,
) -> Result<Unverified, CommandError> {
    if args.back_to.is_some() {
        return Err(CommandError::new(Kind::Refused, "`use -` goes back to an account, which must be verified")
            .hint("Leave --no-verify out, or name the profile."));
    }
    let registry = settings.registry();
    let profile = request.profile.as_deref();
    let protected = profile.is_some_and(|profile| registry.protection_of_profile(profile) != Protection::None)
        || registry.protects_an_account()
        || args.role.is_some();
    if !request.pins.is_empty() || registry.pin(profile).is_some() || protected {
        return Err(CommandError::new(
            Kind::Refused,
            "--no-verify is refused where the profile is pinned, where the settings protect an account, and with --role",
        )
        .hint("Leave --no-verify out."));
    }
    Ok(Unverified { request, foreign_endpoint: effective.foreign_host(Service::Sts) })
}

/// Instance metadata is only the last resort of an environment that says nothing: mostly it is no EC2 instance.
fn nothing_anywhere(mut error: AwsError) -> AwsError {
    error.message =
        "neither the environment nor the AWS files offer credentials, nor does instance metadata".to_owned();
    error.hints = vec!["Name a profile; `awsenv list` shows them, and `aws configure` makes one.".to_owned()];
    error
}

fn pin_of_role(role_arn: &str) -> Option<Pin> {
    let account = AccountId::of_arn(role_arn)?;
    Some(Pin { account, because: "--role".to_owned(), explicit: true })
}
