//! `credential_process`: a helper program that prints credentials, run without a shell and without secrets.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use serde::Deserialize;

use super::process::{RunError, on_path, run};
use crate::{
    core::{
        credentials::{Credentials, expiry},
        identity::AccountId,
        secret::Secret,
        variables::is_setting,
    },
    error::{Kind, Known},
};

/// Profiles whose helper programs called each other. Not `AWSENV_…`: those are not passed on.
const CHAIN: &str = "_AWSENV_PROFILE_CHAIN";
/// How many may.
const CHAIN_MAX: usize = 4;
/// Variables that a helper does not get: it is there to find credentials, not to be given some.
const SECRETS: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_SECRET_KEY",
    "AWS_ACCESS_KEY",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
];

/// A `credential_process` to run.
#[derive(Clone, Copy, Debug)]
pub struct Helper<'a> {
    /// The command line, as written.
    pub command: &'a str,
    /// The profile that it stands in.
    pub profile: &'a str,
    /// The environment, before it is scrubbed.
    pub env: &'a BTreeMap<OsString, OsString>,
    /// How long it may take.
    pub limit: Duration,
}

/// Why a helper gave no credentials. No variant holds any of its output: that may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// Quotes that do not match, or nothing at all.
    #[error("the command is empty or its quotes do not match")]
    Words,
    /// `|`, `;`, `$` and the like.
    #[error("the command needs a shell (`{0}`), and awsenv runs it without one")]
    Shell(char),
    /// `./helper`, `~/helper`.
    #[error("the program `{0}` is neither an absolute path nor a name on PATH")]
    NotFound(String),
    /// A helper that ends up calling itself.
    #[error("the helper of profile `{0}` calls awsenv for that profile again")]
    Loop(String),
    /// It did not start, or did not end well.
    #[error("`{program}` {why}")]
    Run {
        /// The program.
        program: String,
        /// What happened.
        why: RunError,
    },
    /// Its output is no credentials.
    #[error("the output of `{program}` {reason} (process-output)")]
    Output {
        /// The program.
        program: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Known for HelperError {
    fn kind(&self) -> Kind {
        match self {
            Self::Words | Self::Shell(_) | Self::NotFound(_) | Self::Loop(_) => Kind::Usage,
            Self::Run { why: RunError::Start(_), .. } => Kind::Usage,
            Self::Run { .. } | Self::Output { .. } => Kind::Credentials,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Shell(_) => {
                "Put quotes around it, or the command into a script, and name the script by its absolute path."
            }
            Self::Run { why: RunError::Terminal, .. } => "Run it yourself first, so that it has no question left.",
            Self::Output { .. } => "It must print one JSON object with Version 1, AccessKeyId and SecretAccessKey.",
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

impl Helper<'_> {
    /// Runs the program and reads the credentials that it prints; `talk` gets each line of its stderr as it comes.
    pub fn credentials(&self, talk: &mut dyn FnMut(&str)) -> Result<Credentials, HelperError> {
        let (program, output) = self.output(talk)?;
        parse(&output).map_err(|reason| HelperError::Output { program, reason })
    }

    /// Runs the program and gives its name and what it prints.
    pub fn output(&self, talk: &mut dyn FnMut(&str)) -> Result<(String, Vec<u8>), HelperError> {
        let words = words(self.command)?;
        let program = words[0].clone();
        let chain = self.chain()?;
        let path = find(&program, self.env.get(OsStr::new("PATH")))?;
        #[expect(clippy::disallowed_methods, reason = "this is the one place that starts helpers, and it scrubs")]
        let mut command = Command::new(path);
        command.args(&words[1..]).env_clear().envs(scrubbed(self.env)).env(CHAIN, chain);
        match run(command, self.limit, talk) {
            Ok(output) => Ok((program, output)),
            Err(why) => Err(HelperError::Run { program, why }),
        }
    }

    /// The profiles on the way here, with this one.
    fn chain(&self) -> Result<String, HelperError> {
        let before = self.env.get(OsStr::new(CHAIN)).and_then(|chain| chain.to_str()).unwrap_or_default();
        let names: Vec<&str> = before.split('\u{1f}').filter(|name| !name.is_empty()).collect();
        if names.contains(&self.profile) || names.len() >= CHAIN_MAX {
            return Err(HelperError::Loop(self.profile.to_owned()));
        }
        Ok(names.into_iter().chain([self.profile]).collect::<Vec<_>>().join("\u{1f}"))
    }
}

/// The words of a command line, as POSIX splits it.
fn words(command: &str) -> Result<Vec<String>, HelperError> {
    if let Some(character) = shell_character(command) {
        return Err(HelperError::Shell(character));
    }
    shlex::split(command).filter(|words| !words.is_empty() && !words[0].is_empty()).ok_or(HelperError::Words)
}

/// A character outside quotes that only a shell understands.
fn shell_character(command: &str) -> Option<char> {
    let (mut quote, mut escaped) = (None, false);
    for character in command.chars() {
        match (character, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('\'' | '"', None) => quote = Some(character),
            (_, Some(open)) if open == character => quote = None,
            ('|' | ';' | '&' | '$' | '<' | '>' | '`' | '\n', None) => return Some(character),
            _ => {}
        }
    }
    None
}

/// The program's file: the absolute path given, or the first match in the absolute directories of PATH.
fn find(program: &str, path: Option<&OsString>) -> Result<PathBuf, HelperError> {
    let not_found = || HelperError::NotFound(program.to_owned());
    if program.contains('/') {
        let path = PathBuf::from(program);
        return if path.is_absolute() { Ok(path) } else { Err(not_found()) };
    }
    on_path(program, path.map(OsString::as_os_str)).ok_or_else(not_found)
}

/// The environment without credentials and without what an earlier `use` said. The settings stay: a helper that is awsenv
/// itself must know of the same pins, and find the same agent.
fn scrubbed(env: &BTreeMap<OsString, OsString>) -> impl Iterator<Item = (&OsString, &OsString)> {
    env.iter().filter(|(name, _)| {
        let name = name.to_string_lossy();
        (is_setting(&name) || !name.starts_with("AWSENV_")) && !SECRETS.contains(&name.as_ref())
    })
}

/// What a helper prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u8,
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    session_token: Option<Secret>,
    expiration: Option<String>,
    account_id: Option<String>,
}

fn parse(output: &[u8]) -> Result<Credentials, &'static str> {
    let json = output.strip_prefix(b"\xef\xbb\xbf").unwrap_or(output);
    let printed: Printed = serde_json::from_slice(json).map_err(|_| "is not the one JSON object that it should be")?;
    if printed.version != 1 {
        return Err("has another Version than 1");
    }
    let expires = printed.expiration.map(|text| expiry(&text).ok_or("has an Expiration that is no time (bad-expiry)"));
    Ok(Credentials {
        access_key_id: printed.access_key_id.ok_or("has no AccessKeyId")?,
        secret_access_key: printed.secret_access_key.ok_or("has no SecretAccessKey")?,
        session_token: printed.session_token.filter(|token| !token.expose().is_empty()),
        expires: expires.transpose()?,
        claimed_account: printed.account_id.and_then(|id| AccountId::parse(&id).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = r#""AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"s","SessionToken":"t""#;

    fn env(more: &[(&str, &str)]) -> BTreeMap<OsString, OsString> {
        let path = ("PATH", "relative:/usr/bin:/bin");
        more.iter().chain([&path]).map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    fn run_in(
        env: &BTreeMap<OsString, OsString>,
        command: &str,
        limit: Duration,
    ) -> (Result<Credentials, HelperError>, String) {
        let mut heard = String::new();
        let helper = Helper { command, profile: "p", env, limit };
        let result = helper.credentials(&mut |line| heard.push_str(&format!("{line}|")));
        (result, heard)
    }

    fn run(command: &str) -> (Result<Credentials, HelperError>, String) {
        run_in(&env(&[]), command, Duration::from_secs(60))
    }

    fn fails(command: &str) -> String {
        run(command).0.unwrap_err().to_string()
    }

    #[test]
    fn a_command_is_split_without_a_shell() {
        assert_eq!(words(r#"/bin/x 'a b' "c;d" e\ f"#).unwrap(), ["/bin/x", "a b", "c;d", "e f"]);
        for (command, character) in [("a | b", '|'), ("a; b", ';'), ("a $X", '$'), ("a `b`", '`'), ("a\nb", '\n')] {
            assert!(matches!(words(command), Err(HelperError::Shell(found)) if found == character), "{command}");
        }
        assert!(matches!(words("a 'b"), Err(HelperError::Words)));
        assert!(matches!(words("  "), Err(HelperError::Words)));
    }

    #[test]
    fn p5_only_programs_in_absolute_places_run() {
        for program in ["./helper", "~/helper", "dir/helper", "no-such-program-anywhere"] {
            assert_eq!(
                fails(program),
                format!("the program `{program}` is neither an absolute path nor a name on PATH")
            );
        }
    }

    #[test]
    fn p4_a_helper_gets_no_secret_and_of_ours_the_settings_only() {
        let kept = ["AWS_PROFILE", "AWSENV_CONFIG", "AWSENV_AGENT", "AWSENV_OPT_MODE"].map(|name| (name, "kept"));
        let lost = SECRETS.iter().chain(&["AWSENV_PROFILE", "AWSENV_CONTEXT"]).map(|name| (*name, "canary"));
        let env = env(&lost.chain(kept).collect::<Vec<_>>());
        let (result, heard) = run_in(&env, "sh -c 'env >&2'", Duration::from_secs(60));
        assert!(matches!(result, Err(HelperError::Output { .. })));
        assert!(!heard.contains("canary"), "{heard}");
        for (name, value) in kept {
            assert!(heard.contains(&format!("{name}={value}|")), "{heard}");
        }
    }

    #[test]
    fn helpers_that_call_each_other_are_stopped() {
        let again = env(&[(CHAIN, "a\u{1f}p")]);
        assert!(matches!(run_in(&again, "true", Duration::from_secs(60)).0, Err(HelperError::Loop(_))));
        let deep = env(&[(CHAIN, "a\u{1f}b\u{1f}c\u{1f}d")]);
        assert!(matches!(run_in(&deep, "true", Duration::from_secs(60)).0, Err(HelperError::Loop(_))));
    }

    #[test]
    fn p5_only_one_json_object_of_version_1_counts() {
        let good = format!(r#"{{"Version":1,{KEYS},"Expiration":"2026-01-01T00:00:00Z","AccountId":"111122223333"}}"#);
        let credentials = parse(good.as_bytes()).unwrap();
        assert_eq!(credentials.expires, "2026-01-01T00:00:00Z".parse().ok());
        assert_eq!(credentials.claimed_account, AccountId::parse("111122223333").ok());
        assert!(parse(format!("\u{feff}{good}\n").as_bytes()).is_ok());
        let json = "is not the one JSON object that it should be";
        for (text, reason) in [
            (String::new(), json),
            ("text".into(), json),
            (format!("{good}{good}"), json),
            (format!(r#"{{"Version":1,"AccessKeyId":"x",{KEYS}}}"#), json),
            (format!(r#"{{"Version":1,"X":{},{KEYS}}}"#, "[".repeat(10_000)), json),
            (format!(r#"{{"Version":2,{KEYS}}}"#), "has another Version than 1"),
            (r#"{"Version":1}"#.into(), "has no AccessKeyId"),
            (
                format!(r#"{{"Version":1,{KEYS},"Expiration":"soon"}}"#),
                "has an Expiration that is no time (bad-expiry)",
            ),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(reason));
        }
    }
}
