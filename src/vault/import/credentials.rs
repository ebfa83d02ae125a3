//! Plain keys from a credentials file, read as AWS reads it.

use std::path::Path;

use super::{Found, entry};
use crate::vault::entry::Entry;
use crate::{
    core::{profile::plan::Source, region::Region, secret::Secret},
    edge::aws_files::{AwsFiles, FilesError},
};

/// Whether the secrets of an entry stand anywhere in these bytes.
pub fn holds_secret_of(bytes: &[u8], entry: &Entry) -> bool {
    let secrets = [Some(&entry.secret_access_key), entry.session_token.as_ref()];
    secrets.into_iter().flatten().any(|secret| memchr::memmem::find(bytes, secret.expose().as_bytes()).is_some())
}

/// The profiles with keys in this file. Others, such as roles, are left out: there is nothing secret in them.
pub fn read(path: &Path, now: i64) -> Result<Vec<Found>, FilesError> {
    let set = AwsFiles::of_credentials(path).all()?;
    let mut all = Vec::new();
    for name in set.names() {
        let found = match set.plan(name) {
            Ok(plan) => match &plan.source {
                Source::StaticKeys { access_key_id, secret_access_key, session_token, .. } if plan.hops.is_empty() => {
                    let token = session_token.as_ref().map_or("", Secret::expose);
                    let region = plan.connection.region.as_ref().map_or("", Region::as_str);
                    Found::checked(name, entry(access_key_id, secret_access_key.expose(), token, region, now))
                }
                _ => continue,
            },
            Err(error) if error.code() == "no-credentials" => continue,
            Err(error) => Found { name: name.to_owned(), entry: Err(error.to_string()) },
        };
        all.push(found);
    }
    Ok(all)
}
