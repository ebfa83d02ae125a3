//! Programs that the user asked for: the command that `exec` becomes, and the editor.

use std::{collections::BTreeMap, ffi::OsString, io, os::unix::process::CommandExt, path::Path, process::Command};

/// Replaces this process by a program, found on the PATH of its own environment. Returns only if that fails.
#[expect(clippy::disallowed_methods, reason = "this is where the user's programs are started")]
pub fn become_command(command: &[OsString], environment: &BTreeMap<OsString, OsString>) -> io::Error {
    let Some((program, arguments)) = command.split_first() else {
        return io::Error::new(io::ErrorKind::InvalidInput, "no command");
    };
    Command::new(program).args(arguments).env_clear().envs(environment).exec()
}

/// Opens a file in an editor, which may be a program with arguments (`code --wait`), and waits for it.
#[expect(clippy::disallowed_methods, reason = "this is where the user's programs are started")]
pub fn edit(editor: &str, file: &Path) -> io::Result<()> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a command line");
    let words = shlex::split(editor).filter(|words| !words.is_empty()).ok_or_else(invalid)?;
    let status = Command::new(&words[0]).args(&words[1..]).arg(file).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}
