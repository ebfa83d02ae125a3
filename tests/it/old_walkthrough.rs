//! The walk-through in the first awsenv's README, with ours: each of its steps works, and where it was unsafe ours is not.
//!
//! Its steps: list, unlock, add, list, get, lock, get, unlock, `set_aws` (which evaluates `awsenv shell NAME` without
//! quotes), a wrong password, unlock again; and its verbs `prompt` and `run`.

use awsenv::demo::FakeUser;

use crate::support::{Pty, Terminal, TestEnv, assert_no_secret, files_below, shells::only};

const ID: &str = "AKIAOLDWALKTHROUGH00";
const SECRET: &str = "my/secret+key/canary/0123456789abcdefghij";
const PASSPHRASE: &str = "demo with more letters";
const ACCOUNT: &str = "444455556666";

/// The function of its README, for bash and zsh.
const SET_AWS: &str = "function set_aws {\n  eval $(awsenv shell $1)\n}\n";

fn env() -> TestEnv {
    let env = TestEnv::demo();
    env.aws().change(|scenario| {
        scenario.users.push(FakeUser {
            arn: format!("arn:aws:iam::{ACCOUNT}:user/demo"),
            access_key_id: ID.to_owned(),
            secret_access_key: SECRET.to_owned(),
            mfa_serial: None,
            mfa_code: None,
        });
    });
    env
}

/// Types the passphrase once `question` stands there.
fn unlock_with(env: &TestEnv, passphrase: &str) -> crate::support::Run {
    let mut pty = Pty::awsenv(env, &["unlock"], Terminal::All);
    pty.wait_for("Passphrase of the vault: ");
    assert!(!pty.echoes(), "the old one showed the password");
    pty.send(&format!("{passphrase}\n"));
    if passphrase != PASSPHRASE {
        // What is typed ahead is thrown away, so each waits for its question.
        pty.wait_for("\r\nWrong. Passphrase of the vault: ");
        pty.send("foo2\n");
        pty.wait_for("\r\nWrong. Passphrase of the vault: \r\nWrong. Passphrase of the vault: ");
        pty.send("foo3\n");
    }
    pty.finish()
}

#[test]
fn every_step_of_the_first_awsenv_s_walk_through_works() {
    let env = env();

    // Nothing can be unlocked yet, and the answer is what to do.
    env.run(&["unlock"]).exits(7).says("there is no vault yet").says("awsenv add NAME");

    // `add --region REGION NAME`; the secret is not shown while it is typed.
    let mut pty = Pty::awsenv(&env, &["add", "--region", "eu-west-1", "demoenv"], Terminal::All);
    pty.wait_for("New passphrase for the vault: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("The same again: ");
    pty.send(&format!("{PASSPHRASE}\n"));
    pty.wait_for("Access key ID: ");
    pty.send(&format!("{ID}\n"));
    pty.wait_for("Secret access key: ");
    assert!(!pty.echoes());
    pty.send(&format!("{SECRET}\n"));
    let screen = pty.finish().exits(0).says("`demoenv` is in the vault").stderr;
    assert_no_secret(&[SECRET.to_owned(), PASSPHRASE.to_owned()], "the screen", screen.as_bytes());

    // `unlock`, then `list`, `ls` and `l`.
    unlock_with(&env, PASSPHRASE).exits(0).says("the vault is unlocked");
    for verb in ["list", "ls", "l"] {
        let list = env.run(&[verb]).exits(0).stdout;
        assert!(list.lines().any(|line| line.contains("demoenv") && line.contains("eu-west-1")), "{list}");
    }

    // `get` shows what the old one showed, but for the secret.
    let shown = env.run(&["get", "demoenv"]).exits(0).stdout;
    assert!(shown.contains(ID) && shown.contains("eu-west-1"), "{shown}");
    assert_no_secret(&[SECRET.to_owned()], "what `get` prints", shown.as_bytes());
    assert!(env.run(&["get", "--reveal", "demoenv"]).exits(0).stdout.contains(SECRET));

    // `lock`: neither `get` nor a switch gets anything.
    env.run(&["lock"]).exits(0);
    env.run(&["get", "demoenv"]).exits(7).says("the vault's passphrase is needed");
    env.run(&["run", "demoenv", "--", "true"]).exits(2).says("The vault may have it, but is locked");

    // A wrong password, three times; the vault stays locked.
    unlock_with(&env, "fooo").exits(7).says("(vault-wrong-passphrase)");
    env.run(&["l"]).exits(0).says("vault: locked");

    // The right one again.
    unlock_with(&env, PASSPHRASE).exits(0);
    assert!(env.run(&["l"]).exits(0).stdout.contains("demoenv"));

    // `run`, with the command's own exit code; the old one made 1 of every other.
    let run = env.run(&["run", "demoenv", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID $AWS_REGION; exit 77"]);
    assert_eq!(run.exits(77).says("4444-5555-6666").stdout, format!("{ID} eu-west-1\n"));

    env.run(&["lock"]).exits(0);
    env.run(&["get", "demoenv"]).exits(7);

    // Nothing of it stands in a file; the old one kept the password beside the database while it was unlocked.
    for (path, content) in files_below(env.home()) {
        let secrets = [SECRET.to_owned(), PASSPHRASE.to_owned()];
        assert_no_secret(&secrets, &path.to_string_lossy(), &content);
    }
    assert!(!env.home().join(".config/awsenv").exists());
}

#[test]
fn p2_p5_its_function_works_as_it_stands_and_a_failed_switch_leaves_nothing() {
    let Some(bash) = only("bash") else { return };
    let env = env();
    env.write("passphrase", format!("{PASSPHRASE}\n"));
    let add = "printf '%s\\n' \"$@\" | awsenv add demoenv --region eu-west-1 --stdin --passphrase-fd 3 3<~/passphrase";
    let add = env.command("sh").args(["-c", add, "sh", ID, SECRET]).output().expect("it runs");
    assert!(add.status.success(), "{}", String::from_utf8_lossy(&add.stderr));
    env.sh("awsenv unlock --passphrase-fd 3 3<~/passphrase").exits(0);
    // A directory in which every glob character would find something to become.
    env.write("x'", "");
    let script = format!(
        "cd\n{SET_AWS}set_aws demoenv\necho \"$? $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_REGION $AWSENV_ACCOUNT_ID\"\n\
         awsenv prompt\n\
         set_aws nowhere\necho \"$? $AWS_ACCESS_KEY_ID\"\n"
    );
    let run = env.command(bash.argv[0]).args(["-c", &script]).output().expect("bash runs");
    let stdout = String::from_utf8(run.stdout).expect("it is text");
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines[0], format!("0 {ID} {SECRET} eu-west-1 {ACCOUNT}"));
    assert!(lines[1].contains("acme-staging") && lines[1].contains("eu-west-1"), "{stdout}");
    assert_eq!(lines[2], "2 AWSENVREFUSED0000000");
    env.sh("awsenv lock").exits(0);
}

#[test]
fn p4_what_it_took_as_an_argument_is_answered_with_the_new_way_and_not_repeated() {
    let env = TestEnv::empty();
    for (words, hint) in [
        (&["--password", "hunter2", "list"][..], "hint: Other users can read arguments: `awsenv unlock` asks"),
        (&["list", "-phunter2"], "--passphrase-fd N reads it."),
        (&["--database=hunter2", "list"], "`awsenv import --from awsenv PATH`"),
        (&["add", "-a", "AKIA", "-s", "hunter2", "x"], "`awsenv add NAME` asks for the keys"),
        (&["unlock", "--timeout", "30m"], "--for 30m"),
        (&["run", "x", "aws", "s3"], "`awsenv run PROFILE -- COMMAND`"),
        (&["shell", "-s", "bash", "x"], "`awsenv use NAME --shell SHELL`"),
        (&["version"], "`awsenv --version`"),
    ] {
        let run = env.run(words).exits(2).says(hint);
        assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{run:?}");
    }
}
