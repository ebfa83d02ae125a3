//! A thousand accounts with five roles each.

use std::collections::BTreeMap;

use super::{SESSION, block, config, home, profile, sync};

const ROLES: [&str; 5] = ["AdministratorAccess", "Billing", "Developer", "ReadOnlyAccess", "SecurityAudit"];

#[test]
fn five_thousand_profiles() {
    let accounts: Vec<(String, String)> =
        (0..1000).map(|n| (format!("{:012}", 200_000_000_000_u64 + n), format!("Acme {n:04}"))).collect();
    let access: Vec<(&str, &str, &str)> = accounts
        .iter()
        .flat_map(|(id, name)| ROLES.iter().map(move |role| (id.as_str(), name.as_str(), *role)))
        .collect();
    let env = home(&access);
    let run = sync(&env, &["--yes"]).exits(0);
    assert_eq!(run.stdout.lines().count(), 5000);
    assert_eq!(
        run.stderr,
        "awsenv: corp: 5000 to add, 0 to change, 0 to remove, 0 as before\nawsenv: written: ~/.aws/config\n"
    );
    // A few connections carry all of it.
    let connections = env.aws().connections();
    assert!(connections <= 32, "{connections}");
    // No more calls than pages: 100 accounts on each, and the roles of each account.
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for request in env.aws().requests() {
        *calls.entry(request.operation).or_default() += 1;
    }
    assert_eq!(
        calls.into_iter().collect::<Vec<_>>(),
        [("ListAccountRoles".to_owned(), 1000), ("ListAccounts".to_owned(), 10)]
    );

    let mut profiles: Vec<(String, String)> = access
        .iter()
        .map(|(id, name, role)| {
            let name = format!("{}.{role}", name.replace(' ', "-"));
            (name.clone(), profile(&name, id, role))
        })
        .collect();
    profiles.sort();
    let text: String = profiles.iter().map(|(_, text)| text.as_str()).collect();
    let written = config(&env);
    assert!(
        written == format!("{SESSION}\n{}", block(&text)),
        "the file is not as expected, of {} bytes",
        written.len()
    );

    sync(&env, &["--yes"]).exits(0).says("0 to add, 0 to change, 0 to remove, 5000 as before");
    assert_eq!(config(&env), written);

    let listed = env.run(&["list", "--json"]).exits(0).stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("it is JSON");
    let rows = listed["profiles"].as_array().expect("a list");
    assert_eq!(rows.len(), 5000);
    assert!(rows.iter().all(|row| row["problem"].is_null()), "every profile can be used");
    let run = env.sh("eval \"$(awsenv use Acme-0777.Billing --shell sh)\" && printf '%s %s' \"$AWSENV_ACCOUNT_ID\" \"$AWSENV_PROFILE\"").exits(0);
    assert_eq!(run.stdout, "200000000777 Acme-0777.Billing");
    assert!(run.stderr.contains("Acme 0777"), "{}", run.stderr);

    let mut complete = env.awsenv(&["--", "awsenv", "use", "Acme-0999."]);
    complete.env("COMMAND_LINE", "awsenv use Acme-0999.");
    complete.envs([("_AWSENV_COMPLETE", "fish"), ("_AWSENV_COMPLETE_INDEX", "2"), ("_CLAP_COMPLETE_INDEX", "2")]);
    let offered = String::from_utf8_lossy(&complete.output().expect("awsenv starts").stdout).into_owned();
    assert_eq!(offered.lines().collect::<Vec<_>>(), ROLES.map(|role| format!("Acme-0999.{role}")));

    // All of them go when nothing can be reached any more, and nothing but them.
    super::give(&env, &[]);
    let run = sync(&env, &["--yes", "--prune"]).exits(0);
    assert_eq!(run.stdout.lines().count(), 5000);
    assert_eq!(config(&env), format!("{SESSION}\n{}", block("")));
}
