//! The prompt hooks, with a program that prints what the test wants: what is shown, when it is asked, and that none of it
//! is ever run as code.

use crate::support::hooked::{
    BASH, FISH, HOOKED, Hooked, KSH, MKSH,
    Step::{self, Count, Draw, Export, Record, Run, Set, Unset},
    ZSH, record,
};

/// What a hostile account name could make of a segment; `%` is doubled for zsh, as the program does.
const SEGMENT: &str = r#"$(touch PWN) `touch PWN` ${HOME} \w \$ "'%n"#;

/// Until then it holds: the year 2100.
const FAR: &str = "4102444800";

fn verified() -> String {
    record("verified", "0", "clear", "acme", "")
}

#[test]
fn while_nothing_changes_nothing_is_asked() {
    for shell in &HOOKED {
        let steps = [Count, Draw, Draw, Count, Run("HOME=/"), Draw, Count];
        let shown = "<1>[<acme > mine> ][<acme > mine> ]<1>[<acme > mine> ]<1>";
        let steps_of_fish = [Count, Draw, Draw, Count, Run("set HOME /"), Draw, Count];
        let steps = if shell.program == "fish" { steps_of_fish } else { steps };
        shell.check(&verified(), &steps, shown, &[]);
    }
}

#[test]
fn without_anything_of_aws_nobody_is_asked() {
    for shell in &HOOKED {
        let unset = ["AWSENV_CONTEXT", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(Unset);
        let [one, two, three] = unset;
        let steps = [one, two, three, Draw, Export("AWS_REGION", "eu-west-1"), Draw, Count];
        shell.check(&verified(), &steps, "[mine> ][mine> ]<1>", &[]);
    }
}

#[test]
fn p3_whatever_decides_the_state_is_noticed_at_the_next_prompt() {
    let mismatch = |name: &str| record("mismatch", "0", "clear", &format!("MISMATCH {name}"), "MISMATCH since 14:02");
    let names = [
        "AWSENV_CONTEXT",
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_VAULT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_ACCOUNT_ID",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_STS",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_SESSION_TOKEN",
    ];
    for (shell, name) in HOOKED.iter().flat_map(|shell| names.map(|name| (shell, name))) {
        let mismatch = mismatch(name);
        let steps = [Draw, Record(&mismatch), Export(name, "other"), Draw, Draw];
        let shown = format!("[<acme > mine> ][<MISMATCH {name} > mine> ][<MISMATCH {name} > mine> ]");
        shell.check(&verified(), &steps, &shown, &["awsenv: MISMATCH since 14:02"]);
    }
    for (shell, name) in
        HOOKED.iter().flat_map(|shell| ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (shell, name)))
    {
        let mismatch = mismatch(name);
        let steps = [Draw, Record(&mismatch), Unset(name), Draw];
        let shown = format!("[<acme > mine> ][<MISMATCH {name} > mine> ]");
        shell.check(&verified(), &steps, &shown, &["awsenv: MISMATCH since 14:02"]);
    }
}

#[test]
fn p3_a_variable_that_is_exported_only_later_is_noticed_then() {
    for shell in &HOOKED {
        let mismatch = record("mismatch", "0", "clear", "MISMATCH", "MISMATCH since 14:02");
        let export = if shell.program == "fish" { "set -gx AWS_VAULT $AWS_VAULT" } else { "export AWS_VAULT" };
        let steps = [Set("AWS_VAULT", "x"), Draw, Record(&mismatch), Run(export), Draw];
        shell.check(&verified(), &steps, "[<acme > mine> ][<MISMATCH > mine> ]", &["awsenv: MISMATCH since 14:02"]);
    }
}

#[test]
fn p3_what_is_noticed_is_said_once() {
    let mismatch = |notice: &str| record("mismatch", "0", "clear", "MISMATCH x", notice);
    let (first, later) = (mismatch("MISMATCH since 14:02: x"), mismatch("MISMATCH since 14:03: x"));
    for shell in &HOOKED {
        let steps = [
            Record(&first),
            Export("AWS_VAULT", "1"),
            Draw,
            Draw,
            // The same thing goes on.
            Record(&later),
            Export("AWS_REGION", "x"),
            Draw,
        ];
        let shown = "[<MISMATCH x > mine> ]".repeat(3);
        shell.check(&verified(), &steps, &shown, &["awsenv: MISMATCH since 14:02: x"]);
        // It went, and came again.
        let verified = verified();
        let steps = [Record(&verified), Unset("AWS_VAULT"), Draw, Record(&later), Export("AWS_VAULT", "2"), Draw];
        let steps = [Record(&first), Export("AWS_VAULT", "1"), Draw].into_iter().chain(steps).collect::<Vec<_>>();
        let said = ["awsenv: MISMATCH since 14:02: x", "awsenv: MISMATCH since 14:03: x"];
        shell.check(&verified, &steps, "[<MISMATCH x > mine> ][<acme > mine> ][<MISMATCH x > mine> ]", &said);
    }
}

#[test]
fn nothing_is_said_while_the_shell_starts() {
    let mismatch = record("mismatch", "0", "clear", "MISMATCH x", "MISMATCH since 14:02: x");
    for shell in &HOOKED {
        shell.check(&mismatch, &[Draw, Count], "[<MISMATCH x > mine> ]<1>", &[]);
    }
}

#[test]
fn p3_ended_credentials_are_cleared() {
    let to_clear = record("expired", "1000", "clear", "EXPIRED acme", "");
    let cleared = record("expired", "0", "clear", "EXPIRED acme", "EXPIRED at 14:02");
    for shell in &HOOKED {
        let (real, sandbox) = match shell.sandbox() {
            Some(it) => it,
            None => continue,
        };
        sandbox.write("record", record("verified", "1000", "clear", "acme", ""));
        // The program says what is in the environment that it gets.
        let program = "#!/bin/sh\ntest \"$1\" = prompt || exit 3\ncd \"$(dirname \"$0\")/..\"\necho >>looks\n\
            if test \"${AWSENV_EXPIRED-}\" = 1,x && test \"$AWS_ACCESS_KEY_ID\" = AWSENVREFUSED0000000 &&\n\
              test -z \"${AWSENV_CONTEXT-}\"; then cat cleared; elif test -s looks2; then cat to-clear; else echo >looks2; cat record; fi\n";
        sandbox.program("awsenv", program);
        sandbox.write("cleared", &cleared);
        sandbox.write("to-clear", &to_clear);
        let script = shell.script(real, &sandbox, &[Draw, Draw, Count]);
        let ended = sandbox.run_with(real, shell.arguments, &script);
        assert_eq!(
            ended.stdout, "[<EXPIRED acme > mine> ][<EXPIRED acme > mine> ]<3>",
            "{}: {}",
            shell.program, ended.stderr
        );
        let said: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("awsenv:")).collect();
        assert_eq!(said, ["awsenv: EXPIRED at 14:02"], "{}", shell.program);
    }
}

#[test]
fn p3_kept_credentials_stay_and_are_said_to_have_ended() {
    let ending = record("verified", "1000", "keep", "acme", "");
    let ended = record("expired", "0", "keep", "EXPIRED acme", "EXPIRED at 14:02");
    for shell in &HOOKED {
        let key = "printf '%s' \"$AWS_ACCESS_KEY_ID\"";
        let steps = [Record(&ended), Draw, Draw, Run(key), Count];
        let shown = "[<EXPIRED acme > mine> ][<EXPIRED acme > mine> ]KEY<2>";
        shell.check(&ending, &steps, shown, &["awsenv: EXPIRED at 14:02"]);
    }
}

#[test]
fn p3_a_record_that_is_cut_off_shows_no_account() {
    // With a line that begins like the last one.
    let whole = record("verified", FAR, "clear", "end user", "");
    for shell in &HOOKED {
        // At every byte: one shell draws a prompt for each length.
        let (real, sandbox) = match shell.sandbox() {
            Some(it) => it,
            None => continue,
        };
        // The last byte is the end of the last line, which no shell's `$(…)` keeps.
        let cuts: Vec<String> = (0..whole.len() - 1).map(|length| whole[..length].to_owned()).collect();
        let steps: Vec<Step<'_>> = cuts
            .iter()
            .enumerate()
            .flat_map(|(at, cut)| [Record(cut), Export("AWS_REGION", if at % 2 == 0 { "a" } else { "b" }), Draw])
            .collect();
        sandbox.write("record", &whole);
        let ended = sandbox.run_with(real, shell.arguments, &shell.script(real, &sandbox, &steps));
        assert_eq!(ended.stdout, "[ UNVERIFIED  mine> ]".repeat(cuts.len()), "{}: {}", shell.program, ended.stderr);
    }
}

#[test]
fn p3_a_damaged_record_shows_no_account() {
    let whole = record("verified", "0", "clear", "acme", "");
    let damaged = [
        whole.replacen("1\n", "2\n", 1),
        whole.replace("1000", "soon"),
        whole.replace("\n0\n", "\nx[$(touch PWN)]\n"),
        whole.replace("\n0\n", "\n\n"),
        whole.replace("end", "end."),
        whole.replace("acme\n", "acme\nacme\n"),
    ];
    for (shell, damaged) in HOOKED.iter().flat_map(|shell| damaged.iter().map(move |damaged| (shell, damaged))) {
        shell.check(damaged, &[Draw], "[ UNVERIFIED  mine> ]", &[]);
    }
}

#[test]
fn p5_the_segment_is_shown_and_never_run() {
    let options: [(&Hooked, &[&str]); 5] = [
        (&BASH, &[":", "PROMPT_COMMAND=('before=$?')", "set -u", "set -o posix", "set -a"]),
        (
            &ZSH,
            &[
                "",
                "setopt prompt_subst",
                "setopt ksh_arrays sh_word_split prompt_subst",
                "setopt no_unset warn_create_global",
            ],
        ),
        (&FISH, &[":"]),
        (&KSH, &[":", "set -u"]),
        (&MKSH, &[":", "set -u"]),
    ];
    for (shell, options) in options {
        for option in options {
            let segment = if shell.program == "zsh" { SEGMENT.replace('%', "%%") } else { SEGMENT.to_owned() };
            let first = record("verified", "0", "clear", &segment, "").replace(&format!("<{segment} "), &segment);
            let first = first.replace("\n>\n", "\n\n");
            let twice = if shell.program == "fish" { "source ../init" } else { ". ../init" };
            let trace = if shell.program == "fish" { "set fish_trace 1" } else { "set -x" };
            let steps = [Run(option), Run(twice), Run(trace), Draw, Draw];
            let Some(ended) = shell.run(&first, &steps) else { continue };
            let shown = format!("[{SEGMENT} mine> ]").repeat(2);
            assert_eq!(ended.stdout, shown, "{} {option}: {}", shell.program, ended.stderr);
        }
    }
}

#[test]
fn the_status_of_the_command_before_is_kept() {
    let status = "printf '%s' $?";
    for shell in [&BASH, &ZSH, &KSH, &MKSH] {
        let draw = match shell.program {
            "bash" | "zsh" => "__awsenv_precmd",
            "ksh" => "x=${ __awsenv_precmd; }",
            _ => "x=${|__awsenv_precmd;}",
        };
        let steps = [
            Run("(exit 4)"),
            Run(draw),
            Run(status),
            Export("AWS_VAULT", "x"),
            Run("(exit 5)"),
            Run(draw),
            Run(status),
        ];
        shell.check(&verified(), &steps, "45", &[]);
    }
    let steps = [Run("function fish_prompt; echo -n \"$status> \"; end; source ../init; sh -c 'exit 4'; fish_prompt")];
    FISH.check(&verified(), &steps, "<acme > 4> ", &[]);
}

#[test]
fn the_hook_does_no_harm_under_strict_options() {
    for (shell, options) in [
        (&BASH, "set -euo pipefail; set -C"),
        (&ZSH, "setopt err_exit no_unset"),
        (&KSH, "set -eu"),
        (&MKSH, "set -eu"),
    ] {
        let mismatch = record("mismatch", "0", "clear", "MISMATCH x", "");
        let steps =
            [Run(options), Run("! true"), Draw, Record(&mismatch), Export("AWS_VAULT", "x"), Run("! true"), Draw];
        shell.check(&verified(), &steps, "[<acme > mine> ][<MISMATCH x > mine> ]", &[]);
    }
}

#[test]
fn a_prompt_that_shows_it_itself_shows_it_once() {
    let cases = [
        (&BASH, "PS1='{$AWSENV_PROMPT_TEXT|$AWSENV_PROMPT_STATE|${AWSENV_PROMPT}} '", "[{acme|verified|<acme >} ]"),
        (&ZSH, "setopt prompt_subst; PROMPT='{$AWSENV_PROMPT_TEXT|${AWSENV_PROMPT}} '", "[{acme|<acme >} ]"),
        (
            &FISH,
            "function fish_prompt; echo -n \"{$AWSENV_PROMPT_TEXT|$AWSENV_PROMPT} \"; end; source ../init",
            "[{acme|<acme >} ]",
        ),
    ];
    for (shell, rc, shown) in cases {
        shell.check(&verified(), &[Run(rc), Draw, Draw], &shown.repeat(2), &[]);
    }
}

#[test]
fn a_prompt_that_is_switched_off_is_empty_and_the_hook_goes_on() {
    for shell in &HOOKED {
        let mismatch = record("mismatch", "0", "clear", "MISMATCH x", "MISMATCH since 14:02: x");
        let text = "printf '%s' \"$AWSENV_PROMPT_TEXT\"";
        let steps = [Set("AWSENV_OPT_PROMPT", "0"), Draw, Record(&mismatch), Export("AWS_VAULT", "x"), Draw, Run(text)];
        shell.check(&verified(), &steps, "[mine> ][mine> ]MISMATCH x", &["awsenv: MISMATCH since 14:02: x"]);
    }
}

#[test]
fn an_old_bash_has_its_own_clock_and_asks_where_it_cannot_tell() {
    // Without `EPOCHSECONDS`, `printf %()T` and `${x@a}`: what the hook does there, done here.
    let old = |steps: &[Step<'_>], first: &str, shown: &str| {
        let bash = Hooked { rc: "BASH_VERSION=3.2.57; PS1='mine> '", ..BASH };
        bash.check(first, steps, shown, &[]);
    };
    old(&[Draw, Draw, Count], &verified(), "[<acme > mine> ][<acme > mine> ]<1>");
    // A variable that was set by hand is asked about at each prompt.
    old(&[Set("AWS_VAULT", "x"), Draw, Draw, Count], &verified(), "[<acme > mine> ][<acme > mine> ]<3>");
    // The time goes on from the record's. A second more or less, on a busy machine, changes nothing that is shown.
    let ending = record("verified", "1630", "keep", "acme", "");
    old(&[Draw, Run("SECONDS=300"), Draw, Count], &ending, "[<acme 10m > mine> ][<acme 5m > mine> ]<1>");
    old(
        &[Run("SECONDS=300"), Draw, Run("SECONDS=0"), Draw, Count],
        &ending,
        "[<acme 5m > mine> ][<acme 10m > mine> ]<2>",
    );
    old(&[Run("SECONDS=700"), Draw, Count], &ending, "[<acme 10m > mine> ]<2>");
}

#[test]
fn the_time_left_is_short() {
    // By the shell's own clock, which the test reads as well: the parts that no second changes.
    for shell in &HOOKED {
        let now = jiff::Timestamp::now().as_second();
        for (left, shown) in [(1_000_000, "11d "), (5 * 3600 + 30, "5h00 "), (2 * 3600 + 330, "2h05 "), (630, "10m ")] {
            let first = record("verified", &(now + left).to_string(), "clear", "acme", "");
            let first = first.replace("\n1000\n", &format!("\n{now}\n"));
            shell.check(&first, &[Draw], &format!("[<acme {shown}> mine> ]"), &[]);
        }
    }
}
