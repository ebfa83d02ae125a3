//! How far this machine's clock is from AWS's.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

/// Clocks that are not further apart are taken for equal; AWS refuses signatures that are five minutes off.
const SLACK: SignedDuration = SignedDuration::from_mins(4);

/// How far this machine's clock is ahead of AWS's: so far that it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skew(SignedDuration);

impl Skew {
    /// The skew at a moment for which both clocks are known; `None` where it does not matter.
    pub fn between(ours: Timestamp, theirs: Timestamp) -> Option<Self> {
        let ahead = ours.duration_since(theirs);
        (ahead.abs() >= SLACK).then_some(Self(ahead))
    }

    /// What AWS's clock shows when this machine's shows that.
    pub fn theirs(self, ours: Timestamp) -> Timestamp {
        ours.checked_sub(self.0).unwrap_or(ours)
    }
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.0.is_positive() { "fast" } else { "slow" };
        // To the nearest minute: answers tell whole seconds.
        match (self.0.abs() + SignedDuration::from_secs(30)).as_mins() {
            minutes @ ..120 => write!(f, "{minutes} min {way}"),
            minutes @ ..2880 => write!(f, "{} h {way}", minutes / 60),
            minutes => write!(f, "{} days {way}", minutes / 1440),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str = "2026-01-01T00:00:00Z";

    #[test]
    fn a_difference_that_matters_is_told_and_made_good() {
        let theirs: Timestamp = THEIRS.parse().unwrap();
        for (ours, amount) in [
            ("2026-01-01T00:07:29Z", Some("7 min fast")),
            ("2025-12-31T20:00:00Z", Some("4 h slow")),
            ("2025-12-31T00:00:01Z", Some("24 h slow")),
            ("2026-02-01T00:00:00Z", Some("31 days fast")),
            ("2026-01-01T00:03:00Z", None),
            ("2025-12-31T23:56:01Z", None),
        ] {
            let ours = ours.parse().unwrap();
            let skew = Skew::between(ours, theirs);
            assert_eq!(skew.map(|skew| skew.to_string()).as_deref(), amount);
            assert!(skew.is_none_or(|skew| skew.theirs(ours) == theirs));
        }
    }
}
