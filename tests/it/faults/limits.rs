//! Fault R29: no descriptor and no memory left.

use std::{collections::BTreeMap, fs, path::PathBuf};

use super::home;
use crate::support::{
    Run, TestEnv, assert_no_secret, files_below,
    vault::{SECRET, TestVault, fed},
};

const VERBS: [&str; 9] = [
    "add new --replace --stdin --passphrase-fd 3",
    "get vaulted --reveal --passphrase-fd 3",
    "unlock --passphrase-fd 3",
    "use deploy --shell sh",
    "exec deploy -- true",
    "credential-process deploy",
    "login corp --device-code",
    "sync sso corp --yes",
    "list",
];

fn machine() -> (TestEnv, TestVault) {
    let env = home();
    let vault = TestVault::make(&env);
    vault.add("vaulted", "AKIADEMOVAULTED77777", SECRET);
    (env, vault)
}

fn run(env: &TestEnv, limit: &str, verb: &str) -> Run {
    let mut command = env.command("bash");
    command.args(["-c", &format!("exec 3<passphrase; ulimit {limit} || exit 77; exec awsenv {verb}")]);
    fed(command, &format!("AKIADEMOVAULTED77777\n{SECRET}\n"))
}

/// The files that nothing may be lost of.
fn own(env: &TestEnv) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(env.home()).into_iter();
    files.filter(|(path, _)| path.ends_with(".aws/config") || path.ends_with(".aws/credentials")).collect()
}

#[test]
fn r29_where_a_limit_is_reached_it_is_said_and_the_vault_is_whole() {
    let (env, vault) = machine();
    // Fewer descriptors, or less memory, and the system does not even load the program.
    let limits = [5, 6, 7, 8, 9, 10, 12]
        .map(|count| format!("-n {count}"))
        .into_iter()
        .chain(["-v 50000", "-v 200000"].map(str::to_owned));
    for limit in limits {
        for verb in VERBS {
            let before = own(&env);
            let run = run(&env, &limit, verb);
            let what = format!("{verb} under ulimit {limit}: {run:?}");
            assert!(!run.stderr.contains("internal error at"), "{what}");
            let secrets = env.aws().secrets().into_iter().chain([SECRET.to_owned()]);
            assert_no_secret(&secrets.collect::<Vec<_>>(), &what, run.stderr.as_bytes());
            assert!(run.code == Some(0) || !run.stderr.is_empty(), "{what}");
            assert!(run.code.is_some_and(|code| code < 100) || limit.starts_with("-v"), "{what}");
            assert!(vault.names().contains(&"vaulted".to_owned()), "{what}");
            assert!(verb.starts_with("sync") || own(&env) == before, "{what}");
            env.run(&["lock"]).exits(0);
            let _ = fs::remove_dir_all(env.home().join(".cache"));
        }
    }
}
