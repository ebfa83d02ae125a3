//! A real tmux of the test's own, driven by its commands.

use std::path::PathBuf;

use super::{Run, TestEnv};

/// A server with a socket of its own, ended with the test.
pub(crate) struct Tmux<'a> {
    env: &'a TestEnv,
    socket: PathBuf,
}

impl<'a> Tmux<'a> {
    /// One that the first command starts.
    pub(crate) fn new(env: &'a TestEnv) -> Self {
        Self { env, socket: env.home().join("tmux") }
    }

    /// Runs a command of tmux.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.env.command("tmux");
        command.arg("-S").arg(&self.socket).args(arguments).output().expect("tmux starts").into()
    }

    /// Types a line into the pane.
    pub(crate) fn type_line(&self, text: &str) {
        self.run(&["send-keys", "-l", text]).exits(0);
        self.run(&["send-keys", "Enter"]).exits(0);
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}
