//! Several shells that need the same session at once, as when a terminal restores its panes: one code is enough for all.

use std::{fs, path::PathBuf, process::Command};

use super::{QUESTION, ROLE, SERIAL, asked, env, exec, script};
use crate::support::{
    Pty, Terminal, TestEnv,
    vault::{TestVault, run_with_passphrase},
};

const WAITS: &str = "for the same session; waiting for that one";
const SWITCH: &str = "eval \"$(awsenv use breakglass --shell bash)\"; echo \"code=$? in=${AWSENV_ACCOUNT_ID-none}.\"";
const SWITCHED: &str = "code=0 in=111122223333.";

fn in_files() -> TestEnv {
    let env = env();
    env.settings("\n[sessions]\ncache = \"file\"\n");
    env
}

/// Where the vault is unlocked, and nothing else is said.
fn with_the_agent() -> TestEnv {
    let env = env();
    TestVault::make(&env);
    run_with_passphrase(&env, &["unlock"], "").exits(0);
    env
}

fn shell(env: &TestEnv) -> Pty {
    script(env, "bash", SWITCH)
}

/// A shell that is asked for a code.
fn asks(env: &TestEnv) -> Pty {
    let pty = shell(env);
    pty.wait_for(QUESTION);
    pty
}

/// One that waits for another.
fn waits(env: &TestEnv) -> Pty {
    let pty = shell(env);
    pty.wait_for(WAITS);
    pty
}

#[track_caller]
fn ends_asked(mut pty: Pty) {
    pty.wait_for(QUESTION);
    pty.send("123456\n");
    pty.finish().exits(0).says(SWITCHED);
}

/// The locks that are there.
fn turns(env: &TestEnv) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(env.home().join(".cache/awsenv/sessions")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "turn")).collect()
}

#[test]
fn one_code_is_enough_for_four_panes() {
    for env in [in_files(), with_the_agent()] {
        let first = asks(&env);
        let others: Vec<Pty> = (0..3).map(|_| waits(&env)).collect();
        let turn = fs::read_to_string(turns(&env).remove(0)).unwrap();
        ends_asked(first);
        for other in others {
            let run = other.finish().exits(0).says(SWITCHED).says("PRODUCTION");
            assert!(!run.stderr.contains(QUESTION), "{}", run.stderr);
            assert!(run.stderr.contains(&format!("(process {})", turn.trim())), "{turn}: {}", run.stderr);
            assert!(run.stderr.contains(SERIAL), "{}", run.stderr);
        }
        assert_eq!((asked(&env, "AssumeRole"), turns(&env)), (1, vec![]));
        env.run(&["lock"]);
    }
}

#[test]
fn one_code_is_enough_for_the_session_of_a_user() {
    let env = in_files();
    env.settings("\n[mfa]\nmethod = \"session\"\n");
    let session = "MFA code of arn:aws:iam::111122223333:mfa/ada to open a session";
    let mut first = shell(&env);
    first.wait_for(session);
    let second = waits(&env);
    first.send("123456\n");
    first.finish().exits(0).says(SWITCHED);
    second.finish().exits(0).says(SWITCHED);
    assert_eq!(asked(&env, "GetSessionToken"), 1);
}

#[test]
fn what_is_opened_on_the_way_to_another_role_is_waited_for_too() {
    let env = in_files();
    let deploy = "arn:aws:iam::444455556666:role/ops/Deploy";
    env.aws().change(|scenario| {
        let role = scenario.roles.iter_mut().find(|role| role.arn == deploy).unwrap();
        role.trust.push(ROLE.to_owned());
    });
    env.profile("beyond", &format!("role_arn = {deploy}\nsource_profile = breakglass"));
    let mut first = script(&env, "bash", &SWITCH.replace("use breakglass", "use beyond"));
    first.wait_for(QUESTION);
    let second = waits(&env);
    first.send("123456\n");
    first.finish().exits(0).says("code=0 in=444455556666.");
    second.finish().exits(0).says(SWITCHED);
    assert_eq!(asked(&env, "AssumeRole"), 2);
}

/// A shell that goes on after ^C, and is asked or waits until then.
fn patient(env: &TestEnv, shows: &str) -> Pty {
    let pty = script(env, "bash", &format!("trap : INT; {SWITCH}"));
    pty.wait_for(shows);
    pty
}

#[test]
fn the_next_one_is_asked_when_the_first_gives_up() {
    let env = in_files();
    for (key, code) in [("\u{4}", "code=5 in=none."), ("\u{3}", "code=130 in=none.")] {
        let mut first = patient(&env, QUESTION);
        let mut second = patient(&env, WAITS);
        first.send(key);
        first.finish().exits(0).says(code);
        second.wait_for(QUESTION);
        second.send(key);
        second.finish().exits(0).says(code);
    }
    assert_eq!(asked(&env, "AssumeRole"), 0);
}

#[test]
fn the_next_one_is_asked_when_the_first_is_killed() {
    let env = in_files();
    let mut first = Pty::awsenv(&env, &["use", "breakglass", "--shell", "sh"], Terminal::Stderr);
    first.wait_for(QUESTION);
    let second = waits(&env);
    assert!(Command::new("kill").args(["-KILL", &first.id().to_string()]).status().unwrap().success());
    assert_eq!(first.ended(), Some(9));
    ends_asked(second);
    assert_eq!(turns(&env), Vec::<PathBuf>::new());
}

#[test]
fn p2_who_waits_can_be_interrupted_and_is_refused() {
    let env = in_files();
    let first = asks(&env);
    let mut second = patient(&env, WAITS);
    second.send("\u{3}");
    let run = second.finish().exits(0).says("code=130 in=none.");
    assert!(!run.stderr.contains(QUESTION), "{}", run.stderr);
    ends_asked(first);
}

#[test]
fn renewed_at_once_they_get_one_new_session() {
    let env = in_files();
    env.aws().change(|scenario| scenario.mfa_codes_work_once = false);
    exec(&env, "breakglass", &["--mfa-code", "123456"]).exits(0);
    let renew = "eval \"$(awsenv use breakglass --shell bash)\"; old=$AWS_ACCESS_KEY_ID; \
                 eval \"$(awsenv renew --shell bash)\"; test $old != $AWS_ACCESS_KEY_ID; echo \"code=$? in=$AWSENV_ACCOUNT_ID.\"";
    let mut first = script(&env, "bash", renew);
    first.wait_for(QUESTION);
    let second = script(&env, "bash", renew);
    second.wait_for(WAITS);
    first.send("123456\n");
    first.finish().exits(0).says(SWITCHED);
    second.finish().exits(0).says(SWITCHED);
    assert_eq!(asked(&env, "AssumeRole"), 2);
}

#[test]
fn where_nothing_is_kept_each_is_asked() {
    let off = env();
    off.settings("\n[sessions]\ncache = \"off\"\n");
    let locked = env();
    let no_place = in_files();
    fs::create_dir_all(no_place.home().join(".cache")).unwrap();
    no_place.write(".cache/awsenv", "a file");
    for env in [off, locked, no_place] {
        env.aws().change(|scenario| scenario.mfa_codes_work_once = false);
        let (first, second) = (asks(&env), asks(&env));
        ends_asked(first);
        ends_asked(second);
        assert_eq!(asked(&env, "AssumeRole"), 2);
    }
}

#[test]
fn p6_while_an_account_is_confirmed_the_next_one_is_asked() {
    let env = in_files();
    env.aws().change(|scenario| scenario.mfa_codes_work_once = false);
    env.run(&["account", "set", "111122223333", "--protection", "confirm"]).exits(0);
    let mut first = asks(&env);
    let second = waits(&env);
    first.send("123456\n");
    first.wait_for("to go on");
    second.wait_for(QUESTION);
    first.send("111122223333\n");
    first.finish().exits(0).says(SWITCHED);
}

#[test]
fn who_asks_for_something_else_or_has_a_code_or_nobody_to_ask_does_not_wait() {
    let env = in_files();
    env.aws().change(|scenario| scenario.mfa_codes_work_once = false);
    let first = asks(&env);
    let other = script(&env, "bash", &SWITCH.replace("use breakglass", "use breakglass --session-name other"));
    ends_asked(other);
    let run = exec(&env, "breakglass", &[]).exits(5);
    assert!(!run.stderr.contains(WAITS), "{}", run.stderr);
    assert_eq!(exec(&env, "breakglass", &["--mfa-code", "123456"]).exits(0).stdout, "111122223333 BreakGlass\n");
    ends_asked(first);
}

#[test]
fn a_program_that_prints_the_code_is_run_once() {
    let env = in_files();
    let program = env.write("code", "#!/bin/sh\necho run >>\"$HOME/runs\"\ncat \"$HOME/go\" >/dev/null\necho 123456\n");
    env.sh("mkfifo go").exits(0);
    let device = format!("mfa_serial = {SERIAL}\nmfa_process = sh {}", program.display());
    env.profile("by-key", &format!("role_arn = {ROLE}\nsource_profile = production\n{device}"));
    let by_key = SWITCH.replace("use breakglass", "use by-key");
    let first = script(&env, "bash", &by_key);
    // It reads only once it is run.
    let go = fs::OpenOptions::new().write(true).open(env.home().join("go")).unwrap();
    let second = script(&env, "bash", &by_key);
    second.wait_for(WAITS);
    drop(go);
    first.finish().exits(0).says(SWITCHED);
    second.finish().exits(0).says(SWITCHED);
    assert_eq!(fs::read_to_string(env.home().join("runs")).unwrap(), "run\n");
}

#[test]
fn without_a_terminal_nobody_is_waited_for_even_where_a_program_prints_the_code() {
    let env = in_files();
    env.aws().change(|scenario| scenario.mfa_codes_work_once = false);
    let hang = "mkdir \"$HOME/first\" 2>/dev/null && cat \"$HOME/go\" >/dev/null";
    let program = env.write("code", format!("#!/bin/sh\n{hang}\necho 123456\n"));
    env.sh("mkfifo go").exits(0);
    let device = format!("mfa_serial = {SERIAL}\nmfa_process = sh {}", program.display());
    env.profile("by-key", &format!("role_arn = {ROLE}\nsource_profile = production\n{device}"));
    let first = script(&env, "bash", &SWITCH.replace("use breakglass", "use by-key"));
    // It reads only once it is run.
    let go = fs::OpenOptions::new().write(true).open(env.home().join("go")).unwrap();
    let run = exec(&env, "by-key", &[]).exits(0);
    assert_eq!(run.stdout, "111122223333 BreakGlass\n");
    assert!(!run.stderr.contains(WAITS), "{}", run.stderr);
    drop(go);
    first.finish().exits(0).says(SWITCHED);
}

#[test]
fn whoami_keeps_nothing_so_it_waits_for_nobody_and_nobody_for_it() {
    let env = in_files();
    env.aws().change(|scenario| scenario.mfa_codes_work_once = false);
    let whoami = || {
        let pty = Pty::awsenv(&env, &["whoami", "breakglass"], Terminal::Stderr);
        pty.wait_for(QUESTION);
        pty
    };
    let before = whoami();
    let switch = asks(&env);
    for mut pty in [before, whoami()] {
        pty.send("123456\n");
        let run = pty.finish().exits(0);
        assert!(!run.stderr.contains(WAITS), "{}", run.stderr);
    }
    ends_asked(switch);
}

#[test]
fn what_a_killed_one_left_goes_with_logout() {
    let env = in_files();
    let first = Pty::awsenv(&env, &["exec", "breakglass", "--", "true"], Terminal::Stderr);
    first.wait_for(QUESTION);
    env.run(&["logout", "--all"]).exits(0);
    assert_eq!(turns(&env).len(), 1, "it is at it");
    assert!(Command::new("kill").args(["-KILL", &first.id().to_string()]).status().unwrap().success());
    first.finish();
    assert_eq!(turns(&env).len(), 1);
    env.run(&["logout", "--all"]).exits(0);
    assert_eq!(turns(&env), Vec::<PathBuf>::new());
}
