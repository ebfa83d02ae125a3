//! Saying things: results on standard output, errors and notes on standard error.

use std::error::Error;

use super::{Run, help};
use crate::{
    core::{
        banner,
        carried::Carried,
        ci::Ci,
        identity::grouped,
        old_ways,
        profile::plan::Finding,
        prompt::{self, State},
        sanitize::{disarm_line, show},
        style::ColorChoice,
    },
    edge::{
        handover::Handover,
        host::Host,
        terminal::{self, Stream},
    },
    error::{CommandError, Kind},
};

/// Prints a result on standard output, whole.
pub fn print(host: &mut Host, text: &str) -> Result<(), CommandError> {
    host.stdout.write_all(text.as_bytes()).and_then(|()| host.stdout.flush()).map_err(write_failed)
}

/// Prints a result as indented JSON, ASCII alone: nothing in it acts on a terminal.
pub fn json(host: &mut Host, value: &serde_json::Value) -> Result<(), CommandError> {
    print(host, &(banner::ascii_json(value) + "\n"))
}

/// Failing to write a result. A reader that closed its end (`| head`) is no error to talk about, but no success either.
pub fn write_failed(error: std::io::Error) -> CommandError {
    let quiet = error.kind() == std::io::ErrorKind::BrokenPipe;
    let message = if quiet { String::new() } else { "writing to standard output failed".to_owned() };
    CommandError::new(Kind::Internal, message).because(error)
}

/// Prints a note, already painted, on standard error. A closed standard error is no reason to fail.
pub fn talk(host: &mut Host, text: &str) {
    let _ = host.stderr.write_all(text.as_bytes()).and_then(|()| host.stderr.flush());
}

/// Prints what is doubtful about the files, as warnings.
pub fn findings(run: &mut Run<'_>, findings: &[Finding]) {
    let look = terminal::look(run.host, Stream::Stderr, run.global.color);
    let lines: Vec<_> = findings.iter().flat_map(|finding| banner::warning(&finding.to_string(), &look)).collect();
    talk(run.host, &terminal::paint(&lines, &look));
}

/// Prints an error and returns its exit code.
pub fn error(host: &mut Host, error: &CommandError, color: ColorChoice, debug: bool) -> u8 {
    if !error.message.is_empty() {
        let look = terminal::look(host, Stream::Stderr, color);
        let block =
            banner::error_block(error.kind.heading(), &error.message, &causes(error, debug), &error.hints, &look);
        talk(host, &terminal::paint(&block, &look));
        annotate(host, &format!("{}: {}", error.kind.heading(), show(&error.message)));
    }
    error.kind.exit_code()
}

/// Leaves later steps without usable credentials after a failure, or says that it could not.
pub fn refuse_later(host: &mut Host, handover: &Handover) {
    let refused = handover.refuse(&mut host.stdout);
    let text = match refused {
        Ok(()) => "awsenv: what runs later in this job has no usable credentials\n".to_owned(),
        Err(error) => {
            let error = show(&error).into_owned();
            format!("awsenv: what runs later in this job still has the credentials it had: {error}\n")
        }
    };
    talk(host, &text);
}

/// The CI that runs us.
pub fn ci(host: &Host) -> Option<Ci> {
    Ci::detect(&|name| host.hint(name))
}

/// Brings an error to the top of a CI's run, where that has a line for it.
fn annotate(host: &mut Host, safe: &str) {
    if let Some(line) = ci(host).and_then(|ci| ci.error(safe)) {
        talk(host, &line);
    }
}

/// What led to an error, without saying anything twice.
fn causes(error: &CommandError, debug: bool) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = error.source.as_deref().map(|source| source as &dyn Error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !error.message.contains(&text) {
            causes.push(text);
            if !debug {
                break;
            }
        }
        next = cause.source();
    }
    causes
}

/// Prints what clap says: help and version are results, the rest is an error.
///
/// Where a shell evaluates standard output, help goes to standard error: it holds examples of shell code.
pub fn usage(host: &mut Host, error: &clap::Error, evaluated: bool) -> u8 {
    let text = error.render().to_string();
    if error.use_stderr() || evaluated {
        talk(host, &safe_lines(&text));
        let words: Vec<&str> = host.args().iter().skip(1).map(|word| word.to_str().unwrap_or_default()).collect();
        let hint = old_ways::hint(&words).map(str::to_owned).or_else(|| help::for_unknown_verb(error, &words));
        if let (true, Some(hint)) = (error.use_stderr(), hint) {
            talk(host, &format!("\nhint: {hint}\n"));
        }
        if !error.use_stderr() {
            return 0;
        }
        annotate(host, &show(text.lines().next().unwrap_or_default()));
        return Kind::Usage.exit_code();
    }
    match print(host, &text) {
        Ok(()) => 0,
        Err(_) => Kind::Internal.exit_code(),
    }
}

/// Clap prints arguments back: each of its lines passes the sanitiser, which knows no line breaks.
fn safe_lines(text: &str) -> String {
    let safe = |line| disarm_line(&show(line)).into_owned() + "\n";
    text.lines().map(safe).collect()
}

/// What the shell holds, in words: what the shell's environment amounts to.
pub fn what_the_shell_holds(host: &Host) -> String {
    let lookup = |name: &str| host.hint(name);
    let account = |carried: &Carried| grouped(carried.account.as_deref().unwrap_or_default());
    match prompt::state(&lookup, host.now()) {
        State::Nothing => "no AWS credentials".into(),
        State::Verified(carried) => format!("account {}", account(&carried)),
        State::Unverified(_) => "AWS credentials that awsenv did not verify".into(),
        State::Mismatch(_, what) => format!("other credentials than the verified ones: {what}"),
        State::Expired(carried) => format!("expired credentials of account {}", account(&carried)),
        State::Cleared(carried) => {
            format!("no credentials any more: those of account {} have ended", account(&carried))
        }
        State::Refused => "no usable credentials, since a switch was refused".into(),
    }
}
