use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

const TITLE: &str = "\x1b]2;PRODUCTION acme-prod 1111-2222-3333\x1b\\";
const POP: &str = "\x1b]2;\x1b\\\x1b[23;0t";

fn production() -> Carried {
    Carried {
        account: Some("111122223333".into()),
        name: Some("acme-prod".into()),
        class: Some("production".into()),
        color: Some("B00020".into()),
        signals: Some("title+background+cursor+tab+badge+user-var+tmux".into()),
        ..Carried::default()
    }
}

/// The signals of a state on a terminal, which is named by its variables.
fn shown(state: &State, variables: &[(&str, &str)]) -> Signals {
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    of(state, &lookup, "bash", true)
}

/// What a switch in profile mode leaves.
fn unverified(profile: Option<&str>) -> State {
    State::Unverified(Carried { profile: profile.map(str::to_owned), ..production() })
}

fn only(signal: &str) -> State {
    State::Verified(Carried { signals: Some(signal.into()), ..production() })
}

#[track_caller]
fn check(signal: &str, variables: &[(&str, &str)], enter: &str, set: &str, restore: &str) {
    let expect = Signals { enter: enter.into(), signal: set.into(), restore: restore.into(), pane: String::new() };
    assert_eq!(shown(&only(signal), variables), expect, "{signal} on {variables:?}");
}

const XTERM: &[(&str, &str)] = &[("TERM", "xterm-256color")];
const ITERM2: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")];
const WEZTERM: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")];
const WINDOWS: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("WT_SESSION", "0-1")];
const APPLE: &[(&str, &str)] = &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")];
const KITTY: &[(&str, &str)] = &[("TERM", "xterm-kitty"), ("KITTY_WINDOW_ID", "1"), ("TERM_PROGRAM", "iTerm.app")];
const TMUX: &[(&str, &str)] =
    &[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0"), ("TERM_PROGRAM", "tmux")];
const SCREEN: &[(&str, &str)] = &[("TERM", "screen.xterm-256color"), ("STY", "1.pts-0.host")];

#[test]
fn a_title_is_kept_set_and_put_back() {
    for terminal in [XTERM, ITERM2, WEZTERM, WINDOWS, APPLE, KITTY, TMUX] {
        check("title", terminal, "\x1b[22;0t", TITLE, POP);
    }
    check("title", SCREEN, "", "\x1bkPRODUCTION acme-prod 1111-2222-3333\x1b\\", "\x1bkbash\x1b\\");
}

#[test]
fn colours_are_set_where_they_can_be_taken_back() {
    for terminal in [XTERM, ITERM2, WEZTERM, WINDOWS, KITTY] {
        check("background", terminal, "\x1b[#P", "\x1b]11;#300008\x1b\\", "\x1b]111\x1b\\\x1b[#Q");
        check("cursor", terminal, "\x1b[#P", "\x1b]12;#b00020\x1b\\", "\x1b]112\x1b\\\x1b[#Q");
    }
    check("background", TMUX, "", "\x1b]11;#300008\x1b\\", "\x1b]111\x1b\\");
    for terminal in [APPLE, SCREEN] {
        check("background+cursor", terminal, "", "", "");
    }
}

#[test]
fn each_terminal_gets_only_its_own() {
    check(
        "tab",
        ITERM2,
        "",
        "\x1b]6;1;bg;red;brightness;176\x1b\\\x1b]6;1;bg;green;brightness;0\x1b\\\x1b]6;1;bg;blue;brightness;32\x1b\\",
        "\x1b]6;1;bg;*;default\x1b\\",
    );
    check("tab", WINDOWS, "", "\x1b]4;264;rgb:b0/00/20\x1b\\", "\x1b]104;264\x1b\\");
    let text = "UFJPRFVDVElPTiBhY21lLXByb2QgMTExMS0yMjIyLTMzMzM=";
    check("badge", ITERM2, "", &format!("\x1b]1337;SetBadgeFormat={text}\x1b\\"), "\x1b]1337;SetBadgeFormat=\x1b\\");
    for terminal in [ITERM2, WEZTERM] {
        let set = |name, value| format!("\x1b]1337;SetUserVar={name}={value}\x1b\\");
        let names = ["awsenv", "awsenv_class", "awsenv_color"];
        let values = [text, "cHJvZHVjdGlvbg==", "I0IwMDAyMA=="];
        let all: String = names.iter().zip(values).map(|(name, value)| set(name, value)).collect();
        let none: String = names.iter().map(|name| set(name, "")).collect();
        check("user-var", terminal, "", &all, &none);
    }
    for terminal in [XTERM, KITTY, TMUX, SCREEN, APPLE] {
        check("tab+badge+user-var", terminal, "", "", "");
    }
    for terminal in [WEZTERM, WINDOWS] {
        check("badge+tmux", terminal, "", "", "");
    }
    let pane = Signals { pane: "PRODUCTION acme-prod 1111-2222-3333".into(), ..Signals::default() };
    assert_eq!(shown(&only("tmux"), TMUX), pane);
    check("tmux", SCREEN, "", "", "");
}

#[test]
fn all_together_are_undone_together() {
    let all = shown(&State::Verified(production()), XTERM);
    assert_eq!(all.enter, "\x1b[22;0t\x1b[#P");
    assert_eq!(all.signal, format!("{TITLE}\x1b]11;#300008\x1b\\\x1b]12;#b00020\x1b\\"));
    assert_eq!(all.restore, format!("{POP}\x1b]111\x1b\\\x1b]112\x1b\\\x1b[#Q"));
}

#[test]
fn nothing_is_written_where_nothing_is_asked_for_or_understood() {
    let all = State::Verified(production());
    for term in ["", "dumb", "linux", "vt220", "eterm-color", "unknown"] {
        assert_eq!(shown(&all, &[("TERM", term), ("TERM_PROGRAM", "iTerm.app")]), Signals::default(), "{term}");
    }
    assert_eq!(shown(&all, &[]), Signals::default());
    assert_eq!(shown(&all, &[XTERM[0], (OPT_SIGNALS, "0")]), Signals::default());
    assert_ne!(shown(&all, &[XTERM[0], (OPT_SIGNALS, "1")]), Signals::default());
    let none = State::Verified(Carried { signals: None, ..production() });
    assert_eq!(shown(&none, XTERM), Signals::default());
    assert_eq!(shown(&only("tittle+"), XTERM), Signals::default());
}

#[test]
fn without_colour_the_words_remain() {
    for off in [("NO_COLOR", "1"), ("CLICOLOR", "0")] {
        let all = shown(&State::Verified(production()), &[ITERM2[0], ITERM2[1], off]);
        assert_eq!((all.enter.as_str(), all.restore.contains("]111")), ("\x1b[22;0t", false));
        assert!(all.signal.starts_with(TITLE) && all.signal.contains("SetBadgeFormat=UFJP"), "{:?}", all.signal);
        assert!(
            !["]11;", "]12;", "]6;", "awsenv_color=I"].iter().any(|set| all.signal.contains(set)),
            "{:?}",
            all.signal
        );
    }
}

/// A colour says which account it is, so only a verified one has it (promise P3).
#[test]
fn p3_a_state_that_is_not_verified_shows_its_word_and_no_colour() {
    let check = |state: State, text: &str| {
        let found = shown(&state, TMUX);
        let expect = Signals {
            enter: "\x1b[22;0t".into(),
            signal: format!("\x1b]2;{text}\x1b\\"),
            restore: POP.into(),
            pane: text.to_owned(),
        };
        assert_eq!(found, expect);
    };
    check(
        State::Mismatch(production(), "AWS_ACCESS_KEY_ID was replaced".into()),
        "MISMATCH AWS_ACCESS_KEY_ID was replaced",
    );
    check(State::Cleared(production()), "EXPIRED PRODUCTION acme-prod 1111-2222-3333");
    check(State::Expired(production()), "EXPIRED PRODUCTION acme-prod 1111-2222-3333");
    check(unverified(Some("prod")), "UNVERIFIED profile prod");
    check(unverified(None), "UNVERIFIED");
    for state in [
        State::Refused,
        State::Nothing,
        State::Mismatch(Carried::default(), "x".into()),
        State::Unverified(Carried::default()),
    ] {
        assert_eq!(shown(&state, XTERM), Signals::default());
    }
    let iterm2 = shown(&State::Mismatch(production(), "x".into()), ITERM2);
    assert!(iterm2.signal.contains("awsenv_class=\x1b\\") && !iterm2.signal.contains("]6;"), "{:?}", iterm2.signal);
}

#[test]
fn p5_what_a_name_holds_does_not_reach_the_terminal() {
    let name = "a\x1b]0;x\x07\n\u{9c}\u{202e}\\#[bg=red]#(id)";
    let state = State::Verified(Carried { name: Some(name.into()), ..production() });
    for terminal in [XTERM, ITERM2, SCREEN, TMUX] {
        let found = shown(&state, terminal);
        let text = found.signal.replace("\x1b]", "").replace("\x1b\\", "").replace("\x1bk", "");
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
    let name = r"a\x1b]0;x\x07\x0a\u{9c}\u{202e}\\#[bg=r…";
    assert!(shown(&state, XTERM).signal.starts_with(&format!("\x1b]2;PRODUCTION {name} 1111-2222-3333\x1b\\")));
    let pane = format!("PRODUCTION {} 1111-2222-3333", name.replace('#', "\\x23"));
    assert_eq!(shown(&state, TMUX).pane, pane);
    let badge = STANDARD.encode(format!("PRODUCTION {} 1111-2222-3333", name.replace('\\', "?")));
    assert!(shown(&state, ITERM2).signal.contains(&format!("SetBadgeFormat={badge}\x1b")));
    let ascii =
        of(&State::Mismatch(production(), "été".into()), &|name| (name == "TERM").then(|| "xterm".into()), "sh", false);
    assert_eq!(ascii.signal, "\x1b]2;MISMATCH \\u{e9}t\\u{e9}\x1b\\");
}

#[test]
fn p1_the_account_id_is_never_cut() {
    let long = "x".repeat(200);
    let state = State::Verified(Carried {
        name: Some(long.clone()),
        class: Some("y".repeat(64)),
        endpoint: Some(long),
        signals: Some("title".into()),
        ..production()
    });
    let title = shown(&state, XTERM).signal;
    assert!(title.contains("… 1111-2222-3333 via x"), "{title:?}");
    assert!(title.chars().count() < 160, "{title:?}");
}

#[test]
fn a_background_is_the_one_chosen_or_a_dark_tint_of_the_colour() {
    let chosen = Carried { tint: Some("300010".into()), signals: Some("background".into()), ..production() };
    assert!(shown(&State::Verified(chosen), XTERM).signal.contains("]11;#300010\x1b"));
    let check = |from: &str, to: &str| assert_eq!(tint(from.parse().unwrap()).to_string(), to);
    check("#B00020", "#300008");
    check("#E69F00", "#302100");
    check("#F0E442", "#302D0D");
    check("#0072B2", "#001E30");
    check("#666666", "#303030");
    check("#101010", "#101010");
    check("#000000", "#000000");
}

#[test]
fn the_terminal_is_the_one_that_is_seen_not_one_that_it_was_started_from() {
    let is = |variables: &[(&str, &str)], expect: Terminal| {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(Terminal::of(&lookup), expect, "{variables:?}");
    };
    is(&[("TERM", "tmux-256color"), ("TMUX", "x"), ("LC_TERMINAL", "iTerm2")], Terminal::Tmux { here: true });
    is(&[("TERM", "tmux-256color"), ("SSH_TTY", "/dev/pts/1")], Terminal::Tmux { here: false });
    is(&[("TERM", "screen-256color"), ("SSH_TTY", "/dev/pts/1")], Terminal::Multiplexer);
    is(&[("TERM", "screen"), ("TMUX", "x"), ("STY", "y")], Terminal::Multiplexer);
    is(
        &[("TERM", "xterm-256color"), ("TMUX", "x"), ("TERM_PROGRAM", "tmux"), ("XTERM_VERSION", "XTerm(379)")],
        Terminal::Xterm,
    );
    is(
        &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "vscode"), ("LC_TERMINAL", "iTerm2"), ("WT_SESSION", "x")],
        Terminal::Xterm,
    );
    is(&[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2"), ("SSH_CONNECTION", "x")], Terminal::ITerm2);
    is(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7006"), ("WT_SESSION", "x")], Terminal::Xterm);
    is(&[("TERM", "xterm-256color"), ("WEZTERM_PANE", "0")], Terminal::WezTerm);
    is(&[("TERM", "wezterm")], Terminal::WezTerm);
    is(&[("TERM", "xterm-256color"), ("KONSOLE_VERSION", "230804")], Terminal::TitleOnly);
    for term in ["rxvt-unicode-256color", "mlterm", "st-256color", "putty-256color"] {
        is(&[("TERM", term)], Terminal::TitleOnly);
    }
    is(&[("TERM", "vte-256color")], Terminal::Xterm);
    is(&[("TERM", "alacritty"), ("TERM_PROGRAM", "Apple_Terminal")], Terminal::Xterm);
}

proptest::proptest! {
    #[test]
    fn p5_no_context_writes_more_than_whole_commands(name in proptest::prelude::any::<String>(), what in proptest::prelude::any::<String>(), unicode: bool) {
        for state in [
            State::Verified(Carried { name: Some(name.clone()), endpoint: Some(what.clone()), ..production() }),
            State::Mismatch(production(), what),
        ] {
            for terminal in [ITERM2, TMUX, SCREEN] {
                let lookup = |name: &str| terminal.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
                let found = of(&state, &lookup, "bash", unicode);
                for part in found.signal.split_terminator("\x1b\\") {
                    let body = part.strip_prefix("\x1b]").or(part.strip_prefix("\x1bk")).unwrap();
                    proptest::prop_assert!(!body.chars().any(char::is_control), "{:?}", body);
                }
                proptest::prop_assert!(!found.pane.contains(['#', '\n', '\x1b']));
            }
        }
    }
}
