//! The invariants of docs/architecture.md that can be read off the sources.

use std::{env, fs, path::Path, process::Command};

use crate::support::repository;

/// A file of ours.
struct Source {
    /// From the repository's root.
    path: String,
    text: String,
}

impl Source {
    /// The code that is shipped: without comments and without the tests at the end.
    fn code(&self) -> String {
        let shipped = self.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        shipped.lines().filter(is_code).collect::<Vec<_>>().join("\n")
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || self.path.starts_with(&format!("{place}/")))
    }
}

fn sources(below: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    collect(&repository().join(below), &mut sources);
    assert!(!sources.is_empty(), "there are sources in {below}");
    sources
}

/// Without the files that hold nothing but tests.
fn shipped(below: &str) -> Vec<Source> {
    let mut shipped = sources(below);
    shipped.retain(|source| !source.path.ends_with("tests.rs") && !source.path.contains("/tests/"));
    shipped
}

fn collect(directory: &Path, into: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).expect("the sources are there") {
        let path = entry.expect("the sources are there").path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source is text");
            let path = path.strip_prefix(repository()).expect("it is in the repository");
            into.push(Source { path: path.to_string_lossy().into_owned(), text });
        }
    }
}

/// True if the code names `root::name`, also within `root::{…}`.
fn names(code: &str, root: &str, name: &str) -> bool {
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    code.match_indices(&format!("{root}::")).any(|(at, found)| {
        let starts = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        starts && first_segments(&code[at + found.len()..]).iter().any(|segment| segment == name)
    })
}

/// `a::b` → a; `{a::b, c, d::{e}}` → a, c, d.
fn first_segments(rest: &str) -> Vec<String> {
    let segment =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![segment(rest)] };
    let (mut depth, mut item, mut segments) = (0_usize, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => segments.push(segment(&std::mem::take(&mut item))),
            _ => {
                depth = depth + usize::from(c == '{') - usize::from(c == '}');
                item.push(c);
            }
        }
    }
    segments.push(segment(&item));
    segments
}

#[test]
fn paths_are_recognised_in_every_form() {
    assert!(names("use std::fs;", "std", "fs"));
    assert!(names("use std::{fmt, io::{Read, fs2}, fs};", "std", "fs"));
    assert!(names("let x = std::env::var(y);", "std", "env"));
    assert!(!names("use std::{fmt, io::{fs}};", "std", "fs"));
    assert!(!names("use notstd::fs;", "std", "fs"));
}

/// Fails with all that is wrong, not only the first.
#[track_caller]
fn nothing(wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The shipped sources outside these places that hold one of the texts.
fn with_text(outside: &[&str], texts: &[&str]) -> Vec<String> {
    let sources = shipped("src").into_iter().filter(|source| !source.is_in(outside));
    let found = |source: Source| {
        let code = source.code();
        texts
            .iter()
            .filter(|text| code.contains(*text))
            .map(|text| format!("{}: {text}", source.path))
            .collect::<Vec<_>>()
    };
    sources.flat_map(found).collect()
}

/// The sources below that name `crate::MODULE`.
fn with_module(below: &str, modules: &[&str]) -> Vec<String> {
    let found = |source: Source| {
        let code = source.code();
        let found = modules.iter().filter(|module| names(&code, "crate", module));
        found.map(|module| format!("{}: crate::{module}", source.path)).collect::<Vec<_>>()
    };
    shipped(below).into_iter().flat_map(found).collect()
}

const SDK: &[&str] = &["src/edge/aws", "src/edge/aws.rs"];

#[test]
fn the_core_and_the_shells_have_no_effects() {
    for part in ["src/core", "src/shell"] {
        nothing(with_module(part, &["edge", "commands", "cli", "demo", "vault"]));
    }
    for source in shipped("src/core").iter().chain(&shipped("src/shell")) {
        let code = source.code();
        for effect in ["env", "fs", "process", "thread", "os"] {
            assert!(!names(&code, "std", effect), "{}: std::{effect}", source.path);
        }
        // Addresses are values; connections are not.
        for effect in ["Timestamp::now", "SystemTime", "Instant", "fs_err", "rustix::", "Tcp", "Udp", "ToSocketAddrs"] {
            assert!(!code.contains(effect), "{}: {effect}", source.path);
        }
    }
}

#[test]
fn the_effects_do_not_know_the_commands() {
    nothing(with_module("src/edge", &["commands", "cli", "demo", "vault"]));
}

#[test]
fn the_vault_does_not_know_the_commands() {
    nothing(with_module("src/vault", &["commands", "cli", "demo", "shell"]));
}

#[test]
fn only_edge_aws_knows_the_sdk() {
    let sdk = ["aws_config::", "aws_credential_types::", "aws_sdk_", "aws_smithy_", "aws_types::", "tokio::"];
    nothing(with_text(SDK, &sdk));
}

#[test]
fn only_the_terminal_paints() {
    nothing(with_text(&["src/edge/terminal.rs"], &["colored::"]));
}

#[test]
fn the_product_has_no_switch_for_the_demo_or_for_tests() {
    nothing(with_text(&[], &["if demo", "is_demo", "cfg!(test)", "AWSENV_TEST", "AWSENV_FAKE", "AWSENV_DEMO"]));
    let entrance = ["src/demo", "src/commands/demo.rs"];
    nothing(with_text(&entrance, &["crate::demo", "demo::FakeAws", "demo::DemoHome"]));
}

#[test]
fn p1_only_an_answer_of_sts_makes_a_verified_identity() {
    let outside = shipped("src").into_iter().filter(|source| !source.is_in(SDK));
    nothing(outside.flat_map(|source| {
        let code = source.code();
        let made = code.lines().filter(|line| {
            let before = line.split("Verified {").next().unwrap_or_default().trim_end();
            // Its definition, its methods, a return type, a pattern, or another word that ends so.
            let other = ["struct", "impl", "for", "->", "let", "&", "Un"].iter().any(|end| before.ends_with(end));
            line.contains("Verified {") && !other
        });
        made.map(|line| format!("{}: {line}", source.path)).collect::<Vec<_>>()
    }));
}

#[test]
fn p4_secrets_are_exposed_in_few_places() {
    let allowed = [
        "src/core/credentials.rs",
        "src/core/env_change.rs",
        "src/core/kept.rs",
        "src/core/mfa.rs",
        "src/core/callback.rs",
        "src/core/secret.rs",
        "src/core/sign_in.rs",
        "src/commands/login",
        "src/core/totp.rs",
        "src/edge/aws",
        "src/edge/credential_process.rs",
        "src/edge/key_store",
        "src/vault",
    ];
    nothing(with_text(&allowed, &[".expose()"]));
}

#[test]
fn p8_only_edge_files_writes() {
    // The demo's home is made to be thrown away: nothing in it is anybody's. A terminal is no file.
    let allowed =
        ["src/edge/files.rs", "src/edge/files", "src/demo/home.rs", "src/edge/terminal.rs", "src/edge/hidden.rs"];
    let opened = [".write(true)", ".append(true)", ".create(true)", ".create_new(true)"];
    let written = ["File::create", "fs::write(", "fs_err::write(", "fs::rename(", "NamedTempFile"];
    nothing(with_text(&allowed, &[&opened[..], &written].concat()));
}

#[test]
fn files_are_short() {
    let limit = |source: &Source| if source.path == "src/main.rs" { 25 } else { 400 };
    let long = |source: Source| {
        let lines = source.text.lines().count();
        (lines > limit(&source)).then(|| format!("{}: {lines} lines, more than {}", source.path, limit(&source)))
    };
    nothing(sources("src").into_iter().chain(sources("tests")).filter_map(long));
}

#[test]
fn no_test_is_forgotten_or_ignored() {
    let main = fs::read_to_string(repository().join("tests/it/main.rs")).expect("it is this test");
    for source in sources("tests/it") {
        let ignore = concat!("#[", "ignore");
        assert!(!source.text.contains(ignore), "{} ignores a test", source.path);
        let name = source.path.trim_start_matches("tests/it/").trim_end_matches(".rs");
        if !name.contains('/') && name != "main" {
            assert!(main.lines().any(|line| line == format!("mod {name};")), "{} is not in main.rs", source.path);
        }
    }
}

#[test]
fn there_is_one_tls_stack() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"]).current_dir(repository());
    let tree = tree.output().expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("cargo prints text");
    assert!(tree.contains("aws-sdk-sts v"), "the tree is the default build's");
    for unwanted in ["aws-lc-rs v", "aws-lc-sys v", "hyper v0.14", "rustls v0.21", "openssl v"] {
        assert!(!tree.lines().any(|line| line.starts_with(unwanted)), "{unwanted} is in the dependency tree");
    }
}
