//! Why a profile cannot be used.

use super::plan::{Finding, Location};
use crate::error::{Kind, Known};

/// Why a profile cannot be used. Messages hold raw text of the file, but never a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No section of that name.
    #[error("there is no profile `{name}`")]
    Unknown {
        /// The name asked for.
        name: String,
        /// Names that are much like it.
        near: Vec<String>,
    },
    /// A name that cannot be a profile's.
    #[error("the profile name {why} ({code})")]
    Name {
        /// `name-empty`, `name-too-long`, `name-control` or `name-not-utf8`; in the vault also `name-dash`.
        code: &'static str,
        /// Completes the sentence.
        why: &'static str,
    },
    /// A `source_profile` that is not there.
    #[error("{location}: profile `{from}` names source_profile `{to}`, which does not exist (dangling-source-profile)")]
    DanglingSource {
        /// The profile that names it.
        from: String,
        /// The name.
        to: String,
        /// The line.
        location: Location,
    },
    /// Something in the files.
    #[error("{location}: {message} ({code})")]
    Config {
        /// Short, stable name of the kind.
        code: &'static str,
        /// Names the key and the cause.
        message: String,
        /// The line.
        location: Location,
    },
}

impl PlanError {
    /// A fault in a file.
    pub(super) fn config(code: &'static str, location: Location, message: impl Into<String>) -> Self {
        Self::Config { code, message: message.into(), location }
    }

    /// Short, stable name of the kind.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-profile",
            Self::DanglingSource { .. } => "dangling-source-profile",
            Self::Name { code, .. } | Self::Config { code, .. } => code,
        }
    }
}

impl Known for PlanError {
    fn kind(&self) -> Kind {
        match self.code() {
            "no-credentials" => Kind::Credentials,
            "config-untrusted" => Kind::Refused,
            "pin-mismatch" => Kind::Mismatch,
            _ => Kind::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unknown { near, .. } if near.is_empty() => vec!["`awsenv list` shows all profiles.".to_owned()],
            Self::Unknown { near, .. } => vec![format!("Did you mean {}?", near.join(" or "))],
            Self::Config { code: "config-untrusted", .. } => {
                let variables = "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE";
                vec![format!("{variables} must be absolute paths for that, outside the work tree that you are in.")]
            }
            Self::Config { code: "name-taken", .. } => {
                vec![
                    "`awsenv rm NAME` takes those in the vault away.".to_owned(),
                    "`awsenv import --from credentials --replace --remove-plaintext` takes keys out of ~/.aws/credentials."
                        .to_owned(),
                ]
            }
            Self::Config { code: "process-relative", .. } => {
                vec!["Write the program's absolute path, or a bare name to find in PATH.".to_owned()]
            }
            _ => Vec::new(),
        }
    }
}

impl From<Finding> for PlanError {
    fn from(finding: Finding) -> Self {
        Self::Config { code: finding.code, message: finding.message, location: finding.location }
    }
}

/// The longest profile name, in bytes.
const LONGEST_NAME: usize = 1024;

/// A profile's name that can be used: text without control characters, 1 to 1024 bytes.
pub fn check_name(name: &[u8]) -> Result<&str, PlanError> {
    match std::str::from_utf8(name) {
        Ok(name) => check_text(name),
        Err(_) if name.len() > LONGEST_NAME => Err(TOO_LONG),
        Err(_) => Err(PlanError::Name { code: "name-not-utf8", why: "is not UTF-8 text" }),
    }
}

const TOO_LONG: PlanError = PlanError::Name { code: "name-too-long", why: "is longer than 1024 bytes" };

/// The same of a name that is known to be text.
pub(super) fn check_text(name: &str) -> Result<&str, PlanError> {
    if name.is_empty() {
        return Err(PlanError::Name { code: "name-empty", why: "is empty" });
    }
    if name.len() > LONGEST_NAME {
        return Err(TOO_LONG);
    }
    if has_control(name) {
        return Err(PlanError::Name { code: "name-control", why: "holds a control character" });
    }
    Ok(name)
}

fn has_control(text: &str) -> bool {
    // By bytes where that is enough: all of them, without a branch for each, which is quicker.
    let printable = text.bytes().fold(true, |all, byte| all & (b' '..=b'~').contains(&byte));
    !printable && text.chars().any(char::is_control)
}

/// The names most like `name`, best first, three at most.
pub fn near<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut best: Vec<(f64, &str)> = all
        .into_iter()
        .map(|other| (strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    // The files and the vault may have the same name.
    best.dedup();
    best.truncate(3);
    best.into_iter().map(|(_, other)| other.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_names_that_cannot_be_shown_or_exported_are_refused() {
        assert_eq!(check_name("été $(id)".as_bytes()), Ok("été $(id)"));
        for (name, code) in [
            (&b""[..], "name-empty"),
            (&[b'x'; 1025], "name-too-long"),
            (b"a\x1b[31m", "name-control"),
            ("a\u{9b}31m".as_bytes(), "name-control"),
            (b"a\0b", "name-control"),
            (b"caf\xe9", "name-not-utf8"),
        ] {
            assert_eq!(check_name(name).unwrap_err().code(), code);
        }
        assert!(check_name(&[b'x'; 1024]).is_ok());
    }

    #[test]
    fn near_names_come_best_first() {
        assert_eq!(near("stagin", ["production", "staging", "stage", "staging"]), ["staging", "stage"]);
        assert_eq!(near("x", ["production"]), Vec::<String>::new());
    }
}
