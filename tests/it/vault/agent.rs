//! The agent: what it gives out, to whom, and when it ends.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use awsenv::vault::{agent::Agent, format::Params, store::Vault};

use super::ID;
use crate::support::{
    Pty, Run, Terminal, TestEnv, assert_no_secret, corpus, tool,
    vault::{PASSPHRASE, SECRET, TestVault, fed, passphrase, run_with_passphrase},
};

/// A home with an unlocked vault. The agent ends with the home, whose socket it looks at.
fn unlocked(more: &[&str]) -> (TestEnv, TestVault) {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    unlock(&env, more);
    (env, vault)
}

pub(super) fn unlock(env: &TestEnv, more: &[&str]) -> Run {
    run_with_passphrase(env, &[&["unlock"], more].concat(), "").exits(0).says("`awsenv lock` locks it")
}

pub(super) fn socket(env: &TestEnv) -> PathBuf {
    env.home().join(".local/state/awsenv/run/agent.sock")
}

/// Sends these bytes, and gives what comes back.
#[cfg(feature = "demo")]
pub(super) fn say(env: &TestEnv, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket(env)).expect("the agent runs");
    stream.write_all(bytes).expect("it takes them");
    stream.shutdown(std::net::Shutdown::Write).expect("that was all");
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

fn agent(env: &TestEnv) -> Agent {
    Agent::connect(&socket(env)).expect("the agent runs")
}

pub(super) fn process(env: &TestEnv) -> u32 {
    agent(env).status().expect("it answers").process
}

/// Waits until a process is gone.
fn wait_for_end(env: &TestEnv, process: u32) {
    let arguments = ["60", "tail", "-s", "0.05", "--pid", &process.to_string(), "-f", "/dev/null"];
    assert!(env.command("timeout").args(arguments).status().expect("tail starts").success(), "the agent does not end");
}

#[test]
fn while_it_is_unlocked_nobody_asks() {
    let (env, vault) = unlocked(&[]);
    let run = env.run(&["get", "a"]).exits(0);
    assert!(run.stdout.contains(ID) && !run.stdout.contains(SECRET));
    assert!(env.run(&["get", "a", "--reveal"]).exits(0).stdout.contains(SECRET));
    fed(env.awsenv(&["add", "b", "--stdin", "--region", "eu-west-1"]), &format!("{ID}\n{SECRET}\n")).exits(0);
    fed(env.awsenv(&["add", "b", "--stdin"]), "").exits(2).says("already has a profile `b`");
    let run = env.run(&["list"]).exits(0);
    assert!(
        run.stdout.contains("b ") && run.stdout.contains("eu-west-1") && run.stdout.contains(" vault"),
        "{}",
        run.stdout
    );
    assert!(!run.stderr.contains("locked"), "{}", run.stderr);
    env.run(&["get", "bb"]).exits(2).says("the vault has no profile `bb`");
    env.run(&["rm", "a"]).exits(0);
    assert_eq!(vault.names(), ["b"]);
    env.run(&["unlock"]).exits(0).says("unlocked already");
    let process = process(&env);
    env.run(&["lock"]).exits(0).says("the vault is locked");
    let run = env.run(&["get", "b"]).exits(7).says("the vault's passphrase is needed, and there is no terminal");
    run.says("file descriptor: awsenv ...\n");
    wait_for_end(&env, process);
    assert!(!socket(&env).exists());
    env.run(&["lock"]).exits(0).says("was locked already");
}

#[test]
fn while_it_is_unlocked_import_asks_nothing_and_is_all_or_nothing() {
    let (env, vault) = unlocked(&[]);
    let section = |name: &str| format!("[{name}]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n");
    env.write("source", section("b") + &section("c"));
    env.run(&["import", "--from", "credentials", "--remove-plaintext", "source"])
        .exits(0)
        .says("2 profiles in the vault: b, c")
        .says("removed 4 lines from source");
    assert_eq!(vault.names(), ["a", "b", "c"]);
    env.write("source", section("b") + &section("d"));
    env.run(&["import", "--from", "credentials", "source"]).exits(2).says("nothing was imported: b\n");
    assert_eq!(vault.names(), ["a", "b", "c"]);
    // The old passphrase is asked for all the same, and the vault is not called locked.
    env.run(&["passwd"]).exits(7).says("the vault's passphrase is needed, and there is no terminal");
}

#[test]
fn p4_the_agent_holds_no_terminal_no_descriptor_and_no_secret_that_can_be_seen() {
    let (env, _vault) = unlocked(&[]);
    let of = PathBuf::from(format!("/proc/{}", process(&env)));
    assert_eq!(fs::metadata(socket(&env)).unwrap().permissions().mode() & 0o077, 0);
    let limits = fs::read_to_string(of.join("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let Ok(environment) = fs::read(of.join("environ")) else { return };
    for bytes in [fs::read(of.join("cmdline")).unwrap(), environment] {
        assert_no_secret(&[SECRET.to_owned(), PASSPHRASE.to_owned()], "the process", &bytes);
    }
    assert_eq!(fs::read_link(of.join("cwd")).unwrap(), PathBuf::from("/"));
    let open = fs::read_dir(of.join("fd")).unwrap().map(|entry| fs::read_link(entry.unwrap().path()));
    let files: Vec<_> = open.flatten().filter(|path| path.starts_with(env.home())).collect();
    assert_eq!(files, Vec::<PathBuf>::new(), "the passphrase's file is not kept open");
}

#[test]
fn p4_it_outlives_the_shell_and_the_terminal_that_unlocked_and_keeps_nothing_of_them() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    // A shell that ends takes its terminal along: the system hangs up on all that is left of the session.
    let script = "exec 7<>held 8</dev/tty 9>&1; awsenv unlock --passphrase-fd 3 3<passphrase && read line";
    let mut shell = Pty::spawn(&env, "sh", &["-c", script], Terminal::All);
    shell.wait_for("`awsenv lock` locks it");
    let process = process(&env);
    let of = PathBuf::from(format!("/proc/{process}"));
    let stat = fs::read_to_string(of.join("stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let (own, none) = (process.to_string(), "0");
    assert_eq!(
        (fields[2], fields[3], fields[4]),
        (own.as_str(), own.as_str(), none),
        "group, session, terminal: {stat}"
    );
    if let Ok(open) = fs::read_dir(of.join("fd")) {
        let open: Vec<_> = open.map(|entry| fs::read_link(entry.unwrap().path()).unwrap()).collect();
        let is_its = |path: &PathBuf| path == Path::new("/dev/null") || path.to_string_lossy().starts_with("socket:");
        assert!(open.iter().all(is_its), "{open:?}");
    }
    shell.send("\n");
    shell.finish().exits(0);
    assert_eq!(self::process(&env), process);
    assert!(env.run(&["get", "a"]).exits(0).stdout.contains(ID));
    env.run(&["lock"]).exits(0);
    wait_for_end(&env, process);
}

/// The mappings of a process that are locked into memory, as the system describes them.
fn locked(process: u32) -> Vec<BTreeMap<String, String>> {
    let (mut locked, mut mapping) = (Vec::new(), BTreeMap::new());
    for line in fs::read_to_string(format!("/proc/{process}/smaps")).unwrap().lines() {
        let Some((field, value)) = line.split_once(':') else { continue };
        mapping.insert(field.to_owned(), value.trim().to_owned());
        // The last line of each.
        if field == "VmFlags" && value.split(' ').any(|flag| flag == "lo") {
            locked.push(std::mem::take(&mut mapping));
        }
    }
    locked
}

#[test]
fn p4_t14_its_key_is_in_one_page_that_is_not_swapped_out_or_dumped() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("left out: only root may look at the agent's memory");
        return;
    }
    let (env, _vault) = unlocked(&[]);
    let all = locked(process(&env));
    let [page] = all.as_slice() else { panic!("{all:?}") };
    assert!(page["VmFlags"].split(' ').any(|flag| flag == "dd"), "{page:?}");
    assert_eq!(page["Size"], page["KernelPageSize"]);
    env.run(&["lock"]).exits(0);
    // Where a limit forbids that, it works all the same. Root has none unless it gives that right away.
    let Some(setpriv) = tool("setpriv") else { return };
    let without = format!("ulimit -l 0; exec {} --bounding-set -ipc_lock --inh-caps -ipc_lock", setpriv.display());
    env.sh(&format!("{without} awsenv unlock --passphrase-fd 3 3<passphrase")).exits(0);
    assert_eq!(locked(process(&env)), []);
    env.run(&["get", "a"]).exits(0);
    env.run(&["lock"]).exits(0);
}

#[test]
fn p4_hostile_requests_get_no_answer_and_keep_nobody_waiting() {
    let (env, _vault) = unlocked(&[]);
    let mut requests: Vec<Vec<u8>> = corpus("agent_request").into_iter().map(|case| case.value).collect();
    let frame = |body: &str| [&[1], &u32::try_from(body.len()).unwrap().to_be_bytes()[..], body.as_bytes()].concat();
    requests.extend([
        // A version and no more, a length without an end, too long a frame, and requests that are none.
        vec![1],
        vec![1, 0, 0, 1, 0, b'{'],
        vec![1, 0xff, 0xff, 0xff, 0xff],
        frame("{}"),
        frame("\"key\""),
        frame("{\"get\":1}"),
        frame("not JSON"),
    ]);
    let mut streams = Vec::new();
    for request in &requests {
        let mut stream = UnixStream::connect(socket(&env)).unwrap();
        stream.write_all(request).unwrap();
        streams.push(stream);
    }
    // While all of them are open, and some silent, others are served.
    assert_eq!(agent(&env).list().unwrap().len(), 1);
    for (mut stream, request) in streams.into_iter().zip(&requests) {
        let mut reply = Vec::new();
        // What was not read before the end makes it a reset.
        let _ = stream.read_to_end(&mut reply);
        assert_eq!(reply, b"", "{request:?}");
    }
    assert_eq!(agent(&env).list().unwrap().len(), 1);
}

#[test]
fn p4_a_thousand_clients_that_say_nothing_lock_nobody_out_for_long() {
    let (env, _vault) = unlocked(&[]);
    let process = process(&env);
    for _ in 0..20 {
        let silent: Vec<_> = (0..50).filter_map(|_| UnixStream::connect(socket(&env)).ok()).collect();
        drop(silent);
    }
    let served = (0..1000).find_map(|_| Agent::connect(&socket(&env))?.list().ok());
    assert_eq!(served.map(|rows| rows.len()), Some(1));
    assert_eq!(self::process(&env), process);
}

#[test]
fn p4_it_ends_unused_in_any_case_and_without_its_socket() {
    for more in [&["--idle", "1s"][..], &["--for", "1s"]] {
        let env = TestEnv::empty();
        TestVault::make(&env);
        run_with_passphrase(&env, &[&["unlock"], more].concat(), "");
        if let Some(status) = Agent::connect(&socket(&env)).and_then(|mut agent| agent.status().ok()) {
            wait_for_end(&env, status.process);
        }
        env.run(&["list"]).exits(0).says("vault: locked");
    }
    let (env, _vault) = unlocked(&[]);
    let process = process(&env);
    fs::remove_file(socket(&env)).unwrap();
    wait_for_end(&env, process);
}

#[test]
fn a_signal_ends_it_and_its_socket() {
    let (env, _vault) = unlocked(&[]);
    let process = process(&env);
    env.sh(&format!("kill -TERM {process}")).exits(0);
    wait_for_end(&env, process);
    assert!(!socket(&env).exists());
    // A socket that was left by one that was killed is replaced.
    unlock(&env, &[]);
    let process = self::process(&env);
    env.sh(&format!("kill -KILL {process}")).exits(0);
    wait_for_end(&env, process);
    assert!(socket(&env).exists());
    env.run(&["get", "a"]).exits(7);
    unlock(&env, &[]);
    env.run(&["get", "a"]).exits(0);
}

#[test]
fn p8_r4_a_limit_of_file_size_fails_the_write_and_not_the_agent() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    let bytes = fs::read(vault.vault.path()).unwrap();
    env.sh("ulimit -f 0; awsenv unlock --passphrase-fd 3 3<passphrase").exits(0);
    let process = process(&env);
    env.run(&["rm", "a"]).exits(2).says("(os error 27)");
    fed(env.awsenv(&["add", "b", "--stdin"]), &format!("{ID}\n{SECRET}\n")).exits(2).says("(os error 27)");
    assert_eq!(fs::read(vault.vault.path()).unwrap(), bytes);
    // Nor does the record that it cannot write keep anybody from his keys.
    env.run(&["get", "a"]).exits(0);
    assert_eq!(self::process(&env), process);
    env.run(&["lock"]).exits(0);
}

#[test]
fn p4_a_new_passphrase_locks() {
    let (env, _vault) = unlocked(&[]);
    env.write("new", "correct horse\n");
    let process = process(&env);
    env.sh("awsenv passwd --passphrase-fd 3 --new-passphrase-fd 4 3<passphrase 4<new").exits(0);
    wait_for_end(&env, process);
    env.run(&["get", "a"]).exits(7);
}

/// Somebody in the agent's place who does this with each connection.
fn somebody(env: &TestEnv, mut with: impl FnMut(UnixStream) + Send + 'static) {
    fs::create_dir_all(socket(env).parent().unwrap()).unwrap();
    env.sh("chmod 700 .local/state/awsenv .local/state/awsenv/run").exits(0);
    let listener = UnixListener::bind(socket(env)).unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(&mut with));
}

#[test]
fn p4_nothing_says_locked_while_somebody_may_hold_the_key() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    somebody(&env, drop);
    for verb in [&["lock"][..], &["sessions"], &["logout", "--all"]] {
        let run = env.run(verb).exits(7).says("the vault may still be open: the vault's agent does not answer");
        let run = run.says(&format!("`kill -KILL {}` ends it", std::process::id()));
        assert!(!run.stderr.contains("locked") && !run.stderr.contains("kept"), "{}", run.stderr);
    }
    let (env, _vault) = unlocked(&[]);
    let (process, folder) = (process(&env), socket(&env).parent().unwrap().to_owned());
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    for verb in [&["lock"][..], &["sessions"], &["logout", "--all"]] {
        env.run(verb).exits(7).says("the vault may still be open:").says("chmod go-w");
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    env.run(&["lock"]).exits(0).says("the vault is locked");
    wait_for_end(&env, process);
    env.run(&["lock"]).exits(0).says("was locked already: no agent listens at ").says("agent.sock");
}

#[test]
fn p4_lock_finds_the_agent_of_a_shell_that_has_another_place() {
    for (name, place) in [("XDG_RUNTIME_DIR", "runtime"), ("AWSENV_AGENT", "place/agent.sock")] {
        let (env, _vault) = unlocked(&[]);
        let process = process(&env);
        fs::create_dir(env.home().join("runtime")).unwrap();
        let mut command = env.awsenv(&["lock"]);
        command.env(name, env.home().join(place));
        fed(command, "").exits(0).says("the vault is locked");
        wait_for_end(&env, process);
    }
}

#[test]
fn who_can_do_without_the_agent_does_not_wait_for_one_that_hangs() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    let mut held = Vec::new();
    somebody(&env, move |stream| held.push(stream));
    // An answer to a question that somebody waits for may take fifteen seconds.
    env.sh("timeout 12 awsenv list").exits(0).says("vault: locked");
}

/// Another vault of the same user, for one client: its data directory.
fn second_vault(env: &TestEnv) -> PathBuf {
    let data = env.home().join("client");
    Vault::below(&data).create(&passphrase(PASSPHRASE), Params::LEAST, 1_790_000_000).unwrap();
    data
}

#[test]
fn p1_the_agent_of_one_vault_neither_answers_for_another_nor_writes_into_it() {
    let (env, vault) = unlocked(&[]);
    let there = |data: &Path, arguments: &[&str]| {
        let mut command = env.awsenv(arguments);
        command.env("XDG_DATA_HOME", data);
        fed(command, &format!("{ID}\n{SECRET}\n"))
    };
    let client = second_vault(&env);
    for data in [&client, &env.home().join("none")] {
        there(data, &["add", "other", "--stdin"]).exits(7).says("no terminal");
        assert!(!there(data, &["list"]).exits(0).stdout.contains(ID));
        assert_eq!(there(data, &["get", "a"]).exits(7).stdout, "");
    }
    assert_eq!(vault.names(), ["a"]);
    let run = there(&client, &["unlock"]).exits(7).says("another vault is unlocked:").says("AWSENV_AGENT");
    assert!(run.stderr.contains(".local/share/awsenv/vault"), "{}", run.stderr);
    // The same vault by another name.
    std::os::unix::fs::symlink(env.home().join(".local/share"), env.home().join("linked")).unwrap();
    assert!(there(&env.home().join("linked"), &["get", "a"]).exits(0).stdout.contains(ID));
    // Who locks means whatever is open here.
    let process = process(&env);
    there(&client, &["lock"]).exits(0).says("the vault is locked");
    wait_for_end(&env, process);
}

#[test]
fn p4_a_passphrase_that_was_changed_elsewhere_ends_the_agent_before_it_answers() {
    for gone in [false, true] {
        let (env, vault) = unlocked(&[]);
        let process = process(&env);
        let mut old = agent(&env);
        if gone {
            fs::remove_file(vault.vault.path()).unwrap();
        } else {
            vault.vault.change_passphrase(&vault.unlocked, Some(&passphrase("another one")), 0, |_| Ok(())).unwrap();
        }
        assert!(old.status().is_err(), "not even that it is there");
        wait_for_end(&env, process);
        env.run(&["lock"]).exits(0).says("was locked already");
    }
}

#[test]
fn unlock_says_why_the_agent_does_not_start() {
    let unlock = |env: &TestEnv| run_with_passphrase(env, &["unlock"], "");
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    // Found before it is started.
    let folder = socket(&env).parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    unlock(&env).exits(7).says("can be changed by other").says("chmod go-w");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    // Found by the agent.
    fs::create_dir(socket(&env)).unwrap();
    unlock(&env).exits(7).says("the agent did not start").says("the agent cannot listen").says("Is a directory");
    fs::remove_dir(socket(&env)).unwrap();
    let mut bytes = fs::read(vault.vault.path()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(vault.vault.path(), bytes).unwrap();
    unlock(&env).exits(7).says("is damaged").says("cp -p");
    assert!(!socket(&env).exists());
    let mut long = TestEnv::empty();
    TestVault::make(&long);
    long.set("AWSENV_AGENT", &format!("{}/{}", long.home().display(), "x".repeat(100)));
    unlock(&long).exits(2).says("a socket's path has 100 bytes at the most");
}

#[test]
fn what_is_too_long_for_the_agent_is_said() {
    let (env, _vault) = unlocked(&[]);
    let names = |count: usize| (0..count).map(|number| format!("{number:0150}")).collect::<Vec<_>>();
    let remove = |count| agent(&env).remove(&names(count)).unwrap_err().to_string();
    assert!(remove(1000).starts_with("the vault has no profile"), "{}", remove(1000));
    assert_eq!(remove(3000), "this is more than the vault's agent takes at once");
}

#[test]
fn unlock_again_shortens_what_was_said_first_and_never_lengthens_it() {
    let (env, _vault) = unlocked(&[]);
    env.run(&["unlock"]).exits(0).says("unlocked already, for 15 min without use and 8 h in all");
    env.run(&["unlock", "--idle", "3h", "--for", "10h"]).exits(0).says("for 15 min without use and 8 h in all");
    env.run(&["unlock", "--idle", "5m", "--for", "1h"]).exits(0).says("for 5 min without use and 1 h in all");
    env.run(&["unlock", "--for", "4m"]).exits(0).says("for 4 min without use and 4 min in all");
    env.run(&["get", "a"]).exits(0);
}

#[test]
fn a_damaged_vault_hides_no_other_profile() {
    let (env, vault) = unlocked(&[]);
    env.write(".aws/config", "[profile other]\nregion = eu-west-1\n");
    let path = vault.vault.path();
    let bytes = fs::read(path).unwrap();
    // First what only its key shows, then what everybody sees.
    for (at, lock) in [(bytes.len() - 1, false), (0, false), (0, true)] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        fs::write(path, damaged).unwrap();
        if lock {
            env.run(&["lock"]).exits(0);
        }
        let run = env.run(&["list"]).exits(7).says("awsenv/vault");
        assert!(run.stdout.contains("other"), "{}", run.stdout);
    }
}

#[test]
fn p4_exec_keeps_the_passphrases_descriptor_from_the_command() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    let script = "awsenv exec a --no-verify --passphrase-fd 3 -- sh -c 'ls -l /proc/self/fd; cat <&4' \
        3<passphrase 4<other 5<other";
    env.write("other", "still there\n");
    let run = env.sh(script).exits(0);
    assert!(run.stdout.contains("still there") && run.stdout.contains(" 5 -> "), "{}", run.stdout);
    assert!(!run.stdout.contains("passphrase"), "{}", run.stdout);
}

#[test]
fn lock_says_what_it_did_before_the_key_store_fails() {
    let (env, _vault) = unlocked(&[]);
    env.run(&["lock", "--keyring"]).exits(7).says("the vault is locked");
}

#[test]
fn r24_fifty_starts_at_once_make_one_agent() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    let script = "for i in $(seq 50); do awsenv --quiet unlock --passphrase-fd 3 3<passphrase & done; wait";
    assert_eq!(env.sh(script).exits(0).stderr, "");
    let home = env.home().to_string_lossy().into_owned();
    let is_ours = |of: &PathBuf| {
        let has = |name: &str, text: &str| {
            fs::read(of.join(name)).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text))
        };
        has("cmdline", "\0agent\0") && has("environ", &home)
    };
    let agents = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path()).filter(is_ours).count();
    if rustix::process::geteuid().is_root() {
        assert_eq!(agents, 1);
    }
    env.run(&["lock"]).exits(0);
}

#[test]
fn p8_two_hundred_at_once_lose_nothing_through_the_agent() {
    let Some(_) = tool("seq") else { return };
    let (env, vault) = unlocked(&[]);
    let script =
        "for i in $(seq 200); do printf '%s\\n%s\\n' \"$1\" \"$2\" | awsenv --quiet add \"p$i\" --stdin & done; wait";
    let run: Run = env.command("sh").args(["-c", script, "sh", ID, SECRET]).output().expect("sh starts").into();
    assert_eq!(vault.names().len(), 201, "{}", run.stderr);
    println!("200 adds at once through the agent: {} of 200 kept", vault.names().len() - 1);
}
