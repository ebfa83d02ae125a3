//! A new user's first session, in a real tmux: what each state looks like, as pictures in tests/ui/tour-*.term.svg.
//!
//! To update them: `SNAPSHOTS=overwrite`. Times and addresses are replaced by others of the same width.

use std::path::Path;

use anstyle_svg::{Term, VGA};
use jiff::{SignedDuration, Timestamp};
use snapbox::{
    Assert, Data,
    assert::DEFAULT_ACTION_ENV,
    data::{DataFormat, IntoData},
};

use crate::support::{TestEnv, Tmux, redact, tool, wait};

/// How long the profile `short` lasts, in seconds. One digit, so that its width is always the same.
const SHORT: i64 = 9;

/// The shell's start-up file with the line of the README below the user's own prompt, and how the shell is started.
fn furnish(env: &TestEnv, shell: &str) -> &'static str {
    let readme = include_str!("../../README.md");
    let (readme_shell, line) = match shell {
        "fish" => ("fish", "awsenv init fish | source"),
        _ => ("bash", "eval \"$(awsenv init bash)\""),
    };
    assert!(readme.contains(line), "the README has another line");
    let line = line.replace(readme_shell, shell);
    let (file, own, start) = match shell {
        "bash" => (".bashrc", "PS1='$ '", "exec bash -i"),
        "zsh" => (".zshrc", "PROMPT='$ '", "exec zsh -d -i"),
        _ => (".config/fish/config.fish", FISH, "exec fish -i"),
    };
    env.write(file, format!("{own}\n{line}\n"));
    // Ubuntu's bash greets who has never used sudo, and fish reads all manual pages.
    env.write(".hushlogin", "");
    env.write(".local/share/fish/generated_completions/none", "");
    start
}

/// Without the colours of what is typed, which differ from one fish to the next.
const FISH: &str = "function fish_prompt; echo -n '$ '; end
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
for part in normal command keyword quote redirection end error param valid_path option comment operator escape
    set -g fish_color_$part normal
end";

/// Keys of the sandbox that end soon.
fn short_lived(env: &TestEnv) {
    let end = Timestamp::now() + SignedDuration::from_secs(SHORT);
    let (key, secret) = ("AKIADEMOSANDBOX77777", "demo/sandbox/not+a+secret/DEMO+DEMO+DE/0");
    let answer = format!(
        r#"{{"Version":1,"AccessKeyId":"{key}","SecretAccessKey":"{secret}","Expiration":"{}"}}"#,
        end.strftime("%FT%TZ")
    );
    env.write("short.json", answer);
}

/// The pane and what has scrolled out of it.
fn screen(tmux: &Tmux<'_>, colours: &[&str]) -> String {
    tmux.run(&[&["capture-pane", "-p", "-J", "-S", "-"], colours].concat()).exits(0).stdout
}

/// True where the last line is a prompt that nothing is typed in, with this before the user's own.
fn is_prompt(screen: &str, with: &str) -> bool {
    let last = screen.trim_end().lines().last().unwrap_or_default();
    last.strip_suffix('$').is_some_and(|front| if with.is_empty() { front.is_empty() } else { front.contains(with) })
}

#[track_caller]
fn wait_for(tmux: &Tmux<'_>, prompt: &str) {
    wait(&format!("the prompt with {prompt:?}"), &None, || {
        Some(screen(tmux, &[])).filter(|screen| !is_prompt(screen, prompt))
    });
}

/// Puts zeroes in place of the digits of times: `14:02`, `2026-11-23`, `8s`.
fn without_times(text: &str) -> String {
    let mut out: Vec<char> = text.chars().collect();
    for pattern in ["00:00", "0000-00-00", "0s"] {
        let like: Vec<char> = pattern.chars().collect();
        for at in 0..out.len().saturating_sub(like.len() - 1) {
            let end = at + like.len();
            let is_word = |at: usize| out.get(at).is_some_and(char::is_ascii_alphanumeric);
            let fits = out[at..end].iter().zip(&like).all(|(c, like)| c == like || (*like == '0' && c.is_ascii_digit()));
            if fits && !is_word(end) && !at.checked_sub(1).is_some_and(is_word) {
                out.splice(at..end, like.iter().copied());
            }
        }
    }
    out.into_iter().collect()
}

fn tour(shell: &str) {
    let (Some(_), Some(_)) = (tool("tmux"), tool(shell)) else { return };
    let mut env = TestEnv::demo();
    env.set("COLORTERM", "truecolor");
    let answer = env.home().join("short.json");
    env.profile("short", &format!("region = eu-west-1\ncredential_process = cat {}", answer.display()));
    let start = furnish(&env, shell);

    let tmux = Tmux::new(&env);
    let terminal = ["set-option", "-g", "default-terminal", "tmux-256color", ";"];
    let session = ["new-session", "-d", "-x", "100", "-y", "30", start];
    tmux.run(&[&["-f", "/dev/null"][..], &["start-server", ";"], &terminal, &session].concat()).exits(0);
    wait_for(&tmux, "");
    let step = |line: &str, prompt: &str| {
        tmux.type_line(line);
        wait_for(&tmux, prompt);
    };

    step("awsenv use staging", " staging acme-staging 4444-5555-6666 ");
    short_lived(&env);
    step("awsenv use short", " sandbox ");
    // Enter, until the prompt says that it is over.
    wait("the end of the credentials", &true, || {
        tmux.type_line("");
        wait("a prompt", &true, || is_prompt(&screen(&tmux, &[]), " "));
        is_prompt(&screen(&tmux, &[]), " EXPIRED ")
    });
    step("awsenv use -", " staging acme-staging 4444-5555-6666 ");
    let foreign = if shell == "fish" { "set -gx AWS_PROFILE production" } else { "export AWS_PROFILE=production" };
    step(foreign, " MISMATCH AWS_PROFILE is set ");
    step("awsenv use nope", " REFUSED no account ");
    step("awsenv use production", " PRODUCTION acme-prod 1111-2222-3333 ");
    step("awsenv off", "");

    let shown = without_times(&redact(&env, screen(&tmux, &["-e"]).trim_end()));
    let mut lines: Vec<&str> = shown.lines().collect();
    // However often Enter was typed.
    lines.dedup_by(|line, before| line == before && !line.is_empty());
    // The renderer takes one colour in a sequence.
    let svg = Term::new().palette(VGA).render_svg(&lines.join("\n").replace(";38;", "m\x1b[38;"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/ui/tour-{shell}.term.svg"));
    // As text and unfiltered: a picture is equal or it is not.
    Assert::new()
        .action_env(DEFAULT_ACTION_ENV)
        .eq(svg.into_data().raw(), Data::read_from(&path, Some(DataFormat::Text)).raw());
}

#[test]
fn p3_in_bash_every_state_looks_right() {
    tour("bash");
}

#[test]
fn p3_in_zsh_every_state_looks_right() {
    tour("zsh");
}

#[test]
fn p3_in_fish_every_state_looks_right() {
    tour("fish");
}

#[test]
fn times_are_replaced_and_nothing_else() {
    let text = "at 2026-11-23 14:02 UTC, 8s left, 4444-5555-6666 via 127.0.0.1:45123";
    assert_eq!(without_times(text), "at 0000-00-00 00:00 UTC, 0s left, 4444-5555-6666 via 127.0.0.1:45123");
}
