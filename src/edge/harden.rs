//! What the process does for its own safety before it holds a secret, and takes back before it becomes another program.

use std::sync::{Arc, atomic::AtomicBool};

use rustix::{
    fs::Mode,
    process::{Resource, Rlimit, getrlimit, setrlimit, umask},
};

/// What was changed, to be put back before `exec`.
#[derive(Clone, Debug)]
pub struct Hardening {
    umask: Mode,
    core: Rlimit,
}

/// Private files, no core dumps, no attaching debugger; a file size limit becomes an error instead of a death.
pub fn harden() -> Hardening {
    let before = Hardening { umask: umask(Mode::RWXG | Mode::RWXO), core: getrlimit(Resource::Core) };
    // Best effort: where the kernel refuses, awsenv works all the same.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: before.core.maximum });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::<AtomicBool>::default());
    before
}

impl Hardening {
    /// Puts the user's own settings back. The kernel itself resets the rest at exec.
    pub fn undo(&self) {
        umask(self.umask);
        let _ = setrlimit(Resource::Core, self.core);
    }
}
