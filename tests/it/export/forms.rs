//! Forms on standard output.

use serde_json::{Value, json};

use super::github;
use crate::support::{Pty, Terminal, TestEnv, assert_no_secret};

const SECRET: [&str; 3] = ["json", "dotenv", "env"];
const FACTS: [&str; 4] = ["gitlab", "jenkins", "terraform", "peacock"];

#[test]
fn p1_json_is_what_sts_confirmed() {
    let env = TestEnv::demo();
    let run = env.run(&["export", "admin", "--format", "json"]).exits(0).says("PRODUCTION");
    let json: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let asked = env.aws().requests();
    let asked = asked.iter().rfind(|request| request.operation == "GetCallerIdentity").expect("STS was asked");
    assert_eq!(json["Version"], 1);
    assert_eq!(json["AccessKeyId"].as_str(), asked.access_key_id.as_deref());
    assert_eq!((&json["AccountId"], &json["Region"]), (&json!("111122223333"), &json!("eu-west-1")));
    assert_eq!(json["awsenv"]["class"], "production");
    assert_eq!(json["awsenv"]["verified"], true);
    assert!(json["SessionToken"].is_string() && json["Expiration"].is_string(), "{json}");
    let long = env.run(&["export", "staging", "--format", "json"]).exits(0);
    let json: Value = serde_json::from_str(&long.stdout).expect("it is JSON");
    assert_eq!(json["SecretAccessKey"], "demo/staging/not+a+secret/DEMO+DEMO+DE/0");
    assert_eq!((json.get("SessionToken"), json.get("Expiration")), (None, None), "no key for what there is not");
}

#[test]
fn p1_without_a_profile_it_is_the_environments_own_account() {
    let mut env = TestEnv::demo();
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOSTAGING77777");
    env.set("AWS_SECRET_ACCESS_KEY", "demo/staging/not+a+secret/DEMO+DEMO+DE/0");
    let run = env.run(&["export", "--format", "terraform"]).exits(0);
    assert_eq!(run.stdout, "allowed_account_ids = [\"444455556666\"]\n");
}

#[test]
fn p1_what_nobody_verified_names_no_account() {
    let env = TestEnv::demo();
    let run = env.run(&["export", "staging", "--no-verify", "--format", "json"]).exits(0);
    let json: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert_eq!((json.get("AccountId"), &json["awsenv"]["verified"]), (None, &json!(false)));
    for format in FACTS {
        let run = env.run(&["export", "staging", "--no-verify", "--format", format]).exits(2);
        assert_eq!(run.stdout, "", "{format}");
    }
}

#[test]
fn the_files_hold_what_a_switch_exports() {
    let env = TestEnv::demo();
    let dotenv = env.run(&["export", "staging", "--format", "dotenv"]).exits(0).stdout;
    let plain = env.run(&["export", "staging", "--format", "env"]).exits(0).stdout;
    let held = env.variables_after("eval \"$(awsenv use staging --shell sh 2>/dev/null)\"");
    for line in plain.lines() {
        let (name, value) = line.split_once('=').expect("a line has a name");
        assert_eq!(held.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(plain.contains("AWSENV_BANNER=staging acme-staging 4444-5555-6666 ada eu-west-1\n"), "{plain}");
    assert!(dotenv.contains("AWSENV_BANNER='staging acme-staging 4444-5555-6666 ada eu-west-1'\n"), "{dotenv}");
    assert_eq!(dotenv.replace('\'', ""), plain);
    let shell = env.sh("awsenv export staging --format dotenv >file 2>/dev/null; . ./file; echo \"$AWSENV_BANNER\"");
    assert_eq!(shell.stdout, "staging acme-staging 4444-5555-6666 ada eu-west-1\n");
}

#[test]
fn facts_are_exact() {
    let env = TestEnv::demo();
    let facts = env.run(&["export", "staging", "--format", "gitlab"]).exits(0).stdout;
    let expect = "AWS_REGION AWSENV_PROFILE=staging
AWSENV_ACCOUNT_ID=444455556666
AWSENV_ACCOUNT_ALIAS=acme-staging
AWSENV_ACCOUNT_NAME=acme-staging
AWSENV_CLASS=staging
AWSENV_COLOR=#e69f00
AWSENV_ARN=arn:aws:iam::444455556666:user/team/ada
AWSENV_ROLE=ada
AWSENV_BANNER=staging%20acme-staging%204444-5555-6666%20ada%20eu-west-1
AWSENV_VERIFIED=1
";
    let expect = expect.replace("AWS_REGION ", "AWSENV_REGION=eu-west-1\n");
    assert_eq!(facts.to_lowercase(), expect.to_lowercase());
    assert_eq!(env.run(&["export", "staging", "--format", "jenkins"]).stdout, facts.replace("%20", " "));
    let peacock = env.run(&["export", "production", "--format", "peacock"]).exits(0).stdout;
    let peacock: Value = serde_json::from_str(&peacock).expect("it is JSON");
    assert_eq!(peacock["peacock.color"].as_str().map(str::to_lowercase).as_deref(), Some("#b00020"));
    assert_eq!(peacock["workbench.colorCustomizations"]["statusBar.foreground"], "#ffffff");
    assert_eq!(peacock["workbench.colorCustomizations"]["titleBar.activeBackground"], peacock["peacock.color"]);
    let title = peacock["window.title"].as_str().expect("there is a title");
    assert!(title.starts_with("PRODUCTION acme-prod 1111-2222-3333 ada eu-west-1 - ${"), "{title}");
}

#[test]
fn p4_facts_hold_nothing_that_opens_an_account() {
    let env = TestEnv::demo();
    for profile in ["staging", "admin"] {
        for format in FACTS {
            let run = env.run(&["export", profile, "--format", format]).exits(0);
            assert_no_secret(&env.aws().secrets(), format, run.stdout.as_bytes());
            for part in ["AKIA", "ASIA", "AWS_ACCESS", "CONTEXT", "SAVED"] {
                assert!(!run.stdout.contains(part), "{format} holds {part}: {}", run.stdout);
            }
            assert!(run.stdout.len() <= 5 << 10);
        }
    }
}

#[test]
fn p4_no_secret_reaches_a_terminal_unasked() {
    let env = TestEnv::demo();
    for format in SECRET {
        let run = Pty::awsenv(&env, &["export", "staging", "--format", format], Terminal::All).finish().exits(2);
        assert_no_secret(&env.aws().secrets(), format, run.stderr.as_bytes());
        let run = Pty::awsenv(&env, &["export", "staging", "--print", "--format", format], Terminal::All).finish();
        assert!(run.exits(0).stderr.contains("DEMO+DEMO+DE/0"), "{format} is printed when asked for");
        let piped = env.run(&["export", "staging", "--format", format]).exits(0);
        assert_no_secret(&env.aws().secrets(), format, piped.stderr.as_bytes());
    }
    assert!(env.aws().requests().len() < 20, "a refused one asks nobody");
}

#[test]
fn p2_a_failure_prints_nothing() {
    let env = TestEnv::demo();
    env.run(&["account", "set", "777788889999", "--protection", "confirm"]).exits(0);
    for format in SECRET.iter().chain(&FACTS) {
        for (profile, code) in [("stagign", 2), ("broken", 2), ("mislabelled", 4), ("sandbox", 3)] {
            let run = env.run(&["export", profile, "--format", format]).exits(code);
            assert_eq!(run.stdout, "", "{format} {profile}");
        }
        assert_eq!(env.run(&["export", "staging", "--nope", "--format", format]).exits(2).stdout, "");
    }
}

#[test]
fn a_form_for_later_steps_needs_its_runner() {
    let env = TestEnv::demo();
    for (format, what) in
        [("github", "GITHUB_ENV"), ("azure", "TF_BUILD"), ("circleci", "BASH_ENV"), ("buildkite", "BUILDKITE")]
    {
        let run = env.run(&["export", "staging", "--format", format]).exits(2).says(what);
        assert_eq!(run.stdout, "", "{format}");
        assert_no_secret(&env.aws().secrets(), format, run.stderr.as_bytes());
    }
    env.run(&["export", "staging"]).exits(2).says("--format");
    github().run(&["export", "staging", "--format", "azure"]).exits(2).says("TF_BUILD");
    assert_eq!(env.aws().requests().len(), 0, "nobody is asked");
}
