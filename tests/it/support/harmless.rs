//! Looking for what acts on a terminal where none may be (promise P5).

/// True for what turns the direction of text, or draws nothing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Nothing in the text acts on a terminal, but for lines and our own colours.
pub(crate) fn is_harmless(text: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(text).map_err(|error| format!("{error}: {}", text.escape_ascii()))?;
    let mut rest = text.replace("\r\n", "\n");
    // SGR: ESC [ digits and semicolons m.
    while let Some(at) = rest.find("\u{1b}[") {
        let after = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        if !after.starts_with('m') {
            return Err(format!("an escape sequence that is no colour: {:?}", &rest[at..]));
        }
        rest = format!("{}{}", &rest[..at], &after[1..]);
    }
    let bad = rest.chars().find(|c| (c.is_control() && *c != '\n') || is_invisible(*c));
    bad.map_or(Ok(()), |bad| Err(format!("{bad:?} is in {rest:?}")))
}

#[test]
fn what_acts_on_a_terminal_is_found() {
    for good in ["", "a\nb\r\n", "\u{1b}[1;38;2;1;2;3mPRODUCTION\u{1b}[0m", "é 日本"] {
        assert_eq!(is_harmless(good.as_bytes()), Ok(()), "{good:?}");
    }
    for bad in [
        "a\rb",
        "\u{1b}[2J",
        "\u{1b}]0;x\u{7}",
        "\u{7f}",
        "\u{9b}31m",
        "\u{202e}",
        "\u{200b}",
        "\u{1b}",
        "\u{1b}[mx\u{1b}c",
    ] {
        assert!(is_harmless(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(is_harmless(b"\xff").is_err());
}
