//! Parts of an output that differ from run to run, replaced for snapshots.

use super::TestEnv;

/// Replaces the home, the fake AWS's address, RFC 3339 times and issued key IDs.
pub(crate) fn redact(env: &TestEnv, text: &str) -> String {
    let text = text.replace(&env.home().to_string_lossy().into_owned(), "[HOME]");
    #[cfg(feature = "demo")]
    let text = text.replace(env.aws().url().trim_start_matches("http://"), "[ADDRESS]");
    words(&text, |word| match word {
        word if word.len() == 20 && word.starts_with("ASIA") => Some("[KEY-ID]"),
        word if is_time(word) => Some("[TIME]"),
        _ => None,
    })
}

/// Replaces words, made of the characters that times and key IDs are made of.
fn words(text: &str, replace: impl Fn(&str) -> Option<&'static str>) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ":-".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(replace(word).unwrap_or(word));
        let gap = after.find(is_part).unwrap_or(after.len());
        out.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    out
}

/// `2026-01-02T03:04:05Z`
fn is_time(word: &str) -> bool {
    let pattern = b"0000-00-00T00:00:00Z";
    word.len() == pattern.len()
        && word.bytes().zip(pattern).all(|(c, like)| if *like == b'0' { c.is_ascii_digit() } else { c == *like })
}

#[test]
fn only_what_differs_is_replaced() {
    let text = words("at 2026-01-02T03:04:05Z, key staging-1", |word| is_time(word).then_some("[TIME]"));
    assert_eq!(text, "at [TIME], key staging-1");
}
