//! Completions: what each shell offers, and that nothing of it is run.

use std::collections::BTreeSet;

use crate::{
    init::{interactive, load},
    support::{Case, TestEnv, corpus, shells::installed},
};

/// Asks the engine as the shell's script does.
fn engine(env: &TestEnv, shell: &str, words: &[&str]) -> Vec<String> {
    let mut command = env.awsenv(&[&["--", "awsenv"], words].concat());
    let index = words.len().to_string();
    let line = format!("awsenv {}", words.join(" "));
    command.env("COMMAND_LINE", line);
    command.envs([("_AWSENV_COMPLETE", shell), ("_AWSENV_COMPLETE_INDEX", &index), ("_CLAP_COMPLETE_INDEX", &index)]);
    let output = command.output().expect("awsenv starts");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The same in fish's form, without the descriptions.
fn values(env: &TestEnv, words: &[&str]) -> Vec<String> {
    let lines = engine(env, "fish", words);
    lines.iter().filter_map(|line| line.split('\t').next()).map(str::to_owned).collect()
}

#[test]
fn verbs_options_and_values_are_offered() {
    let env = TestEnv::demo();
    let all = values(&env, &[""]);
    for word in ["use", "exec", "whoami", "completions", "--color"] {
        assert!(all.iter().any(|offered| offered == word), "{word} is not in {all:?}");
    }
    assert_eq!(values(&env, &["use", "--conf"]), ["--confirm-account", "--config"]);
    assert_eq!(values(&env, &["use", "--region", "us-gov-"]), ["us-gov-east-1", "us-gov-west-1"]);
    assert_eq!(values(&env, &["use", "--region=eusc"]), ["--region=eusc-de-east-1"]);
    assert_eq!(values(&env, &["use", "--shell", "z"]), ["zsh"]);
    assert_eq!(values(&env, &["completions", "fi"]), ["fish"]);
    assert_eq!(values(&env, &["use", "--mode", ""]).first().map(String::as_str), Some("keys"));
    for verb in [&["use"][..], &["whoami"], &["exec"], &["shell"]] {
        assert_eq!(values(&env, &[verb, &["stag"]].concat()), ["staging"], "{verb:?}");
    }
    // A command's own arguments are not ours.
    assert_eq!(values(&env, &["exec", "staging", "--", "stag"]), Vec::<String>::new());
}

#[test]
fn sso_sessions_are_offered_for_signing_in_and_out() {
    let env = TestEnv::demo();
    env.profile(
        "x",
        "region = eu-west-1\n\n[sso-session corporate]\nsso_start_url = https://x/start\nsso_region = eu-west-1",
    );
    for verb in ["login", "logout"] {
        assert_eq!(values(&env, &[verb, "corp"]), ["corporate"], "{verb}");
        // Nothing of Identity Center leads to its keys.
        assert_eq!(values(&env, &[verb, "stag"]), Vec::<String>::new(), "{verb}");
    }
}

#[test]
fn a_sign_in_is_offered_for_profiles_that_start_from_one() {
    let env = TestEnv::demo();
    let role = "role_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = of-corp";
    env.profile("of-corp-too", role);
    env.profile("of-staging", &role.replace("of-corp", "staging"));
    env.profile(
        "of-corp",
        "sso_session = corp\nsso_account_id = 444455556666\nsso_role_name = Developer\n\n\
         [sso-session corp]\nsso_start_url = https://x/start\nsso_region = eu-west-1",
    );
    assert_eq!(values(&env, &["login", "of-"]), ["of-corp", "of-corp-too"]);
}

#[test]
fn what_is_hidden_or_not_of_the_files_is_not_offered() {
    let env = TestEnv::demo();
    let topics = values(&env, &["help", ""]);
    assert!(topics.contains(&"use".to_owned()) && topics.contains(&"vault".to_owned()), "{topics:?}");
    for word in ["agent", "shell"] {
        assert!(!topics.contains(&word.to_owned()), "{word} is in {topics:?}");
    }
    let shells = values(&env, &["init", ""]);
    assert!(shells.contains(&"fish".to_owned()) && !shells.contains(&"cmd".to_owned()), "{shells:?}");
    env.run(&["init", "cmd"]).exits(2).says("cmd");
    // Names of the vault are known to nobody who opens no socket.
    for verb in ["rotate", "get", "rm", "totp"] {
        assert_eq!(values(&env, &[verb, "stag"]), Vec::<String>::new(), "{verb}");
    }
}

#[test]
fn sessions_of_identity_center_are_those_of_the_files() {
    let env = TestEnv::demo();
    env.write(".aws/config", "[sso-session corp]\n[profile corporate]\n[sso-session 'corp two']\n");
    assert_eq!(values(&env, &["sync", "sso", "co"]), ["corp", "corp two"]);
    assert_eq!(values(&env, &["sync", ""]).first().map(String::as_str), Some("sso"));
}

#[test]
fn classes_and_accounts_are_those_of_the_settings() {
    let env = TestEnv::demo();
    env.settings("\n[classes.forensics]\ncolor = \"#123456\"\n[accounts.999900001111]\nname = \"acme-dead\"\n");
    assert_eq!(values(&env, &["account", "set", "999900001111", "--class", "fo"]), ["forensics"]);
    assert_eq!(values(&env, &["account", "set", "1", "--class", "prod"]), ["production"]);
    for words in [&["account", "show"][..], &["account", "set"], &["use", "staging", "--confirm-account"]] {
        assert_eq!(engine(&env, "fish", &[words, &["9999"]].concat()), ["999900001111\tacme-dead"], "{words:?}");
    }
    // Those of the file that the line names.
    let other = env.write("other.toml", "[classes.galactic]\ncolor = \"#123456\"\n").display().to_string();
    for config in [vec!["--config", &other], vec![&*format!("--config={other}")], vec!["--config", "~/other.toml"]] {
        let line = [&config[..], &["account", "set", "1", "--class", "ga"]].concat();
        assert_eq!(values(&env, &line), ["galactic"], "{line:?}");
        let line = [&["account", "set"], &config[..], &["1", "--class", "fo"]].concat();
        assert_eq!(values(&env, &line), Vec::<String>::new(), "{line:?}");
    }
    env.write(".config/awsenv.toml", "nonsense");
    assert_eq!(values(&env, &["account", "set", "1", "--class", "prod"]), ["production"], "a file that is wrong");
}

#[test]
fn completion_asks_nobody_and_says_nothing() {
    let env = TestEnv::demo();
    env.write(".aws/config", "[profile \x00\n[[[");
    let run: crate::support::Run =
        env.awsenv(&["--", "awsenv", "use", ""]).env("_AWSENV_COMPLETE", "bash").output().unwrap().into();
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let run: crate::support::Run =
        env.awsenv(&["--", "awsenv", "use", ""]).env("_AWSENV_COMPLETE", "nosuch").output().unwrap().into();
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
    assert!(env.aws().requests().is_empty());
}

#[test]
fn every_shell_with_completions_has_a_script() {
    let env = TestEnv::empty();
    for shell in ["bash", "zsh", "fish", "tcsh", "elvish", "nu", "xonsh", "pwsh", "powershell"] {
        let run = env.run(&["completions", shell]).exits(0);
        assert!(run.stdout.contains("_AWSENV_COMPLETE") && !run.stdout.contains("@AWSENV@"), "{shell}: {}", run.stdout);
    }
    env.run(&["completions", "dash"]).exits(2).says("`dash` has no programmable completion");
    env.run(&["completions", "csh"]).exits(2).says("`csh` is no shell that awsenv knows");
}

/// Every name of the corpus that a profile can have.
fn with_hostile_names() -> TestEnv {
    let env = TestEnv::demo();
    let good = |case: &Case| case.verdict() == "accept";
    for case in corpus("profile_name").into_iter().filter(good) {
        let Ok(name) = String::from_utf8(case.value) else { continue };
        let quote = ['"', '\''].into_iter().find(|quote| !name.contains(*quote) && !name.contains('\\'));
        match quote {
            Some(quote) => env.profile(&format!("{quote}{name}{quote}"), "region = eu-west-1"),
            None => env.credentials(&name, "AKIADEMOSTAGING77777", "x"),
        }
    }
    env
}

/// Puts every word that is offered for a profile on a command line of that very shell: each must be one name.
#[track_caller]
fn words_are_names(shell: &str, argv: &[&str], printf: &str, at_least: usize) {
    let Some(program) = crate::support::tool(argv[0]) else { return };
    let env = with_hostile_names();
    let is_option = |word: &String| word.starts_with("--") && !word.contains(' ');
    let names: BTreeSet<String> = values(&env, &["use", ""]).into_iter().filter(|word| !is_option(word)).collect();
    let words: Vec<String> = engine(&env, shell, &["use", ""]);
    let words: Vec<&str> = words.iter().filter_map(|line| line.split('\t').next()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !is_option(&(*word).to_owned())).collect();
    assert!(words.len() >= at_least, "{shell} is offered {} of {} names", words.len(), names.len());
    let script = format!("{printf} {}", words.join(" "));
    let output = env.command(program).args(&argv[1..]).arg(&script).output().expect("the shell starts");
    let read = String::from_utf8_lossy(&output.stdout).into_owned();
    let read: Vec<&str> = read.split_terminator("<end>").collect();
    assert_eq!(read.len(), words.len(), "{shell}: {script}\n{}", String::from_utf8_lossy(&output.stderr));
    for (word, name) in words.iter().zip(read) {
        assert!(names.contains(name), "{shell} reads {word} as {name:?}");
    }
    assert!(!env.home().join("PWN").exists(), "{shell} ran a name");
}

#[test]
fn p5_every_word_for_bash_is_one_name() {
    words_are_names("bash", &["bash", "--norc", "-c"], "printf '%s<end>'", 50);
}

#[test]
fn p5_every_word_for_xonsh_is_one_name() {
    words_are_names("xonsh", &["xonsh", "--no-rc", "-c"], "printf '%s<end>'", 45);
}

#[test]
fn p5_every_word_for_tcsh_is_one_name() {
    words_are_names("tcsh", &["tcsh", "-f", "-c"], "printf '%s<end>'", 9);
}

#[test]
fn p5_every_word_for_nushell_is_one_name() {
    words_are_names("nu", &["nu", "-n", "-c"], "^printf '%s<end>'", 50);
}

/// Names beginning like this are offered behind `awsenv use`, from the files, without running anything in them.
const STAGING_AND_MORE: [&str; 2] = ["staging", "staging-$(touch PWN)"];

fn with_more_names() -> TestEnv {
    let env = TestEnv::demo();
    env.profile("'staging-$(touch PWN)'", "region = eu-west-1");
    env
}

/// Runs a script in an interactive shell that has loaded `init`; the lines that are marked come back.
fn offered(env: &TestEnv, program: &str, script: &str) -> Option<Vec<String>> {
    let real = installed().into_iter().find(|real| real.argv[0] == program)?;
    let script = load(real) + script;
    let output = env.command(program).args(["-i", "-c", &script]).output().expect("the shell starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let marked = text.lines().filter_map(|line| line.strip_prefix("offered:"));
    let mut lines: Vec<String> = marked.map(str::to_owned).collect();
    lines.sort();
    assert!(!env.home().join("PWN").exists(), "{program} ran a name");
    assert!(!lines.is_empty(), "{program}: {text}{}", String::from_utf8_lossy(&output.stderr));
    Some(lines)
}

const BASH: &str = r#"
    completer=$(complete -p awsenv); completer=${completer##*-F }; completer=${completer%% *}
    COMP_WORDS=(awsenv use sta) COMP_CWORD=2 COMP_LINE='awsenv use sta' COMP_POINT=14 COMP_TYPE=9
    "$completer" awsenv sta use
    for word in "${COMPREPLY[@]}"; do printf 'offered:%s\n' "$word"; done"#;

#[test]
fn p5_bash_offers_the_names_of_profiles() {
    let env = with_more_names();
    let Some(words) = offered(&env, "bash", BASH) else { return };
    let mut words: Vec<&str> = words.iter().map(|word| word.trim_end()).collect();
    words.sort_unstable();
    // Quoted already: bash inserts them as they stand.
    assert_eq!(words, ["'staging-$(touch PWN)'", "staging"]);
}

#[test]
fn p5_fish_offers_the_names_of_profiles() {
    let env = with_more_names();
    let script = "for word in (complete -C 'awsenv use sta'); echo offered:$word; end";
    let Some(words) = offered(&env, "fish", script) else { return };
    let words: Vec<&str> = words.iter().filter_map(|word| word.split('\t').next()).collect();
    assert_eq!(words, STAGING_AND_MORE);
}

/// Zsh offers only in its line editor: this takes the place of the function that fills its menu.
const ZSH: &str = r#"
    completer=${_comps[awsenv]}
    _describe() { for word in "${(@P)${@[-1]}}"; do print -r -- "offered:${word%%:*}"; done }
    compadd() { while [[ $1 == -* && $1 != -- ]]; do shift; done; [[ $1 == -- ]] && shift
        for word in "$@"; do print -r -- "offered:$word"; done }
    words=(awsenv use sta) CURRENT=3
    $completer"#;

#[test]
fn p5_zsh_offers_the_names_of_profiles() {
    let env = with_more_names();
    env.write(".zshrc", "autoload -Uz compinit && compinit -D -u\n");
    let Some(words) = offered(&env, "zsh", ZSH) else { return };
    let words: Vec<String> = words.iter().map(|word| word.replace('\\', "")).collect();
    for name in STAGING_AND_MORE {
        assert!(words.iter().any(|word| word == name), "{name} is not in {words:?}");
    }
}

#[test]
fn p5_a_completed_name_is_never_run() {
    for program in ["bash", "zsh", "fish"] {
        let env = TestEnv::demo();
        let keys = "aws_access_key_id = AKIADEMOSTAGING77777\naws_secret_access_key = demo/staging/not+a+secret/DEMO+DEMO+DE/0";
        env.profile("'zz-$(touch PWN)(touch PWN)`touch PWN`'", &format!("{keys}\nregion = eu-west-1"));
        let Some(mut pty) = interactive(&env, program) else { continue };
        pty.wait_for("mine> ");
        // The whole name comes from the completion.
        pty.send("awsenv use zz\t\n");
        pty.wait_for("acme-staging 4444-5555-6666 ada eu-west-1");
        pty.send("exit\n");
        let run = pty.finish();
        assert!(!env.home().join("PWN").exists(), "{program} ran a name: {}", run.stderr);
    }
}
