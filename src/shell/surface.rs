//! What a prompt's segment is marked for: a shell's prompt, or tmux's status line.

use clap::{
    ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use super::{Shell, prompt};

/// Where a painted text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A shell's prompt.
    Shell(Shell),
    /// An option that tmux shows in a status line or a pane's border.
    Tmux,
}

const TMUX: &str = "tmux";

impl Surface {
    /// Reads `--shell`.
    pub fn parser() -> impl TypedValueParser<Value = Self> {
        let shells = Shell::value_variants().iter().filter_map(Shell::to_possible_value);
        PossibleValuesParser::new(shells.chain([PossibleValue::new(TMUX)]))
            .try_map(|name| Self::from_name(&name).ok_or("is no shell"))
    }

    /// The surface of this name, or of a shell's program.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == TMUX { Some(Self::Tmux) } else { Shell::from_program(name).map(Self::Shell) }
    }

    /// The shell, where it is one.
    pub fn shell(self) -> Option<Shell> {
        match self {
            Self::Shell(shell) => Some(shell),
            Self::Tmux => None,
        }
    }

    /// Marks a painted text for it.
    pub fn mark(self, painted: &str) -> String {
        match self {
            Self::Shell(shell) => prompt::mark(shell, painted),
            Self::Tmux => tmux(painted),
        }
    }
}

/// Colour sequences in tmux's words, `#[…]`, and each `#` of the text doubled, so that none of it is a format.
/// Hexadecimal digits are small: `#F` is a format.
///
/// `%` is left alone: tmux asks strftime about the option that it draws, not about the values that it puts into it.
fn tmux(painted: &str) -> String {
    let mut text = String::with_capacity(painted.len() + 32);
    let mut rest = painted;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        text.push_str(&before.replace('#', "##"));
        let (codes, after) = after.split_once('m').unwrap_or((after, ""));
        text.push_str(&format!("#[{}]", style(codes)));
        rest = after;
    }
    text + &rest.replace('#', "##")
}

/// The words for the codes that we paint with.
fn style(codes: &str) -> String {
    let mut words = Vec::new();
    let mut codes = codes.split(';').map(|code| code.parse::<u8>().unwrap_or_default());
    while let Some(code) = codes.next() {
        words.push(match code {
            1 => "bold".to_owned(),
            30..=37 => format!("fg={}", theme(code - 30, false)),
            40..=47 => format!("bg={}", theme(code - 40, false)),
            90..=97 => format!("fg={}", theme(code - 90, true)),
            100..=107 => format!("bg={}", theme(code - 100, true)),
            38 => format!("fg={}", color(&mut codes)),
            48 => format!("bg={}", color(&mut codes)),
            _ => "default".to_owned(),
        });
    }
    words.join(",")
}

fn color(codes: &mut impl Iterator<Item = u8>) -> String {
    let kind = codes.next();
    let mut next = || codes.next().unwrap_or_default();
    match kind {
        Some(5) => format!("colour{}", next()),
        _ => format!("#{:02x}{:02x}{:02x}", next(), next(), next()),
    }
}

fn theme(index: u8, bright: bool) -> String {
    const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
    let name = NAMES.get(usize::from(index)).copied().unwrap_or("default");
    format!("{}{name}", if bright { "bright" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_tmux_gets_styles_and_no_format_of_the_text_s_own() {
        let check = |painted: &str, expect: &str| assert_eq!(Surface::Tmux.mark(painted), expect);
        check(
            "\x1b[1m\x1b[48;2;176;0;32m\x1b[38;2;255;255;255m a#(x) #[fg=red] %H \x1b[0m",
            "#[bold]#[bg=#b00020]#[fg=#ffffff] a##(x) ##[fg=red] %H #[default]",
        );
        check("\x1b[1;48;5;124;38;5;231mx\x1b[0m#", "#[bold,bg=colour124,fg=colour231]x#[default]##");
        check("\x1b[1;41;97mx\x1b[0m", "#[bold,bg=red,fg=brightwhite]x#[default]");
        check("\x1b[1;100;30mx\x1b[0m", "#[bold,bg=brightblack,fg=black]x#[default]");
        check("plain", "plain");
    }

    #[test]
    fn a_surface_has_the_name_of_a_shell_or_of_tmux() {
        assert_eq!(Surface::from_name("tmux"), Some(Surface::Tmux));
        assert_eq!(Surface::from_name("/bin/zsh"), Some(Surface::Shell(Shell::Zsh)));
        assert_eq!(Surface::from_name("screen"), None);
        for shell in Shell::value_variants() {
            assert_eq!(Surface::from_name(shell.name()), Some(Surface::Shell(*shell)));
        }
    }
}
