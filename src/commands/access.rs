//! Profile → credentials → identity → context: what `use`, `exec` and `whoami` have in common.

use clap_complete::ArgValueCompleter;
use jiff::SignedDuration;

use super::{
    Run,
    completions::candidates,
    confirm, keep, narrow,
    plan::plan,
    resolve::{self, How},
    session_args::SessionArgs,
    unlock_vault::PassphraseArgs,
};
use crate::{
    core::{
        asked::{Asked, More, Switch},
        banner,
        clock::Skew,
        config::{Mode, Settings},
        context::{Context, Unverified},
        credentials::Credentials,
        env_change::EnvChange,
        exports,
        guard::{self, Verdict},
        identity::AccountId,
        kept::SessionKey,
        region::Region,
        session_terms::READ_ONLY,
        user_env::UserEnv,
    },
    edge::{
        sessions::Sessions,
        terminal::{self, Stream},
    },
    error::{CommandError, Kind},
};

/// Options of the verbs that get credentials.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// Region to work in; before the profile's and the environment's
    #[arg(long, value_parser = Region::parse, add = ArgValueCompleter::new(candidates::regions))]
    pub(super) region: Option<Region>,
    /// Assume one more role: an ARN, or a name in the account that the profile is pinned to
    #[arg(long, value_name = "NAME|ARN")]
    pub(super) role: Option<String>,
    /// How long the role's session shall last: 15m to 12h, or seconds
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<i32>,
    /// Ask for write access in an account that is protected as read-only; it must be confirmed
    #[arg(long)]
    pub(super) write: bool,
    /// Confirm a protected account without a question: its 12 digits
    #[arg(long, value_name = "ID", value_parser = AccountId::parse, add = ArgValueCompleter::new(candidates::accounts))]
    pub(super) confirm_account: Option<AccountId>,
    /// Do not ask STS who the credentials are: nothing is shown or exported of an account. Refused where one is pinned
    #[arg(long)]
    pub(super) no_verify: bool,
    /// Use and keep no remembered account alias or name, and no session
    #[arg(long)]
    pub(super) no_cache: bool,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArgs,
    #[command(flatten)]
    pub(super) session: SessionArgs,
    /// Assume roles anew; for `renew`.
    #[arg(skip)]
    pub(super) fresh: bool,
    /// The account that it must be; for `use -`.
    #[arg(skip)]
    pub(super) back_to: Option<AccountId>,
}

impl AccessArgs {
    /// The same again: what is not said now is as it was said for the switch before. `verb` is what asks.
    pub fn or_as_before(&self, before: &Asked, verb: &str) -> Result<Self, CommandError> {
        let (repeated, option) = match before.session {
            More::Nothing => (true, ""),
            More::Something => (self.session.changes_session(), "--session-tag"),
            More::Policies => (self.session.terms(None).has_policies(), "--session-policy"),
        };
        if !repeated {
            let message =
                format!("the session was asked for with options that `{verb}` does not know: policies, tags or names");
            return Err(
                CommandError::usage(message).hint(format!("Give the options again: `awsenv {verb} {option} …`."))
            );
        }
        Ok(Self {
            role: self.role.clone().or_else(|| before.role.clone()),
            region: self.region.clone().or_else(|| before.region.clone()),
            duration: self.duration.or(before.duration),
            ..self.clone()
        })
    }

    /// The account that the same again must be of: the one before, unless another role is asked for.
    pub(super) fn account_of(&self, before: &Switch) -> Option<AccountId> {
        before.account.clone().filter(|_| self.role.is_none())
    }

    /// What is carried of these options.
    pub(super) fn asked(&self) -> Asked {
        Asked {
            role: self.role.clone(),
            region: self.region.clone(),
            duration: self.duration,
            session: self.session.asked(),
        }
    }
}

/// Credentials, and what is known of them.
#[derive(Debug)]
pub struct Opened {
    /// The very credentials that were verified.
    pub credentials: Credentials,
    /// What is known.
    pub standing: Standing,
    /// Connection variables that the profile sets.
    pub(super) connection: Vec<(String, String)>,
    /// Whether the session was narrowed to read-only.
    pub(super) narrowed: bool,
    /// Why other tools would not get the same from the profile.
    pub(super) only_here: Option<&'static str>,
    /// Keys of the sessions on the way, the last one's last.
    pub(super) keys: Vec<SessionKey>,
    /// How far this machine's clock was off when AWS answered last.
    pub(super) skew: Option<Skew>,
}

/// How far credentials are known.
#[derive(Debug)]
pub enum Standing {
    /// STS has answered for them.
    Verified(Box<Context>),
    /// `--no-verify`.
    Unverified(Box<Unverified>),
}

/// What is exported: what the command line or the settings say, as far as it keeps the account that is verified.
///
/// In profile mode every tool resolves the profile itself, so nothing may be laid over it. Asked before anything is sent.
pub fn mode(
    flag: Option<Mode>,
    settings: &Settings,
    profile: Option<&str>,
    args: &AccessArgs,
) -> Result<Mode, CommandError> {
    let mode = flag.unwrap_or(settings.mode);
    if mode == Mode::Keys || (profile.is_none() && flag.is_none()) {
        return Ok(Mode::Keys);
    }
    if profile.is_none() || args.role.is_some() || args.duration.is_some() || args.session.changes_session() {
        return Err(CommandError::usage(
            "--mode profile exports a profile as it stands in the files, and nothing else",
        )
        .hint(
            "Use --mode keys with --role, with --duration and what else changes the session, and without a profile.",
        ));
    }
    Ok(mode)
}

impl Opened {
    /// What these credentials change in an environment.
    pub fn change(&self, run: &Run<'_>, settings: &Settings, mode: Mode, previous: Option<&Switch>) -> EnvChange {
        let lookup = |name: &str| run.host.hint(name);
        let user = UserEnv::new(&lookup);
        let options = exports::Options {
            mode,
            sso_profile_label: settings.sso_profile_label,
            on_expiry: settings.on_expiry,
            connection: &self.connection,
            previous,
        };
        match &self.standing {
            Standing::Verified(context) => exports::switch(context, &self.credentials, options, &user),
            Standing::Unverified(unverified) => {
                exports::switch_unverified(unverified, &self.credentials, options, &user)
            }
        }
    }

    /// The banner, painted for standard error. In the log of a CI it is a group, whose title is the banner in one line.
    pub fn banner(&self, run: &Run<'_>) -> String {
        let (look, now) = (terminal::look(run.host, Stream::Stderr, run.global.color), run.host.now());
        let (title, lines) = match &self.standing {
            Standing::Verified(context) => (banner::one_line(context), banner::banner(context, now, &look)),
            Standing::Unverified(unverified) => {
                (banner::unverified_line(unverified), banner::unverified_banner(unverified, now, &look))
            }
        };
        let painted = terminal::paint(&lines, &look);
        match super::report::ci(run.host) {
            Some(ci) => ci.group(&title, &painted, now.as_second()),
            None => painted,
        }
    }

    /// Refuses profile mode where the session was narrowed, since the tools would resolve the profile as it is; and where
    /// they would not resolve it to what was verified.
    pub fn in_mode(self, mode: Mode) -> Result<Self, CommandError> {
        if let (Some(why), Mode::Profile) = (self.only_here, mode) {
            return Err(CommandError::usage(why).hint("Use --mode keys."));
        }
        if self.narrowed && mode == Mode::Profile {
            let message = "the account is read-only, and --mode profile cannot narrow what tools get";
            return Err(CommandError::new(Kind::Refused, message).hint("Use --mode keys."));
        }
        Ok(self)
    }
}

/// Gets a profile's credentials, verified and past the guard.
pub fn open(run: &mut Run<'_>, settings: &Settings, profile: &str, args: &AccessArgs) -> Result<Opened, CommandError> {
    let plan = plan(run, profile, &args.passphrase)?;
    let sessions = keep::sessions_in_turn(run, settings, args);
    // Each MFA code works once: where the account will turn out read-only, the first session is narrowed already.
    let narrow_to = narrow::ahead(run, settings, &plan, args, &sessions);
    let how = How { narrow_to, live: false, sessions: &sessions };
    let opened = resolve::profile(run, settings, &plan, args, &how)?;
    let opened = match guarded(run, opened, args, &sessions)? {
        Passed::Yes(opened) => *opened,
        Passed::Narrowed(policy) => {
            resolve::profile(run, settings, &plan, args, &How { narrow_to: Some(policy), ..how })?
        }
    };
    keep::keep(run, settings, &opened, &sessions);
    Ok(opened)
}

/// The same for what the environment itself offers.
pub fn open_ambient(run: &mut Run<'_>, settings: &Settings, args: &AccessArgs) -> Result<Opened, CommandError> {
    let sessions = keep::sessions_in_turn(run, settings, args);
    let how = How { narrow_to: None, live: false, sessions: &sessions };
    let opened = resolve::ambient(run, settings, args, &how)?;
    match guarded(run, opened, args, &sessions)? {
        Passed::Yes(opened) => {
            keep::keep(run, settings, &opened, &sessions);
            Ok(*opened)
        }
        Passed::Narrowed(_) => Err(cannot_narrow()),
    }
}

/// Gets a profile's credentials and looks who they are, without handing them out.
pub fn look(run: &mut Run<'_>, settings: &Settings, profile: &str, args: &AccessArgs) -> Result<Opened, CommandError> {
    let plan = plan(run, profile, &args.passphrase)?;
    let sessions = keep::sessions(run, settings, args);
    resolve::profile(run, settings, &plan, args, &How { narrow_to: None, live: true, sessions: &sessions })
}

/// What the guard makes of credentials.
enum Passed {
    /// They may be handed out.
    Yes(Box<Opened>),
    /// Only a session narrowed by this policy may.
    Narrowed(String),
}

/// Lets through what the account's protection allows.
fn guarded(run: &Run<'_>, opened: Opened, args: &AccessArgs, sessions: &Sessions) -> Result<Passed, CommandError> {
    let Standing::Verified(context) = &opened.standing else { return Ok(Passed::Yes(Box::new(opened))) };
    match guard::judge(context.account.protection, args.write) {
        Verdict::Allow => {}
        Verdict::Confirm => {
            if args.confirm_account.is_none() {
                // Of this account nothing is kept that others could wait for, and the answer may be long in coming.
                sessions.end_turns();
            }
            confirm::account(run, context, args.confirm_account.as_ref())?;
        }
        Verdict::Narrow if opened.narrowed => {}
        Verdict::Narrow => {
            let partition = context.verified.identity.partition.name();
            return Ok(Passed::Narrowed(read_only(partition)));
        }
        Verdict::Refuse => {
            let message = format!("the settings deny account {}", context.account_id().grouped());
            return Err(CommandError::new(Kind::Refused, message)
                .hint("Change its protection with `awsenv account set`, if you may."));
        }
    }
    Ok(Passed::Yes(Box::new(opened)))
}

/// The same as [`open_ambient`], for a look.
pub fn look_ambient(run: &mut Run<'_>, settings: &Settings, args: &AccessArgs) -> Result<Opened, CommandError> {
    let sessions = keep::sessions(run, settings, args);
    resolve::ambient(run, settings, args, &How { narrow_to: None, live: true, sessions: &sessions })
}

/// The policy that a read-only account's sessions are narrowed to.
pub(super) fn read_only(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/{READ_ONLY}")
}

pub(super) fn cannot_narrow() -> CommandError {
    CommandError::new(Kind::Refused, "the account is read-only, and these credentials cannot be narrowed to that")
        .hint("Use a profile with a role, which awsenv narrows to ReadOnlyAccess; or ask for `--write` and confirm.")
}

/// `15m`, `1h`, `3600`: what AssumeRole takes, 900 to 43200 seconds.
fn duration(text: &str) -> Result<i32, String> {
    let seconds = match text.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => text.parse::<SignedDuration>().map_err(|_| "expected a time such as 1h, 45m or 3600")?.as_secs(),
    };
    i32::try_from(seconds)
        .ok()
        .filter(|seconds| (900..=43_200).contains(seconds))
        .ok_or_else(|| "a session lasts 15 minutes to 12 hours".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_assume_role() {
        assert_eq!(duration("1h"), Ok(3600));
        assert_eq!(duration("900"), Ok(900));
        assert_eq!(duration("90m"), Ok(5400));
        assert!(duration("14m").is_err());
        assert!(duration("13h").is_err());
        assert!(duration("soon").is_err());
    }
}
