//! A vault in the test's home, whose key is quickly derived.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use awsenv::vault::{
    entry::Entry,
    format::Params,
    passphrase::Passphrase,
    store::{Unlocked, Vault},
};

use super::{Run, TestEnv};

/// What opens it.
pub(crate) const PASSPHRASE: &str = "open sesame";
/// The secret of [`TestVault::add`].
pub(crate) const SECRET: &str = "vault/canary+never/to+be/seen+0123456789";

/// The passphrase as a value.
pub(crate) fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.as_bytes().to_vec()).expect("it is a passphrase")
}

/// The vault, opened by the test.
pub(crate) struct TestVault {
    pub(crate) vault: Vault,
    pub(crate) unlocked: Unlocked,
}

impl TestVault {
    /// Makes one in this home, and a file `passphrase` beside it.
    pub(crate) fn make(env: &TestEnv) -> Self {
        env.write("passphrase", format!("{PASSPHRASE}\n"));
        let vault = Self::of(env);
        let unlocked = vault.create(&passphrase(PASSPHRASE), Params::LEAST, 1_790_000_000).expect("a vault is made");
        Self { vault, unlocked }
    }

    /// The vault of this home.
    pub(crate) fn of(env: &TestEnv) -> Vault {
        Vault::below(&env.home().join(".local/share"))
    }

    /// Adds a profile.
    pub(crate) fn add(&self, name: &str, access_key_id: &str, secret: &str) {
        let entry: Entry = serde_json::from_value(serde_json::json!({
            "access_key_id": access_key_id, "secret_access_key": secret, "added": 1_790_000_000,
        }))
        .expect("it is an entry");
        self.vault.change(&self.unlocked, |content| content.add(name, entry, true)).expect("the vault is written");
    }

    /// The names in it. Fails if it is damaged.
    pub(crate) fn names(&self) -> Vec<String> {
        self.vault.content(&self.unlocked).expect("the vault opens").profiles.into_keys().collect()
    }
}

/// awsenv with the passphrase on descriptor 3.
pub(crate) fn with_passphrase(env: &TestEnv, arguments: &[&str]) -> Command {
    let (verb, rest) = arguments.split_first().expect("there is a verb");
    let mut command = env.command("sh");
    command.args(["-c", "exec awsenv \"$@\" 3<\"$HOME/passphrase\"", "sh", verb, "--passphrase-fd", "3"]).args(rest);
    command
}

/// Runs it, with this on standard input.
pub(crate) fn run_with_passphrase(env: &TestEnv, arguments: &[&str], input: &str) -> Run {
    fed(with_passphrase(env, arguments), input)
}

/// Runs a command with this on standard input.
pub(crate) fn fed(mut command: Command, input: &str) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // It may end without reading.
    let _ = child.stdin.take().expect("it has an input").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends").into()
}
