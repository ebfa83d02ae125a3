//! Plans to carry out.

use std::{path::Path, sync::Arc};

use super::{KEY, Secret};
use crate::core::profile::plan::{Connection, Location, Plan, RoleHop, Source};

/// Where all of it stands.
pub(in crate::edge::aws) fn location() -> Location {
    Location { file: Arc::from(Path::new("config")), line: 7 }
}

/// `deploy`: a source by the name of `base`, and roles on top.
pub(in crate::edge::aws) fn plan(source: Source, hops: Vec<RoleHop>) -> Plan {
    Plan {
        profile: "deploy".into(),
        location: location(),
        source,
        source_profile: "base".into(),
        source_location: location(),
        source_mfa: None,
        totp: None,
        hops,
        connection: Connection::default(),
        pins: vec![],
        findings: vec![],
        default_has_endpoints: false,
    }
}

/// A user's keys.
pub(super) fn keys() -> Source {
    Source::StaticKeys {
        access_key_id: KEY.into(),
        secret_access_key: Secret::new("canarysecret"),
        session_token: None,
        claimed_account: None,
        expires: None,
    }
}
