//! Programs that the user asked for: the command that `exec` becomes, and the editor.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

/// Replaces this process by a program, found on the PATH of its own environment. Returns only if that fails.
#[expect(clippy::disallowed_methods, reason = "this is where the user's programs are started")]
pub fn become_command(command: &[OsString], environment: &BTreeMap<OsString, OsString>) -> io::Error {
    let Some((program, arguments)) = command.split_first() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no command");
    };
    Command::new(program).args(arguments).env_clear().envs(environment).exec()
}

/// Starts this program once more, with these arguments, and lets it run on after this process: without the terminal, without
/// any descriptor of this process, and with this environment alone. `input` is what it reads.
#[expect(clippy::disallowed_methods, reason = "this is where programs are started that run on")]
pub fn leave_running(arguments: &[&str], environment: &BTreeMap<OsString, OsString>, input: &[u8]) -> io::Result<()> {
    close_fds::set_fds_cloexec(3, &[]);
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut to_child = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    to_child.write_all(input)
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
