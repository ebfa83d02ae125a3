//! A home with one profile for each source of credentials, and the fake AWS that serves them all.

use std::path::PathBuf;

use awsenv::demo::{FakeContainer, FakeLogin, FakeRole, FakeUser, Issued};
use serde_json::json;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::support::{TestEnv, vault::TestVault};

/// Accounts of the demo's company.
pub(super) const PRODUCTION: &str = "111122223333";
pub(super) const STAGING: &str = "444455556666";
pub(super) const SANDBOX: &str = "777788889999";

/// What the files hold besides what the fake AWS gives out: must be seen nowhere else.
pub(super) const WEB_TOKEN: &str = "web.identity/canary+never.to-be-seen-0123456789";
pub(super) const SSO_TOKEN: &str = "sso/canary+access-token.never-to-be-seen-01234";
pub(super) const CONTAINER_TOKEN: &str = "container/canary+token.never-to-be-seen-0123456";
pub(super) const REFRESH_TOKEN: &str = "refresh/canary+token.never-to-be-seen-01234567";
pub(super) const VAULT_SECRET: &str = "vault/canary+secret+never/to+be/seen+012";
pub(super) const VAULT_KEY: &str = "AKIADEMOVAULTED77777";
const MFA: &str = "arn:aws:iam::111122223333:mfa/ada";
/// Made for this test.
pub(super) const DPOP_KEY: &str = "-----BEGIN EC PRIVATE KEY-----\n\
    MHcCAQEEIPwx1Nu3C22XXXmj1QDl0EhhZSnO+5slaVoldHcqZwnVoAoGCCqGSM49\n\
    AwEHoUQDQgAEKXnKiNCJKpJ7sFk9pv4b36dHK1F6dzPWdnMrW4oMmkplkk+3BYcj\n\
    v6LJX1FJinYywtBMcd8Zc4my1OzIm5BnaQ==\n\
    -----END EC PRIVATE KEY-----\n";
pub(super) const LOGIN: &str = "arn:aws:iam::444455556666:user/console";
/// Another, whose session ends soon.
pub(super) const DUE_LOGIN: &str = "arn:aws:iam::111122223333:user/console";
pub(super) const DEPLOY: &str = "arn:aws:iam::777788889999:role/Deploy";
const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
const BREAK_GLASS: &str = "arn:aws:iam::111122223333:role/BreakGlass";
pub(super) const TERMS: &str = "arn:aws:iam::111122223333:role/Terms";

/// The home. Whatever a named profile does not ask for is there too, to be left alone.
pub(super) fn home() -> TestEnv {
    let env = machine();
    files(&env);
    env
}

/// The demo's home on a machine that offers everything that a machine can.
pub(super) fn machine() -> TestEnv {
    let mut env = TestEnv::demo();
    scenario(&env);
    let url = env.aws().url();
    env.write("web-token", WEB_TOKEN);
    env.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{url}/container/credentials"));
    env.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN);
    env.unset("AWS_EC2_METADATA_DISABLED");
    env.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url);
    env
}

fn scenario(env: &TestEnv) {
    let role = |arn: &str| FakeRole {
        arn: arn.to_owned(),
        trust: vec![STAGING.to_owned()],
        external_id: Some("acme-9".to_owned()),
        needs_mfa: false,
        allows: ["sts:TagSession", "sts:SetSourceIdentity"].map(str::to_owned).to_vec(),
        web_identity_token: Some(WEB_TOKEN.to_owned()),
        max_session_seconds: 43200,
    };
    let login = |arn: &str| FakeLogin {
        arn: arn.to_owned(),
        refresh_token: format!("{REFRESH_TOKEN}{arn}"),
        dpop_key: DPOP_KEY.to_owned(),
    };
    env.aws().change(|scenario| {
        scenario.users.push(FakeUser {
            arn: format!("arn:aws:iam::{STAGING}:user/vaulted"),
            access_key_id: VAULT_KEY.to_owned(),
            secret_access_key: VAULT_SECRET.to_owned(),
            mfa_serial: None,
            mfa_code: None,
        });
        scenario.roles.push(role(TERMS));
        scenario.container = Some(FakeContainer { role: DEPLOY.into(), token: Some(CONTAINER_TOKEN.into()) });
        scenario.instance_role = Some(DEPLOY.into());
        scenario.logins = vec![login(LOGIN), login(DUE_LOGIN)];
        SSO_TOKEN.clone_into(&mut scenario.sso_tokens[0].access_token);
    });
}

fn files(env: &TestEnv) {
    let below = |name: &str| env.home().join(name).to_string_lossy().into_owned();
    let process = env.aws().issue("arn:aws:iam::777788889999:user/ada", 3600);
    let Issued { access_key_id, secret_access_key, session_token, expires } = &process;
    let process = json!({
        "Version": 1, "AccessKeyId": access_key_id, "SecretAccessKey": secret_access_key, "SessionToken": session_token,
        "Expiration": expires.to_string(), "AccountId": SANDBOX,
    });
    env.write("process.json", process.to_string());
    env.write("code", "#!/bin/sh\necho 123456\n");
    let roles = [
        (
            "terms",
            format!(
                "role_arn = {TERMS}\nsource_profile = staging\nexternal_id = acme-9\n\
            role_session_name = ada\nduration_seconds = 7200\nsource_identity = ada\nsession_tags = team=infra\n\
            awsenv_policy_arns = arn:aws:iam::aws:policy/ViewOnlyAccess"
            ),
        ),
        ("mfa", format!("role_arn = {BREAK_GLASS}\nsource_profile = production\nmfa_serial = {MFA}")),
        (
            "mfa-process",
            format!(
                "role_arn = {BREAK_GLASS}\nsource_profile = production\nduration_seconds = 1800\n\
            mfa_serial = {MFA}\nmfa_process = sh {}",
                below("code")
            ),
        ),
        ("mfa-keys", format!("mfa_serial = {MFA}")),
        ("vault-role", format!("role_arn = {ADMIN}\nsource_profile = vaulted")),
        ("process", format!("credential_process = cat {}", below("process.json"))),
        ("web", format!("role_arn = {TERMS}\nweb_identity_token_file = {}", below("web-token"))),
        ("container", format!("role_arn = {ADMIN}\ncredential_source = EcsContainer")),
        ("instance", format!("role_arn = {ADMIN}\ncredential_source = Ec2InstanceMetadata")),
        ("environment", format!("role_arn = {ADMIN}\ncredential_source = Environment")),
        ("sso", format!("sso_session = corp\nsso_account_id = {PRODUCTION}\nsso_role_name = ReadOnly")),
        (
            "sso-legacy",
            format!(
                "sso_start_url = https://old.awsapps.com/start\nsso_region = eu-west-1\n\
            sso_account_id = {STAGING}\nsso_role_name = Developer"
            ),
        ),
        ("login", format!("login_session = {LOGIN}")),
        ("login-due", format!("login_session = {DUE_LOGIN}")),
    ];
    for (name, lines) in roles {
        env.profile(name, &format!("region = eu-west-1\n{lines}"));
    }
    env.append(
        ".aws/config",
        "\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n",
    );
    for name in ["corp", "https://old.awsapps.com/start"] {
        let token = format!(r#"{{"accessToken":"{SSO_TOKEN}","expiresAt":"2099-01-01T00:00:00Z"}}"#);
        env.write(&format!(".aws/sso/cache/{}.json", hex(&Sha1::digest(name))), token);
    }
    let Issued { access_key_id, secret_access_key, session_token, expires } =
        env.aws().issue("arn:aws:iam::444455556666:user/team/ada", 3600);
    env.credentials("session", &access_key_id, &secret_access_key);
    let more = format!("aws_session_token = {session_token}\nx_security_token_expires = {expires}\n");
    env.append(".aws/credentials", more);
    env.credentials("default", "AKIADEMOSANDBOX77777", "demo/sandbox/not+a+secret/DEMO+DEMO+DE/0");
    env.credentials("mfa-keys", "AKIADEMOPRODUCTION77", "demo/production/not+a+secret/DEMO+DEMO/0");
    cached_by_the_aws_cli(env);
    sign_in(env, LOGIN, 900);
    sign_in(env, DUE_LOGIN, 120);
    TestVault::make(env).add("vaulted", VAULT_KEY, VAULT_SECRET);
}

/// A session of `aws login` that ends in so many seconds, as the AWS CLI writes it.
pub(super) fn sign_in(env: &TestEnv, arn: &str, seconds: i64) -> PathBuf {
    let Issued { access_key_id, secret_access_key, session_token, expires } = env.aws().issue(arn, seconds);
    let session = json!({
        "accessToken": {
            "accessKeyId": access_key_id, "secretAccessKey": secret_access_key, "sessionToken": session_token,
            "accountId": arn.split(':').nth(4), "expiresAt": expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
        "tokenType": "aws_sigv4", "refreshToken": format!("{REFRESH_TOKEN}{arn}"), "idToken": "kept",
        "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": DPOP_KEY,
    });
    env.write(&format!(".aws/login/cache/{}.json", hex(&Sha256::digest(arn))), session.to_string())
}

/// A role's session under the name that botocore makes of RoleArn and SerialNumber of the profile `mfa`.
fn cached_by_the_aws_cli(env: &TestEnv) {
    let Issued { access_key_id, secret_access_key, session_token, expires } = env.aws().issue(BREAK_GLASS, 3600);
    let session = json!({ "Credentials": {
        "AccessKeyId": access_key_id, "SecretAccessKey": secret_access_key, "SessionToken": session_token,
        "Expiration": expires.to_string(),
    }});
    env.write(".aws/cli/cache/639c79f399a4a32863a6dd77f8920b7748f1c128.json", session.to_string());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
