use super::*;
use crate::core::style::ColorDepth;

fn choice(name: &str) -> Choice {
    Choice { name: name.into(), region: "eu-1".into(), ..Choice::default() }
}

fn picker(names: &[&str]) -> Picker {
    Picker::new(names.iter().map(|name| choice(name)).collect())
}

fn type_in(picker: &mut Picker, text: &str) {
    for c in text.chars() {
        assert_eq!(picker.press(Key::Char(c)), Step::Go);
    }
}

const LOOK: Look = Look { width: 40, unicode: true, depth: ColorDepth::None };

fn shown(picker: &mut Picker, height: usize) -> Vec<String> {
    picker.lines(&LOOK, height).0.iter().map(|line| line.text().trim_end().to_owned()).collect()
}

#[test]
fn what_is_typed_narrows_and_the_best_comes_first() {
    let mut picker = picker(&["production", "staging", "payments-staging", "sandbox"]);
    assert_eq!(picker.press(Key::Enter), Step::Picked(0));
    type_in(&mut picker, "stg");
    assert_eq!(shown(&mut picker, 10)[0], "Profile: stg   2/4");
    assert_eq!(picker.press(Key::Enter), Step::Picked(1));
    type_in(&mut picker, " pay");
    assert_eq!(picker.press(Key::Enter), Step::Picked(2));
    picker.press(Key::DeleteWord);
    picker.press(Key::Backspace);
    picker.press(Key::Backspace);
    assert_eq!(shown(&mut picker, 10)[0], "Profile: st   2/4");
    picker.press(Key::Clear);
    assert_eq!(shown(&mut picker, 10)[0], "Profile:    4/4");
    type_in(&mut picker, "zzz");
    assert_eq!(picker.press(Key::Enter), Step::Go, "nothing fits, nothing is picked");
    assert_eq!(picker.press(Key::Cancel), Step::Cancelled);
}

#[test]
fn the_order_given_holds_among_equals() {
    let mut picker = picker(&["b-staging", "a-staging", "c-staging"]);
    type_in(&mut picker, "staging");
    assert_eq!(picker.press(Key::Enter), Step::Picked(0));
}

#[test]
fn the_marked_line_stays_in_sight() {
    let names: Vec<String> = (0..100).map(|number| format!("profile-{number:03}")).collect();
    let mut picker = picker(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(shown(&mut picker, 5).len(), 4);
    for _ in 0..3 {
        picker.press(Key::Down);
    }
    assert_eq!(shown(&mut picker, 5)[1..], ["  profile-001  eu-1", "  profile-002  eu-1", "> profile-003  eu-1"]);
    picker.press(Key::PageDown);
    assert_eq!(shown(&mut picker, 5)[3], "> profile-006  eu-1");
    picker.press(Key::End);
    picker.press(Key::Down);
    assert_eq!(picker.press(Key::Enter), Step::Picked(99));
    picker.press(Key::Home);
    picker.press(Key::Up);
    assert_eq!(shown(&mut picker, 5)[1], "> profile-000  eu-1");
    assert_eq!(shown(&mut picker, 1).len(), 2, "never without a line to choose");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let wide = Choice {
        name: "名".repeat(40),
        pinned: "production 1111-2222-3333 acme-prod".into(),
        role: "Admin".into(),
        region: "eu-west-1".into(),
        last: "acme-prod".into(),
    };
    let mut picker = Picker::new(vec![wide.clone()]);
    type_in(&mut picker, &"x".repeat(1000));
    picker.press(Key::Clear);
    let (lines, cursor) = picker.lines(&LOOK, 10);
    assert!(lines.iter().all(|line| line.width() < LOOK.width) && cursor < LOOK.width, "{lines:?}");
    let line = wide.line(true, 4).text();
    assert!(
        line.ends_with("  pinned: production 1111-2222-3333 acme-prod  Admin  eu-west-1  last: acme-prod"),
        "{line}"
    );
}

#[test]
fn p1_a_pin_has_no_colour_and_is_said_not_to_be_verified() {
    let pinned = Choice { pinned: "production 1111-2222-3333".into(), ..choice("admin") };
    let mut picker = Picker::new(vec![pinned]);
    let (lines, _) = picker.lines(&Look { width: 100, ..LOOK }, 10);
    assert_eq!(lines[0].text(), "Profile:    1/1   pinned: what the files say, not verified");
    assert_eq!(lines[1].text(), "> admin  pinned: production 1111-2222-3333  eu-1  ");
    assert!(lines.iter().flat_map(|line| &line.0).all(|span| span.label.style().fill.is_none()), "{lines:?}");
}

#[test]
fn p5_what_is_typed_is_shown_escaped() {
    let mut picker = picker(&["staging"]);
    type_in(&mut picker, "\u{202e}x");
    assert_eq!(shown(&mut picker, 10)[0], r"Profile: \u{202e}x   0/1");
}

#[track_caller]
fn check(bytes: &[u8], is_all: bool, expect: &[Key], taken: usize) {
    assert_eq!(keys(bytes, is_all), (expect.to_vec(), taken), "{bytes:?}");
}

#[test]
fn keys_are_read_from_what_terminals_send() {
    check(b"a\x1b[A\x1bOB\x1b[5~", false, &[Key::Char('a'), Key::Up, Key::Down, Key::PageUp], 11);
    check("é".as_bytes(), false, &[Key::Char('é')], 2);
    check(b"\xc3", false, &[], 0);
    check(b"\xc3", true, &[], 1);
    check(b"\xffa", false, &[Key::Char('a')], 2);
    check(b"\x1b", false, &[], 0);
    check(b"\x1b", true, &[Key::Cancel], 1);
    check(b"\x1b[", false, &[], 0);
    check(b"\x1b[1;5C\x03", false, &[Key::Cancel], 7);
    check(b"\x1bb\r", false, &[Key::Enter], 3);
    check(
        b"\x7f\x17\x15\x10\x0e\t",
        false,
        &[Key::Backspace, Key::DeleteWord, Key::Clear, Key::Up, Key::Down, Key::Down],
        6,
    );
    check(b"\x01\x1b[200~\xc2\x9b", false, &[], 9);
}
