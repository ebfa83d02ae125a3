//! The two ways to sign in, and out.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Stdio},
};

use awsenv::demo::Failure;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    START, TOKEN, cache_files, consent, consented, env, get, is_signed_in, request, requests, token, with_browser,
};
use crate::support::{Run, TestEnv, assert_no_secret, files_below, tool, wait};

/// A sign-in that waits for its browser.
struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
    url: String,
}

fn start(env: &TestEnv, arguments: &[&str]) -> Waiting {
    let mut command = env.awsenv(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("awsenv starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut said = String::new();
    let url = loop {
        let mut line = String::new();
        assert!(stderr.read_line(&mut line).expect("it is text") > 0, "it ended: {said}");
        said.push_str(&line);
        if let Some(url) = line.trim().strip_prefix("http") {
            break format!("http{url}");
        }
    };
    Waiting { child, stderr, said, url }
}

impl Waiting {
    fn ends(mut self) -> Run {
        self.stderr.read_to_string(&mut self.said).expect("it is text");
        let output = self.child.wait_with_output().expect("it ends");
        Run { stderr: self.said, ..output.into() }
    }
}

/// The addresses that the port is open on, as the system has them.
fn listens(table: &str, port: u16) -> Vec<String> {
    const LISTENING: &str = "0A";
    let Ok(table) = fs::read_to_string(table) else { return Vec::new() };
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let open = rows.filter(|row| row[3] == LISTENING).filter_map(|row| row[1].split_once(':'));
    open.filter(|(_, at)| *at == format!("{port:04X}")).map(|(address, _)| address.to_owned()).collect()
}

#[test]
fn the_browser_signs_in_and_every_profile_works() {
    let env = with_browser();
    env.run(&["exec", "developer", "--", "true"]).exits(5).says("Sign in with `awsenv login corp`");
    let waiting = start(&env, &["login", "corp"]);
    let opened = env.home().join("opened");
    wait("the browser is started", &true, || opened.exists());
    let told = fs::read_to_string(&opened).unwrap();
    assert_eq!(told, format!("1\n{}\n", waiting.url), "one argument, the address that is shown");
    assert_eq!(get(&consented(&waiting.url)).0, 200);
    let run = waiting.ends().exits(0).says("signed in to sso-session `corp` at https://acme.awsapps.com/start");
    assert_eq!(run.stdout, "");
    // The AWS CLI's fields, in its file, for the owner alone.
    let token = token(&env);
    let mut fields: Vec<&str> = token.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let expected = [
        "accessToken",
        "clientId",
        "clientSecret",
        "expiresAt",
        "refreshToken",
        "region",
        "registrationExpiresAt",
        "startUrl",
    ];
    assert_eq!(fields, expected);
    assert_eq!((&token["startUrl"], &token["region"]), (&START.into(), &"eu-west-1".into()));
    for file in cache_files(&env) {
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&file).unwrap());
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    env.run(&["exec", "developer", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"]).exits(0).says("4444-5555-6666");
    // The client is registered once.
    let again = start(&env, &["login", "developer"]);
    assert_eq!(get(&consented(&again.url)).0, 200);
    again.ends().exits(0);
    assert_eq!(requests(&env, "RegisterClient").len(), 1);
    assert_eq!(requests(&env, "CreateToken").len(), 2);
    let asked = &requests(&env, "RegisterClient")[0].parameters;
    assert_eq!(asked["grantTypes"], r#"["authorization_code","refresh_token"]"#);
    assert_eq!(asked["redirectUris"], r#"["http://127.0.0.1/oauth/callback"]"#);
    assert_eq!(asked["issuerUrl"], START);
}

#[test]
fn p4_nothing_secret_of_a_sign_in_is_seen() {
    let mut env = with_browser();
    for (name, value) in [("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "t"), ("AWSENV_CONTEXT", "c")] {
        env.set(name, value);
    }
    let waiting = start(&env, &["--debug", "login", "corp"]);
    wait("the browser is started", &true, || env.home().join("opened").exists());
    let arguments = fs::read(format!("/proc/{}/cmdline", waiting.child.id())).unwrap();
    get(&consented(&waiting.url));
    let run = waiting.ends().exits(0);
    let seen = fs::read_to_string(env.home().join("browser.env")).unwrap();
    assert!(!seen.contains("AWS"), "{seen}");
    env.run(&["logout", "corp"]).exits(0);
    let device = env.run(&["--debug", "login", "corp", "--device-code", "--no-browser"]).exits(0);
    let used = env.run(&["--debug", "exec", "developer", "--", "true"]).exits(0);
    let secrets = env.aws().secrets();
    let what = ["access", "refresh", "client-secret", "device-code", "authorization-code"];
    for what in what {
        assert!(secrets.iter().any(|secret| secret.starts_with(&format!("fake-{what}-"))), "{what} is looked for");
    }
    assert_no_secret(&secrets, "the arguments", &arguments);
    for text in [&run.stdout, &run.stderr, &device.stdout, &device.stderr, &used.stderr, &seen] {
        assert_no_secret(&secrets, "what was said", text.as_bytes());
    }
    for (path, content) in files_below(env.home()) {
        if !path.starts_with(env.home().join(".aws")) {
            assert_no_secret(&secrets, &path.to_string_lossy(), &content);
        }
    }
}

#[test]
fn t12_wrong_callbacks_are_refused_and_the_right_one_counts_once() {
    let env = with_browser();
    let waiting = start(&env, &["login", "corp", "--no-browser"]);
    let back = consented(&waiting.url);
    let (host, path) = back.strip_prefix("http://").unwrap().split_once('/').unwrap();
    for number in 0..200 {
        let (line, host_header) = match number % 5 {
            0 => (format!("GET /oauth/callback?code=evil&state={number} HTTP/1.1"), host),
            1 => (format!("GET /{path}x HTTP/1.1"), host),
            2 => (format!("GET /x{path} HTTP/1.1"), host),
            3 => (format!("POST /{path} HTTP/1.1"), host),
            _ => (format!("GET /{path} HTTP/1.1"), "rebound.example"),
        };
        let text = format!("{line}\r\nHost: {host_header}\r\nOrigin: https://evil.example\r\n\r\n");
        assert_eq!(request(host, &text).0, 400, "{text}");
    }
    assert!(!is_signed_in(&env));
    let port: u16 = host.rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(listens("/proc/net/tcp", port), ["0100007F"], "T11: on 127.0.0.1 alone");
    assert_eq!(listens("/proc/net/tcp6", port), Vec::<String>::new());
    assert_eq!(get(&back).0, 200);
    let second = get(&back).0;
    assert!(second == 0 || second == 400, "{second}");
    waiting.ends().exits(0);
    assert!(!env.home().join("opened").exists(), "--no-browser opens none");
    assert_eq!(requests(&env, "CreateToken").len(), 1);
    assert_eq!(get(&back).0, 0, "the port is closed");
}

#[test]
fn t12_another_user_of_the_machine_cannot_sign_in_as_himself() {
    let Some(setpriv) = tool("setpriv").filter(|_| rustix::process::geteuid().is_root()) else { return };
    let env = with_browser();
    let waiting = start(&env, &["login", "corp", "--no-browser"]);
    // All that the browser's arguments would tell him.
    let back = consented(&waiting.url);
    let (host, path) = back.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (address, port) = host.split_once(':').unwrap();
    let send = format!(
        "exec 3<>/dev/tcp/{address}/{port}; printf 'GET /{path} HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n' >&3; head -n 1 <&3"
    );
    let mut command = env.command(&setpriv);
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "/bin/bash", "-c", &send]).current_dir("/");
    let refused: Run = command.output().expect("it starts").into();
    assert_eq!(refused.exits(0).stdout, "HTTP/1.1 403 Forbidden\r\n");
    assert!(!is_signed_in(&env));
    assert_eq!(get(&back).0, 200);
    waiting.ends().exits(0);
}

#[test]
fn a_code_is_confirmed_anywhere() {
    let env = env();
    consent(&env, |consent| consent.pending = 1);
    // No display and no browser: nobody could see a page that opens here.
    let run = env.run(&["login", "corp"]).exits(0).says("ABCD-EFGH").says("signed in to sso-session `corp`");
    assert!(run.stderr.contains("https://acme.example/start/#/device?user_code=ABCD-EFGH"), "{}", run.stderr);
    assert_eq!(requests(&env, "CreateToken").len(), 2);
    env.run(&["exec", "developer", "--", "true"]).exits(0);
}

#[test]
fn over_ssh_no_browser_is_opened() {
    let mut env = with_browser();
    env.set("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    env.run(&["login", "corp"]).exits(0).says("ABCD-EFGH");
    assert!(!env.home().join("opened").exists());
}

#[test]
fn the_older_form_signs_in_by_its_start_url() {
    let env = with_browser();
    env.run(&["exec", "legacy", "--", "true"]).exits(5).says("Sign in with `awsenv login legacy`");
    env.run(&["login", "legacy"]).exits(0).says("ABCD-EFGH").says("signed in to https://acme.awsapps.com/start");
    wait("the browser is started", &true, || env.home().join("opened").exists());
    env.run(&["exec", "legacy", "--", "true"]).exits(0);
    assert!(!is_signed_in(&env), "the session's sign-in is another one");
    let asked = &requests(&env, "RegisterClient")[0].parameters;
    assert_eq!(asked.get("scopes"), None);
}

#[test]
fn a_profile_leads_to_its_sign_in() {
    let env = env();
    env.profile("plain", "sso_session = corp");
    env.profile("corp", &format!("sso_start_url = {START}/other\nsso_region = eu-west-1"));
    for profile in ["on-top", "plain", "developer"] {
        env.run(&["login", profile]).exits(0).says("signed in to sso-session `corp`");
    }
    env.run(&["login"]).exits(0).says("signed in to sso-session `corp`");
    env.run(&["login", "corp"]).exits(2).says("`corp` is an sso-session and a profile of");
    env.run(&["login", "corp", "--sso-session"]).exits(0);
    env.run(&["login", "staging"]).exits(2).says("does not use Identity Center").says("The sso-sessions are corp.");
    env.run(&["login", "nobody"]).exits(2).says("there is no profile `nobody`");
}

#[test]
fn who_says_no_is_not_signed_in() {
    let env = with_browser();
    consent(&env, |consent| consent.denies = true);
    env.run(&["login", "corp", "--device-code"]).exits(5).says("was not allowed in the browser");
    let waiting = start(&env, &["login", "corp"]);
    get(&consented(&waiting.url));
    waiting.ends().exits(5).says("was not allowed in the browser");
    assert!(!is_signed_in(&env));
}

#[test]
fn a_code_that_nobody_confirms_ends() {
    let env = env();
    let polls = |change: fn(&mut awsenv::demo::Consent)| {
        let before = requests(&env, "CreateToken").len();
        consent(&env, change);
        env.run(&["login", "corp", "--device-code"]).exits(5).says("nobody signed in within the time there was");
        assert!(!is_signed_in(&env));
        requests(&env, "CreateToken").len() - before
    };
    assert_eq!(polls(|consent| (consent.device_seconds, consent.pending) = (2, 100)), 2);
    // Told to slow down, it asks no more within the two seconds: the next time would be after six.
    assert_eq!(polls(|consent| consent.slow_downs = 100), 1);
    // It is AWS that says that the code is over.
    env.aws().fail(Failure::error("CreateToken", 400, "ExpiredTokenException", "over"));
    assert_eq!(polls(|consent| consent.device_seconds = 600), 1);
}

#[test]
fn without_a_browser_the_address_is_enough() {
    let mut env = env();
    env.set("BROWSER", "/bin/false");
    let waiting = start(&env, &["login", "corp"]);
    get(&consented(&waiting.url));
    waiting.ends().exits(0);
    env.set("BROWSER", "no-such-browser");
    env.set("PATH", "/nonexistent");
    let waiting = start(&env, &["login", "corp"]);
    get(&consented(&waiting.url));
    waiting.ends().exits(0).says("no browser was opened: neither $BROWSER nor");
}

#[test]
fn a_signal_ends_the_wait() {
    let env = with_browser();
    let waiting = start(&env, &["login", "corp"]);
    kill_process(Pid::from_child(&waiting.child), Signal::INT).unwrap();
    assert_eq!(waiting.ends().signal, Some(2));
    assert!(!is_signed_in(&env));
}

#[test]
fn a_client_that_was_forgotten_registers_again() {
    let env = env();
    env.run(&["login", "corp"]).exits(0);
    for file in cache_files(&env).iter().filter(|file| !file.ends_with(TOKEN.rsplit('/').next().unwrap())) {
        let text = fs::read_to_string(file).unwrap().replace("fake-client-secret", "another-client-secret");
        fs::write(file, text).unwrap();
    }
    env.run(&["login", "corp"]).exits(0);
    assert_eq!(requests(&env, "RegisterClient").len(), 2);
}

#[test]
fn logging_out_ends_the_sign_in_there_and_here() {
    let env = env();
    env.settings("[sessions]\n");
    env.run(&["logout", "corp"]).exits(0).says("nobody is signed in to sso-session `corp`");
    env.run(&["login", "corp"]).exits(0);
    let kept = fs::read(env.home().join(TOKEN)).unwrap();
    env.run(&["logout", "developer"]).exits(0).says("signed out of sso-session `corp`");
    assert!(!is_signed_in(&env));
    assert_eq!(requests(&env, "Logout").len(), 1);
    // A copy of the token is worth nothing.
    env.write(TOKEN, kept);
    env.run(&["exec", "developer", "--", "true"]).exits(5).says("no longer accepts the sign-in");
    // What cannot be told is said, and done here all the same.
    env.run(&["login", "corp"]).exits(0);
    env.aws().fail(Failure::error("Logout", 400, "InvalidRequestException", "no"));
    env.run(&["logout", "corp"]).exits(0).says("Identity Center was not told").says("signed out of");
    assert!(!is_signed_in(&env));
}

#[test]
fn what_was_kept_of_a_sign_in_goes_with_it_whatever_its_profile_is_called_now() {
    let env = env();
    env.settings("\n[sessions]\ncache = \"file\"\n");
    env.run(&["login", "corp"]).exits(0);
    env.profile("deploy", "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging");
    for profile in ["on-top", "deploy"] {
        env.run(&["exec", profile, "--", "true"]).exits(0);
    }
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    let renamed = config.replace("profile developer]", "profile dev]").replace("profile on-top]", "profile top]");
    env.write(".aws/config", renamed.replace("source_profile = developer", "source_profile = dev"));
    // Its own session and that of the role on top of it; what starts elsewhere stays.
    env.run(&["logout", "corp"]).exits(0).says("2 kept sessions removed");
    let left = env.run(&["sessions"]).exits(0).stdout;
    assert!(left.contains("deploy") && !left.contains("developer"), "{left}");
}

#[test]
fn all_sign_ins_end_at_once() {
    let env = env();
    for name in ["corp", "legacy"] {
        env.run(&["login", name]).exits(0);
    }
    // What another tool keeps for another purpose stays.
    let other = env.write(
        ".aws/sso/cache/other.json",
        r#"{"accessToken":"x","expiresAt":"2099-01-01T00:00:00Z","scopes":["codewhisperer:completions"]}"#,
    );
    env.run(&["logout", "--all"]).exits(0).says("2 sign-ins removed").says("0 kept sessions removed");
    assert_eq!(requests(&env, "Logout").len(), 2);
    assert!(!is_signed_in(&env) && other.exists());
    env.run(&["exec", "legacy", "--", "true"]).exits(5).says("nobody is signed in");
}

#[test]
fn p4_settings_that_somebody_broke_keep_nobody_signed_in() {
    for arguments in [["logout", "corp"], ["logout", "--all"]] {
        let env = env();
        env.run(&["login", "corp"]).exits(0);
        env.settings("\nbroken = [");
        env.run(&arguments).exits(0);
        assert!(!is_signed_in(&env));
        assert_eq!(requests(&env, "Logout").len(), 1);
    }
}
