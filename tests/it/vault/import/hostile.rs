//! Promise P5 for what is imported: names, keys and files that somebody made up. All or nothing, and nothing acts on a terminal.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use aes_kw::KwAes128;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{home, import};
use crate::support::{
    Run, TestEnv, assert_no_secret, corpus, files_below, is_harmless,
    vault::{SECRET, TestVault},
};

const ID: &str = super::ID;
const PASSWORD: &str = "pass phrase";
/// More than a name may have.
const LONG: usize = 100 << 10;

/// An item as aws-vault's keyring library keeps it.
fn item(name: &str, id: &str, secret: &str, token: &str) -> Value {
    let keys = json!({"AccessKeyID": id, "SecretAccessKey": secret, "SessionToken": token}).to_string();
    json!({"Key": name, "Data": BASE64_STANDARD.encode(keys), "Label": "aws-vault", "Description": ""})
}

/// A file of aws-vault's with these bytes in it.
fn sealed(bytes: &[u8]) -> String {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let header = json!({"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 1000, "p2s": encode(b"salt")});
    let protected = encode(header.to_string().as_bytes());
    let (mut wrapper, mut wrapped) = ([0; 16], [0; 40]);
    pbkdf2::pbkdf2_hmac::<Sha256>(PASSWORD.as_bytes(), b"PBES2-HS256+A128KW\0salt", 1000, &mut wrapper);
    KwAes128::new(&wrapper.into()).wrap_key(&[7; 32], &mut wrapped).expect("it has room");
    let payload = Payload { msg: bytes, aad: protected.as_bytes() };
    let body = Aes256Gcm::new(&[7; 32].into()).encrypt(&[1; 12].into(), payload).expect("it is encrypted");
    let (body, tag) = body.split_at(body.len() - 16);
    [protected, encode(&wrapped), encode(&[1; 12]), encode(body), encode(tag)].join(".")
}

/// A folder of aws-vault's with a good profile, and a file of these bytes.
fn folder(env: &TestEnv, hostile: &[u8]) -> PathBuf {
    fs::remove_dir_all(env.home().join("keys")).ok();
    env.write("keys/good", sealed(item("good", ID, SECRET, "").to_string().as_bytes()));
    env.write("keys/hostile", hostile);
    env.home().join("keys")
}

fn source(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    if path.is_dir() { files_below(path) } else { vec![(path.to_owned(), fs::read(path).unwrap())] }
}

/// Imports, and checks what holds however it ends: the source is as it was, nothing acts on a terminal or fills it, no secret
/// is said, nothing ran, and without success nothing is in the vault.
#[track_caller]
fn imported(env: &TestEnv, vault: &TestVault, from: &str, path: &Path, more: &[&str], what: &str) -> Run {
    let before = source(path);
    let run = import(env, from, path, more, PASSWORD);
    assert_eq!(is_harmless(format!("{}{}", run.stdout, run.stderr).as_bytes()), Ok(()), "{what}");
    assert!(run.stderr.len() < 20_000, "{what}: {} bytes are said", run.stderr.len());
    assert_no_secret(&[SECRET.to_owned()], what, run.stderr.as_bytes());
    assert!(matches!(run.code, Some(0 | 2 | 7)), "{what}: {run:?}");
    if run.code != Some(0) {
        assert_eq!(vault.names(), Vec::<String>::new(), "{what}");
    }
    assert!(source(path) == before, "{what}: the source is another one now");
    assert!(!files_below(env.home()).iter().any(|(path, _)| path.ends_with("PWN")), "{what}");
    run
}

/// Empties the vault.
fn empty(vault: &TestVault) {
    for name in vault.names() {
        vault.vault.change(&vault.unlocked, |content| content.remove(&name)).expect("it is removed");
    }
}

#[test]
fn p5_every_name_of_the_corpus_in_a_file_of_aws_vault() {
    let (env, vault) = home();
    let long = "n".repeat(LONG);
    let more = ["../../etc/passwd", "/etc/passwd", "a\0b", "\u{1b}]0;x\u{7}", "a\nb", "a\r\nb", "\u{202e}txt", &long];
    let mut cases: Vec<(String, Option<bool>)> = more.iter().map(|name| ((*name).to_owned(), None)).collect();
    for case in corpus("profile_name") {
        let taken = match case.verdict() {
            // What looks like an option is a name in a file, but no new one in the vault.
            _ if case.value.starts_with(b"-") => Some(false),
            "accept" => Some(true),
            "refuse" => Some(false),
            _ => None,
        };
        cases.extend(String::from_utf8(case.value).ok().map(|name| (name, taken)));
    }
    let (mut taken, mut refused) = (0, 0);
    for (name, expected) in cases {
        let what: String = name.chars().take(40).collect::<String>().escape_default().to_string();
        let path = folder(&env, sealed(item(&name, ID, SECRET, "").to_string().as_bytes()).as_bytes());
        let run = imported(&env, &vault, "aws-vault", &path, &[], &what);
        assert!(expected.is_none_or(|expected| expected == (run.code == Some(0))), "{what}: {run:?}");
        if run.code == Some(0) {
            let names = vault.names();
            assert!(
                names.contains(&name) && names.contains(&"good".to_owned()) && names.len() == 2,
                "{what}: {names:?}"
            );
            taken += 1;
        } else {
            let said: String = run.stderr.split_whitespace().collect();
            assert!(said.contains("nothingwasimported(import-unusable)"), "{what}: {said}");
            imported(&env, &vault, "aws-vault", &path, &["--skip-unusable"], &what).exits(0).says("left out: `");
            assert_eq!(vault.names(), ["good"], "{what}");
            refused += 1;
        }
        empty(&vault);
    }
    println!("{taken} names imported, {refused} refused, none of them run");
}

#[test]
fn p5_hostile_keys_of_aws_vault_are_refused_and_not_repeated() {
    let (env, vault) = home();
    let bad = |text: &str| format!("{SECRET}{text}");
    let long = bad(&"x".repeat(LONG));
    let mut items: Vec<Vec<u8>> = Vec::new();
    for text in ["\n", "\r\nX-Evil: 1", "\0", "\u{1b}[2J", "\u{7f}", "`touch PWN`", "$(touch PWN)", "\u{202e}"] {
        items.push(item("x", ID, &bad(text), "").to_string().into());
        items.push(item("x", ID, "good", &bad(text)).to_string().into());
        items.push(item("x", &format!("{ID}{text}"), &bad(""), "").to_string().into());
    }
    for case in corpus("access_key_id").iter().filter(|case| case.verdict() == "refuse") {
        items.push(item("x", &String::from_utf8_lossy(&case.value), SECRET, "").to_string().into());
    }
    items.push(item("x", ID, &long, "").to_string().into());
    items.push(item("x", ID, "", "").to_string().into());
    // What is no item, and an item of no keys.
    let no_keys =
        |data: &str| json!({"Key": "\u{1b}[2J", "Data": BASE64_STANDARD.encode(data)}).to_string().into_bytes();
    items.extend([no_keys("{}"), no_keys("\0"), no_keys(&format!("\"{SECRET}\"")), no_keys(&"[".repeat(LONG))]);
    items.extend([b"".to_vec(), b"\xff\0".to_vec(), SECRET.into(), "[".repeat(LONG).into()]);
    for bytes in items {
        let what = String::from_utf8_lossy(&bytes).chars().take(200).collect::<String>().escape_default().to_string();
        let path = folder(&env, sealed(&bytes).as_bytes());
        let run = imported(&env, &vault, "aws-vault", &path, &[], &what).exits(2);
        assert!(run.stderr.contains("(import-unusable)"), "{what}: {}", run.stderr);
    }
}

#[test]
fn p5_hostile_credentials_files_are_imported_whole_or_refused() {
    let long = "n".repeat(LONG);
    let mut cases: Vec<(Vec<u8>, String)> =
        corpus("config_file").into_iter().map(|case| (case.value, case.why)).collect();
    let more = ["a\0b", "\u{1b}]0;x\u{7}", "../../x", "a\u{202e}b", "`touch PWN`", "$(touch PWN)", &long];
    for name in corpus("profile_name").into_iter().map(|case| case.value).chain(more.map(|name| name.as_bytes().into()))
    {
        let what = name[..name.len().min(40)].escape_ascii().to_string();
        let keys = format!("]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n");
        cases.push(([b"[good", keys.as_bytes(), b"[", &name, keys.as_bytes()].concat(), what));
    }
    for text in ["\0", "\u{1b}[2J", "\u{7f}", "`touch PWN`", "; touch PWN", "\u{202e}"] {
        let keys =
            format!("[x]\naws_access_key_id = {ID}{text}\naws_secret_access_key = {SECRET}{text}\nregion = {text}\n");
        cases.push((keys.into_bytes(), text.escape_default().to_string()));
    }
    let (env, vault) = home();
    let (mut taken, mut refused) = (0, 0);
    for (bytes, what) in cases {
        let path = env.write("from/credentials", &bytes);
        let run = imported(&env, &vault, "credentials", &path, &[], &what);
        if run.code == Some(0) {
            taken += 1;
        } else {
            refused += 1;
        }
        let content = vault.vault.content(&vault.unlocked).unwrap();
        content.profiles.iter().for_each(|(name, entry)| assert_eq!(entry.check(name), Ok(()), "{what}"));
        empty(&vault);
    }
    println!("{taken} files imported, {refused} refused");
}

#[test]
fn links_into_a_folder_of_dotfiles_are_followed_and_what_is_no_file_is_named() {
    let (env, vault) = home();
    let path = folder(&env, b"");
    let target = env.write("dotfiles/linked", sealed(item("linked", ID, SECRET, "").to_string().as_bytes()));
    fs::remove_file(path.join("hostile")).unwrap();
    symlink(&target, path.join("linked")).unwrap();
    imported(&env, &vault, "aws-vault", &path, &[], "a link").exits(0).says("2 profiles in the vault: good, linked");
    empty(&vault);
    // A session is left out wherever it is.
    symlink(&target, path.join("sts.GetSessionToken,ZGVwbG95,,1700000000")).unwrap();
    imported(&env, &vault, "aws-vault", &path, &[], "a session").exits(0).says("2 profiles in the vault: good, linked");
    empty(&vault);
    for (plant, why) in [
        ("ln -s \"$HOME/nowhere\"", "there is no file"),
        ("ln -s \"$HOME/dotfiles\"", "is not a regular file"),
        ("ln -s /dev/zero", "is not a regular file"),
        ("ln -s odd", "Too many levels of symbolic links"),
        ("mkfifo", "is not a regular file"),
        ("mkdir", "is not a regular file"),
        ("printf .DS_Store >", "it is no file of aws-vault's"),
    ] {
        env.sh(&format!("{plant} keys/odd")).exits(0);
        let run = imported(&env, &vault, "aws-vault", &path, &[], plant).exits(2);
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("1 profile cannot be used, so nothing was imported") && said.contains("`odd`: "),
            "{said}"
        );
        assert!(said.contains(why), "{plant}: {said}");
        imported(&env, &vault, "aws-vault", &path, &["--skip-unusable"], plant).exits(0).says("left out: `odd`");
        assert_eq!(vault.names(), ["good", "linked"]);
        empty(&vault);
        env.sh("rm -rf keys/odd").exits(0);
    }
    // A folder that is something else entirely.
    env.write("else/notes", "buy milk");
    imported(&env, &vault, "aws-vault", &env.home().join("else"), &[], "notes").exits(2).says("`notes`");
}
