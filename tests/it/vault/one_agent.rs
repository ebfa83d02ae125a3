//! Whose agent it is, whether it is there at all, and what keeps it from being there.

use std::{
    fs,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use awsenv::vault::{format::Params, store::Vault};

use super::{
    ID,
    agent::{agent, process, socket, unlocked, wait_for_end},
};
use crate::support::{
    TestEnv,
    vault::{PASSPHRASE, SECRET, TestVault, fed, passphrase, run_with_passphrase},
};

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
    unlock(&long).exits(2).says("a socket's path has");
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

#[cfg(feature = "demo")]
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
