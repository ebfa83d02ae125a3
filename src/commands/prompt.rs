//! `awsenv prompt`: the segment, from environment and clock only. No file, no socket, no SDK.

use super::{Done, Run, report};
use crate::{
    core::{
        carried::Carried,
        hook::{self, Record},
        prompt::{State, state},
        segment::Segment,
        signals,
        style::{ColorChoice, Line},
    },
    edge::{
        host::Host,
        terminal::{self, Stream},
    },
    error::CommandError,
    shell::{Shell, prompt as marks},
};

/// Print the prompt segment: the account that this shell's tools really use, or why that is not known
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Reads the environment and the clock, nothing else. `awsenv init` puts it into the prompt.\n\n\
    States: the account in its class's colour; MISMATCH where the environment is no longer the one that was verified; \
    EXPIRED; UNVERIFIED for credentials that nobody verified; REFUSED after a refused switch; nothing where there is \
    nothing of AWS. Exit code 0 in every state.")]
pub struct Args {
    /// Shell whose prompt it goes into: escapes are marked, and its own prompt escapes disarmed
    #[arg(long, hide_possible_values = true)]
    shell: Option<Shell>,
    /// As the record that the hooks of `awsenv init` keep (docs/architecture.md)
    #[arg(long, requires = "shell", hide = true)]
    hook: bool,
    /// As JSON
    #[arg(long, conflicts_with = "hook")]
    json: bool,
}

/// The usual calls, before anything of the command line is built. `None` leaves the rest to `run`.
pub fn fast(host: &mut Host) -> Option<u8> {
    let mut words = host.args().iter().skip(1).map(|arg| arg.to_str());
    if words.next()?? != "prompt" {
        return None;
    }
    let words: Vec<&str> = words.take(4).collect::<Option<_>>()?;
    let (shell, hook) = match words[..] {
        [] => (None, false),
        ["--shell", shell] => (Some(Shell::from_program(shell)?), false),
        ["--hook", "--shell", shell] => (Some(Shell::from_program(shell)?), true),
        _ => return None,
    };
    Some(u8::from(print(host, &Args { shell, hook, json: false }, ColorChoice::Auto).is_err()))
}

/// The same, with all options.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    print(run.host, args, run.global.color)?;
    Ok(Done::Code(0))
}

fn print(host: &mut Host, args: &Args, choice: ColorChoice) -> Result<(), CommandError> {
    let lookup = |name: &str| host.hint(name);
    let now = host.now();
    let state = state(&lookup, now);
    if args.json {
        return report::json(host, &json(&state));
    }
    if args.hook {
        let mut record = record(host, args, choice, &state).to_string();
        if args.shell == Some(Shell::Tcsh) {
            // Tcsh drops empty lines of what it captures.
            record = record.lines().map(|line| format!(".{line}\n")).collect();
        }
        return report::print(host, &record);
    }
    let Some(segment) = Segment::of(&state, now) else { return Ok(()) };
    let text = painted(host, args, choice, segment.line(segment.left.as_deref().unwrap_or_default()));
    let end = if args.shell.is_some() { "" } else { "\n" };
    report::print(host, &format!("{text}{end}"))
}

/// What a hook keeps: all that it shows until something changes.
fn record(host: &Host, args: &Args, choice: ColorChoice, state: &State) -> Record {
    let lookup = |name: &str| host.hint(name);
    let now = host.now();
    let shell = args.shell.map_or("sh", Shell::name);
    let unicode = terminal::look(host, Stream::Stdout, choice).unicode;
    let mut record = Record { signals: signals::of(state, &lookup, shell, unicode), ..Record::of(state, now) };
    if let Some(shell) = args.shell {
        record.text = marks::mark(shell, &record.text);
    }
    if lookup("AWSENV_OPT_PROMPT").as_deref() == Some("0") {
        return record;
    }
    if let Some(segment) = Segment::of(state, now) {
        let line = segment.line("").with(segment.label, hook::LEFT);
        let text = painted(host, args, choice, line);
        let (before, after) = text.split_once(hook::LEFT).unwrap_or((&text, ""));
        (record.before, record.after) = (before.to_owned(), after.to_owned());
    }
    record
}

/// The segment for where it will be shown.
fn painted(host: &Host, args: &Args, choice: ColorChoice, line: Line) -> String {
    // In a prompt standard output is a pipe, and what it will be shown on is a terminal.
    let choice = match (choice, args.shell) {
        (ColorChoice::Auto, Some(_)) if wants_color(host) => ColorChoice::Always,
        _ => choice,
    };
    let look = terminal::look(host, Stream::Stdout, choice);
    let painted = terminal::paint(&[line], &look);
    let painted = painted.trim_end_matches('\n');
    args.shell.map_or_else(|| painted.to_owned(), |shell| marks::mark(shell, painted))
}

/// What a terminal would show, asked where standard output is none.
fn wants_color(host: &Host) -> bool {
    host.var_os("NO_COLOR").is_none()
        && host.hint("TERM").is_some_and(|term| term != "dumb")
        && host.hint("CLICOLOR").is_none_or(|value| value != "0")
}

fn json(state: &State) -> serde_json::Value {
    let describe = |name: &str, carried: Option<&Carried>, detail: Option<&String>| {
        let text = |field: fn(&Carried) -> &Option<String>| carried.and_then(|carried| field(carried).clone());
        serde_json::json!({
            "state": name,
            "detail": detail,
            "profile": text(|carried| &carried.profile),
            "account_id": text(|carried| &carried.account),
            "account_name": text(|carried| &carried.name),
            "class": text(|carried| &carried.class),
            "role": text(|carried| &carried.role),
            "region": text(|carried| &carried.region),
            "sts_endpoint": text(|carried| &carried.endpoint),
            "expires_epoch": carried.and_then(|carried| carried.expires),
        })
    };
    let name = hook::name(state);
    match state {
        State::Nothing | State::Refused => describe(name, None, None),
        State::Verified(carried) | State::Expired(carried) | State::Cleared(carried) => {
            describe(name, Some(carried), None)
        }
        // Nothing of what an unverified context says beyond the profile is shown anywhere.
        State::Unverified(carried) => {
            let carried = Carried { profile: carried.profile.clone(), ..Carried::default() };
            describe(name, Some(&carried), None)
        }
        State::Mismatch(_, what) => describe(name, None, Some(what)),
    }
}
