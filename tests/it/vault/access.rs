//! Profiles of the vault as credentials: for `use`, for `exec`, and below roles.

use awsenv::demo::FakeUser;

use super::ID;
use crate::support::{
    Pty, Terminal, TestEnv, assert_no_secret, files_below,
    vault::{PASSPHRASE, SECRET, TestVault, fed, run_with_passphrase},
};

/// The demo's accounts, and a user whose keys are in the vault as `kept`.
fn env() -> (TestEnv, TestVault) {
    let env = TestEnv::demo();
    env.aws().change(|scenario| {
        scenario.users.push(FakeUser {
            arn: "arn:aws:iam::444455556666:user/kept".to_owned(),
            access_key_id: ID.to_owned(),
            secret_access_key: SECRET.to_owned(),
            mfa_serial: None,
            mfa_code: None,
        });
    });
    let vault = TestVault::make(&env);
    vault.add("kept", ID, SECRET);
    env.profile("from-vault", "role_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = kept");
    (env, vault)
}

/// What the command prints of the account and the key that it was given.
const SHOW: [&str; 4] = ["--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID $AWS_ACCESS_KEY_ID"];

fn exec(env: &TestEnv, profile: &str) -> crate::support::Run {
    run_with_passphrase(env, &[&["exec", profile, "--confirm-account", "111122223333"], &SHOW[..]].concat(), "")
}

#[test]
fn a_command_gets_the_keys_of_the_vault_once_sts_has_answered_for_them() {
    let (env, _) = env();
    let run = exec(&env, "kept").exits(0).says("kept → vault");
    assert_eq!(run.stdout, format!("444455556666 {ID}\n"));
    assert_no_secret(&[SECRET.to_owned()], "standard error", run.stderr.as_bytes());
    for (path, content) in files_below(env.home()) {
        assert_no_secret(&[SECRET.to_owned()], &path.to_string_lossy(), &content);
    }
}

#[test]
fn a_command_reads_what_follows_the_passphrase_on_standard_input() {
    let (env, _) = env();
    let input = format!("{PASSPHRASE}\none\ntwo\n");
    let run = fed(env.awsenv(&["exec", "kept", "--passphrase-fd", "0", "--", "cat"]), &input).exits(0);
    assert_eq!(run.stdout, "one\ntwo\n");
}

#[test]
fn a_role_starts_from_the_vault() {
    let (env, _) = env();
    let run = exec(&env, "from-vault").exits(0).says("from-vault → kept → vault");
    assert!(run.stdout.starts_with("111122223333 ASIA"), "{}", run.stdout);
}

#[test]
fn a_variable_that_names_a_profile_of_the_vault_is_explained() {
    let (mut env, _) = env();
    for name in ["kept", "from-vault"] {
        env.set("AWS_PROFILE", name);
        env.run(&["whoami"]).says("The vault may have them, but is locked; AWS_PROFILE leads no tool there.");
        let run = run_with_passphrase(&env, &["whoami"], "");
        assert_eq!(run.stdout, "", "{name}");
        run.says("The vault has them; AWS_PROFILE leads no tool there.").says("`awsenv exec PROFILE` do.");
    }
    env.set("AWS_PROFILE", "nowhere");
    let run = run_with_passphrase(&env, &["whoami"], "").exits(2);
    assert!(!run.stderr.contains("The vault"), "{}", run.stderr);
}

#[test]
fn use_asks_on_the_terminal_and_says_why() {
    let (env, _) = env();
    let mut pty = Pty::awsenv(&env, &["use", "kept", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for("`kept` is not in ~/.aws. Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    let run = pty.finish().exits(0).says("4444-5555-6666");
    assert!(
        run.stdout.contains(&format!("AWS_ACCESS_KEY_ID='{ID}'"))
            || run.stdout.contains(&format!("AWS_ACCESS_KEY_ID={ID}"))
    );
    assert_no_secret(&[SECRET.to_owned(), PASSPHRASE.to_owned()], "the screen", run.stderr.as_bytes());
}

#[test]
fn p2_an_interrupt_at_the_question_refuses_and_gives_the_terminal_back() {
    let (env, _) = env();
    let mut pty = Pty::awsenv(&env, &["use", "kept", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for("Passphrase of the vault: ");
    pty.send("\x03");
    assert_eq!(pty.ended(), Some(2));
    assert!(pty.echoes());
    let run = pty.finish();
    assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
}

#[test]
fn p2_a_wrong_passphrase_is_a_refused_switch() {
    let (env, _) = env();
    env.write("passphrase", "wrong one\n");
    let run = run_with_passphrase(&env, &["use", "kept", "--shell", "sh"], "").exits(7);
    assert!(run.stdout.contains("AWSENVREFUSED0000000") && run.stdout.contains("(exit 7)"), "{}", run.stdout);
}

#[test]
fn p1_the_pin_of_a_kept_key_binds() {
    let (env, _) = env();
    let input = format!("{ID}\n{SECRET}\n");
    let add = &["add", "pinned", "--stdin", "--account", "111122223333"];
    run_with_passphrase(&env, add, &input).exits(0);
    exec(&env, "pinned").exits(4).says("entry `pinned`");
}

#[test]
fn p1_a_name_in_both_is_refused_when_the_vault_is_open() {
    let (env, _) = env();
    env.profile("kept", "role_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = staging");
    let run = exec(&env, "kept").exits(2).says("(name-taken)").says("`awsenv rm NAME`");
    assert!(run.stderr.contains("--replace --remove-plaintext"), "{}", run.stderr);
    exec(&env, "from-vault").exits(2);
}

#[test]
fn while_it_is_unlocked_use_and_exec_ask_nothing() {
    let (env, _) = env();
    run_with_passphrase(&env, &["unlock"], "").exits(0);
    let show = |profile: &str| {
        [&["exec", profile], &SHOW[..]].concat().iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()
    };
    let exec = |profile: &str| {
        let arguments = show(profile);
        env.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert_eq!(exec("kept").exits(0).stdout, format!("444455556666 {ID}\n"));
    assert!(exec("from-vault").exits(0).stdout.starts_with("111122223333 ASIA"));
    assert!(exec("staging").exits(0).stdout.starts_with("444455556666 "));
    exec("kep").exits(2).says("Did you mean kept");
    let run = env.run(&["use", "kept", "--shell", "sh"]).exits(0);
    assert_no_secret(&[SECRET.to_owned()], "standard error", run.stderr.as_bytes());
    env.credentials("kept", ID, "x");
    exec("kept").exits(2).says("(name-taken)");
    env.run(&["lock"]).exits(0);
}

#[test]
fn an_unknown_name_stays_one_where_nobody_can_be_asked() {
    let (env, _) = env();
    let run = env.run(&["exec", "stagin", "--", "true"]).exits(2).says("there is no profile `stagin`");
    assert!(run.stderr.contains("Did you mean staging?"), "{}", run.stderr);
    assert!(run.stderr.contains("The vault may have it, but is locked: `awsenv unlock`"), "{}", run.stderr);
    exec(&env, "kep").exits(2).says("Did you mean kept");
}

#[test]
fn a_misspelt_name_is_told_before_a_passphrase_is_typed_for_it() {
    let (env, _) = env();
    let mut pty = Pty::awsenv(&env, &["use", "stagin", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for("`stagin` is not in ~/.aws; did you mean staging? The vault may have it, but is locked. Passphrase");
    pty.send("\x03");
    assert_eq!(pty.ended(), Some(2));
}

#[test]
fn a_profile_of_the_files_without_keys_gets_those_of_the_vault() {
    let (env, _) = env();
    env.profile("kept", "region = ap-southeast-2");
    let show = ["exec", "kept", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID $AWS_REGION"];
    assert_eq!(run_with_passphrase(&env, &show, "").exits(0).stdout, "444455556666 ap-southeast-2\n");
    let mut pty = Pty::awsenv(&env, &["use", "kept", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for("There are no keys for `kept` in ~/.aws. Passphrase of the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.finish().exits(0);
}

#[test]
fn what_tools_could_not_find_is_not_exported_as_a_profile() {
    let (env, _) = env();
    run_with_passphrase(&env, &["exec", "kept", "--mode", "profile", "--", "true"], "")
        .exits(2)
        .says("the profile's keys are in the vault");
}

#[test]
fn the_list_never_asks() {
    let (env, _) = env();
    let run = Pty::awsenv(&env, &["list"], Terminal::Stderr).finish().exits(0).says("vault: locked");
    assert!(!run.stdout.contains("kept   "), "{}", run.stdout);
    let run = run_with_passphrase(&env, &["list"], "").exits(0);
    let row = run.stdout.lines().find(|line| line.starts_with("kept ")).expect("it is listed");
    assert!(row.ends_with("vault"), "{row}");
    let role = run.stdout.lines().find(|line| line.starts_with("from-vault ")).expect("it is listed");
    assert!(role.contains(" vault ") && !role.contains("unusable"), "{role}");
    let run = run_with_passphrase(&env, &["list", "--json"], "").exits(0);
    let list: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let kept = list["profiles"].as_array().unwrap().iter().find(|row| row["profile"] == "kept").unwrap();
    assert_eq!(kept["file"], "~/.local/share/awsenv/vault");
    assert_no_secret(&[SECRET.to_owned()], "the list", run.stdout.as_bytes());
}

#[test]
fn what_files_and_vault_say_of_one_profile_is_listed_once() {
    let (env, vault) = env();
    vault.add("both", "AKIAIOSFODNN7EXAMPLE", SECRET);
    env.profile("both", "region = eu-central-1");
    let list = run_with_passphrase(&env, &["list", "--json"], "").exits(0).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let rows: Vec<_> = list["profiles"].as_array().unwrap().iter().filter(|row| row["profile"] == "both").collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0]["source"], &rows[0]["region"]), (&"vault".into(), &"eu-central-1".into()));
    let run = run_with_passphrase(&env, &["whoami", "bot"], "").exits(2);
    assert_eq!(run.stderr.matches("both").count(), 1, "{}", run.stderr);
}

#[test]
fn the_picker_has_what_the_vault_has_while_it_is_open() {
    let (env, _) = env();
    let pick = ["use", "--shell", "sh"];
    let mut pty = Pty::awsenv(&env, &pick, Terminal::Stderr);
    pty.wait_for("vault: locked");
    pty.wait_for("sandbox");
    pty.send("\x1b");
    pty.finish().exits(130);
    super::agent::unlock(&env, &[]);
    let mut pty = Pty::awsenv(&env, &pick, Terminal::Stderr);
    pty.wait_for("from-vault");
    pty.send("kept\r");
    let run = pty.finish().exits(0);
    assert!(run.stdout.contains(ID) && run.stdout.contains("AWSENV_ACCOUNT_ID='444455556666'"), "{}", run.stdout);
    env.run(&["lock"]).exits(0);
}
