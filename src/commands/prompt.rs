//! `awsenv prompt`: the segment, from environment and clock only. No file, no socket, no SDK.

use super::{Done, Run, report};
use crate::{
    core::{
        banner::class_word,
        carried::Carried,
        identity::AccountId,
        prompt::{State, state, time_left},
        registry::Color,
        sanitize::show,
        style::{ColorChoice, Label, Line},
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
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// The usual calls, before anything of the command line is built. `None` leaves the rest to `run`.
pub fn fast(host: &mut Host) -> Option<u8> {
    let mut args = host.args().iter().skip(1).map(|arg| arg.to_str());
    if args.next()?? != "prompt" {
        return None;
    }
    let shell = match (args.next(), args.next(), args.next()) {
        (None, ..) => None,
        (Some(Some("--shell")), Some(Some(name)), None) => Some(Shell::from_program(name)?),
        _ => return None,
    };
    Some(u8::from(print(host, &Args { shell, json: false }, ColorChoice::Auto).is_err()))
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
    let Some(line) = segment(&state, now) else { return Ok(()) };
    // In a prompt standard output is a pipe, and what it will be shown on is a terminal.
    let choice = match (choice, args.shell) {
        (ColorChoice::Auto, Some(_)) if wants_color(host) => ColorChoice::Always,
        _ => choice,
    };
    let look = terminal::look(host, Stream::Stdout, choice);
    let painted = terminal::paint(&[line], &look);
    let painted = painted.trim_end_matches('\n');
    let text = args.shell.map_or_else(|| painted.to_owned(), |shell| marks::mark(shell, painted));
    let end = if args.shell.is_some() { "" } else { "\n" };
    report::print(host, &format!("{text}{end}"))
}

/// What a terminal would show, asked where standard output is none.
fn wants_color(host: &Host) -> bool {
    host.var_os("NO_COLOR").is_none()
        && host.hint("TERM").is_some_and(|term| term != "dumb")
        && host.hint("CLICOLOR").is_none_or(|value| value != "0")
}

/// The segment in words; `None` where there is nothing to say.
fn segment(state: &State, now: jiff::Timestamp) -> Option<Line> {
    let line = Line::default();
    Some(match state {
        State::Nothing => return None,
        State::Verified(carried) => {
            let mut text = format!(" {} ", account(carried));
            if let Some(left) = time_left(carried, now) {
                text.push_str(&format!("{left} "));
            }
            line.with(Label::Account(color(carried)), text)
        }
        State::Expired(carried) => line.with(Label::Caution, format!(" EXPIRED {} ", account(carried))),
        // Short: fish cuts a long prompt off at its front.
        State::Mismatch(_, what) => line.with(Label::Caution, format!(" MISMATCH {} ", show(what))),
        State::Unverified(Some(profile)) => {
            line.with(Label::Caution, format!(" UNVERIFIED profile {} ", show(profile)))
        }
        State::Unverified(None) => line.with(Label::Caution, " UNVERIFIED "),
        State::Refused => line.with(Label::Caution, " REFUSED no account "),
    })
}

/// `PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1`, as far as it is known.
fn account(carried: &Carried) -> String {
    let id = carried
        .account
        .as_deref()
        .map(|id| AccountId::parse(id).map_or_else(|_| show(id).into_owned(), |id| id.grouped()));
    let class = carried.class.as_deref().map(|class| show(&class_word(class)).into_owned());
    let shown = |text: &Option<String>| text.as_deref().map(|text| show(text).into_owned());
    let endpoint = carried.endpoint.as_deref().map(|host| format!("via {}", show(host)));
    let parts = [class, shown(&carried.name), id, shown(&carried.role), shown(&carried.region), endpoint];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn color(carried: &Carried) -> Color {
    let unknown = Color { r: 0x66, g: 0x66, b: 0x66 };
    carried.color.as_deref().and_then(|hex| format!("#{hex}").parse().ok()).unwrap_or(unknown)
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
    match state {
        State::Nothing => describe("none", None, None),
        State::Verified(carried) => describe("verified", Some(carried), None),
        State::Unverified(profile) => {
            let carried = Carried { profile: profile.clone(), ..Carried::default() };
            describe("unverified", Some(&carried), None)
        }
        State::Mismatch(_, what) => describe("mismatch", None, Some(what)),
        State::Expired(carried) => describe("expired", Some(carried), None),
        State::Refused => describe("refused", None, None),
    }
}
