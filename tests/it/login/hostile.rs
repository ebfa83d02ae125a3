//! The corpus: what a cache file and a verification page may hold.

use std::fs;

use super::{TOKEN, consent, env, is_signed_in, with_browser};
use crate::support::corpus;

#[test]
fn p5_only_web_pages_are_opened() {
    for case in corpus("verification_uri") {
        let env = with_browser();
        let uri = String::from_utf8(case.value.clone()).expect("it is text");
        consent(&env, |consent| uri.clone_into(&mut consent.verification_uri));
        let run = env.run(&["login", "legacy"]);
        let opened = fs::read_to_string(env.home().join("opened"));
        match case.verdict() {
            "accept" => {
                run.exits(0);
                crate::support::wait("the browser is started", &true, || env.home().join("opened").exists());
                let opened = fs::read_to_string(env.home().join("opened")).unwrap();
                assert!(opened.starts_with(&format!("1\n{uri}")), "{}: {opened}", case.why);
            }
            _ => {
                run.exits(3).says("bad-url");
                assert!(opened.is_err(), "{}: the browser was opened", case.why);
            }
        }
    }
}

#[test]
fn p5_a_cache_file_is_believed_only_if_it_is_ours() {
    let env = env();
    for case in corpus("sso_cache_file") {
        let text = String::from_utf8(case.value.clone()).expect("it is text");
        env.write(TOKEN, text.replace("\"tok\"", "\"demo-sso-access-token\""));
        let run = env.run(&["exec", "developer", "--", "true"]);
        match case.verdict() {
            "accept" => run.exits(0),
            _ => run.exits(5).says("awsenv login corp"),
        };
        assert!(is_signed_in(&env), "{}: another tool's file stays", case.why);
    }
}

#[test]
fn p2_an_end_that_cannot_be_read_counts_as_past() {
    let env = env();
    for case in corpus("expiration") {
        let end = String::from_utf8(case.value.clone()).expect("it is text");
        let file = serde_json::json!({ "accessToken": "demo-sso-access-token", "expiresAt": end });
        env.write(TOKEN, file.to_string());
        let run = env.run(&["exec", "developer", "--", "true"]);
        match case.verdict() {
            "accept" | "accept-warn" => run.exits(0),
            _ => run.exits(5).says("awsenv login corp"),
        };
    }
}
