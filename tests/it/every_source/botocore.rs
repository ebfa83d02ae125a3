//! botocore, with awsenv as the `credential_process` of a profile for each source.

use super::{ROWS, with_keys};
use crate::support::{Run, python};

/// For each profile: the key that botocore got, the account that came with it, and who STS says it is.
const CLIENT: &str = r#"
import sys, botocore.session
for profile in sys.argv[1:]:
    session = botocore.session.Session(profile=profile)
    keys = session.get_credentials().get_frozen_credentials()
    account = session.create_client("sts", region_name="eu-west-1").get_caller_identity()["Account"]
    print(profile, keys.access_key, keys.account_id, account)
"#;

#[test]
fn p1_each_source_through_botocore() {
    let Some(python) = python() else { return };
    let env = with_keys();
    let mut names = Vec::new();
    for (number, row) in ROWS.iter().enumerate() {
        let script = env.write(
            &format!("bin/helper-{number}"),
            format!("#!/bin/sh\nexec awsenv credential-process {} {}\n", row.profile, row.more),
        );
        env.profile(&format!("by-{number}"), &format!("credential_process = sh {}", script.display()));
        names.push(format!("by-{number}"));
    }
    let mut command = env.command(python);
    // The keys of the environment are for one of the helpers: they say so themselves.
    command.args(["-c", CLIENT]).args(&names);
    let run = Run::from(command.output().expect("Python starts")).exits(0);
    for ((row, name), line) in ROWS.iter().zip(&names).zip(run.stdout.lines()) {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!((words[0], words[2], words[3]), (name.as_str(), row.account, row.account), "{row:?}");
        assert!(words[1].starts_with(row.key), "{row:?}: {line}");
    }
    assert_eq!(run.stdout.lines().count(), ROWS.len());
}
