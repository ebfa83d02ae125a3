//! A hermetic environment: a home of its own, a fixed terminal and language, no AWS but the fake one.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

#[cfg(feature = "demo")]
use awsenv::demo::{DemoHome, FakeAws, FakeUser, Scenario};
use tempfile::TempDir;

/// Nobody listens there: the discard port, which only root may open.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A home directory and the variables that programs see.
pub(crate) struct TestEnv {
    home: TempDir,
    variables: BTreeMap<String, String>,
    #[cfg(feature = "demo")]
    aws: Option<FakeAws>,
}

/// How a program ended, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Run {
    /// Fails unless the exit code is this; returns itself.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless standard error holds this; returns itself.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in stderr:\n{}", self.stderr);
        self
    }
}

impl TestEnv {
    /// An empty home, and AWS out of reach.
    pub(crate) fn empty() -> Self {
        let home = tempfile::Builder::new().prefix("awsenv-test-").tempdir().expect("a temporary directory");
        let below = |name: &str| home.path().join(name).to_string_lossy().into_owned();
        let bin = Path::new(env!("CARGO_BIN_EXE_awsenv")).parent().expect("the binary is in a directory");
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
        let variables = [
            ("HOME", home.path().to_string_lossy().into_owned()),
            ("PATH", format!("{}:{path}", bin.display())),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("TZ", "UTC".to_owned()),
            ("XDG_CONFIG_HOME", below(".config")),
            ("XDG_DATA_HOME", below(".local/share")),
            ("XDG_STATE_HOME", below(".local/state")),
            ("XDG_CACHE_HOME", below(".cache")),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL", NOWHERE.to_owned()),
        ];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self {
            home,
            variables,
            #[cfg(feature = "demo")]
            aws: None,
        }
    }

    /// The accounts, profiles and settings of `awsenv demo`.
    #[cfg(feature = "demo")]
    pub(crate) fn demo() -> Self {
        Self::with(&Scenario::demo())
    }

    /// The profiles and settings of `awsenv demo`, on another scenario.
    #[cfg(feature = "demo")]
    pub(crate) fn with(scenario: &Scenario) -> Self {
        let mut env = Self::empty();
        DemoHome::furnish(env.home.path()).expect("the home is written");
        let aws = FakeAws::start(scenario).expect("a loopback port is free");
        env.set("AWS_ENDPOINT_URL", &aws.url());
        env.aws = Some(aws);
        env
    }

    /// The fake AWS.
    #[cfg(feature = "demo")]
    pub(crate) fn aws(&self) -> &FakeAws {
        self.aws.as_ref().expect("TestEnv::demo or ::with has a fake AWS")
    }

    /// Adds a user to the fake AWS and a profile with its key.
    #[cfg(feature = "demo")]
    pub(crate) fn user(&self, profile: &str, arn: &str, access_key_id: &str, secret_access_key: &str) {
        self.aws().change(|scenario| {
            scenario.users.push(FakeUser {
                arn: arn.to_owned(),
                access_key_id: access_key_id.to_owned(),
                secret_access_key: secret_access_key.to_owned(),
                mfa_serial: None,
                mfa_code: None,
            });
        });
        self.credentials(profile, access_key_id, secret_access_key);
    }

    /// Adds a profile to ~/.aws/config.
    pub(crate) fn profile(&self, name: &str, lines: &str) {
        self.append(".aws/config", format!("\n[profile {name}]\n{lines}\n"));
    }

    /// Adds a profile with keys to ~/.aws/credentials.
    pub(crate) fn credentials(&self, name: &str, access_key_id: &str, secret_access_key: &str) {
        let text =
            format!("\n[{name}]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secret_access_key}\n");
        self.append(".aws/credentials", &text);
    }

    /// Adds to the settings.
    pub(crate) fn settings(&self, text: &str) {
        self.append(".config/awsenv.toml", text);
    }

    /// Writes a private file below the home, in place of what was there.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.path().join(name);
        fs::remove_file(&path).ok();
        self.append(name, text);
        path
    }

    /// Adds to a private file below the home.
    pub(crate) fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().expect("it is below the home")).expect("the directory is made");
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).expect("the file opens");
        file.write_all(text.as_ref()).expect("the file is written");
    }

    /// The home directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Sets a variable for all programs from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// A variable that programs see.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Removes a variable.
    pub(crate) fn unset(&mut self, name: &str) {
        self.variables.remove(name);
    }

    /// A program in this environment, with nothing to read.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.variables).current_dir(self.home.path()).stdin(Stdio::null());
        command
    }

    /// awsenv with these arguments.
    pub(crate) fn awsenv(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_awsenv"));
        command.args(arguments);
        command
    }

    /// Runs awsenv.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.awsenv(arguments).output().expect("awsenv starts").into()
    }

    /// Runs a script in sh; `awsenv` is on its PATH.
    pub(crate) fn sh(&self, script: &str) -> Run {
        self.command("sh").args(["-c", script]).output().expect("sh starts").into()
    }

    /// The environment that a script in sh ends with.
    #[track_caller]
    pub(crate) fn variables_after(&self, script: &str) -> BTreeMap<String, String> {
        let run = self.sh(&format!("{script}\nenv -0")).exits(0);
        let pairs = run.stdout.split('\0').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}
