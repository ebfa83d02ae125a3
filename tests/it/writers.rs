//! Faults R2 and R4 for each way in which awsenv writes a file: in which order the disk gets it, and a limit of file size.

use std::{fs, path::Path, process::Command};

use crate::{
    login, rotate,
    support::{
        Run, TestEnv, files_below, tool,
        vault::{SECRET, fed},
    },
    sync,
};

const VAULT: &str = ".local/share/awsenv/vault";
/// What a command line finds on its descriptors: the passphrase, and the next one.
const OPEN: &str = "3<\"$HOME/passphrase\" 4<\"$HOME/next\"";

/// Something that writes a file.
struct Writer {
    /// Makes the home in which it has something to write.
    home: fn() -> TestEnv,
    /// Its arguments.
    arguments: &'static str,
    /// What it reads.
    input: &'static str,
    /// The file that it replaces.
    file: &'static str,
    /// The lock that is held meanwhile, and the exit code where it cannot be had.
    lock: Option<(&'static str, i32)>,
    /// True if the file must outlive a power cut; what can be had again need not.
    lasts: bool,
    /// The exit code where the file cannot be written.
    refused: i32,
}

const WRITERS: [Writer; 12] = [
    of_vault("rm robot --passphrase-fd 3", ""),
    of_vault("passwd --passphrase-fd 3 --new-passphrase-fd 4", ""),
    of_vault("totp robot --stdin --yes --passphrase-fd 3", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n"),
    of_vault("import --from credentials source --passphrase-fd 3", ""),
    of_vault("rotate robot --yes --passphrase-fd 3", ""),
    // The plain keys that were imported go from a file of the user's own.
    Writer { home: imported, file: "source", ..of_vault(REMOVE, "") },
    Writer {
        home: TestEnv::demo,
        arguments: "account set 444455556666 --name another",
        file: ".config/awsenv.toml",
        lock: Some((".local/state/awsenv/settings.lock", 2)),
        ..of_vault("", "")
    },
    Writer {
        home: || sync::home(&sync::TWO),
        arguments: "sync sso --yes",
        file: ".aws/config",
        lock: Some((".local/state/awsenv/aws-config.lock", 2)),
        ..of_vault("", "")
    },
    // A sign-in that nobody can use next time is none.
    Writer { home: login::env, arguments: "login corp", file: login::TOKEN, lock: None, ..of_vault("", "") },
    // What was renewed serves this run; but two that renew would spend the refresh token of the other.
    Writer {
        home: login::cache::expired,
        arguments: "exec developer -- true",
        file: login::TOKEN,
        lock: Some((".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json.lock", 5)),
        refused: 0,
        ..of_vault("", "")
    },
    of_cache(".cache/awsenv/sessions/", ".cache/awsenv/sessions/lock"),
    of_cache(".cache/awsenv/accounts.json", ".cache/awsenv/accounts.json.lock"),
];
const REMOVE: &str = "import --from credentials source --replace --remove-plaintext --passphrase-fd 3";
const fn of_vault(arguments: &'static str, input: &'static str) -> Writer {
    Writer {
        home: robot,
        arguments,
        input,
        file: VAULT,
        lock: Some((".local/share/awsenv/vault.lock", 7)),
        lasts: true,
        refused: 2,
    }
}

const fn of_cache(file: &'static str, lock: &'static str) -> Writer {
    let lock = Some((lock, 0));
    Writer { home: keeping, arguments: "exec deploy -- true", input: "", file, lock, lasts: false, refused: 0 }
}

/// A user of staging whose key is in the vault, and keys to import.
fn robot() -> TestEnv {
    let (env, _) = rotate::env();
    env.write(
        "source",
        format!("[plain]\naws_access_key_id = AKIADEMOVAULT7777778\naws_secret_access_key = {SECRET}\n"),
    );
    env
}

/// The same after the import.
fn imported() -> TestEnv {
    let env = robot();
    env.write("next", "");
    fed(command(&env, "", "import --from credentials source --passphrase-fd 3"), "").exits(0);
    env
}

/// A role whose sessions are kept in files.
fn keeping() -> TestEnv {
    let env = TestEnv::demo();
    env.profile("deploy", "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging");
    env.settings("\n[sessions]\ncache = \"file\"\n");
    env
}

/// awsenv with these arguments, after and below these words of a shell.
fn command(env: &TestEnv, before: &str, arguments: &str) -> Command {
    let mut command = env.command("sh");
    command.args(["-c", &format!("{before} awsenv {arguments} {OPEN}")]);
    command
}

impl Writer {
    fn home(&self) -> TestEnv {
        let env = (self.home)();
        env.write("next", "another passphrase\n");
        env.append("passphrase", "");
        env
    }

    fn run(&self, env: &TestEnv, before: &str) -> Run {
        fed(command(env, before, self.arguments), self.input)
    }

    /// The files that it writes, with what they hold.
    fn files(&self, env: &TestEnv) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let is_its = |path: &Path| match self.file.strip_suffix('/') {
            Some(folder) => path.starts_with(env.home().join(folder)) && !path.ends_with("lock"),
            None => path == env.home().join(self.file),
        };
        let mut files = files_below(env.home());
        files.retain(|(path, _)| is_its(path));
        files.sort();
        files
    }
}

/// What is done to the new files of this name, and to their folder after that, in order; writes that follow each other are one.
fn steps(trace: &str, folder: &Path, file: &str) -> Vec<&'static str> {
    let (new, folder) = (format!("{}/.{file}", folder.display()), format!("<{}>", folder.display()));
    let mut steps = Vec::new();
    for line in trace.lines() {
        let call = line.split_whitespace().nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
        // The backup's new name is renamed, too; what it names is on the disk already.
        let of_new = line.contains(&new) && line.contains(".awsenv-new") && !line.contains(".bak");
        match call {
            "write" if of_new && steps.last() != Some(&"write") => steps.push("write"),
            "fsync" if of_new => steps.push("fsync"),
            "rename" | "renameat" | "renameat2" if of_new => steps.push("rename"),
            // Of another file in the same folder, if this one was not renamed just now.
            "fsync" if line.contains(&folder) && steps.last() == Some(&"rename") => steps.push("fsync the folder"),
            _ => {}
        }
    }
    steps
}

#[test]
fn p8_r2_each_writer_syncs_the_file_then_renames_it_then_syncs_the_folder() {
    let Some(strace) = tool("strace") else { return };
    for writer in WRITERS {
        let env = writer.home();
        let strace = format!("{} -f -qq -y -e trace=write,fsync,rename,renameat,renameat2 -o trace", strace.display());
        writer.run(&env, &strace).exits(0);
        let trace = fs::read_to_string(env.home().join("trace")).unwrap();
        let (folder, file) = writer.file.rsplit_once('/').unwrap_or(("", writer.file));
        let folder = if folder.is_empty() { env.home().to_owned() } else { env.home().join(folder) };
        let steps = steps(&trace, &folder, file);
        let expected: &[&str] =
            if writer.lasts { &["write", "fsync", "rename", "fsync the folder"] } else { &["write", "rename"] };
        assert!(
            !steps.is_empty() && steps.chunks(expected.len()).all(|step| step == expected),
            "{}: {steps:?}",
            writer.arguments
        );
    }
}

#[test]
fn p8_r4_a_limit_of_file_size_kills_no_writer_and_changes_nothing() {
    for writer in WRITERS {
        let env = writer.home();
        let before = writer.files(&env);
        let run = writer.run(&env, "ulimit -f 0;");
        assert_eq!((run.code, run.signal), (Some(writer.refused), None), "{}: {}", writer.arguments, run.stderr);
        if writer.refused != 0 {
            assert!(run.stderr.contains("(os error 27)"), "{}: {}", writer.arguments, run.stderr);
        }
        assert_eq!(writer.files(&env), before, "{}", writer.arguments);
        let left = files_below(env.home()).into_iter().find(|(path, _)| path.to_string_lossy().ends_with("-new"));
        assert!(left.is_none(), "{}: {left:?}", writer.arguments);
    }
}

#[test]
fn p8_what_stands_in_a_locks_place_lets_nobody_wait_and_write() {
    let Some(_) = tool("mkfifo") else { return };
    for (writer, (lock, code)) in WRITERS.into_iter().filter_map(|writer| writer.lock.map(|lock| (writer, lock))) {
        let (env, victim) = (writer.home(), "as it was");
        let before = writer.files(&env);
        env.write("victim", victim);
        let folder = Path::new(lock).parent().unwrap().display();
        env.sh(&format!("mkdir -p -m 700 {folder}")).exits(0);
        for plant in ["mkfifo", "mkdir", "ln -s \"$HOME/victim\"", "ln -s \"$HOME/nowhere\""] {
            env.sh(&format!("rm -f {lock}; {plant} {lock}")).exits(0);
            let run = writer.run(&env, "");
            let what = format!("{}, {plant}: {}", writer.arguments, run.stderr);
            assert_eq!(run.code, Some(code), "{what}");
            let said = run.stderr.split_whitespace().collect::<String>();
            assert!(code == 0 || said.contains(&format!("{lock}isnotaregularfile")), "{what}");
            assert_eq!(writer.files(&env), before, "{what}");
            assert_eq!(fs::read(env.home().join("victim")).unwrap(), victim.as_bytes(), "{what}");
            assert!(!env.home().join("nowhere").exists(), "{what}");
            env.sh(&format!("rm -rf {lock}")).exits(0);
        }
    }
}
