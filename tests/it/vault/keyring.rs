//! The vault's key in a real key store: gnome-keyring on a D-Bus session of its own. And the key stores that are none: absent,
//! locked, and silent (fault R28).

use std::{fs, os::unix::net::UnixListener, time::Instant};

use super::ID;
use crate::support::{
    Pty, Run, Terminal, TestEnv, assert_no_secret, files_below, tool,
    vault::{PASSPHRASE, SECRET, TestVault},
};

/// Runs a script in bash on a bus of its own. `keyring` starts a key store there, unlocked; `owned` says whether there is one.
fn on_a_bus(env: &TestEnv, script: &str) -> Option<Run> {
    tool("gnome-keyring-daemon")?;
    let bus = tool("dbus-run-session")?;
    let runtime = env.home().join("runtime");
    fs::create_dir_all(&runtime).expect("a folder is made");
    env.sh("chmod 700 runtime").exits(0);
    let prelude = "set -eu
keyring() {
  printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  for _ in $(seq 1000); do [ \"$(owned)\" = true ] && return; done
  exit 8
}
owned() { dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -o 'true\\|false'; }
lock() { dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null; }
";
    let mut command = env.command(&bus);
    command.args(["--", "bash", "-c", &format!("{prelude}{script}")]).env("XDG_RUNTIME_DIR", runtime);
    Some(command.output().expect("it starts").into())
}

fn with_vault() -> (TestEnv, TestVault) {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    (env, vault)
}

#[test]
fn the_key_store_opens_the_vault_once_the_user_put_its_key_there() {
    let (env, vault) = with_vault();
    let script = "keyring
if awsenv get a; then exit 9; fi
awsenv unlock --keyring --passphrase-fd 3 3<passphrase
awsenv lock
awsenv get a --reveal
secret-tool search application awsenv 2>&1 | grep ^label
awsenv lock --keyring
if awsenv get a; then exit 9; fi
secret-tool search --all application awsenv 2>&1 | grep -c ^label || true";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run = run.exits(0).says("the system's key store has the vault's key now").says("key store still opens it");
    assert!(run.stdout.contains(SECRET), "{}", run.stdout);
    let label = format!("label = awsenv: key of {}\n", vault.vault.path().display());
    assert!(run.stdout.contains(&label) && run.stdout.ends_with("\n0\n"), "{}", run.stdout);
    assert_eq!(run.stderr.matches("there is no terminal to ask for it").count(), 2, "{}", run.stderr);
}

#[test]
fn p8_a_new_passphrase_is_a_new_key_in_the_key_store() {
    let (env, _vault) = with_vault();
    env.write("new", "correct horse\n");
    let script = "keyring
awsenv --quiet unlock --keyring --passphrase-fd 3 3<passphrase
awsenv passwd --passphrase-fd 3 --new-passphrase-fd 4 3<passphrase 4<new
awsenv get a >got
awsenv get a --passphrase-fd 3 3<new >>got
secret-tool search --all application awsenv 2>&1 | grep -c ^label";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run = run.exits(0).says("a new passphrase, and the system's key store its new key");
    assert_eq!(run.stdout, "1\n");
}

#[test]
fn a_vault_without_a_passphrase_is_opened_by_the_key_store_alone() {
    let env = TestEnv::empty();
    env.write("new", "correct horse\n");
    env.write("keys", format!("{ID}\n{SECRET}\n"));
    let script = "keyring
awsenv add a --stdin --no-passphrase <keys
awsenv add b --stdin <keys
awsenv unlock
awsenv add c --stdin <keys
awsenv lock
if awsenv lock --keyring; then exit 9; fi
if awsenv get a --passphrase-fd 3 3<new; then exit 9; fi
awsenv get a --reveal
awsenv passwd --new-passphrase-fd 3 3<new
awsenv get b --passphrase-fd 3 3<new
awsenv passwd --no-passphrase
awsenv get c
lock
if awsenv get c; then exit 9; fi";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run = run
        .exits(0)
        .says("the vault has no passphrase: without the key in the key store nothing")
        .says("(vault-no-passphrase)")
        .says("the system's key store alone opens it")
        .says("the key store is locked (key-store-locked)");
    assert_eq!(run.stdout.matches(ID).count(), 3, "{}", run.stdout);
    for (path, content) in files_below(env.home()).iter().filter(|(path, _)| !path.ends_with("keys")) {
        assert_no_secret(&[SECRET.to_owned()], &path.to_string_lossy(), content);
    }
}

#[test]
fn p8_a_keyring_that_ends_with_the_session_gets_no_key_that_nothing_else_has() {
    let (env, vault) = with_vault();
    let script = "keyring
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
org.freedesktop.Secret.Service.SetAlias string:default objpath:/org/freedesktop/secrets/collection/session >/dev/null
if awsenv passwd --no-passphrase --passphrase-fd 3 3<passphrase; then exit 9; fi
if awsenv unlock --keyring --passphrase-fd 3 3<passphrase; then exit 9; fi
awsenv get a --passphrase-fd 3 3<passphrase";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run = run.exits(0);
    assert_eq!(run.stderr.matches("(key-store-not-kept)").count(), 2, "{}", run.stderr);
    assert!(!vault.vault.is_in_key_store());
}

#[test]
fn a_list_has_what_the_key_store_opens_and_else_says_why_not() {
    let (env, _vault) = with_vault();
    let script = "keyring
awsenv list
awsenv --quiet unlock --keyring --passphrase-fd 3 3<passphrase
awsenv --quiet lock
awsenv list
lock
awsenv list";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run = run
        .exits(0)
        .says("vault: locked; its profiles are not listed; `awsenv unlock` opens it")
        .says("vault: locked: the key store is locked (key-store-locked); its profiles are not listed");
    assert_eq!(run.stdout.lines().filter(|line| line.starts_with("a ")).count(), 1, "{}", run.stdout);
    assert_eq!(run.stderr.matches("vault: locked").count(), 2, "{}", run.stderr);
}

#[test]
fn an_import_makes_a_vault_without_a_passphrase_too() {
    let env = TestEnv::empty();
    env.write("keys", format!("[a]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"));
    let script = "keyring
awsenv import --from credentials keys --no-passphrase
awsenv get a
if awsenv import --from credentials keys --no-passphrase --replace; then exit 9; fi
awsenv import --from credentials keys --replace";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run = run.exits(0).says("--no-passphrase makes a vault, and there is one already");
    assert!(run.stdout.contains(ID), "{}", run.stdout);
    assert_eq!(run.stderr.matches("1 profile in the vault: a").count(), 2, "{}", run.stderr);
    assert_eq!(TestVault::of(&env).read().unwrap().unwrap().params(), None);
}

#[test]
fn r28_no_key_store_is_started_and_nothing_is_written_in_its_place() {
    let env = TestEnv::empty();
    env.write("keys", format!("{ID}\n{SECRET}\n"));
    let script = "owned
if awsenv add a --stdin --no-passphrase <keys; then exit 9; fi
owned";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run = run.exits(0).says("no key store is running on the session bus (key-store-absent)");
    assert_eq!(run.stdout, "false\nfalse\n");
    assert!(!env.home().join(".local/share/awsenv/vault").exists());
}

#[test]
fn r28_without_a_bus_or_with_one_that_hangs_the_passphrase_is_asked_for_and_why() {
    let (env, vault) = with_vault();
    env.write(".local/share/awsenv/vault.keyring", "");
    let silent = env.home().join("silent");
    let _listener = UnixListener::bind(&silent).expect("it listens");
    for (address, code) in [
        ("unix:path=/nonexistent".to_owned(), "(key-store-absent)"),
        ("autolaunch:".to_owned(), "(key-store-absent)"),
        (format!("unix:path={}", silent.display()), "(key-store-slow)"),
    ] {
        let mut env = TestEnv::empty();
        env.write("passphrase", format!("{PASSPHRASE}\n"));
        env.write(".local/share/awsenv/vault", fs::read(vault.vault.path()).expect("it is there"));
        env.write(".local/share/awsenv/vault.keyring", "");
        env.sh("chmod 700 .local/share/awsenv").exits(0);
        env.set("DBUS_SESSION_BUS_ADDRESS", &address);
        let started = Instant::now();
        let run = env.run(&["get", "a"]).exits(7).says("there is no terminal to ask for it");
        println!("{address}: {} ms", started.elapsed().as_millis());
        assert!(run.stderr.contains(code), "{}", run.stderr);
        let listed = env.run(&["list"]).exits(0).says("vault: locked: ");
        assert!(listed.stderr.contains(code), "{}", listed.stderr);
        // The passphrase opens it all the same; who gives it at once waits for nobody.
        env.sh("awsenv get a --passphrase-fd 3 3<passphrase").exits(0);
        let mut pty = Pty::awsenv(&env, &["get", "a"], Terminal::All);
        pty.wait_for(&format!("{code}. Passphrase of the vault: "));
        pty.send(&format!("{PASSPHRASE}\n"));
        pty.finish().exits(0);
        // What was asked of the key store is not done in another way.
        let run = env.sh("awsenv unlock --keyring --passphrase-fd 3 3<passphrase").exits(7);
        assert!(run.stderr.contains(code), "{}", run.stderr);
        let run = env.sh("awsenv passwd --no-passphrase --passphrase-fd 3 3<passphrase").exits(7);
        assert!(run.stderr.contains(code), "{}", run.stderr);
        // A passphrase that became known is changed even so.
        env.write("new", "correct horse\n");
        let change = "awsenv passwd --passphrase-fd 3 --new-passphrase-fd 4 3<passphrase 4<new";
        env.sh(change).exits(0).says("its new key is not in the key store");
        env.sh("awsenv get a --passphrase-fd 3 3<new").exits(0);
    }
}

#[test]
fn r28_a_locked_key_store_is_not_unlocked_and_the_passphrase_is_asked_for() {
    let (env, _vault) = with_vault();
    let script = "keyring
awsenv --quiet unlock --keyring --passphrase-fd 3 3<passphrase
awsenv --quiet lock
lock
if awsenv get a; then exit 9; fi
awsenv get a --passphrase-fd 3 3<passphrase";
    let Some(run) = on_a_bus(&env, script) else { return };
    let run =
        run.exits(0).says("the vault's passphrase is needed, and there is no terminal").says("the key store is locked");
    assert!(run.stdout.contains(ID));
}
