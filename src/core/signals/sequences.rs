//! The control sequences: what sets a signal, and what takes it back.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Signal, Signals, Terminal};
use crate::core::registry::Color;

/// Keeps the title on the terminal's stack, and takes it back from there. The title is emptied first: a terminal without
/// a stack must not go on naming the account.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b]2;\x1b\\\x1b[23;0t";
/// The same for colours. What OSC 111 gives back is the *configured* colour; the stack has the one that was there.
const PUSH_COLOURS: &str = "\x1b[#P";
const POP_COLOURS: &str = "\x1b[#Q";

/// The colours of an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    /// The account's.
    pub(super) color: Color,
    /// For the background.
    pub(super) tint: Color,
}

/// Signals in the making.
pub(super) struct Sequences<'a> {
    pub(super) terminal: Terminal,
    /// Safe for a terminal.
    pub(super) text: &'a str,
    /// Of a verified account.
    pub(super) class: Option<&'a str>,
    /// Of a verified account, where colours are wanted.
    pub(super) paint: Option<Paint>,
    pub(super) shell: &'a str,
    pub(super) written: Signals,
}

impl Sequences<'_> {
    /// Adds a signal, if this terminal has it.
    pub(super) fn add(&mut self, signal: Signal) {
        match (signal, self.terminal) {
            (Signal::Title, _) => self.title(),
            (Signal::Background, terminal) if terminal.has_colours() => self.colour(11, |paint| paint.tint),
            (Signal::Cursor, terminal) if terminal.has_colours() => self.colour(12, |paint| paint.color),
            (Signal::Tab, Terminal::ITerm2) => self.iterm2_tab(),
            (Signal::Tab, Terminal::Windows) => self.windows_tab(),
            (Signal::Badge, Terminal::ITerm2) => self.badge(),
            (Signal::UserVar, Terminal::WezTerm | Terminal::ITerm2) => self.user_variables(),
            // `#` begins a style in tmux's formats.
            (Signal::Tmux, Terminal::Tmux { here: true }) => self.written.pane = self.text.replace('#', "\\x23"),
            _ => {}
        }
    }

    /// The finished bytes: colours go back to the ones that were there, below the account's.
    pub(super) fn finish(mut self) -> Signals {
        let sets_colours = ["\x1b]11;", "\x1b]12;"].iter().any(|start| self.written.signal.contains(start));
        if sets_colours && self.terminal.may_stack_colours() {
            self.written.enter.push_str(PUSH_COLOURS);
            self.written.restore.push_str(POP_COLOURS);
        }
        self.written
    }

    fn write(&mut self, set: &str, take_back: &str) {
        self.written.signal.push_str(set);
        self.written.restore.push_str(take_back);
    }

    fn title(&mut self) {
        if self.terminal == Terminal::Screen {
            // It has no stack; by itself it calls a window after the program that was started in it.
            let (set, take_back) = (format!("\x1bk{}\x1b\\", self.text), format!("\x1bk{}\x1b\\", self.shell));
            return self.write(&set, &take_back);
        }
        self.written.enter.push_str(PUSH_TITLE);
        self.write(&osc(&format!("2;{}", self.text)), POP_TITLE);
    }

    fn colour(&mut self, number: u8, which: fn(Paint) -> Color) {
        if let Some(paint) = self.paint {
            let color = which(paint).to_string().to_lowercase();
            self.write(&osc(&format!("{number};{color}")), &osc(&format!("1{number}")));
        }
    }

    fn iterm2_tab(&mut self) {
        if let Some(Paint { color: Color { r, g, b }, .. }) = self.paint {
            let channel = |name, value| osc(&format!("6;1;bg;{name};brightness;{value}"));
            let set = [channel("red", r), channel("green", g), channel("blue", b)].concat();
            self.write(&set, &osc("6;1;bg;*;default"));
        }
    }

    /// 264 is the frame's background in its table of colours.
    fn windows_tab(&mut self) {
        if let Some(Paint { color: Color { r, g, b }, .. }) = self.paint {
            self.write(&osc(&format!("4;264;rgb:{r:02x}/{g:02x}/{b:02x}")), &osc("104;264"));
        }
    }

    fn badge(&mut self) {
        // It expands `\(…)` in a badge.
        let text = STANDARD.encode(self.text.replace('\\', "?"));
        self.write(&osc(&format!("1337;SetBadgeFormat={text}")), &osc("1337;SetBadgeFormat="));
    }

    fn user_variables(&mut self) {
        let color = self.paint.map(|paint| paint.color.to_string()).unwrap_or_default();
        let variables =
            [("awsenv", self.text), ("awsenv_class", self.class.unwrap_or_default()), ("awsenv_color", &color)];
        for (name, value) in variables.map(|(name, value)| (name, STANDARD.encode(value))) {
            self.write(&osc(&format!("1337;SetUserVar={name}={value}")), &osc(&format!("1337;SetUserVar={name}=")));
        }
    }
}

/// An operating system command, closed as the standard says: some terminals take no other end.
fn osc(text: &str) -> String {
    format!("\x1b]{text}\x1b\\")
}
