//! `awsenv exec`: one command in a verified account, and nothing of what the shell held.

use awsenv::demo::Failure;

use crate::support::TestEnv;

#[test]
fn p1_the_command_gets_the_account_that_sts_confirmed() {
    let env = TestEnv::demo();
    let run =
        env.run(&["exec", "production", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID $AWS_ACCESS_KEY_ID $AWSENV_BANNER"]);
    let run = run.exits(0).says("PRODUCTION");
    assert!(
        run.stdout.starts_with("111122223333 AKIADEMOPRODUCTION77 PRODUCTION acme-prod 1111-2222-3333"),
        "{}",
        run.stdout
    );
}

#[test]
fn p2_the_command_gets_nothing_of_what_was_held() {
    let mut env = TestEnv::demo();
    for name in
        ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    {
        env.set(name, "stale");
    }
    env.set("AWS_ACCESS_KEY_ID", "AKIADEMOPRODUCTION77");
    env.set("KEPT", "kept");
    let run = env.run(&["exec", "staging", "--", "env"]).exits(0);
    // What `off` puts back is kept, under a name that no tool reads.
    let stale = run.stdout.lines().filter(|line| line.contains("stale") && !line.starts_with("AWSENV_SAVED="));
    assert_eq!(stale.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(run.stdout.lines().any(|line| line == "AWS_ACCESS_KEY_ID=AKIADEMOSTAGING77777"), "{}", run.stdout);
    assert!(run.stdout.lines().any(|line| line == "KEPT=kept"));
}

#[test]
fn p2_without_a_verified_account_the_command_does_not_run() {
    let env = TestEnv::demo();
    env.aws()
        .fail(Failure::error("GetCallerIdentity", 403, "InvalidClientTokenId", "no").for_key("AKIADEMOSANDBOX77777"));
    for (profile, code) in [("no-such-profile", 2), ("broken", 2), ("mislabelled", 4), ("sandbox", 5)] {
        let run = env.run(&["exec", profile, "--", "sh", "-c", "echo ran"]).exits(code);
        assert_eq!(run.stdout, "", "{profile}");
    }
}

#[test]
fn the_code_and_the_signal_are_the_commands_own() {
    let env = TestEnv::demo();
    env.run(&["exec", "staging", "--", "sh", "-c", "exit 7"]).exits(7);
    env.run(&["exec", "staging", "--", "no-such-program"]).exits(127);
    let file = env.write("not-executable", "");
    env.run(&["exec", "staging", "--", &file.to_string_lossy()]).exits(126);
    let killed = env.run(&["exec", "staging", "--", "sh", "-c", "kill -TERM $$"]);
    assert_eq!((killed.code, killed.signal), (None, Some(15)));
}

#[test]
fn arguments_arrive_as_they_are() {
    let env = TestEnv::demo();
    let run = env.run(&["exec", "staging", "--", "printf", "%s\n", "--help", "a b", "$HOME", ""]).exits(0);
    assert_eq!(run.stdout, "--help\na b\n$HOME\n\n");
}

#[test]
fn run_is_another_name_for_it() {
    let run = TestEnv::demo().run(&["run", "staging", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"]).exits(0);
    assert_eq!(run.stdout, "444455556666\n");
}
