//! The user's own form of the prompt's segment: `awsenv prompt --format '{class} {name}[ {left}]'`.
//!
//! No template can make the prompt lie (promise P3): in any state but the verified one the account's fields are empty, and
//! where the template did not say the state, its word is put in front.

use jiff::Timestamp;

use super::{
    banner::class_word,
    identity::AccountId,
    prompt::State,
    sanitize::show,
    segment::Segment,
    style::{Label, Line},
    user_env::Lookup,
};
use crate::error::{Kind, Known};

/// A template, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text of the template's own, safe already.
    Text(String),
    Field(Field),
    /// From here on in the segment's colour, or no longer.
    Color(bool),
    /// Left out where a field in it is empty.
    Group(Vec<Piece>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Text,
    State,
    Class,
    Name,
    Account,
    Alias,
    Role,
    Access,
    Region,
    Profile,
    Left,
    Expires,
    Fill,
    Ink,
}

const FIELDS: [(&str, Field); 14] = [
    ("text", Field::Text),
    ("state", Field::State),
    ("class", Field::Class),
    ("name", Field::Name),
    ("account", Field::Account),
    ("alias", Field::Alias),
    ("role", Field::Role),
    ("access", Field::Access),
    ("region", Field::Region),
    ("profile", Field::Profile),
    ("left", Field::Left),
    ("expires", Field::Expires),
    ("fill", Field::Fill),
    ("ink", Field::Ink),
];

/// Why a template cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no such field.
    #[error("the template has a field {{{0}}}, which is not known")]
    Unknown(String),
    /// A brace or bracket that opens or closes nothing.
    #[error("the template has a `{0}` without its other half")]
    Alone(char),
    /// A group in a group.
    #[error("the template has a group in a group")]
    Nested,
    /// A group that could never be left out.
    #[error("the template has a group without a field: [{0}]")]
    Fixed(String),
    /// What no prompt may hold.
    #[error("the template has a control character: {}", show(.0))]
    Control(String),
}

impl Known for TemplateError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unknown(_) => {
                let names: Vec<String> = FIELDS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
                vec![format!("The fields are {}, and {{color}} and {{reset}}.", names.join(" "))]
            }
            Self::Alone(brace) => vec![format!("A `{brace}` of its own is written twice.")],
            Self::Nested | Self::Fixed(_) => {
                vec![
                    "A group [ … ] is left out where a field in it is empty; brackets of their own are written twice."
                        .to_owned(),
                ]
            }
            Self::Control(_) => Vec::new(),
        }
    }
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            return Err(TemplateError::Control(control.to_string()));
        }
        let mut pieces = Vec::new();
        // The pieces of the group that is open, and where it began.
        let mut group: Option<(Vec<Piece>, usize)> = None;
        let mut literal = String::new();
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let doubled = matches!(c, '{' | '}' | '[' | ']') && rest.next_if(|(_, next)| *next == c).is_some();
            if doubled || !matches!(c, '{' | '}' | '[' | ']') {
                literal.push(c);
                continue;
            }
            let open = group.as_mut().map_or(&mut pieces, |(pieces, _)| pieces);
            if !literal.is_empty() {
                open.push(Piece::Text(safe(&std::mem::take(&mut literal))));
            }
            match c {
                '{' => {
                    let (name, _) = text[at + 1..].split_once('}').ok_or(TemplateError::Alone('{'))?;
                    open.push(piece(name)?);
                    while rest.next_if(|(place, _)| *place <= at + 1 + name.len()).is_some() {}
                }
                '[' if group.is_some() => return Err(TemplateError::Nested),
                '[' => group = Some((Vec::new(), at + 1)),
                ']' => {
                    let (inner, start) = group.take().ok_or(TemplateError::Alone(']'))?;
                    if !inner.iter().any(|piece| matches!(piece, Piece::Field(_))) {
                        return Err(TemplateError::Fixed(text[start..at].to_owned()));
                    }
                    pieces.push(Piece::Group(inner));
                }
                _ => return Err(TemplateError::Alone(c)),
            }
        }
        if group.is_some() {
            return Err(TemplateError::Alone('['));
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(safe(&literal)));
        }
        Ok(Self(pieces))
    }

    /// The line for a state; `None` where there is nothing of AWS. `env` has the alias of the account.
    pub fn line(&self, state: &State, env: Lookup<'_>, now: Timestamp) -> Option<Line> {
        let segment = Segment::of(state, now)?;
        let mut drawing =
            Drawing { state, segment: &segment, env, line: Line::default(), in_color: false, says: false };
        drawing.draw(&self.0);
        let Drawing { line, says, .. } = drawing;
        let word = word(state);
        if says || word.is_empty() {
            return Some(line);
        }
        let has_color = self.0.iter().any(has_color);
        let label = if has_color { segment.label } else { Label::Plain };
        let front = Line::default().with(label, if has_color { format!(" {word} ") } else { format!("{word} ") });
        Some(line.0.into_iter().fold(front, |line, span| line.with(span.label, span.text)))
    }
}

fn has_color(piece: &Piece) -> bool {
    match piece {
        Piece::Color(on) => *on,
        Piece::Group(pieces) => pieces.iter().any(has_color),
        Piece::Text(_) | Piece::Field(_) => false,
    }
}

/// A field, or one of the two marks for the colour.
fn piece(name: &str) -> Result<Piece, TemplateError> {
    match name {
        "color" => Ok(Piece::Color(true)),
        "reset" => Ok(Piece::Color(false)),
        _ => match FIELDS.iter().find(|(known, _)| *known == name) {
            Some((_, field)) => Ok(Piece::Field(*field)),
            None => Err(TemplateError::Unknown(name.to_owned())),
        },
    }
}

/// The template's own text. It is data like all that is shown, but for the symbols of prompt fonts, which are private-use.
fn safe(text: &str) -> String {
    let is_symbol = |c: char| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}');
    let mut shown = String::with_capacity(text.len());
    for part in text.split_inclusive(is_symbol) {
        let symbol = part.chars().next_back().filter(|c| is_symbol(*c));
        let words = symbol.map_or(part, |symbol| &part[..part.len() - symbol.len_utf8()]);
        shown.push_str(&show(words));
        shown.extend(symbol);
    }
    shown
}

/// A template being filled in.
struct Drawing<'a> {
    state: &'a State,
    segment: &'a Segment,
    env: Lookup<'a>,
    line: Line,
    in_color: bool,
    /// Whether the state has been said, by its word or in the segment's text.
    says: bool,
}

impl Drawing<'_> {
    fn draw(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.add(text.clone()),
                Piece::Field(field) => {
                    self.says |= matches!(field, Field::Text | Field::State);
                    self.add(self.value(*field));
                }
                Piece::Color(on) => self.in_color = *on,
                Piece::Group(pieces) => {
                    let is_full =
                        |piece: &Piece| !matches!(piece, Piece::Field(field) if self.value(*field).is_empty());
                    if pieces.iter().all(is_full) {
                        self.draw(pieces);
                    }
                }
            }
        }
    }

    fn add(&mut self, text: String) {
        let label = if self.in_color { self.segment.label } else { Label::Plain };
        if !text.is_empty() {
            self.line = std::mem::take(&mut self.line).with(label, text);
        }
    }

    /// A field's value, safe for a terminal; empty where it is not known, and where it would name an account that is not
    /// the one in use.
    fn value(&self, field: Field) -> String {
        let swatch = self.segment.label.style().fill;
        match field {
            Field::Text => return self.segment.text.clone(),
            Field::State => return word(self.state).to_owned(),
            Field::Left => return self.segment.left.clone().unwrap_or_default(),
            Field::Fill => return swatch.map(|swatch| swatch.rgb.to_string()).unwrap_or_default(),
            Field::Ink => {
                let black = swatch.is_some_and(|swatch| swatch.black_text[0]);
                return if black { "#000000" } else { "#FFFFFF" }.to_owned();
            }
            Field::Profile => {
                let (State::Verified(carried) | State::Unverified(carried)) = self.state else { return String::new() };
                return carried.profile.as_deref().map(|name| show(name).into_owned()).unwrap_or_default();
            }
            Field::Class
            | Field::Name
            | Field::Account
            | Field::Alias
            | Field::Role
            | Field::Access
            | Field::Region
            | Field::Expires => {}
        }
        let State::Verified(carried) = self.state else { return String::new() };
        let shown = |text: &Option<String>| text.as_deref().map(|text| show(text).into_owned());
        let value = match field {
            Field::Class => carried.class.as_deref().map(class_word),
            Field::Name => shown(&carried.name),
            Field::Account => carried.account.as_deref().and_then(|id| Some(AccountId::parse(id).ok()?.grouped())),
            // The context has one name only. The variable beside it is of the same switch while it stands for this account.
            Field::Alias if (self.env)("AWSENV_ACCOUNT_ID") == carried.account => shown(&alias(self.env)),
            Field::Role => shown(&carried.role),
            Field::Access => shown(&carried.access),
            Field::Region => shown(&carried.region),
            Field::Expires => {
                carried.expires.and_then(|end| Timestamp::from_second(end).ok()).map(|end| end.to_string())
            }
            _ => None,
        };
        value.unwrap_or_default()
    }
}

fn alias(env: Lookup<'_>) -> Option<String> {
    super::percent::decode(&env("AWSENV_ACCOUNT_ALIAS")?)
}

/// The word for a state; none for a verified account.
fn word(state: &State) -> &'static str {
    match state {
        State::Nothing | State::Verified(_) => "",
        State::Unverified(_) => "UNVERIFIED",
        State::Mismatch(..) => "MISMATCH",
        State::Expired(_) | State::Cleared(_) => "EXPIRED",
        State::Refused => "REFUSED",
    }
}

#[cfg(test)]
mod tests;
