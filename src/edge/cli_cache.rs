//! Role sessions that the AWS CLI cached: read, so that nobody types a second MFA code, never written, and removed where
//! their sign-in is ended.
//!
//! The file's name is a hash of the request's parameters as Python's JSON has them (botocore's
//! `AssumeRoleCredentialFetcher`). It does not say whose the source credentials were, or where they were asked for: whoever
//! takes a session from here has STS say what it is.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::files::{self, FileError};
use crate::core::{
    credentials::{Credentials, expiry},
    hex::hex,
    identity::AccountId,
    kept::MARGIN,
    profile::plan::RoleHop,
    secret::Secret,
    session_terms::SessionTerms,
};

/// Below the home directory.
const FOLDER: &str = ".aws/cli/cache";
/// As long as a session's token may be, and then some.
const MAX_BYTES: u64 = 64 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    credentials: Keys,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Origin {
    provider_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    access_key_id: String,
    secret_access_key: Secret,
    session_token: Secret,
    expiration: String,
}

/// The session that the AWS CLI cached for exactly this request, as long as it may be used.
pub fn session(home: &Path, hop: &RoleHop, now: Timestamp) -> Option<Credentials> {
    let path = home.join(FOLDER).join(key(hop)?).with_extension("json");
    let bytes = Zeroizing::new(files::read_private(&path, MAX_BYTES).ok().flatten()?);
    let File { credentials: keys } = serde_json::from_slice(&bytes).ok()?;
    let credentials = Credentials {
        access_key_id: keys.access_key_id,
        secret_access_key: keys.secret_access_key,
        session_token: Some(keys.session_token),
        expires: Some(expiry(&keys.expiration)?),
        claimed_account: AccountId::parse(hop.account.as_str()).ok(),
    };
    credentials.check().ok()?;
    credentials.expires.is_some_and(|end| end.duration_since(now) > MARGIN).then_some(credentials)
}

/// Removes the sessions that were got with a sign-in to Identity Center, as `aws sso logout` does, and says how many. Whose
/// they were the files do not say: those of another sign-in are simply got anew.
pub fn remove_those_of_sign_ins(home: &Path) -> Result<usize, FileError> {
    let Ok(entries) = fs_err::read_dir(home.join(FOLDER)) else { return Ok(0) };
    let paths: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| is_of_a_sign_in(path)).collect();
    files::remove_each(paths.iter().map(PathBuf::as_path))
}

fn is_of_a_sign_in(path: &Path) -> bool {
    let bytes = files::read_regular(path, MAX_BYTES).ok().flatten().map(Zeroizing::new);
    let origin = bytes.and_then(|bytes| serde_json::from_slice::<Origin>(&bytes).ok());
    origin.is_some_and(|origin| origin.provider_type == "sso")
}

/// The name of the file. `None` where something is asked that the AWS CLI cannot ask, or that has no MFA device.
fn key(hop: &RoleHop) -> Option<String> {
    let serial = &hop.mfa.as_ref()?.serial;
    let terms = &hop.terms;
    let common = SessionTerms {
        session_name: terms.session_name.clone(),
        external_id: terms.external_id.clone(),
        duration_seconds: terms.duration_seconds,
        ..SessionTerms::default()
    };
    if *terms != common {
        return None;
    }
    let text = |name: &str, value: &str| format!("\"{name}\": \"{value}\"");
    // In the order of the names. None of the values can hold what JSON escapes: they were checked.
    let parts = [
        terms.duration_seconds.map(|seconds| format!("\"DurationSeconds\": {seconds}")),
        terms.external_id.as_deref().map(|id| text("ExternalId", id)),
        Some(text("RoleArn", &hop.role_arn)),
        // One that the AWS CLI makes up is no part of it.
        terms.session_name.as_deref().map(|name| text("RoleSessionName", name)),
        Some(text("SerialNumber", serial)),
    ];
    if hop.role_arn.contains(['"', '\\']) {
        return None;
    }
    let request = format!("{{{}}}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    Some(hex(Sha1::digest(request)))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

    use super::*;
    use crate::core::{mfa::MfaDevice, profile::plan::Location, session_terms::tag};

    fn hop(serial: &str, terms: SessionTerms) -> RoleHop {
        let location = Location { file: Arc::from(Path::new("config")), line: 1 };
        let device =
            MfaDevice { serial: serial.into(), process: None, profile: "p".into(), location: location.clone() };
        RoleHop {
            profile: "p".into(),
            role_arn: "arn:aws:iam::111122223333:role/R".into(),
            account: AccountId::parse("111122223333").unwrap(),
            terms,
            mfa: Some(device),
            region: None,
            location,
        }
    }

    fn plain() -> RoleHop {
        hop("arn:aws:iam::111122223333:mfa/me", SessionTerms::default())
    }

    const NAME: &str = "c2ca3fd745612f007a542833da0e78fb81cd3339";

    #[test]
    fn the_name_is_the_one_that_botocore_makes() {
        // Both are from botocore 1.44.5.
        assert_eq!(key(&plain()).as_deref(), Some(NAME));
        let terms = SessionTerms {
            session_name: Some("me".into()),
            external_id: Some("x1".into()),
            duration_seconds: Some(7200),
            ..SessionTerms::default()
        };
        assert_eq!(key(&hop("GAHT12345678", terms)).as_deref(), Some("7dd7f932c8fb38602984b962ba53541e8e1fb8f6"));
    }

    #[test]
    fn what_the_aws_cli_cannot_ask_is_not_looked_for() {
        for terms in [
            SessionTerms { policy: Some("{}".into()), ..SessionTerms::default() },
            SessionTerms { policy_arns: vec!["arn".into()], ..SessionTerms::default() },
            SessionTerms { tags: vec![tag("a=b").unwrap()], ..SessionTerms::default() },
            SessionTerms { source_identity: Some("me".into()), ..SessionTerms::default() },
        ] {
            assert_eq!(key(&hop("GAHT12345678", terms)), None);
        }
        let mut without = plain();
        without.mfa = None;
        assert_eq!(key(&without), None);
    }

    #[test]
    fn only_a_private_whole_file_that_lasts_counts() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(FOLDER).join(NAME).with_extension("json");
        let write = |expiration: &str| {
            let text = format!(
                r#"{{"Credentials": {{"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "{expiration}", "AccountId": "1"}}, "ResponseMetadata": {{}}}}"#
            );
            files::write_private(&path, text.as_bytes()).unwrap();
        };
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let found = || session(home.path(), &plain(), now).is_some();
        assert!(!found());
        for (expiration, good) in [
            ("2026-01-01T01:00:00UTC", true),
            ("2026-01-01T01:00:00+00:00", true),
            ("2026-01-01T00:05:00Z", false),
            ("soon", false),
        ] {
            write(expiration);
            assert_eq!(found(), good, "{expiration}");
        }
        write("2026-01-01T01:00:00UTC");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(!found(), "others could read it");
        write("2026-01-01T01:00:00UTC");
        let text = fs::read(&path).unwrap();
        files::write_private(&path, &text[..text.len() - 40]).unwrap();
        assert!(!found(), "it is cut");
    }
}
