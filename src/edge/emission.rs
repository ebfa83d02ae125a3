//! Shell code on standard output: one of two texts, the switch or the refusal, written once.
//!
//! `eval ""` succeeds and leaves the old credentials in place, so a verb whose output is evaluated must print something
//! however it ends: by an error, a panic or a signal (docs/cli.md, "The eval contract").

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    core::{
        env_change::EnvChange,
        exports, percent,
        user_env::UserEnv,
        variables::{PREVIOUS, PROFILE},
    },
    edge::{host::Host, parent, signals},
    shell::{self, Shell, emit::EmitError},
};

/// Verbs whose standard output is shell code.
const EVALUATED: [&str; 4] = ["use", "renew", "off", "shell"];
/// Verbs whose standard output is not.
const OTHERS: [&str; 10] =
    ["exec", "run", "whoami", "list", "prompt", "init", "account", "config", "completions", "demo"];
/// Options that stand before the verb and take a value of their own.
const WITH_VALUE: [&str; 2] = ["--color", "--config"];

/// The right to write to the shell, once.
#[derive(Clone, Debug)]
pub struct Emission {
    /// The shell that evaluates.
    pub shell: Shell,
    refusal: EnvChange,
    taken: Arc<AtomicBool>,
}

impl Emission {
    /// Where this run's output is evaluated by a shell: the refusal is made ready, and INT, TERM and HUP will leave it.
    /// Asked before the arguments are parsed, because wrong ones must refuse too: also those with which no verb, or a
    /// misspelt one, is found. Where the parsed verb turns out to be another, [`disarm`](Self::disarm).
    pub fn prepare(host: &Host) -> Option<Self> {
        let args: Vec<&str> = host.args().iter().skip(1).map(|arg| arg.to_str().unwrap_or_default()).collect();
        let verb = verb(&args)?;
        let is_meant = args.iter().take_while(|arg| **arg != "--").any(|arg| EVALUATED.contains(arg));
        if OTHERS.contains(&verb) && !is_meant {
            return None;
        }
        if host.stdout_is_terminal && verb != "shell" && !args.contains(&"--print") {
            return None;
        }
        let lookup = |name: &str| host.hint(name);
        let user = UserEnv::new(&lookup);
        let previous = host.hint(PROFILE).or_else(|| host.hint(PREVIOUS)).and_then(|name| percent::decode(&name));
        let refusal = exports::refusal(1, previous.as_deref(), &user);
        let shell = asked_for(&args).or_else(parent::shell).unwrap_or(Shell::Sh);
        let emission = Self { shell, refusal, taken: Arc::default() };
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
        self.taken.store(true, Ordering::SeqCst);
    }

    /// The code of a change, or why it cannot be written.
    pub fn render(&self, change: &EnvChange) -> Result<String, EmitError> {
        shell::emit::render(self.shell, change)
    }

    /// Writes code, unless a signal was faster.
    pub fn write(&self, code: &str, out: &mut dyn Write) -> io::Result<()> {
        if self.taken.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
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
        let nothing = |_: &str| None;
        let change = exports::refusal(status, None, &UserEnv::new(&nothing));
        self.render(&change).unwrap_or_default()
    }
}

/// The verb: the first word that is neither an option nor an option's value.
fn verb<'a>(args: &[&'a str]) -> Option<&'a str> {
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

fn asked_for(args: &[&str]) -> Option<Shell> {
    let name = args.iter().enumerate().find_map(|(at, arg)| match *arg {
        "--shell" => args.get(at + 1).copied(),
        _ => arg.strip_prefix("--shell="),
    })?;
    <Shell as clap::ValueEnum>::from_str(name, false).ok()
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
