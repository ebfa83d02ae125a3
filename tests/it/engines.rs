//! The recipes of `awsenv init --prompt`, in the prompt engines themselves, on the fake AWS.

mod ps1;
mod starship;
mod template;
mod tmux;
mod zsh;

use std::path::PathBuf;

use awsenv::shell::recipes::Engine;
use clap::ValueEnum;

use crate::support::{Pty, Run, Terminal, TestEnv, repository, tool};

/// What the prompts show in staging, before the endpoint; and its colour, as 24 bits.
const STAGING: &str = "staging acme-staging 4444-5555-6666 ada eu-west-1 via 127.0.0.1:";
const STAGING_COLOR: &str = "48;2;230;159;0";
/// Another key, put beside what awsenv exported.
const REPLACE: &str = "export AWS_ACCESS_KEY_ID=AKIADEMOPRODUCTION77";
const MISMATCH: &str = "MISMATCH AWS_ACCESS_KEY_ID was replaced (****ON77)";

/// The demo's accounts, on a terminal of 24 bits of colour.
fn env() -> TestEnv {
    let mut env = TestEnv::demo();
    env.set("COLORTERM", "truecolor");
    env
}

/// All of what the prompts show in staging.
fn staging(env: &TestEnv) -> String {
    format!("{STAGING}{}", env.aws().url().rsplit(':').next().unwrap_or_default())
}

/// Gives the account of staging this name.
fn hostile(env: &TestEnv, name: &str) {
    let name = serde_json::Value::from(name);
    env.write(".config/awsenv.toml", format!("[accounts.444455556666]\nclass = \"staging\"\nname = {name}\n"));
}

/// A file of a package that tests/run.sh installs below `target/`.
fn installed(path: &str) -> Option<PathBuf> {
    let file = repository().join("target").join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("AWSENV_TEST_ALL").is_none(), "{path} is missing: tests/run.sh installs it");
    eprintln!("left out: target/{path} is not installed");
    None
}

/// An interactive zsh with this in its .zshrc.
fn zsh(env: &TestEnv, rc: &str) -> Option<Pty> {
    tool("zsh")?;
    env.write(".zshrc", rc);
    Some(Pty::spawn(env, "zsh", &["-i"], Terminal::All))
}

/// Types lines one after the other, and ends the shell. Returns what the terminal showed, from each line to the next.
fn session(mut pty: Pty, lines: &[&str]) -> Vec<String> {
    for (at, line) in lines.iter().enumerate() {
        pty.send(&format!("{line}; echo do''ne-{at}\n"));
        pty.wait_for(&format!("done-{at}\r\n"));
    }
    pty.send("exit\n");
    let Run { stderr: screen, .. } = pty.finish();
    let mut parts = Vec::new();
    let mut rest = screen.as_str();
    for at in 0..lines.len() {
        let (part, behind) = rest.split_once(&format!("done-{at}\r\n")).expect("it was waited for");
        parts.push(part.to_owned());
        rest = behind;
    }
    parts.push(rest.to_owned());
    parts
}

/// Whether some line, as it was drawn, shows this twice.
fn is_twice(screen: &str, text: &str) -> bool {
    screen.split(['\r', '\n']).any(|line| line.matches(text).count() > 1)
}

#[test]
fn every_engine_has_its_recipe() {
    for engine in Engine::value_variants() {
        let name = engine.to_possible_value().expect("none is hidden");
        let run = TestEnv::empty().run(&["init", "--prompt", name.get_name()]).exits(0);
        assert_eq!(run.stdout, engine.recipe(), "{engine:?}");
        // Where it goes.
        let first = run.stdout.lines().next().unwrap_or_default();
        assert!(first.starts_with("# ~/."), "{first}");
        assert!(run.stdout.lines().all(|line| line.len() <= 260), "{engine:?}");
    }
    let env = TestEnv::empty();
    env.run(&["init", "--prompt", "fancy"]).exits(2).says("fancy");
    env.run(&["init", "zsh", "--prompt", "pure"]).exits(2);
    env.run(&["init"]).exits(2);
}
