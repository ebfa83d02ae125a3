//! Promise P6: what stands between a user and a protected account.

use awsenv::demo::Failure;

use crate::support::{Pty, Run, Terminal, TestEnv};

const PRODUCTION: &str = "111122223333";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// The demo's accounts, production protected like this.
fn protected(protection: &str) -> TestEnv {
    let env = TestEnv::demo();
    env.run(&["account", "set", PRODUCTION, "--protection", protection]).exits(0);
    env
}

/// Standard output is the refusal with this code, and nothing else.
#[track_caller]
fn refused(run: Run, code: i32) -> Run {
    let run = run.exits(code);
    assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
    assert!(!run.stdout.contains("AKIADEMO") && !run.stdout.contains("ASIA"), "{}", run.stdout);
    run
}

/// Standard output switches to production.
#[track_caller]
fn switched(run: Run) -> Run {
    let run = run.exits(0);
    assert!(run.stdout.contains(&format!("AWSENV_ACCOUNT_ID='{PRODUCTION}'")), "{}", run.stdout);
    assert!(!run.stdout.contains("AWSENVREFUSED"), "{}", run.stdout);
    run
}

fn use_production<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["use", "production", "--shell", "sh"], more].concat()
}

#[test]
fn p6_without_a_terminal_and_without_the_account_it_is_refused() {
    let env = protected("confirm");
    refused(env.run(&use_production(&[])), 3).says("1111-2222-3333").says("--confirm-account 111122223333");
    for (wrong, grouped) in [("444455556666", "4444-5555-6666"), ("111122223334", "1111-2222-3334")] {
        let run = refused(env.run(&use_production(&["--confirm-account", wrong])), 3).says(grouped);
        // Who meant another account is not handed what would confirm this one.
        assert!(!run.stderr.contains("--confirm-account 1111"), "{}", run.stderr);
    }
    refused(env.run(&use_production(&["--confirm-account", "3333"])), 2);
    let run = env.run(&["exec", "production", "--", "echo", "ran"]).exits(3);
    assert_eq!(run.stdout, "");
}

#[test]
fn p6_the_account_on_the_command_line_confirms() {
    let env = protected("confirm");
    for right in [PRODUCTION, "1111-2222-3333"] {
        switched(env.run(&use_production(&["--confirm-account", right])));
    }
    let arguments = ["exec", "production", "--confirm-account", PRODUCTION, "--", "echo", "ran"];
    assert_eq!(env.run(&arguments).exits(0).stdout, "ran\n");
}

#[test]
fn p6_no_answer_on_standard_input_confirms() {
    let env = protected("confirm");
    let run = env.sh("echo 3333 | awsenv use production --shell sh");
    refused(run, 3);
    let mut tempted = protected("confirm");
    for name in ["AWSENV_CONFIRM_ACCOUNT", "AWSENV_OPT_CONFIRM_ACCOUNT", "AWSENV_ACCOUNT_ID"] {
        tempted.set(name, PRODUCTION);
    }
    refused(tempted.run(&use_production(&[])), 3);
}

/// Types this answer to the question.
fn answer(env: &TestEnv, arguments: &[&str], typed: &str) -> Run {
    let mut pty = Pty::awsenv(env, arguments, Terminal::Stderr);
    pty.wait_for("This account is protected");
    pty.send(&format!("{typed}\n"));
    pty.finish()
}

#[test]
fn p6_on_a_terminal_the_account_is_typed() {
    let env = protected("confirm");
    for right in ["3333", PRODUCTION, "1111-2222-3333"] {
        let run = switched(answer(&env, &use_production(&[]), right));
        let banner = run.stderr.find("1111-2222-3333").expect("the banner is shown");
        assert!(banner < run.stderr.find("This account is protected").expect("it asks"), "{}", run.stderr);
    }
    for wrong in ["yes", "y", "", "1111", "6666", "444455556666"] {
        refused(answer(&env, &use_production(&[]), wrong), 3).says("was not confirmed");
    }
}

#[test]
fn p6_the_end_of_input_is_no_answer() {
    let env = protected("confirm");
    // ^D
    let mut pty = Pty::awsenv(&env, &use_production(&[]), Terminal::Stderr);
    pty.wait_for("This account is protected");
    pty.send("\u{4}");
    refused(pty.finish(), 3);
}

#[test]
fn p6_read_only_narrows_a_roles_session() {
    let env = protected("read-only");
    let run = switched(env.run(&["use", "admin", "--shell", "sh"])).says("read-only");
    let requests = env.aws().requests();
    let last = requests.iter().rfind(|request| request.operation == "AssumeRole").expect("the role is assumed");
    assert_eq!(last.policy_arns, [READ_ONLY]);
    // What is exported is the narrowed session, and it is the one that STS was asked about.
    let asked = requests.iter().rfind(|request| request.operation == "GetCallerIdentity").expect("STS is asked");
    let key = asked.access_key_id.as_deref().expect("it is signed");
    assert!(run.stdout.contains(&format!("AWS_ACCESS_KEY_ID='{key}'")), "{key} is not in {}", run.stdout);
    let narrowed = requests.iter().position(|request| !request.policy_arns.is_empty());
    assert!(narrowed < requests.iter().rposition(|request| request.operation == "GetCallerIdentity"));
}

#[test]
fn p6_whoami_and_the_prompt_know_that_the_session_was_narrowed() {
    let env = protected("read-only");
    let script = "eval \"$(awsenv use admin --shell sh)\"; awsenv whoami; awsenv prompt";
    let run = env.sh(script).exits(0).says("read-only: this session is narrowed to ReadOnlyAccess");
    let (banner, prompt) = run.stdout.trim_end().rsplit_once('\n').expect("there are two answers");
    assert!(banner.contains("read-only: this session is narrowed to ReadOnlyAccess"), "{banner}");
    assert!(prompt.contains(" Admin read-only "), "{prompt}");
    // The line `from` names profiles, and this is none.
    run.says("from        admin \u{2192} ");
    // Other keys with the same text beside them: they may write, and no guard believes the text.
    let swap = "eval \"$(awsenv use admin --shell sh)\"; kept=$AWSENV_CONTEXT; eval \"$(awsenv off --shell sh)\"; \
                eval \"$(awsenv use admin --shell sh --write --confirm-account 111122223333)\"; AWSENV_CONTEXT=$kept; \
                awsenv whoami; awsenv prompt; awsenv exec -- true";
    let run = env.sh(swap).exits(3);
    assert!(run.stdout.contains("may WRITE") && run.stdout.contains("MISMATCH"), "{}", run.stdout);
}

#[test]
fn p6_read_only_does_not_narrow_the_roles_on_the_way() {
    let env = protected("read-only");
    switched(env.run(&["use", "chain", "--shell", "sh"]));
    let asked = env.aws().requests();
    let asked: Vec<_> = asked.iter().filter(|request| request.operation == "AssumeRole").collect();
    let narrowed: Vec<_> = asked.iter().filter(|request| !request.policy_arns.is_empty()).collect();
    assert_eq!(narrowed.len(), 1, "{asked:?}");
    assert_eq!(asked.last().map(|request| request.policy_arns.as_slice()), Some(&[READ_ONLY.to_owned()][..]));
}

#[test]
fn p6_read_only_does_not_hand_out_the_profile_itself() {
    // Tools would take the role in full from AWS_PROFILE, whatever session was shown.
    let env = protected("read-only");
    let by_name = ["use", "admin", "--mode", "profile", "--shell", "sh"];
    refused(env.run(&by_name), 3).says("--mode profile");
    switched(env.run(&[&by_name[..], &["--write", "--confirm-account", PRODUCTION]].concat()));
    env.settings("\n[use]\nmode = \"profile\"\n");
    refused(env.run(&["use", "admin", "--shell", "sh"]), 3).says("--mode keys");
}

#[test]
fn p6_read_only_refuses_keys_that_cannot_be_narrowed() {
    let env = protected("read-only");
    refused(env.run(&use_production(&[])), 3).says("cannot be narrowed");
    // The confirmation alone asks for no write access.
    refused(env.run(&use_production(&["--confirm-account", PRODUCTION])), 3);
    let run = env.run(&["exec", "production", "--", "echo", "ran"]).exits(3);
    assert_eq!(run.stdout, "");
}

#[test]
fn p6_write_access_is_asked_for_and_confirmed() {
    let env = protected("read-only");
    for profile in ["production", "admin"] {
        let write = ["use", profile, "--shell", "sh", "--write"];
        refused(env.run(&write), 3).says("--confirm-account");
        refused(answer(&env, &write, "yes"), 3);
        switched(answer(&env, &write, "3333"));
        switched(env.run(&[&write[..], &["--confirm-account", PRODUCTION]].concat()));
    }
    let requests = env.aws().requests();
    assert!(requests.iter().all(|request| request.policy_arns.is_empty()), "{requests:?}");
}

#[test]
fn p6_read_only_narrows_a_role_of_the_command_line_too() {
    let env = TestEnv::demo();
    env.run(&["account", "set", "444455556666", "--protection", "read-only"]).exits(0);
    let role = "arn:aws:iam::444455556666:role/ops/Deploy";
    let run = env.run(&["use", "staging", "--role", role, "--shell", "sh"]).exits(0);
    assert!(run.stdout.contains("assumed-role/Deploy/"), "{}", run.stdout);
    let requests = env.aws().requests();
    let last = requests.iter().rfind(|request| request.operation == "AssumeRole").expect("the role is assumed");
    assert_eq!(last.policy_arns, [READ_ONLY]);
}

#[test]
fn p6_denied_is_denied() {
    let env = protected("deny");
    for profile in ["production", "admin", "chain"] {
        let use_it = ["use", profile, "--shell", "sh"];
        refused(env.run(&use_it), 3).says("deny");
        refused(env.run(&[&use_it[..], &["--write", "--confirm-account", PRODUCTION]].concat()), 3);
    }
    assert_eq!(env.run(&["exec", "production", "--", "echo", "ran"]).exits(3).stdout, "");
}

#[test]
fn p6_a_rule_raises_protection_and_only_the_accounts_entry_lowers_it() {
    let rule = "\n[[rules]]\nmatch = { alias = \"acme-*\" }\nprotection = \"confirm\"\n";
    let env = TestEnv::demo();
    env.settings(rule);
    refused(env.run(&use_production(&[])), 3);
    env.run(&["account", "set", PRODUCTION, "--protection", "none"]).exits(0);
    switched(env.run(&use_production(&[])));
    refused(env.run(&["use", "staging", "--shell", "sh"]), 3);
}

#[test]
fn p6_no_verify_is_refused_where_the_account_matters() {
    let env = TestEnv::demo();
    env.settings(
        "\n[profiles.sandbox]\naccount = \"777788889999\"\n\n[[rules]]\nmatch = { profile = \"prod*\" }\nprotection = \"confirm\"\n",
    );
    for profile in ["sandbox", "production", "mislabelled", "admin"] {
        refused(env.run(&["use", profile, "--no-verify", "--shell", "sh"]), 3).says("--no-verify");
        assert_eq!(env.run(&["exec", profile, "--no-verify", "--", "echo", "ran"]).exits(3).stdout, "", "{profile}");
    }
}

#[test]
fn p6_no_verify_elsewhere_names_no_account() {
    let env = TestEnv::demo();
    let held = env.variables_after("eval \"$(awsenv use staging --no-verify --shell sh 2>banner)\"");
    assert_eq!(held["AWSENV_VERIFIED"], "0");
    assert_eq!(held["AWS_ACCESS_KEY_ID"], "AKIADEMOSTAGING77777");
    let gone = ["ACCOUNT_ID", "ACCOUNT_ALIAS", "ACCOUNT_NAME", "CLASS", "COLOR", "ARN", "ROLE"];
    for name in gone {
        assert_eq!(held.get(&format!("AWSENV_{name}")), None, "{name}");
    }
    assert_eq!(held.get("AWS_ACCOUNT_ID"), None);
    let banner = std::fs::read_to_string(env.home().join("banner")).unwrap();
    assert!(banner.contains("UNVERIFIED") && !banner.contains("4444-5555-6666"), "{banner}");
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn p6_a_rule_protects_where_its_fact_cannot_be_asked() {
    let env = TestEnv::demo();
    env.settings("\n[[rules]]\nmatch = { alias = \"acme-*\" }\nprotection = \"deny\"\n");
    env.aws().fail(Failure::error("ListAccountAliases", 403, "AccessDenied", "no"));
    refused(env.run(&["use", "staging", "--shell", "sh", "--confirm-account", "444455556666"]), 3).says("deny");
    refused(env.run(&["use", "staging", "--shell", "sh", "--no-verify"]), 3).says("--no-verify");
}

/// Below `timeout`, a command of a script is in the background, where the system would stop whoever asks, and keep it stopped.
#[test]
fn p6_in_the_background_nothing_is_asked() {
    let env = protected("confirm");
    let script = format!("timeout 50 {} exec production -- echo ran", env!("CARGO_BIN_EXE_awsenv"));
    let run = Pty::spawn(&env, "sh", &["-c", &format!("{script}; exit $?")], Terminal::All).finish().exits(3);
    assert!(run.stderr.contains("there is no terminal") && !run.stderr.contains("ran"), "{}", run.stderr);
}
