//! `awsenv login` and `logout`: signing in to Identity Center, in a browser that the tests play.

mod browser;
pub(crate) mod cache;
mod clients;
mod hostile;
mod now;

mod terminal;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};

use awsenv::demo::{Consent, Recorded};

use crate::support::{TestEnv, files_below};

/// sha1("corp").json: the file of the AWS CLI's.
pub(crate) const TOKEN: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const START: &str = "https://acme.awsapps.com/start";

/// The demo's accounts, a session `corp`, a profile of it, and one of the older form.
pub(crate) fn env() -> TestEnv {
    let env = TestEnv::demo();
    env.profile("developer", "sso_session = corp\nsso_account_id = 444455556666\nsso_role_name = Developer");
    let legacy = format!("sso_start_url = {START}\nsso_region = eu-west-1");
    env.profile("legacy", &format!("{legacy}\nsso_account_id = 444455556666\nsso_role_name = Developer"));
    env.profile("on-top", "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = developer");
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.write(
        ".aws/config",
        format!("{config}\n[sso-session corp]\n{legacy}\nsso_registration_scopes = sso:account:access\n"),
    );
    env
}

/// The same with a browser, which the test plays: it is told the address in a file.
fn with_browser() -> TestEnv {
    let mut env = env();
    let script = "#!/bin/sh\nenv > \"$HOME/browser.env\"\nprintf '%s\\n' \"$#\" \"$1\" > \"$HOME/new\"\nmv \"$HOME/new\" \"$HOME/opened\"\n";
    let browser = env.write("browser", script);
    fs::set_permissions(&browser, PermissionsExt::from_mode(0o700)).unwrap();
    env.set("BROWSER", browser.to_str().unwrap());
    env
}

fn consent(env: &TestEnv, change: impl FnOnce(&mut Consent)) {
    env.aws().change(|scenario| change(&mut scenario.consent));
}

/// The requests to these operations.
fn requests(env: &TestEnv, operation: &str) -> Vec<Recorded> {
    env.aws().requests().into_iter().filter(|request| request.operation == operation).collect()
}

/// The token's file.
fn token(env: &TestEnv) -> serde_json::Value {
    serde_json::from_slice(&fs::read(env.home().join(TOKEN)).expect("somebody is signed in")).expect("it is JSON")
}

fn is_signed_in(env: &TestEnv) -> bool {
    env.home().join(TOKEN).exists()
}

/// What a browser gets from `http://127.0.0.1:PORT/…`: the status, and where it is sent on to.
fn get(url: &str) -> (u16, Option<String>) {
    let rest = url.strip_prefix("http://").expect("it is on this machine");
    let (host, path) = rest.split_once('/').expect("it has a path");
    request(host, &format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
}

/// Opens the page as the user who consents, and gives where it leads.
fn consented(url: &str) -> String {
    let (status, location) = get(url);
    assert_eq!(status, 302, "{url}");
    location.expect("it leads back")
}

fn request(host: &str, text: &str) -> (u16, Option<String>) {
    let Ok(mut connection) = TcpStream::connect(host) else { return (0, None) };
    let mut answer = String::new();
    if connection.write_all(text.as_bytes()).and_then(|()| connection.read_to_string(&mut answer)).is_err() {
        return (0, None);
    }
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).map(str::to_owned);
    (status, location)
}

fn cache_files(env: &TestEnv) -> Vec<PathBuf> {
    files_below(&env.home().join(".aws/sso/cache")).into_iter().map(|(path, _)| path).collect()
}
