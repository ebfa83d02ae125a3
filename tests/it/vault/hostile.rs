//! Promise P5 for what comes out of the vault: each hostile name of the corpus, added, listed, shown, used and removed.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use crate::support::{
    Pty, Run, Terminal, TestEnv, corpus, files_below, is_harmless,
    vault::{TestVault, fed, run_with_passphrase},
};

const ID: &str = "AKIADEMOSTAGING77777";
const SECRET: &str = "demo/staging/not+a+secret/DEMO+DEMO+DE/0";

fn nothing_ran(env: &TestEnv, what: &str) {
    let pwned = files_below(env.home()).into_iter().find(|(path, _)| path.file_name() == Some(OsStr::new("PWN")));
    assert!(pwned.is_none(), "{what}: {pwned:?}");
}

#[track_caller]
fn harmless(text: &str, what: &str) {
    assert_eq!(is_harmless(text.as_bytes()), Ok(()), "{what}");
}

#[test]
fn p5_every_name_of_the_corpus_in_the_vault() {
    let env = TestEnv::demo();
    let vault = TestVault::make(&env);
    run_with_passphrase(&env, &["unlock"], "").exits(0);
    let (mut taken, mut refused) = (0, 0);
    for case in corpus("profile_name") {
        if case.value.contains(&0) {
            continue;
        }
        let name = OsStr::from_bytes(&case.value);
        let with = |arguments: &[&str]| {
            let mut command = env.awsenv(arguments);
            command.arg("--").arg(name);
            command
        };
        let run: Run = fed(with(&["add", "--stdin"]), &format!("{ID}\n{SECRET}\n"));
        harmless(&run.stderr, &case.why);
        if run.code != Some(0) {
            assert_eq!(run.code, Some(2), "{}: {}", case.why, run.stderr);
            // What looks like an option is a name in a file, but no new one in the vault.
            let is_option = run.stderr.contains("(name-dash)");
            assert_eq!(is_option, case.value.starts_with(b"-"), "{}: {}", case.why, run.stderr);
            assert!(is_option || case.verdict() != "accept", "{}: {}", case.why, run.stderr);
            assert_eq!(vault.names(), Vec::<String>::new(), "{}", case.why);
            refused += 1;
            continue;
        }
        assert_ne!(case.verdict(), "refuse", "{}", case.why);
        let text = name.to_str().expect("what is no text is refused");
        assert_eq!(vault.names(), [text], "{}", case.why);
        for arguments in [&["list"][..], &["get", "--", text], &["whoami", "--", text]] {
            let run = Pty::awsenv(&env, arguments, Terminal::All).finish();
            harmless(&run.stderr, &format!("{}: {arguments:?}", case.why));
        }
        let script = "eval \"$(awsenv use --shell sh -- \"$1\")\"; echo \"$? $AWSENV_ACCOUNT_ID\"";
        let used = env.command("sh").args(["-c", script, "sh"]).arg(name).output().expect("sh starts");
        let used: Run = used.into();
        assert_eq!(used.stdout, "0 444455556666\n", "{}: {}", case.why, used.stderr);
        harmless(&used.stderr, &case.why);
        let run: Run = with(&["rm"]).output().expect("awsenv starts").into();
        harmless(&run.exits(0).stderr, &case.why);
        nothing_ran(&env, &case.why);
        taken += 1;
    }
    println!("{taken} names taken and used, {refused} refused, none of them run");
    env.run(&["lock"]).exits(0);
}

#[test]
fn p5_long_names_are_refused_through_the_agent_and_without_it() {
    let env = TestEnv::demo();
    let vault = TestVault::make(&env);
    let long = "n".repeat(128 * 1024 - 1);
    for locked in [true, false] {
        if !locked {
            run_with_passphrase(&env, &["unlock"], "").exits(0);
        }
        for verb in [&["add", "--stdin"][..], &["get"], &["rm"]] {
            let more: &[&str] = if locked { &["--passphrase-fd", "3"] } else { &[] };
            let mut command = env.command("sh");
            command.args(["-c", "exec awsenv \"$@\" 3<passphrase", "sh"]).args(verb).args(more).arg(&long);
            let run = fed(command, &format!("{ID}\n{SECRET}\n"));
            assert!(matches!(run.code, Some(2 | 7)), "{verb:?}: {:?}", run.code);
            assert!(run.stderr.len() < 20_000, "{verb:?}: {} bytes are said", run.stderr.len());
        }
    }
    assert_eq!(vault.names(), Vec::<String>::new());
    // The agent is there all the same.
    env.run(&["unlock"]).exits(0).says("unlocked already");
    env.run(&["lock"]).exits(0);
}

#[test]
fn p2_a_profile_that_is_removed_while_it_is_used_is_whole_or_refused() {
    let env = TestEnv::demo();
    let vault = TestVault::make(&env);
    run_with_passphrase(&env, &["unlock"], "").exits(0);
    let (mut switched, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..40 {
                vault.add("a", ID, SECRET);
                env.run(&["rm", "a"]).exits(0);
            }
        });
        while !writer.is_finished() {
            let held = env.variables_after("eval \"$(awsenv use a --shell sh 2>/dev/null)\" || :");
            match held.get("AWSENV_ACCOUNT_ID").map(String::as_str) {
                Some("444455556666") if held["AWS_ACCESS_KEY_ID"] == ID => switched += 1,
                None if held["AWS_ACCESS_KEY_ID"] == "AWSENVREFUSED0000000" => refused += 1,
                other => panic!("{other:?} with {}", held["AWS_ACCESS_KEY_ID"]),
            }
        }
    });
    println!("{switched} switched, {refused} refused while the profile came and went");
    env.run(&["lock"]).exits(0);
}
