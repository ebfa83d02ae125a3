//! Two at once, killed in the middle, no room: the file is the old or the new one, never anything else.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio};

use sha1::{Digest, Sha1};

use super::{CACHE, SESSION, TWO, block, config, home, sync, two};
use crate::support::{Run, TestEnv, tool};

/// System calls that change files, or end a change of one.
const CALLS: &str = "write,fsync,rename,renameat,unlink,flock,ftruncate,fchmod,mkdir,close";

/// What the file holds before.
fn old() -> String {
    format!("# mine\n{SESSION}[profile own]\nregion = eu-west-1\n")
}

fn new() -> String {
    format!("{}\n{}", old(), block(&two()))
}

fn traced(env: &TestEnv, strace: &Path, options: &[&str]) -> Run {
    let mut command = env.command(strace);
    command.args(["-f", "-qq"]).args(options).arg(env!("CARGO_BIN_EXE_awsenv")).args(["sync", "sso", "--yes"]);
    command.output().expect("strace starts").into()
}

/// How often each call is made in an undisturbed run.
fn counts(env: &TestEnv, strace: &Path) -> BTreeMap<String, usize> {
    let log = env.home().join("trace");
    traced(env, strace, &["-e", &format!("trace={CALLS}"), "-o", &log.to_string_lossy()]).exits(0);
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(&log).expect("strace wrote").lines() {
        let call = line.split_whitespace().nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
        if CALLS.split(',').any(|known| known == call) {
            *counts.entry(call.to_owned()).or_insert(0) += 1;
        }
    }
    counts
}

/// New files beside the config that were not renamed.
fn left(env: &TestEnv) -> usize {
    let files = fs::read_dir(env.home().join(".aws")).expect("the folder is read");
    files
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with("-new")))
        .count()
}

#[test]
fn p8_a_kill_at_any_moment_leaves_the_old_or_the_new_config() {
    let Some(strace) = tool("strace") else { return };
    let env = home(&TWO);
    env.write(".aws/config", old());
    let counts = counts(&env, &strace);
    assert_eq!(config(&env), new());
    let (mut kills, mut was_old) = (0, 0);
    for (call, count) in counts {
        // The first calls of that kind belong to the start of the program.
        for when in 1..=count {
            env.write(".aws/config", old());
            let inject = format!("inject={call}:signal=KILL:when={when}");
            let run = traced(&env, &strace, &["-e", &format!("trace={call}"), "-e", &inject, "-o", "/dev/null"]);
            let now = config(&env);
            assert!(now == old() || now == new(), "{call} {when}: {now}");
            if run.signal == Some(9) || run.code == Some(137) {
                kills += 1;
                was_old += usize::from(now == old());
            }
        }
    }
    assert!(kills > 20, "{kills}");
    assert!(0 < was_old && was_old < kills, "{was_old} of {kills}");
    println!("{kills} kills: {was_old} times the old config, {} times the new, 0 damaged", kills - was_old);
    sync(&env, &["--yes"]).exits(0);
    assert_eq!(config(&env), new());
}

#[test]
fn p8_a_full_disk_leaves_the_old_config_and_no_file() {
    let Some(strace) = tool("strace") else { return };
    let env = home(&TWO);
    env.write(".aws/config", old());
    let counts = counts(&env, &strace);
    let mut injections = 0;
    for (call, error) in
        [("write", "ENOSPC"), ("write", "EIO"), ("fsync", "EIO"), ("rename", "ENOSPC"), ("fchmod", "EPERM")]
    {
        for when in 1..=counts.get(call).copied().unwrap_or_default() {
            env.write(".aws/config", old());
            let inject = format!("inject={call}:error={error}:when={when}");
            let run = traced(&env, &strace, &["-e", &format!("trace={call}"), "-e", &inject, "-o", "/dev/null"]);
            injections += 1;
            let now = config(&env);
            if run.code == Some(0) {
                assert_eq!(now, new(), "{call} {when} {error}");
            } else {
                assert!(now == old() || (now == new() && call == "write"), "{call} {when} {error}: {now}");
            }
            assert_eq!(left(&env), 0, "{call} {when} {error}");
        }
    }
    assert!(injections > 5, "{injections}");
}

#[test]
fn p8_two_syncs_at_once_write_one_block() {
    let env = home(&TWO);
    for _ in 0..10 {
        env.write(".aws/config", old());
        let start =
            || env.awsenv(&["sync", "sso", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut both: Vec<_> = (0..4).map(|_| start()).collect();
        for child in &mut both {
            assert!(child.wait().unwrap().success());
        }
        assert_eq!(config(&env), new());
    }
}

#[test]
fn p8_syncs_of_two_sessions_at_once_lose_neither_block() {
    let env = home(&TWO);
    let old = format!("{}{}", old(), SESSION.replace("corp]", "other]"));
    let name: String = Sha1::digest("other").iter().map(|byte| format!("{byte:02x}")).collect();
    env.write(&format!(".aws/sso/cache/{name}.json"), fs::read(env.home().join(CACHE)).expect("it is there"));
    let start = |session: &str| {
        let arguments = ["sync", "sso", session, "--yes", "--template", "{session}-{account_id}-{role}"];
        env.awsenv(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("awsenv starts")
    };
    for _ in 0..10 {
        env.write(".aws/config", &old);
        let mut both = [start("corp"), start("other")];
        for child in &mut both {
            assert!(child.wait().expect("awsenv ends").success());
        }
        let now = config(&env);
        assert!(now.starts_with(&old), "{now}");
        for session in ["corp", "other"] {
            assert_eq!(now.matches(&format!("# <<< awsenv sync sso {session} <<<\n")).count(), 1, "{now}");
            assert_eq!(now.matches(&format!("\nsso_session = {session}\n")).count(), 2, "{now}");
        }
    }
}
