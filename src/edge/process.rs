//! Helper programs: `credential_process`, run without a shell, within a time limit, and killed with all its children.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io::{self, BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process_group, waitpid};
use serde::Deserialize;

use crate::{
    core::{credentials::Credentials, identity::AccountId, secret::Secret},
    error::Kind,
};

/// The longest output that is read.
const OUTPUT_MAX: u64 = 64 << 10;
/// The longest line of stderr that is passed on whole.
const LINE_MAX: u64 = 4 << 10;
/// How long output may still come after the program has ended, from children that it left behind.
const GRACE: Duration = Duration::from_secs(1);
/// Profiles whose helper programs called each other. Not `AWSENV_…`: those are not passed on.
const CHAIN: &str = "_AWSENV_PROFILE_CHAIN";
/// How many may.
const CHAIN_MAX: usize = 4;
/// Variables that a helper does not get: it is there to find credentials, not to be given some.
const SECRETS: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_SECRET_KEY",
    "AWS_ACCESS_KEY",
];

/// Process groups of the helpers that run now.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Kills every helper that runs, for a command that is about to end by a signal.
pub fn kill_helpers() {
    for group in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        kill(group);
    }
}

/// The machine's name.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// A `credential_process` to run.
#[derive(Clone, Copy, Debug)]
pub struct Helper<'a> {
    /// The command line, as written.
    pub command: &'a str,
    /// The profile that it stands in.
    pub profile: &'a str,
    /// The environment, before it is scrubbed.
    pub env: &'a BTreeMap<OsString, OsString>,
    /// How long it may take.
    pub limit: Duration,
}

/// Why a helper gave no credentials. No variant holds any of its output: that may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Quotes that do not match, or nothing at all.
    #[error("the command is empty or its quotes do not match")]
    Words,
    /// `|`, `;`, `$` and the like.
    #[error("the command needs a shell (`{0}`), and awsenv runs it without one")]
    Shell(char),
    /// `./helper`, `~/helper`.
    #[error("the program `{0}` is neither an absolute path nor a name on PATH")]
    NotFound(String),
    /// A helper that ends up calling itself.
    #[error("the helper of profile `{0}` calls awsenv for that profile again")]
    Loop(String),
    /// It did not start.
    #[error("`{program}` cannot be started")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// Over the time limit.
    #[error("`{program}` took longer than {} s and was killed", limit.as_secs())]
    Late {
        /// The program.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// It tried to read from the terminal.
    #[error("`{0}` wants to read from the terminal, which awsenv keeps from it")]
    Terminal(String),
    /// It failed, and said why on stderr.
    #[error("`{program}` ended with {how}")]
    Failed {
        /// The program.
        program: String,
        /// `status 1`, `signal 9`.
        how: String,
    },
    /// Its output is no credentials.
    #[error("the output of `{program}` {reason} (process-output)")]
    Output {
        /// The program.
        program: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl HelperError {
    /// A command that cannot be run is a setting that is wrong; one that fails gives no credentials.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Words | Self::Shell(_) | Self::NotFound(_) | Self::Loop(_) | Self::Start { .. } => Kind::Usage,
            Self::Late { .. } | Self::Terminal(_) | Self::Failed { .. } | Self::Output { .. } => Kind::Credentials,
        }
    }

    /// What to do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Shell(_) => vec!["Put the command into a script, and name the script by its absolute path.".into()],
            Self::Terminal(_) => vec!["Run it yourself first, so that it has no question left.".into()],
            Self::Output { .. } => {
                vec!["It must print one JSON object with Version 1, AccessKeyId and SecretAccessKey.".into()]
            }
            _ => Vec::new(),
        }
    }
}

impl Helper<'_> {
    /// Runs the program and reads the credentials that it prints; `talk` gets each line of its stderr as it comes.
    pub fn credentials(&self, talk: &mut dyn FnMut(&str)) -> Result<Credentials, HelperError> {
        let words = words(self.command)?;
        let program = words[0].clone();
        let chain = self.chain()?;
        let path = find(&program, self.env.get(OsStr::new("PATH")))?;
        #[expect(clippy::disallowed_methods, reason = "this is the one place that starts helpers, and it scrubs")]
        let mut command = Command::new(path);
        command.args(&words[1..]).env_clear().envs(scrubbed(self.env)).env(CHAIN, chain).process_group(0);
        let output = run(command, &program, self.limit, talk)?;
        parse(&output).map_err(|reason| HelperError::Output { program, reason })
    }

    /// The profiles on the way here, with this one.
    fn chain(&self) -> Result<String, HelperError> {
        let before = self.env.get(OsStr::new(CHAIN)).and_then(|chain| chain.to_str()).unwrap_or_default();
        let names: Vec<&str> = before.split('\u{1f}').filter(|name| !name.is_empty()).collect();
        if names.contains(&self.profile) || names.len() >= CHAIN_MAX {
            return Err(HelperError::Loop(self.profile.to_owned()));
        }
        Ok(names.into_iter().chain([self.profile]).collect::<Vec<_>>().join("\u{1f}"))
    }
}

/// The words of a command line, as POSIX splits it.
fn words(command: &str) -> Result<Vec<String>, HelperError> {
    if let Some(character) = shell_character(command) {
        return Err(HelperError::Shell(character));
    }
    shlex::split(command).filter(|words| !words.is_empty() && !words[0].is_empty()).ok_or(HelperError::Words)
}

/// A character outside quotes that only a shell understands.
fn shell_character(command: &str) -> Option<char> {
    let (mut quote, mut escaped) = (None, false);
    for character in command.chars() {
        match (character, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if open == character => quote = None,
            ('|' | ';' | '&' | '$' | '<' | '>' | '`' | '\n', None) => return Some(character),
            _ => {}
        }
    }
    None
}

/// The program's file: the absolute path given, or the first match in the absolute directories of PATH.
fn find(program: &str, path: Option<&OsString>) -> Result<PathBuf, HelperError> {
    let not_found = || HelperError::NotFound(program.to_owned());
    if program.contains('/') {
        let path = PathBuf::from(program);
        return if path.is_absolute() { Ok(path) } else { Err(not_found()) };
    }
    std::env::split_paths(path.map_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"), OsString::as_os_str))
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(program))
        .find(|file| is_program(file))
        .ok_or_else(not_found)
}

fn is_program(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

/// The environment without credentials and without our own variables.
fn scrubbed(env: &BTreeMap<OsString, OsString>) -> impl Iterator<Item = (&OsString, &OsString)> {
    env.iter().filter(|(name, _)| {
        let name = name.to_string_lossy();
        !name.starts_with("AWSENV_") && !SECRETS.contains(&name.as_ref())
    })
}

/// What the threads that watch a helper report.
enum Event {
    Line(String),
    Output(Option<Vec<u8>>),
    Stopped,
    Ended(Option<WaitStatus>),
}

fn run(
    mut command: Command,
    program: &str,
    limit: Duration,
    talk: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, HelperError> {
    let start = |source| HelperError::Start { program: program.to_owned(), source };
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(start)?;
    let group = Running::new(Pid::from_child(&child));
    let (send, events) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        let send = send.clone();
        thread::spawn(move || send.send(Event::Output(read_output(stdout))));
    }
    if let Some(stderr) = child.stderr.take() {
        let send = send.clone();
        thread::spawn(move || read_lines(stderr, &send));
    }
    let pid = group.0;
    thread::spawn(move || watch(pid, &send));

    let mut end = instant() + limit;
    let (mut output, mut ended) = (None, None);
    while output.is_none() || ended.is_none() {
        match events.recv_timeout(end.saturating_duration_since(instant())) {
            Ok(Event::Line(line)) => talk(&line),
            Ok(Event::Output(bytes)) => output = Some(bytes),
            Ok(Event::Stopped) => return Err(HelperError::Terminal(program.to_owned())),
            Ok(Event::Ended(status)) => {
                ended = Some(status);
                end = end.min(instant() + GRACE);
            }
            Err(_) if ended.is_some() => break,
            Err(_) => return Err(HelperError::Late { program: program.to_owned(), limit }),
        }
    }
    // What it said last may still be on its way from the other thread.
    while let Ok(Event::Line(line)) = events.recv_timeout(Duration::from_millis(20)) {
        talk(&line);
    }
    if let Some(how) = failure(ended.flatten()) {
        return Err(HelperError::Failed { program: program.to_owned(), how });
    }
    let bad = |reason| HelperError::Output { program: program.to_owned(), reason };
    output.ok_or(bad("did not end"))?.ok_or(bad("is longer than 64 KiB, or cannot be read"))
}

/// A helper's process group, which is killed whole however its run ends.
struct Running(Pid);

impl Running {
    fn new(pid: Pid) -> Self {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).push(pid);
        Self(pid)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if running.contains(&self.0) {
            running.retain(|pid| *pid != self.0);
            kill(self.0);
        }
    }
}

fn kill(group: Pid) {
    // It fails where the group has ended already, which is what is wanted.
    let _ = kill_process_group(group, Signal::KILL);
}

/// Waits for the end, and notices a program that is stopped because it reads from the terminal.
fn watch(pid: Pid, send: &mpsc::Sender<Event>) {
    loop {
        match waitpid(Some(pid), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => {
                if send.send(Event::Stopped).is_err() {
                    continue;
                }
            }
            Ok(Some((_, status))) => return drop(send.send(Event::Ended(Some(status)))),
            Err(error) if error == rustix::io::Errno::INTR => {}
            Ok(None) | Err(_) => return drop(send.send(Event::Ended(None))),
        }
    }
}

fn read_output(stdout: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    stdout.take(OUTPUT_MAX + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= OUTPUT_MAX).then_some(bytes)
}

fn read_lines(stderr: impl Read, send: &mpsc::Sender<Event>) {
    let mut stderr = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match stderr.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                if send.send(Event::Line(text.trim_end_matches(['\r', '\n']).to_owned())).is_err() {
                    return;
                }
            }
        }
    }
}

fn failure(status: Option<WaitStatus>) -> Option<String> {
    let Some(status) = status else { return Some("an unknown status".into()) };
    match (status.exit_status(), status.terminating_signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("status {code}")),
        (None, Some(signal)) => Some(format!("signal {signal}")),
        (None, None) => Some("an unknown status".into()),
    }
}

/// What a helper prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u8,
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
    expiration: Option<String>,
    account_id: Option<String>,
}

fn parse(output: &[u8]) -> Result<Credentials, &'static str> {
    let json = output.strip_prefix(b"\xef\xbb\xbf").unwrap_or(output);
    let printed: Printed = serde_json::from_slice(json).map_err(|_| "is not the one JSON object that it should be")?;
    if printed.version != 1 {
        return Err("has another Version than 1");
    }
    let expires = printed.expiration.filter(|text| !text.is_empty()).map(|text| text.parse::<Timestamp>());
    Ok(Credentials {
        access_key_id: printed.access_key_id.ok_or("has no AccessKeyId")?,
        secret_access_key: printed.secret_access_key.ok_or("has no SecretAccessKey")?,
        session_token: printed.session_token.filter(|token| !token.expose().is_empty()),
        expires: expires.transpose().map_err(|_| "has an Expiration that is no time")?,
        claimed_account: printed.account_id.and_then(|id| AccountId::parse(&id).ok()),
    })
}

#[expect(clippy::disallowed_methods, reason = "a deadline needs the real clock, whatever time the command works with")]
fn instant() -> Instant {
    Instant::now()
}
