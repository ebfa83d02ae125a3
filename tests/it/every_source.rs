//! Every source of credentials, end to end: `use` in bash, `exec`, `credential-process`, and botocore on top of that.
//!
//! One home has them all, and the fake AWS serves them; a row is a profile, and the account that it must turn out to be.

mod ambient;
mod botocore;
mod canary;
mod corpus;
mod faults;
mod home;
mod link_local;
mod login;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use home::{PRODUCTION, SANDBOX, STAGING, home};

use crate::support::{TestEnv, vault::run_with_passphrase};

/// A profile, what is said besides, the account, and the key: its ID, or the beginning of it where it is made on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    profile: &'static str,
    /// More arguments, as a shell reads them.
    more: &'static str,
    account: &'static str,
    key: &'static str,
}

const fn row(profile: &'static str, more: &'static str, account: &'static str, key: &'static str) -> Row {
    Row { profile, more, account, key }
}

const CODE: &str = "--mfa-code 123456";
const PASSPHRASE: &str = "--passphrase-fd 3 3<\"$HOME/passphrase\"";
const ON_TOP: &str = "--role arn:aws:iam::111122223333:role/Admin";

const ROWS: &[Row] = &[
    row("staging", "", STAGING, "AKIADEMOSTAGING77777"),
    row("default", "", SANDBOX, "AKIADEMOSANDBOX77777"),
    row("session", "", STAGING, "ASIA"),
    row("vaulted", PASSPHRASE, STAGING, home::VAULT_KEY),
    row("vault-role", PASSPHRASE, PRODUCTION, "ASIA"),
    row("admin", "", PRODUCTION, "ASIA"),
    row("chain", "", PRODUCTION, "ASIA"),
    row("terms", "", PRODUCTION, "ASIA"),
    row("mfa", CODE, PRODUCTION, "ASIA"),
    // Without a code: the session that the AWS CLI has cached.
    row("mfa", "", PRODUCTION, "ASIA"),
    row("mfa-process", "", PRODUCTION, "ASIA"),
    row("mfa-keys", CODE, PRODUCTION, "ASIA"),
    row("process", "", SANDBOX, "ASIA"),
    row("web", "", PRODUCTION, "ASIA"),
    row("container", "", PRODUCTION, "ASIA"),
    row("instance", "", PRODUCTION, "ASIA"),
    row("environment", "", PRODUCTION, "ASIA"),
    row("sso", "", PRODUCTION, "ASIA"),
    row("sso-legacy", "", STAGING, "ASIA"),
    row("login", "", STAGING, "ASIA"),
    row("login-due", "", PRODUCTION, "ASIA"),
    row("session", ON_TOP, PRODUCTION, "ASIA"),
    row("sso-legacy", ON_TOP, PRODUCTION, "ASIA"),
    row("login", ON_TOP, PRODUCTION, "ASIA"),
];

/// While the vault is unlocked nobody is asked.
const UNLOCKED: &[Row] = &[
    row("vaulted", "", STAGING, home::VAULT_KEY),
    row("vault-role", "", PRODUCTION, "ASIA"),
    row("staging", "", STAGING, "AKIADEMOSTAGING77777"),
];

/// A home whose environment has keys of the user's own.
fn with_keys() -> TestEnv {
    let mut env = home();
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOSTAGING77777");
    env.set("AWS_SECRET_ACCESS_KEY", "demo/staging/not+a+secret/DEMO+DEMO+DE/0");
    env
}

/// `1111-2222-3333`.
fn grouped(account: &str) -> String {
    format!("{}-{}-{}", &account[..4], &account[4..8], &account[8..])
}

/// Runs a line of bash, and says which keys STS was asked about, and for which sources the fake AWS was.
#[track_caller]
fn bash(env: &TestEnv, row: Row, script: &str) -> (Vec<String>, String) {
    let before = env.aws().requests().len();
    let run = env.command("bash").args(["-c", script]).output().expect("bash starts");
    let run = crate::support::Run::from(run);
    assert_eq!(run.code, Some(0), "{row:?}: {script}\n{}\n{}", run.stdout, run.stderr);
    let requests = env.aws().requests().split_off(before);
    let asked = |name: &str| requests.iter().any(|request| request.operation.starts_with(name));
    assert_eq!(
        asked("Metadata"),
        row.profile == "instance",
        "instance metadata is asked where the profile says so: {row:?}"
    );
    assert_eq!(
        asked("Container"),
        row.profile == "container",
        "the container is asked where the profile says so: {row:?}"
    );
    let verified =
        requests.iter().filter(|request| request.operation == "GetCallerIdentity" && request.status == Some(200));
    let keys = verified.filter_map(|request| request.access_key_id.clone()).collect();
    (keys, run.stdout + "\0" + &run.stderr)
}

#[track_caller]
fn check_key(row: Row, key: &str, verified: &[String]) {
    assert!(key.starts_with(row.key) && key.len() == 20, "{row:?} gave {key}");
    assert!(
        verified.iter().any(|verified| verified == key),
        "{row:?} gave {key}, and STS was asked about {verified:?}"
    );
}

/// The account is in the banner and the variables, and the keys are those that STS was asked about, and work.
#[track_caller]
fn use_in_bash(env: &TestEnv, row: Row) {
    let Row { profile, more, account, .. } = row;
    let script = format!(
        "code=$(awsenv use {profile} --shell bash {more}) || exit; eval \"$code\"; \
         echo \"$AWSENV_ACCOUNT_ID $AWS_ACCOUNT_ID $AWS_ACCESS_KEY_ID $AWSENV_BANNER\"; awsenv whoami"
    );
    let (verified, said) = bash(env, row, &script);
    let (stdout, stderr) = said.split_once('\0').expect("both are there");
    let (variables, whoami) = stdout.split_once('\n').expect("there are two");
    let words: Vec<&str> = variables.split(' ').collect();
    assert_eq!(words[..2], [account, account], "{row:?}");
    check_key(row, words[2], &verified);
    assert_eq!(verified.last().map(String::as_str), Some(words[2]), "the keys work: {row:?}");
    for (what, text) in [("banner", stderr), ("AWSENV_BANNER", variables), ("whoami", whoami)] {
        assert!(text.contains(&grouped(account)), "{what} of {row:?}: {text}");
    }
}

#[track_caller]
fn exec(env: &TestEnv, row: Row) {
    let Row { profile, more, account, .. } = row;
    let script = format!("awsenv exec {profile} {more} -- sh -c 'echo $AWSENV_ACCOUNT_ID $AWS_ACCESS_KEY_ID'");
    let (verified, said) = bash(env, row, &script);
    let (stdout, stderr) = said.split_once('\0').expect("both are there");
    let (is, key) = stdout.trim().split_once(' ').expect("there are two");
    assert_eq!(is, account, "{row:?}");
    check_key(row, key, &verified);
    assert!(stderr.contains(&grouped(account)), "banner of {row:?}: {stderr}");
}

#[track_caller]
fn credential_process(env: &TestEnv, row: Row) {
    let (verified, said) = bash(env, row, &format!("awsenv credential-process {} {}", row.profile, row.more));
    let (stdout, stderr) = said.split_once('\0').expect("both are there");
    let json: BTreeMap<String, serde_json::Value> = serde_json::from_str(stdout).expect("it is a JSON object");
    assert_eq!(json["AccountId"], row.account, "{row:?}");
    assert_eq!(json["Version"], 1);
    check_key(row, json["AccessKeyId"].as_str().expect("it is text"), &verified);
    assert_eq!(json.contains_key("SessionToken"), row.key == "ASIA", "{row:?}");
    assert_eq!(stderr, "", "{row:?}");
}

#[track_caller]
fn each(env: &TestEnv, rows: &[Row], column: impl Fn(&TestEnv, Row)) {
    // All of them, so that one look shows all that is wrong; each has said what.
    let fails = |row: &&Row| catch_unwind(AssertUnwindSafe(|| column(env, **row))).is_err();
    assert_eq!(rows.iter().filter(fails).collect::<Vec<_>>(), Vec::<&Row>::new());
}

#[test]
fn p1_each_source_through_use() {
    each(&with_keys(), ROWS, use_in_bash);
}

#[test]
fn p1_each_source_through_exec() {
    each(&with_keys(), ROWS, exec);
}

#[test]
fn p1_each_source_through_credential_process() {
    each(&with_keys(), ROWS, credential_process);
}

#[test]
fn p1_each_source_of_an_unlocked_vault() {
    let env = home();
    run_with_passphrase(&env, &["unlock"], "").exits(0);
    for column in [use_in_bash, exec, credential_process] {
        each(&env, UNLOCKED, column);
    }
}
