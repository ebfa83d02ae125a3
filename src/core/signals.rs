//! What a terminal shows besides the prompt while an account is in use: title, colours, badge, pane.
//!
//! Asked for per class or account in the settings, carried in `AWSENV_CONTEXT`, and made here into bytes for the prompt
//! hook to write to the terminal. Each terminal gets only what it is known to understand, and what takes it back.
//! A colour is a claim: only a verified account has one. In every other state title, badge and pane say the state's word.

mod sequences;
mod terminal;
#[cfg(test)]
mod tests;

use serde::Deserialize;

use self::{
    sequences::{Paint, Sequences},
    terminal::Terminal,
};
use super::{
    banner::class_word,
    carried::Carried,
    identity::AccountId,
    prompt::State,
    registry::Color,
    sanitize::{limit, show, show_ascii},
    user_env::Lookup,
};

/// Switches all signals off where it is `0`.
pub const OPT_SIGNALS: &str = "AWSENV_OPT_SIGNALS";

/// The brightest channel of a background that is made from an account's colour.
const TINT: u16 = 0x30;
/// The columns that a name may take, and the other foreign words.
const NAME_WIDTH: usize = 40;
/// The columns for what is wrong.
const DETAIL_WIDTH: usize = 60;

/// One way in which a terminal can show the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// The window's title; in tmux the pane's, in GNU screen the window's.
    Title,
    /// The background, in a dark tint.
    Background,
    /// The cursor, in the account's colour.
    Cursor,
    /// The tab, in the account's colour: iTerm2 and Windows Terminal.
    Tab,
    /// Large letters over the terminal's content: iTerm2.
    Badge,
    /// User variables, for the user's own tab bar: WezTerm and iTerm2.
    UserVar,
    /// The pane's option `@awsenv`: tmux.
    Tmux,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Title, Self::Background, Self::Cursor, Self::Tab, Self::Badge, Self::UserVar, Self::Tmux];

    /// The word in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Background => "background",
            Self::Cursor => "cursor",
            Self::Tab => "tab",
            Self::Badge => "badge",
            Self::UserVar => "user-var",
            Self::Tmux => "tmux",
        }
    }
}

/// What the settings ask for in a class or an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The signals.
    pub signals: Vec<Signal>,
    /// The background, where it is not to be made from the account's colour.
    pub background: Option<Color>,
}

impl Choice {
    /// The words to carry: `title+cursor`. `None` where nothing is asked for.
    pub fn words(&self) -> Option<String> {
        let words: Vec<&str> =
            Signal::ALL.into_iter().filter(|one| self.signals.contains(one)).map(Signal::name).collect();
        (!words.is_empty()).then(|| words.join("+"))
    }
}

/// What the hook writes to the terminal. Nothing of it holds a line break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Once, when this begins to hold: keeps the title and the colours that were there.
    pub enter: String,
    /// At each prompt while it holds: other programs change titles and colours, too.
    pub signal: String,
    /// Once, when it ends.
    pub restore: String,
    /// For tmux's pane option `@awsenv`.
    pub pane: String,
}

/// The signals of a state. `shell` is what GNU screen calls a window by itself; `unicode` is the terminal's.
pub fn of(state: &State, env: Lookup<'_>, shell: &str, unicode: bool) -> Signals {
    let terminal = Terminal::of(env);
    let asked = asked(state);
    if asked.is_empty() || terminal == Terminal::Silent || env(OPT_SIGNALS).as_deref() == Some("0") {
        return Signals::default();
    }
    let paint = match state {
        State::Verified(carried) if shows_colour(env) => paint(carried),
        _ => None,
    };
    let class = match state {
        State::Verified(carried) => carried.class.as_deref(),
        _ => None,
    };
    let text = text(state, unicode);
    let mut sequences = Sequences { terminal, text: &text, class, paint, shell, written: Signals::default() };
    for signal in Signal::ALL.into_iter().filter(|signal| asked.contains(signal)) {
        sequences.add(signal);
    }
    sequences.finish()
}

/// What was asked for when this context was made. A refusal leaves none, and neither do other tools' credentials.
fn asked(state: &State) -> Vec<Signal> {
    let words = match state {
        State::Verified(carried)
        | State::Unverified(carried)
        | State::Mismatch(carried, _)
        | State::Expired(carried)
        | State::Cleared(carried) => carried.signals.as_deref(),
        State::Refused | State::Nothing => None,
    };
    let words = words.unwrap_or_default();
    Signal::ALL.into_iter().filter(|signal| words.split('+').any(|word| word == signal.name())).collect()
}

fn shows_colour(env: Lookup<'_>) -> bool {
    env("NO_COLOR").is_none() && env("CLICOLOR").is_none_or(|value| value != "0")
}

fn paint(carried: &Carried) -> Option<Paint> {
    let parse = |hex: &Option<String>| format!("#{}", hex.as_deref()?).parse::<Color>().ok();
    let color = parse(&carried.color)?;
    Some(Paint { color, tint: parse(&carried.tint).unwrap_or_else(|| tint(color)) })
}

/// The colour, so dark that light letters are readable on it.
fn tint(color: Color) -> Color {
    let most = u16::from(color.r.max(color.g).max(color.b)).max(TINT);
    let dim = |channel: u8| u8::try_from(u16::from(channel) * TINT / most).unwrap_or(u8::MAX);
    Color { r: dim(color.r), g: dim(color.g), b: dim(color.b) }
}

/// The state in a line: `PRODUCTION acme-prod 1111-2222-3333`, or the word for why no account can be named.
fn text(state: &State, unicode: bool) -> String {
    let cut = |text: &str, columns| {
        let shown = if unicode { show(text) } else { show_ascii(text) };
        limit(&shown, columns, unicode).into_owned()
    };
    let account = |carried: &Carried| {
        let class = carried.class.as_deref().map(|class| cut(&class_word(class), NAME_WIDTH));
        let name = carried.name.as_deref().map(|name| cut(name, NAME_WIDTH));
        let id = carried.account.as_deref();
        let id = id.map(|id| AccountId::parse(id).map_or_else(|_| cut(id, NAME_WIDTH), |id| id.grouped()));
        let endpoint = carried.endpoint.as_deref().map(|host| format!("via {}", cut(host, NAME_WIDTH)));
        [class, name, id, endpoint].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    match state {
        State::Verified(carried) => account(carried),
        State::Expired(carried) | State::Cleared(carried) => format!("EXPIRED {}", account(carried)),
        State::Mismatch(_, what) => format!("MISMATCH {}", cut(what, DETAIL_WIDTH)),
        State::Unverified(carried) => match &carried.profile {
            Some(profile) => format!("UNVERIFIED profile {}", cut(profile, NAME_WIDTH)),
            None => "UNVERIFIED".to_owned(),
        },
        State::Refused | State::Nothing => String::new(),
    }
}
