//! `awsenv prompt --format`.

use super::{REPLACE, env, hostile};
use crate::support::{Run, TestEnv, shells::only};

const SWITCH: &str = "eval \"$(awsenv use staging --shell sh 2>/dev/null)\"";

fn shown(env: &TestEnv, change: &str, options: &str) -> String {
    env.sh(&format!("{SWITCH}\n{change}\nawsenv prompt {options}")).exits(0).stdout
}

#[test]
fn p3_a_template_shows_the_account_and_says_when_it_is_not_the_one_in_use() {
    let env = env();
    let template = "--format '{class} {name} ({account}, {alias})[ {left}] {region} {profile}'";
    let account = "staging acme-staging (4444-5555-6666, acme-staging) eu-west-1 staging\n";
    assert_eq!(shown(&env, "", template), account);
    for (change, front) in [
        (REPLACE, "MISMATCH "),
        ("export AWS_PROFILE=production", "MISMATCH "),
        ("unset AWSENV_CONTEXT", "UNVERIFIED "),
        ("eval \"$(awsenv use no-such-profile --shell sh 2>/dev/null)\"", "REFUSED "),
    ] {
        let text = shown(&env, change, template);
        assert!(text.starts_with(front), "{change}: {text}");
        assert!(!text.contains("acme") && !text.contains("4444"), "{change}: {text}");
    }
    assert_eq!(shown(&env, "eval \"$(awsenv off --shell sh)\"", template), "");
}

#[test]
fn the_block_is_marked_for_the_shell() {
    let env = env();
    let zsh = shown(&env, "", "--format '{color} {name} {reset}' --shell zsh");
    assert_eq!(zsh, "%{\x1b[1m%}%{\x1b[48;2;230;159;0m%}%{\x1b[38;2;0;0;0m%} acme-staging %{\x1b[0m%}");
    let bash = shown(&env, "", "--shell bash --format '{color}{name}{reset}'");
    assert_eq!(bash, "\x01\x1b[1m\x02\x01\x1b[48;2;230;159;0m\x02\x01\x1b[38;2;0;0;0m\x02acme-staging\x01\x1b[0m\x02");
    let tmux = shown(&env, "", "--shell tmux --format '{color}#{name}{reset}' --color always");
    assert_eq!(tmux, "#[bold]#[bg=#e69f00]#[fg=#000000]##acme-staging#[default]");
}

#[test]
fn a_template_that_cannot_be_read_is_a_usage_error() {
    for options in [&["--format", "{nmae}"][..], &["--shell", "zsh", "--format", "{nmae}"]] {
        let run = TestEnv::empty().run(&[&["prompt"], options].concat()).exits(2);
        assert_eq!(run.stdout, "");
        let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["{nmae}", "{name}", "{account}", "{ink}", "{color}"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    TestEnv::empty().run(&["prompt", "--format", "x", "--json"]).exits(2);
}

/// Names, and templates, that would run a command if anything expanded the text once more.
const HOSTILE: &str = "x$(touch PWN)`touch PWN`%n%(?.a.b)\\044(touch PWN)\\u(touch PWN)${(e):-$(touch PWN)}";

#[test]
fn p5_neither_names_nor_templates_are_expanded() {
    let env = env();
    hostile(&env, HOSTILE);
    let literal = HOSTILE.replace('{', "{{").replace('}', "}}");
    env.write("template", format!("{literal} {{name}}"));
    // What the escapes of `$`, of the backquote and of the backslash leave.
    let safe = HOSTILE.replace('\\', "\\\\").replace('$', "\\x24").replace('`', "\\x60");
    let template = "--format \"$(cat template)\"";
    let draw = [
        (
            "bash",
            "bash",
            "shopt -s promptvars; text=$(awsenv prompt --shell bash TEMPLATE); PS1='${text}'; printf %s \"${PS1@P}\"",
        ),
        (
            "zsh",
            "zsh",
            "setopt promptsubst; text=$(awsenv prompt --shell zsh TEMPLATE); PROMPT='${text}'; print -rnP \"$PROMPT\"",
        ),
        ("zsh", "zsh", "setopt promptsubst; PROMPT=$(awsenv prompt --shell zsh TEMPLATE); print -rnP \"$PROMPT\""),
        ("dash", "sh", "PS1='$(awsenv prompt --shell sh TEMPLATE)'; eval \"printf %s \\\"$PS1\\\"\""),
    ];
    for (program, language, draw) in draw {
        if only(program).is_none() {
            continue;
        }
        let script = format!(
            "eval \"$(awsenv use staging --shell {language} 2>/dev/null)\"; {}",
            draw.replace("TEMPLATE", template)
        );
        let run: Run = env.command(program).args(["-c", &script]).output().expect("it starts").into();
        // Where the text stands in the prompt itself, zsh halves the backslashes.
        let halved = draw.contains("PROMPT=$(");
        let safe = if halved { safe.replace("\\\\", "\\") } else { safe.clone() };
        assert_eq!(run.stdout, format!("{safe} {safe}"), "{program}: {draw} {}", run.stderr);
    }
    // Put into PS1 itself, backslashes are decoded by bash; nothing runs.
    let script = "eval \"$(awsenv use staging 2>/dev/null)\"; PS1=$(awsenv prompt --shell bash TEMPLATE); printf %s \"${PS1@P}\"";
    env.command("bash").args(["-c", &script.replace("TEMPLATE", template)]).output().expect("it starts");
    if only("fish").is_some() {
        let script =
            "awsenv use staging --shell fish 2>/dev/null | source; awsenv prompt --shell fish --format (cat template)";
        let run: Run = env.command("fish").args(["-c", script]).output().expect("it starts").into();
        let plain = HOSTILE.replace('\\', "\\\\");
        assert_eq!(run.stdout, format!("{plain} {plain}"), "{}", run.stderr);
    }
    assert!(!env.home().join("PWN").exists(), "a name was run");
}
