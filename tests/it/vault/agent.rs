//! The agent: what it gives out, to whom, and when it ends.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::{Path, PathBuf},
};

use awsenv::vault::agent::Agent;

use super::ID;
use crate::support::{
    Pty, Run, Terminal, TestEnv, assert_no_secret, corpus, tool,
    vault::{PASSPHRASE, SECRET, TestVault, fed, run_with_passphrase},
};

/// A home with an unlocked vault. The agent ends with the home, whose socket it looks at.
pub(super) fn unlocked(more: &[&str]) -> (TestEnv, TestVault) {
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

pub(super) fn agent(env: &TestEnv) -> Agent {
    Agent::connect(&socket(env)).expect("the agent runs")
}

pub(super) fn process(env: &TestEnv) -> u32 {
    agent(env).status().expect("it answers").process
}

/// Waits until a process is gone.
pub(super) fn wait_for_end(env: &TestEnv, process: u32) {
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
