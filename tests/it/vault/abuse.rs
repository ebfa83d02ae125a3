//! Who may not ask the agent, or look into it; and who asks too much (faults R24 and R25, rule G7).

use std::{
    fs,
    io::Write,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    time::{Duration, Instant},
};

use awsenv::vault::agent::Agent;

use super::{
    ID,
    agent::{process, socket, unlock},
};
use crate::support::{
    Run, TestEnv, tool,
    vault::{PASSPHRASE, SECRET, TestVault},
};

fn unlocked() -> TestEnv {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    unlock(&env, &[]);
    env
}

/// A command as a user who is nobody. `None` where this is not run by root, or he cannot come so far.
pub(super) fn as_nobody(env: &TestEnv, arguments: &[&str]) -> Option<Run> {
    as_user(env, "65534", arguments)
}

/// The same as any user.
pub(super) fn as_user(env: &TestEnv, id: &str, arguments: &[&str]) -> Option<Run> {
    let setpriv = tool("setpriv").filter(|_| rustix::process::geteuid().is_root())?;
    let as_him = |arguments: &[&str]| -> Run {
        let mut command = env.command(&setpriv);
        command.args(["--reuid", id, "--regid", id, "--clear-groups", "--"]).args(arguments);
        command.output().expect("it starts").into()
    };
    (as_him(&["awsenv", "--version"]).code == Some(0)).then(|| as_him(arguments))
}

#[test]
fn p4_another_user_is_hung_up_on_even_where_the_files_let_him_in() {
    let env = unlocked();
    for path in [env.home().to_owned(), socket(&env)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    for folder in socket(&env).ancestors().skip(1).take_while(|folder| folder.starts_with(env.home())) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let ask = format!(
        "import socket, struct\ns = socket.socket(socket.AF_UNIX)\ns.connect('{}')\nbody = b'{{\"get\":\"a\"}}'\n\
         s.settimeout(5)\ntry:\n  s.sendall(bytes([1]) + struct.pack('>I', len(body)) + body)\n  print('answer', len(s.recv(100)))\n\
         except (ConnectionError, BrokenPipeError): print('answer 0')\n",
        socket(&env).display()
    );
    // Not one below the home of root, which others cannot run.
    let python = std::path::PathBuf::from("/usr/bin/python3");
    if !python.exists() {
        return;
    }
    let own: Run = env.command(&python).args(["-c", &ask]).output().expect("it starts").into();
    assert_ne!(own.exits(0).stdout, "answer 0\n", "the same question is answered to its user");
    let Some(run) = as_nobody(&env, &[python.to_str().unwrap(), "-c", &ask]) else { return };
    assert_eq!(run.exits(0).stdout, "answer 0\n");
}

#[test]
fn p4_the_same_user_cannot_look_into_the_agents_memory() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    env.sh("chown -R 65534:65534 .").exits(0);
    let script = "cd; awsenv --quiet unlock --passphrase-fd 3 3<passphrase
for pid in $(grep -lz '^agent$' /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3); do
  [ \"$(stat -c %u /proc/$pid/cmdline)\" = 0 ] && [ \"$(awk '/^Uid/ {print $2}' /proc/$pid/status)\" = 65534 ] || continue
  echo seen
  head -c 1 /proc/$pid/mem >/dev/null && echo memory
  head -c 1 /proc/$pid/environ && echo environment
  gdb -p $pid -batch -ex 'info registers' 2>&1 | grep -o 'not permitted' | head -n 1
done
awsenv --quiet lock";
    let Some(run) = as_nobody(&env, &["sh", "-c", script]) else { return };
    let run = run.exits(0);
    let gdb = if tool("gdb").is_some() { "not permitted\n" } else { "" };
    assert_eq!(run.stdout.replace("seen\n", ""), gdb.repeat(run.stdout.matches("seen").count()), "{}", run.stderr);
    assert!(run.stdout.contains("seen"), "{}", run.stderr);
}

fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn r25_ten_thousand_connections_lock_nobody_out_and_take_no_memory() {
    let env = unlocked();
    let (process, requests) =
        (process(&env), [&b"GET / HTTP/1.1\r\n\r\n"[..], b"", &[1, 0xff, 0xff, 0xff, 0xff], &[1, 0, 0, 1, 0]]);
    let send = |count: usize| {
        for number in 0..count {
            if let Ok(mut stream) = UnixStream::connect(socket(&env)) {
                let _ = stream.write_all(requests[number % requests.len()]);
            }
        }
        let started = Instant::now();
        let served = (0..1000).find_map(|_| Agent::connect(&socket(&env))?.list().ok());
        assert_eq!(served.map(|rows| rows.len()), Some(1));
        started.elapsed()
    };
    send(1000);
    let before = memory(process);
    let waited: Vec<Duration> = (0..10).map(|_| send(1000)).collect();
    let after = memory(process);
    let longest = waited.iter().max().expect("there are some").as_millis();
    println!("10,000 connections: the next client waited {longest} ms at most; {before} KiB before, {after} KiB after");
    // Threads come and go; what grows with each connection would be far more.
    assert!(after < before + 4096, "{before} KiB before, {after} KiB after");
}

#[test]
fn g7_what_is_given_out_is_recorded_with_who_asked() {
    let env = unlocked();
    env.run(&["list"]).exits(0);
    env.run(&["get", "nothing"]).exits(2);
    assert!(!env.home().join(".local/state/awsenv/vault.log").exists());
    env.run(&["get", "a"]).exits(0);
    let path = env.home().join(".local/state/awsenv/vault.log");
    let text = fs::read_to_string(&path).unwrap();
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&line["profile"], line["pid"].is_u64(), line["time"].is_string()), (&"a".into(), true, true));
    assert!(line["exe"].as_str().unwrap().ends_with("awsenv"), "{text}");
    assert!(line["parent_exe"].is_string(), "{text}");
    for secret in [SECRET, PASSPHRASE] {
        assert!(!text.contains(secret));
    }
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}
