use proptest::prelude::*;

use super::*;

/// Reads shown text back: that this can be done is what injective means.
fn read_back(shown: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = shown;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            bytes.extend(c.to_string().bytes());
        } else if let Some(after) = rest.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('x') {
            bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
            rest = &after[2..];
        } else {
            let (code, after) = rest.strip_prefix("u{").unwrap().split_once('}').unwrap();
            bytes.extend(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap().to_string().bytes());
            rest = after;
        }
    }
    bytes
}

fn is_safe(shown: &str) -> bool {
    shown.chars().all(|c| !is_hidden(c)) && is_nfc(shown)
}

fn check(text: &str, expect: &str) {
    assert_eq!(show(text), expect);
}

fn unchanged(text: &str) {
    assert!(matches!(show(text), Cow::Borrowed(_)), "{text} became {}", show(text));
}

#[test]
fn p5_nothing_shown_is_a_command_to_a_runner() {
    check("##vso[task.setvariable]x", "#\\x23vso[task.setvariable]x");
    check("a###[error]", "a#\\x23#[error]");
    check("é##[", "é#\\x23[");
    unchanged("#1 # 2");
    assert_eq!(show_ascii("é##["), "\\u{e9}#\\x23[");
    assert_eq!(show_bytes(b"##[\xff"), "#\\x23[\\xff");
    assert_eq!(read_back(&show("###")), b"###");
    assert_eq!(disarm_line("  ::add-mask::x"), "  \\x3a:add-mask::x");
    assert!(matches!(disarm_line("a ::b"), Cow::Borrowed(_)));
    assert_eq!(show_first("::é\n"), "\\x3a:é\\x0a");
}

#[derive(serde::Deserialize)]
struct Case {
    kind: String,
    value: String,
    why: String,
    expect: String,
}

fn base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sextet = |c: u8| digits.iter().position(|digit| *digit == c).unwrap() as u32;
    let text = text.trim_end_matches('=').as_bytes();
    let group = |part: &[u8]| {
        let bits = part.iter().fold(0, |bits, c| bits << 6 | sextet(*c)) << (6 * (4 - part.len()));
        bits.to_be_bytes()[1..part.len()].to_vec()
    };
    text.chunks(4).flat_map(group).collect()
}

fn corpus(kind: &str) -> Vec<(Vec<u8>, Case)> {
    let lines = include_str!("../../../tests/hostile/corpus.jsonl").lines();
    let cases = lines.map(|line| serde_json::from_str::<Case>(line).unwrap()).filter(|case| case.kind == kind);
    cases.map(|case| (base64(&case.value), case)).collect()
}

#[test]
fn p5_every_hostile_name_is_shown_safely_and_can_be_read_back() {
    for kind in ["profile_name", "account_alias", "arn", "region", "sts_response", "env_var"] {
        let cases = corpus(kind);
        assert!(cases.len() >= 9, "{kind}");
        for (bytes, case) in cases {
            let shown = show_bytes(&bytes);
            assert!(is_safe(&shown), "{}: {shown}", case.why);
            assert_eq!(read_back(&shown), bytes, "{}", case.why);
            let text = std::str::from_utf8(&bytes).unwrap_or("");
            let ascii = show_ascii(text);
            assert!(ascii.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{}", case.why);
            assert_eq!(read_back(&ascii), text.as_bytes());
        }
    }
}

#[test]
fn p5_hostile_names_that_look_like_another_are_escaped_to_ascii() {
    for (bytes, case) in corpus("profile_name") {
        let shown = show_bytes(&bytes);
        if case.expect.contains("display-escaped") {
            assert!(shown.contains('\\') && shown.is_ascii(), "{}: {shown}", case.why);
        } else if case.expect.contains("no-warn") {
            assert_eq!(shown.as_bytes(), bytes, "{}", case.why);
        }
    }
}

#[test]
fn p5_what_iam_cannot_have_given_is_no_alias() {
    for (bytes, case) in corpus("account_alias") {
        let text = String::from_utf8(bytes).unwrap();
        let good = case.expect.contains("display-plain");
        assert_eq!(looks_like_alias(&text), good, "{}", case.why);
        assert_eq!(show_alias(&text).ends_with("(not a valid alias)"), !good, "{}", case.why);
        assert!(show_alias(&text).is_ascii());
    }
    for (text, good) in [("ab", false), ("a-b", true), ("a--b", false), ("-ab", false), ("111122223333", false)] {
        assert_eq!(looks_like_alias(text), good, "{text}");
    }
}

#[test]
fn p5_foreign_languages_stay_readable() {
    for text in ["", "acme-prod", "été", "日本", "مرحبا", "😀", "Prod – été", "naïve café", "한국어", "हिन्दी"]
    {
        if text == "Prod – été" {
            // The dash alone is a twin of the hyphen.
            check(text, "Prod \\u{2013} été");
        } else {
            unchanged(text);
        }
    }
}

#[test]
fn p5_twins_of_ascii_are_escaped_also_beside_accents() {
    check("рrod", "\\u{440}rod");
    check("été-рrod", "été-\\u{440}rod");
    // A percent sign is no excuse: its own prototype is not ASCII.
    check("рrod%", "\\u{440}rod%");
    check("acme\u{2010}prod", "acme\\u{2010}prod");
    check("ｐｒｏｄ", "\\u{ff50}\\u{ff52}\\u{ff4f}\\u{ff44}");
    check("e\u{301}te\u{301} é", "e\\u{301}te\\u{301} \\u{e9}");
}

#[test]
fn p5_controls_backslashes_and_hidden_characters_are_escaped() {
    check("a\\b", "a\\\\b");
    check("\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f");
    check("日\u{9b}\u{85}\u{202e}", "日\\u{9b}\\u{85}\\u{202e}");
    check("日\u{e000}\u{fff9}\u{fe0f}\u{2800}", "日\\u{e000}\\u{fff9}\\u{fe0f}\\u{2800}");
    assert_eq!(show_bytes(b"a\xffb\xed\xa0\x80"), "a\\xffb\\xed\\xa0\\x80");
}

#[test]
fn p5_marks_have_a_letter_and_are_few() {
    let many = format!("ж{}", "\u{300}".repeat(6));
    check(&many, "ж\u{300}\u{300}\u{300}\u{300}\\u{300}\\u{300}");
    check("\u{300}ж", "\\u{300}ж");
    check("ж\u{202e}\u{300}", "ж\\u{202e}\\u{300}");
}

#[test]
fn a_field_is_cut_by_columns_and_says_so() {
    assert_eq!(limit("acme-prod", 9, true), "acme-prod");
    assert_eq!(limit("acme-prod", 8, true), "acme-pr…");
    assert_eq!(limit("acme-prod", 8, false), "acme-...");
    assert_eq!(limit("日本語日本語", 6, true), "日本…");
    assert_eq!(limit("日本", 0, true), "…");
}

proptest! {
    #[test]
    fn p5_any_bytes_are_shown_safely_and_can_be_read_back(bytes: Vec<u8>) {
        let shown = show_bytes(&bytes);
        prop_assert!(is_safe(&shown));
        prop_assert_eq!(read_back(&shown), bytes);
    }

    #[test]
    fn p5_any_text_is_shown_safely_and_can_be_read_back(text: String) {
        let shown = show(&text);
        prop_assert!(is_safe(&shown));
        prop_assert_eq!(read_back(&shown), text.as_bytes());
        prop_assert_eq!(read_back(&show_ascii(&text)), text.as_bytes());
    }
}
