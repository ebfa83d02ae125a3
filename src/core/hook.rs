//! The record that a shell's prompt hook keeps, so that it needs no process at a usual prompt.
//!
//! A hook takes one look by `awsenv prompt --hook`, and holds on to what it says as long as the variables that decide the
//! state stay as they are, and until the credentials end. The record is fourteen lines: a version first and `end` last,
//! so that one that was cut off is none.

use std::fmt;

use jiff::Timestamp;

use super::{
    banner::instant,
    carried::Carried,
    config::OnExpiry,
    prompt::State,
    sanitize::show,
    segment::{Segment, place},
    signals::Signals,
};

/// What stands where the remaining time goes, while the segment is painted. No text that was made safe holds one.
pub const LEFT: char = '\0';

const VERSION: &str = "1";
const END: &str = "end";

/// One look at the environment. Its texts hold no line break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// `none`, `verified`, `unverified`, `mismatch`, `expired` or `refused`.
    pub state: &'static str,
    /// When the look was taken, Unix seconds.
    pub now: i64,
    /// When it ceases to hold by itself, Unix seconds; 0 where it does not.
    pub until: i64,
    /// What the hook does then.
    pub at_end: OnExpiry,
    /// The painted segment, up to where the remaining time goes.
    pub before: String,
    /// The rest of it.
    pub after: String,
    /// The segment without colour and time.
    pub text: String,
    /// What is shown beside the prompt.
    pub signals: Signals,
    /// One sentence for standard error.
    pub notice: String,
}

impl Record {
    /// What a hook must know of a state; the painted parts and the signals are the caller's to fill in.
    pub fn of(state: &State, now: Timestamp) -> Self {
        let (until, at_end) = end(state);
        Self {
            state: name(state),
            now: now.as_second(),
            until,
            at_end,
            text: Segment::of(state, now).map(|segment| segment.text).unwrap_or_default(),
            notice: notice(state, now),
            ..Self::default()
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_end = match self.at_end {
            OnExpiry::Clear => "clear",
            OnExpiry::Keep => "keep",
        };
        writeln!(f, "{VERSION}\n{}\n{}\n{}\n{at_end}", self.state, self.now, self.until)?;
        let Signals { enter, signal, restore, pane } = &self.signals;
        for text in [&self.before, &self.after, &self.text, enter, signal, restore, pane, &self.notice] {
            writeln!(f, "{text}")?;
        }
        writeln!(f, "{END}")
    }
}

/// The state's name, for programs.
pub fn name(state: &State) -> &'static str {
    match state {
        State::Nothing => "none",
        State::Verified(_) => "verified",
        State::Unverified(_) => "unverified",
        State::Mismatch(..) => "mismatch",
        State::Expired(_) | State::Cleared(_) => "expired",
        State::Refused => "refused",
    }
}

/// Until when a state holds by itself, and what then. Credentials that have ended and are still there are at their end.
fn end(state: &State) -> (i64, OnExpiry) {
    match state {
        State::Verified(carried) | State::Unverified(carried) => (carried.expires.unwrap_or(0), carried.on_expiry),
        State::Expired(carried) if carried.on_expiry == OnExpiry::Clear => {
            (carried.expires.unwrap_or(0), carried.on_expiry)
        }
        State::Expired(carried) => (0, carried.on_expiry),
        State::Nothing | State::Mismatch(..) | State::Cleared(_) | State::Refused => (0, OnExpiry::Clear),
    }
}

/// What is said when a hook notices the state. A switch that was refused has said so itself.
fn notice(state: &State, now: Timestamp) -> String {
    const RENEW: &str = "`awsenv renew` gets fresh ones";
    match state {
        State::Mismatch(_, what) => format!("MISMATCH since {}: {}", instant(now, now), show(what)),
        State::Cleared(carried) => {
            format!("EXPIRED {}: they were taken out of this shell; {RENEW}", ended(carried, now))
        }
        State::Expired(carried) if carried.on_expiry == OnExpiry::Keep => {
            format!("EXPIRED {}; {RENEW}", ended(carried, now))
        }
        State::Nothing | State::Verified(_) | State::Unverified(_) | State::Expired(_) | State::Refused => {
            String::new()
        }
    }
}

/// `at 14:02 UTC, the credentials of PRODUCTION acme-prod 1111-2222-3333`
fn ended(carried: &Carried, now: Timestamp) -> String {
    let end = carried.expires.and_then(|end| Timestamp::from_second(end).ok());
    let at = end.map(|end| format!("at {}, ", instant(end, now))).unwrap_or_default();
    match place(carried) {
        place if place.is_empty() => format!("{at}the credentials"),
        place => format!("{at}the credentials of {place}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(on_expiry: OnExpiry) -> Carried {
        Carried {
            account: Some("111122223333".into()),
            class: Some("production".into()),
            expires: Some(3_600),
            on_expiry,
            ..Carried::default()
        }
    }

    fn record(state: &State, now: i64) -> Record {
        Record::of(state, Timestamp::from_second(now).unwrap())
    }

    #[test]
    fn the_record_has_its_fourteen_lines() {
        let mut record = record(&State::Verified(carried(OnExpiry::Keep)), 60);
        record.before = "<PRODUCTION ".into();
        record.after = ">".into();
        record.signals = Signals { enter: "E".into(), signal: "S".into(), restore: "R".into(), pane: "P".into() };
        assert_eq!(
            record.to_string(),
            "1\nverified\n60\n3600\nkeep\n<PRODUCTION \n>\nPRODUCTION 1111-2222-3333\nE\nS\nR\nP\n\nend\n"
        );
    }

    #[test]
    fn p3_no_text_breaks_out_of_its_line() {
        let hostile = "x\nend\r\n\u{2028}\u{85}\0";
        let carried = Carried { name: Some(hostile.into()), role: Some(hostile.into()), ..Carried::default() };
        let states = [
            State::Verified(carried.clone()),
            State::Mismatch(carried.clone(), hostile.into()),
            State::Cleared(carried.clone()),
            State::Unverified(Carried { profile: Some(hostile.into()), ..carried }),
        ];
        for state in states {
            let text = record(&state, 0).to_string();
            assert_eq!(text.lines().count(), 14, "{text}");
            assert!(!text.contains(['\0', '\r', '\u{2028}', '\u{85}']), "{text}");
        }
    }

    #[test]
    fn p3_credentials_are_looked_at_again_when_they_end() {
        let check = |state: State, until: i64, at_end: OnExpiry| {
            let record = record(&state, 9_000);
            assert_eq!((record.until, record.at_end), (until, at_end), "{state:?}");
        };
        for on_expiry in [OnExpiry::Clear, OnExpiry::Keep] {
            check(State::Verified(carried(on_expiry)), 3_600, on_expiry);
            check(State::Unverified(carried(on_expiry)), 3_600, on_expiry);
        }
        // A hook that finds this has yet to clear them, and then it is done; kept ones stay, and need no further look.
        check(State::Expired(carried(OnExpiry::Clear)), 3_600, OnExpiry::Clear);
        check(State::Cleared(carried(OnExpiry::Clear)), 0, OnExpiry::Clear);
        check(State::Expired(carried(OnExpiry::Keep)), 0, OnExpiry::Keep);
        check(State::Mismatch(carried(OnExpiry::Clear), String::new()), 0, OnExpiry::Clear);
    }

    #[test]
    fn p3_what_is_noticed_is_said_with_its_time() {
        let check = |state: State, text: &str| assert_eq!(record(&state, 50_520).notice, text);
        let mismatch = State::Mismatch(Carried::default(), "AWS_PROFILE is set".into());
        check(mismatch, "MISMATCH since 14:02 UTC: AWS_PROFILE is set");
        let of = "EXPIRED at 01:00 UTC, the credentials of PRODUCTION 1111-2222-3333";
        let renew = "`awsenv renew` gets fresh ones";
        let cleared = State::Cleared(carried(OnExpiry::Clear));
        check(cleared, &format!("{of}: they were taken out of this shell; {renew}"));
        check(State::Expired(carried(OnExpiry::Keep)), &format!("{of}; {renew}"));
        // The hook clears them first, and then looks again.
        check(State::Expired(carried(OnExpiry::Clear)), "");
        check(State::Refused, "");
    }
}
