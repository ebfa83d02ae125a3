//! `import --from credentials`: the plaintext goes once the vault has the keys, if that is wanted, and nothing else does.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use super::ID;
use crate::support::{
    Pty, Run, Terminal, TestEnv, assert_no_secret, files_below, tool,
    vault::{PASSPHRASE, SECRET, TestVault},
};

const IMPORT: &str = "awsenv import --from credentials --passphrase-fd 3 3<passphrase";

/// A file of which one profile can be imported, and another not.
fn home() -> (TestEnv, TestVault, String) {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    let rest = "# by hand\n\n[plain]\n{}region = eu-west-1\n[odd]\naws_access_key_id = no-key\naws_secret_access_key = other\n";
    let keys = format!("aws_access_key_id = {ID}\naws_secret_access_key={SECRET}\n");
    env.write(".aws/credentials", rest.replace("{}", &keys));
    (env, vault, rest.replace("{}", ""))
}

fn file(env: &TestEnv) -> String {
    fs::read_to_string(env.home().join(".aws/credentials")).expect("it is there")
}

fn has_secret(vault: &TestVault) -> bool {
    let content = vault.vault.content(&vault.unlocked).expect("the vault opens");
    content.get("plain").is_ok_and(|entry| entry.json("plain", true)["secret_access_key"] == SECRET)
}

#[test]
fn p4_the_keys_go_and_every_other_byte_stays() {
    let (env, vault, rest) = home();
    // As in a repository of dotfiles, and with a mode of its own.
    let real = env.home().join("dotfiles");
    fs::rename(env.home().join(".aws/credentials"), &real).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, env.home().join(".aws/credentials")).unwrap();
    let run: Run = env.sh(&format!("{IMPORT} --skip-unusable --remove-plaintext")).exits(0);
    assert!(run.stderr.contains("removed 2 lines from"), "{}", run.stderr);
    assert_eq!(file(&env), rest);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(has_secret(&vault));
    for (path, content) in files_below(env.home()) {
        assert_no_secret(&[SECRET.to_owned()], &path.to_string_lossy(), &content);
    }
    // What has no keys any more is the vault's from now on.
    env.sh("awsenv get plain --passphrase-fd 3 3<passphrase").exits(0).stdout.contains(ID).then_some(()).unwrap();
}

#[test]
fn it_is_asked_on_a_terminal_and_no_leaves_it() {
    for (answer, goes) in [("\n", false), ("y\n", true)] {
        let (env, vault, rest) = home();
        let before = file(&env);
        let arguments = ["import", "--from", "credentials", "--skip-unusable"];
        let mut pty = Pty::awsenv(&env, &arguments, Terminal::All);
        pty.wait_for("Passphrase of the vault: ");
        pty.send(&format!("{PASSPHRASE}\n"));
        pty.wait_for("No copy is kept but the vault. [y/N] ");
        pty.send(answer);
        pty.finish().exits(0);
        assert_eq!(file(&env), if goes { rest } else { before });
        assert!(has_secret(&vault));
    }
}

#[test]
fn without_a_terminal_nothing_goes_unless_it_is_said() {
    let (env, _, _) = home();
    let before = file(&env);
    env.sh(&format!("{IMPORT} --skip-unusable"))
        .exits(0)
        .says("used as long as the vault is locked; whenever it is open, names that are in both are refused")
        .says("the same command with `--replace --remove-plaintext`");
    assert_eq!(file(&env), before);
    env.run(&["import", "--from", "aws-vault", "--remove-plaintext"]).exits(2).says("goes with --from credentials");
    // What is not imported is not removed either.
    env.sh(&format!("{IMPORT} --remove-plaintext")).exits(2);
    assert_eq!(file(&env), before);
}

#[test]
fn a_secret_that_stands_elsewhere_too_is_named() {
    let (env, _, _) = home();
    env.write(".aws/credentials", format!("{}# old: {SECRET}\n", file(&env)));
    let run = env.sh(&format!("{IMPORT} --skip-unusable --remove-plaintext")).exits(0);
    assert!(run.stderr.contains("the secret of `plain` stands in"), "{}", run.stderr);
    assert_no_secret(&[SECRET.to_owned()], "standard error", run.stderr.as_bytes());
}

#[test]
fn p8_a_file_that_was_changed_meanwhile_is_left_alone() {
    let (env, vault, _) = home();
    let mut pty = Pty::awsenv(&env, &["import", "--from", "credentials", "--skip-unusable"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("[y/N] ");
    let changed = format!("{}[new]\n", file(&env));
    env.write(".aws/credentials", &changed);
    pty.send("y\n");
    pty.finish().exits(7).says("changed it meanwhile");
    assert_eq!(file(&env), changed);
    assert!(has_secret(&vault));
}

#[test]
fn p8_the_plaintext_stays_while_the_disk_may_not_have_the_vault() {
    let Some(strace) = tool("strace") else { return };
    let (env, vault, _) = home();
    let before = file(&env);
    // The second fsync is that of the vault's folder.
    let inject = "-e trace=fsync -e inject=fsync:error=EIO:when=2 -o /dev/null";
    let command = format!("{} -f -qq {inject} {IMPORT} --skip-unusable --remove-plaintext", strace.display());
    env.sh(&command).exits(7).says("plaintext-kept");
    assert_eq!(file(&env), before);
    assert!(has_secret(&vault));
}

#[test]
fn p8_a_kill_at_any_moment_leaves_the_secret_in_the_file_or_in_the_vault() {
    let Some(strace) = tool("strace") else { return };
    let mut kills = 0;
    for call in ["rename", "fsync", "linkat", "unlink", "write", "fchmod"] {
        for when in 1.. {
            let (env, vault, rest) = home();
            let before = file(&env);
            let inject = format!("-e trace={call} -e inject={call}:signal=KILL:when={when} -o /dev/null");
            let run =
                env.sh(&format!("{} -f -qq {inject} {IMPORT} --skip-unusable --remove-plaintext", strace.display()));
            let now = file(&env);
            assert!(now == before || (now == rest && has_secret(&vault)), "{call} {when}: {now}");
            if run.code == Some(0) {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 5, "{kills}");
}
