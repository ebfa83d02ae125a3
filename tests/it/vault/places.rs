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

use sha2::{Digest, Sha256};

use super::{
    ID,
    abuse::{as_nobody, as_user},
};
use crate::support::{
    Run, TestEnv, files_below, in_a_read_only_home,
    vault::{PASSPHRASE, SECRET, TestVault, fed, run_with_passphrase, with_passphrase},
};

/// Each verb of the vault that reads or writes it.
const VERBS: [&[&str]; 5] = [
    &["get", "a"],
    &["add", "b", "--stdin"],
    &["rm", "a"],
    &["passwd", "--new-passphrase-fd", "0"],
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
    refuse(env, &VERBS, reason);
}

#[track_caller]
fn refuse(env: &TestEnv, verbs: &[&[&str]], reason: &str) {
    for verb in verbs {
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
    // As backups on the same disk make them.
    fs::hard_link(&path, env.home().join("backup")).unwrap();
    all_refuse(&env, "has another name (a hard link)");
    env.sh("cd .local/share/awsenv && cp -p vault vault.new && mv vault.new vault").exits(0);
    run_with_passphrase(&env, &["get", "a"], "").exits(0);
    mode(folder, 0o770);
    all_refuse(&env, "can be changed by other users");
    mode(folder, 0o700);
    if rustix::process::geteuid().is_root() {
        chown(&path, Some(65534), None).unwrap();
        all_refuse(&env, "is not private");
        chown(&path, Some(0), None).unwrap();
        chown(folder, Some(65534), None).unwrap();
        all_refuse(&env, "belongs to another user");
        chown(folder, Some(0), None).unwrap();
    }
    run_with_passphrase(&env, &["get", "a"], "").exits(0);
}

#[test]
fn p8_root_leaves_nothing_in_the_home_of_a_user() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let mut env = TestEnv::empty();
    let runtime = env.home().join("runtime");
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
    let files = || files_below(env.home()).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    let folders = || env.sh("find . -type d | sort").exits(0).stdout;
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    env.write("source", format!("[s]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"));
    chown(env.home(), Some(65534), None).unwrap();
    let before = (files(), folders());
    for verb in [&["add", "a", "--stdin"][..], &["import", "--from", "credentials", "source"]] {
        let run = run_with_passphrase(&env, verb, &keys()).exits(7).says("belongs to another user");
        assert!(run.stderr.contains("without sudo"), "{}", run.stderr);
    }
    assert_eq!((files(), folders()), before);
    // With a vault of root's own, and only the runtime directory of the user.
    chown(env.home(), Some(0), None).unwrap();
    TestVault::make(&env);
    chown(&runtime, Some(65534), None).unwrap();
    env.set("XDG_RUNTIME_DIR", &runtime.to_string_lossy());
    run_with_passphrase(&env, &["unlock"], "").exits(7).says("belongs to another user");
    assert_eq!(fs::read_dir(&runtime).unwrap().count(), 0);
}

#[test]
fn p8_what_stands_in_a_locks_place_lets_nobody_wait_and_harms_nothing() {
    let (env, path) = home();
    let bytes = fs::read(&path).unwrap();
    env.write("victim", "as it was");
    let locks =
        [".local/share/awsenv/vault.lock", ".local/share/awsenv/kdf.lock", ".local/state/awsenv/run/agent.lock"];
    env.sh("mkdir -p -m 700 .local/state/awsenv/run").exits(0);
    for plant in ["mkfifo", "mkdir", "ln -s \"$HOME/victim\"", "ln -s \"$HOME/nowhere\""] {
        for lock in locks {
            env.sh(&format!("rm -f {lock}; {plant} {lock}")).exits(0);
            let reason = format!("{lock} is not a regular file");
            if lock.ends_with("kdf.lock") {
                all_refuse(&env, &reason);
            } else if lock.ends_with("vault.lock") {
                refuse(&env, &VERBS[1..], &reason);
                // Without a lock there is still somebody to read.
                run_with_passphrase(&env, &["get", "a"], "").exits(0);
            } else {
                refuse(&env, &[&["unlock"]], &reason);
            }
            env.sh(&format!("rm -rf {lock}")).exits(0);
        }
    }
    assert_eq!(
        (fs::read(env.home().join("victim")).unwrap(), fs::read(&path).unwrap()),
        (b"as it was".to_vec(), bytes)
    );
    assert!(!env.home().join("nowhere").exists());
}

#[test]
fn r8_a_vault_is_used_where_root_is_not_in_the_user_namespace() {
    let (env, path) = home();
    env.sh("chown -R 4242:4242 .").exits(0);
    let Some(probe) = as_user(&env, "4242", &["unshare", "-U", "--map-current-user", "true"]) else { return };
    if probe.code != Some(0) {
        eprintln!("left out: no namespaces here: {}", probe.stderr);
        return;
    }
    let within = |script: &str| {
        let script = format!("cd; {script}");
        as_user(&env, "4242", &["unshare", "-U", "--map-current-user", "sh", "-c", &script]).unwrap()
    };
    let run = within(
        "awsenv rm a --passphrase-fd 3 3<passphrase; awsenv --quiet unlock --passphrase-fd 3 3<passphrase; awsenv lock",
    );
    run.exits(0).says("removed from the vault: a").says("the vault is locked");
    // What others may write to is refused there, too; and the own folder must be one's own.
    fs::set_permissions(env.home(), fs::Permissions::from_mode(0o777)).unwrap();
    within("awsenv get a --passphrase-fd 3 3<passphrase").exits(7).says("can be changed by other users");
    fs::set_permissions(env.home(), fs::Permissions::from_mode(0o755)).unwrap();
    chown(path.parent().unwrap(), Some(0), None).unwrap();
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    within("awsenv get a --passphrase-fd 3 3<passphrase").exits(7).says("belongs to another user");
}

#[test]
fn p8_a_lock_of_somebody_else_is_named_and_nothing_is_written() {
    let (env, path) = home();
    let bytes = fs::read(&path).unwrap();
    // Left by root, who ran awsenv in this home once.
    env.sh("chown -R 65534:65534 . && chown 0:0 .local/share/awsenv/*.lock").exits(0);
    let script = "cd; rm=0; awsenv rm a --passphrase-fd 3 3<passphrase || rm=$?; awsenv get a --passphrase-fd 3 3<passphrase; echo $rm";
    let Some(run) = as_nobody(&env, &["sh", "-c", script]) else { return };
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("vault.lock: Permission denied"), "{said}");
    assert!(run.stdout.contains(ID) && run.stdout.ends_with("2\n"), "{run:?}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_vault_of_a_later_awsenv_is_named_so_and_left_as_it_is() {
    let (env, path) = home();
    // Its header is whole: all but the number is as it may be.
    let mut later = fs::read(&path).unwrap();
    later[8..10].copy_from_slice(&2_u16.to_be_bytes());
    let sum = Sha256::digest(&later[..128]);
    later[128..132].copy_from_slice(&sum[..4]);
    // One that is as short as ours never is.
    for bytes in [later.clone(), later[..64].to_vec()] {
        env.write(".local/share/awsenv/vault", &bytes);
        for verb in VERBS.into_iter().chain([&["unlock"][..]]) {
            let run = run_with_passphrase(&env, verb, &keys()).exits(7);
            let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            for text in
                ["share/awsenv/vault is of format 2, and this awsenv knows only format 1", "A newer awsenv reads it"]
            {
                assert!(said.contains(text), "{verb:?}: {said}");
            }
            assert!(!run.stdout.contains(ID), "{verb:?}: {}", run.stdout);
        }
        env.run(&["list"]).exits(7).says("A newer awsenv reads it");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    assert_ne!(fs::read(path.with_extension("bak")).ok(), Some(later), "it is not set aside either");
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
