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

#[test]
fn the_core_and_the_shells_have_no_effects() {
    for source in sources("src/core").iter().chain(&sources("src/shell")) {
        let code = source.code();
        for effect in ["env", "fs", "net", "process", "thread"] {
            assert!(!names(&code, "std", effect), "{} uses std::{effect}", source.path);
        }
        for module in ["edge", "commands", "demo", "vault"] {
            assert!(!names(&code, "crate", module), "{} uses crate::{module}", source.path);
        }
        for foreign in ["Timestamp::now", "SystemTime", "Instant", "fs_err", "tokio::", "rustix::", "aws_sdk_"] {
            assert!(!code.contains(foreign), "{} uses {foreign}", source.path);
        }
    }
}

#[test]
fn the_effects_do_not_know_the_commands() {
    for source in sources("src/edge") {
        for module in ["commands", "cli", "demo", "vault"] {
            assert!(!names(&source.code(), "crate", module), "{} uses crate::{module}", source.path);
        }
    }
}

#[test]
fn only_edge_aws_knows_the_sdk() {
    let sdk = ["aws_config::", "aws_credential_types::", "aws_sdk_", "aws_smithy_", "aws_types::", "tokio::"];
    for source in sources("src").iter().filter(|source| !source.is_in(&["src/edge/aws", "src/edge/aws.rs"])) {
        for name in sdk {
            assert!(!source.code().contains(name), "{} uses {name}", source.path);
        }
    }
}

#[test]
fn only_the_terminal_paints() {
    for source in sources("src").iter().filter(|source| source.path != "src/edge/terminal.rs") {
        assert!(!source.code().contains("colored::"), "{} paints", source.path);
    }
}

#[test]
fn the_product_has_no_switch_for_the_demo_or_for_tests() {
    let entrance = ["src/demo", "src/commands/demo.rs", "src/commands/mod.rs", "src/cli.rs", "src/lib.rs"];
    for source in sources("src") {
        let code = source.code();
        assert!(source.is_in(&entrance) || !names(&code, "crate", "demo"), "{} knows the demo", source.path);
        for switch in ["if demo", "is_demo", "cfg!(test)", "AWSENV_TEST", "AWSENV_FAKE", "AWSENV_DEMO"] {
            assert!(!code.contains(switch), "{} has the switch {switch}", source.path);
        }
    }
}

#[test]
fn p1_only_an_answer_of_sts_makes_a_verified_identity() {
    for source in sources("src").iter().filter(|source| !source.is_in(&["src/edge/aws", "src/edge/aws.rs"])) {
        for line in source.code().lines().filter(|line| line.contains("Verified {")) {
            let before = line.split("Verified {").next().unwrap_or_default().trim_end();
            let is_other = ["struct", "impl", "for", "->", "let", "&", "Un"].iter().any(|end| before.ends_with(end));
            assert!(is_other, "{} makes a Verified: {line}", source.path);
        }
    }
}

#[test]
fn p4_secrets_are_exposed_in_few_places() {
    let allowed = [
        "src/core/credentials.rs",
        "src/core/env_change.rs",
        "src/core/exec.rs",
        "src/core/exports.rs",
        "src/core/secret.rs",
        "src/edge/aws",
        "src/vault",
    ];
    for source in sources("src").iter().filter(|source| !source.is_in(&allowed)) {
        assert!(!source.code().contains(".expose()"), "{} exposes a secret", source.path);
    }
}

#[test]
fn p8_only_edge_files_writes() {
    // The demo's home is made to be thrown away: nothing in it is anybody's.
    let allowed = ["src/edge/files.rs", "src/demo/home.rs"];
    for source in sources("src").iter().filter(|source| !source.is_in(&allowed)) {
        for way in ["OpenOptions", "File::create", "fs::write(", "fs_err::write(", "fs::rename(", "NamedTempFile"] {
            assert!(!source.code().contains(way), "{} writes with {way}", source.path);
        }
    }
}

#[test]
fn files_are_short() {
    for source in sources("src").iter().chain(&sources("tests")) {
        let lines = source.text.lines().count();
        let limit = if source.path == "src/main.rs" { 25 } else { 400 };
        assert!(lines <= limit, "{} has {lines} lines, more than {limit}", source.path);
    }
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
