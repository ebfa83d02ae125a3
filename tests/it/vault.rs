//! The verbs of the vault, and the questions that they ask.

mod abuse;
#[cfg(feature = "demo")]
mod access;
mod agent;
mod faults;
mod figures;
#[cfg(feature = "demo")]
mod hostile;
mod import;
#[cfg(feature = "keyring")]
mod keyring;
mod mutations;
mod one_agent;
mod places;
mod plaintext;
mod questions;
#[cfg(feature = "demo")]
mod sessions;
mod streams;

use std::{fs, os::unix::fs::PermissionsExt};

use crate::support::{
    Run, TestEnv, assert_no_secret, corpus, files_below, tool,
    vault::{PASSPHRASE, SECRET, TestVault, run_with_passphrase},
};

const ID: &str = "AKIADEMOVAULT7777777";

fn add(env: &TestEnv, name: &str, more: &[&str]) -> Run {
    run_with_passphrase(env, &[&["add", name, "--stdin"], more].concat(), &format!("{ID}\n{SECRET}\n"))
}

#[test]
fn the_first_add_makes_the_vault() {
    let env = TestEnv::empty();
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    add(&env, "deploy", &["--region", "eu-west-1", "--account", "1111-2222-3333"])
        .exits(0)
        .says("awsenv: `deploy` is in the vault\n");
    let run = run_with_passphrase(&env, &["get", "deploy"], "").exits(0);
    let (added, rest) = run.stdout.rsplit_once("Added ").expect("the time is the last row");
    assert_eq!(
        added,
        format!(
            "Profile            deploy\nAccess key ID      {ID}\nSecret access key  (hidden; --reveal shows it)\n\
             Region             eu-west-1\nAccount            1111-2222-3333\n"
        )
    );
    assert!(rest.trim().ends_with('Z'));
    let run = run_with_passphrase(&env, &["get", "deploy", "--reveal"], "").exits(0);
    assert!(run.stdout.contains(&format!("Secret access key  {SECRET}\n")));
    let run = run_with_passphrase(&env, &["get", "deploy", "--json", "--reveal"], "").exits(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((json["secret_access_key"].as_str(), json["account_id"].as_str()), (Some(SECRET), Some("111122223333")));
}

#[test]
fn a_session_token_is_the_third_line() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    run_with_passphrase(&env, &["add", "s", "--stdin"], "ASIADEMOVAULT7777777\r\n wJalr/x+y= \r\nIQoJb3\r\n").exits(0);
    let run = run_with_passphrase(&env, &["get", "s", "--json", "--reveal"], "").exits(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (json["secret_access_key"].as_str(), json["session_token"].as_str()),
        (Some("wJalr/x+y="), Some("IQoJb3"))
    );
}

#[test]
fn a_name_is_taken_once() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    env.credentials("files", ID, SECRET);
    add(&env, "files", &[]).exits(2).says("~/.aws already has credentials for a profile `files`");
    add(&env, "a", &[]).exits(0);
    add(&env, "a", &[]).exits(2).says("the vault already has a profile `a`");
    add(&env, "a", &["--replace"]).exits(0);
    assert_eq!(vault.names(), ["a"]);
}

#[test]
fn p1_new_keys_do_not_take_the_pin_away() {
    let env = TestEnv::empty();
    TestVault::make(&env);
    add(&env, "a", &["--region", "eu-west-1", "--account", "111122223333"]).exits(0);
    let pinned = || {
        let run = run_with_passphrase(&env, &["get", "a", "--json"], "").exits(0);
        let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        (json["account_id"].clone(), json["region"].clone())
    };
    add(&env, "a", &["--replace"])
        .exits(0)
        .says("`a` is in the vault, still for account 111122223333 and region eu-west-1\n");
    assert_eq!(pinned(), ("111122223333".into(), "eu-west-1".into()));
    env.write("source", format!("[a]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"));
    run_with_passphrase(&env, &["import", "--from", "credentials", "--replace", "--remove-plaintext", "source"], "")
        .exits(0);
    assert_eq!(pinned(), ("111122223333".into(), "eu-west-1".into()));
    add(&env, "a", &["--replace", "--account", "444455556666"]).exits(0).says("still for region eu-west-1\n");
    assert_eq!(pinned(), ("444455556666".into(), "eu-west-1".into()));
}

#[test]
fn what_is_no_key_pair_is_refused_and_not_repeated() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    for input in ["", "AKIADEMOVAULT7777777\n", &format!("{SECRET}\n{ID}\n"), "AKIADEMOVAULT7777777\na b\n"] {
        let run = run_with_passphrase(&env, &["add", "x", "--stdin"], input).exits(2);
        assert_no_secret(&[SECRET.to_owned()], "the message", run.stderr.as_bytes());
    }
    run_with_passphrase(&env, &["add", "a\x1bb", "--stdin"], "").exits(2).says("(name-control)");
    for name in ["-", "-x"] {
        let arguments = ["add", "--stdin", "--", name];
        run_with_passphrase(&env, &arguments, &format!("{ID}\n{SECRET}\n")).exits(2).says("(name-dash)");
    }
    let session = format!("ASIADEMOVAULT7777777\n{SECRET}\n");
    run_with_passphrase(&env, &["add", "x", "--stdin"], &session).exits(2).says("the third line must give its token");
    assert_eq!(vault.names(), Vec::<String>::new());
}

#[test]
fn rm_removes_all_that_are_named_or_none() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    for name in ["a", "b", "c"] {
        vault.add(name, ID, SECRET);
    }
    run_with_passphrase(&env, &["rm", "a", "zzzz"], "")
        .exits(2)
        .says("the vault has no profile `zzzz`")
        .says("`awsenv list` shows its profiles");
    vault.add("staging", ID, SECRET);
    for verb in ["rm", "get"] {
        run_with_passphrase(&env, &[verb, "stagin"], "").exits(2).says("Did you mean staging?");
    }
    run_with_passphrase(&env, &["rm", "staging"], "").exits(0);
    assert_eq!(vault.names(), ["a", "b", "c"]);
    run_with_passphrase(&env, &["rm", "a", "c", "a"], "").exits(0).says("removed from the vault: a, c");
    assert_eq!(vault.names(), ["b"]);
}

#[test]
fn passwd_leaves_nothing_that_the_old_passphrase_opens() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    vault.add("b", ID, SECRET);
    env.write("new", "correct horse\n");
    let script = "awsenv passwd --passphrase-fd 3 --new-passphrase-fd 4 3<passphrase 4<new";
    env.sh(script).exits(0).says("the vault has a new passphrase");
    run_with_passphrase(&env, &["get", "a"], "").exits(7).says("(vault-wrong-passphrase)");
    env.sh("awsenv get a --passphrase-fd 3 3<new").exits(0);
    env.sh("awsenv passwd --passphrase-fd 3 --new-passphrase-fd 4 3<new 4<new")
        .exits(7)
        .says("that is the passphrase that the vault has already");
    let left: Vec<_> = fs::read_dir(env.home().join(".local/share/awsenv")).unwrap().collect();
    assert_eq!(left.len(), 3, "the vault and its two locks: {left:?}");
    env.write("new", "short\n");
    env.sh(&script.replace("3<passphrase", "3<old")).code.filter(|code| *code != 0).expect("there is no such file");
    env.sh("awsenv passwd --passphrase-fd 3 --new-passphrase-fd 4 3<<E 4<new\ncorrect horse\nE")
        .exits(7)
        .says("too easily guessed");
}

#[test]
fn without_a_passphrase_or_a_vault_it_says_so() {
    let env = TestEnv::empty();
    env.run(&["get", "a"]).exits(7).says("there is no vault yet");
    TestVault::make(&env);
    env.run(&["get", "a"]).exits(7).says("there is no terminal to ask for it");
    env.run(&["get", "a", "--passphrase-fd", "77"])
        .exits(2)
        .says("--passphrase-fd 77: descriptor 77 is not open for reading")
        .says("--passphrase-fd 3 3<FILE");
    env.run(&["get", "a", "--passphrase-fd", "0"]).exits(2).says("there is no line to read");
}

#[test]
fn a_descriptor_is_read_where_it_stands_and_a_line_at_a_time() {
    let env = TestEnv::empty();
    TestVault::make(&env).add("a", ID, SECRET);
    env.write("both", format!("{PASSPHRASE}\ncorrect horse\n"));
    env.sh("awsenv passwd --passphrase-fd 3 --new-passphrase-fd 3 3<both").exits(0);
    // The shell has read the first line itself.
    env.sh("{ read -r line <&3; awsenv get a --passphrase-fd 3; } 3<both").exits(0);
    // A socket, which nobody can open by its name.
    let script = "import os, socket, sys\none, other = socket.socketpair()\none.sendall(b'correct horse\\n')\n\
                  os.dup2(other.fileno(), 3)\nos.execvp('awsenv', ['awsenv', 'get', 'a', '--passphrase-fd', '3'])";
    if let Some(python) = tool("python3") {
        let run: Run = env.command(python).args(["-c", script]).output().expect("python starts").into();
        run.exits(0);
    }
    env.sh("awsenv get a --passphrase-fd 3 3>sink").exits(2).says("descriptor 3 is not open for reading");
    env.write("long", format!("{}\n", "x".repeat(1025)));
    env.sh("awsenv get a --passphrase-fd 3 3<long").exits(7).says("longer than 1024 bytes");
}

#[test]
fn p8_what_is_no_vault_is_left_as_it_is() {
    let mut cases: Vec<Vec<u8>> = corpus("vault_file").into_iter().map(|case| case.value).collect();
    cases.push(Vec::new());
    for value in cases {
        let env = TestEnv::empty();
        env.write("passphrase", PASSPHRASE);
        let path = env.write(".local/share/awsenv/vault", &value);
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        for arguments in [&["get", "a"][..], &["add", "a", "--stdin"], &["rm", "a"], &["passwd"]] {
            let run = run_with_passphrase(&env, arguments, &format!("{ID}\n{SECRET}\n")).exits(7);
            assert!(run.stderr.contains("(vault-damaged-or-foreign)"), "{}", run.stderr);
            assert!(run.stderr.contains(".local/share/awsenv/vault"), "{}", run.stderr);
        }
        assert_eq!(fs::read(&path).unwrap(), value);
    }
}

#[test]
fn a_damaged_vault_names_its_backup() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    let path = vault.vault.path();
    let mut bytes = fs::read(path).unwrap();
    bytes[4000] ^= 1;
    env.write(".local/share/awsenv/vault", &bytes);
    let run = run_with_passphrase(&env, &["get", "a"], "").exits(7);
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("is damaged: its content was changed (vault-damaged-or-foreign)"), "{said}");
    assert!(said.contains(&format!("cp -p '{0}.bak' '{0}'", path.display())), "{said}");
    assert_eq!(fs::read(path).unwrap(), bytes);
}

#[test]
fn p8_where_the_vault_is_gone_its_backup_is_named_and_stays() {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    vault.add("a", ID, SECRET);
    vault.add("b", ID, SECRET);
    let path = vault.vault.path();
    let backup = fs::read(path.with_extension("bak")).unwrap();
    fs::remove_file(path).unwrap();
    env.credentials("plain", ID, SECRET);
    let verbs: [&[&str]; 5] =
        [&["get", "a"], &["add", "c", "--stdin"], &["rm", "a"], &["passwd"], &["import", "--from", "credentials"]];
    for verb in verbs {
        let run = run_with_passphrase(&env, verb, &format!("{ID}\n{SECRET}\n")).exits(7).says("(vault-gone)");
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("cp -p '{0}.bak' '{0}'", path.display())), "{verb:?}: {said}");
        assert_eq!(fs::read(path.with_extension("bak")).unwrap(), backup, "{verb:?}");
        assert!(!path.exists(), "{verb:?}");
    }
    env.sh("cd .local/share/awsenv && cp -p vault.bak vault").exits(0);
    assert_eq!(vault.names(), ["a"]);
}

#[test]
fn p4_no_secret_is_in_a_file_a_stream_or_an_argument() {
    let env = TestEnv::empty();
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    for arguments in [&["add", "a", "--stdin"][..], &["get", "a"], &["get", "a", "--json"], &["--debug", "get", "a"]] {
        let arguments = if arguments[0] == "--debug" { &["get", "a", "--debug"][..] } else { arguments };
        let run = run_with_passphrase(&env, arguments, &format!("{ID}\n{SECRET}\n")).exits(0);
        let secrets = [SECRET.to_owned(), PASSPHRASE.to_owned()];
        assert_no_secret(&secrets, "standard output", run.stdout.as_bytes());
        assert_no_secret(&secrets, "standard error", run.stderr.as_bytes());
    }
    for (path, content) in files_below(&env.home().join(".local")) {
        assert_no_secret(&[SECRET.to_owned(), ID.to_owned(), PASSPHRASE.to_owned()], &path.to_string_lossy(), &content);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
}
