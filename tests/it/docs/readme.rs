//! Every block of code in the README is run by a real shell on the fake AWS, or is listed with the reason why not.

use std::{fs, os::unix::fs::PermissionsExt};

use super::document;
use crate::support::{Run, TestEnv, tool};

/// How a block is tried.
enum Try {
    /// Run in a shell that has the function of `awsenv init`; then this must hold.
    Function(&'static str),
    /// The same, in a shell without the function.
    Plain(&'static str),
    /// Added to ~/.aws/config; then this must hold.
    Profile(&'static str),
    /// Not run, for this reason.
    Not(&'static str),
}

/// The README's blocks in order, each with its beginning.
const BLOCKS: &[(&str, Try)] = &[
    (
        "cargo run --release -- demo",
        Try::Not("it builds a release; demo.rs runs the demo, and tests/run.sh is the suite"),
    ),
    ("cargo install", Try::Not("it builds a release, into the user's home")),
    (r#"eval "$(awsenv init bash)""#, Try::Plain("[ \"$(type -t awsenv)\" = function ]")),
    ("awsenv init fish", Try::Plain("functions -q awsenv")),
    ("awsenv list", Try::Function("[ -z \"${AWS_ACCESS_KEY_ID-}${AWSENV_CONTEXT-}\" ]")),
    (r#"eval "$(awsenv use staging)""#, Try::Plain("[ \"$AWSENV_ACCOUNT_ID\" = 444455556666 ]")),
    ("awsenv use staging --shell fish", Try::Plain("test \"$AWSENV_ACCOUNT_ID\" = 444455556666")),
    ("awsenv exec staging", Try::Plain("[ -z \"${AWSENV_ACCOUNT_ID-}\" ] && [ \"$(cat deployed)\" = 444455556666 ]")),
    ("set -e", Try::Plain("[ \"$(cat deployed)\" = 444455556666 ]")),
    ("awsenv account set", Try::Function("awsenv account show 111122223333 | grep -q 'production .*confirm'")),
    ("[profile deploy]", Try::Profile("awsenv exec deploy -- sh -c '[ \"$AWSENV_ROLE\" = Deploy ]'")),
];

#[test]
fn every_command_of_the_readme_runs() {
    let readme = document("README.md");
    let blocks = blocks(&readme);
    let beginnings: Vec<&str> = blocks.iter().map(|(_, text)| text.lines().next().unwrap_or_default()).collect();
    assert_eq!(blocks.len(), BLOCKS.len(), "BLOCKS lists the README's blocks: {beginnings:#?}");
    for ((language, text), (beginning, attempt)) in blocks.into_iter().zip(BLOCKS) {
        assert!(text.starts_with(beginning), "{beginning:?} is not the beginning of:\n{text}");
        check(language, text, attempt);
    }
}

/// The blocks of code, each with its language.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a block has a first line")).collect()
}

#[track_caller]
fn check(language: &str, text: &str, attempt: &Try) {
    let env = newcomer();
    let script = match attempt {
        Try::Function(then) => format!("PATH=$HOME/bin:$PATH; eval \"$(awsenv init bash)\"\n{text}\n{then}"),
        Try::Plain(then) => format!("{text}\n{then}"),
        Try::Profile(then) => {
            let (name, lines) = text.split_once("]\n").expect("a section has a header");
            env.profile(name.trim_start_matches("[profile "), lines);
            (*then).to_owned()
        }
        Try::Not(reason) => return eprintln!("left out, since {reason}: {}", text.lines().next().unwrap_or_default()),
    };
    let (shell, arguments) = if language == "fish" { ("fish", ["--no-config", "-c"]) } else { ("bash", ["-e", "-c"]) };
    let Some(shell) = tool(shell) else { return };
    let run: Run = env.command(shell).args(arguments).arg(&script).output().expect("the shell starts").into();
    assert_eq!(run.code, Some(0), "{script}\nstdout:\n{}\nstderr:\n{}", run.stdout, run.stderr);
}

/// The demo's profiles and accounts, and what the README takes for the reader's own: `deploy.sh`, and an AWS CLI.
fn newcomer() -> TestEnv {
    let env = TestEnv::demo();
    for (name, text) in
        [("deploy.sh", "#!/bin/sh\necho \"$AWSENV_ACCOUNT_ID\" >deployed\n"), ("bin/aws", "#!/bin/sh\n")]
    {
        let script = env.write(name, text);
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("the script is made executable");
    }
    env
}
