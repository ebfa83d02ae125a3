//! Programs that are run for their output: within a time limit, and killed with all their children however that ends.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, waitpid};
use zeroize::Zeroizing;

use super::signals;

/// The longest output that is read.
const OUTPUT_MAX: u64 = 64 << 10;
/// The longest line of stderr that is passed on whole.
const LINE_MAX: u64 = 4 << 10;
/// How long output may still come after the program has ended, from children that it left behind.
const GRACE: Duration = Duration::from_secs(1);

/// The most lines that a program with which one chooses may print.
const CHOICE_MAX: u64 = 4 << 20;

/// Process groups of the programs that run now.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
/// The program on the user's terminal, in our own process group.
static CHOOSING: Mutex<Option<Pid>> = Mutex::new(None);

/// Kills every program that runs, for a command that is about to end by a signal.
pub fn kill_helpers() {
    if let Some(program) = CHOOSING.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = kill_process(program, Signal::TERM);
    }
    for group in RUNNING.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        kill(group);
    }
}

/// The machine's name.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Why a program gave no output. Reads after the program's name. Holds none of its output: that may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It did not start.
    #[error("cannot be started: {0}")]
    Start(io::Error),
    /// Over the time limit.
    #[error("took longer than {} s and was killed", .0.as_secs_f32())]
    Late(Duration),
    /// It tried to read from the terminal.
    #[error("wants to read from the terminal, which awsenv keeps from it")]
    Terminal,
    /// It failed: `status 1`, `signal 9`.
    #[error("ended with {0}")]
    Failed(String),
    /// More output than is read.
    #[error("printed more than 64 KiB, or something that cannot be read")]
    TooLong,
}

/// Runs a program and reads its stdout; `talk` gets each line of its stderr as it comes, raw.
///
/// The program gets a process group of its own and no stdin. One that reads from the terminal all the same is stopped
/// by the system, which is noticed here.
pub fn run(command: Command, limit: Duration, talk: &mut dyn FnMut(&str)) -> Result<Vec<u8>, RunError> {
    run_fed(command, None, limit, talk)
}

/// The same with something to read on stdin, where a secret can be that must not be an argument.
pub fn run_fed(
    mut command: Command,
    input: Option<Zeroizing<String>>,
    limit: Duration,
    talk: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, RunError> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    // It is in a group of its own, which no ^C of a terminal reaches.
    signals::watch().map_err(RunError::Start)?;
    command.process_group(0).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut child, group) = Running::start(&mut command).map_err(RunError::Start)?;
    let (send, events) = mpsc::channel();
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A program that ends without reading it says by its status whether that is a failure.
        thread::spawn(move || stdin.write_all(input.as_bytes()));
    }
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
            Ok(Event::Output(bytes)) => output = Some(bytes.ok_or(RunError::TooLong)?),
            Ok(Event::Stopped) => return Err(RunError::Terminal),
            Ok(Event::Ended(status)) => {
                ended = Some(status);
                end = end.min(instant() + GRACE);
            }
            Err(_) if ended.is_some() => break,
            Err(_) => return Err(RunError::Late(limit)),
        }
    }
    // What it said last may still be on its way from the other thread.
    while let Ok(Event::Line(line)) = events.recv_timeout(Duration::from_millis(20)) {
        talk(&line);
    }
    match failure(ended.flatten()) {
        Some(how) => Err(RunError::Failed(how)),
        None => output.ok_or(RunError::Late(limit)),
    }
}

/// A program's file: the first in the absolute directories of PATH.
pub fn on_path(program: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let path = path.unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"));
    std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(program))
        .find(|file| file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok())
}

/// Runs a program with which the user chooses among lines, on the terminal, for as long as that takes. Its exit code,
/// `None` after a signal, and what it printed.
pub fn choose(program: &Path, arguments: &[&str], lines: String) -> io::Result<(Option<i32>, Vec<u8>)> {
    #[expect(clippy::disallowed_methods, reason = "the program that the user set for this, without a shell")]
    let mut command = Command::new(program);
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    *CHOOSING.lock().unwrap_or_else(PoisonError::into_inner) = Some(Pid::from_child(&child));
    if let Some(mut stdin) = child.stdin.take() {
        // A choice can be made before all lines are read: then they are not wanted.
        thread::spawn(move || stdin.write_all(lines.as_bytes()));
    }
    let mut output = Vec::new();
    let read = child.stdout.take().map_or(Ok(0), |stdout| stdout.take(CHOICE_MAX).read_to_end(&mut output));
    let ended = child.wait();
    CHOOSING.lock().unwrap_or_else(PoisonError::into_inner).take();
    read?;
    Ok((ended?.code(), output))
}

/// What the threads that watch a helper report.
enum Event {
    Line(String),
    Output(Option<Vec<u8>>),
    Stopped,
    Ended(Option<WaitStatus>),
}

/// A helper's process group, which is killed whole however its run ends.
struct Running(Pid);

impl Running {
    /// Starts a program as the leader of its group. A deadly signal that comes meanwhile waits until it is known.
    fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        running.push(pid);
        Ok((child, Self(pid)))
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

#[expect(clippy::disallowed_methods, reason = "a deadline needs the real clock, whatever time the command works with")]
fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "these tests start programs")]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> (Result<Vec<u8>, RunError>, String) {
        let mut heard = String::new();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let result = run(command, limit, &mut |line| heard.push_str(&format!("{line}|")));
        (result, heard)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn output_and_words_are_taken() {
        let (result, heard) = sh("echo one >&2; echo out; printf two >&2", LONG);
        assert_eq!((result.unwrap(), heard.as_str()), (b"out\n".to_vec(), "one|two|"));
    }

    #[test]
    fn what_it_is_fed_arrives_whole() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "cat"]);
        let input = "secret\n".repeat(2000);
        let output = run_fed(command, Some(Zeroizing::new(input.clone())), LONG, &mut |_| {}).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), input);
    }

    #[test]
    fn a_program_that_fails_says_how() {
        let (result, heard) = sh("echo no session >&2; exit 3", LONG);
        assert_eq!((result.unwrap_err().to_string().as_str(), heard.as_str()), ("ended with status 3", "no session|"));
        assert_eq!(sh("kill -9 $$", LONG).0.unwrap_err().to_string(), "ended with signal 9");
        assert!(matches!(sh("kill -STOP $$", LONG).0, Err(RunError::Terminal)));
    }

    #[test]
    fn output_is_capped() {
        assert!(matches!(sh("cat /dev/zero", LONG).0, Err(RunError::TooLong)));
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let (mut reader, writer) = io::pipe().unwrap();
        rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::empty()).unwrap();
        let (result, _) = sh("sleep 1000 & sleep 1000", Duration::from_millis(200));
        drop(writer);
        assert!(matches!(result, Err(RunError::Late(_))));
        // Ends only once nobody is left who has inherited the other end.
        assert_eq!(io::read_to_string(&mut reader).unwrap(), "");
    }
}
