//! The function that `init` defines, around a stand-in for the program.

use awsenv::{
    core::env_change::EnvChange,
    shell::{Shell, init, render},
};

use crate::support::shells::{Ended, RealShell, Sandbox, change, installed, only, posix};

/// What the stand-in does for `use`, `off` and `renew` is named by its last argument; other verbs show their arguments.
const STAND_IN: &str = r#"#!/bin/sh
answers=$(dirname "$0")/..
case $1 in init) exec PROGRAM "$@" ;; esac
case $1,$2,$3 in --quiet,--config,use) shift 3 ;; esac
case $1 in use | off | renew) ;; *) printf '<%s>' "$@"; printf '\0'; exit 7 ;; esac
case $2 in --shell) ;; *) printf '<%s>' "$@"; printf '\0'; exit 8 ;; esac
for last do :; done
case $1:$last in off:*) last=off ;; esac
case $last in
good) cat "$answers/good" ;;
refused) cat "$answers/refused"; exit 5 ;;
killed) kill -KILL $$ ;;
interrupted) kill -INT "$SHELL_ID"; kill -INT $$ ;;
caught) kill -INT "$SHELL_ID"; cat "$answers/refused"; exit 5 ;;
half) head -c 150 "$answers/good" ;;
half-killed) head -c 150 "$answers/good"; kill -KILL $$ ;;
whole-killed) cat "$answers/good"; kill -KILL $$ ;;
whole-failed) cat "$answers/good"; exit 6 ;;
empty) ;;
chatter) echo hello ;;
off) cat "$answers/off" ;;
esac
"#;

pub(super) const CANARY: &str = "CANARYwJalrXUtnFEMI";

pub(super) fn good() -> EnvChange {
    change(
        &["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWSENV_CONTEXT"],
        &[
            ("AWS_ACCESS_KEY_ID", "ASIANEWNEWNEWNEWNEW0"),
            ("AWS_SECRET_ACCESS_KEY", CANARY),
            ("AWSENV_BANNER", "it's : 'end'; (exit 0); else (exit 1); fi; }"),
            ("AWSENV_CONTEXT", "1:acme%20prod"),
        ],
        0,
    )
}

pub(super) fn refusal(status: u8) -> EnvChange {
    change(
        &["AWS_SESSION_TOKEN", "AWSENV_CONTEXT"],
        &[
            ("AWS_ACCESS_KEY_ID", "AWSENVREFUSED0000000"),
            ("AWS_SECRET_ACCESS_KEY", "awsenv-refused"),
            ("AWS_PROFILE", "awsenv-refused"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ],
        status,
    )
}

/// A sandbox whose environment holds old credentials, with the function's text in `init`.
pub(super) fn sandbox(real: RealShell) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.set("AWS_ACCESS_KEY_ID", "old").set("AWS_SECRET_ACCESS_KEY", "old").set("AWS_SESSION_TOKEN", "old");
    sandbox.program("awsenv", &STAND_IN.replace("PROGRAM", env!("CARGO_BIN_EXE_awsenv")));
    sandbox.write("init", init(real.shell, &refusal(0), "awsenv").unwrap());
    sandbox.write("good", render(real.shell, &good()).unwrap());
    sandbox.write("refused", render(real.shell, &refusal(5)).unwrap());
    sandbox.write("off", render(real.shell, &change(&["AWS_ACCESS_KEY_ID", "AWSENV_CONTEXT"], &[], 0)).unwrap());
    sandbox
}

fn load(real: RealShell) -> &'static str {
    match real.shell {
        Shell::Fish => "source ../init; ",
        _ => r#"eval "$(cat ../init)"; "#,
    }
}

/// Runs the call after the preparation, and gives the environment, with the call's status in S.
fn call(real: RealShell, sandbox: &Sandbox, prepare: &str, call: &str) -> Ended {
    let load = load(real);
    sandbox.run(
        real,
        &match real.shell {
            Shell::Fish => format!("{load}{prepare} {call}; set -gx S $status; env -0"),
            _ => format!("{load}{prepare} S=0; {call} || S=$?; export S; env -0"),
        },
    )
}

pub(super) fn is_switched(ended: &Ended, because: &str) {
    let names = ["S", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWSENV_CONTEXT"]
        .map(|n| ended.get(n));
    let wanted = [Some("0"), Some("ASIANEWNEWNEWNEWNEW0"), Some(CANARY), None, Some("1:acme%20prod")];
    assert_eq!(names, wanted, "{because} {}", ended.stderr);
}

fn is_poisoned(ended: &Ended, status: &str, because: &str) {
    let names =
        ["S", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWSENV_CONTEXT"]
            .map(|n| ended.get(n));
    let wanted =
        [Some(status), Some("AWSENVREFUSED0000000"), Some("awsenv-refused"), Some("awsenv-refused"), None, None];
    assert_eq!(names, wanted, "{because} {}", ended.stderr);
}

#[test]
fn p2_use_switches_or_poisons_whatever_the_program_does() {
    for real in installed() {
        let sandbox = sandbox(real);
        is_switched(&call(real, &sandbox, "", "awsenv use good"), &format!("{:?}", real.argv));
        for (answer, status, said) in [
            ("refused", "5", false),
            ("killed", "137", true),
            ("half", "1", true),
            ("half-killed", "137", true),
            ("whole-killed", "137", true),
            ("whole-failed", "6", true),
            ("empty", "1", true),
            ("chatter", "1", true),
        ] {
            let ended = call(real, &sandbox, "", &format!("awsenv use {answer}"));
            // Ksh93 reports a signal as 256 + n.
            let status = if real.shell == Shell::Ksh && status == "137" { "265" } else { status };
            is_poisoned(&ended, status, &format!("{:?} {answer}", real.argv));
            assert_eq!(ended.stderr.contains("awsenv: NOT SWITCHED: "), said, "{answer}: {}", ended.stderr);
            assert!(!ended.stderr.contains("CANARY"), "{}", ended.stderr);
        }
    }
}

/// With the function loaded, the documented `eval "$(awsenv use X)"` runs it in a copy of the shell.
#[test]
fn p2_an_eval_of_the_function_switches_or_poisons_too() {
    for real in posix() {
        let sandbox = sandbox(real);
        let name = format!("{:?}", real.argv);
        let eval = |outcome: &str| call(real, &sandbox, "", &format!(r#"eval "$(awsenv use {outcome})""#));
        is_switched(&eval("good"), &name);
        is_poisoned(&eval("refused"), "5", &name);
        for outcome in ["killed", "half", "half-killed", "whole-failed", "empty", "chatter"] {
            is_poisoned(&eval(outcome), "1", &format!("{name} {outcome}"));
        }
        let inner = r#"(c=$(awsenv use good); eval "$c"; test "$AWS_ACCESS_KEY_ID" = ASIANEWNEWNEWNEWNEW0)"#;
        assert_eq!(call(real, &sandbox, "", inner).get("S"), Some("0"), "{name}");
        // Into a log goes nothing secret, whoever runs in the copy.
        for log in ["(awsenv use good; :) | cat > ../shown", "(awsenv use good; :) > ../shown"] {
            let ended = call(real, &sandbox, "", log);
            assert_eq!(ended.get("S"), Some("0"), "{name} {log} {}", ended.stderr);
            assert_eq!(std::fs::read_to_string(sandbox.path("shown")).unwrap(), "", "{name} {log}");
        }
        // Outside of a copy, a redirection changes the shell all the same, and no secret goes into the file.
        let silent = call(real, &sandbox, "", "awsenv use good > ../shown");
        is_switched(&silent, &name);
        assert_eq!(std::fs::read_to_string(sandbox.path("shown")).unwrap(), "", "{name}");
    }
}

#[test]
fn p2_a_program_that_is_gone_poisons() {
    for real in installed() {
        let sandbox = sandbox(real);
        std::fs::remove_file(sandbox.path("bin/awsenv")).unwrap();
        let ended = call(real, &sandbox, "", "awsenv use good");
        is_poisoned(&ended, "127", &format!("{:?}", real.argv));
        assert!(ended.stderr.contains("awsenv: NOT SWITCHED: "), "{}", ended.stderr);
    }
}

#[test]
fn the_start_up_text_prints_nothing() {
    for real in installed() {
        let sandbox = sandbox(real);
        let ended = sandbox.run(real, load(real));
        assert_eq!(
            (ended.status, ended.stdout, ended.stderr),
            (Some(0), String::new(), String::new()),
            "{:?}",
            real.argv
        );
        if !matches!(real.shell, Shell::Bash | Shell::Zsh | Shell::Fish) {
            continue; // Without hooks; and busybox greets.
        }
        let ended = sandbox.run_with(real, &["-i"], load(real));
        assert_eq!(ended.stdout, "", "{:?} {}", real.argv, ended.stderr);
    }
}

#[test]
fn off_and_renew_are_evaluated_too() {
    for real in installed() {
        let sandbox = sandbox(real);
        is_switched(&call(real, &sandbox, "", "awsenv renew good"), &format!("{:?}", real.argv));
        let ended = call(real, &sandbox, "awsenv use good;", "awsenv off");
        assert_eq!(
            ["S", "AWS_ACCESS_KEY_ID", "AWSENV_CONTEXT"].map(|name| ended.get(name)),
            [Some("0"), None, None],
            "{:?} {}",
            real.argv,
            ended.stderr
        );
    }
}

#[test]
fn options_may_stand_before_the_verb() {
    for real in installed() {
        let sandbox = sandbox(real);
        let ended = call(real, &sandbox, "", "awsenv --quiet --config use use good");
        is_switched(&ended, &format!("{:?}", real.argv));
    }
}

/// The program cannot find a verb either, refuses, and ends with a status: this shell must not keep the old account.
#[test]
fn p2_a_switch_with_something_wrong_before_it_poisons() {
    for real in installed() {
        let sandbox = sandbox(real);
        for arguments in ["--region eu-west-1 use production", "--colour never use x", "--config use production use"] {
            is_poisoned(&call(real, &sandbox, "", &format!("awsenv {arguments}")), "7", &format!("{:?}", real.argv));
        }
    }
}

#[test]
fn everything_else_reaches_the_program_as_it_is() {
    for real in installed() {
        let sandbox = sandbox(real);
        for (arguments, said, status) in [
            ("whoami 'a b' '' '*'", "<whoami><a b><><*>", "7"),
            ("exec p -- use x", "<exec><p><--><use><x>", "7"),
            ("use --help", "<use><--help>", "8"),
            ("use p --print", "<use><p><--print>", "8"),
            ("use -h", "<use><-h>", "8"),
            ("--config use list use", "<--config><use><list><use>", "7"),
            ("--color=never whoami", "<--color=never><whoami>", "7"),
            ("lsit", "<lsit>", "7"),
        ] {
            let ended = call(real, &sandbox, "", &format!("awsenv {arguments}"));
            assert!(ended.stdout.starts_with(said), "{:?} {arguments}: {}", real.argv, ended.stdout);
            assert_eq!(ended.get("AWS_ACCESS_KEY_ID"), Some("old"));
            assert_eq!(ended.get("S"), Some(status), "{:?} {arguments}", real.argv);
        }
        let ended = sandbox.run(real, &format!("{} awsenv", load(real)));
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(7), "<>\0"), "{:?} {}", real.argv, ended.stderr);
    }
}

#[test]
fn the_function_works_under_every_setting() {
    let odd = [
        "set -eu;",
        "set -C;",
        "IFS=0123456789a;",
        "set -a;",
        "set -f;",
        r#"eval "$(cat ../init)";"#,
        "alias awsenv=false command=false eval=false;",
    ];
    for real in posix() {
        for prepare in odd {
            let sandbox = sandbox(real);
            let because = format!("{:?} {prepare}", real.argv);
            is_switched(&call(real, &sandbox, prepare, "awsenv use good"), &because);
            is_poisoned(&call(real, &sandbox, prepare, "awsenv use refused"), "5", &because);
            is_poisoned(&call(real, &sandbox, prepare, "awsenv use half"), "1", &because);
        }
    }
    if let Some(fish) = only("fish") {
        let sandbox = sandbox(fish);
        is_switched(&call(fish, &sandbox, "source ../init;", "awsenv use good"), "fish, loaded twice");
    }
}

#[test]
fn p2_a_failed_use_stops_a_script_under_errexit() {
    for real in posix() {
        for (answer, status) in [("refused", 5), ("half", 1), ("empty", 1)] {
            let sandbox = sandbox(real);
            let ended = sandbox.run(real, &format!("set -eu; {}awsenv use {answer}; echo went on", load(real)));
            assert_eq!((ended.status, ended.stdout.as_str()), (Some(status), ""), "{:?} {}", real.argv, ended.stderr);
        }
    }
}

#[test]
fn p4_a_trace_shows_no_secret_and_goes_on_afterwards() {
    for real in installed() {
        let sandbox = sandbox(real);
        let script = match real.shell {
            Shell::Fish => format!("{}set -g fish_trace 1; awsenv use good; echo af''ter", load(real)),
            _ => format!("{}set -xv; awsenv use good; echo af''ter", load(real)),
        };
        let ended = sandbox.run(real, &script);
        assert!(!ended.stderr.contains(CANARY), "{:?} {}", real.argv, ended.stderr);
        assert!(!ended.stdout.contains(CANARY), "{:?}", real.argv);
        assert!(ended.stderr.contains("echo after"), "{:?} {}", real.argv, ended.stderr);
    }
}

#[test]
fn the_function_leaves_no_helper_behind() {
    for real in installed() {
        let sandbox = sandbox(real);
        let script = match real.shell {
            Shell::Fish => "set | string match '__awsenv_*'; set | string match '*CANARYw*'",
            _ => "set | grep -a -e '^__awsenv_[a-z]*=' -e 'CANARY[w]' || :",
        };
        for answer in ["good", "refused", "half", "--help"] {
            let ended = sandbox.run(real, &format!("{}awsenv use {answer} >/dev/null 2>&1; {script}", load(real)));
            let left: Vec<&str> = ended
                .stdout
                .lines()
                .filter(|line| !line.starts_with("AWS_SECRET_ACCESS_KEY") && !line.contains("() {"))
                .collect();
            assert_eq!(left, [""; 0], "{:?} {answer} {}", real.argv, ended.stderr);
        }
    }
}

#[test]
fn p2_a_read_only_name_is_noticed() {
    for real in posix() {
        let sandbox = sandbox(real);
        let ended = call(real, &sandbox, "readonly AWSENV_BANNER=x;", "awsenv use good");
        is_poisoned(&ended, "1", &format!("{:?}", real.argv));
        assert!(ended.stderr.contains("NOT SWITCHED"), "{}", ended.stderr);
    }
}

#[test]
fn p2_an_interrupt_poisons() {
    for real in installed() {
        let sandbox = sandbox(real);
        let (load, pid) =
            (load(real), if real.shell == Shell::Fish { "set -gx SHELL_ID $fish_pid" } else { "export SHELL_ID=$$" });
        for answer in ["interrupted", "caught"] {
            let then = if real.shell == Shell::Fish { "set -gx S $status" } else { "export S=$?" };
            let script = format!("{load}{pid}; awsenv use {answer}; {then}; env -0");
            let ended = sandbox.run_with(real, &["-i"], &script);
            assert_eq!(
                ended.get("AWS_ACCESS_KEY_ID"),
                Some("AWSENVREFUSED0000000"),
                "{:?} {}",
                real.argv,
                ended.stderr
            );
            assert!(ended.get("S").is_some_and(|status| status != "0"), "{:?}", real.argv);
        }
    }
}

#[test]
fn the_users_interrupt_trap_comes_back() {
    // Dash and mksh do not tell a function which traps are set.
    for real in posix().filter(|real| matches!(real.shell, Shell::Bash | Shell::Zsh | Shell::Ksh)) {
        let sandbox = sandbox(real);
        let script = format!("trap 'echo mine' INT; {}awsenv use good; trap", load(real));
        let ended = sandbox.run_with(real, &["-i"], &script);
        assert!(ended.stdout.contains("echo mine"), "{:?} {} {}", real.argv, ended.stdout, ended.stderr);
    }
}

#[test]
fn p2_fish_reaches_the_callers_local_variables() {
    let Some(fish) = only("fish") else { return };
    let sandbox = sandbox(fish);
    let script = "source ../init; function f; set -lx AWS_SESSION_TOKEN local; awsenv use ANSWER; set -gx S $status; env -0; \
                  end; f";
    is_switched(&sandbox.run(fish, &script.replace("ANSWER", "good")), "good");
    is_poisoned(&sandbox.run(fish, &script.replace("ANSWER", "refused")), "5", "refused");
    is_poisoned(&sandbox.run(fish, &script.replace("ANSWER", "half")), "1", "half");
}
