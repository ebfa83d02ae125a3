//! `awsenv account` and `awsenv config`: from UNKNOWN ACCOUNT to a known one, and a settings file that is kept.

use std::{fs, os::unix::fs::symlink, process::Stdio};

use crate::support::{Run, TestEnv};

const STAGING: &str = "444455556666";
const PRODUCTION: &str = "111122223333";

/// The demo's accounts on a machine where nothing is known of them.
fn new_user() -> TestEnv {
    let env = TestEnv::demo();
    fs::remove_file(env.home().join(".config/awsenv.toml")).unwrap();
    // An alias that no rule takes for a class.
    env.aws().change(|scenario| {
        for account in &mut scenario.accounts {
            account.alias = Some(format!("acme-{}", &account.id[..4]));
            "Acme".clone_into(&mut account.name);
        }
    });
    env
}

fn settings(env: &TestEnv) -> String {
    fs::read_to_string(env.home().join(".config/awsenv.toml")).unwrap()
}

#[track_caller]
fn json(run: Run) -> serde_json::Value {
    serde_json::from_str(&run.exits(0).stdout).expect("it is JSON")
}

#[test]
fn the_first_banner_names_the_command_that_makes_the_account_known() {
    let env = new_user();
    let first = env.run(&["use", "staging", "--shell", "sh"]).exits(0).says("UNKNOWN ACCOUNT").says("4444-5555-6666");
    assert!(first.stdout.contains("AWSENV_CLASS='unknown'"), "{}", first.stdout);
    let line = first.stderr.lines().find(|line| line.contains("awsenv account set")).expect("it names the command");
    let command = line[line.find("awsenv account set").unwrap_or(0)..].trim_end_matches(|c: char| !c.is_alphanumeric());
    assert!(command.contains(STAGING), "{command}");
    let typed = command.replace("CLASS", "staging").replace("NAME", "'acme staging'");
    env.sh(&typed).exits(0);
    let next = env.run(&["use", "staging", "--shell", "sh"]).exits(0).says("acme staging").says("[ staging ]");
    assert!(!next.stderr.contains("UNKNOWN ACCOUNT") && !next.stderr.contains("account set"), "{}", next.stderr);
    for exported in ["AWSENV_CLASS='staging'", "AWSENV_ACCOUNT_NAME='acme staging'"] {
        assert!(next.stdout.contains(exported), "{exported} is not in {}", next.stdout);
    }
}

#[test]
fn an_unknown_account_is_never_known_by_its_profiles_name() {
    let env = new_user();
    env.credentials("sandbox-dev", "AKIADEMOPRODUCTION77", "demo/production/not+a+secret/DEMO+DEMO/0");
    let run = env.run(&["use", "sandbox-dev", "--shell", "sh"]).exits(0).says("UNKNOWN ACCOUNT");
    assert!(run.stdout.contains("AWSENV_CLASS='unknown'"), "{}", run.stdout);
}

#[test]
fn comments_and_order_of_the_settings_stay() {
    let env = new_user();
    let before = "# mine\n[network] # slow here\ndeadline_seconds = 9\n\n[accounts.777788889999] # play\nclass = \"sandbox\"   # really\n\n# the end\n";
    env.write(".config/awsenv.toml", before);
    env.run(&["account", "set", STAGING, "--class", "staging"]).exits(0);
    env.run(&["account", "set", "777788889999", "--class", "test", "--protection", "confirm"]).exits(0);
    let after = settings(&env);
    for kept in
        ["# mine\n[network] # slow here\ndeadline_seconds = 9\n", "[accounts.777788889999] # play\n", "# the end"]
    {
        assert!(after.contains(kept), "{kept} is not in:\n{after}");
    }
    assert!(after.contains("class = \"test\"   # really\n"), "{after}");
    assert!(after.find("[accounts.777788889999]") < after.find("[accounts.444455556666]"), "{after}");
    env.run(&["config", "check"]).exits(0);
}

#[test]
fn a_wrong_entry_changes_nothing_and_is_explained() {
    let env = new_user();
    env.run(&["account", "set", STAGING, "--class", "staging"]).exits(0);
    let before = settings(&env);
    env.run(&["account", "set", STAGING, "--class", "prodution"]).exits(2).says("prodution").says("production");
    env.run(&["account", "set", STAGING, "--protection", "readonly"]).exits(2).says("read-only");
    env.run(&["account", "set", "4444", "--class", "staging"]).exits(2).says("4444");
    env.run(&["account", "set", STAGING]).exits(2).says("--class");
    assert_eq!(settings(&env), before);
}

#[test]
fn what_is_set_is_listed_and_shown() {
    let env = new_user();
    assert_eq!(json(env.run(&["account", "list", "--json"])), serde_json::json!([]));
    assert_eq!(
        env.run(&["account", "list"]).exits(0).says("`awsenv account set ID --class CLASS` makes one").stdout,
        ""
    );
    let set = ["account", "set", "4444-5555-6666", "--class", "staging", "--name", "acme", "--protection", "confirm"];
    env.run(&set).exits(0);
    let entry = serde_json::json!({
        "account_id": STAGING, "name": "acme", "class": "staging", "color": "#E69F00", "protection": "confirm",
    });
    assert_eq!(json(env.run(&["account", "list", "--json"])), serde_json::json!([entry]));
    assert_eq!(json(env.run(&["account", "show", STAGING, "--json"])), entry);
    for verb in [&["account", "list"][..], &["account", "show", STAGING]] {
        let shown = env.run(verb).exits(0).stdout;
        let lines = "account         class         protection  name\n4444-5555-6666  staging       confirm     acme\n";
        assert_eq!(shown, lines);
    }
    env.run(&["account", "show", PRODUCTION]).exits(0).says("the settings have no entry for 1111-2222-3333");
    let other = json(env.run(&["account", "show", "111122223333", "--json"]));
    assert_eq!(
        (other["class"].as_str(), &other["name"], other["protection"].as_str()),
        (Some("unknown"), &serde_json::Value::Null, Some("none"))
    );
    assert_eq!(env.aws().requests(), [], "nobody is asked");
}

#[test]
fn the_settings_file_is_private_and_where_it_is_said_to_be() {
    use std::os::unix::fs::PermissionsExt;

    let mut env = new_user();
    env.run(&["account", "set", STAGING, "--class", "staging"]).exits(0);
    let path = env.home().join(".config/awsenv.toml");
    assert_eq!(env.run(&["config", "path"]).exits(0).stdout, format!("{}\n", path.display()));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let other = env.write("other.toml", "[accounts.444455556666]\nclass = \"sandbox\"\n").display().to_string();
    let class = |run: Run| json(run)["class"].as_str().map(str::to_owned);
    let show = ["account", "show", STAGING, "--json"];
    assert_eq!(class(env.run(&[&["--config", &other], &show[..]].concat())).as_deref(), Some("sandbox"));
    env.set("AWSENV_CONFIG", &other);
    assert_eq!(env.run(&["config", "path"]).exits(0).stdout, format!("{other}\n"));
    assert_eq!(class(env.run(&show)).as_deref(), Some("sandbox"));
}

#[test]
fn the_settings_are_checked_and_shown() {
    let env = new_user();
    env.run(&["config", "check"]).exits(0);
    env.write(".config/awsenv.toml", "[network]\ndeadline_seconds = 9\n");
    env.run(&["config", "check"]).exits(0);
    assert!(env.run(&["config", "show"]).stdout.contains("deadline_seconds = 9"));
    assert!(json(env.run(&["config", "show", "--json"])).to_string().contains("\"deadline_seconds\":9"));
    let default = env.run(&["config", "show", "--default"]).exits(0).stdout;
    assert_eq!(default, fs::read_to_string(crate::support::repository().join("config.example.toml")).unwrap());
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_word_that_was_meant() {
    for (text, line, key, meant) in [
        ("# mine\n[accounts.444455556666]\nclas = \"staging\"\n", 3, "clas", "class"),
        ("[network]\ndeadline_second = 9\n", 2, "deadline_second", "deadline_seconds"),
        ("\n\n[acounts.444455556666]\nclass = \"staging\"\n", 3, "acounts", "accounts"),
        ("[[rules]]\nmatch = { alis = \"x\" }\nclass = \"staging\"\n", 2, "alis", "alias"),
        ("[accounts.444455556666]\nclass = \"stagging\"\n", 2, "stagging", "staging"),
    ] {
        let env = new_user();
        env.write(".config/awsenv.toml", text);
        for verb in [&["config", "check"][..], &["account", "list"], &["whoami", "staging"]] {
            let run = env.run(verb).exits(2).says(key).says(&format!("Did you mean `{meant}`?"));
            assert!(run.stderr.contains(&format!("awsenv.toml:{line}")), "line {line}: {}", run.stderr);
        }
        let run = env.run(&["use", "staging", "--shell", "sh"]).exits(2);
        assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
        assert_eq!(env.aws().requests(), []);
    }
}

#[test]
fn p8_edits_at_the_same_time_lose_nothing_and_a_link_stays_one() {
    let env = TestEnv::empty();
    let dotfiles = env.write("dotfiles/awsenv.toml", "# mine\n");
    fs::create_dir_all(env.home().join(".config")).unwrap();
    let link = env.home().join(".config/awsenv.toml");
    symlink(&dotfiles, &link).unwrap();
    let ids: Vec<String> = (1..=12).map(|number| format!("{number:012}")).collect();
    let edits: Vec<_> = ids
        .iter()
        .map(|id| env.awsenv(&["account", "set", id, "--class", "test"]).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    for mut edit in edits {
        assert!(edit.wait().unwrap().success());
    }
    let text = fs::read_to_string(&dotfiles).unwrap();
    assert!(text.starts_with("# mine\n") && ids.iter().all(|id| text.contains(&format!("[accounts.{id}]"))), "{text}");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}
