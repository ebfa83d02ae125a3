//! Which shell will evaluate what is printed: the program that started us.

use crate::shell::Shell;

/// The parent process's shell, where it is one that awsenv speaks. `$SHELL` is not asked: it names the login shell, which
/// need not be the one that runs.
pub fn shell() -> Option<Shell> {
    let parent = rustix::process::getppid()?.as_raw_nonzero();
    let name = fs_err::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    Shell::from_program(name.trim_end())
}
