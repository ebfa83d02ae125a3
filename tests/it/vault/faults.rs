//! Faults R1 to R5 and R27: killed, no room, many at once. Each prints its figures.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use awsenv::vault::VaultError;

use super::ID;
use crate::support::{
    Run, TestEnv, tool,
    vault::{PASSPHRASE, SECRET, TestVault, fed, passphrase, run_with_passphrase},
};

/// System calls that change files, or end a change of one.
const CALLS: &str = "openat,write,fsync,link,linkat,unlink,unlinkat,rename,renameat,close,flock,ftruncate,fchmod,mkdir";
/// Kills to be survived.
const KILLS: usize = 500;

/// The verbs to disturb.
const CHANGES: [&[&str]; 5] = [
    &["add", "new", "--stdin"],
    &["rm", "old"],
    &["add", "old", "--stdin", "--replace"],
    &["import", "--from", "credentials", "source"],
    &["passwd", "--new-passphrase-fd", "4"],
];
/// What `passwd` changes the passphrase to.
const NEXT: &str = "another passphrase";

/// A verb of the vault; the passphrase is on descriptor 3, the next one on 4.
fn change(env: &TestEnv, arguments: &[&str]) -> Command {
    env.write("next", format!("{NEXT}\n"));
    let (verb, rest) = arguments.split_first().expect("there is a verb");
    let script = "exec awsenv \"$@\" 3<\"$HOME/passphrase\" 4<\"$HOME/next\"";
    let mut command = env.command("sh");
    command.args(["-c", script, "sh", verb, "--passphrase-fd", "3"]).args(rest);
    command
}

/// A command under strace.
fn traced(env: &TestEnv, strace: &Path, options: &[&str], arguments: &[&str]) -> Command {
    let inner = change(env, arguments);
    let mut command = env.command(strace);
    command.args(["-f", "-qq"]).args(options).arg(inner.get_program()).args(inner.get_args());
    command
}

/// How often each call is made by awsenv itself in an undisturbed run.
fn counts(env: &TestEnv, strace: &Path, arguments: &[&str]) -> BTreeMap<String, usize> {
    let log = env.home().join("trace");
    let log_text = log.to_string_lossy().into_owned();
    fed(traced(env, strace, &["-e", &format!("trace={CALLS}"), "-o", &log_text], arguments), &keys()).exits(0);
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(&log).expect("strace wrote").lines() {
        let call = line.split_whitespace().nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
        if CALLS.split(',').any(|known| known == call) {
            *counts.entry(call.to_owned()).or_insert(0) += 1;
        }
    }
    fs::remove_file(log).expect("the log is there");
    counts
}

fn keys() -> String {
    format!("{ID}\n{SECRET}\n")
}

fn vault_with_old(env: &TestEnv) -> TestVault {
    let vault = TestVault::make(env);
    for name in ["kept", "old"] {
        vault.add(name, ID, "before");
    }
    let section = |name: &str| format!("[{name}]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n");
    env.write("source", section("one") + &section("two"));
    vault
}

/// Files in the vault's folder that a writer left.
fn left(vault: &TestVault) -> Vec<PathBuf> {
    let folder = vault.vault.path().parent().expect("it is in a folder");
    let files = fs::read_dir(folder).expect("the folder is read").map(|entry| entry.expect("it is read").path());
    files.filter(|path| path.to_string_lossy().ends_with("-new")).collect()
}

/// The state of the vault, as far as the changes touch it: the names, what they hold, and which passphrase opens it.
fn state(vault: &TestVault) -> Vec<(String, String)> {
    let (content, opens) = match vault.vault.content(&vault.unlocked) {
        Err(VaultError::Changed) => {
            let unlocked = vault.vault.unlock(&passphrase(NEXT)).expect("the next passphrase opens it");
            (vault.vault.content(&unlocked), NEXT)
        }
        content => (content, PASSPHRASE),
    };
    let content = content.expect("the vault opens");
    let entries = content.profiles.iter();
    let secrets = entries.map(|(name, entry)| (name.clone(), entry.json(name, true)["secret_access_key"].to_string()));
    secrets.chain([("passphrase".to_owned(), opens.to_owned())]).collect()
}

#[test]
fn p8_a_kill_at_any_moment_leaves_the_old_or_the_new() {
    let Some(strace) = tool("strace") else { return };
    let (mut kills, mut old, mut new, mut most_left) = (0, 0, 0, 0);
    for round in 0.. {
        for arguments in CHANGES {
            let env = TestEnv::empty();
            let vault = vault_with_old(&env);
            let before = state(&vault);
            let original = fs::read(vault.vault.path()).expect("it is there");
            let counts = counts(&env, &strace, arguments);
            let after = state(&vault);
            assert_ne!(before, after);
            // In later rounds, all but the calls that start-up makes most of.
            for (call, count) in
                counts.iter().filter(|(call, _)| round == 0 || !matches!(call.as_str(), "openat" | "close"))
            {
                for when in 1..=*count {
                    env.write(".local/share/awsenv/vault", &original);
                    let inject = format!("inject={call}:signal=KILL:when={when}");
                    let run = fed(
                        traced(
                            &env,
                            &strace,
                            &["-e", &format!("trace={call}"), "-e", &inject, "-o", "/dev/null"],
                            arguments,
                        ),
                        &keys(),
                    );
                    let now = state(&vault);
                    // strace ends as its child does; the shell in between may have been hit in its place.
                    if run.signal == Some(9) || run.code == Some(137) {
                        kills += 1;
                        assert!(now == before || now == after, "{arguments:?}, {call} {when}: {now:?}");
                        if now == before { old += 1 } else { new += 1 }
                    }
                    most_left = most_left.max(left(&vault).len());
                    let backup = vault.vault.path().with_extension("bak");
                    assert!(arguments[0] != "passwd" || now == before || !backup.exists(), "{call} {when}: the backup");
                }
            }
            env.write(".local/share/awsenv/vault", &original);
            fed(change(&env, arguments), &keys()).exits(0);
            assert_eq!(left(&vault), Vec::<PathBuf>::new(), "one clean write removes what is left");
        }
        if kills >= KILLS {
            break;
        }
    }
    println!(
        "{kills} kills: {old} times the old content, {new} times the new, 0 damaged; at most {most_left} files left"
    );
}

#[test]
fn p8_a_refused_call_leaves_the_old_and_no_file() {
    let Some(strace) = tool("strace") else { return };
    let mut injections = 0;
    for (call, error) in [
        ("write", "ENOSPC"),
        ("write", "EIO"),
        ("fsync", "EIO"),
        ("fsync", "ENOSPC"),
        ("rename", "ENOSPC"),
        ("rename", "EIO"),
        ("linkat", "ENOSPC"),
        ("link", "EIO"),
        ("unlink", "EIO"),
        ("openat", "EIO"),
    ] {
        for arguments in CHANGES {
            let env = TestEnv::empty();
            let vault = vault_with_old(&env);
            let bytes = fs::read(vault.vault.path()).expect("it is there");
            let counts = counts(&env, &strace, arguments);
            env.write(".local/share/awsenv/vault", &bytes);
            for when in 1..=counts.get(call).copied().unwrap_or_default() {
                let inject = format!("inject={call}:error={error}:when={when}");
                let trace = format!("trace={call}");
                let run =
                    fed(traced(&env, &strace, &["-e", &trace, "-e", &inject, "-o", "/dev/null"], arguments), &keys());
                injections += 1;
                let now = fs::read(vault.vault.path()).expect("it is there");
                if run.code == Some(0) {
                    // The lock's note, what is said at the end, or the folder's fsync: the change came through.
                    assert_ne!(now, bytes, "{arguments:?} {call} {when} {error}");
                } else if now != bytes {
                    panic!("{arguments:?}, {call} {when} {error}: failed, and yet written\n{}", run.stderr);
                }
                state(&vault);
                assert_eq!(left(&vault), Vec::<PathBuf>::new(), "{call} {when} {error}");
                env.write(".local/share/awsenv/vault", &bytes);
            }
        }
    }
    println!("{injections} refused calls: 0 damaged, 0 files left");
}

#[test]
fn p8_a_full_disk_of_a_folder_is_told_from_one_of_the_directory() {
    let Some(strace) = tool("strace") else { return };
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    // The second fsync is the directory's: the new content is there, so it is not called a failure.
    let options = ["-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=2", "-o", "/dev/null"];
    fed(traced(&env, &strace, &options, &["add", "a", "--stdin"]), &keys())
        .exits(0)
        .says("saved, but the system does not confirm");
    assert_eq!(vault.names(), ["a"]);
}

#[test]
fn p8_a_limit_of_file_size_is_an_error_and_no_death() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    let bytes = fs::read(vault.vault.path()).expect("it is there");
    let mut command = env.command("bash");
    let script = "ulimit -f 1; awsenv add a --stdin --passphrase-fd 3 3<passphrase";
    command.args(["-c", script]);
    let run = fed(command, &keys()).exits(2);
    assert!(run.stderr.contains("(os error 27)"), "{}", run.stderr);
    assert_eq!(fs::read(vault.vault.path()).expect("it is there"), bytes);
    assert_eq!(left(&vault), Vec::<PathBuf>::new());
}

#[test]
fn p8_the_file_is_synced_before_it_is_renamed_and_the_folder_after() {
    let Some(strace) = tool("strace") else { return };
    let env = TestEnv::empty();
    TestVault::make(&env);
    let log = env.home().join("trace").to_string_lossy().into_owned();
    let options = ["-y", "-e", "trace=write,fsync,rename,renameat,link,linkat", "-o", &log];
    fed(traced(&env, &strace, &options, &["add", "a", "--stdin"]), &keys()).exits(0);
    let trace = fs::read_to_string(&log).expect("strace wrote");
    let of_vault: Vec<&str> = trace
        .lines()
        .filter(|line| line.contains("share/awsenv") && !line.contains(".lock"))
        .filter_map(|line| line.split_whitespace().nth(1)?.split('(').next())
        .collect();
    let expected = ["link", "rename", "write", "fsync", "rename", "fsync"];
    let found: Vec<&str> = of_vault.iter().map(|call| call.trim_end_matches("at")).collect();
    assert_eq!(found, expected, "{trace}");
}

#[test]
fn p8_where_there_are_no_links_the_backup_is_a_copy() {
    let Some(strace) = tool("strace") else { return };
    for error in ["ENOSYS", "EACCES", "EXDEV", "EPERM", "EOPNOTSUPP", "EMLINK"] {
        let env = TestEnv::empty();
        let vault = vault_with_old(&env);
        let before = fs::read(vault.vault.path()).expect("it is there");
        let inject = format!("inject=link,linkat:error={error}");
        let options = ["-e", "trace=link,linkat", "-e", &inject, "-o", "/dev/null"];
        fed(traced(&env, &strace, &options, &["rm", "old"]), "").exits(0);
        assert_eq!(vault.names(), ["kept"], "{error}");
        let backup = vault.vault.path().with_extension("bak");
        assert_eq!(fs::read(&backup).expect("it is there"), before, "{error}");
        assert_eq!(left(&vault), Vec::<PathBuf>::new(), "{error}");
    }
}

#[test]
fn p8_two_hundred_at_once_lose_nothing() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    let script = "for i in $(seq 200); do printf '%s\\n%s\\n' \"$1\" \"$2\" | awsenv --quiet add \"p$i\" --stdin --passphrase-fd 3 3<passphrase & done; wait";
    let run: Run = env
        .command("sh")
        .args(["-c", script, "sh", ID, SECRET])
        .stdin(Stdio::null())
        .output()
        .expect("sh starts")
        .into();
    let mut expected: Vec<String> = (1..=200).map(|number| format!("p{number}")).collect();
    expected.sort();
    assert_eq!(vault.names(), expected, "{}", run.stderr);
    assert_eq!(run.stderr, "");
    println!("200 adds at once: {} of 200 kept", vault.names().len());
}

#[test]
fn p8_the_backup_is_the_content_of_before() {
    let env = TestEnv::empty();
    let vault = vault_with_old(&env);
    let before = fs::read(vault.vault.path()).expect("it is there");
    run_with_passphrase(&env, &["rm", "old"], "").exits(0);
    let backup = vault.vault.path().with_extension("bak");
    assert_eq!(fs::read(&backup).expect("it is there"), before);
    assert_eq!(fs::metadata(&backup).expect("it is there").nlink(), 1);
}

#[test]
fn a_home_that_cannot_be_written_to_is_read_all_the_same() {
    let Some(setpriv) = tool("setpriv") else { return };
    if !rustix::process::geteuid().is_root() {
        return;
    }
    // Root may write everywhere: another user's vault, in a folder that he may only read.
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    env.sh("chown -R 65534:65534 . && chmod 0500 .local/share/awsenv").exits(0);
    let as_nobody = |arguments: &str| {
        let script = format!(
            "exec {} --reuid 65534 --regid 65534 --clear-groups awsenv {arguments} --passphrase-fd 3 3<passphrase",
            setpriv.display()
        );
        let mut command = env.command("sh");
        command.args(["-c", &script]);
        fed(command, &keys())
    };
    let reachable = as_nobody("--version").code == Some(0);
    if reachable {
        assert!(as_nobody("get a").exits(0).stdout.contains(ID));
        as_nobody("add b --stdin").exits(2).says("Permission denied");
    }
}
