//! `awsenv use`: what a shell holds after a switch, and after one that failed.

use std::{fs, fs::File, os::unix::fs::PermissionsExt, process::Stdio, time::Duration};

use awsenv::demo::{Failure, Outcome};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Pty, Terminal, TestEnv, assert_no_secret, tool};

const SWITCH: &str = "eval \"$(awsenv use staging --shell sh 2>/dev/null)\"";

/// What a user reads after a switch that failed, whatever was held before: nothing that works.
const POISON: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "AWSENVREFUSED0000000"),
    ("AWS_SECRET_ACCESS_KEY", "awsenv-refused"),
    ("AWS_PROFILE", "awsenv-refused"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// A shell in staging that runs this command in `eval`: it must end with the code, and hold the poison.
#[track_caller]
fn refuses(env: &TestEnv, command: &str, code: i32) {
    let script = format!("{SWITCH} || exit 99\neval \"$({command})\"\n");
    let shell = env.sh(&format!("{script}printf 'status=%s\\0' \"$?\"; env -0"));
    let pairs: Vec<(&str, &str)> = shell.stdout.split('\0').filter_map(|pair| pair.split_once('=')).collect();
    let value = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    assert_eq!(value("status"), Some(code.to_string().as_str()), "{command}: {}", shell.stderr);
    for (name, expected) in POISON {
        assert_eq!(value(name), Some(expected), "{command}: {name}");
    }
    for gone in ["AWS_SESSION_TOKEN", "AWSENV_ACCOUNT_ID", "AWSENV_BANNER", "AWSENV_CONTEXT", "AWS_ACCOUNT_ID"] {
        assert_eq!(value(gone), None, "{command}: {gone}");
    }
    let strict = env.sh(&format!("set -e\n{script}echo went on"));
    assert_eq!((strict.code, strict.stdout.as_str()), (Some(code), ""), "set -e fires after {command}");
}

#[test]
fn p1_a_switch_exports_exactly_what_sts_confirmed() {
    let env = TestEnv::demo();
    let held = env.variables_after(SWITCH);
    let expected = [
        ("AWS_ACCESS_KEY_ID", "AKIADEMOSTAGING77777"),
        ("AWS_SECRET_ACCESS_KEY", "demo/staging/not+a+secret/DEMO+DEMO+DE/0"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCOUNT_ID", "444455556666"),
        ("AWS_SSO_PROFILE", "staging"),
        ("AWSENV_PROFILE", "staging"),
        ("AWSENV_ACCOUNT_ID", "444455556666"),
        ("AWSENV_ACCOUNT_ALIAS", "acme-staging"),
        ("AWSENV_ACCOUNT_NAME", "acme-staging"),
        ("AWSENV_CLASS", "staging"),
        ("AWSENV_ARN", "arn:aws:iam::444455556666:user/team/ada"),
        ("AWSENV_REGION", "eu-west-1"),
        ("AWSENV_VERIFIED", "1"),
    ];
    for (name, value) in expected {
        assert_eq!(held.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(held["AWSENV_COLOR"].to_ascii_lowercase(), "#e69f00");
    assert!(held["AWSENV_BANNER"].starts_with("staging acme-staging 4444-5555-6666"), "{}", held["AWSENV_BANNER"]);
    for absent in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWSENV_EXPIRES"] {
        assert_eq!(held.get(absent), None, "{absent}");
    }
    let known: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let more = ["AWSENV_COLOR", "AWSENV_BANNER", "AWSENV_CONTEXT", "AWSENV_ROLE", "AWSENV_SAVED", "AWSENV_SET"];
    let before = env.variables_after(":");
    for name in held.keys().filter(|name| !before.contains_key(*name)) {
        assert!(known.contains(&name.as_str()) || more.contains(&name.as_str()), "{name} is in no contract");
    }
}

#[test]
fn p1_the_exported_key_is_the_one_that_sts_was_asked_with() {
    let env = TestEnv::demo();
    let held = env.variables_after("eval \"$(awsenv use chain --shell sh)\"");
    let asked = env.aws().requests();
    let asked = asked.iter().rfind(|request| request.operation == "GetCallerIdentity").expect("STS was asked");
    assert_eq!(asked.access_key_id.as_ref(), held.get("AWS_ACCESS_KEY_ID"));
    assert_eq!(held["AWSENV_ACCOUNT_ID"], "111122223333");
    assert!(held["AWSENV_ARN"].starts_with("arn:aws:sts::111122223333:assumed-role/Admin/"), "{}", held["AWSENV_ARN"]);
    assert_eq!(held["AWS_CREDENTIAL_EXPIRATION"], held["AWSENV_EXPIRES"]);
    assert!(held["AWSENV_EXPIRES"].ends_with('Z'), "{}", held["AWSENV_EXPIRES"]);
}

#[test]
fn p2_what_the_shell_held_before_is_gone() {
    let mut env = TestEnv::demo();
    let stale = [
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_VAULT",
        "AWSUME_PROFILE",
    ];
    for name in stale {
        env.set(name, "stale");
    }
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOPRODUCTION77");
    env.set("AWS_SECRET_ACCESS_KEY", "demo/production/not+a+secret/DEMO+DEMO/0");
    env.set("AWS_REGION", "ap-south-1");
    let held = env.variables_after(SWITCH);
    for name in stale {
        assert_eq!(held.get(name), None, "{name}");
    }
    assert_eq!(held["AWS_ACCESS_KEY_ID"], "AKIADEMOSTAGING77777");
    assert_eq!(held["AWS_REGION"], "eu-west-1");
}

#[test]
fn p2_an_unknown_profile_is_refused() {
    refuses(&TestEnv::demo(), "awsenv use stagign --shell sh", 2);
}

#[test]
fn p2_an_unknown_option_is_refused() {
    refuses(&TestEnv::demo(), "awsenv use production --shell sh --nope", 2);
}

#[test]
fn p2_a_broken_profile_is_refused() {
    refuses(&TestEnv::demo(), "awsenv use broken --shell sh", 2);
}

#[test]
fn p2_sts_out_of_reach_is_refused() {
    let env = TestEnv::demo();
    refuses(&env, "AWS_ENDPOINT_URL=http://127.0.0.1:9 awsenv use production --shell sh", 6);
    for outcome in [Outcome::Close, Outcome::Garbage] {
        env.aws().change(|scenario| scenario.failures.clear());
        env.aws().fail(Failure::of("GetCallerIdentity", outcome).for_key("AKIADEMOPRODUCTION77"));
        refuses(&env, "awsenv use production --shell sh", 6);
    }
}

#[test]
fn p2_a_pin_that_disagrees_is_refused() {
    refuses(&TestEnv::demo(), "awsenv use mislabelled --shell sh", 4);
}

#[test]
fn p2_expired_credentials_are_refused() {
    let env = TestEnv::demo();
    let answer = r#"{"Version":1,"AccessKeyId":"ASIADEMOEXPIRED77777","SecretAccessKey":"demo/expired/0","SessionToken":"demo.expired","Expiration":"2020-01-01T00:00:00Z"}"#;
    let file = env.write("expired.json", answer);
    env.profile("expired", &format!("credential_process = cat {}", file.display()));
    refuses(&env, "awsenv use expired --shell sh", 5);
    let error = Failure::error("GetCallerIdentity", 403, "ExpiredToken", "The security token is expired");
    env.aws().fail(error.for_key("AKIADEMOPRODUCTION77"));
    refuses(&env, "awsenv use production --shell sh", 5);
}

#[test]
fn p2_denied_and_unknown_keys_are_refused() {
    let env = TestEnv::demo();
    env.credentials("gone", "AKIADEMOGONE77777777", "demo/gone/not+a+secret");
    refuses(&env, "awsenv use gone --shell sh", 5);
    env.profile("forbidden", "role_arn = arn:aws:iam::111122223333:role/BreakGlass\nsource_profile = staging");
    refuses(&env, "awsenv use forbidden --shell sh", 5);
}

#[test]
fn p2_a_switch_that_is_killed_is_refused() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let env = TestEnv::demo();
        env.aws().fail(Failure::late("GetCallerIdentity", 60_000));
        let mut command = env.awsenv(&["use", "staging", "--shell", "sh"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("awsenv starts");
        assert!(env.aws().wait_for("GetCallerIdentity", Duration::from_secs(60)), "STS is asked");
        kill_process(Pid::from_child(&child), signal).expect("it can be killed");
        let output = child.wait_with_output().expect("awsenv ends");
        assert!(!output.status.success());
        let code = String::from_utf8(output.stdout).expect("the refusal is text");
        let file = env.write("refusal", &code);
        let held = env.sh(&format!(". {}; echo \"$? $AWS_ACCESS_KEY_ID $AWS_PROFILE\"", file.display()));
        let expected = format!("{} AWSENVREFUSED0000000 awsenv-refused\n", 128 + signal.as_raw());
        assert_eq!(held.stdout, expected, "the refusal was: {code}");
    }
}

#[test]
fn p2_a_full_disk_is_a_failure() {
    let env = TestEnv::demo();
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    let output = env.awsenv(&["use", "staging", "--shell", "sh"]).stdout(full).output().expect("awsenv starts");
    assert!(!output.status.success());
}

#[test]
fn p4_on_a_terminal_nothing_is_switched_and_no_secret_shown() {
    let env = TestEnv::demo();
    let run = Pty::awsenv(&env, &["use", "staging"], Terminal::All).finish().exits(2).says("NOT SWITCHED");
    assert!(run.stderr.contains("awsenv init"), "it says how to set up: {}", run.stderr);
    assert_no_secret(&env.aws().secrets(), "the terminal", run.stderr.as_bytes());
}

#[test]
fn p4_the_banner_on_the_terminal_holds_no_secret() {
    let env = TestEnv::demo();
    let run = Pty::awsenv(&env, &["use", "staging", "--shell", "sh"], Terminal::Stderr).finish().exits(0);
    for shown in ["[ staging ]", "acme-staging", "4444-5555-6666", "eu-west-1"] {
        assert!(run.stderr.contains(shown), "{shown} is not in the banner: {}", run.stderr);
    }
    assert_no_secret(&env.aws().secrets(), "the terminal", run.stderr.as_bytes());
    assert!(run.stdout.contains("AWS_SECRET_ACCESS_KEY"), "the pipe has them");
}

#[test]
fn the_code_is_one_line_and_one_unit() {
    let env = TestEnv::demo();
    for profile in ["staging", "no-such-profile"] {
        let code = env.run(&["use", profile, "--shell", "sh"]).stdout;
        assert_eq!(code.trim_end_matches('\n').lines().count(), 1, "{code}");
        assert!(code.starts_with("{ ") && code.trim_end().ends_with('}') | code.trim_end().ends_with("};"), "{code}");
    }
}

#[test]
fn aliases_and_names_that_are_denied_or_late_are_no_failure() {
    let env = TestEnv::demo();
    env.aws().fail(Failure::late("GetAccountInformation", 60_000));
    env.aws().fail(Failure::late("ListAccountAliases", 60_000));
    let held = env.variables_after(SWITCH);
    assert_eq!(held["AWSENV_ACCOUNT_ID"], "444455556666");
    assert_eq!(held["AWSENV_ACCOUNT_NAME"], "acme-staging");
    let held = env.variables_after("eval \"$(awsenv use sandbox --shell sh 2>/dev/null)\"");
    assert_eq!(held["AWSENV_ACCOUNT_ID"], "777788889999");
    assert_eq!(held.get("AWSENV_ACCOUNT_ALIAS"), None);
}

/// A script's process has the script's name: the shell that runs it evaluates, not the one above.
#[test]
fn p2_a_script_gets_its_own_shells_code_under_any_other() {
    let (Some(fish), Some(_)) = (tool("fish"), tool("bash")) else { return };
    let env = TestEnv::demo();
    let script = "#!/bin/bash\neval \"$(awsenv use no-such-profile 2>/dev/null)\"\necho \"$? $AWS_ACCESS_KEY_ID\"\n";
    let path = env.write("deploy", script);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let run = env.command(fish).arg("-c").arg(format!("{}; true", path.display())).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "2 AWSENVREFUSED0000000\n");
}

#[test]
fn help_is_there_by_name_too() {
    let env = TestEnv::demo();
    assert!(env.run(&["help", "use"]).exits(0).stdout.contains("Usage: awsenv use"));
    assert_eq!(env.run(&["use", "--help"]).exits(0).stdout, "");
}

#[test]
fn after_off_nothing_is_suggested_that_off_forgot() {
    let env = TestEnv::demo();
    let off = "eval \"$(awsenv use staging)\"; eval \"$(awsenv off)\"; ";
    let run =
        env.sh(&format!("{off}awsenv renew --shell sh >/dev/null")).exits(2).says("Name one: `awsenv use PROFILE`.");
    assert!(!run.stderr.contains("use -"), "{}", run.stderr);
    env.sh(&format!("{off}awsenv use - --shell sh >/dev/null")).exits(2).says("or `awsenv off` has forgotten it");
    let refused = "eval \"$(awsenv use staging)\"; eval \"$(awsenv use nope)\"; awsenv renew --shell sh >/dev/null";
    env.sh(refused).exits(2).says("`awsenv use -` tries");
}
