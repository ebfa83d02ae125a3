//! Which shell will evaluate what is printed: the nearest program above this one that is a shell.

use crate::shell::Shell;

/// How far up to look: past `timeout`, `env`, `nice` and the like.
const LEVELS: usize = 6;

/// The nearest shell among the programs that led here, where it is one that awsenv speaks. `$SHELL` is not asked: it names
/// the login shell, which need not be the one that runs.
pub fn shell() -> Option<Shell> {
    let mut process = rustix::process::getppid()?.as_raw_nonzero().get();
    for _ in 0..LEVELS {
        let stat = fs_err::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // `PID (name) state PPID …`; the name may hold anything, a parenthesis too.
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        // A script's process has the script's name; the program that runs it is the shell.
        let program = fs_err::read_link(format!("/proc/{process}/exe")).ok();
        let program = program.as_ref().and_then(|path| path.file_name()?.to_str()).unwrap_or(name);
        if let Some(shell) = Shell::from_program(program).or_else(|| Shell::from_program(name)) {
            return Some(shell);
        }
        process = rest.split_whitespace().nth(1)?.parse().ok()?;
    }
    None
}
