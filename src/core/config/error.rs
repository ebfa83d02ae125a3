//! What is wrong with the settings: file, line, key, and the nearest word that would be right.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use crate::error::{Kind, Known};

/// The settings, or an environment variable that lies over them, are wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where.
    pub place: Place,
    /// The key, with the tables that it is in: `network.deadline_seconds`.
    pub key: Option<String>,
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// The remedy, a sentence.
    pub hint: Option<String>,
}

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of the settings file, counted from 1.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}: {key}: {}", self.place, self.message),
            None => write!(f, "{}: {}", self.place, self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

impl Known for ConfigError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn hints(&self) -> Vec<String> {
        self.hint.iter().cloned().collect()
    }
}

/// A text with the name of its file, to make errors of.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        Place::File(self.file.to_owned(), 1 + before.bytes().filter(|byte| *byte == b'\n').count())
    }

    pub(super) fn error(&self, at: &Range<usize>, key: impl Into<String>, message: impl Into<String>) -> ConfigError {
        ConfigError { place: self.place(at.start), key: Some(key.into()), message: message.into(), hint: None }
    }

    /// Takes an error of the TOML reader apart.
    pub(super) fn toml_error(&self, mut error: toml::de::Error) -> ConfigError {
        let message = error.message().replace('\n', ", ");
        let start = error.span().map_or(0, |span| span.start);
        error.set_input(None);
        let shown = error.to_string();
        let key = shown.trim_end().rsplit_once("\nin `").and_then(|(_, rest)| rest.strip_suffix('`'));
        ConfigError {
            place: self.place(start),
            key: key.map(str::to_owned),
            hint: hint_of(&message).or_else(|| self.hint_of_line(start)),
            message,
        }
    }

    /// TOML has no numbers with leading zeros; in these settings such a number is an account ID.
    fn hint_of_line(&self, at: usize) -> Option<String> {
        let start = self.text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
        let (key, value) = self.text[start..].lines().next()?.split_once('=')?;
        let zero = key.trim() == "account" && value.trim_start().starts_with('0');
        zero.then(|| "Quote the account ID: a number cannot begin with 0.".to_owned())
    }
}

/// The remedy for serde's "unknown field `colour`, expected one of `color`, `name`".
fn hint_of(message: &str) -> Option<String> {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    nearest(words.next()?, words).map(did_you_mean)
}

/// "Did you mean `word`?"
pub(super) fn did_you_mean(word: &str) -> String {
    format!("Did you mean `{word}`?")
}

/// The word that looks most like this one, if one does.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
