//! `rotate`: a new key in the vault, the old one gone; and at every moment a key in the vault that works.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use awsenv::demo::{Failure, FakeUser, Outcome, Scenario};

use crate::support::{
    Pty, Run, Terminal, TestEnv, assert_no_secret, files_below, tool,
    vault::{PASSPHRASE, SECRET, TestVault, fed, run_with_passphrase, with_passphrase},
};

const ID: &str = "AKIADEMOVAULT7777777";
const ARN: &str = "arn:aws:iam::444455556666:user/team/robot";
const ROTATE: [&str; 3] = ["rotate", "robot", "--yes"];

/// The demo's accounts, and a user of staging whose key is in the vault.
pub(crate) fn env() -> (TestEnv, TestVault) {
    let mut scenario = Scenario::demo();
    scenario.users.push(user(ARN, ID));
    let env = TestEnv::with(&scenario);
    let vault = TestVault::make(&env);
    vault.add("robot", ID, SECRET);
    (env, vault)
}

fn user(arn: &str, id: &str) -> FakeUser {
    FakeUser {
        arn: arn.to_owned(),
        access_key_id: id.to_owned(),
        secret_access_key: SECRET.to_owned(),
        mfa_serial: None,
        mfa_code: None,
    }
}

/// Runs it; what it says is in one line.
fn rotate(env: &TestEnv, more: &[&str]) -> Run {
    let mut run = run_with_passphrase(env, &[&ROTATE[..], more].concat(), "");
    run.stderr = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    run
}

/// The user's keys at the fake AWS, and whether each works.
fn at_aws(env: &TestEnv) -> BTreeMap<String, bool> {
    let mut keys = BTreeMap::new();
    env.aws().change(|scenario| {
        for user in scenario.users.iter().filter(|user| user.arn == ARN) {
            let id = &user.access_key_id;
            keys.insert(id.clone(), !scenario.inactive_keys.contains(id));
        }
    });
    keys
}

/// What the vault uses, what it still has to do, and whether the secret in use is the key's.
fn in_vault(env: &TestEnv, vault: &TestVault) -> (String, Option<String>, bool) {
    let content = vault.vault.content(&vault.unlocked).expect("the vault opens");
    let entry = content.get("robot").expect("the profile is there");
    let mut secret = None;
    env.aws().change(|scenario| {
        secret = scenario.user(&entry.access_key_id).map(|user| user.secret_access_key.clone());
    });
    let right = secret.as_deref() == Some(entry.secret_access_key.expose());
    (entry.access_key_id.clone(), entry.rotation.as_ref().map(ToString::to_string), right)
}

/// Asserts that the rotation is done: the vault's key is another one, and the only one there is.
#[track_caller]
fn assert_done(env: &TestEnv, vault: &TestVault) -> String {
    let (id, rotation, right) = in_vault(env, vault);
    assert_ne!(id, ID);
    assert_eq!((rotation, right), (None, true));
    assert_eq!(at_aws(env), [(id.clone(), true)].into());
    id
}

/// Asserts that nothing has happened.
#[track_caller]
fn assert_as_before(env: &TestEnv, vault: &TestVault) {
    assert_eq!(in_vault(env, vault), (ID.to_owned(), None, true));
    assert_eq!(at_aws(env), [(ID.to_owned(), true)].into());
}

fn asked(env: &TestEnv) -> Vec<String> {
    let of_keys = |operation: &String| operation.ends_with("AccessKey") || operation.ends_with("AccessKeys");
    env.aws().requests().into_iter().map(|request| request.operation).filter(of_keys).collect()
}

#[test]
fn the_vault_has_a_new_key_and_the_old_one_is_gone() {
    let (env, vault) = env();
    env.aws().change(|scenario| scenario.new_keys_unknown_for = 2);
    let run = rotate(&env, &[]).exits(0).says("4444-5555-6666").says(&format!("{ID} is deleted"));
    let id = assert_done(&env, &vault);
    assert!(run.stderr.contains(&format!("`robot` now has the key {id}")), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    assert_eq!(asked(&env), ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"]);
    for (path, content) in files_below(&env.home().join(".local")) {
        assert_no_secret(&env.aws().secrets(), &path.to_string_lossy(), &content);
    }
    assert_no_secret(&env.aws().secrets(), "standard error", run.stderr.as_bytes());
    run_with_passphrase(&env, &["exec", "robot", "--", "true"], "").exits(0);
}

#[test]
fn json_says_what_was_done_and_no_secret() {
    let (env, vault) = env();
    let run = rotate(&env, &["--json", "--quiet"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let id = assert_done(&env, &vault);
    assert_eq!(
        json,
        serde_json::json!({
            "profile": "robot", "account_id": "444455556666", "user": "robot", "access_key_id": id,
            "old_access_key_id": ID, "old": "deleted",
        })
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn keep_old_leaves_it_switched_off_and_the_next_rotation_names_it() {
    let (env, vault) = env();
    rotate(&env, &["--keep-old"]).exits(0).says(&format!("{ID} is switched off"));
    let (id, rotation, _) = in_vault(&env, &vault);
    assert_eq!(rotation, None);
    assert_eq!(at_aws(&env), [(id.clone(), true), (ID.to_owned(), false)].into());
    rotate(&env, &[]).exits(2).says("two access keys already").says(&format!("--delete-other {ID}"));
    rotate(&env, &["--delete-other", &id]).exits(2).says("no other key");
    assert_eq!(at_aws(&env).len(), 2);
    rotate(&env, &["--delete-other", ID]).exits(0);
    assert_ne!(assert_done(&env, &vault), id);
}

#[test]
fn p1_the_pin_must_agree_before_anything_is_made() {
    let (env, vault) = env();
    env.profile("robot", "awsenv_account_id = 111122223333");
    rotate(&env, &[]).exits(4);
    assert_eq!(asked(&env), Vec::<String>::new());
    assert_as_before(&env, &vault);
}

#[test]
fn p6_in_a_protected_account_it_must_be_confirmed() {
    let (env, vault) = env();
    for protection in ["confirm", "read-only"] {
        env.run(&["account", "set", "444455556666", "--protection", protection]).exits(0);
        rotate(&env, &[]).exits(3).says("must be confirmed");
        rotate(&env, &["--confirm-account", "111122223333"]).exits(3);
        assert_as_before(&env, &vault);
    }
    rotate(&env, &["--confirm-account", "444455556666"]).exits(0);
    assert_done(&env, &vault);
    env.run(&["account", "set", "444455556666", "--protection", "deny"]).exits(0);
    rotate(&env, &["--confirm-account", "444455556666"]).exits(3).says("deny");
}

#[test]
fn it_asks_and_nobody_is_no() {
    let (env, vault) = env();
    run_with_passphrase(&env, &["rotate", "robot"], "").exits(3).says("nobody confirmed the rotation");
    let mut pty = Pty::awsenv(&env, &["rotate", "robot"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for(&format!("Make a new key for robot, so that {ID} is deleted? [y/N] "));
    pty.send("n\n");
    pty.finish().exits(3);
    assert_as_before(&env, &vault);
    let mut pty = Pty::awsenv(&env, &["rotate", "robot"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("[y/N] ");
    pty.send("y\n");
    pty.finish().exits(0);
    assert_done(&env, &vault);
}

#[test]
fn while_the_vault_is_unlocked_nobody_asks_for_the_passphrase() {
    let (env, vault) = env();
    env.sh("awsenv unlock --passphrase-fd 3 3<passphrase").exits(0);
    env.run(&ROTATE).exits(0);
    assert_done(&env, &vault);
    env.run(&["lock"]).exits(0);
}

#[test]
fn what_is_no_users_own_key_is_refused() {
    let (env, vault) = env();
    env.aws().change(|scenario| scenario.users.push(user("arn:aws:iam::444455556666:root", "AKIADEMOROOT77777777")));
    vault.add("root", "AKIADEMOROOT77777777", SECRET);
    run_with_passphrase(&env, &["rotate", "root", "--yes"], "").exits(3).says("root user");
    let keys = "ASIADEMOVAULT7777777\nwJalr\nIQoJb3\n";
    run_with_passphrase(&env, &["add", "session", "--stdin"], keys).exits(0);
    run_with_passphrase(&env, &["rotate", "session", "--yes"], "").exits(2).says("end by themselves");
    run_with_passphrase(&env, &["rotate", "staging", "--yes"], "").exits(2).says("the vault has no profile `staging`");
    assert_eq!(asked(&env), Vec::<String>::new());
}

#[test]
fn where_the_policy_wants_mfa_a_session_with_it_makes_the_calls() {
    let (env, vault) = env();
    let serial = "arn:aws:iam::444455556666:mfa/robot";
    env.aws().change(|scenario| {
        scenario.keys_need_mfa = true;
        let robot = scenario.users.iter_mut().find(|user| user.arn == ARN).expect("it is there");
        robot.mfa_serial = Some(serial.to_owned());
        robot.mfa_code = Some("654321".to_owned());
    });
    rotate(&env, &["--mfa-code", "654321"]).exits(2).says("names no mfa_serial");
    rotate(&env, &[]).exits(5).says("iam:ListAccessKeys").says("`mfa_serial`");
    env.profile("robot", &format!("mfa_serial = {serial}"));
    rotate(&env, &[]).exits(5).says("an MFA code");
    rotate(&env, &["--mfa-code", "654321"]).exits(0);
    assert_done(&env, &vault);
}

#[test]
fn a_missing_permission_is_named_and_the_vault_has_a_key_that_works() {
    for operation in ["ListAccessKeys", "CreateAccessKey"] {
        let (env, vault) = env();
        env.aws().fail(Failure::error(operation, 403, "AccessDenied", "not authorized"));
        rotate(&env, &[]).exits(5).says(&format!("A policy must allow the user iam:{operation} on itself"));
        assert_as_before(&env, &vault);
    }
    for operation in ["UpdateAccessKey", "DeleteAccessKey"] {
        let (env, vault) = env();
        env.aws().fail(Failure::error(operation, 403, "AccessDenied", "not authorized"));
        rotate(&env, &[]).exits(5).says(&format!("iam:{operation}")).says("`awsenv rotate robot` goes on");
        let (id, rotation, right) = in_vault(&env, &vault);
        assert_ne!(id, ID);
        assert_eq!((rotation, right), (Some(format!("not done: {ID} is still to be deleted")), true));
        env.aws().change(|scenario| scenario.failures.clear());
        rotate(&env, &[]).exits(0).says("going on");
        assert_eq!(assert_done(&env, &vault), id);
    }
}

#[test]
fn a_new_key_that_does_not_turn_out_right_is_deleted_again() {
    // The same history gives the same key: so it is known before it is made.
    let (first, its_vault) = env();
    rotate(&first, &[]).exits(0);
    let new = assert_done(&first, &its_vault);
    let (env, vault) = env();
    env.aws().fail(Failure::error("GetCallerIdentity", 403, "AccessDenied", "no").for_key(&new));
    rotate(&env, &[]).exits(5).says(&format!("{new} was deleted again; the vault is as it was"));
    assert_eq!(asked(&env), ["ListAccessKeys", "CreateAccessKey", "DeleteAccessKey"]);
    assert_as_before(&env, &vault);
}

#[test]
fn p1_a_new_key_of_another_user_is_never_used() {
    let (env, vault) = env();
    let other = user("arn:aws:iam::444455556666:user/team/other", "AKIADEMOOTHER7777777");
    let key = format!("<AccessKeyId>{}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>", other.access_key_id);
    let body = format!(
        "<CreateAccessKeyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateAccessKeyResult><AccessKey>\
         <UserName>robot</UserName>{key}<Status>Active</Status></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>"
    );
    env.aws().change(|scenario| scenario.users.push(other.clone()));
    env.aws().fail(Failure::of("CreateAccessKey", Outcome::Body { status: 200, body }));
    rotate(&env, &[])
        .exits(4)
        .says(&format!("the new key is of {}, not of {ARN}", other.arn))
        .says("the vault is as it was");
    assert_as_before(&env, &vault);
    env.aws().change(|scenario| scenario.failures.clear());
    rotate(&env, &[]).exits(0);
    assert_done(&env, &vault);
}

#[test]
fn p8_an_answer_that_gets_lost_costs_no_key_that_works() {
    for operation in ["ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"] {
        for outcome in [Outcome::Close, Outcome::Lost] {
            let (env, vault) = env();
            env.aws().fail(Failure::of(operation, outcome.clone()));
            let run = rotate(&env, &[]).exits(6);
            let (id, _, right) = in_vault(&env, &vault);
            assert!(right && at_aws(&env)[&id], "{operation} {outcome:?}");
            env.aws().change(|scenario| scenario.failures.clear());
            let lost: Vec<String> = at_aws(&env).into_keys().filter(|known| *known != ID).collect();
            if let (true, [lost]) = (operation == "CreateAccessKey", lost.as_slice()) {
                assert!(run.stderr.contains(&format!("--delete-other {lost}")), "{}", run.stderr);
                rotate(&env, &["--delete-other", lost]).exits(0);
            } else {
                rotate(&env, &[]).exits(0);
            }
            assert_done(&env, &vault);
        }
    }
}

/// Runs it below strace.
fn traced(env: &TestEnv, strace: &Path, options: &[&str]) -> Command {
    let inner = with_passphrase(env, &ROTATE);
    let mut command = env.command(strace);
    command.args(["-f", "-qq"]).args(options).arg(inner.get_program()).args(inner.get_args());
    command
}

#[test]
fn p8_a_kill_at_any_moment_leaves_a_key_that_works_and_a_rotation_that_goes_on() {
    let Some(strace) = tool("strace") else { return };
    let calls = ["rename", "linkat", "link", "fsync", "unlink", "unlinkat", "sendto", "writev", "connect", "recvfrom"];
    let trace = format!("trace={}", calls.join(","));
    let (first, _) = env();
    let log = first.home().join("trace");
    fed(traced(&first, &strace, &["-e", &trace, "-o", &log.to_string_lossy()]), "").exits(0);
    let log = fs::read_to_string(log).expect("strace wrote");
    let (mut kills, mut pending, mut lost) = (0, 0, 0);
    for call in calls {
        for when in 1..=log.lines().filter(|line| line.contains(&format!(" {call}("))).count() {
            let (env, vault) = env();
            let inject = format!("inject={call}:signal=KILL:when={when}");
            let options = ["-e", &format!("trace={call}"), "-e", &inject, "-o", "/dev/null"];
            let run = fed(traced(&env, &strace, &options), "");
            if run.signal == Some(9) || run.code == Some(137) {
                kills += 1;
            }
            let (id, rotation, right) = in_vault(&env, &vault);
            assert!(right && at_aws(&env)[&id], "{call} {when}: the vault's key does not work");
            pending += usize::from(rotation.is_some());
            if id != ID && rotation.is_none() {
                assert_done(&env, &vault);
                continue;
            }
            let next = rotate(&env, &[]);
            if next.code == Some(2) {
                // AWS had made the key, and the process died before it had the answer in the vault.
                let other = at_aws(&env).into_keys().find(|known| *known != id).expect("there are two");
                next.says(&format!("--delete-other {other}"));
                lost += 1;
                rotate(&env, &["--delete-other", &other]).exits(0);
            } else {
                next.exits(0);
            }
            assert_done(&env, &vault);
        }
    }
    assert!(kills > 20 && pending > 0, "{kills} kills, {pending} pending");
    println!(
        "{kills} kills: {pending} rotations went on, {lost} keys without a secret were named, 0 vaults without a key"
    );
}
