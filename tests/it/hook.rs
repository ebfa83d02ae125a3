//! The prompt hook in interactive shells on a terminal, with the real program on the fake AWS.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::support::{Pty, Run, Terminal, TestEnv, assert_no_secret, shells::only, tool};

/// An interactive shell with `init` loaded, the user's own prompt `mine> `, and more before and behind that line.
fn shell(env: &TestEnv, program: &str, before: &str, behind: &str) -> Option<Pty> {
    shell_by(env, &[program], before, behind)
}

/// The same, started by another program.
fn shell_by(env: &TestEnv, argv: &[&str], before: &str, behind: &str) -> Option<Pty> {
    let program = *argv.last().expect("there is a shell");
    only(program)?;
    let load = match program {
        "fish" => "awsenv init fish | source".to_owned(),
        _ => format!("eval \"$(awsenv init {program})\""),
    };
    let (rc, mine) = match program {
        "bash" => (".bashrc", "PS1='mine> '"),
        "zsh" => (".zshrc", "PROMPT='mine> '"),
        "fish" => (".config/fish/config.fish", "set -g fish_greeting; function fish_prompt; echo -n 'mine> '; end"),
        _ => (".rc", "PS1='mine> '"),
    };
    let file = env.write(rc, format!("{mine}\n{before}\n{load}\n{behind}\n"));
    // Fish would start a program of its own, which reads all manual pages and keeps the terminal open.
    env.write(".local/share/fish/generated_completions/none", "");
    let mut arguments = argv[1..].to_vec();
    let program = if argv.len() > 1 { argv[0] } else { program };
    let file = format!("ENV={}", file.display());
    if rc == ".rc" {
        arguments.insert(0, argv[0]);
        arguments.insert(0, &file);
        arguments.push("-i");
        return Some(Pty::spawn(env, "env", &arguments, Terminal::All));
    }
    arguments.push("-i");
    Some(Pty::spawn(env, program, &arguments, Terminal::All))
}

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "ksh", "mksh"];
const USE_STAGING: &str = "awsenv use staging\n";
const STAGING: &str = "acme-staging 4444-5555-6666 ada eu-west-1";

fn export(program: &str, name: &str, value: &str) -> String {
    if program == "fish" { format!("set -gx {name} {value}\n") } else { format!("export {name}={value}\n") }
}

/// Types lines, each after the prompt that the one before led to, and ends the shell.
fn session(mut pty: Pty, lines: &[&str]) -> Run {
    for (at, line) in lines.iter().enumerate() {
        pty.send(line);
        pty.send(&format!("echo do''ne-{at}\n"));
        pty.wait_for(&format!("done-{at}"));
    }
    pty.send("exit\n");
    pty.finish()
}

/// What the terminal showed behind the mark that `session` leaves after a line.
fn after(run: &Run, line: usize) -> &str {
    run.stderr.rsplit(&format!("done-{line}\r")).next().unwrap_or_default()
}

#[test]
fn p3_the_account_is_in_the_prompt_until_the_environment_changes() {
    for program in SHELLS {
        let env = TestEnv::demo();
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let foreign = export(program, "AWS_PROFILE", "production");
        let run = session(pty, &[USE_STAGING, &foreign, "awsenv off\n"]);
        let screen = &run.stderr;
        assert!(screen.contains(&format!("{STAGING} ")), "{program}: {screen}");
        assert!(screen.contains("MISMATCH AWS_PROFILE is set"), "{program}: {screen}");
        assert_eq!(screen.matches("awsenv: MISMATCH since ").count(), 1, "{program}: {screen}");
        assert!(screen.contains(" UTC: AWS_PROFILE is set"), "{program}: {screen}");
        let rest = after(&run, 2);
        assert!(!rest.contains("MISMATCH") && !rest.contains("4444"), "{program}: {rest}");
    }
}

/// A line that moves the end of the credentials into the past: the clock cannot be set.
fn expire(program: &str, at_end: &str) -> String {
    let end = format!("expires=1000000000{at_end}");
    match program {
        "fish" => format!("set -gx AWSENV_CONTEXT (string replace -r 'expires=[0-9]+' {end} $AWSENV_CONTEXT)\n"),
        _ => {
            let (front, back) = ("${AWSENV_CONTEXT%%,expires=*}", "${AWSENV_CONTEXT##*,endpoint=}");
            format!("export AWSENV_CONTEXT=\"{front},{end},endpoint={back}\"\n")
        }
    }
}

#[test]
fn p2_ended_credentials_are_taken_out_of_the_shell() {
    for program in SHELLS {
        let env = TestEnv::demo();
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let key =
            "echo \"<$AWS_ACCESS_KEY_ID,$AWS_SECRET_ACCESS_KEY,$AWS_SESSION_TOKEN,$AWS_PROFILE,$AWSENV_CONTEXT>\"\n";
        let run = session(pty, &["awsenv use admin\n", &expire(program, ""), key, "awsenv renew\n", key]);
        let screen = &run.stderr;
        let said = "awsenv: EXPIRED at 2001-09-09 01:46 UTC, the credentials of PRODUCTION acme-prod 1111-2222-3333: they were taken out";
        assert_eq!(screen.matches(said).count(), 1, "{program}: {screen}");
        assert!(screen.contains("<AWSENVREFUSED0000000,awsenv-refused,,awsenv-refused,>"), "{program}: {screen}");
        assert!(screen.contains(" EXPIRED PRODUCTION acme-prod 1111-2222-3333 "), "{program}: {screen}");
        let renewed = after(&run, 3);
        assert!(renewed.contains("<ASIA") && !renewed.contains("EXPIRED"), "{program}: {renewed}");
    }
}

#[test]
fn p3_ended_credentials_can_be_kept() {
    for program in SHELLS {
        let mut env = TestEnv::demo();
        env.set("AWSENV_OPT_ON_EXPIRY", "keep");
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let at_end = if program == "fish" { "" } else { ",at-end=keep" };
        let run = session(pty, &["awsenv use admin\n", &expire(program, at_end), "echo \"<$AWS_ACCESS_KEY_ID>\"\n"]);
        let rest = after(&run, 1);
        assert!(
            rest.contains("<ASIA") && rest.contains(" EXPIRED PRODUCTION acme-prod 1111-2222-3333 "),
            "{program}: {}",
            run.stderr
        );
        assert_eq!(run.stderr.matches("awsenv: EXPIRED at ").count(), 1, "{program}: {}", run.stderr);
    }
}

#[test]
fn p3_a_use_that_the_shell_did_not_get_is_said() {
    let copy = "awsenv: this was a copy of the shell";
    for program in SHELLS.iter().filter(|program| **program != "fish") {
        let env = TestEnv::demo();
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let run = session(
            pty,
            &["(awsenv use staging)\n", "awsenv use staging 2>&1 | cat\n", "echo \"<$AWSENV_PROFILE>\"\n"],
        );
        assert_eq!(run.stderr.matches(copy).count(), 2, "{program}: {}", run.stderr);
        assert!(run.stderr.contains("<>"), "{program}: {}", run.stderr);
        // What the shell itself evaluates, it gets.
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let run = session(pty, &["eval \"$(awsenv use staging)\"\n", "echo \"<$AWSENV_PROFILE>\"\n"]);
        assert!(!run.stderr.contains(copy) && run.stderr.contains("<staging>"), "{program}: {}", run.stderr);
    }
}

#[test]
fn p3_a_use_that_did_not_last_is_said() {
    // In zsh, a variable of a function that is unset and set again is the function's still.
    let env = TestEnv::demo();
    let Some(pty) = shell(&env, "zsh", "", "") else { return };
    let wrapper = "inner() { local AWSENV_CONTEXT AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; awsenv use production; }\n";
    let run = session(pty, &[USE_STAGING, wrapper, "inner\n", USE_STAGING, "\n"]);
    let said = "awsenv: NOT SWITCHED: what the last switch set is gone again";
    assert_eq!(run.stderr.matches(said).count(), 1, "{}", run.stderr);
    let prompt = after(&run, 2).split("done").next().unwrap_or_default();
    assert!(!prompt.contains("PRODUCTION"), "{}", run.stderr);
}

#[test]
fn p3_a_shell_within_the_shell_knows_the_account_and_says_nothing() {
    for program in ["bash", "zsh", "fish"] {
        let env = TestEnv::demo();
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let inner = format!("{program} -i\n");
        let foreign = export(program, "AWS_VAULT", "x");
        let run = session(pty, &[USE_STAGING, &inner, &foreign, "exit\n", "echo\n"]);
        assert!(after(&run, 0).contains(STAGING), "{program}: {}", run.stderr);
        assert_eq!(run.stderr.matches("awsenv: MISMATCH").count(), 1, "{program}: {}", run.stderr);
        // What the inner one had set is not in the outer one.
        let outer = after(&run, 3);
        assert!(outer.contains(STAGING) && !outer.contains("MISMATCH"), "{program}: {}", run.stderr);
    }
}

/// System calls that start a process.
const STARTS: &str = "trace=clone,clone3,fork,vfork,execve,execveat";

#[test]
fn a_thousand_prompts_start_no_process() {
    let Some(strace) = tool("strace") else { return };
    for program in SHELLS {
        let env = TestEnv::demo();
        let log = env.home().join("strace.log");
        let (strace, log_name) = (strace.to_string_lossy(), log.to_string_lossy());
        // With a time that is left, so that the clock is asked as well.
        let argv = [&*strace, "-f", "-e", STARTS, "-o", &*log_name, program];
        let Some(mut pty) = shell_by(&env, &argv, "", "") else { continue };
        // Threads are no processes.
        let is_start =
            |line: &&str| ["+++", "---", "resumed>", "CLONE_THREAD"].iter().all(|other| !line.contains(other));
        let starts = || {
            let log = fs::read_to_string(&log).expect("strace writes its log");
            log.lines().filter(is_start).map(str::to_owned).collect::<Vec<_>>()
        };
        pty.send("awsenv use admin\n");
        pty.send("echo wa''rm\n");
        pty.wait_for("warm");
        pty.send("echo wa''rmer\n");
        pty.wait_for("warmer");
        let before = starts().len();
        assert!(before > 0, "{program}: strace saw the switch");
        // In small portions: a terminal takes 4096 bytes at a time.
        for part in 0..20 {
            pty.send(&"\n".repeat(50));
            pty.send(&format!("echo pa''rt-{part}-\n"));
            pty.wait_for(&format!("part-{part}-"));
        }
        assert_eq!(starts()[before..], Vec::<String>::new(), "{program}");
        pty.send("exit\n");
        let run = pty.finish();
        let shown = run.stderr.matches("acme-prod 1111-2222-3333 Admin").count();
        assert!(shown >= 1000, "{program}: the account stood in {shown} prompts");
    }
}

#[test]
fn p4_a_trace_of_the_hook_shows_no_secret() {
    for program in SHELLS {
        let env = TestEnv::demo();
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let trace = if program == "fish" { "set fish_trace 1\n" } else { "set -x\n" };
        let foreign = export(program, "AWS_VAULT", "x");
        let run = session(pty, &["awsenv use staging\n", trace, "\n", &foreign, "awsenv use staging\n", "\n"]);
        let secrets = ["demo/staging/not+a+secret/DEMO+DEMO+DE/0".to_owned()];
        assert_no_secret(&secrets, program, run.stderr.as_bytes());
    }
}

/// Stands before the program: the record of its hook gets signals, which name the state.
const SIGNALLING: &str = r#"#!/bin/sh
case $1,$2 in
prompt,--hook) PROGRAM "$@" | sed -e '2h' -e '10,12{G;s/.*\n//;}' -e '10s/.*/{on &}/;11s/.*/{off &}/;12s/.*/pane &/' ;;
*) exec PROGRAM "$@" ;;
esac
"#;

#[test]
fn signals_are_written_at_each_prompt_and_taken_back() {
    for program in SHELLS {
        let mut env = TestEnv::demo();
        let bin = env.home().join("bin");
        env.set("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
        env.set("TMUX", "socket");
        env.set("TMUX_PANE", "%7");
        for (name, text) in [
            ("awsenv", SIGNALLING.replace("PROGRAM", env!("CARGO_BIN_EXE_awsenv"))),
            ("tmux", format!("#!/bin/sh\necho \"$@\" >>'{}'\n", env.home().join("tmux.log").display())),
        ] {
            let file = env.write(&format!("bin/{name}"), text);
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        let Some(pty) = shell(&env, program, "", "") else { continue };
        let foreign = export(program, "AWS_VAULT", "x");
        let run = session(pty, &[USE_STAGING, "true\n", &foreign, "true\n"]);
        let screen = &run.stderr;
        let on = screen.matches("{on verified}").count();
        assert!(on >= 3, "{program}: {screen}");
        let (verified, rest) = screen.rsplit_once("{on verified}").expect("it is there");
        assert!(!verified.contains("{off") && rest.contains("{off verified}"), "{program}: {screen}");
        assert!(rest.contains("{on mismatch}") && !rest.contains("{on verified}"), "{program}: {screen}");
        // At the end of the shell, too; once.
        assert_eq!(screen.matches("{off mismatch}").count(), 1, "{program}: {screen}");
        let log = fs::read_to_string(env.home().join("tmux.log")).expect("tmux was called");
        let option = "set-option -p -t %7 @awsenv pane";
        assert_eq!(log, format!("{option} verified\n{option} mismatch\nset-option -pu -t %7 @awsenv\n"), "{program}");
    }
}

#[test]
fn it_gets_along_with_direnv() {
    let Some(_) = tool("direnv") else { return };
    for (program, hook) in [
        ("bash", "eval \"$(direnv hook bash)\""),
        ("zsh", "eval \"$(direnv hook zsh)\""),
        ("fish", "direnv hook fish | source"),
    ] {
        // In either order.
        for (before, behind) in [(hook, ""), ("", hook)] {
            let env = TestEnv::demo();
            env.write("project/.envrc", "export AWS_PROFILE=production\n");
            let Some(pty) = shell(&env, program, before, behind) else { continue };
            let run = session(
                pty,
                &["direnv allow project\n", USE_STAGING, "cd project\n", "true\n", "cd ..\n", "true\n", "echo\n"],
            );
            let inside = after(&run, 2);
            assert!(inside.contains("MISMATCH AWS_PROFILE is set"), "{program}: {}", run.stderr);
            let outside = after(&run, 5);
            assert!(outside.contains(STAGING) && !outside.contains("MISMATCH"), "{program}: {}", run.stderr);
        }
    }
}

/// What bash-preexec promises: precmd functions before each prompt, each with the status of the command before; other
/// hooks of PROMPT_COMMAND are kept. It moves itself to the front and the end of PROMPT_COMMAND at the first prompt.
const BASH_PREEXEC: &str = r#"
precmd_functions=(show_status)
show_status() { shown_status=$?; }
__bp_precmd() { local status=$? f; for f in "${precmd_functions[@]}"; do (exit $status); "$f"; done; return $status; }
__bp_end() { :; }
__bp_install() { PROMPT_COMMAND=${PROMPT_COMMAND/__bp_install/:}; PROMPT_COMMAND=$'__bp_precmd\n'"$PROMPT_COMMAND"$'\n__bp_end'; }
PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}__bp_install
trap 'last_command=$BASH_COMMAND' DEBUG
"#;

#[test]
fn it_gets_along_with_bash_preexec() {
    for (before, behind) in [(BASH_PREEXEC, ""), ("", BASH_PREEXEC)] {
        let env = TestEnv::demo();
        let Some(pty) = shell(&env, "bash", before, behind) else { return };
        let foreign = export("bash", "AWS_PROFILE", "production");
        let run = session(pty, &[USE_STAGING, "\n", "(exit 4)\n\necho \"<$shown_status>\"\n", &foreign, "\n"]);
        assert!(run.stderr.contains(STAGING), "{}", run.stderr);
        assert!(run.stderr.contains("<4>"), "{}", run.stderr);
        assert!(run.stderr.contains("MISMATCH AWS_PROFILE is set"), "{}", run.stderr);
    }
}
