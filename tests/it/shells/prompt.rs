//! The prompt hooks: the segment in front of the user's prompt, and never run as code.

use awsenv::shell::init;

use crate::support::shells::{Ended, Sandbox, change, only};

/// What a hostile account name could make of a segment; `%` is doubled for zsh, as the program does.
const SEGMENT: &str = r#"$(touch PWN) `touch PWN` ${HOME} \w \$ "'%n"#;

fn sandbox(program: &str) -> Option<(crate::support::shells::RealShell, Sandbox)> {
    let real = only(program)?;
    let mut sandbox = Sandbox::new();
    let segment = if program == "zsh" { SEGMENT.replace('%', "%%") } else { SEGMENT.to_owned() };
    sandbox.write("segment", segment);
    sandbox.program("awsenv", "#!/bin/sh\ntest \"$1\" = prompt && cat \"$(dirname \"$0\")/../segment\"\nexit 3\n");
    sandbox.write("init", init(real.shell, &change(&["A"], &[("B", "c")], 0), "awsenv").unwrap());
    sandbox.set("AWSENV_CONTEXT", "1:x").set("AWS_SECRET_ACCESS_KEY", "CANARY");
    Some((real, sandbox))
}

fn shows(ended: &Ended, sandbox: &Sandbox, text: &str) {
    assert_eq!(ended.stdout, text, "{}", ended.stderr);
    assert!(!sandbox.pwned());
    assert!(!ended.stderr.contains("CANARY"), "{}", ended.stderr);
}

const BASH: &str = r#"PS1='\$> '; PROMPT_COMMAND='before=$?;'; OPTIONS source ../init; source ../init; set -x;
    for i in 1 2; do
        (exit 4); for c in "${PROMPT_COMMAND[@]}"; do eval "$c"; done
    done
    set +x; printf '%s|%s' "$before" "${PS1@P}""#;

#[test]
fn p5_bash_shows_the_segment_and_runs_nothing() {
    for options in ["", "PROMPT_COMMAND=('before=$?');", "set -u;", "set -o posix;"] {
        let Some((bash, sandbox)) = sandbox("bash") else { return };
        let script = BASH.replace("OPTIONS", options);
        shows(&sandbox.run_with(bash, &["--norc", "-i"], &script), &sandbox, &format!("4|{SEGMENT} {}> ", root_mark()));
    }
}

fn root_mark() -> &'static str {
    if rustix::process::geteuid().is_root() { "#" } else { "$" }
}

#[test]
fn bash_shows_nothing_without_credentials_or_when_switched_off() {
    for options in ["unset AWSENV_CONTEXT AWS_SECRET_ACCESS_KEY;", "AWSENV_OPT_PROMPT=0;"] {
        let Some((bash, sandbox)) = sandbox("bash") else { return };
        let script = BASH.replace("OPTIONS", options);
        shows(&sandbox.run_with(bash, &["--norc", "-i"], &script), &sandbox, &format!("4|{}> ", root_mark()));
    }
}

const ZSH: &str = r#"PROMPT='mine> '; before=; precmd() { before=$? }; OPTIONS source ../init; source ../init; set -x
    for i in 1 2; do (exit 4); precmd; (exit 4); for f in $precmd_functions; do $f; done; last=$?; done
    set +x; print -rn -- "$before|$last|"; print -Prn -- "$PROMPT""#;

#[test]
fn p5_zsh_shows_the_segment_and_runs_nothing() {
    for options in ["", "setopt prompt_subst;", "setopt ksh_arrays sh_word_split prompt_subst;"] {
        let Some((zsh, sandbox)) = sandbox("zsh") else { return };
        let script = ZSH.replace("OPTIONS", options).replace(
            "$precmd_functions",
            if options.contains("ksh") { "${precmd_functions[@]}" } else { "$precmd_functions" },
        );
        let ended = sandbox.run_with(zsh, &["-i"], &script);
        shows(&ended, &sandbox, &format!("4|4|{SEGMENT} mine> "));
    }
}

#[test]
fn zsh_shows_nothing_without_credentials_or_when_switched_off() {
    for options in ["unset AWSENV_CONTEXT AWS_SECRET_ACCESS_KEY;", "AWSENV_OPT_PROMPT=0;"] {
        let Some((zsh, sandbox)) = sandbox("zsh") else { return };
        shows(&sandbox.run_with(zsh, &["-i"], &ZSH.replace("OPTIONS", options)), &sandbox, "4|4|mine> ");
    }
}

const FISH: &str = r#"function fish_prompt; echo -n "mine $status> "; end; OPTIONS source ../init; source ../init;
    sh -c 'exit 4'; fish_prompt"#;

#[test]
fn p5_fish_shows_the_segment_and_runs_nothing() {
    let Some((fish, sandbox)) = sandbox("fish") else { return };
    let ended = sandbox.run_with(fish, &["-i"], &FISH.replace("OPTIONS", ""));
    shows(&ended, &sandbox, &format!("{SEGMENT} mine 4> "));
}

#[test]
fn fish_shows_nothing_without_credentials_or_when_switched_off() {
    for options in ["set -e AWSENV_CONTEXT AWS_SECRET_ACCESS_KEY;", "set AWSENV_OPT_PROMPT 0;"] {
        let Some((fish, sandbox)) = sandbox("fish") else { return };
        shows(&sandbox.run_with(fish, &["-i"], &FISH.replace("OPTIONS", options)), &sandbox, "mine 4> ");
    }
}
