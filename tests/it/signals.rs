//! What a terminal shows besides the prompt: in real terminals, written by the real hook, taken back by it.

mod screen;
mod tmux;
mod xterm;

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use crate::support::TestEnv;

/// Long enough for a loaded machine: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The demo's accounts: production shows everything, staging a title, sandbox nothing.
fn home() -> TestEnv {
    let env = TestEnv::demo();
    env.settings(&format!("\n{}\n[classes.staging]\nsignals = [\"title\"]\n", guide("toml")));
    env
}

fn production(env: &TestEnv) -> String {
    title(env, "PRODUCTION acme-prod 1111-2222-3333")
}

fn staging(env: &TestEnv) -> String {
    title(env, "staging acme-staging 4444-5555-6666")
}

/// STS is on loopback here, and the title says so.
fn title(env: &TestEnv, account: &str) -> String {
    format!("{account} via {}", env.aws().url().trim_start_matches("http://"))
}

/// The first block of this language in the guide.
fn guide(language: &str) -> String {
    let text = include_str!("../../docs/guides/terminal.md");
    let block = text.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let block = block.into_iter().find(|(of, _)| *of == language).expect("the guide has such a block");
    block.1.to_owned()
}

/// A start-up file with the line that the README asks for, below a prompt.
fn rc(env: &TestEnv, shell: &str, prompt: &str) -> PathBuf {
    let text = match shell {
        // Fish writes titles itself.
        "fish" => {
            let own = format!("function fish_prompt; echo -n '{prompt}'; end; function fish_title; echo mine; end");
            format!("{own}\nawsenv init fish | source\n")
        }
        _ => format!("PS1='{prompt}'\neval \"$(awsenv init {shell})\"\n"),
    };
    env.write(if shell == "zsh" { ".zshrc" } else { "rc" }, text)
}

/// Asks again and again, until the answer is this.
#[track_caller]
fn wait<T: PartialEq + std::fmt::Debug>(what: &str, expect: &T, mut ask: impl FnMut() -> T) {
    let start = Instant::now();
    loop {
        let found = ask();
        if found == *expect {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: {found:?} never became {expect:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn p6_a_misspelt_signal_is_named_with_its_line() {
    let env = TestEnv::empty();
    let file = env.write(".config/awsenv.toml", "[classes.production]\nsignals = [\"titel\"]\n");
    let run = env.run(&["config", "check"]).exits(2).says("Did you mean `title`?");
    let words: Vec<&str> = run.stderr.split_whitespace().collect();
    let place = format!("error: {}:2: classes.production.signals: unknown variant `titel`", file.display());
    assert!(words.join(" ").starts_with(&place), "{}", run.stderr);
}

/// The choice travels with the context: the prompt reads no file.
#[test]
fn p3_the_signals_are_those_of_the_switch() {
    let env = home();
    let held = env.variables_after("eval \"$(awsenv use production --shell sh 2>/dev/null)\"");
    assert!(held["AWSENV_CONTEXT"].contains(",signals=title+background+tmux,tint=300010,"), "{held:?}");
    env.write(".config/awsenv.toml", "no settings any more");
    let mut look = env.awsenv(&["prompt", "--hook", "--shell", "sh"]);
    let output = look.envs(&held).output().expect("awsenv starts");
    let record = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = record.lines().collect();
    let signal = format!("\x1b]2;{}\x1b\\\x1b]11;#300010\x1b\\", production(&env));
    assert_eq!(lines[8..12], ["\x1b[22;0t\x1b[#P", &signal, "\x1b]2;\x1b\\\x1b[23;0t\x1b]111\x1b\\\x1b[#Q", ""]);
}
