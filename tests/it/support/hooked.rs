//! Shells with a prompt hook around a program that prints what the test wants.

use awsenv::shell::{Shell, init};

use super::shells::{Ended, RealShell, Sandbox, change, only};

/// A shell with a hook: how it starts, and how one prompt is drawn, between brackets.
pub(crate) struct Hooked {
    pub(crate) program: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) rc: &'static str,
    pub(crate) draw: &'static str,
}

pub(crate) const BASH: Hooked = Hooked {
    program: "bash",
    arguments: &["--norc", "-i"],
    rc: "PS1='mine> '",
    draw: r#"for c in "${PROMPT_COMMAND[@]}"; do eval "$c"; done; printf '[%s]' "${PS1@P}""#,
};

pub(crate) const ZSH: Hooked = Hooked {
    program: "zsh",
    arguments: &["-i"],
    rc: "PROMPT='mine> '",
    draw: r#"for f in "${precmd_functions[@]}"; do $f; done; print -n '['; print -Prn -- "$PROMPT"; print -n ']'"#,
};

pub(crate) const FISH: Hooked = Hooked {
    program: "fish",
    arguments: &["-i"],
    rc: "function fish_prompt; echo -n 'mine> '; end",
    draw: "__awsenv_before_prompt; echo -n '['; fish_prompt; echo -n ']'",
};

pub(crate) const KSH: Hooked = Hooked {
    program: "ksh",
    arguments: &["-i"],
    rc: "PS1='mine> '",
    draw: r#"printf '[%s]' "${ __awsenv_precmd; }mine> ""#,
};

pub(crate) const MKSH: Hooked = Hooked {
    program: "mksh",
    arguments: &["-i"],
    rc: "PS1='mine> '",
    draw: r#"print -rn -- "[${|__awsenv_precmd;}mine> ]""#,
};

pub(crate) const HOOKED: [Hooked; 5] = [BASH, ZSH, FISH, KSH, MKSH];

/// What happens in the shell, in the order.
pub(crate) enum Step<'a> {
    /// One prompt.
    Draw,
    /// The number of looks so far, in angle brackets.
    Count,
    Export(&'a str, &'a str),
    /// Without exporting it.
    Set(&'a str, &'a str),
    Unset(&'a str),
    /// What the program prints from now on.
    Record(&'a str),
    /// In the shell's own words.
    Run(&'a str),
}
/// What the program prints: a front `<TEXT `, a back `>`.
pub(crate) fn record(state: &str, until: &str, at_end: &str, text: &str, notice: &str) -> String {
    format!("1\n{state}\n1000\n{until}\n{at_end}\n<{text} \n>\n{text}\n\n\n\n\n{notice}\nend\n")
}

impl Hooked {
    pub(crate) fn sandbox(&self) -> Option<(RealShell, Sandbox)> {
        let real = only(self.program)?;
        let mut sandbox = Sandbox::new();
        sandbox.program(
            "awsenv",
            "#!/bin/sh\ntest \"$1\" = prompt || exit 3\ncd \"$(dirname \"$0\")/..\"\necho >>looks; cat record\n",
        );
        let refusal = change(
            &["AWSENV_CONTEXT", "AWS_SESSION_TOKEN", "AWSENV_EXPIRED"],
            &[("AWS_ACCESS_KEY_ID", "AWSENVREFUSED0000000"), ("AWS_PROFILE", "awsenv-refused")],
            0,
        );
        sandbox.write("init", init(real.shell, &refusal, "awsenv").unwrap());
        sandbox.write("looks", "");
        sandbox.set("AWSENV_CONTEXT", "1,x").set("AWS_ACCESS_KEY_ID", "KEY").set("AWS_SECRET_ACCESS_KEY", "CANARY");
        Some((real, sandbox))
    }

    pub(crate) fn script(&self, real: RealShell, sandbox: &Sandbox, steps: &[Step<'_>]) -> String {
        let is_fish = real.shell == Shell::Fish;
        let mut script = format!("{}; {} ../init; ", self.rc, if is_fish { "source" } else { "." });
        for (at, step) in steps.iter().enumerate() {
            use Step::{Count, Draw, Export, Record, Run, Set, Unset};
            script += &match step {
                Draw => self.draw.to_owned(),
                Count => "printf '<%s>' $(cat ../looks | wc -l)".to_owned(),
                Export(name, value) if is_fish => format!("set -gx {name} '{value}'"),
                Export(name, value) => format!("export {name}='{value}'"),
                Set(name, value) if is_fish => format!("set -g {name} '{value}'"),
                Set(name, value) => format!("{name}='{value}'"),
                Unset(name) if is_fish => format!("set -e {name}"),
                Unset(name) => format!("unset {name}"),
                Record(text) => {
                    sandbox.write(&format!("record-{at}"), text);
                    format!("cp ../record-{at} ../record")
                }
                Run(text) => (*text).to_owned(),
            };
            // On one line: mksh draws a prompt of its own before each.
            script += "; ";
        }
        script
    }

    pub(crate) fn run(&self, first: &str, steps: &[Step<'_>]) -> Option<Ended> {
        let (real, sandbox) = self.sandbox()?;
        sandbox.write("record", first);
        let ended = sandbox.run_with(real, self.arguments, &self.script(real, &sandbox, steps));
        assert!(!sandbox.pwned(), "{}", self.program);
        assert!(!ended.stderr.contains("CANARY"), "{}: {}", self.program, ended.stderr);
        Some(ended)
    }

    /// Standard output is this; standard error holds the lines, in this order, and no other of ours.
    #[track_caller]
    pub(crate) fn check(&self, first: &str, steps: &[Step<'_>], shown: &str, said: &[&str]) {
        let Some(ended) = self.run(first, steps) else { return };
        assert_eq!(ended.stdout, shown, "{}: {}", self.program, ended.stderr);
        let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("awsenv:")).collect();
        assert_eq!(lines, said, "{}: {}", self.program, ended.stderr);
    }
}
