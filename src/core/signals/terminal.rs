//! Which terminal this is, as its variables tell.

use crate::core::user_env::Lookup;

/// A terminal, as far as what it understands differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terminal {
    /// Shows nothing of the kind, or would print it as text.
    Silent,
    /// A title, and nothing else that it is known to take back.
    TitleOnly,
    /// Xterm, and the many that understand the same of its sequences.
    Xterm,
    /// iTerm2.
    ITerm2,
    /// WezTerm.
    WezTerm,
    /// Windows Terminal.
    Windows,
    /// Tmux.
    Tmux {
        /// Whether its server runs here, and not on the other side of ssh.
        here: bool,
    },
    /// GNU screen.
    Screen,
    /// One or the other, on the other side of ssh, or one in the other.
    Multiplexer,
}

impl Terminal {
    /// TERM decides first: each terminal sets it, while the other variables are also inherited by a terminal that is
    /// started from within another.
    pub(super) fn of(env: Lookup<'_>) -> Self {
        let is_set = |name| env(name).is_some();
        let term = env("TERM").unwrap_or_default();
        let begins = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
        if term.is_empty() || begins(&["dumb", "unknown", "linux", "cons", "eterm", "emacs"]) || is_glass(&term) {
            return Self::Silent;
        }
        if term.starts_with("tmux") {
            return Self::Tmux { here: is_set("TMUX") };
        }
        if term.starts_with("screen") {
            return match (is_set("TMUX"), is_set("STY")) {
                (true, false) => Self::Tmux { here: true },
                (false, true) => Self::Screen,
                _ => Self::Multiplexer,
            };
        }
        // They set a colour by OSC 11, and keep it after OSC 111.
        if begins(&["rxvt", "mlterm", "putty", "konsole", "st-"]) || term == "st" {
            return Self::TitleOnly;
        }
        if begins(&["xterm-kitty", "xterm-ghostty", "alacritty", "foot"]) {
            return Self::Xterm;
        }
        match env("TERM_PROGRAM").as_deref() {
            Some("iTerm.app") => Self::ITerm2,
            Some("WezTerm") => Self::WezTerm,
            Some("Apple_Terminal") => Self::TitleOnly,
            // One started from a pane of tmux inherits this.
            Some("tmux") | None => Self::without_a_name(&term, env),
            Some(_) => Self::Xterm,
        }
    }

    /// A terminal that does not give its name. Ssh carries LC_TERMINAL on.
    fn without_a_name(term: &str, env: Lookup<'_>) -> Self {
        let is_set = |name| env(name).is_some();
        if term.starts_with("wezterm") {
            Self::WezTerm
        } else if !term.starts_with("xterm") || ["XTERM_VERSION", "VTE_VERSION"].into_iter().any(is_set) {
            Self::Xterm
        } else if is_set("KONSOLE_VERSION") {
            Self::TitleOnly
        } else if env("LC_TERMINAL").as_deref() == Some("iTerm2") {
            Self::ITerm2
        } else if is_set("WEZTERM_PANE") {
            Self::WezTerm
        } else if is_set("WT_SESSION") {
            Self::Windows
        } else {
            Self::Xterm
        }
    }

    /// Whether OSC 11 and 12 set colours, and OSC 111 and 112 take them back.
    pub(super) fn has_colours(self) -> bool {
        match self {
            Self::Xterm | Self::ITerm2 | Self::WezTerm | Self::Windows | Self::Tmux { .. } => true,
            Self::Silent | Self::TitleOnly | Self::Screen | Self::Multiplexer => false,
        }
    }

    /// Whether it may keep a stack of colours. What has none ignores the sequences.
    pub(super) fn may_stack_colours(self) -> bool {
        self.has_colours() && !matches!(self, Self::Tmux { .. })
    }
}

/// A terminal of glass and wire, or one that claims no more: vt100, vt220.
fn is_glass(term: &str) -> bool {
    term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}
