//! Which Identity Center sign-in a name on the command line means, and how to reach it.

use super::{Run, resolve};
use crate::{
    core::{
        config::Settings, endpoint::Effective, profile::plan::Connection, sanitize::show, sign_in::SignIn,
        user_env::UserEnv,
    },
    edge::{
        aws::Client,
        aws_files::{AwsFiles, FilesError},
        sign_ins::SignIns,
    },
    error::CommandError,
};

/// A sign-in, and how to reach it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) sign_in: SignIn,
    /// As a profile says, where one is named.
    connection: Option<Connection>,
}

impl Target {
    /// What this name means: an sso-session or a profile. Without a name, the only sso-session there is.
    pub(super) fn find(run: &Run<'_>, name: Option<&str>, is_session: bool) -> Result<Self, CommandError> {
        let failed = |error: FilesError| CommandError::from_parts(error);
        let files = AwsFiles::locate(run.host).map_err(failed)?;
        let set = files.named(name.unwrap_or_default()).map_err(failed)?;
        let Some(name) = name else {
            let names: Vec<&str> = set.session_names().collect();
            let [only] = names.as_slice() else { return Err(choose(&names)) };
            let sign_in = set.sign_in_of_session(only).map_err(CommandError::from_parts)?;
            return sign_in.map(Self::of).ok_or_else(|| choose(&names));
        };
        let session = set.sign_in_of_session(name).map_err(CommandError::from_parts)?;
        if is_session {
            let names: Vec<&str> = set.session_names().collect();
            return session.map(Self::of).ok_or_else(|| {
                CommandError::usage(format!("there is no sso-session `{name}` in ~/.aws/config")).hint(known(&names))
            });
        }
        let own = match session {
            // A profile of the same name may be anything.
            Some(_) => set.sign_in_of_profile(name).unwrap_or_default(),
            None => set.sign_in_of_profile(name).map_err(CommandError::from_parts)?,
        };
        match (session, own) {
            (Some(session), Some(own)) if session != own => {
                let message = format!("`{name}` is an sso-session and a profile of {}", own.name());
                let hint = "--sso-session says that the sso-session is meant; for the profile, name its sso-session.";
                Err(CommandError::usage(message).hint(hint))
            }
            (Some(session), _) => Ok(Self::of(session)),
            (None, Some(own)) => {
                let connection = files.plan(name).map(|plan| plan.connection).unwrap_or_default();
                Ok(Self { sign_in: own, connection: Some(connection) })
            }
            (None, None) => Self::of_chain(&files, name, &set.session_names().collect::<Vec<_>>()),
        }
    }

    /// A profile whose role starts from another profile's sign-in.
    fn of_chain(files: &AwsFiles, name: &str, sessions: &[&str]) -> Result<Self, CommandError> {
        let plan = files.plan(name).map_err(|error| CommandError::from_parts(error).hint(known(sessions)))?;
        let Some(sign_in) = plan.source.sign_in() else {
            let source = plan.source.label();
            let message = format!("profile `{name}` does not use Identity Center: it starts from {source}");
            return Err(CommandError::usage(message).hint(known(sessions)));
        };
        Ok(Self { sign_in, connection: Some(plan.connection) })
    }

    /// The sign-in that a profile lacks, reached as the profile says.
    pub(super) fn missing(run: &Run<'_>, sign_in: &SignIn, profile: Option<&str>) -> Result<Self, CommandError> {
        let target = match &sign_in.session {
            Some(session) => Self::find(run, Some(session), true)?,
            None => Self::of(sign_in.clone()),
        };
        let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
        let plan = profile.and_then(|profile| files.plan(profile).ok());
        Ok(Self { connection: plan.map(|plan| plan.connection).or(target.connection), ..target })
    }

    /// A sign-in by itself.
    pub(super) fn of(sign_in: SignIn) -> Self {
        Self { sign_in, connection: None }
    }

    /// Region, endpoints and certificates. Without a profile the environment says how to reach it, and `[default]` whose
    /// certificates count: companies that inspect TLS set them there.
    pub(super) fn effective(&self, run: &Run<'_>) -> Result<Effective, CommandError> {
        let lookup = |name: &str| run.host.hint(name);
        let user = UserEnv::new(&lookup);
        let region = Some(self.sign_in.region.clone());
        let connection = match &self.connection {
            Some(connection) => connection.clone(),
            None => {
                let files = AwsFiles::locate(run.host).map_err(CommandError::from_parts)?;
                let ca_bundle = files.ca_bundle_of_default().map_err(CommandError::from_parts)?;
                Connection { ca_bundle, ..Connection::default() }
            }
        };
        Effective::new(&connection, &|name| user.var(name), region, None).map_err(CommandError::from_parts)
    }
}

/// A client in the user's own environment.
pub(super) fn client(run: &Run<'_>, settings: &Settings) -> Client {
    let lookup = |name: &str| run.host.hint(name);
    resolve::client(run, settings, &UserEnv::new(&lookup))
}

/// The cache that is shared with the AWS CLI.
pub(super) fn cache(run: &Run<'_>) -> Result<SignIns, CommandError> {
    let home = run.host.home().map_err(|error| CommandError::usage(error.to_string()))?;
    Ok(SignIns::of_home(&home))
}

fn choose(sessions: &[&str]) -> CommandError {
    CommandError::usage("whose sign-in is meant: name a profile or an sso-session").hint(known(sessions))
}

fn known(sessions: &[&str]) -> String {
    match sessions {
        [] => "There is no [sso-session] section in ~/.aws/config; `aws configure sso` makes one.".to_owned(),
        _ => {
            let names: Vec<_> = sessions.iter().take(10).map(|name| show(name).into_owned()).collect();
            format!("The sso-sessions are {}.", names.join(", "))
        }
    }
}
