//! The function of `awsenv init`, with the real program on the fake AWS, in every shell.

use std::{collections::BTreeMap, fs, process::Stdio, time::Duration};

use awsenv::{demo::Failure, shell::Shell};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{
    Pty, Terminal, TestEnv,
    shells::{RealShell, installed},
};

type Variables = BTreeMap<String, String>;

/// What a user has in a shell before awsenv, none of it secret.
const MINE: [(&str, &str); 6] = [
    ("AWS_PROFILE", "mine"),
    ("AWS_REGION", "sa-east-1"),
    ("AWS_DEFAULT_REGION", "sa-east-1"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/token"),
    ("AWS_EC2_METADATA_DISABLED", "false"),
];

fn env() -> TestEnv {
    let mut env = TestEnv::demo();
    for (name, value) in MINE {
        env.set(name, value);
    }
    env
}

/// The line of the rc file.
pub(crate) fn load(real: RealShell) -> String {
    match real.shell {
        Shell::Fish => "awsenv init fish | source; ".to_owned(),
        shell => format!("eval \"$(awsenv init {})\"; ", shell.name()),
    }
}

/// A script that keeps the status of what stands before it in S and shows the environment.
fn shown(real: RealShell) -> &'static str {
    if real.shell == Shell::Fish { "; set -gx S $status; env -0" } else { "; S=$?; export S; env -0" }
}

fn variables(stdout: &[u8]) -> Variables {
    let text = String::from_utf8_lossy(stdout).into_owned();
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    let own = ["_", "SHLVL", "PWD", "OLDPWD"];
    pairs.filter(|(name, _)| !own.contains(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What the shell holds after these verbs, called as a user types them; `S` is the status of the last.
#[track_caller]
fn after(env: &TestEnv, real: RealShell, verbs: &[&str]) -> Variables {
    let typed: Vec<String> = verbs.iter().map(|verb| format!("awsenv {verb}")).collect();
    let script = load(real) + &typed.join("; ") + shown(real);
    let output = env.command(real.argv[0]).args(&real.argv[1..]).arg("-c").arg(script).output().expect("it starts");
    let held = variables(&output.stdout);
    assert!(held.contains_key("S"), "{:?} {verbs:?}: {}", real.argv, String::from_utf8_lossy(&output.stderr));
    held
}

#[track_caller]
fn holds(held: &Variables, expected: &[(&str, Option<&str>)], because: &str) {
    for (name, value) in expected {
        assert_eq!(held.get(*name).map(String::as_str), *value, "{because}: {name}");
    }
}

const REFUSED: [(&str, Option<&str>); 7] = [
    ("AWS_ACCESS_KEY_ID", Some("AWSENVREFUSED0000000")),
    ("AWS_SECRET_ACCESS_KEY", Some("awsenv-refused")),
    ("AWS_PROFILE", Some("awsenv-refused")),
    ("AWS_EC2_METADATA_DISABLED", Some("true")),
    ("AWS_SESSION_TOKEN", None),
    ("AWSENV_ACCOUNT_ID", None),
    ("AWSENV_CONTEXT", None),
];

#[test]
fn p1_use_switches_this_very_shell() {
    let env = env();
    for real in installed() {
        let held = after(&env, real, &["use staging"]);
        let expected = [
            ("S", Some("0")),
            ("AWSENV_ACCOUNT_ID", Some("444455556666")),
            ("AWS_ACCESS_KEY_ID", Some("AKIADEMOSTAGING77777")),
            ("AWS_REGION", Some("eu-west-1")),
            ("AWS_PROFILE", None),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", None),
        ];
        holds(&held, &expected, &format!("{:?}", real.argv));
    }
}

#[test]
fn p1_options_before_and_behind_the_verb_reach_it() {
    let env = env();
    for real in installed() {
        let held = after(&env, real, &["--quiet --color never use --region us-west-2 admin"]);
        let expected =
            [("S", Some("0")), ("AWSENV_ACCOUNT_ID", Some("111122223333")), ("AWS_REGION", Some("us-west-2"))];
        holds(&held, &expected, &format!("{:?}", real.argv));
    }
}

#[test]
fn p2_a_use_that_fails_poisons_and_has_its_code() {
    let env = env();
    for real in installed() {
        for (profile, code) in
            [("no-such-profile", "2"), ("mislabelled", "4"), ("broken", "2"), ("staging --nope", "2")]
        {
            let held = after(&env, real, &["use production", &format!("use {profile}")]);
            let because = format!("{:?} {profile}", real.argv);
            holds(&held, &[("S", Some(code))], &because);
            holds(&held, &REFUSED, &because);
        }
    }
}

#[test]
fn the_one_before_and_the_same_again() {
    let env = env();
    for real in installed() {
        let because = format!("{:?}", real.argv);
        let held = after(&env, real, &["use staging", "use production", "use -"]);
        holds(&held, &[("S", Some("0")), ("AWSENV_ACCOUNT_ID", Some("444455556666"))], &because);
        let held = after(&env, real, &["use staging", "use production", "use -", "use -"]);
        holds(&held, &[("S", Some("0")), ("AWSENV_ACCOUNT_ID", Some("111122223333"))], &because);
        let first = after(&env, real, &["use admin"]);
        let again = after(&env, real, &["use admin", "renew"]);
        holds(&again, &[("S", Some("0")), ("AWSENV_PROFILE", Some("admin"))], &because);
        assert!(again["AWS_ACCESS_KEY_ID"].starts_with("ASIA"), "{because}");
        assert_ne!(first["AWS_ACCESS_KEY_ID"], again["AWS_ACCESS_KEY_ID"], "{because}: fresh ones");
        let nothing = after(&env, real, &["renew"]);
        holds(&nothing, &[("S", Some("2"))], &because);
        holds(&nothing, &REFUSED, &because);
    }
}

#[test]
fn p2_off_restores_what_was_held_before() {
    let env = env();
    for real in installed() {
        let before = after(&env, real, &["--version >/dev/null"]);
        assert_eq!(before["AWS_PROFILE"], "mine");
        for verbs in [
            &["use staging", "off"][..],
            &["use staging", "use production", "use -", "renew", "off"],
            &["use no-such-profile", "off"],
            &["use staging", "use no-such-profile", "off"],
            &["use no-such-profile", "use staging", "off"],
        ] {
            assert_eq!(after(&env, real, verbs), before, "{:?} {verbs:?}", real.argv);
        }
    }
}

/// The process ID of the program that a shell with this ID waits for.
fn child_of(shell: u32) -> Option<Pid> {
    let processes = fs::read_dir("/proc").expect("Linux has it");
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut descendants = vec![shell];
    let parents: Vec<(u32, u32, String)> = ids
        .filter_map(|id| {
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            let (front, back) = stat.rsplit_once(')')?;
            let parent = back.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent, front.split_once('(')?.1.to_owned()))
        })
        .collect();
    let mut at = 0;
    while let Some(parent) = descendants.get(at).copied() {
        descendants.extend(parents.iter().filter(|(_, of, _)| *of == parent).map(|(id, ..)| *id));
        at += 1;
    }
    let named = |id: &u32| parents.iter().any(|(other, _, name)| other == id && name == "awsenv");
    descendants.into_iter().skip(1).find(named).and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
}

#[test]
fn p2_a_use_that_is_killed_poisons() {
    for real in installed() {
        let env = env();
        env.aws().fail(Failure::late("GetCallerIdentity", 60_000).for_key("AKIADEMOPRODUCTION77"));
        let script = load(real) + "awsenv use production" + shown(real);
        let mut command = env.command(real.argv[0]);
        command.args(&real.argv[1..]).arg("-c").arg(script).stdout(Stdio::piped()).stderr(Stdio::piped());
        let shell = command.spawn().expect("the shell starts");
        assert!(env.aws().wait_for("GetCallerIdentity", Duration::from_secs(60)), "STS is asked");
        kill_process(child_of(shell.id()).expect("awsenv runs"), Signal::KILL).expect("it can be killed");
        let output = shell.wait_with_output().expect("the shell ends");
        let (held, said) = (variables(&output.stdout), String::from_utf8_lossy(&output.stderr).into_owned());
        // The Korn shell counts signals from 256.
        let status = if real.shell == Shell::Ksh { "265" } else { "137" };
        holds(&held, &[("S", Some(status))], &format!("{:?}: {said}", real.argv));
        holds(&held, &REFUSED, &format!("{:?}", real.argv));
        assert!(said.contains("NOT SWITCHED"), "{:?}: {said}", real.argv);
    }
}

/// An interactive shell on a terminal, with `init` loaded and the user's own prompt `mine> `.
pub(crate) fn interactive(env: &TestEnv, program: &str) -> Option<Pty> {
    let real = installed().into_iter().find(|real| real.argv[0] == program)?;
    let (rc, text, arguments) = match real.shell {
        Shell::Bash => (".bashrc", "PS1='mine> '\neval \"$(awsenv init bash)\"\n", &["-i"][..]),
        Shell::Zsh => (
            ".zshrc",
            "autoload -Uz compinit && compinit -D -u\nPROMPT='mine> '\neval \"$(awsenv init zsh)\"\n",
            &["-i"][..],
        ),
        _ => (
            ".config/fish/config.fish",
            "set -g fish_greeting\nfunction fish_prompt; echo -n 'mine> '; end\nawsenv init fish | source\n",
            &["-i"][..],
        ),
    };
    env.write(rc, text);
    Some(Pty::spawn(env, program, arguments, Terminal::All))
}

#[test]
fn p3_the_prompt_shows_the_account_after_a_switch() {
    for program in ["bash", "zsh", "fish"] {
        let env = TestEnv::demo();
        let Some(mut pty) = interactive(&env, program) else { continue };
        pty.wait_for("mine> ");
        pty.send("awsenv use staging\n");
        pty.wait_for("acme-staging 4444-5555-6666 ada eu-west-1");
        pty.send("awsenv use no-such-profile\n");
        pty.wait_for("there is no profile");
        pty.send("awsenv off; exit\n");
        let run = pty.finish();
        let after_refusal = run.stderr.rsplit("there is no profile").next().unwrap_or_default();
        assert!(!after_refusal.contains("acme-staging 4444"), "{program}: {}", run.stderr);
    }
}
