//! Faults R6 to R8, and files in the vault's place that others could have put there.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, chown, symlink},
        net::UnixListener,
    },
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use super::ID;
use crate::support::{
    Run, TestEnv, files_below, in_a_read_only_home,
    vault::{PASSPHRASE, SECRET, TestVault, fed, run_with_passphrase, with_passphrase},
};

/// Each verb of the vault that reads or writes it.
const VERBS: [&[&str]; 5] = [
    &["get", "a"],
    &["add", "b", "--stdin"],
    &["rm", "a"],
    &["passwd", "--new-passphrase-fd", "3"],
    &["import", "--from", "credentials", "source"],
];

fn keys() -> String {
    format!("{ID}\n{SECRET}\n")
}

fn home() -> (TestEnv, PathBuf) {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    env.write("source", format!("[s]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"));
    (env, vault.vault.path().to_owned())
}

/// Runs each verb; each must fail, for this reason.
#[track_caller]
fn all_refuse(env: &TestEnv, reason: &str) {
    for verb in VERBS {
        let run = run_with_passphrase(env, verb, &keys());
        assert!(matches!(run.code, Some(2 | 7)), "{verb:?}: {run:?}");
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(reason) && !run.stdout.contains(ID), "{verb:?}: {said}");
    }
}

#[test]
fn p4_what_stands_in_the_vaults_place_and_is_no_file_is_not_opened() {
    let (env, path) = home();
    let elsewhere = env.home().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    let bytes = fs::read(&elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    all_refuse(&env, "is not a regular file");
    assert_eq!(fs::read(&elsewhere).unwrap(), bytes);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    all_refuse(&env, "is not a regular file");
    fs::remove_dir(&path).unwrap();
    // A pipe that nobody writes to keeps nobody waiting.
    env.sh("mkfifo -m 600 .local/share/awsenv/vault").exits(0);
    all_refuse(&env, "is not a regular file");
}

#[test]
fn p4_a_vault_or_a_folder_of_somebody_else_is_not_believed() {
    let (env, path) = home();
    let folder = path.parent().unwrap();
    let mode = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&path, 0o644);
    all_refuse(&env, "is not private");
    mode(&path, 0o600);
    mode(folder, 0o770);
    all_refuse(&env, "can be changed by other users");
    mode(folder, 0o700);
    if rustix::process::geteuid().is_root() {
        chown(&path, Some(65534), None).unwrap();
        all_refuse(&env, "is not private");
        chown(&path, Some(0), None).unwrap();
        chown(folder, Some(65534), None).unwrap();
        all_refuse(&env, "can be changed by other users");
        chown(folder, Some(0), None).unwrap();
    }
    run_with_passphrase(&env, &["get", "a"], "").exits(0);
}

#[test]
fn p8_what_stands_in_the_locks_place_harms_nothing() {
    let (env, path) = home();
    let lock = path.with_extension("lock");
    let bytes = fs::read(&path).unwrap();
    let victim = env.write("victim", "as it was");
    fs::remove_file(&lock).unwrap();
    symlink(&victim, &lock).unwrap();
    for verb in &VERBS[1..] {
        assert_eq!(run_with_passphrase(&env, verb, &keys()).code, Some(2), "{verb:?}");
    }
    assert_eq!((fs::read(&victim).unwrap(), fs::read(&path).unwrap()), (b"as it was".to_vec(), bytes));
    // Without a lock there is still somebody to read.
    run_with_passphrase(&env, &["get", "a"], "").exits(0);
}

#[test]
fn p4_a_socket_that_somebody_else_listens_on_is_not_asked() {
    let (env, _) = home();
    let folder = env.home().join(".local/state/awsenv/run");
    fs::create_dir_all(&folder).unwrap();
    let socket = folder.join("agent.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    listener.set_nonblocking(true).unwrap();
    let asked = || listener.accept().is_ok();
    // A folder that a group may write to: whoever listens there may be anybody.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o770)).unwrap();
    let own = run_with_passphrase(&env, &["get", "a"], "").exits(0);
    assert!(own.stdout.contains(ID) && !asked());
    env.run(&["get", "a"]).exits(7);
    fed(env.awsenv(&["add", "b", "--stdin"]), &keys()).exits(7);
    run_with_passphrase(&env, &["unlock"], "").code.filter(|code| *code != 0).expect("nobody is trusted there");
    assert!(!asked(), "somebody was asked");
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        chown(&folder, Some(65534), None).unwrap();
        env.run(&["get", "a"]).exits(7);
        assert!(!asked(), "somebody was asked");
    }
}

#[test]
fn p8_a_home_that_cannot_be_written_to_refuses_each_writer_and_serves_each_reader() {
    let (env, path) = home();
    let bytes = fs::read(&path).unwrap();
    if in_a_read_only_home(&env, &env.command("true")).is_none() {
        return;
    }
    let read_only = |arguments: &[&str]| {
        let command = in_a_read_only_home(&env, &with_passphrase(&env, arguments)).expect("there are namespaces");
        fed(command, &keys())
    };
    assert!(read_only(&["get", "a"]).exits(0).stdout.contains(ID));
    assert!(read_only(&["list"]).exits(0).stdout.contains("vault"));
    for verb in &VERBS[1..] {
        let run = read_only(verb).exits(2);
        assert!(run.stderr.contains("Read-only file system"), "{verb:?}: {}", run.stderr);
    }
    read_only(&["unlock"]).code.filter(|code| *code != 0).expect("there is no place for a socket");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn without_a_home_each_verb_says_so_and_writes_nothing() {
    for home in [None, Some(""), Some("relative")] {
        let mut env = TestEnv::empty();
        env.write("passphrase", PASSPHRASE);
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            env.unset(name);
        }
        match home {
            Some(home) => env.set("HOME", home),
            None => env.unset("HOME"),
        }
        for verb in VERBS.into_iter().chain([&["unlock"][..], &["lock"], &["logout", "--all"], &["sessions"]]) {
            let (first, rest) = verb.split_first().unwrap();
            let mut command = env.command("sh");
            let needs = VERBS.contains(&verb) || *first == "unlock";
            let fd: &[&str] = if needs { &["--passphrase-fd", "3"] } else { &[] };
            command.args(["-c", "exec awsenv \"$@\" 3<passphrase", "sh", first]).args(fd).args(rest);
            let run = fed(command, &keys());
            if needs {
                assert_eq!(run.code, Some(2), "{verb:?}, HOME {home:?}: {}", run.stderr);
                let says = run.stderr.contains("(no-home)") || run.stderr.contains("there is no file source");
                assert!(says, "{verb:?}, HOME {home:?}: {}", run.stderr);
            }
        }
        let files: Vec<_> = files_below(env.home()).into_iter().map(|(path, _)| path).collect();
        assert_eq!(files, [env.home().join("passphrase")], "HOME {home:?}");
    }
}

#[test]
fn p8_readers_see_the_old_or_the_new_while_others_write() {
    let (env, _) = home();
    let over = AtomicBool::new(false);
    let reads = thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..40 {
                run_with_passphrase(&env, &["add", "b", "--stdin", "--replace"], &keys()).exits(0);
                run_with_passphrase(&env, &["rm", "b"], "").exits(0);
            }
            over.store(true, Ordering::SeqCst);
        });
        let readers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut reads = 0;
                    while !over.load(Ordering::SeqCst) {
                        assert!(run_with_passphrase(&env, &["get", "a"], "").exits(0).stdout.contains(ID));
                        let b: Run = run_with_passphrase(&env, &["get", "b"], "");
                        assert!(b.code == Some(0) || b.stderr.contains("no profile `b`"), "{}", b.stderr);
                        reads += 2;
                    }
                    reads
                })
            })
            .collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<u32>()
    });
    println!("{reads} reads while another writes 80 times: each the old or the new");
}
