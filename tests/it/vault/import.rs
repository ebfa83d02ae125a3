//! Import: the first awsenv's databases, made by the openssl program; aws-vault's files, made by jwcrypto; plain keys.

mod hostile;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use sha2::{Digest, Sha256};

use super::{ID, agent::unlock};
use crate::support::{
    Run, TestEnv, assert_no_secret, corpus, repository, tool,
    vault::{SECRET, TestVault},
};

const YAML: &str = "credentials:
  deploy:
    awsaccesskeyid: AKIADEMOVAULT7777777
    awssecretaccesskey: vault/canary+never/to+be/seen+0123456789
    awsregion: eu-west-1
  \"null\":
    awsaccesskeyid: AKIADEMOVAULT7777777
    awssecretaccesskey: wJalr
    awsregion: \"\"
";

fn openssl(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(tool("openssl")?)
        .args(["enc", "-e"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl starts");
    child.stdin.take().expect("it reads").write_all(input).expect("it reads");
    let output = child.wait_with_output().expect("openssl ends");
    assert!(output.status.success());
    Some(output.stdout)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A database as the old program wrote it since 0.12.0.
fn salted(password: &str, text: &str) -> Option<Vec<u8>> {
    let pass = format!("pass:{password}");
    let arguments = ["-aes-256-cbc", "-md", "md5", "-salt", "-base64", "-A", "-pass", &pass];
    openssl(&arguments, text.as_bytes()).map(|mut file| {
        file.push(b'\n');
        file
    })
}

/// One of before.
fn legacy(password: &str, text: &str) -> Option<Vec<u8>> {
    let key = hex(&hex(&Sha256::digest(password)).as_bytes()[17..49]);
    let iv = "39d005b5f9ec2c8e";
    let arguments = ["-aes-256-cfb", "-K", &key, "-iv", &hex(iv.as_bytes())];
    openssl(&arguments, text.as_bytes()).map(|body| [iv.as_bytes(), &body].concat())
}

fn import(env: &TestEnv, from: &str, path: &Path, more: &[&str], password: &str) -> Run {
    env.write("source-password", format!("{password}\n"));
    let script = "exec awsenv import --passphrase-fd 3 --source-passphrase-fd 4 \"$@\" 3<passphrase 4<source-password";
    let path = path.to_string_lossy();
    let arguments = ["-c", script, "sh", "--from", from, &path];
    env.command("sh").args(arguments).args(more).output().expect("sh starts").into()
}

fn home() -> (TestEnv, TestVault) {
    let env = TestEnv::empty();
    let vault = TestVault::make(&env);
    (env, vault)
}

fn secret_of(vault: &TestVault, name: &str) -> String {
    let content = vault.vault.content(&vault.unlocked).expect("the vault opens");
    content.get(name).expect("it is there").json(name, true)["secret_access_key"].as_str().expect("a text").to_owned()
}

#[test]
fn both_formats_of_the_first_awsenv_are_imported() {
    for make in [salted, legacy] {
        let (env, vault) = home();
        let Some(file) = make("test 1234", YAML) else { return };
        let path = env.write("old", &file);
        let run =
            import(&env, "awsenv", &path, &[], "test 1234").exits(0).says("2 profiles in the vault: deploy, null");
        assert!(run.stderr.contains("make new ones in IAM"), "{}", run.stderr);
        assert!(!run.stderr.contains("old.lock"), "there is none: {}", run.stderr);
        env.write("old.lock", "");
        import(&env, "awsenv", &path, &["--replace"], "test 1234").exits(0).says("old.lock belongs to the old agent");
        assert_no_secret(&[SECRET.to_owned()], "standard error", run.stderr.as_bytes());
        assert_eq!(vault.names(), ["deploy", "null"]);
        assert_eq!(secret_of(&vault, "deploy"), SECRET);
        assert_eq!(fs::read(&path).unwrap(), file, "the source is as it was");
    }
}

#[test]
fn a_password_is_tried_as_it_is_and_trimmed() {
    for (made, typed) in [(" outer ", " outer "), ("outer", " outer "), ("", ""), ("", "  ")] {
        let (env, vault) = home();
        let Some(file) = legacy(made, YAML) else { return };
        let path = env.write("old", file);
        import(&env, "awsenv", &path, &[], typed).exits(0);
        assert_eq!(vault.names().len(), 2, "{made:?}, {typed:?}");
    }
}

#[test]
fn p8_a_wrong_password_or_damage_imports_nothing() {
    for make in [salted, legacy] {
        let (env, vault) = home();
        let Some(file) = make("test1234", YAML) else { return };
        let path = env.write("old", &file);
        import(&env, "awsenv", &path, &[], "test123").exits(7).says("(import-wrong-password-or-");
        let cut = env.write("cut", &file[..file.len() / 2 - 1]);
        let run = import(&env, "awsenv", &cut, &[], "test1234");
        assert!(matches!(run.code, Some(2 | 7)), "{}", run.stderr);
        assert_eq!(vault.names(), Vec::<String>::new());
    }
}

#[test]
fn p8_a_database_that_is_cut_off_in_its_last_line_imports_nothing() {
    let (env, vault) = home();
    let Some(file) = legacy("test1234", &YAML.replace("awsregion: \"\"", "awsregion: eu-west-1")) else { return };
    let mut whole_but_for_the_end = 0;
    for cut in 1..=30 {
        let path = env.write("old", &file[..file.len() - cut]);
        let run = import(&env, "awsenv", &path, &[], "test1234");
        assert!(matches!(run.code, Some(2 | 7)), "{cut}: {run:?}");
        assert_eq!(vault.names(), Vec::<String>::new(), "{cut}");
        whole_but_for_the_end += usize::from(run.stderr.contains("(import-truncated)"));
    }
    assert!(whole_but_for_the_end >= 11, "{whole_but_for_the_end}");
}

#[test]
fn hostile_databases_are_refused_for_their_reason() {
    for case in corpus("luzifer_db") {
        let (env, vault) = home();
        let path = env.write("old", &case.value);
        let run = import(&env, "awsenv", &path, &[], "test1234");
        assert!(matches!(run.code, Some(2 | 7)), "{}: {}", case.why, run.stderr);
        let code = case.expect.iter().find_map(|expect| expect.strip_prefix("code=")).expect("there is a code");
        let said: String = run.stderr.split_whitespace().collect();
        assert!(said.contains(&format!("({code})")), "{}: {code}\n{}", case.why, run.stderr);
        assert_eq!(vault.names(), Vec::<String>::new());
        assert_eq!(fs::read(&path).unwrap(), case.value);
    }
}

#[test]
fn p5_what_the_old_program_would_have_executed_is_not_imported() {
    let (env, vault) = home();
    let text = YAML.replace("awsregion: \"\"", "awsregion: \"x;touch PWN\"");
    let Some(file) = salted("test1234", &text) else { return };
    let path = env.write("old", file);
    let run = import(&env, "awsenv", &path, &[], "test1234").exits(2).says("(import-unusable)");
    assert!(run.stderr.contains("`null`: `x;touch PWN` is not a region name"), "{}", run.stderr);
    assert_eq!(vault.names(), Vec::<String>::new());
    import(&env, "awsenv", &path, &["--skip-unusable"], "test1234").exits(0).says("left out: `null`");
    assert_eq!(vault.names(), ["deploy"]);
    assert!(!env.home().join("PWN").exists());
}

#[test]
fn p8_all_collisions_are_listed_and_nothing_is_imported() {
    let (env, vault) = home();
    let Some(file) = salted("test1234", &YAML.replace("\"null\"", "other")) else { return };
    let path = env.write("old", file);
    vault.add("deploy", ID, "before");
    vault.add("other", ID, "before");
    let run = import(&env, "awsenv", &path, &[], "test1234").exits(2);
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("nothing was imported: deploy, other (import-collision)"), "{said}");
    assert_eq!(secret_of(&vault, "deploy"), "before");
    import(&env, "awsenv", &path, &["--replace"], "test1234").exits(0);
    assert_eq!(secret_of(&vault, "deploy"), SECRET);
    env.credentials("deploy", ID, "x");
    let run = import(&env, "awsenv", &path, &["--replace"], "test1234").exits(2);
    assert!(run.stderr.contains("~/.aws has credentials"), "{}", run.stderr);
}

#[test]
fn a_credentials_file_is_imported_and_what_is_left_to_do_is_said() {
    let (env, vault) = home();
    env.credentials("plain", ID, SECRET);
    env.write(
        ".aws/credentials.more",
        format!("[a]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\nregion = eu-west-1\n[no-keys]\nregion = eu-west-1\n"),
    );
    let path = env.home().join(".aws/credentials");
    let before = fs::read(&path).unwrap();
    let run = import(&env, "credentials", &path, &[], "").exits(0).says("1 profile in the vault: plain");
    assert!(run.stderr.contains("still holds the keys as plain text"), "{}", run.stderr);
    assert_eq!(fs::read(&path).unwrap(), before);
    import(&env, "credentials", &env.home().join(".aws/credentials.more"), &[], "").exits(0);
    assert_eq!(vault.names(), ["a", "plain"]);
    assert_eq!(secret_of(&vault, "a"), SECRET);
}

#[test]
fn while_it_is_unlocked_import_asks_nothing_and_is_all_or_nothing() {
    let (env, vault) = home();
    vault.add("a", ID, SECRET);
    unlock(&env, &[]);
    let section = |name: &str| format!("[{name}]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n");
    env.write("source", section("b") + &section("c"));
    env.run(&["import", "--from", "credentials", "--remove-plaintext", "source"])
        .exits(0)
        .says("2 profiles in the vault: b, c")
        .says("removed 4 lines from source");
    assert_eq!(vault.names(), ["a", "b", "c"]);
    env.write("source", section("b") + &section("d"));
    env.run(&["import", "--from", "credentials", "source"]).exits(2).says("nothing was imported: b\n");
    assert_eq!(vault.names(), ["a", "b", "c"]);
    // The old passphrase is asked for all the same, and the vault is not called locked.
    env.run(&["passwd"]).exits(7).says("the vault's passphrase is needed, and there is no terminal");
}

/// The Python of the test suite, which has jwcrypto.
fn python() -> Option<PathBuf> {
    let python = repository().join("target/test-venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    assert!(std::env::var_os("AWSENV_TEST_ALL").is_none(), "tests/run.sh makes target/test-venv");
    eprintln!("left out: target/test-venv is not there");
    None
}

/// Writes what aws-vault's file backend would.
const JWE: &str = r#"
import base64, json, sys
from jwcrypto import jwe, jwk
folder, password = sys.argv[1:]
entries = {"deploy": ("AKIADEMOVAULT7777777", "vault/canary+never/to+be/seen+0123456789")}
entries |= {name: ("AKIADEMOVAULT7777777", "wJalr") for name in ("été x", "oidc-ci", "aws.main", "sso.admin", "sts.breakglass")}
for name, (key, secret) in entries.items():
    keys = json.dumps({"AccessKeyID": key, "SecretAccessKey": secret, "SessionToken": "", "Source": "", "CanExpire": False})
    item = json.dumps({"Key": name, "Data": base64.b64encode(keys.encode()).decode(), "Label": "aws-vault", "Description": ""})
    header = json.dumps({"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "created": "now"})
    token = jwe.JWE(item.encode(), header)
    token.add_recipient(jwk.JWK.from_password(password))
    open(f"{folder}/{name}", "w").write(token.serialize(compact=True))
open(f"{folder}/sts.GetSessionToken,ZGVwbG95,,1700000000", "w").write("a session")
"#;

#[test]
fn files_of_aws_vault_are_imported() {
    let Some(python) = python() else { return };
    let (env, vault) = home();
    let folder = env.home().join("keys");
    fs::create_dir(&folder).unwrap();
    let made = env.command(python).args(["-c", JWE]).arg(&folder).arg("pass phrase").output().expect("python starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    import(&env, "aws-vault", &folder, &[], "pass phras").exits(7).says("(import-wrong-password-or-");
    assert_eq!(vault.names(), Vec::<String>::new());
    import(&env, "aws-vault", &folder, &[], "pass phrase")
        .exits(0)
        .says("left out, as sessions of aws-vault's: sts.GetSessionToken,ZGVwbG95,,1700000000\n")
        .says("6 profiles in the vault: ");
    assert_eq!(vault.names(), ["aws.main", "deploy", "oidc-ci", "sso.admin", "sts.breakglass", "été x"]);
    assert_eq!(secret_of(&vault, "deploy"), SECRET);
}
