//! The shells with a syntax of their own: the function around a stand-in for the program, and emissions cut off anywhere.

use awsenv::shell::{Shell, render};

use super::wrapper::{CANARY, is_switched, sandbox};
use crate::support::shells::{Ended, RealShell, Sandbox, change, corpus, others};

/// Loads `../init`, runs the call, keeps its status in S, and shows the environment.
fn call(real: RealShell, sandbox: &Sandbox, call: &str) -> Ended {
    let script = match real.shell {
        Shell::Tcsh => "source ../init\nCALL\nsetenv S $status\nenv -0".to_owned(),
        Shell::Elvish => {
            "use str; var awsenv~ = {|@a| }; eval (slurp < ../init) &on-end={|ns| set awsenv~ = $ns[awsenv~] }; set-env S 0; \
             try { CALL } catch e { set-env S 1; try { set-env S (str:trim-prefix $e[reason][content] 'awsenv: refused, exit code ') } catch { } }; e:env -0"
                .to_owned()
        }
        Shell::Nu => "source ../init; CALL; $env.S = $env.LAST_EXIT_CODE; ^env -0".to_owned(),
        // `!(…)` keeps what is said to itself.
        _ => "import sys\nexecx(open('../init').read())\nr = !(CALL)\n$S = str(r.rtn)\nsaid = r.err or ''\nsaid = said.decode() if isinstance(said, bytes) else said\n_ = sys.stderr.write(said)\nprint(r.out or '', end='', flush=True)\nenv -0".to_owned(),
    };
    sandbox.run(real, &script.replace("CALL", call))
}

#[test]
fn p2_the_other_shells_switch_or_poison_whatever_the_program_does() {
    for real in others() {
        let sandbox = sandbox(real);
        for typed in ["use good", "renew good", "--quiet --config use use good"] {
            is_switched(&call(real, &sandbox, &format!("awsenv {typed}")), &format!("{:?} {typed}", real.argv));
        }
        let off = call(real, &sandbox, "awsenv off");
        assert_eq!((off.get("S"), off.get("AWS_ACCESS_KEY_ID")), (Some("0"), None), "{:?} {}", real.argv, off.stderr);
        for (answer, status, said) in [
            ("use refused", "5", false),
            ("use killed", "137", true),
            ("use half", "1", true),
            ("use half-killed", "137", true),
            ("use whole-killed", "137", true),
            ("use whole-failed", "6", true),
            ("use empty", "1", true),
            ("use chatter", "1", true),
            ("--region eu-west-1 use production", "7", true),
        ] {
            let ended = call(real, &sandbox, &format!("awsenv {answer}"));
            // In elvish a signal is no status.
            let status = if real.shell == Shell::Elvish && status == "137" { "127" } else { status };
            let names = ["S", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"];
            let refused = "awsenv-refused";
            let wanted = [Some(status), Some("AWSENVREFUSED0000000"), Some(refused), Some(refused), None];
            assert_eq!(names.map(|name| ended.get(name)), wanted, "{:?} {answer} {}", real.argv, ended.stderr);
            assert_eq!(ended.stderr.contains("awsenv: NOT SWITCHED: "), said, "{answer}: {}", ended.stderr);
            assert!(!ended.stderr.contains(CANARY), "{}", ended.stderr);
        }
        let help = call(real, &sandbox, "awsenv use --help");
        assert!(help.stdout.starts_with("<use><--help>"), "{:?} {} {}", real.argv, help.stdout, help.stderr);
    }
}

/// A script that evaluates the file as docs/guides/shells.md says, and goes on.
fn evaluate(real: RealShell, file: &str) -> String {
    match real.shell {
        Shell::Tcsh => format!("eval \"`cat {file}`\""),
        Shell::Elvish => format!("try {{ eval (slurp < {file}) }} catch {{ }}"),
        Shell::Nu => format!(
            "try {{ let answer = (open --raw {file} | from json); hide-env --ignore-errors ...$answer.unset; load-env $answer.set }}"
        ),
        _ => format!("try:\n    execx(open('{file}').read())\nexcept BaseException:\n    pass\n"),
    }
}

#[test]
fn p2_the_other_shells_change_nothing_by_an_emission_cut_anywhere() {
    let wanted = change(&["B"], &[("A", "new it's! ; end }"), ("C", "'end'}) }")], 0);
    let show = "sh -c 'echo \"<$A><$B><$C>\"'";
    for real in others() {
        let mut sandbox = Sandbox::new();
        sandbox.set("A", "old").set("B", "old");
        let emission = render(real.shell, &wanted).unwrap();
        let mut lines = Vec::new();
        // Tcsh stops at an error; the others get many cuts in one process, the whole one last.
        let scripts: Vec<String> = (0..=emission.len())
            .map(|end| {
                sandbox.write(&format!("work/{end}"), &emission[..end]);
                format!(
                    "{}\n{}{show}\n",
                    evaluate(real, &end.to_string()),
                    if real.shell == Shell::Nu { "^" } else { "" }
                )
            })
            .collect();
        if real.shell == Shell::Xonsh {
            // In a loop: xonsh reads a long script again for each of its commands.
            let all = format!(
                "for i in range({}):\n    try:\n        execx(open(str(i)).read())\n    except BaseException:\n        pass\n    \
                 print('<%s><%s><%s>' % tuple(__xonsh__.env.get(n, '') for n in 'ABC'), flush=True)\n",
                scripts.len()
            );
            lines.extend(sandbox.run(real, &all).stdout.lines().map(str::to_owned));
        } else if real.shell == Shell::Tcsh {
            for script in &scripts {
                lines.extend(sandbox.run(real, &script.replace('\n', ";")).stdout.lines().map(str::to_owned));
            }
        } else {
            let ended = sandbox.run(real, &scripts.concat());
            lines.extend(ended.stdout.lines().map(str::to_owned));
            assert_eq!(lines.len(), scripts.len(), "{:?} {}", real.argv, ended.stderr);
        }
        let after = "<new it's! ; end }><><'end'}) }>";
        // Tcsh's `set`, where the rest is cut off, shows the shell's own variables.
        lines.retain(|line| line.starts_with('<'));
        let mixed: Vec<&String> = lines.iter().filter(|line| *line != "<old><old><>" && *line != after).collect();
        assert_eq!(mixed, Vec::<&String>::new(), "{:?}", real.argv);
        assert_eq!(lines.iter().filter(|line| *line == after).count(), 2, "{:?} {lines:?}", real.argv);
    }
}

#[test]
fn p5_the_other_shells_take_hostile_values_byte_for_byte() {
    let values = corpus(&["profile_name", "account_alias", "arn", "region", "env_var"]);
    let good: Vec<_> =
        values.into_iter().filter(|value| render(Shell::Sh, &change(&[], &[("V", value)], 0)).is_ok()).collect();
    let names: Vec<String> = (0..good.len()).map(|i| format!("V{i}")).collect();
    let set: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(good.iter().map(String::as_str)).collect();
    for real in others() {
        let sandbox = Sandbox::new();
        sandbox.write("emission", render(real.shell, &change(&["AWS_PROFILE"], &set, 0)).unwrap());
        let between = if real.shell == Shell::Tcsh { "; " } else { "\n" };
        let env = if real.shell == Shell::Nu { "^env -0" } else { "env -0" };
        let ended = sandbox.run(real, &format!("{}{between}{env}", evaluate(real, "../emission")));
        for (name, value) in &set {
            assert_eq!(ended.get(name), Some(*value), "{:?} {}", real.argv, ended.stderr);
        }
        assert!(!sandbox.pwned(), "{:?}", real.argv);
    }
}

/// A look finds the credentials ended: the hook takes them out of the shell, and keeps what they were for.
#[test]
fn p3_the_other_shells_clear_ended_credentials() {
    let record = "1\nexpired\n1000\n900\nclear\nEXPIRED \n\nEXPIRED\n\n\n\n\n\nend\n";
    for real in others() {
        let script = match real.shell {
            Shell::Tcsh => "source ../init\n__awsenv_hook\nenv -0",
            Shell::Nu => "source ../init; __awsenv_hook; ^env -0",
            Shell::Elvish => {
                "var h~ = {|@a| }; eval (slurp < ../init) &on-end={|ns| set h~ = $ns[-awsenv-hook~] }; h; e:env -0"
            }
            _ => "execx(open('../init').read())\nevents.on_pre_prompt.fire()\nenv -0",
        };
        let mut sandbox = sandbox(real);
        // For tcsh each line begins with a dot, since that shell drops empty ones.
        let dotted: String = record.lines().map(|line| format!(".{line}\n")).collect();
        let record = if real.shell == Shell::Tcsh { &dotted } else { record };
        sandbox.set("AWSENV_CONTEXT", "1,account=1").write("record", record);
        sandbox.program("awsenv", "#!/bin/sh\ntest \"$1\" = prompt && cat \"$(dirname \"$0\")/../record\"\n");
        let ended = sandbox.run(real, script);
        let names = ["AWSENV_EXPIRED", "AWS_ACCESS_KEY_ID", "AWSENV_CONTEXT"].map(|name| ended.get(name));
        let wanted = [Some("1,account=1"), Some("AWSENVREFUSED0000000"), None];
        assert_eq!(names, wanted, "{:?} {}", real.argv, ended.stderr);
    }
}
