//! One table: every shell, with the real program on the fake AWS, through every state that a switch can leave it in.
//!
//! What is cut off, hostile or ended is made by stand-ins, in `shells/`: emissions cut at every byte
//! (`shells::emission::p2_…`, `shells::table::p2_…_cut_anywhere`), values of the corpus (`p5_…`), and the end of credentials
//! (`hook::p2_ended_…`, `shells::table::p3_…`). Dash and busybox have no hook: nothing happens there at the end of credentials.

use std::path::Path;

use awsenv::shell::Shell;

use crate::support::{
    TestEnv,
    shells::{RealShell, SYSTEM_PATH, installed, others, posix},
};

/// A shell's words for what the table does.
struct Words {
    load: String,
    /// A call that may fail.
    call: fn(&str) -> String,
    export: fn(&str, &str) -> String,
    /// A program by its path.
    program: fn(&str) -> String,
    /// What runs before a prompt; empty where that is another test's, or where there is no hook.
    hook: &'static str,
}

fn words(real: RealShell, init: &str) -> Words {
    let plain: fn(&str) -> String = str::to_owned;
    match real.shell {
        Shell::Fish => Words {
            load: format!("source {init}"),
            call: plain,
            export: |name, value| format!("set -gx {name} {value}"),
            program: plain,
            hook: "",
        },
        Shell::Tcsh => Words {
            load: format!("source {init}"),
            call: plain,
            export: |name, value| format!("setenv {name} {value}"),
            program: plain,
            hook: "__awsenv_hook",
        },
        Shell::Elvish => Words {
            load: format!(
                "var awsenv~ = {{|@a| }}; var hook~ = {{ }}; eval (slurp < {init}) \
                 &on-end={{|ns| set awsenv~ = $ns[awsenv~]; set hook~ = $ns[-awsenv-hook~] }}"
            ),
            call: |call| format!("try {{ {call} }} catch {{ }}"),
            export: |name, value| format!("set-env {name} {value}"),
            program: plain,
            hook: "hook",
        },
        Shell::Nu => Words {
            load: format!("source {init}"),
            call: plain,
            export: |name, value| format!("$env.{name} = '{value}'"),
            program: |path| format!("^{path}"),
            hook: "__awsenv_hook",
        },
        Shell::Xonsh => Words {
            load: format!("execx(open('{init}').read())"),
            call: plain,
            export: |name, value| format!("${name} = '{value}'"),
            program: plain,
            hook: "_ = events.on_pre_prompt.fire()",
        },
        _ => Words {
            load: format!(". {init}"),
            call: plain,
            export: |name, value| format!("export {name}={value}"),
            program: plain,
            hook: "",
        },
    }
}

const FOREIGN: &str = "AKIAFOREIGNFOREIGN00";

#[test]
fn p2_p3_every_shell_holds_what_it_should_in_every_state() {
    let env = TestEnv::demo();
    let home = env.home().to_string_lossy().into_owned();
    let show =
        env.write("show", "echo \"${AWSENV_ACCOUNT_ID:-none} ${AWS_ACCESS_KEY_ID:-none} ${AWS_PROFILE:-none}\"\n");
    let bin = Path::new(env!("CARGO_BIN_EXE_awsenv")).parent().expect("the binary is in a directory").display();
    for real in installed().into_iter().chain(others()) {
        let name = real.shell.name();
        let init = env.write("init", env.run(&["init", name]).exits(0).stdout);
        let words = words(real, &init.to_string_lossy());
        let shown = (words.program)(&format!("/bin/sh {}", show.display()));
        let call = words.call;
        let mut lines = vec![
            words.load,
            shown.clone(),
            call("awsenv use staging"),
            shown.clone(),
            // Nested: the command is in its own account, and the shell stays where it is.
            call(&format!("awsenv exec sandbox -- /bin/sh {home}/show")),
            shown.clone(),
            // Another tool's key.
            (words.export)("AWS_ACCESS_KEY_ID", FOREIGN),
            call("awsenv prompt --color never"),
        ];
        if !words.hook.is_empty() {
            lines.push(words.hook.to_owned());
        }
        lines.extend([
            call("awsenv use production"),
            shown.clone(),
            call("awsenv use nope"),
            shown.clone(),
            call("awsenv off"),
            shown,
        ]);
        let mut command = env.command("env");
        command.arg(format!("PATH={bin}:{SYSTEM_PATH}")).args(real.argv).arg("-c").arg(lines.join("\n") + "\n");
        let output = command.output().expect("env starts");
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let wanted = [
            "none none none",
            "444455556666 AKIADEMOSTAGING77777 none",
            "777788889999 AKIADEMOSANDBOX77777 none",
            "444455556666 AKIADEMOSTAGING77777 none",
            " MISMATCH AWS_ACCESS_KEY_ID was replaced (****GN00)",
            "111122223333 AKIADEMOPRODUCTION77 none",
            "none AWSENVREFUSED0000000 awsenv-refused",
            "none none none",
        ];
        assert_eq!(stdout.lines().collect::<Vec<_>>(), wanted, "{:?}\n{stderr}", real.argv);
        if !words.hook.is_empty() {
            assert!(stderr.contains("awsenv: MISMATCH since "), "{:?}\n{stderr}", real.argv);
        }
    }
}

/// The idioms that docs/cli.md gives to scripts, without the function.
#[test]
fn p2_a_script_stops_where_a_switch_fails_and_where_there_is_no_program() {
    let env = TestEnv::demo();
    let bin = Path::new(env!("CARGO_BIN_EXE_awsenv")).parent().expect("the binary is in a directory").display();
    let strict = "set -eu; if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi";
    for real in posix() {
        for (path, line, status) in [
            (format!("{bin}:{SYSTEM_PATH}"), r#"eval "$(awsenv use nope)""#, 2),
            (format!("{bin}:{SYSTEM_PATH}"), r#"creds=$(awsenv use nope); eval "$creds""#, 2),
            (SYSTEM_PATH.to_owned(), r#"creds=$(awsenv use staging); eval "$creds""#, 127),
        ] {
            let mut command = env.command("env");
            command
                .arg(format!("PATH={path}"))
                .args(real.argv)
                .arg("-c")
                .arg(format!("{strict}; {line}; echo went on"));
            let output = command.output().expect("env starts");
            let ended = (output.status.code(), String::from_utf8_lossy(&output.stdout));
            assert_eq!(ended, (Some(status), "".into()), "{:?} {line}", real.argv);
        }
    }
}
