//! `awsenv whoami`: asks AWS, and says where the answer differs from what the environment claims.

use awsenv::demo::{Failure, Outcome};

use crate::support::TestEnv;

#[test]
fn p1_it_shows_what_sts_says_of_each_profile() {
    let env = TestEnv::demo();
    for (profile, class, account) in [
        ("staging", "[ staging ]", "4444-5555-6666"),
        ("production", "PRODUCTION", "1111-2222-3333"),
        ("sandbox", "sandbox", "7777-8888-9999"),
        ("admin", "PRODUCTION", "1111-2222-3333"),
        ("chain", "PRODUCTION", "1111-2222-3333"),
    ] {
        let run = env.run(&["whoami", profile]).exits(0);
        let shown = run.stdout + &run.stderr;
        assert!(shown.contains(class) && shown.contains(account), "{profile}: {shown}");
    }
}

#[test]
fn p1_an_environment_of_another_account_is_found_out() {
    let env = TestEnv::demo();
    let script = "eval \"$(awsenv use staging --shell sh)\"\n\
        export AWS_ACCESS_KEY_ID=AKIADEMOPRODUCTION77 AWS_SECRET_ACCESS_KEY=demo/production/not+a+secret/DEMO+DEMO/0\n\
        awsenv whoami";
    let run = env.sh(script).exits(4);
    // Both in the form that is compared most easily.
    run.says("the environment says account 4444-5555-6666, but").says("of account 1111-2222-3333\n");
}

#[test]
fn p2_in_a_refused_shell_there_are_no_credentials_and_nobody_is_asked() {
    let env = TestEnv::demo();
    let run = env.sh("eval \"$(awsenv use no-such-profile --shell sh 2>/dev/null)\"; awsenv whoami");
    run.exits(5);
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn failures_of_aws_have_their_exit_codes() {
    for (failure, code) in [
        (Failure::of("GetCallerIdentity", Outcome::Close), 6),
        (Failure::of("GetCallerIdentity", Outcome::Garbage), 6),
        (Failure::error("GetCallerIdentity", 503, "ServiceUnavailable", "later"), 6),
        (Failure::error("GetCallerIdentity", 403, "InvalidClientTokenId", "invalid"), 5),
        (Failure::error("GetCallerIdentity", 403, "ExpiredToken", "expired"), 5),
        (Failure::error("GetCallerIdentity", 403, "SignatureDoesNotMatch", "wrong secret"), 5),
    ] {
        let env = TestEnv::demo();
        env.aws().fail(failure);
        let run = env.run(&["whoami", "staging"]).exits(code);
        assert!(!run.stderr.contains("dispatch failure"), "{}", run.stderr);
    }
}

#[test]
fn p1_an_answer_that_is_none_makes_no_account() {
    let env = TestEnv::demo();
    for body in ["", "<GetCallerIdentityResponse/>", "<html>Sign in to the hotel's Wi-Fi</html>"] {
        env.aws().change(|scenario| scenario.failures.clear());
        let outcome = Outcome::Body { status: 200, body: body.to_owned() };
        env.aws().fail(Failure::of("GetCallerIdentity", outcome));
        let run = env.run(&["whoami", "staging"]);
        assert!(matches!(run.code, Some(1..)), "{body:?}: {run:?}");
        assert!(!(run.stdout + &run.stderr).contains("4444-5555-6666"), "{body:?}");
    }
}

#[test]
fn json_is_json() {
    let run = TestEnv::demo().run(&["whoami", "staging", "--json"]).exits(0);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert!(answer.to_string().contains("444455556666"), "{answer}");
}
