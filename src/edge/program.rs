//! Programs that the user asked for: the command that `exec` becomes, and the editor.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::{self, Write},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::CommandExt},
    },
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// How long a program that shall run on may be silent before it is ready.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// Replaces this process by a program, found on the PATH of its own environment. Returns only if that fails.
#[expect(clippy::disallowed_methods, reason = "this is where the user's programs are started")]
pub fn become_command(command: &[OsString], environment: &BTreeMap<OsString, OsString>) -> io::Error {
    let Some((program, arguments)) = command.split_first() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no command");
    };
    Command::new(program).args(arguments).env_clear().envs(environment).exec()
}

/// Starts this program once more, with these arguments, and lets it run on after this process: without the terminal, without
/// any descriptor of this process, and with this environment alone. `input` is what it reads. What it says on standard error
/// comes from the stream, which ends when the program does, or is ready.
#[expect(clippy::disallowed_methods, reason = "this is where programs are started that run on")]
pub fn leave_running(
    arguments: &[&str],
    environment: &BTreeMap<OsString, OsString>,
    input: &[u8],
) -> io::Result<UnixStream> {
    close_fds::set_fds_cloexec(3, &[]);
    let (said, says) = UnixStream::pair()?;
    said.set_read_timeout(Some(START_PATIENCE))?;
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::from(OwnedFd::from(says)))
        .spawn()?;
    let mut to_child = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    // One that has ended already says why.
    let _ = to_child.write_all(input);
    Ok(said)
}

/// Tells whoever started this process to run on that it is ready; from then on nobody hears what it says.
pub fn is_ready() -> io::Result<()> {
    Ok(rustix::stdio::dup2_stderr(File::open("/dev/null")?)?)
}

/// Keeps a descriptor from the program that this process becomes. The standard streams stay.
pub fn close_on_exec(descriptor: u32) {
    let Some(descriptor) = i32::try_from(descriptor).ok().filter(|descriptor| *descriptor > 2) else { return };
    let others: Vec<i32> = close_fds::iter_open_fds(descriptor).filter(|open| *open != descriptor).collect();
    close_fds::set_fds_cloexec(descriptor, &others);
}

/// Leaves the terminal, what was read from, and the working directory, so that none keeps this process or is kept by it.
pub fn leave_the_session() -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(rustix::process::chdir("/")?)
}

/// Opens a file in an editor, which may be a program with arguments (`code --wait`), and waits for it.
#[expect(clippy::disallowed_methods, reason = "this is where the user's programs are started")]
pub fn edit(editor: &str, file: &Path) -> io::Result<()> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a command line");
    let words = shlex::split(editor).filter(|words| !words.is_empty()).ok_or_else(invalid)?;
    let status = Command::new(&words[0]).args(&words[1..]).arg(file).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}
