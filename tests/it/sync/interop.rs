//! What others make of the file: botocore, and the AWS CLI.

use std::path::PathBuf;

use super::{TWO, home, sync};
use crate::support::repository;

/// A program of the test suite's Python.
fn program(name: &str) -> Option<PathBuf> {
    let path = repository().join("target/test-venv/bin").join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("AWSENV_TEST_ALL").is_none(), "tests/run.sh makes target/test-venv");
    eprintln!("left out: target/test-venv is not there");
    None
}

/// Every profile with its own fields, and the region that a session with it would have.
const READ: &str = r#"
import botocore.session, json
full = botocore.session.Session().full_config
for name in sorted(full["profiles"]):
    values = full["profiles"][name]
    session = full["sso_sessions"][values["sso_session"]]
    print(name, values["sso_account_id"], values["sso_role_name"], values.get("region"), session["sso_region"], sorted(values))
"#;

#[test]
fn botocore_reads_every_profile_as_it_was_meant() {
    let Some(python) = program("python") else { return };
    let mut access = TWO.to_vec();
    access.extend([
        ("111122223333", "acme-staging", "Odd=,.@-_Role"),
        ("777788889999", "Zürich (\"EU\") [x]; # y", "Admin"),
    ]);
    let env = home(&access);
    for (more, region) in [(&["--yes"][..], "None"), (&["--yes", "--region", "eu-central-1"], "eu-central-1")] {
        sync(&env, more).exits(0);
        let output = env.command(&python).args(["-c", READ]).output().expect("python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut keys = vec!["'sso_account_id'", "'sso_role_name'", "'sso_session'"];
        if region != "None" {
            keys.insert(0, "'region'");
        }
        let rest = format!("{region} eu-west-1 [{}]", keys.join(", "));
        let expected = format!(
            "Acme-Prod.Developer 444455556666 Developer {rest}\nZurich-EU-x-y.Admin 777788889999 Admin {rest}\n\
             acme-staging.Odd-.@-_Role 111122223333 Odd=,.@-_Role {rest}\nacme-staging.ReadOnly 111122223333 ReadOnly {rest}\n"
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
}

#[test]
fn the_aws_cli_works_with_every_profile() {
    let Some(aws) = program("aws") else { return };
    let env = home(&TWO);
    sync(&env, &["--yes", "--region", "eu-west-1"]).exits(0);
    for (profile, account) in [("Acme-Prod.Developer", "444455556666"), ("acme-staging.ReadOnly", "111122223333")] {
        let arguments = ["--profile", profile, "sts", "get-caller-identity", "--query", "Account", "--output", "text"];
        let output = env.command(&aws).args(arguments).output().expect("aws starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), account, "{stderr}");
    }
}
