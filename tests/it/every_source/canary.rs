//! Promise P4, source by source: what each holds and gives is in no stream, file, argument or core, whatever is switched on.

use std::{fs, path::Path};

use awsenv::demo::{Failure, Outcome};

use super::{
    ROWS,
    home::{CONTAINER_TOKEN, DPOP_KEY, DUE_LOGIN, REFRESH_TOKEN, SSO_TOKEN, VAULT_SECRET, WEB_TOKEN, sign_in},
    with_keys,
};
use crate::support::{Run, TestEnv, assert_no_secret, files_below, tool, wait};

/// Whatever speaks more than usual where it is set.
const TALKATIVE: [(&str, &str); 5] = [
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("AWS_DEBUG", "true"),
    ("AWS_SDK_LOG", "trace"),
    ("SMITHY_LOG", "trace"),
];

fn env() -> TestEnv {
    let mut env = with_keys();
    for (name, value) in TALKATIVE {
        env.set(name, value);
    }
    env
}

/// Everything that must not be seen: what the files hold, and what the fake AWS knows and has given out.
fn secrets(env: &TestEnv) -> Vec<String> {
    let own = [WEB_TOKEN, SSO_TOKEN, CONTAINER_TOKEN, REFRESH_TOKEN, VAULT_SECRET];
    let key = DPOP_KEY.lines().filter(|line| !line.starts_with('-'));
    own.into_iter().chain(key).map(str::to_owned).chain(env.aws().secrets()).collect()
}

/// Where a source keeps its own, below the home.
fn is_a_source(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let places = [
        ".aws/credentials",
        ".aws/sso/cache/",
        ".aws/login/cache/",
        ".aws/cli/cache/",
        "-token",
        "process.json",
        "/passphrase",
    ];
    places.iter().any(|place| name.contains(place))
}

#[track_caller]
fn nothing_leaks(env: &TestEnv, what: &str, run: &Run, stdout_too: bool) {
    let secrets = secrets(env);
    assert_no_secret(&secrets, &format!("standard error of {what}"), run.stderr.as_bytes());
    if stdout_too {
        assert_no_secret(&secrets, &format!("standard output of {what}"), run.stdout.as_bytes());
    }
    for (path, content) in files_below(env.home()) {
        if !is_a_source(&path) {
            assert_no_secret(&secrets, &format!("{} after {what}", path.display()), &content);
        }
    }
}

/// Each verb with each source, under strace: the arguments of all programs that are started are in its log, in the home.
#[test]
fn p4_each_source_keeps_its_secrets_in_every_verb() {
    let Some(strace) = tool("strace") else { return };
    let env = env();
    for row in ROWS {
        for (verb, rest, shows) in [
            ("use", "--shell bash", true),
            ("exec", "-- true", false),
            ("credential-process", "", true),
            ("whoami", "", false),
        ] {
            let script = format!("exec awsenv --debug {verb} {} {} {rest}", row.profile, row.more);
            let mut command = env.command(&strace);
            command.args(["-f", "-qq", "-s", "65536", "-e", "trace=execve", "-o", "execve.log", "bash", "-c", &script]);
            let run = Run::from(command.output().expect("strace starts")).exits(0);
            nothing_leaks(&env, &script, &run, !shows);
            let log = fs::read_to_string(env.home().join("execve.log")).unwrap();
            assert!(log.contains("execve("), "the arguments are looked at: {log}");
        }
    }
    for verb in [&["list"][..], &["list", "--json"], &["sessions"]] {
        let run = env.run(&[&["--debug"], verb].concat()).exits(0);
        nothing_leaks(&env, &verb.join(" "), &run, true);
    }
}

/// What each source is asked by, and STS itself, fails in every way.
#[test]
fn p4_no_failure_of_a_source_shows_a_secret() {
    let env = env();
    let operations = [
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "GetSessionToken",
        "GetRoleCredentials",
        "ContainerCredentials",
        "MetadataToken",
        "MetadataCredentials",
        "CreateOAuth2Token",
        "GetCallerIdentity",
    ];
    let outcomes = [
        Outcome::Garbage,
        Outcome::Body { status: 200, body: "{\"AccessKeyId\": 7, \"SecretAccessKey\"".to_owned() },
        Outcome::Error { status: 403, code: "AccessDenied".to_owned(), message: "no".to_owned() },
    ];
    for outcome in outcomes {
        sign_in(&env, DUE_LOGIN, -60);
        env.aws().change(|scenario| scenario.failures.clear());
        operations.iter().for_each(|operation| env.aws().fail(Failure::of(operation, outcome.clone())));
        for row in ROWS {
            let script = format!("awsenv --debug use {} --shell bash {}", row.profile, row.more);
            let run = Run::from(env.command("bash").args(["-c", &script]).output().expect("bash starts"));
            assert_ne!(run.code, Some(0), "{row:?} with {outcome:?}");
            nothing_leaks(&env, &script, &run, true);
        }
    }
}

/// A process that holds a source's secrets is ended by a signal that leaves a core, where one may be left.
#[test]
fn p4_no_core_is_left() {
    let env = env();
    let crash = |command: &str| format!("cd cores; ulimit -c unlimited || exit 77; {command}");
    fs::create_dir(env.home().join("cores")).unwrap();
    let cores = || files_below(&env.home().join("cores")).len();
    let control = env.command("bash").args(["-c", &crash("sh -c 'kill -ABRT $$'; true")]).output().unwrap();
    if control.status.code() == Some(77) || cores() == 0 {
        eprintln!("left out: this system leaves no core files in the working directory");
        return;
    }
    let controls = cores();
    env.aws().fail(Failure::late("GetCallerIdentity", 120_000));
    for (number, row) in ROWS.iter().filter(|row| row.more.is_empty() && row.profile != "mfa").enumerate() {
        let script = crash(&format!("exec awsenv use {} --shell bash {}", row.profile, row.more));
        let mut command = env.command("bash");
        let child = command.args(["-c", &script]).stdout(std::process::Stdio::null()).spawn().unwrap();
        let asked = || {
            let requests = env.aws().requests();
            requests.iter().filter(|request| request.operation == "GetCallerIdentity").count() > number
        };
        wait("STS is asked", &true, asked);
        let pid = child.id().to_string();
        assert!(env.command("kill").args(["-ABRT", &pid]).status().unwrap().success());
        let run = Run::from(child.wait_with_output().unwrap());
        assert!(run.signal.is_some() || run.code == Some(134), "{row:?}: {run:?}");
        assert_eq!(cores(), controls, "{row:?}");
    }
}
