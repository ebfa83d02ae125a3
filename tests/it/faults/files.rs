//! Faults R18 and R19: what is no text in the environment and in files; profiles that lead in a circle, or too far.

use std::{ffi::OsStr, fmt::Write, fs, os::unix::ffi::OsStrExt, path::Path};

use super::home;
use crate::support::{
    Run, TestEnv, files_below,
    vault::{PASSPHRASE, SECRET, TestVault, fed},
};

/// A stack, in KiB, on which nothing can call itself once for each link. Without optimisation clap alone takes more than 256.
const STACK: u32 = if cfg!(debug_assertions) { 768 } else { 256 };

/// Each verb on a profile.
const VERBS: [&str; 4] =
    ["use PROFILE --shell sh", "credential-process PROFILE", "login PROFILE --device-code", "list"];

/// Runs each verb on this profile, on a small stack.
fn each(env: &TestEnv, profile: &str, check: impl Fn(&str, Run, String)) {
    for verb in VERBS {
        let script = format!("ulimit -s {STACK}; exec awsenv {}", verb.replace("PROFILE", profile));
        let run: Run = env.command("bash").args(["-c", &script]).output().unwrap().into();
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        check(verb, run, said);
    }
}

#[test]
fn r19_a_circle_of_profiles_is_named_link_by_link() {
    let env = home();
    for (name, next) in [("a", "b"), ("b", "c"), ("c", "b")] {
        env.profile(name, &format!("role_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = {next}"));
    }
    each(&env, "a", |verb, run, said| {
        if verb == "list" {
            assert_eq!(run.code, Some(0), "{said}");
            return assert!(run.stdout.contains("deploy") && run.stdout.contains("circle"), "{}", run.stdout);
        }
        assert_eq!(run.code, Some(2), "{verb}: {said}");
        assert!(said.contains("goes round in a circle: b (") && said.contains("→ b (profile-cycle)"), "{verb}: {said}");
    });
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn r19_a_chain_without_end_is_refused_on_a_small_stack() {
    let env = home();
    let mut config = String::new();
    for link in 0..10_000 {
        let role = "role_arn = arn:aws:iam::111122223333:role/Admin";
        writeln!(config, "[profile p{link}]\n{role}\nsource_profile = p{}", link + 1).unwrap();
    }
    env.append(".aws/config", config);
    each(&env, "p0", |verb, run, said| {
        if verb == "list" {
            assert_eq!(run.code, Some(0), "{said}");
            return assert!(run.stdout.contains("p9999"), "{}", run.stdout.len());
        }
        assert_eq!(run.code, Some(2), "{verb}: {said}");
        assert!(said.contains("(chain-too-long)"), "{verb}: {said}");
    });
    assert_eq!(env.aws().requests(), []);
}

/// What is no text, and no name: a NUL byte, bytes that are no UTF-8, and a sequence that sets a terminal's title.
const BAD: &[u8] = b"a\0b\xff\xfe\x1b]0;x\x07";

/// Verbs that get, keep or use credentials, with the passphrase on descriptor 3 and keys on standard input.
const CREDENTIAL_VERBS: [&str; 10] = [
    "use staging --shell sh",
    "exec staging -- true",
    "credential-process staging",
    "export staging --format json",
    "whoami staging",
    "list",
    "login corp --device-code",
    "sync sso corp --yes",
    "account set 444455556666 --class staging",
    "add new --stdin --passphrase-fd 3",
];

/// Runs a verb; it ends by itself, with an exit code that is documented, and nothing raw is on the terminal.
#[track_caller]
fn ends_well(env: &TestEnv, verb: &str, variables: &[&str], value: &OsStr) -> Run {
    let mut command = env.command("sh");
    command.args(["-c", &format!("exec awsenv {verb} 3<passphrase")]).envs(variables.iter().map(|name| (*name, value)));
    let run = fed(command, &format!("AKIADEMOVAULTED77777\n{SECRET}\n"));
    assert!(run.code.is_some_and(|code| code < 100), "{verb} with {variables:?}: {run:?}");
    assert!(!run.stderr.contains("internal error"), "{verb}: {}", run.stderr);
    assert!(!run.stderr.contains(['\0', '\x07']) && !run.stderr.contains("\x1b]"), "{verb}: {:?}", run.stderr);
    run
}

fn with_vault() -> TestEnv {
    let env = home();
    TestVault::make(&env);
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    env
}

/// Variables that are read, in groups in which none hides another.
const VARIABLES: [&[&str]; 6] = [
    &["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"],
    &["XDG_RUNTIME_DIR", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWSENV_CONTEXT", "AWSENV_SAVED", "AWSENV_PREVIOUS"],
    &["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"],
    &["AWS_REGION", "AWS_CA_BUNDLE", "HTTPS_PROXY", "NO_PROXY", "AWSENV_AGENT"],
    &["AWS_ENDPOINT_URL"],
    &["BROWSER", "SSH_CONNECTION", "DISPLAY", "LANG", "TERM", "COLUMNS", "NO_COLOR", "AWSENV_OPT_MODE"],
];

#[test]
fn r18_a_variable_that_is_no_text_stops_no_verb_in_the_middle() {
    let bad = OsStr::from_bytes(&BAD[3..]);
    let env = with_vault();
    for verb in CREDENTIAL_VERBS {
        for variables in VARIABLES {
            ends_well(&env, verb, variables, bad);
        }
    }
    assert!(!env.home().join(bad).exists(), "a relative path is no place to write to");
}

/// Puts something in front of, behind, or in the place of a file's text.
fn damage(env: &TestEnv, file: &str, text: &[u8]) -> Vec<u8> {
    let path = env.home().join(file);
    let before = fs::read(&path).unwrap_or_default();
    env.write(file, [&before, text].concat());
    before
}

#[test]
fn r18_a_file_that_is_no_text_stops_no_verb_in_the_middle_and_is_left_as_it_is() {
    let env = with_vault();
    let config =
        [&b"\n[profile "[..], BAD, b"]\nregion = ", BAD, b"\n", BAD, b"\n[sso-session ", BAD, b"]\nsso_region = x\n"];
    let token = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
    for (file, text) in [
        (".aws/config", config.concat()),
        (".aws/credentials", [b"\n[", BAD, b"]\naws_access_key_id = ", BAD, b"\n"].concat()),
        (".config/awsenv.toml", [b"\nx = \"", BAD, b"\"\n"].concat()),
        (token, BAD.to_vec()),
        (".cache/awsenv/accounts.json", BAD.to_vec()),
        (".local/state/awsenv/recent.json", BAD.to_vec()),
        (".local/share/awsenv/vault", BAD.to_vec()),
    ] {
        for verb in CREDENTIAL_VERBS {
            let before = damage(&env, file, &text);
            let damaged = fs::read(env.home().join(file)).unwrap();
            let run = ends_well(&env, verb, &[], OsStr::new(""));
            let after = fs::read(env.home().join(file)).unwrap();
            // The user's own files hold the damage still, whatever was added; what awsenv makes for itself may be made anew.
            let is_users = [".aws/config", ".aws/credentials", ".config/awsenv.toml", ".local/share/awsenv/vault"];
            let kept = after == damaged || run.code == Some(0) && contains(&after, &text);
            assert!(!is_users.contains(&file) || kept, "{file} after {verb}");
            env.write(file, before);
        }
    }
    let left: Vec<_> = files_below(env.home()).into_iter().filter(|(path, _)| is_unfinished(path)).collect();
    assert_eq!(left, []);
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn is_unfinished(path: &Path) -> bool {
    path.to_string_lossy().ends_with("awsenv-new")
}
