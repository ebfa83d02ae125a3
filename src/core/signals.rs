//! What else than the prompt shows the state: the terminal itself, and tmux.

use super::{prompt::State, user_env::Lookup};

/// What a hook writes beside the prompt. Each is one line without a line break; an empty one is nothing to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Bytes for the terminal while the state holds; written at each prompt.
    pub signal: String,
    /// Bytes that take these back.
    pub restore: String,
    /// Text for tmux's pane option `@awsenv`.
    pub pane: String,
}

/// The signals of a state. None so far.
pub fn of(_state: &State, _env: Lookup<'_>) -> Signals {
    Signals::default()
}
