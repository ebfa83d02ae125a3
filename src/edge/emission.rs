//! Shell code on standard output: one of two texts, the switch or the refusal, written once.
//!
//! `eval ""` succeeds and leaves the old credentials in place, so a verb whose output is evaluated must print something
//! however it ends: by an error, a panic or a signal (docs/cli.md, "The eval contract").

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    core::{asked::Switch, env_change::EnvChange, exports, user_env::UserEnv},
    edge::{host::Host, parent, signals},
    shell::{self, Shell, emit::EmitError, verbs::OTHERS},
};

/// Options that stand before the verb and take a value of their own.
const WITH_VALUE: [&str; 2] = ["--color", "--config"];

/// The right to write to the shell, once.
#[derive(Clone, Debug)]
pub struct Emission {
    /// The shell that evaluates.
    pub shell: Shell,
    refusal: EnvChange,
    /// Locked while somebody writes, so that a signal neither cuts a text off nor adds one; true once something is written.
    written: Arc<Mutex<bool>>,
}

impl Emission {
    /// Where this run's output is evaluated by a shell: the refusal is made ready, and a signal will leave it.
    /// Asked before the arguments are parsed, because wrong ones must refuse too: also those with which no verb, or a
    /// misspelt one, is found. Where the parsed verb turns out to be another, [`disarm`](Self::disarm).
    pub fn prepare(host: &Host) -> Option<Self> {
        let args: Vec<&str> = host.args().iter().skip(1).map(|arg| arg.to_str().unwrap_or_default()).collect();
        let verb = verb(&args)?;
        if OTHERS.contains(&verb) {
            return None;
        }
        if host.stdout_is_terminal && verb != "shell" && !args.contains(&"--print") {
            return None;
        }
        let lookup = |name: &str| host.hint(name);
        let user = UserEnv::new(&lookup);
        let previous = Switch::current(&lookup).or_else(|| Switch::before(&lookup));
        let refusal = exports::refusal(1, previous.as_ref(), &user);
        let shell = asked_for(&args).or_else(parent::shell).unwrap_or(Shell::Sh);
        let emission = Self { shell, refusal, written: Arc::default() };
        let last = emission.clone();
        // Without the thread the shell keeps its old, whole context when a signal comes: no mixture either way.
        let _ = signals::before_death(move |signal| {
            let status = u8::try_from(128 + signal).unwrap_or(u8::MAX);
            let _ = last.refuse(status, &mut io::stdout());
        });
        Some(emission)
    }

    /// Gives the right up: standard output is not for a shell after all.
    pub fn disarm(&self) {
        *self.lock() = true;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The code of a change, or why it cannot be written.
    pub fn render(&self, change: &EnvChange) -> Result<String, EmitError> {
        shell::emit::render(self.shell, change)
    }

    /// Writes code. An error, too, where a signal was faster: then the refusal is written, and the process about to end.
    pub fn write(&self, code: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut written = self.lock();
        if *written {
            return Err(io::ErrorKind::Interrupted.into());
        }
        *written = true;
        out.write_all(code.as_bytes())?;
        out.flush()
    }

    /// Writes the refusal with this status, unless something was written already.
    pub fn refuse(&self, status: u8, out: &mut dyn Write) -> io::Result<()> {
        let change = EnvChange { status, ..self.refusal.clone() };
        let code = match self.render(&change) {
            Ok(code) => code,
            // What was saved is too long or odd for this shell: refuse without it.
            Err(_) => self.bare(status),
        };
        self.write(&code, out)
    }

    fn bare(&self, status: u8) -> String {
        self.render(&exports::bare_refusal(status)).unwrap_or_default()
    }
}

/// The verb: the first word that is neither an option nor an option's value.
pub(super) fn verb<'a>(args: &[&'a str]) -> Option<&'a str> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if WITH_VALUE.contains(arg) {
            args.next();
        } else if !arg.starts_with('-') {
            return Some(arg);
        }
    }
    None
}

/// The value of an option, before the arguments are parsed.
pub(super) fn option<T: clap::ValueEnum>(args: &[&str], option: &str) -> Option<T> {
    let name = args.iter().enumerate().find_map(|(at, arg)| match arg.strip_prefix(option)? {
        "" => args.get(at + 1).copied(),
        value => value.strip_prefix('='),
    })?;
    T::from_str(name, false).ok()
}

fn asked_for(args: &[&str]) -> Option<Shell> {
    option(args, "--shell")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_the_verb_is_found_before_the_arguments_are_parsed() {
        for args in
            [&["use", "x"][..], &["--quiet", "use"], &["--color", "never", "use"], &["--config", "f", "use", "--no"]]
        {
            assert_eq!(verb(args), Some("use"), "{args:?}");
        }
        assert_eq!(verb(&["exec", "use"]), Some("exec"));
        assert_eq!(verb(&["--color", "use"]), None);
        assert_eq!(verb(&[]), None);
        assert_eq!(verb(&["--region", "eu-west-1", "use"]), Some("eu-west-1"));
        assert_eq!(asked_for(&["use", "x", "--shell", "fish"]), Some(Shell::Fish));
        assert_eq!(asked_for(&["use", "--shell=zsh"]), Some(Shell::Zsh));
        assert_eq!(asked_for(&["use", "--shell"]), None);
    }
}
