//! What is known of a profile's session although nobody is asked: what the files of sign-ins say, and which sessions are kept.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::core::{
    banner::instant,
    sign_in::{SignIn, Token},
};

/// The state of a profile's session. What AWS would say of it today is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Somebody is signed in to Identity Center, and the token lasts until then.
    SignedIn(Timestamp),
    /// The token is over; the next use gets another, as long as Identity Center's session lasts.
    Renewable,
    /// The token is over since then.
    Over(Timestamp),
    /// Nobody is signed in.
    SignedOut,
    /// The profile's sessions are kept between runs, the last one until then.
    Kept(Timestamp),
}

impl SessionState {
    /// What a token is good for.
    pub fn of(token: &Token, sign_in: &SignIn, now: Timestamp) -> Self {
        match token.end() {
            end if end > now => Self::SignedIn(end),
            _ if token.can_be_renewed(sign_in, now) => Self::Renewable,
            end => Self::Over(end),
        }
    }

    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::SignedIn(_) => "signed-in",
            Self::Renewable => "renewable",
            Self::Over(_) => "over",
            Self::SignedOut => "signed-out",
            Self::Kept(_) => "kept",
        }
    }

    /// When it ends or ended, where that is known.
    pub fn end(self) -> Option<Timestamp> {
        match self {
            Self::SignedIn(end) | Self::Over(end) | Self::Kept(end) => Some(end),
            Self::Renewable | Self::SignedOut => None,
        }
    }

    /// For people.
    fn text(self, now: Timestamp) -> String {
        match self {
            Self::SignedIn(end) => format!("signed in until {}", instant(end, now)),
            Self::Renewable => "renewed at the next use".to_owned(),
            Self::Over(_) => "sign-in is over".to_owned(),
            Self::SignedOut => "not signed in".to_owned(),
            Self::Kept(end) => format!("kept until {}", instant(end, now)),
        }
    }
}

/// Where the states are to be had.
pub struct Sources<'f> {
    /// Reads the file of a sign-in; asked once for each sign-in, however many profiles there are.
    pub sign_in: &'f dyn Fn(&SignIn) -> Option<SessionState>,
    /// When the last session ends that is kept for a profile, by the profile's name.
    pub kept: HashMap<String, Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// A state with its text.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) state: SessionState,
    pub(super) text: String,
}

/// The states of all profiles.
#[derive(Debug)]
pub(super) struct States {
    /// By the survey's number of the sign-in.
    of_sign_ins: Vec<Option<Told>>,
    /// By profile.
    kept: HashMap<String, Told>,
}

impl States {
    pub(super) fn new(sources: Sources<'_>, sign_ins: &[SignIn]) -> Self {
        let Sources { sign_in, kept, now } = sources;
        let told = |state: SessionState| Told { state, text: state.text(now) };
        Self {
            of_sign_ins: sign_ins.iter().map(|one| sign_in(one).map(told)).collect(),
            kept: kept.into_iter().map(|(profile, end)| (profile, told(SessionState::Kept(end)))).collect(),
        }
    }

    /// Of a profile that starts in the sign-in of this number, from 1, or in none. A session that was got by a sign-in is kept
    /// for that very sign-in, whose state says all.
    pub(super) fn of(&self, profile: &str, sign_in: usize) -> Option<&Told> {
        match sign_in.checked_sub(1) {
            Some(at) => self.of_sign_ins.get(at)?.as_ref(),
            None => self.kept.get(profile),
        }
    }

    /// All texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.of_sign_ins.iter().flatten().chain(self.kept.values()).map(|told| told.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::region::Region;

    #[test]
    fn a_token_says_whether_somebody_is_signed_in() {
        let region = Region::parse("eu-west-1").unwrap();
        let of = |session: Option<&str>, text: &str| {
            let sign_in = SignIn::new(session, "https://x/start", &region);
            let token = Token::parse(text.as_bytes(), &sign_in).unwrap();
            let state = SessionState::of(&token, &sign_in, "2026-01-01T12:00:00Z".parse().unwrap());
            (state.code(), state.text("2026-01-01T12:00:00Z".parse().unwrap()))
        };
        let token = |end: &str, registration: &str| {
            format!(
                r#"{{"accessToken":"a","expiresAt":"{end}","refreshToken":"r","clientId":"c","clientSecret":"s",
                "registrationExpiresAt":"{registration}"}}"#
            )
        };
        let (over, later) = ("2026-01-01T11:59:59Z", "2026-01-02T00:00:00Z");
        let signed_in = ("signed-in", "signed in until 12:00 UTC".to_owned());
        assert_eq!(of(Some("s"), &token("2026-01-01T12:00:01Z", later)), signed_in);
        assert_eq!(of(Some("s"), &token(over, later)), ("renewable", "renewed at the next use".to_owned()));
        // Without a client that may, and in the older form, nothing is renewed.
        let is_over = ("over", "sign-in is over".to_owned());
        assert_eq!(of(Some("s"), &token(over, over)), is_over);
        assert_eq!(of(None, &token(over, later)), is_over);
        assert_eq!(of(Some("s"), &format!(r#"{{"accessToken":"a","expiresAt":"{over}"}}"#)), is_over);
    }
}
