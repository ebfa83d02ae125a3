//! What a stream can show, painting for it, and questions on the controlling terminal.

use std::{
    borrow::Cow,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
};

use colored::{Color as Paint, ColoredString, Colorize};

use rustix::{process::getpgrp, termios::tcgetpgrp};

use super::host::Host;
use crate::core::{
    ci::Ci,
    palette::{Ink, Swatch},
    registry::Color,
    sanitize::disarm_line,
    style::{ColorChoice, ColorDepth, Line, Look, Span},
};

/// A stream to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The columns where nothing says how many there are.
const WIDTH_UNKNOWN: usize = 80;
/// A COLUMNS outside of this is no terminal's.
const WIDTH_SANE: std::ops::RangeInclusive<usize> = 10..=1000;
/// The longest answer that is read.
const ANSWER_MAX: u64 = 4096;

/// What this stream can show.
pub fn look(host: &Host, stream: Stream, choice: ColorChoice) -> Look {
    let is_terminal = match stream {
        Stream::Stdout => host.stdout_is_terminal,
        Stream::Stderr => host.stderr_is_terminal,
    };
    Look {
        width: width(host, stream, is_terminal),
        unicode: speaks_utf8(host),
        depth: depth(host, is_terminal, choice),
    }
}

/// Paints lines, each with its line end. Without colour: the text alone. None can be read as a workflow command.
pub fn paint(lines: &[Line], look: &Look) -> String {
    if look.depth != ColorDepth::None {
        // `colored` would ask about standard output, which is a pipe when a shell evaluates us.
        colored::control::set_override(true);
    }
    let mut text = String::new();
    for line in lines {
        let start = text.len();
        for span in &line.0 {
            text.push_str(&paint_span(span, look.depth));
        }
        text.truncate(text.trim_end_matches(' ').len());
        if let Cow::Owned(disarmed) = disarm_line(&text[start..]) {
            text.replace_range(start.., &disarmed);
        }
        text.push('\n');
    }
    text
}

/// Asks on the controlling terminal, whatever the standard streams are. `None` where there is none, or no answer.
pub fn ask(prompt: &str) -> io::Result<Option<String>> {
    let Some(mut terminal) = controlling() else { return Ok(None) };
    terminal.write_all(prompt.as_bytes())?;
    terminal.flush()?;
    let mut answer = String::new();
    let read = BufReader::new(terminal.take(ANSWER_MAX)).read_line(&mut answer)?;
    Ok((read > 0).then(|| answer.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The controlling terminal; `None` where there is none, and in the background, as below `timeout` in a script: who asks there
/// is stopped by the system, and no signal but KILL ends that.
pub fn controlling() -> Option<File> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    let is_ours = tcgetpgrp(&terminal).is_ok_and(|group| group == getpgrp());
    is_ours.then_some(terminal)
}

/// In this order: `--color`, NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR, TERM, CLICOLOR, the stream, CI.
fn depth(host: &Host, is_terminal: bool, choice: ColorChoice) -> ColorDepth {
    let set = |name| host.var_os(name).is_some();
    let is = |name, value: &str| host.hint(name).is_some_and(|text| text == value);
    let forced = forced_depth(host);
    match choice {
        ColorChoice::Never => return ColorDepth::None,
        ColorChoice::Always => {
            return forced.filter(|depth| *depth != ColorDepth::None).unwrap_or_else(|| known_depth(host));
        }
        ColorChoice::Auto => {}
    }
    if set("NO_COLOR") {
        ColorDepth::None
    } else if let Some(depth) = forced {
        depth
    } else if is("TERM", "dumb") || is("CLICOLOR", "0") {
        ColorDepth::None
    } else if is_terminal {
        if set("TERM") { known_depth(host) } else { ColorDepth::None }
    } else if Ci::detect(&|name| host.hint(name)).is_some_and(Ci::shows_colors) {
        ColorDepth::Ansi16
    } else {
        ColorDepth::None
    }
}

/// What CLICOLOR_FORCE and FORCE_COLOR ask for.
fn forced_depth(host: &Host) -> Option<ColorDepth> {
    let forced = host.hint("CLICOLOR_FORCE").is_some_and(|text| text != "0");
    match host.hint("FORCE_COLOR").as_deref() {
        Some("0" | "false") if !forced => Some(ColorDepth::None),
        Some("1") => Some(ColorDepth::Ansi16),
        Some("2") => Some(ColorDepth::Ansi256),
        Some("3") => Some(ColorDepth::Rgb),
        other => (forced || other.is_some()).then(|| known_depth(host)),
    }
}

fn known_depth(host: &Host) -> ColorDepth {
    let term = host.hint("TERM").unwrap_or_default();
    if matches!(host.hint("COLORTERM").as_deref(), Some("truecolor" | "24bit")) || term.ends_with("-direct") {
        ColorDepth::Rgb
    } else if term.contains("256") {
        ColorDepth::Ansi256
    } else {
        ColorDepth::Ansi16
    }
}

/// The stream's own width; COLUMNS is a hint where it has none.
fn width(host: &Host, stream: Stream, is_terminal: bool) -> usize {
    let own = is_terminal.then(|| match stream {
        Stream::Stdout => terminal_size::terminal_size_of(io::stdout()),
        Stream::Stderr => terminal_size::terminal_size_of(io::stderr()),
    });
    let own = own.flatten().map(|(width, _)| usize::from(width.0)).filter(|width| *width > 0);
    let hint = || host.hint("COLUMNS")?.parse().ok().filter(|width| WIDTH_SANE.contains(width));
    own.or_else(hint).unwrap_or(WIDTH_UNKNOWN)
}

/// The first of LC_ALL, LC_CTYPE, LANG that is set names the character set.
fn speaks_utf8(host: &Host) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| host.hint(name)).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn paint_span(span: &Span, depth: ColorDepth) -> String {
    let style = span.label.style();
    if depth == ColorDepth::None || style == Default::default() {
        return span.text.clone();
    }
    if depth == ColorDepth::Rgb && (style.fill.is_some() || style.ink.is_some()) {
        return paint_rgb(&span.text, style.bold, style.ink, style.fill);
    }
    let mut text = ColoredString::from(span.text.as_str());
    if let Some(swatch) = style.fill {
        let (fill, ink) = indexes(swatch, depth);
        text = text.color(ink).on_color(fill);
    } else if let Some(ink) = style.ink.and_then(|ink| ink_index(ink, depth)) {
        text = text.color(ink);
    }
    if style.bold { text.bold() } else { text }.to_string()
}

/// Fill and letters among 256 or 16.
fn indexes(swatch: Swatch, depth: ColorDepth) -> (Paint, Paint) {
    let [_, black_on_256, black_on_16] = swatch.black_text;
    match depth {
        // Black and white of the fixed part: the first 16 are the theme's.
        ColorDepth::Ansi256 => {
            (Paint::AnsiColor(swatch.ansi256), Paint::AnsiColor(if black_on_256 { 16 } else { 231 }))
        }
        _ => (theme(swatch.ansi16), if black_on_16 { Paint::Black } else { Paint::BrightWhite }),
    }
}

fn ink_index(ink: Ink, depth: ColorDepth) -> Option<Paint> {
    if depth == ColorDepth::Ansi256 { Some(Paint::AnsiColor(ink.ansi256)) } else { ink.ansi16.map(theme) }
}

fn theme(index: u8) -> Paint {
    match index {
        0 => Paint::Black,
        1 => Paint::Red,
        2 => Paint::Green,
        3 => Paint::Yellow,
        4 => Paint::Blue,
        5 => Paint::Magenta,
        6 => Paint::Cyan,
        7 => Paint::White,
        8 => Paint::BrightBlack,
        9 => Paint::BrightRed,
        10 => Paint::BrightGreen,
        11 => Paint::BrightYellow,
        12 => Paint::BrightBlue,
        13 => Paint::BrightMagenta,
        14 => Paint::BrightCyan,
        _ => Paint::BrightWhite,
    }
}

/// 24 bits without `colored`, which gives them only where the process's own COLORTERM says so: a terminal known by its
/// TERM, or a forced depth, would get 16 colours.
fn paint_rgb(text: &str, bold: bool, ink: Option<Ink>, fill: Option<Swatch>) -> String {
    // A sequence for each: not every reader takes two colours in one.
    let code = |kind: u8, Color { r, g, b }: Color| format!("\x1b[{kind};2;{r};{g};{b}m");
    let bold = if bold { "\x1b[1m" } else { "" };
    let colors = match (fill, ink) {
        (Some(swatch), _) => {
            let letters = if swatch.black_text[0] { 0 } else { 255 };
            code(48, swatch.rgb) + &code(38, Color { r: letters, g: letters, b: letters })
        }
        (None, Some(ink)) => code(38, ink.rgb),
        (None, None) => String::new(),
    };
    format!("{bold}{colors}{text}\x1b[0m")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::style::Label;

    fn host(env: &str, is_terminal: bool) -> Host {
        let env = env.split_whitespace().filter_map(|pair| pair.split_once('='));
        let mut host = Host::of([""; 0], env, jiff::Timestamp::UNIX_EPOCH);
        host.stderr_is_terminal = is_terminal;
        host
    }

    fn check(env: &str, is_terminal: bool, choice: ColorChoice, expect: ColorDepth) {
        assert_eq!(depth(&host(env, is_terminal), is_terminal, choice), expect, "{env:?} {is_terminal} {choice:?}");
    }

    #[test]
    fn colours_are_decided_in_the_documented_order() {
        use ColorChoice::{Always, Auto, Never};
        use ColorDepth::{Ansi16, Ansi256, None, Rgb};
        check("TERM=xterm FORCE_COLOR=3", true, Never, None);
        check("NO_COLOR=1 TERM=xterm", false, Always, Ansi16);
        check("FORCE_COLOR=3 NO_COLOR=1", false, Always, Rgb);
        check("FORCE_COLOR=0 TERM=xterm-256color", false, Always, Ansi256);
        check("NO_COLOR=1 FORCE_COLOR=1 TERM=xterm", true, Auto, None);
        check("NO_COLOR= TERM=xterm", true, Auto, Ansi16);
        check("FORCE_COLOR=2 TERM=dumb", false, Auto, Ansi256);
        check("FORCE_COLOR=true TERM=xterm-direct", false, Auto, Rgb);
        check("FORCE_COLOR=false TERM=xterm", true, Auto, None);
        check("FORCE_COLOR=0 CLICOLOR_FORCE=1", false, Auto, Ansi16);
        check("CLICOLOR_FORCE=0", false, Auto, None);
        check("TERM=dumb COLORTERM=truecolor CI=true", true, Auto, None);
        check("CLICOLOR=0 TERM=xterm", true, Auto, None);
        check("", true, Auto, None);
        check("TERM=xterm COLORTERM=24bit", true, Auto, Rgb);
        check("TERM=screen-256color", true, Auto, Ansi256);
        check("CI=true", false, Auto, Ansi16);
        check("TERM=xterm", false, Auto, None);
        check("TF_BUILD=True", false, Auto, Ansi16);
        check("JENKINS_URL=https://ci.example", false, Auto, None);
    }

    #[test]
    fn each_stream_is_judged_by_itself() {
        let host = host("TERM=xterm", true);
        assert_eq!(look(&host, Stream::Stderr, ColorChoice::Auto).depth, ColorDepth::Ansi16);
        assert_eq!(look(&host, Stream::Stdout, ColorChoice::Auto).depth, ColorDepth::None);
    }

    #[test]
    fn an_absurd_width_is_ignored() {
        for (env, expect) in
            [("", 80), ("COLUMNS=100", 100), ("COLUMNS=0", 80), ("COLUMNS=99999999999", 80), ("COLUMNS=x", 80)]
        {
            assert_eq!(look(&host(env, false), Stream::Stderr, ColorChoice::Auto).width, expect, "{env}");
        }
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        for (env, expect) in [
            ("", false),
            ("LANG=C.UTF-8", true),
            ("LANG=de_DE.utf8", true),
            ("LC_ALL=C LANG=C.UTF-8", false),
            ("LC_ALL= LC_CTYPE=en_US.UTF-8 LANG=C", true),
        ] {
            assert_eq!(speaks_utf8(&host(env, false)), expect, "{env}");
        }
    }

    fn painted(label: Label, depth: ColorDepth) -> String {
        paint(&[Line::default().with(label, "x ")], &Look { width: 80, unicode: true, depth })
    }

    #[test]
    fn p5_no_line_is_a_workflow_command() {
        let line = |text: &str| paint(&[Line::plain("  ").with(Label::Plain, text)], &Look::PLAIN);
        assert_eq!(line("::add-mask::x"), "  \\x3a:add-mask::x\n");
        assert_eq!(line("a ::add-mask::x"), "  a ::add-mask::x\n");
    }

    #[test]
    fn labels_are_painted_in_what_the_stream_can_show() {
        let block = Label::Account(Color { r: 0xB0, g: 0, b: 0x20 });
        assert_eq!(painted(block, ColorDepth::None), "x\n");
        assert_eq!(painted(block, ColorDepth::Ansi16), "\x1b[1;41;97mx \x1b[0m\n");
        assert_eq!(painted(block, ColorDepth::Ansi256), "\x1b[1;48;5;124;38;5;231mx \x1b[0m\n");
        assert_eq!(painted(block, ColorDepth::Rgb), "\x1b[1m\x1b[48;2;176;0;32m\x1b[38;2;255;255;255mx \x1b[0m\n");
        assert_eq!(painted(Label::Plain, ColorDepth::Rgb), "x\n");
        assert_eq!(painted(Label::Strong, ColorDepth::Rgb), "\x1b[1mx \x1b[0m\n");
        assert_eq!(painted(Label::Field, ColorDepth::Ansi16), "x\n");
    }
}
