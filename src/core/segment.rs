//! The prompt's segment in words: what the state of the environment looks like in one short line.

use jiff::Timestamp;

use super::{
    banner::class_word,
    carried::Carried,
    identity::AccountId,
    prompt::{State, time_left},
    registry::Color,
    sanitize::show,
    style::{Label, Line},
};

/// The segment, before any painting. All of it is safe for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// How it is painted.
    pub label: Label,
    /// `PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1`, or what is wrong.
    pub text: String,
    /// Time left, behind the text: `59m`.
    pub left: Option<String>,
}

impl Segment {
    /// What is said of a state; `None` where there is nothing to say.
    pub fn of(state: &State, now: Timestamp) -> Option<Self> {
        let caution = |text: String| Some(Self { label: Label::Caution, text, left: None });
        // Warnings are short: fish cuts a prompt that is wider than the terminal off at its front.
        match state {
            State::Nothing => None,
            State::Verified(carried) => Some(Self {
                label: Label::Account(color(carried)),
                text: account(carried),
                left: time_left(carried, now),
            }),
            State::Expired(carried) | State::Cleared(carried) => caution(format!("EXPIRED {}", place(carried))),
            State::Mismatch(_, what) => caution(format!("MISMATCH {}", show(what))),
            State::Unverified(carried) => Some(Self {
                label: Label::Caution,
                text: match &carried.profile {
                    Some(profile) => format!("UNVERIFIED profile {}", show(profile)),
                    None => "UNVERIFIED".to_owned(),
                },
                left: time_left(carried, now),
            }),
            State::Refused => caution("REFUSED no account".to_owned()),
        }
    }

    /// The line, with this in place of the time that is left.
    pub fn line(&self, left: &str) -> Line {
        let space = if left.is_empty() { "" } else { " " };
        Line::default().with(self.label, format!(" {} {left}{space}", self.text))
    }
}

/// `PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1`, as far as it is known.
fn account(carried: &Carried) -> String {
    let shown = |text: &Option<String>| text.as_deref().map(|text| show(text).into_owned());
    let endpoint = carried.endpoint.as_deref().map(|host| format!("via {}", show(host)));
    let parts = [Some(place(carried)), shown(&carried.role), shown(&carried.access), shown(&carried.region), endpoint];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `PRODUCTION acme-prod 1111-2222-3333`, as far as it is known.
pub fn place(carried: &Carried) -> String {
    let id = carried
        .account
        .as_deref()
        .map(|id| AccountId::parse(id).map_or_else(|_| show(id).into_owned(), |id| id.grouped()));
    let class = carried.class.as_deref().map(|class| show(&class_word(class)).into_owned());
    let name = carried.name.as_deref().map(|name| show(name).into_owned());
    let parts = [class, name, id];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn color(carried: &Carried) -> Color {
    let unknown = Color { r: 0x66, g: 0x66, b: 0x66 };
    carried.color.as_deref().and_then(|hex| format!("#{hex}").parse().ok()).unwrap_or(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p3_each_state_has_its_words() {
        let carried = Carried {
            account: Some("111122223333".into()),
            name: Some("acme-prod".into()),
            class: Some("production".into()),
            role: Some("Admin".into()),
            expires: Some(3_599),
            ..Carried::default()
        };
        let shown = |state: &State| {
            Segment::of(state, Timestamp::UNIX_EPOCH)
                .map(|segment| segment.line(segment.left.as_deref().unwrap_or_default()).text())
        };
        let check = |state: State, text: &str| assert_eq!(shown(&state).as_deref(), Some(text));
        check(State::Verified(carried.clone()), " PRODUCTION acme-prod 1111-2222-3333 Admin 59m ");
        let narrowed = Carried { access: Some("read-only".into()), ..carried.clone() };
        check(State::Verified(narrowed), " PRODUCTION acme-prod 1111-2222-3333 Admin read-only 59m ");
        check(State::Expired(carried.clone()), " EXPIRED PRODUCTION acme-prod 1111-2222-3333 ");
        check(State::Cleared(carried.clone()), " EXPIRED PRODUCTION acme-prod 1111-2222-3333 ");
        check(State::Mismatch(carried, "AWS_PROFILE is set".into()), " MISMATCH AWS_PROFILE is set ");
        check(State::Unverified(Carried::default()), " UNVERIFIED ");
        check(State::Refused, " REFUSED no account ");
        assert_eq!(shown(&State::Nothing), None);
    }
}
