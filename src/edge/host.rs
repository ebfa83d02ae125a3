//! The outside world that a command sees: environment, arguments, clock, home, standard streams.
//!
//! Commands ask the [`Host`]; nothing else reads the process's own environment or clock. Tests make one from values.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use jiff::Timestamp;

/// The environment: the process's own, read when asked, or a map.
#[derive(Debug)]
enum Env {
    Process,
    Map(BTreeMap<OsString, OsString>),
}

/// The outside world.
pub struct Host {
    env: Env,
    args: Vec<OsString>,
    fixed_now: Option<Timestamp>,
    /// Standard output: data for a program.
    pub stdout: Box<dyn Write>,
    /// Standard error: talk.
    pub stderr: Box<dyn Write>,
    /// Whether standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

/// A variable that must be text and is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not UTF-8 text")]
pub struct NotText(pub String);

/// No directory to find `~/.aws` and our own files in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HOME is not set to an absolute path, so no ~/.aws and no settings can be found (no-home)")]
pub struct NoHome;

impl Host {
    /// The real one.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the process")]
    pub fn real() -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        Self {
            env: Env::Process,
            args: std::env::args_os().collect(),
            fixed_now: None,
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: stdout.is_terminal(),
            stderr_is_terminal: stderr.is_terminal(),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
        }
    }

    /// One made of values, for tests: no terminal, and output that is thrown away unless the streams are replaced.
    pub fn of<K: Into<OsString>, V: Into<OsString>>(
        args: impl IntoIterator<Item = K>,
        env: impl IntoIterator<Item = (K, V)>,
        now: Timestamp,
    ) -> Self {
        Self {
            env: Env::Map(env.into_iter().map(|(name, value)| (name.into(), value.into())).collect()),
            args: args.into_iter().map(Into::into).collect(),
            fixed_now: Some(now),
            stdout: Box::new(io::sink()),
            stderr: Box::new(io::sink()),
            stdin_is_terminal: false,
            stdout_is_terminal: false,
            stderr_is_terminal: false,
        }
    }

    /// The arguments, the program's own name first.
    pub fn args(&self) -> &[OsString] {
        &self.args
    }

    /// A variable; an empty one is unset.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the process")]
    pub fn var_os(&self, name: &str) -> Option<OsString> {
        match &self.env {
            Env::Process => std::env::var_os(name),
            Env::Map(map) => map.get(OsStr::new(name)).cloned(),
        }
        .filter(|value| !value.is_empty())
    }

    /// A variable that is text; an empty one is unset, one that is not UTF-8 is an error.
    pub fn var(&self, name: &str) -> Result<Option<String>, NotText> {
        self.var_os(name).map(OsString::into_string).transpose().map_err(|_| NotText(name.to_owned()))
    }

    /// A variable that only tunes the look of things: one that is not text counts as unset.
    pub fn hint(&self, name: &str) -> Option<String> {
        self.var_os(name)?.into_string().ok()
    }

    /// The whole environment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the process")]
    pub fn vars_os(&self) -> BTreeMap<OsString, OsString> {
        match &self.env {
            Env::Process => std::env::vars_os().collect(),
            Env::Map(map) => map.clone(),
        }
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the clock")]
    pub fn now(&self) -> Timestamp {
        self.fixed_now.unwrap_or_else(Timestamp::now)
    }

    /// The home directory: HOME, which must be absolute.
    pub fn home(&self) -> Result<PathBuf, NoHome> {
        self.var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()).ok_or(NoHome)
    }

    /// The working directory, if there is one. Asked only when needed: a prompt does not.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the process")]
    pub fn cwd(&self) -> Option<PathBuf> {
        match &self.env {
            Env::Process => std::env::current_dir().ok(),
            Env::Map(_) => None,
        }
    }

    /// A directory of the XDG base directory specification: the variable if it is an absolute path, else below home.
    pub fn xdg(&self, variable: &str, below_home: &str) -> Result<PathBuf, NoHome> {
        match self.var_os(variable).map(PathBuf::from).filter(|dir| dir.is_absolute()) {
            Some(dir) => Ok(dir),
            None => Ok(self.home()?.join(below_home)),
        }
    }
}
