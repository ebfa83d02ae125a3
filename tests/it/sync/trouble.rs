//! Damaged files, no sign-in, an Identity Center that is busy, and names that are more than names.

use std::{fs, process::Stdio};

use awsenv::demo::{Failure, Outcome};

use super::{CACHE, SESSION, TOKEN, TWO, block, config, home, says, sync, two};
use crate::support::{
    Pty, Run, Terminal, assert_no_secret, corpus,
    vault::{SECRET, TestVault},
    wait,
};

#[test]
fn p8_a_damaged_file_is_named_and_left() {
    let env = home(&TWO);
    let good = format!("{SESSION}\n{}", block(&two()));
    for (text, message) in [
        (
            good.replace("# <<< awsenv sync sso corp <<<\n", ""),
            "~/.aws/config:5: the block that begins here does not end (block-damaged)",
        ),
        (
            good.replace("# >>>", "#>>>"),
            "~/.aws/config:5: the line that begins or ends awsenv's block was edited (block-damaged)",
        ),
        (
            good.replace("[profile acme", "[services x]\n[profile acme"),
            "~/.aws/config:12: the section in awsenv's block is none",
        ),
        (format!("{good}region = x\n"), "~/.aws/config:18: the line belongs to the last profile"),
        (format!("{good}[profile x\n"), "(config-syntax)"),
    ] {
        env.write(".aws/config", &text);
        let asked = env.aws().requests().len();
        says(&sync(&env, &["--yes"]).exits(2), message);
        assert_eq!(config(&env), text);
        assert_eq!(env.aws().requests().len(), asked, "nobody is asked first");
    }
    env.write(".aws/config", [good.as_bytes(), b"# caf\xe9\n"].concat());
    sync(&env, &["--yes"]).exits(2).says("~/.aws/config:18: the file is not UTF-8 text");
}

#[test]
fn the_session_must_be_clear() {
    let env = home(&TWO);
    sync(&env, &["crop"]).exits(2).says("there is no sso-session `crop`").says("The sso-sessions are corp.");
    env.write(".aws/config", format!("{SESSION}{}", SESSION.replace("corp]", "other]")));
    sync(&env, &[]).exits(2).says("The sso-sessions are corp, other.");
    env.write(".aws/config", "[default]\n");
    sync(&env, &[]).exits(2).says("There is no [sso-session] section in ~/.aws/config");
    env.write(".aws/config", SESSION.replace("corp]", "'a b']"));
    sync(&env, &["a b"]).exits(2).says("the sso-session `a b` cannot be synced");
    env.write(".aws/config", format!("{SESSION}region = nowhere\n"));
    sync(&env, &[]).exits(2).says("`nowhere` is not a region name");
    env.write(".aws/config", format!("{SESSION}region = eu-west-3\n"));
    sync(&env, &["--yes"]).exits(0);
    assert_eq!(config(&env).matches("sso_role_name = ReadOnly\nregion = eu-west-3\n").count(), 1);
}

#[test]
fn a_region_that_the_session_contradicts_is_not_written() {
    let env = home(&TWO);
    let text = format!("{SESSION}region = eu-west-3\n");
    env.write(".aws/config", &text);
    let run = sync(&env, &["--yes", "--region", "eu-west-1"]).exits(2);
    says(&run, "~/.aws/config:4: region is `eu-west-3` in the sso-session `corp`, so a profile of it with `eu-west-1`");
    says(&run, "Nothing was written.");
    assert_eq!(config(&env), text);
    assert!(env.aws().requests().is_empty(), "nobody is asked first");
    // What the settings say is for sessions that say nothing.
    env.settings("\n[sync]\nregion = \"eu-west-1\"\n");
    for arguments in [&["--yes"][..], &["--yes", "--region", "eu-west-3"]] {
        sync(&env, arguments).exits(0);
        assert_eq!(config(&env).matches("\nregion = eu-west-3\n").count(), 3, "{}", config(&env));
    }
    env.run(&["whoami", "acme-staging.ReadOnly"]).exits(0);
}

#[test]
fn without_a_sign_in_the_exit_code_is_5() {
    let env = home(&TWO);
    env.aws().change(|scenario| scenario.sso_tokens.clear());
    sync(&env, &["--yes"]).exits(5).says("Identity Center no longer accepts the sign-in");
    fs::remove_file(env.home().join(CACHE)).unwrap();
    sync(&env, &["--yes"])
        .exits(5)
        .says("nobody is signed in to sso-session `corp`")
        .says("Sign in with `awsenv login corp`.");
    assert_eq!(config(&env), SESSION);
}

#[test]
fn trouble_is_waited_out_and_half_an_answer_is_none() {
    let env = home(&TWO);
    // Each is gone once it was met.
    for failure in [
        Failure::error("ListAccounts", 429, "TooManyRequestsException", "Rate exceeded"),
        Failure::error("ListAccountRoles", 429, "TooManyRequestsException", "Rate exceeded"),
        Failure::error("ListAccountRoles", 503, "ServiceUnavailable", "busy"),
        Failure::of("ListAccountRoles", Outcome::Close),
    ] {
        let operation = failure.operation.clone().unwrap();
        let before = env.aws().requests().len();
        env.aws().fail(failure);
        let child = env.awsenv(&["sync", "sso", "--dry-run"]).stdout(Stdio::piped()).spawn().unwrap();
        wait(&operation, &true, || env.aws().requests()[before..].iter().any(|request| request.operation == operation));
        env.aws().change(|scenario| scenario.failures.clear());
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.exits(0).stdout.lines().count(), 2, "{operation}");
    }
    env.aws().fail(Failure::error("ListAccountRoles", 403, "ForbiddenException", "No access"));
    sync(&env, &["--yes"]).exits(5).says("list the roles in account");
    assert_eq!(config(&env), SESSION);
    env.aws().change(|scenario| scenario.failures.clear());
    for body in [r#"{"accountList":[{"accountId":"1"}]}"#, r#"{"accountList":[],"nextToken":"x"}"#] {
        env.aws().fail(Failure::of("ListAccounts", Outcome::Body { status: 200, body: body.into() }));
        sync(&env, &["--yes"]).exits(6).says("(bad-answer)");
    }
    assert_eq!(config(&env), SESSION);
}

#[test]
fn p4_the_sign_in_is_shown_nowhere() {
    let env = home(&TWO);
    for more in [&["--yes", "--debug"][..], &["--json", "--dry-run"]] {
        let run = sync(&env, more).exits(0);
        assert_no_secret(&[TOKEN.to_owned()], "the output", format!("{}{}", run.stdout, run.stderr).as_bytes());
    }
    assert!(!config(&env).contains(TOKEN));
}

#[test]
fn p5_no_name_of_an_account_or_role_is_more_than_a_name() {
    let texts: Vec<String> = ["account_alias", "profile_name"]
        .iter()
        .flat_map(|kind| corpus(kind))
        .map(|case| String::from_utf8_lossy(&case.value).into_owned())
        .filter(|text| !text.contains('/'))
        .collect();
    let ids: Vec<String> = (0..texts.len()).map(|n| format!("{:012}", 100 + n)).collect();
    let mut access: Vec<(&str, &str, &str)> =
        ids.iter().zip(&texts).map(|(id, text)| (id.as_str(), text.as_str(), "Admin")).collect();
    for text in &texts {
        access.push(("999900001111", "roles", text));
    }
    let env = home(&access);
    let run = sync(&env, &["--yes", "--register"]).exits(0);
    for output in [&run.stdout, &run.stderr] {
        assert!(output.chars().all(|c| c == '\n' || !c.is_control()), "{output:?}");
    }
    let text = config(&env);
    assert!(text.starts_with(&format!("{SESSION}\n# >>> awsenv sync sso corp >>>\n")));
    let ours = text[SESSION.len()..].lines();
    for line in ours {
        let known = ["# ", "[profile ", "sso_session = corp", "sso_account_id = ", "sso_role_name = "];
        assert!(line.is_empty() || known.iter().any(|start| line.starts_with(start)), "{line:?}");
        if let Some(name) = line.strip_prefix("[profile ").and_then(|rest| rest.strip_suffix(']')) {
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@+".contains(c)), "{line:?}");
        }
    }
    let pinned = text.lines().filter(|line| line.starts_with("sso_account_id = ")).count();
    assert!(pinned > texts.len() / 2, "{pinned} of {}", texts.len());
    env.run(&["config", "check"]).exits(0);
    sync(&env, &["--yes", "--register"]).exits(0).says("nothing to change");
}

#[test]
fn an_interrupt_takes_the_line_of_progress_back() {
    let env = home(&TWO);
    env.aws().fail(Failure::late("ListAccountRoles", 60_000));
    let mut pty = Pty::awsenv(&env, &["sync", "sso"], Terminal::All);
    pty.wait_for("awsenv: 2 accounts");
    pty.send("\x03");
    let run = pty.finish();
    assert_eq!(run.signal, Some(2), "{}", run.stderr);
    assert!(run.stderr.ends_with("\r\x1b[K"), "{:?}", run.stderr);
}

#[test]
fn the_block_of_a_session_that_is_gone_is_named() {
    let env = home(&TWO);
    sync(&env, &["--yes"]).exits(0);
    let renamed = config(&env).replace("[sso-session corp]", "[sso-session other]");
    env.write(".aws/config", &renamed);
    let note =
        "~/.aws/config:5: the block of the sso-session corp stays, which is gone: its profiles lead nowhere; delete it";
    says(&sync(&env, &["corp", "--yes"]).exits(2), note);
    assert_eq!(config(&env), renamed);
    let both = format!("{renamed}{}", SESSION.replace("corp]", "third]"));
    env.write(".aws/config", both.replace("[sso-session other]", "[sso-session corp]"));
    let run = sync(&env, &["corp", "--dry-run"]).exits(0);
    assert!(!run.stderr.contains("which is gone"), "{}", run.stderr);
    env.write(".aws/config", format!("{SESSION}{}", block("").replace("corp", "old")));
    says(&sync(&env, &["--yes"]).exits(0), "~/.aws/config:4: the block of the sso-session old stays, which is gone");
}

#[test]
fn p1_no_profile_is_called_as_one_of_the_vault() {
    let env = home(&TWO);
    let vault = TestVault::make(&env);
    vault.add("acme-staging.ReadOnly", "AKIADEMOVAULT7777777", SECRET);
    says(&sync(&env, &["--dry-run"]).exits(0), "the vault is locked: whether it has profiles of the same names");
    env.sh("awsenv unlock --passphrase-fd 3 3<passphrase").exits(0);
    let run = sync(&env, &["--yes"]).exits(0);
    env.run(&["lock"]).exits(0);
    says(
        &run,
        "acme-staging.ReadOnly-111122223333 is not called acme-staging.ReadOnly: the vault has a profile of that name",
    );
    assert!(!run.stderr.contains("locked"), "{}", run.stderr);
    let text = config(&env);
    assert!(text.contains("[profile acme-staging.ReadOnly-111122223333]"), "{text}");
    assert!(!text.contains("[profile acme-staging.ReadOnly]"), "{text}");
}
