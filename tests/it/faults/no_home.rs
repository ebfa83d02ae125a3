//! Fault R8: a home that is not said, empty or relative, and a user that the system does not know.

use std::{fs, process::Command};

use super::{STAGING, home};
use crate::support::{
    Run, TestEnv, files_below, tool,
    vault::{PASSPHRASE, SECRET, fed},
};

/// A user that stands in no passwd file.
const NOBODY: &str = "54321";

/// Verbs that need a home, for their files or for the user's.
const VERBS: [&str; 12] = [
    "use staging --shell sh",
    "exec staging -- true",
    "whoami staging",
    "credential-process staging",
    "export staging --format json",
    "list",
    "list --json",
    "login corp --device-code",
    "sync sso corp",
    "account set 444455556666 --class staging",
    "add new --stdin --passphrase-fd 3",
    "unlock --passphrase-fd 3",
];

/// Homes that are none.
const HOMES: [Option<&str>; 3] = [None, Some(""), Some("relative")];

/// No more than a path and such a home.
fn bare(home: Option<&str>) -> TestEnv {
    let mut env = TestEnv::empty();
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    for name in ["TERM", "LANG", "TZ", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        env.unset(name);
    }
    match home {
        Some(home) => env.set("HOME", home),
        None => env.unset("HOME"),
    }
    env
}

/// sh, or sh as the unknown user. `None` where nobody else can be had, or not with our binary.
fn shell(env: &TestEnv, as_nobody: bool) -> Option<Command> {
    if !as_nobody {
        return Some(env.command("sh"));
    }
    let setpriv = tool("setpriv").filter(|_| rustix::process::geteuid().is_root())?;
    let as_nobody = || {
        let mut command = env.command(&setpriv);
        command.args([&format!("--reuid={NOBODY}"), &format!("--regid={NOBODY}"), "--clear-groups"]);
        command
    };
    env.sh(&format!("chown -R {NOBODY}:{NOBODY} .")).exits(0);
    let reachable = as_nobody().args(["awsenv", "--version"]).output().is_ok_and(|output| output.status.success());
    reachable.then(|| {
        let mut command = as_nobody();
        command.arg("sh");
        command
    })
}

#[test]
fn r8_without_a_home_each_verb_says_what_to_set_and_writes_nothing_where_it_stands() {
    for (home, as_nobody) in HOMES.into_iter().flat_map(|home| [(home, false), (home, true)]) {
        let env = bare(home);
        for verb in VERBS {
            let Some(mut command) = shell(&env, as_nobody) else { continue };
            command.args(["-c", &format!("exec awsenv {verb} 3<passphrase")]);
            let run = fed(command, &format!("AKIADEMOVAULTED77777\n{SECRET}\n")).exits(2);
            assert!(run.stderr.contains("HOME is not set to an absolute path"), "{verb}, {home:?}: {}", run.stderr);
            let is_refusal = run.stdout.contains("AWSENVREFUSED0000000");
            assert!(run.stdout.is_empty() || verb.starts_with("use") && is_refusal, "{verb}: {}", run.stdout);
        }
        let Some(mut command) = shell(&env, as_nobody) else { continue };
        let run: Run = command.args(["-c", "exec awsenv prompt"]).output().unwrap().into();
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""), "{home:?}");
        let files: Vec<_> = files_below(env.home()).into_iter().map(|(path, _)| path).collect();
        assert_eq!(files, [env.home().join("passphrase")], "{home:?}");
        assert_eq!(fs::read_dir(env.home()).unwrap().count(), 1, "{home:?}: no folder either");
    }
}

#[test]
fn r8_files_that_are_all_named_need_no_home() {
    for home_is in HOMES {
        let mut env = home();
        for (variable, file) in [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")] {
            let path = env.home().join(".aws").join(file);
            env.set(variable, path.to_str().unwrap());
        }
        let before = files_below(env.home());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"] {
            env.unset(name);
        }
        if let Some(home) = home_is {
            env.set("HOME", home);
        }
        // The settings say what is protected: they are not left out because nobody knows where they are.
        env.run(&["exec", "staging", "--", "true"]).exits(2).says("(no-home)");
        let settings = env.home().join(".config/awsenv.toml");
        env.set("AWSENV_CONFIG", settings.to_str().unwrap());
        for (verb, says) in [
            (&["use", "staging", "--shell", "sh"][..], "AWSENV_ACCOUNT_ID='444455556666'"),
            (&["exec", "deploy", "--", "sh", "-c", "echo $AWSENV_ACCOUNT_ID"], STAGING),
            (&["credential-process", "deploy"], "\"AccountId\":\"444455556666\""),
            (&["whoami", "deploy"], "4444-5555-6666"),
            (&["list"], "deploy"),
        ] {
            let run = env.run(verb).exits(0);
            assert!(run.stdout.contains(says), "{verb:?}: {}{}", run.stdout, run.stderr);
        }
        assert_eq!(files_below(env.home()), before);
    }
}
