//! Faults R1, R3 and R6 of the sessions that are kept in files: killed, no room, read while they are written.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
};

use awsenv::core::kept::Kept;

use crate::support::{Run, TestEnv, tool};

/// System calls that change files, or end a change of one.
const CALLS: &str = "openat,write,unlink,unlinkat,rename,renameat,renameat2,flock,fchmod,mkdir";
/// Kills to be survived.
const KILLS: usize = 200;
const EXEC: &[&str] = &["exec", "deploy", "--", "true"];

fn env() -> TestEnv {
    let env = TestEnv::demo();
    let role = "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging\nregion = eu-west-1";
    env.profile("deploy", role);
    env.settings("\n[sessions]\ncache = \"file\"\n");
    env
}

fn folder(env: &TestEnv) -> PathBuf {
    env.home().join(".cache/awsenv/sessions")
}

/// Every file of the folder but the lock.
fn files(env: &TestEnv) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder(env)) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("lock")).collect()
}

/// The files of sessions, each of which must be whole; those that are none yet, by their number.
fn whole(env: &TestEnv) -> (usize, usize) {
    let (sessions, left): (Vec<_>, Vec<_>) =
        files(env).into_iter().partition(|path| path.extension().is_some_and(|ending| ending == "json"));
    for path in &sessions {
        let bytes = fs::read(path).unwrap();
        assert!(Kept::decode_any(&bytes).is_some(), "{}: {} bytes", path.display(), bytes.len());
    }
    (sessions.len(), left.len())
}

fn traced(env: &TestEnv, strace: &Path, options: &[&str], arguments: &[&str]) -> Command {
    let mut command = env.command(strace);
    command.args(["-f", "-qq"]).args(options).arg(env!("CARGO_BIN_EXE_awsenv")).args(arguments);
    command
}

/// How often each call is made in an undisturbed run, and by when nothing of the folder is touched any more.
fn counts(env: &TestEnv, strace: &Path, arguments: &[&str]) -> BTreeMap<String, usize> {
    let log = env.home().join("trace");
    let text = log.to_string_lossy().into_owned();
    let run: Run =
        traced(env, strace, &["-e", &format!("trace={CALLS}"), "-o", &text], arguments).output().unwrap().into();
    run.exits(0);
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(&log).unwrap().lines() {
        let call = line.split_whitespace().nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
        if CALLS.split(',').any(|known| known == call) {
            *counts.entry(call.to_owned()).or_insert(0) += 1;
        }
    }
    fs::remove_file(log).unwrap();
    counts
}

#[test]
fn p8_a_kill_at_any_moment_leaves_whole_sessions_and_the_next_writer_clears_up() {
    let Some(strace) = tool("strace") else { return };
    let env = env();
    let (mut kills, mut most_left) = (0, 0);
    while kills < KILLS {
        for arguments in [EXEC, &["logout", "--all"]] {
            env.run(EXEC).exits(0);
            let again = if arguments == EXEC { &["logout", "--all"][..] } else { EXEC };
            env.run(again).exits(0);
            for (call, count) in counts(&env, &strace, arguments) {
                for when in 1..=count {
                    env.run(again).exits(0);
                    let inject = format!("inject={call}:signal=KILL:when={when}");
                    let options = ["-e", &format!("trace={call}"), "-e", &inject, "-o", "/dev/null"];
                    let run: Run = traced(&env, &strace, &options, arguments).output().unwrap().into();
                    kills += usize::from(run.signal == Some(9) || run.code == Some(137));
                    most_left = most_left.max(whole(&env).1);
                }
            }
            env.run(&["exec", "deploy", "--session-name", "next", "--", "true"]).exits(0);
            assert_eq!(whole(&env).1, 0, "one clean write removes what is left");
        }
    }
    println!("{kills} kills while sessions are kept and removed: 0 damaged; at most {most_left} files left");
}

#[test]
fn p4_what_a_killed_writer_left_goes_with_logout_too() {
    let env = env();
    env.run(EXEC).exits(0);
    let secret = fs::read(files(&env).remove(0)).unwrap();
    env.write(".cache/awsenv/sessions/.0123.jsonAbCdEf.awsenv-new", secret);
    assert_eq!(whole(&env), (1, 1));
    env.run(&["logout", "--all"]).exits(0).says("1 kept session removed");
    assert_eq!(files(&env), Vec::<PathBuf>::new());
}

#[test]
fn p8_a_refused_call_costs_the_session_and_leaves_no_file() {
    let Some(strace) = tool("strace") else { return };
    let env = env();
    let mut refused = 0;
    for (call, error) in [("rename", "ENOSPC"), ("rename", "EIO"), ("flock", "ENOLCK"), ("mkdir", "ENOSPC")] {
        env.run(&["logout", "--all"]).exits(0);
        let count = counts(&env, &strace, EXEC).get(call).copied().unwrap_or_default();
        for when in 1..=count {
            env.run(&["logout", "--all"]).exits(0);
            let inject = format!("inject={call}:error={error}:when={when}");
            let options = ["-e", &format!("trace={call}"), "-e", &inject, "-o", "/dev/null"];
            let run: Run = traced(&env, &strace, &options, EXEC).output().unwrap().into();
            run.exits(0);
            assert_eq!(whole(&env).1, 0, "{call} {when} {error}");
            refused += 1;
        }
    }
    println!("{refused} refused calls while sessions are kept: 0 damaged, 0 files left, every command ran");
}

#[test]
fn p8_readers_see_whole_sessions_while_others_write() {
    let env = env();
    env.run(EXEC).exits(0);
    let reads = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..15 {
                        env.sh("eval \"$(awsenv use deploy --shell sh)\" && awsenv renew --shell sh >/dev/null")
                            .exits(0);
                    }
                })
            })
            .collect();
        let mut reads = 0;
        while !writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let listed = env.run(&["sessions", "--json"]).exits(0).stdout;
            let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
            assert!(listed.as_array().is_some_and(|sessions| !sessions.is_empty()), "{listed}");
            reads += 1;
        }
        reads
    });
    println!("{reads} lists while two others renew: each whole");
}

#[test]
fn p1_a_session_of_another_account_than_its_roles_is_not_believed() {
    let env = env();
    env.run(EXEC).exits(0);
    let file = files(&env).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    // A hand that changes who STS is said to have answered, consistently.
    let claim = text.split("\"verified\":").nth(1).unwrap();
    let swapped = text.replace(claim, &claim.replace("444455556666", "111122223333"));
    assert_ne!(text, swapped);
    fs::write(&file, swapped).unwrap();
    let run = env.run(&["exec", "deploy", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"]);
    assert_ne!(run.stdout, "111122223333\n", "{}", run.stderr);
}

#[test]
fn p1_a_session_in_the_place_of_another_or_of_another_user_is_a_miss() {
    let env = env();
    let role = "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging";
    env.profile("named", &format!("{role}\nrole_session_name = other"));
    let who = |profile: &str| {
        let run = env.run(&["exec", profile, "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID $AWSENV_ARN"]).exits(0).stdout;
        run.trim().split_once(' ').map(|(id, arn)| (id.to_owned(), arn.to_owned())).unwrap()
    };
    let before = ["deploy", "named"].map(who);
    assert_eq!(["deploy", "named"].map(who), before, "both are kept");
    let kept = files(&env);
    let [one, other] = kept.as_slice() else { panic!("{kept:?}") };
    let (bytes, others) = (fs::read(one).unwrap(), fs::read(other).unwrap());
    fs::write(one, &others).unwrap();
    fs::write(other, &bytes).unwrap();
    let after = ["deploy", "named"].map(who);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after.1, before.1);
        assert_ne!(after.0, before.0, "it is asked for again");
    }
    // What another user put there is his, whatever its mode is.
    if rustix::process::geteuid().is_root() {
        files(&env).iter().for_each(|file| chown(file, Some(65534), None).unwrap());
        assert_ne!(who("deploy").0, after[0].0);
    }
}
