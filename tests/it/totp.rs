//! `totp`: the secret of an MFA device in the vault, if the user insists; its codes are used without asking, each once.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use awsenv::demo::{FakeUser, Scenario};

use crate::support::{
    Pty, Run, Terminal, TestEnv, assert_no_secret, files_below,
    vault::{PASSPHRASE, SECRET, TestVault, run_with_passphrase, with_passphrase},
};

const ID: &str = "AKIADEMOVAULT7777777";
const SERIAL: &str = "arn:aws:iam::111122223333:mfa/kept";
const TOTP: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const USED: &str = ".local/state/awsenv/used-codes.json";
const EXEC: [&str; 4] = ["exec", "breakglass", "--", "true"];

/// A user with a device whose keys are in the vault, and a role that wants its code.
fn env() -> (TestEnv, TestVault) {
    let mut scenario = Scenario { mfa_codes_work_once: true, ..Scenario::demo() };
    scenario.users.push(FakeUser {
        arn: "arn:aws:iam::111122223333:user/kept".to_owned(),
        access_key_id: ID.to_owned(),
        secret_access_key: SECRET.to_owned(),
        mfa_serial: Some(SERIAL.to_owned()),
        mfa_code: Some(format!("totp:{TOTP}")),
    });
    let env = TestEnv::with(&scenario);
    let vault = TestVault::make(&env);
    vault.add("kept", ID, SECRET);
    let role = "arn:aws:iam::111122223333:role/BreakGlass";
    env.profile("breakglass", &format!("role_arn = {role}\nsource_profile = kept\nmfa_serial = {SERIAL}"));
    (env, vault)
}

fn keep(env: &TestEnv, secret: &str) -> Run {
    run_with_passphrase(env, &["totp", "kept", "--stdin", "--yes"], &format!("{secret}\n"))
}

fn kept(vault: &TestVault) -> Option<String> {
    let content = vault.vault.content(&vault.unlocked).expect("the vault opens");
    content.get("kept").expect("it is there").json("kept", true)["totp_secret"].as_str().map(str::to_owned)
}

#[test]
fn a_role_that_wants_a_code_gets_it_without_anybody_to_ask() {
    let (env, vault) = env();
    run_with_passphrase(&env, &EXEC, "").exits(5).says("an MFA code");
    keep(&env, "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp").exits(0).says("whoever opens the vault has both");
    assert_eq!(kept(&vault).as_deref(), Some(TOTP));
    let run = run_with_passphrase(&env, &EXEC, "").exits(0).says("BreakGlass");
    let secrets = [TOTP.to_owned(), SECRET.to_owned()];
    assert_no_secret(&secrets, "standard error", run.stderr.as_bytes());
    for (path, content) in files_below(&env.home().join(".local")) {
        assert_no_secret(&secrets, &path.to_string_lossy(), &content);
    }
}

#[test]
fn while_the_vault_is_unlocked_it_works_too() {
    let (env, _) = env();
    keep(&env, TOTP).exits(0);
    env.sh("awsenv unlock --passphrase-fd 3 3<passphrase").exits(0);
    env.run(&EXEC).exits(0);
    env.run(&["lock"]).exits(0);
}

#[test]
fn no_code_is_used_twice_and_the_wait_for_the_next_is_said() {
    let (env, _) = env();
    keep(&env, TOTP).exits(0);
    run_with_passphrase(&env, &EXEC, "").exits(0);
    // As if another run had taken the next code as well: there is a wait, whenever this test goes on.
    let text = fs::read_to_string(env.home().join(USED)).expect("the period is remembered");
    let mut used: BTreeMap<String, u64> = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(used.len(), 1);
    used.values_mut().for_each(|period| *period += 2);
    env.write(USED, serde_json::to_string(&used).unwrap());
    let mut child = with_passphrase(&env, &EXEC).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("it is piped")).read_line(&mut line).expect("it says something");
    child.kill().expect("it waits");
    child.wait().expect("it ends");
    assert!(line.contains("AWS takes each once: the next one comes in "), "{line}");
    let roles = env.aws().requests().into_iter().filter(|request| request.operation == "AssumeRole");
    assert_eq!(roles.count(), 1, "nothing was sent before the code holds");
}

#[test]
fn the_command_line_and_a_program_go_before_the_vault() {
    let (env, _) = env();
    keep(&env, TOTP).exits(0);
    run_with_passphrase(&env, &[&["exec", "breakglass", "--mfa-code", "000000"], &EXEC[2..]].concat(), "")
        .exits(5)
        .says("does not accept the MFA code");
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    env.write(".aws/config", format!("{config}mfa_process = /bin/echo 000000\n"));
    run_with_passphrase(&env, &EXEC, "").exits(5).says("does not accept the MFA code");
    assert!(!env.home().join(USED).exists());
}

#[test]
fn a_wrong_secret_is_named_as_the_cause() {
    let (env, _) = env();
    keep(&env, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").exits(0);
    run_with_passphrase(&env, &EXEC, "").exits(5).says("The code is of the secret in the vault");
}

#[test]
fn p4_it_is_only_there_if_the_user_insists_and_never_shown() {
    let (env, vault) = env();
    run_with_passphrase(&env, &["totp", "kept", "--stdin"], &format!("{TOTP}\n"))
        .exits(3)
        .says("whoever opens the vault has both")
        .says("nobody wanted");
    let run = keep(&env, "JBSWY3DPEHPK3PX1").exits(2).says("bad-totp-secret");
    assert!(!run.stderr.contains("JBSWY3DP"), "{}", run.stderr);
    assert_eq!(kept(&vault), None);
    let mut pty = Pty::awsenv(&env, &["totp", "kept"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("Keep it there all the same? [y/N] ");
    pty.send("y\n");
    pty.wait_for("Secret of the MFA device (base32): ");
    assert!(!pty.echoes());
    pty.send(&format!("{TOTP}\n"));
    let run = pty.finish().exits(0);
    assert_no_secret(&[TOTP.to_owned()], "the screen", run.stderr.as_bytes());
    assert_eq!(kept(&vault).as_deref(), Some(TOTP));
    let shown = run_with_passphrase(&env, &["get", "kept"], "").exits(0);
    assert!(shown.stdout.contains("MFA secret         (hidden; --reveal shows it)\n"), "{}", shown.stdout);
    run_with_passphrase(&env, &["totp", "kept", "--remove"], "").exits(0).says("no longer in the vault");
    assert_eq!(kept(&vault), None);
    run_with_passphrase(&env, &["totp", "kept", "--remove"], "").exits(2);
}

#[test]
fn a_rotation_keeps_it_and_uses_it() {
    let (env, vault) = env();
    keep(&env, TOTP).exits(0);
    env.aws().change(|scenario| scenario.keys_need_mfa = true);
    env.profile("kept", &format!("mfa_serial = {SERIAL}"));
    let rotate = ["rotate", "kept", "--yes", "--confirm-account", "111122223333"];
    run_with_passphrase(&env, &rotate, "").exits(0);
    assert_eq!(kept(&vault).as_deref(), Some(TOTP));
}
