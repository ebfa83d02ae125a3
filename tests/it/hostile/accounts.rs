//! What AWS answers: aliases and ARNs.

use std::{ffi::OsStr, fs};

use awsenv::demo::{Failure, Outcome};

use super::{Found, code, ensure, is_harmless, judge, nothing_ran, shells, use_in};
use crate::support::{Case, Pty, Run, Terminal, TestEnv};

const STAGING: &str = "444455556666";

fn use_staging(env: &TestEnv) -> Run {
    env.run(&["use", "staging", "--shell", "sh"])
}

/// The demo's accounts; staging has this alias, and its name may not be seen.
fn with_alias(alias: &str) -> TestEnv {
    let env = TestEnv::demo();
    env.aws().change(|scenario| {
        let account = scenario.accounts.iter_mut().find(|account| account.id == STAGING).expect("it is there");
        account.alias = Some(alias.to_owned());
    });
    env.aws().fail(Failure::error("GetAccountInformation", 403, "AccessDenied", "no"));
    env
}

fn alias(case: &Case) -> Found {
    let text = std::str::from_utf8(&case.value).expect("every alias of the corpus is text");
    let plain = case.expects("display-plain");
    let env = with_alias(text);
    env.write(".config/awsenv.toml", "[accounts.444455556666]\nclass = \"production\"\nprotection = \"none\"\n");
    for real in shells() {
        let after = use_in(&env, real, &[OsStr::new("staging")], &[]);
        after.is_in(STAGING)?;
        ensure!(after.get("AWSENV_CLASS") == Some("production"), "class {:?}", after.get("AWSENV_CLASS"));
        let held = after.decoded("AWSENV_ACCOUNT_ALIAS");
        let good = held.as_deref() == Some(text) || (!plain && held.is_none());
        ensure!(good, "{}: alias {held:?}: {}", after.name, after.stderr());
        nothing_ran(&env)?;
    }
    for verb in [&["use", "staging", "--shell", "sh"][..], &["whoami", "staging"], &["list"]] {
        let run = Pty::awsenv(&env, verb, Terminal::Stderr).finish().exits(0);
        is_harmless(run.stderr.as_bytes())?;
        is_harmless(run.stdout.as_bytes())?;
        let shown = run.stderr + &run.stdout;
        if verb != ["list"] {
            ensure!(shown.contains("4444-5555-6666"), "the account ID is not in {shown}");
            // XML cannot carry some of them, and then there is none.
            let marked = shown.contains("not a valid alias") || shown.contains("not known");
            ensure!(marked != plain, "{shown}");
        }
    }
    in_the_prompt(&env)?;
    never_lowers(text, case.expects("never-lowers-guard"))
}

/// The prompt, in the shells that have one, shows the account and runs nothing.
fn in_the_prompt(env: &TestEnv) -> Found {
    for shell in ["bash", "zsh", "fish"] {
        let script = format!("eval \"$(awsenv use staging --shell sh 2>banner)\"; awsenv prompt --shell {shell}");
        let shown = env.sh(&script).exits(0).stdout;
        // What readline needs around our own colours.
        let shown = if shell == "bash" { shown.replace(['\u{1}', '\u{2}'], "") } else { shown };
        is_harmless(shown.as_bytes())?;
        ensure!(!shown.trim_end().contains('\n'), "more than one line: {shown}");
        // `%{` and `%}` are zsh's marks around our own colours.
        let foreign = shown.replace("%%", "").replace("%{", "").replace("%}", "");
        ensure!(shell != "zsh" || !foreign.contains('%'), "zsh would read {shown}");
    }
    nothing_ran(env)
}

/// No alias lowers what the account's entry says; one that IAM cannot have given says nothing at all.
fn never_lowers(text: &str, says_nothing: bool) -> Found {
    let env = with_alias(text);
    let rule = "\n[[rules]]\nmatch = { alias = \"*\" }\nclass = \"sandbox\"\nprotection = \"none\"\n";
    env.write(
        ".config/awsenv.toml",
        "[accounts.444455556666]\nclass = \"production\"\nprotection = \"deny\"\n".to_owned() + rule,
    );
    let run = use_staging(&env);
    ensure!(run.code == Some(3), "the alias opened a denied account: {run:?}");
    let entry = "[accounts.444455556666]\nclass = \"production\"\nprotection = \"confirm\"\n";
    env.write(".config/awsenv.toml", entry.to_owned() + rule);
    ensure!(use_staging(&env).code == Some(3), "the alias took the question away");
    if says_nothing {
        fs::remove_file(env.home().join(".config/awsenv.toml")).unwrap();
        let run = use_staging(&env);
        ensure!(run.code == Some(0), "{run:?}");
        ensure!(!run.stdout.contains("AWSENV_CLASS='sandbox'"), "the alias made it a sandbox: {}", run.stdout);
    }
    Ok(())
}

/// STS answers with this ARN, and always with the same account beside it.
fn answering(arn: &str) -> TestEnv {
    let env = TestEnv::demo();
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>\
         </GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    env.aws().fail(Failure::of("GetCallerIdentity", Outcome::Body { status: 200, body }));
    env
}

fn arn(case: &Case) -> Found {
    let arn = std::str::from_utf8(&case.value).expect("every ARN of the corpus is text");
    let env = answering(arn);
    for real in shells() {
        let after = use_in(&env, real, &[OsStr::new("staging")], &[]);
        match code(case) {
            None => {
                after.is_in("123456789012")?;
                let held = after.decoded("AWSENV_ARN");
                ensure!(held.as_deref() == Some(arn), "{}: ARN {held:?}", after.name);
            }
            Some(code) => {
                after.is_refused(&["4", "6"], code)?;
                for word in ["[ ", "staging ]", "UNKNOWN ACCOUNT", "protection"] {
                    ensure!(!after.stderr().contains(word), "a banner: {}", after.stderr());
                }
            }
        }
        nothing_ran(&env)?;
    }
    let run = Pty::awsenv(&env, &["whoami", "staging"], Terminal::All).finish();
    ensure!((run.code == Some(0)) == code(case).is_none(), "whoami: {run:?}");
    is_harmless(run.stderr.as_bytes())?;
    if code(case).is_none() { in_the_prompt(&env) } else { Ok(()) }
}

#[test]
fn p5_every_alias_in_every_shell() {
    judge("account_alias", alias);
}

#[test]
fn p5_every_arn_in_every_shell() {
    judge("arn", arn);
}
