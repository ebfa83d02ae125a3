//! `awsenv prompt`: the segment, from environment and clock only. No file, no socket, no SDK.

use super::{Done, Run, report};
use crate::{
    core::{
        carried::Carried,
        hook::{self, Record},
        prompt::{State, state},
        prompt_template::Template,
        segment::Segment,
        signals,
        style::{ColorChoice, Line},
    },
    edge::{
        host::Host,
        terminal::{self, Stream},
    },
    error::CommandError,
    shell::{Shell, surface::Surface},
};

/// Print the prompt segment: the account that this shell's tools really use, or why that is not known
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Reads the environment and the clock, nothing else. `awsenv init` puts it into the prompt.\n\n\
    A template holds text, the fields {class} {name} {account} {alias} {role} {access} {region} {left} {expires} {profile}, {text} for \
    the usual segment without the time, {state} for the word of any state but the verified one, and {fill} and {ink} for \
    the colours as #rrggbb. {color} and {reset} begin and end the coloured block. What square brackets enclose is left out where \
    a field in it is empty. Braces and brackets of their own are written twice. Where no account is verified, the fields of the \
    account are empty, and a template that says neither {state} nor {text} gets the state's word in front.\n\n\
    States: the account in its class's colour; MISMATCH where the environment is no longer the one that was verified; \
    EXPIRED; UNVERIFIED for credentials that nobody verified; REFUSED after a refused switch; nothing where there is \
    nothing of AWS. Exit code 0 in every state.")]
pub struct Args {
    /// Shell whose prompt it goes into, or tmux: escapes are marked, and its own prompt escapes disarmed
    #[arg(long, hide_possible_values = true, value_parser = Surface::parser())]
    shell: Option<Surface>,
    /// In your own form: '{color} {class} {name}[ {left}] {reset}'
    #[arg(long, value_name = "TEMPLATE", conflicts_with_all = ["hook", "json"])]
    format: Option<String>,
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
    let words: Vec<&str> = words.take(5).collect::<Option<_>>()?;
    let (shell, hook, format) = match words[..] {
        [] => (None, false, None),
        ["--shell", shell] => (Some(shell), false, None),
        ["--hook", "--shell", shell] => (Some(shell), true, None),
        ["--format", format] => (None, false, Some(format)),
        ["--format", format, "--shell", shell] | ["--shell", shell, "--format", format] => {
            (Some(shell), false, Some(format))
        }
        _ => return None,
    };
    let shell = match shell {
        Some(shell) => Some(Surface::from_name(shell)?),
        None => None,
    };
    // A template that cannot be read is for `run` to talk about.
    if format.is_some_and(|format| Template::parse(format).is_err()) {
        return None;
    }
    let args = Args { shell, hook, format: format.map(str::to_owned), json: false };
    Some(u8::from(print(host, &args, ColorChoice::Auto).is_err()))
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
        if args.shell == Some(Surface::Shell(Shell::Tcsh)) {
            // Tcsh drops empty lines of what it captures.
            record = record.lines().map(|line| format!(".{line}\n")).collect();
        }
        return report::print(host, &record);
    }
    let line = match &args.format {
        Some(format) => Template::parse(format).map_err(CommandError::from_parts)?.line(&state, &lookup, now),
        None => {
            let segment = Segment::of(&state, now);
            segment.map(|segment| segment.line(segment.left.as_deref().unwrap_or_default()))
        }
    };
    let Some(line) = line else { return Ok(()) };
    let text = painted(host, args, choice, line);
    let end = if args.shell.is_some() { "" } else { "\n" };
    report::print(host, &format!("{text}{end}"))
}

/// What a hook keeps: all that it shows until something changes.
fn record(host: &Host, args: &Args, choice: ColorChoice, state: &State) -> Record {
    let lookup = |name: &str| host.hint(name);
    let now = host.now();
    let shell = args.shell.and_then(Surface::shell).map_or("sh", Shell::name);
    let unicode = terminal::look(host, Stream::Stdout, choice).unicode;
    let mut record = Record { signals: signals::of(state, &lookup, shell, unicode), ..Record::of(state, now) };
    if let Some(shell) = args.shell {
        record.text = shell.mark(&record.text);
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
    args.shell.map_or_else(|| painted.to_owned(), |shell| shell.mark(painted))
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
