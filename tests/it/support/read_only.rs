//! A home on a file system that is mounted read-only.

use std::process::Command;

use super::{Run, TestEnv, tool};

const MOUNT: &str =
    "mount --bind \"$HOME\" \"$HOME\" && mount -o remount,ro,bind \"$HOME\" && cd / && cd \"$HOME\" && exec \"$@\"";

/// The command, in a namespace where the home cannot be written to. `None` where there are no namespaces.
pub(crate) fn in_a_read_only_home(env: &TestEnv, inner: &Command) -> Option<Command> {
    let unshare = tool("unshare")?;
    let in_namespace = || {
        let mut command = env.command(&unshare);
        command.args(["-rm", "sh", "-c", MOUNT, "sh"]);
        command
    };
    let probe: Run = in_namespace().arg("true").output().expect("unshare starts").into();
    if probe.code != Some(0) {
        eprintln!("left out: no namespaces here: {}", probe.stderr);
        return None;
    }
    let mut command = in_namespace();
    command.arg(inner.get_program()).args(inner.get_args());
    Some(command)
}
