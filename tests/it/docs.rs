//! The documentation: what it shows runs, what it lists is all there is, and what it links to exists.

#[cfg(feature = "demo")]
mod blocks;
#[cfg(feature = "demo")]
mod manual;

use std::{fs, path::Path};

use awsenv::{
    core::{
        config::{OPT_DEADLINE_SECONDS, OPT_MODE, OPT_NAME_SECONDS, OPT_ON_EXPIRY, OPT_PICKER, OPT_SSO_PROFILE_LABEL},
        signals::OPT_SIGNALS,
        variables::{CLEARED, METADATA_DISABLED, OURS, PROMPTS, SAVED},
    },
    error::Kind,
    shell::bash_env::MARK,
};

use crate::support::{files_below, repository};

/// The files that a reader finds.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/cli.md",
    "docs/guides/ci.md",
    "docs/guides/credentials.md",
    "docs/guides/from-the-first-awsenv.md",
    "docs/guides/identity-center.md",
    "docs/guides/mfa.md",
    "docs/guides/prompt.md",
    "docs/guides/shells.md",
    "docs/guides/sync.md",
    "docs/guides/terminal.md",
    "docs/guides/vault.md",
    "docs/vault.md",
];

fn document(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_readme_is_one_page() {
    assert!(document("README.md").lines().count() <= 120);
}

#[test]
fn what_is_linked_is_there() {
    for name in DOCUMENTS {
        // What is in code is no link.
        let text: String = document(name).split("\n```").step_by(2).collect();
        let folder = repository().join(Path::new(name).parent().expect("a file is in a folder"));
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !target.contains("://") {
                assert!(folder.join(file).exists(), "{name} links to {target}, which is not there");
            }
        }
    }
}

#[test]
fn what_is_named_in_the_architecture_is_there() {
    let text = document("docs/architecture.md");
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split('|').nth(1).expect("a row has cells");
        let mut folder = repository().to_owned();
        for path in cell.split('`').skip(1).step_by(2) {
            // The first path of a row says where the others are.
            let full = [repository().join(path), repository().join("src").join(path), folder.join(path)];
            let found = full.iter().find(|path| path.exists());
            let found = found.unwrap_or_else(|| panic!("docs/architecture.md names {path}, which is not there"));
            folder = found.parent().expect("it is in a folder").to_owned();
        }
    }
}

#[test]
fn every_source_has_its_place_in_the_architecture() {
    let text = document("docs/architecture.md");
    for folder in ["src/core", "src/core/profile", "src/edge"] {
        for entry in fs::read_dir(repository().join(folder)).expect("the folder is there") {
            let path = entry.expect("the folder is read").path();
            let name = path.file_stem().expect("a file has a name").to_string_lossy();
            let forms = [format!("{name}.rs`"), format!("`{name}`"), format!("{name}/`")];
            let is_named = forms.iter().any(|form| text.contains(form));
            let needs_none = name == "mod" || name.ends_with("_tests");
            assert!(is_named || needs_none, "{} has no place in docs/architecture.md", path.display());
        }
    }
}

/// The table below a heading, a row for each line.
fn table<'a>(text: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, after) = text.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    let section = after.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn every_exit_code_is_documented() {
    let readme = document("README.md");
    let rows = table(&readme, "Exit codes");
    assert_eq!(rows, table(&document("docs/cli.md"), "Exit codes"));
    let documented: Vec<&str> = rows.iter().skip(1).map(|row| row[0]).collect();
    let mut codes = vec![0];
    let mut next = Some(Kind::Internal);
    while let Some(kind) = next {
        codes.push(kind.exit_code());
        // Without `_`: a new kind asks for its place here.
        next = match kind {
            Kind::Internal => Some(Kind::Usage),
            Kind::Usage => Some(Kind::Refused),
            Kind::Refused => Some(Kind::Mismatch),
            Kind::Mismatch => Some(Kind::Credentials),
            Kind::Credentials => Some(Kind::Unreachable),
            Kind::Unreachable => Some(Kind::Vault),
            Kind::Vault => None,
        };
    }
    assert_eq!(documented, codes.iter().map(u8::to_string).collect::<Vec<_>>());
}

#[test]
fn every_variable_is_documented() {
    let text = document("docs/cli.md");
    let known = [
        OURS,
        CLEARED,
        PROMPTS,
        &[SAVED, METADATA_DISABLED, MARK, "AWSENV_AGENT", "AWSENV_CONFIG", "AWSENV_OPT_PROMPT"],
    ]
    .concat();
    let settings = [
        OPT_MODE,
        OPT_SSO_PROFILE_LABEL,
        OPT_ON_EXPIRY,
        OPT_DEADLINE_SECONDS,
        OPT_NAME_SECONDS,
        OPT_SIGNALS,
        OPT_PICKER,
    ];
    for name in known.iter().chain(&settings) {
        let forms = [format!("`{name}`"), format!("`{name}=")];
        assert!(forms.iter().any(|form| text.contains(form)), "{name} is not in docs/cli.md");
    }
    for document_name in DOCUMENTS {
        for name in words(&document(document_name)).filter(|word| word.starts_with("AWSENV_") && !word.ends_with('_')) {
            let of_tests = name.starts_with("AWSENV_TEST_");
            assert!(of_tests || known.contains(&name) || settings.contains(&name), "{document_name}: what is {name}?");
        }
    }
}

/// Names made of capitals, digits and `_`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_')
}

#[test]
fn every_setting_in_the_sources_is_documented() {
    let text = document("docs/cli.md");
    for (path, source) in files_below(&repository().join("src")) {
        let source = String::from_utf8(source).expect("a source is text");
        for name in words(&source).filter(|word| word.starts_with("AWSENV_OPT_") && *word != "AWSENV_OPT_") {
            assert!(text.contains(&format!("| `{name}` |")), "{name} in {} is not in docs/cli.md", path.display());
        }
    }
}
