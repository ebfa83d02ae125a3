//! Faults of what surrounds the verbs that give credentials: a home that is read-only or is not there, a wrong clock, streams
//! that are closed, limits that are reached.

mod clock;
mod files;
mod limits;
mod no_home;
mod read_only;
mod streams;

use crate::support::TestEnv;

const STAGING: &str = "444455556666";

/// The demo's accounts, a role whose sessions are kept in files, and somebody who is signed in to `corp`.
fn home() -> TestEnv {
    let env = TestEnv::demo();
    let deploy = "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging\nregion = eu-west-1";
    env.profile("deploy", deploy);
    env.profile("developer", "sso_session = corp\nsso_account_id = 444455556666\nsso_role_name = Developer");
    let session = "\n[sso-session corp]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\n";
    env.append(".aws/config", session);
    let token = r#"{"accessToken":"demo-sso-access-token","expiresAt":"2099-01-01T00:00:00Z"}"#;
    env.write(".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json", token);
    env.settings("\n[sessions]\ncache = \"file\"\n");
    env
}
