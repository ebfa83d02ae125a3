//! Handing credentials to what runs later in a CI job, or, however the run ends otherwise, a refusal.
//!
//! The steps after a failed one do not run, unless the workflow says so (`continue-on-error`, `if: always()`); those that do
//! would work with whatever the job had before. So every failed `export` to later steps leaves them the same unusable
//! credentials that a failed `use` leaves a shell (promise P2): also one with wrong arguments, a panic, or a signal.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    buildkite::{self, AgentError},
    emission,
    files::{self, FileError, Missing},
    host::Host,
    signals,
};
use crate::{
    core::{
        asked::Switch,
        ci::Ci,
        env_change::EnvChange,
        exports,
        formats::{Format, FormatError, Goes, azure, buildkite as lines, github, surplus},
        hex::hex,
        user_env::UserEnv,
    },
    error::{Kind, Known},
    shell::{EmitError, bash_env::render_for_later},
};

/// Why later steps do not get it.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// A value that cannot be carried.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A value that no shell may be given.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// The runner's file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The agent.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// Standard output is closed, or full.
    #[error("writing to standard output failed")]
    Output(#[from] io::Error),
}

impl Known for HandoverError {
    fn kind(&self) -> Kind {
        match self {
            Self::Format(error) => error.kind(),
            Self::Emit(error) => error.kind(),
            Self::File(error) => error.kind(),
            Self::Agent(error) => error.kind(),
            Self::Output(_) => Kind::Internal,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Format(error) => error.hints(),
            Self::Emit(error) => error.hints(),
            Self::File(error) => error.hints(),
            Self::Agent(error) => error.hints(),
            Self::Output(_) => Vec::new(),
        }
    }
}

/// Where it goes.
#[derive(Clone, Debug)]
enum To {
    /// The file that GitHub's runner reads after the step.
    GithubEnv(PathBuf),
    /// Azure's agent, which reads standard output.
    AzureAgent,
    /// The file that bash reads before each of CircleCI's steps.
    BashEnv(PathBuf),
    /// Buildkite's agent.
    BuildkiteAgent,
}

/// Something that is ready to be handed over: all that can fail before anything is changed has gone well.
#[derive(Debug)]
enum Ready {
    Lines(String),
    Calls { unset: Option<String>, set: String },
}

/// The way to the later steps of this job.
#[derive(Clone, Debug)]
pub struct Handover {
    /// The form that was asked for.
    pub format: Format,
    to: To,
    refusal: Arc<Result<Ready, HandoverError>>,
    /// Held while something is handed over, so that a signal does not cut it in two.
    busy: Arc<Mutex<()>>,
}

impl Handover {
    /// Where this run is one that hands something to later steps. Asked before the arguments are parsed, because wrong ones
    /// must refuse, too.
    pub fn prepare(host: &Host) -> Option<Self> {
        let args: Vec<&str> = host.args().iter().skip(1).map(|arg| arg.to_str().unwrap_or_default()).collect();
        if emission::verb(&args)? != "export" {
            return None;
        }
        let lookup = |name: &str| host.hint(name);
        let format = match emission::option::<Format>(&args, "--format") {
            Some(format) => format,
            None => Format::of(Ci::detect(&lookup)?)?,
        };
        let to = destination(host, format)?;
        let user = UserEnv::new(&lookup);
        let previous = Switch::current(&lookup).or_else(|| Switch::before(&lookup));
        let refusal = exports::refusal(1, previous.as_ref(), &user);
        // What was saved may be too odd for this form: refuse without it.
        let ready = to.ready(&refusal, host).or_else(|_| to.ready(&exports::bare_refusal(1), host));
        let handover = Self { format, to, refusal: Arc::new(ready), busy: Arc::default() };
        let last = handover.clone();
        let _ = signals::before_death(move |_| drop(last.refuse(&mut io::stdout())));
        Some(handover)
    }

    /// True where a variable can be unset for what runs later.
    pub fn unsets(&self) -> bool {
        matches!(self.to, To::BashEnv(_) | To::BuildkiteAgent)
    }

    /// Makes a change the one of all that runs later in this job.
    pub fn write(&self, change: &EnvChange, host: &mut Host) -> Result<(), HandoverError> {
        self.hand_over(&self.to.ready(change, host)?, &mut host.stdout)
    }

    /// Leaves what runs later without any usable credentials, whatever was handed over before.
    pub fn refuse(&self, out: &mut dyn Write) -> Result<(), String> {
        match &*self.refusal {
            Ok(ready) => self.hand_over(ready, out).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn hand_over(&self, ready: &Ready, out: &mut dyn Write) -> Result<(), HandoverError> {
        let _busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        match (&self.to, ready) {
            (To::GithubEnv(file), Ready::Lines(text)) => files::append_lines(file, text.as_bytes(), Missing::Error)?,
            (To::BashEnv(file), Ready::Lines(text)) => files::append_lines(file, text.as_bytes(), Missing::Create)?,
            (_, Ready::Lines(text)) => out.write_all(text.as_bytes()).and_then(|()| out.flush())?,
            (_, Ready::Calls { unset, set }) => {
                if let Some(unset) = unset {
                    buildkite::unset(unset.clone())?;
                }
                buildkite::set(set.clone())?;
            }
        }
        Ok(())
    }
}

impl To {
    fn ready(&self, change: &EnvChange, host: &Host) -> Result<Ready, HandoverError> {
        let is_set = |name: &str| host.var_os(name).is_some();
        Ok(match self {
            Self::GithubEnv(_) => Ready::Lines(github::env(change, &is_set, &delimiter()?)?),
            Self::AzureAgent => Ready::Lines(azure::commands(change, &is_set)?),
            Self::BashEnv(_) => Ready::Lines(render_for_later(change)?),
            Self::BuildkiteAgent => {
                let unset = (!surplus(change, &is_set).is_empty()).then(|| lines::unset(change, &is_set));
                Ready::Calls { unset, set: lines::set(change)? }
            }
        })
    }
}

/// What the runner provides for this form.
fn destination(host: &Host, format: Format) -> Option<To> {
    let lookup = |name: &str| host.hint(name);
    let file = |name: &str| host.var_os(name).map(PathBuf::from);
    if format.goes() != Goes::Later || Ci::detect(&lookup).and_then(Format::of) != Some(format) {
        return None;
    }
    match format {
        Format::Github => file("GITHUB_ENV").map(To::GithubEnv),
        Format::Azure => Some(To::AzureAgent),
        Format::Circleci => file("BASH_ENV").map(To::BashEnv),
        Format::Buildkite => Some(To::BuildkiteAgent),
        _ => None,
    }
}

/// A line that no value can hold, other each time.
pub fn delimiter() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("awsenv_{}", hex(bytes)))
}
