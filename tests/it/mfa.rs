//! MFA: where codes come from, and a terminal that is left as it was.

mod turns;

use std::process::Command;

use awsenv::demo::Failure;

use crate::support::{Pty, Run, Terminal, TestEnv, assert_no_secret, corpus, files_below, tool};

const SERIAL: &str = "arn:aws:iam::111122223333:mfa/ada";
const ROLE: &str = "arn:aws:iam::111122223333:role/BreakGlass";
const QUESTION: &str = "MFA code of arn:aws:iam::111122223333:mfa/ada to assume";

/// The demo's accounts, where each code works once, and a profile that asks for one. Its role lets nobody in without.
fn env() -> TestEnv {
    let env = TestEnv::demo();
    env.aws().change(|scenario| scenario.mfa_codes_work_once = true);
    env.profile("breakglass", &format!("role_arn = {ROLE}\nsource_profile = production\nmfa_serial = {SERIAL}"));
    env
}

/// How often each operation was asked for.
fn asked(env: &TestEnv, operation: &str) -> usize {
    env.aws().requests().iter().filter(|request| request.operation == operation).count()
}

const WHO: &[&str] = &["--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID $AWSENV_ROLE"];

#[track_caller]
fn exec(env: &TestEnv, profile: &str, options: &[&str]) -> Run {
    env.run(&[&["exec", profile], options, WHO].concat())
}

#[test]
fn a_code_of_the_command_line_opens_the_role() {
    let env = env();
    assert_eq!(exec(&env, "breakglass", &["--mfa-code", "123 456"]).exits(0).stdout, "111122223333 BreakGlass\n");
    let run = exec(&env, "breakglass", &["--mfa-code", "123456"]).exits(5).says("does not accept the MFA code");
    assert_eq!(run.stdout, "");
    assert_eq!(asked(&env, "AssumeRole"), 2);
}

#[test]
fn p4_what_is_no_code_is_not_sent_and_not_shown() {
    let env = env();
    for bad in ["12345", "1234567", "12345x", "", "123456\n123456"] {
        let run = exec(&env, "breakglass", &["--mfa-code", bad]).exits(2).says("bad-mfa-code");
        assert!(bad.is_empty() || !run.stderr.contains(bad), "{}", run.stderr);
    }
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn without_a_terminal_and_a_code_it_is_refused_with_what_to_do() {
    let env = env();
    let run = exec(&env, "breakglass", &[]).exits(5).says("--mfa-code").says("mfa_process").says(SERIAL);
    assert_eq!(run.stdout, "");
    assert_eq!(env.aws().requests(), []);
    let run = env.run(&["use", "breakglass", "--shell", "sh"]).exits(5);
    assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
    assert_eq!(env.run(&["credential-process", "breakglass"]).exits(5).stdout, "");
}

#[test]
fn p4_a_typed_code_is_not_shown_and_stored_nowhere() {
    let env = env();
    let mut pty = Pty::awsenv(&env, &["use", "breakglass", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for(QUESTION);
    pty.send("12345\n");
    pty.wait_for("six digits");
    pty.send("111111\n");
    pty.wait_for("AWS did not accept that code");
    pty.send("123456\n");
    let run = pty.finish().exits(0).says("PRODUCTION");
    assert!(run.stdout.contains("AWSENV_ACCOUNT_ID='111122223333'"), "{}", run.stdout);
    let code = ["123456".to_owned()];
    assert!(!run.stderr.contains("12345\r") && !run.stderr.contains("123456"), "{}", run.stderr);
    assert!(!run.stdout.contains("123456"));
    assert_no_secret(&env.aws().secrets(), "the terminal", run.stderr.as_bytes());
    for (path, content) in files_below(env.home()) {
        let text = String::from_utf8_lossy(&content);
        assert!(!code.iter().any(|code| text.contains(code.as_str())), "{} holds the code", path.display());
    }
}

#[test]
fn the_end_of_input_is_no_code() {
    let env = env();
    let mut pty = Pty::awsenv(&env, &["exec", "breakglass", "--", "echo", "ran"], Terminal::Stderr);
    pty.wait_for(QUESTION);
    pty.send("\u{4}");
    assert_eq!(pty.finish().exits(5).stdout, "");
}

/// A shell script on a terminal: says how awsenv ended, then what the terminal is like.
fn script(env: &TestEnv, shell: &str, script: &str) -> Pty {
    Pty::spawn(env, shell, &["-c", script], Terminal::All)
}

#[track_caller]
fn echoes(run: &Run, times: usize) {
    let on = run.stderr.split_whitespace().filter(|word| *word == "echo").count();
    let off = run.stderr.split_whitespace().filter(|word| *word == "-echo").count();
    assert_eq!((on, off), (times, 0), "{}", run.stderr);
}

#[test]
fn r22_interrupted_it_dies_of_the_signal_and_the_terminal_echoes_again() {
    for verb in ["exec breakglass -- echo ran", "use breakglass --shell sh >refusal"] {
        let env = env();
        let mut pty = script(&env, "sh", &format!("trap : INT QUIT; awsenv {verb}; echo code=$?; stty -a"));
        pty.wait_for(QUESTION);
        pty.send("123\u{3}");
        let run = pty.finish().exits(0).says("code=130");
        echoes(&run, 1);
        assert!(!run.stderr.contains("ran"), "{}", run.stderr);
        assert_eq!(env.aws().requests(), [], "{verb}");
        if verb.starts_with("use") {
            let refusal = std::fs::read_to_string(env.home().join("refusal")).unwrap();
            assert!(refusal.contains("AWSENVREFUSED0000000") && refusal.contains("130"), "{refusal}");
        }
    }
}

#[test]
fn r22_terminated_it_dies_of_the_signal_and_the_terminal_echoes_again() {
    for (signal, code) in [("TERM", "code=143"), ("HUP", "code=129")] {
        let env = env();
        let awsenv = "awsenv exec breakglass -- echo ran & echo $! >pid; wait $!; echo code=$?; stty -a";
        let pty = script(&env, "sh", awsenv);
        pty.wait_for(QUESTION);
        let pid = std::fs::read_to_string(env.home().join("pid")).unwrap();
        let killed = Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status().unwrap();
        assert!(killed.success());
        let run = pty.finish().exits(0).says(code);
        echoes(&run, 1);
    }
}

/// What ends a process: keys on its terminal, and signals that somebody sends it; with the signal's number.
const ENDS: [(&str, i32); 6] = [("\u{3}", 2), ("\u{1c}", 3), ("INT", 2), ("QUIT", 3), ("TERM", 15), ("HUP", 1)];

fn kill(signal: &str, process: &str) {
    assert!(Command::new("kill").args([&format!("-{signal}"), process.trim()]).status().unwrap().success());
}

#[test]
fn r22_each_signal_gives_the_terminal_back_is_what_it_dies_of_and_nothing_is_written() {
    for arguments in [
        &["use", "breakglass", "--shell", "sh"][..],
        &["exec", "breakglass", "--", "echo", "ran"],
        &["credential-process", "breakglass"],
    ] {
        let env = env();
        let before = files_below(env.home());
        for (end, number) in ENDS {
            let mut pty = Pty::awsenv(&env, arguments, Terminal::Stderr);
            pty.wait_for(QUESTION);
            assert!(!pty.echoes(), "{arguments:?}");
            pty.send("123");
            match end.len() {
                1 => pty.send(end),
                _ => kill(end, &pty.id().to_string()),
            }
            assert_eq!(pty.ended(), Some(number), "{arguments:?} after {end:?}");
            assert!(pty.echoes(), "{arguments:?} leaves the echo off after {end:?}");
            let run = pty.finish();
            let refused = run.stdout.contains("AWSENVREFUSED0000000");
            assert!(if arguments[0] == "use" { refused } else { run.stdout.is_empty() }, "{}", run.stdout);
        }
        assert_eq!(files_below(env.home()), before, "{arguments:?}");
        assert_eq!(env.aws().requests(), [], "{arguments:?}");
    }
}

#[test]
fn r20_a_terminal_that_is_resized_meanwhile_loses_no_digit() {
    let env = env();
    let mut pty = Pty::awsenv(&env, &["use", "breakglass", "--shell", "sh"], Terminal::Stderr);
    pty.wait_for(QUESTION);
    pty.resize(500);
    pty.send("123");
    pty.resize(500);
    assert!(!pty.echoes());
    pty.send("456\n");
    let run = pty.finish().exits(0);
    assert_eq!(run.stderr.matches(QUESTION).count(), 1, "{}", run.stderr);
    assert!(run.stdout.contains("AWSENV_ROLE='BreakGlass'"), "{}", run.stdout);
}

#[test]
fn r22_stopped_by_somebody_else_it_leaves_a_terminal_that_echoes_and_asks_again() {
    let Some(_) = tool("dash") else { return };
    let env = env();
    env.write("job", "echo $$ >pid; exec awsenv exec breakglass -- printf 'r%s\\n' an");
    let mut pty = script(&env, "dash", "set -m; sh job; echo stopped; stty -a; fg; echo code=$?; stty -a");
    pty.wait_for(QUESTION);
    pty.send("12");
    kill("TSTP", &std::fs::read_to_string(env.home().join("pid")).unwrap());
    pty.wait_for("stopped");
    pty.wait_for(&format!("sh job\r\n{QUESTION}"));
    pty.send("123456\n");
    let run = pty.finish().exits(0).says("ran").says("code=0");
    echoes(&run, 2);
    assert!(!run.stderr.contains("123456"), "{}", run.stderr);
}

#[test]
fn r22_stopped_it_leaves_a_terminal_that_echoes_and_asks_again_afterwards() {
    let Some(_) = tool("dash") else { return };
    let env = env();
    // A shell that does not put the terminal back itself.
    let job = "set -m; awsenv exec breakglass -- printf 'r%s\\n' an; echo stopped; stty -a; fg; echo code=$?; stty -a";
    let mut pty = script(&env, "dash", job);
    pty.wait_for(QUESTION);
    pty.send("\u{1a}");
    pty.wait_for("stopped");
    pty.wait_for(&format!("an\r\n{QUESTION}"));
    pty.send("123456\n");
    let run = pty.finish().exits(0).says("ran").says("code=0");
    echoes(&run, 2);
    assert!(!run.stderr.contains("123456"), "{}", run.stderr);
}

#[test]
fn a_program_prints_the_code_and_is_heard() {
    let env = env();
    let program = env.write("code", "#!/bin/sh\necho touch the key >&2\necho 123456\n");
    let device = format!("mfa_serial = {SERIAL}\nmfa_process = sh {}", program.display());
    env.profile("by-key", &format!("role_arn = {ROLE}\nsource_profile = production\n{device}"));
    let run = exec(&env, "by-key", &[]).exits(0).says("mfa_process: touch the key");
    assert_eq!(run.stdout, "111122223333 BreakGlass\n");
}

#[test]
fn p6_one_code_is_enough_where_the_account_is_read_only() {
    let env = env();
    env.run(&["account", "set", "111122223333", "--protection", "read-only"]).exits(0);
    exec(&env, "breakglass", &["--mfa-code", "123456"]).exits(0).says("narrowed to ReadOnlyAccess");
    let requests = env.aws().requests();
    let assumed: Vec<_> = requests.iter().filter(|request| request.operation == "AssumeRole").collect();
    assert_eq!(assumed.len(), 1);
    assert_eq!(assumed[0].policy_arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
}

#[test]
fn p6_a_session_policy_of_ones_own_does_not_widen_a_read_only_session() {
    let env = env();
    env.run(&["account", "set", "111122223333", "--protection", "read-only"]).exits(0);
    let administrator = ["--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess"];
    for (profile, more) in [("admin", &[][..]), ("breakglass", &["--mfa-code", "123456"])] {
        let run = exec(&env, profile, &[&administrator[..], more].concat()).exits(3).says("policies of its own");
        assert_eq!(run.stdout, "", "{profile}");
    }
}

#[test]
fn a_session_of_the_user_serves_all_roles_where_the_settings_say_so() {
    let env = env();
    env.settings("\n[mfa]\nmethod = \"session\"\n");
    let run = exec(&env, "breakglass", &["--mfa-code", "123456"]).exits(0);
    assert_eq!(run.stdout, "111122223333 BreakGlass\n");
    let requests = env.aws().requests();
    let operations: Vec<&str> = requests.iter().map(|request| request.operation.as_str()).collect();
    assert_eq!(operations[..2], ["GetSessionToken", "AssumeRole"]);
    let key = |at: usize| requests[at].access_key_id.clone().unwrap();
    assert_eq!(key(0), "AKIADEMOPRODUCTION77");
    assert!(key(1).starts_with("ASIA"), "{}", key(1));
    assert!(!requests[1].parameters.contains_key("SerialNumber"), "{:?}", requests[1].parameters);
}

#[test]
fn a_device_beside_keys_counts_where_the_settings_or_a_code_say_so() {
    let env = env();
    env.profile("keys", &format!("mfa_serial = {SERIAL}"));
    env.credentials("keys", "AKIADEMOPRODUCTION77", "demo/production/not+a+secret/DEMO+DEMO/0");
    env.profile("below", &format!("role_arn = {ROLE}\nsource_profile = keys"));
    // As for the AWS CLI: the device is of no account, and the role is denied.
    assert_eq!(exec(&env, "keys", &[]).exits(0).stdout, "111122223333 ada\n");
    exec(&env, "below", &[]).exits(5).says("under [mfa] in the settings");
    assert_eq!(asked(&env, "GetSessionToken"), 0);
    exec(&env, "keys", &["--mfa-code", "123456"]).exits(0);
    assert_eq!(asked(&env, "GetSessionToken"), 1);
    env.aws().change(|scenario| scenario.mfa_codes_work_once = false);
    env.settings("\n[mfa]\nmethod = \"session\"\n");
    assert_eq!(exec(&env, "below", &["--mfa-code", "123456"]).exits(0).stdout, "111122223333 BreakGlass\n");
    exec(&env, "keys", &[]).exits(5).says(SERIAL);
}

/// A session of the role, as the AWS CLI would have cached it for the profile `breakglass`.
fn cached_by_the_aws_cli(env: &TestEnv, profile: &str, more: &[&str]) {
    let print = "printf '%s' \"{\\\"Credentials\\\": {\\\"AccessKeyId\\\": \\\"$AWS_ACCESS_KEY_ID\\\", \\\"SecretAccessKey\\\": \
        \\\"$AWS_SECRET_ACCESS_KEY\\\", \\\"SessionToken\\\": \\\"$AWS_SESSION_TOKEN\\\", \\\"Expiration\\\": \
        \\\"$AWS_CREDENTIAL_EXPIRATION\\\"}}\"";
    let run = env.run(&[&["exec", profile], more, &["--", "sh", "-c", print]].concat()).exits(0);
    // botocore's name for RoleArn and SerialNumber of the profile; tests/moto has the AWS CLI write it.
    env.write(".aws/cli/cache/639c79f399a4a32863a6dd77f8920b7748f1c128.json", run.stdout);
}

#[test]
fn a_session_that_the_aws_cli_cached_spares_the_code() {
    let env = env();
    cached_by_the_aws_cli(&env, "breakglass", &["--mfa-code", "123456"]);
    let before = env.aws().requests().len();
    let run = exec(&env, "breakglass", &[]).exits(0).says("the AWS CLI's cache");
    assert_eq!(run.stdout, "111122223333 BreakGlass\n");
    let asked: Vec<_> = env.aws().requests().split_off(before).into_iter().map(|request| request.operation).collect();
    assert!(asked.contains(&"GetCallerIdentity".to_owned()) && !asked.contains(&"AssumeRole".to_owned()), "{asked:?}");
    // Another request, a new session, and no cache: a code is needed.
    exec(&env, "breakglass", &["--duration", "2h"]).exits(5).says(SERIAL);
    exec(&env, "breakglass", &["--no-cache"]).exits(5).says(SERIAL);
    env.run(&["account", "set", "111122223333", "--protection", "read-only"]).exits(0);
    exec(&env, "breakglass", &[]).exits(5).says(SERIAL);
}

#[test]
fn p1_a_session_of_the_aws_cli_that_is_not_of_the_role_does_not_count() {
    let env = env();
    for (profile, more) in [("admin", &[][..]), ("sandbox-deploy", &[])] {
        cached_by_the_aws_cli(&env, profile, more);
        exec(&env, "breakglass", &[]).exits(5).says(SERIAL);
    }
    env.write(".aws/cli/cache/639c79f399a4a32863a6dd77f8920b7748f1c128.json", "{}");
    exec(&env, "breakglass", &[]).exits(5).says(SERIAL);
    // One that STS does not know any more.
    cached_by_the_aws_cli(&env, "breakglass", &["--mfa-code", "123456"]);
    env.aws().fail(Failure::error("GetCallerIdentity", 403, "InvalidClientTokenId", "no"));
    exec(&env, "breakglass", &[]).exits(5).says(SERIAL);
}

#[test]
fn p5_codes_of_the_corpus_are_taken_or_asked_again_without_a_request() {
    for case in corpus("mfa_code") {
        let (code, env) = (String::from_utf8(case.value.clone()).unwrap(), env());
        let run = exec(&env, "breakglass", &["--mfa-code", &code]);
        if case.verdict() == "accept" {
            assert_eq!(run.exits(0).stdout, "111122223333 BreakGlass\n", "{}", case.why);
            continue;
        }
        run.exits(2).says("bad-mfa-code");
        if case.expects("asked-again") {
            let mut pty = Pty::awsenv(&env, &["exec", "breakglass", "--", "true"], Terminal::Stderr);
            pty.wait_for(QUESTION);
            pty.send(&format!("{code}\n"));
            pty.wait_for("bad-mfa-code");
            pty.send("\u{4}");
            pty.finish().exits(5);
        }
        assert_eq!(env.aws().requests(), [], "{}", case.why);
    }
}

#[test]
fn p5_serial_numbers_of_the_corpus_are_taken_or_named_with_their_line() {
    for case in corpus("mfa_serial") {
        let (serial, env) = (String::from_utf8(case.value.clone()).unwrap(), env());
        env.profile("corpus", &format!("role_arn = {ROLE}\nsource_profile = production\nmfa_serial = {serial}"));
        let run = exec(&env, "corpus", &["--mfa-code", "123456"]);
        match case.verdict() {
            // It is no device of this user's, which AWS says.
            "accept" => run.exits(5).says("does not accept the MFA code"),
            _ => run.exits(2).says("bad-mfa-serial").says(".aws/config:"),
        };
        assert_eq!(env.aws().requests().is_empty(), case.verdict() != "accept", "{}", case.why);
        assert!(!env.home().join("PWN").exists());
    }
}
