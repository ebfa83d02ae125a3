//! `awsenv list`: what the files say, without any network.

use crate::support::TestEnv;

#[test]
fn all_profiles_are_listed_and_nobody_is_asked() {
    let env = TestEnv::demo();
    let run = env.run(&["list"]).exits(0);
    for name in ["staging", "production", "sandbox", "admin", "chain", "sandbox-deploy", "mislabelled", "broken"] {
        assert!(run.stdout.contains(name), "{name} is not in the list:\n{}", run.stdout);
    }
    assert!(run.stdout.contains("111122223333") || run.stdout.contains("1111-2222-3333"), "the account of a role");
    assert_eq!(env.aws().requests(), []);
}

#[test]
fn json_has_all_profiles_too() {
    let env = TestEnv::demo();
    let run = env.run(&["list", "--json"]).exits(0);
    let list: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let text = list.to_string();
    for name in ["staging", "chain", "broken"] {
        assert!(text.contains(&format!("\"{name}\"")), "{name} is not in {text}");
    }
}

#[test]
fn without_any_file_the_list_is_empty() {
    let run = TestEnv::empty().run(&["list", "--json"]).exits(0);
    serde_json::from_str::<serde_json::Value>(&run.stdout).expect("it is JSON");
}
