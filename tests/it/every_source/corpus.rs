//! The hostile corpus of what sources give: through the real program, by every way that the value can come.

use super::home::machine;
use crate::support::{Case, Run, TestEnv, corpus};

/// A user's key that the fake AWS does not know: what is accepted gets as far as STS.
const ID: &str = "ASIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Accepted means that STS was asked; anything else that it was not, and that the message carries the case's code.
#[track_caller]
fn judge(env: &TestEnv, profile: &str, case: &Case) {
    let before = env.aws().requests().len();
    let run = env.run(&["use", profile, "--shell", "sh"]);
    let asked = env.aws().requests().len() > before;
    let stderr = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(asked, case.verdict().starts_with("accept"), "{} ({profile}): {stderr}", case.why);
    if asked {
        assert!(stderr.contains("AWS does not know the access key"), "{}: {stderr}", case.why);
    } else {
        let code = case.expect.iter().find_map(|detail| detail.strip_prefix("code=")).unwrap_or_default();
        assert!(stderr.contains(code), "{code} is not said of {} ({profile}): {stderr}", case.why);
    }
    let Run { code, stdout, stderr, .. } = run;
    assert_eq!(code, Some(5), "{}: {stderr}", case.why);
    assert!(stdout.contains("AWSENVREFUSED0000000") && !stdout.contains("EXAMPLE"), "{}: {stdout}", case.why);
    assert!(!stderr.contains(SECRET) && !stderr.contains("tok\u{0}"), "{}: {stderr}", case.why);
    assert!(!stderr.replace("\u{1b}[", "").contains('\u{1b}'), "{}: {stderr:?}", case.why);
    assert!(!env.home().join("PWN").exists());
}

fn helper(env: &TestEnv, output: &[u8]) {
    let file = env.write("output", output);
    if env.run(&["whoami", "helper"]).stderr.contains("there is no profile") {
        env.profile("helper", &format!("credential_process = cat {}", file.display()));
    }
}

#[test]
fn p5_credential_process_output_of_the_corpus() {
    for case in corpus("credential_process_output") {
        let env = machine();
        helper(&env, &case.value);
        judge(&env, "helper", &case);
    }
}

/// The JSON of a helper with one field changed.
fn printed(name: &str, value: &str) -> Vec<u8> {
    let mut keys =
        serde_json::json!({ "Version": 1, "AccessKeyId": ID, "SecretAccessKey": SECRET, "SessionToken": "tok" });
    keys[name] = value.into();
    keys.to_string().into_bytes()
}

fn keys(env: &TestEnv, more: &str) {
    env.write(".aws/credentials", "");
    env.credentials("file", ID, SECRET);
    env.append(".aws/credentials", more);
}

#[test]
fn p2_expirations_of_the_corpus() {
    for case in corpus("expiration") {
        let text = String::from_utf8(case.value.clone()).unwrap();
        let env = machine();
        helper(&env, &printed("Expiration", &text));
        judge(&env, "helper", &case);
        // In a file nothing is nothing.
        if !text.is_empty() {
            for key in ["expiration", "x_security_token_expires"] {
                keys(&env, &format!("aws_session_token = tok\n{key} = {text}\n"));
                judge(&env, "file", &case);
            }
        }
    }
}

#[test]
fn p5_session_tokens_of_the_corpus() {
    for case in corpus("session_token") {
        let text = String::from_utf8(case.value.clone()).unwrap();
        let env = machine();
        helper(&env, &printed("SessionToken", &text));
        judge(&env, "helper", &case);
        // A line of a file cannot hold a line break.
        if !text.contains('\n') {
            keys(&env, &format!("aws_session_token = {text}\n"));
            judge(&env, "file", &case);
        }
    }
}
