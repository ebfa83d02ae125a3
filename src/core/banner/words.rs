//! The words for classes, times and missing facts.

use jiff::Timestamp;

use crate::core::{context::Fact, registry::Protection};

/// How a class is written where there is one line only: production in capitals, which nothing else has but a warning.
pub fn class_word(class: &str) -> String {
    match class.to_lowercase().as_str() {
        "production" => "PRODUCTION".to_owned(),
        _ if is_unknown(class) => "UNKNOWN ACCOUNT".to_owned(),
        other => other.to_owned(),
    }
}

/// True for the class of an account that nothing is known about.
pub(super) fn is_unknown(class: &str) -> bool {
    class.is_empty() || class.eq_ignore_ascii_case("unknown")
}

/// The frame around a class's word: each has its own, so that they differ without colour.
pub(super) fn frame(class: &str) -> &'static str {
    match class.to_lowercase().as_str() {
        "production" => "!!!",
        "staging" => "[",
        "test" => "|",
        "development" => "(",
        "sandbox" => "~",
        "shared" => "{",
        _ if is_unknown(class) => "???",
        _ => "=",
    }
}

/// `in 59 min, 14:02 UTC`.
pub fn expiry(end: Timestamp, now: Timestamp) -> String {
    let seconds = end.as_second() - now.as_second();
    let span = duration(seconds.unsigned_abs());
    if end <= now {
        format!("EXPIRED {span} ago, {}", instant(end, now))
    } else {
        format!("in {span}, {}", instant(end, now))
    }
}

/// `12 min ago`.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", duration((now.as_second() - at.as_second()).unsigned_abs()))
}

fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// The time of day, with the date where that is not today's: `14:02 UTC`.
pub fn instant(at: Timestamp, now: Timestamp) -> String {
    let date = |t: Timestamp| t.strftime("%F").to_string();
    if date(at) == date(now) { at.strftime("%H:%M UTC") } else { at.strftime("%F %H:%M UTC") }.to_string()
}

/// Why a fact has no text, or how old it is; nothing for one that is fresh.
pub(super) fn state(fact: &Fact, now: Timestamp) -> Option<String> {
    match fact {
        Fact::Known { cached_at: None, .. } => None,
        Fact::Known { cached_at: Some(at), .. } => Some(format!("remembered from {}", instant(*at, now))),
        Fact::None => Some("none".to_owned()),
        Fact::Denied => Some("not known: these credentials may not ask".to_owned()),
        Fact::Late => Some("not known: no answer in time".to_owned()),
        Fact::NotAsked => Some("not asked".to_owned()),
    }
}

pub(super) fn protection(protection: Protection, narrowed: bool) -> &'static str {
    match protection {
        Protection::ReadOnly if narrowed => "read-only: this session is narrowed to ReadOnlyAccess",
        Protection::None => "none",
        Protection::Confirm => "confirm: the account is asked for first",
        Protection::ReadOnly => "read-only, but these credentials may WRITE",
        Protection::Deny => "deny: no access from here",
    }
}

/// The setting's own name.
pub(super) fn protection_key(protection: Protection) -> &'static str {
    match protection {
        Protection::None => "none",
        Protection::Confirm => "confirm",
        Protection::ReadOnly => "read-only",
        Protection::Deny => "deny",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_differ_in_frame_and_word_without_any_colour() {
        let classes = ["production", "staging", "test", "development", "sandbox", "shared", "unknown", "billing"];
        let frames: std::collections::BTreeSet<_> = classes.map(frame).into();
        assert_eq!(frames.len(), classes.len());
        assert_eq!(classes.map(class_word).into_iter().filter(|word| word.to_uppercase() == *word).count(), 2);
        assert_eq!((frame("Production"), class_word("Production")), ("!!!", "PRODUCTION".to_owned()));
        assert_eq!((frame("UNKNOWN"), frame("")), ("???", "???"));
    }
}
