//! What the log of a CI shows and obeys.

use super::github;
use crate::support::{Run, TestEnv, runner};

fn on(name: &str) -> TestEnv {
    let mut env = TestEnv::demo();
    env.set(name, "true");
    env
}

#[test]
fn the_banner_is_a_group_with_the_account_in_sight() {
    let title = "staging acme-staging 4444-5555-6666 ada eu-west-1";
    for (name, begins, ends) in [
        ("GITHUB_ACTIONS", format!("::group::{title}\n"), "::endgroup::\n"),
        ("TF_BUILD", format!("##[group]{title}\n"), "##[endgroup]\n"),
        ("BUILDKITE", format!("--- {title}\n"), ""),
    ] {
        let env = on(name);
        let switched = env.run(&["use", "staging", "--shell", "sh"]).exits(0);
        let executed = env.run(&["exec", "staging", "--", "true"]).exits(0);
        for run in [&switched, &executed] {
            assert!(run.stderr.starts_with(&begins) && run.stderr.ends_with(ends), "{name}: {}", run.stderr);
            assert!(run.stderr.contains("\u{1b}[1;4"), "16 colours: {}", run.stderr);
        }
        assert_eq!(env.run(&["--quiet", "exec", "staging", "--", "true"]).stderr, "");
    }
    let run = on("GITLAB_CI").run(&["exec", "staging", "--", "true"]).exits(0);
    let (start, rest) = run.stderr.split_once(":awsenv\r\u{1b}[0K").expect("a section begins");
    assert!(start.strip_prefix("\u{1b}[0Ksection_start:").is_some_and(|time| time.parse::<u64>().is_ok()), "{start}");
    assert!(rest.starts_with(title) && rest.ends_with(":awsenv\r\u{1b}[0K\n"), "{rest}");
}

#[test]
fn a_refusal_is_an_annotation_too() {
    for (name, line) in
        [("GITHUB_ACTIONS", "::error title=awsenv::wrong account: "), ("TF_BUILD", "##[error]wrong account: ")]
    {
        let run = on(name).run(&["exec", "mislabelled", "--", "echo", "ran"]).exits(4);
        let found = run.stderr.lines().find(|found| found.starts_with(line)).expect("there is an annotation");
        assert!(found.contains("1111-2222-3333") && found.contains("4444-5555-6666"), "{found}");
        assert_eq!(run.stdout, "");
        let run = on(name).run(&["exec", "staging", "--nope"]).exits(2);
        assert!(run.stderr.contains("unexpected argument"), "{}", run.stderr);
        assert!(run.stderr.contains(line.split("wrong").next().unwrap_or_default()), "{}", run.stderr);
    }
}

/// Commands that a hostile name tries to give, to be found by what they set.
const COMMANDS: [&str; 6] = [
    "::add-mask::PWN",
    "::set-output name=PWN::1",
    "##vso[task.setvariable variable=PWN]1",
    "##[error]PWN",
    "\n::error::PWN",
    "\r##[add-mask]PWN",
];

/// Nothing that a runner obeys names what the hostile text wants.
#[track_caller]
fn obeys_nothing(what: &str, run: &Run) {
    for log in [&run.stdout, &run.stderr] {
        let github = runner::github_commands(log).into_iter();
        let obeyed: Vec<&str> = github.chain(runner::azure_commands(log)).filter(|line| !is_ours(line)).collect();
        assert!(obeyed.is_empty(), "{what}: {obeyed:?} in\n{log}");
    }
}

/// Our own commands, whose data is the hostile text, escaped.
fn is_ours(line: &str) -> bool {
    let ours = ["::group::", "::endgroup::", "::error title=awsenv::", "##[group]", "##[endgroup]", "##[error]"];
    ours.iter().any(|start| line.strip_prefix(start).is_some_and(|data| !data.contains("##")))
}

#[test]
fn p5_no_name_gives_a_runner_a_command() {
    // At every distance from the edge, so that wherever a line is broken, it is there.
    for distance in (0..80).step_by(3).chain([77, 78, 79]) {
        for command in COMMANDS {
            let name = format!("{}{command}", "x ".repeat(distance / 2) + &"x".repeat(distance % 2));
            for ci in ["GITHUB_ACTIONS", "TF_BUILD"] {
                let mut env = TestEnv::empty();
                env.set(ci, "true");
                env.set("NO_COLOR", "1");
                obeys_nothing("use", &env.run(&["use", "--shell", "sh", "--", &name]));
                obeys_nothing("an option", &env.run(&["exec", &format!("--{name}")]));
            }
        }
    }
}

#[test]
fn p5_no_profile_alias_or_settings_give_a_runner_a_command() {
    let keys =
        "aws_access_key_id = AKIADEMOSTAGING77777\naws_secret_access_key = demo/staging/not+a+secret/DEMO+DEMO+DE/0";
    for command in &COMMANDS[..4] {
        let mut env = github();
        env.set("NO_COLOR", "1");
        env.set("TF_BUILD", "True");
        // A header cannot hold a bracket.
        let name = command.replace(['[', ']'], "(");
        let name = if name.contains("vso") { "::notice::PWN##vso".to_owned() } else { name };
        env.profile(&format!("\"{name}\""), keys);
        env.aws().change(|scenario| {
            for account in &mut scenario.accounts {
                (account.alias, account.name) = (Some((*command).to_owned()), (*command).to_owned());
            }
        });
        let account = format!("[accounts.444455556666]\nname = \"{command}\"\nclass = \"{command}\"\n");
        env.write(".config/awsenv.toml", &account);
        obeys_nothing("settings that are wrong", &env.run(&["use", "staging", "--shell", "sh"]).exits(2));
        env.write(".config/awsenv.toml", account.replace(&format!("class = \"{command}\""), "class = \"staging\""));
        let verbs: [&[&str]; 8] = [
            &["use", "--shell", "sh", "--", &name],
            &["whoami", "--", &name],
            &["whoami", "--json", "--", &name],
            &["exec", &name, "--", "true"],
            &["export", "--", &name],
            &["export", "--format", "json", "--", &name],
            &["list"],
            &["list", "--json"],
        ];
        for verb in verbs {
            let mut run = env.run(verb).exits(0);
            run.stderr = run
                .stderr
                .lines()
                .filter(|line| !line.starts_with("::add-mask::"))
                .fold(String::new(), |text, line| text + line + "\n");
            obeys_nothing(&format!("{verb:?}"), &run);
        }
        let later = super::github_env(&env);
        assert_eq!(later["AWSENV_ACCOUNT_ID"], "444455556666");
        assert!(!later.contains_key("PWN"));
    }
}
