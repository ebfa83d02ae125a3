//! The manual pages: one for each verb, and right for those who read them.

use std::fs;

use awsenv::cli::Cli;
use clap::CommandFactory;

use crate::support::{Run, TestEnv, tool};

/// The pages of a directory, by name.
fn pages(env: &TestEnv) -> Vec<String> {
    env.run(&["man", "--dir", "man/man1"]).exits(0).says("manual pages are in man/man1");
    let entries = fs::read_dir(env.home().join("man/man1")).expect("the directory is made");
    let names = entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn every_verb_has_a_page() {
    let env = TestEnv::empty();
    let names = pages(&env);
    for verb in Cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let page = format!("awsenv-{}.1", verb.get_name());
        assert!(names.contains(&page), "{page} is not in {names:?}");
    }
    for page in ["awsenv.1", "awsenv-account-set.1"] {
        assert!(names.iter().any(|name| name == page), "{page} is not in {names:?}");
    }
    let printed = env.run(&["man"]).exits(0);
    assert_eq!(printed.stdout, fs::read_to_string(env.home().join("man/man1/awsenv.1")).expect("it is text"));
}

#[test]
fn man_reads_the_pages_without_a_warning() {
    let Some(man) = tool("man") else { return };
    let env = TestEnv::empty();
    for page in pages(&env) {
        let mut command = env.command(&man);
        let run: Run = command.args(["--warnings", "-l"]).arg(format!("man/man1/{page}")).output().unwrap().into();
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{page}");
        let name = page.trim_end_matches(".1").replace('-', " ");
        assert!(run.stdout.replace(['-', '\u{2010}'], " ").contains(&name), "{page}: {}", run.stdout);
    }
}

#[test]
fn mandoc_finds_nothing_wrong() {
    let Some(mandoc) = tool("mandoc") else { return };
    let env = TestEnv::empty();
    for page in pages(&env) {
        let mut command = env.command(&mandoc);
        let run: Run =
            command.args(["-T", "lint", "-W", "warning"]).arg(format!("man/man1/{page}")).output().unwrap().into();
        // The pages have no date, and the generator spaces more than is needed.
        let known = ["missing date", "skipping paragraph macro"];
        let wrong: Vec<&str> =
            run.stdout.lines().filter(|line| !known.iter().any(|known| line.contains(known))).collect();
        assert_eq!(wrong, Vec::<&str>::new(), "{page}");
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let env = TestEnv::empty();
    env.write("file", "");
    env.run(&["man", "--dir", "file/below"]).exits(2).says("file/below");
}
