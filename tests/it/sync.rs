//! `awsenv sync sso`: what it writes, what it leaves alone, and when it refuses.

mod faults;
mod interop;
mod many;
mod trouble;

use std::{fs, os::unix::fs::MetadataExt, os::unix::fs::PermissionsExt};

use awsenv::demo::{FakeAccount, Scenario, SsoToken};

use crate::support::{Pty, Run, Terminal, TestEnv, repository};

/// The cache file of the sign-in to `corp`.
const CACHE: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
const TOKEN: &str = "sso-access-token-canary-0123456789";
const SESSION: &str = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n";
const NOTE: &str = "# The four keys that awsenv sets are set anew by each sync; other lines of a profile stay.\n";

/// A home with a session of Identity Center, and a user who is signed in and has these roles: account, its name, role.
pub(crate) fn home(access: &[(&str, &str, &str)]) -> TestEnv {
    let mut env = TestEnv::with(&Scenario::default());
    give(&env, access);
    // Messages on one line.
    env.set("COLUMNS", "1000");
    env.write(".config/awsenv.toml", "");
    env.write(".aws/config", SESSION);
    env.write(".aws/credentials", "");
    env.write(CACHE, format!(r#"{{"accessToken":"{TOKEN}","expiresAt":"2099-01-01T00:00:00Z"}}"#));
    env
}

/// What Identity Center says from now on.
fn give(env: &TestEnv, access: &[(&str, &str, &str)]) {
    env.aws().change(|scenario| {
        scenario.accounts.clear();
        for (id, name, _) in access {
            if scenario.account(id).is_none() {
                scenario.accounts.push(FakeAccount { id: (*id).into(), name: (*name).into(), alias: None });
            }
        }
        let assignments = access.iter().map(|(id, _, role)| format!("{id}/{role}")).collect();
        scenario.sso_tokens = vec![SsoToken { access_token: TOKEN.into(), user: "ada".into(), assignments }];
    });
}

pub(crate) const TWO: [(&str, &str, &str); 2] =
    [("111122223333", "acme-staging", "ReadOnly"), ("444455556666", "Acme Prod", "Developer")];

fn config(env: &TestEnv) -> String {
    fs::read_to_string(env.home().join(".aws/config")).expect("the file is there")
}

fn profile(name: &str, account: &str, role: &str) -> String {
    format!("[profile {name}]\nsso_session = corp\nsso_account_id = {account}\nsso_role_name = {role}\n\n")
}

fn block(profiles: &str) -> String {
    format!("# >>> awsenv sync sso corp >>>\n{NOTE}{profiles}# <<< awsenv sync sso corp <<<\n")
}

fn two() -> String {
    profile("Acme-Prod.Developer", "444455556666", "Developer")
        + &profile("acme-staging.ReadOnly", "111122223333", "ReadOnly")
}

fn sync(env: &TestEnv, more: &[&str]) -> Run {
    env.run(&[&["sync", "sso"], more].concat())
}

/// Whether this was said, on however many lines.
#[track_caller]
fn says(run: &Run, text: &str) {
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(text), "{text:?} is not in {said:?}");
}

#[test]
fn profiles_are_written_and_the_second_time_there_is_nothing_to_do() {
    let env = home(&TWO);
    let run = sync(&env, &["--yes"]).exits(0);
    assert_eq!(
        run.stdout,
        "+ Acme-Prod.Developer    4444-5555-6666 Developer  Acme Prod\n+ acme-staging.ReadOnly  1111-2222-3333 ReadOnly   acme-staging\n"
    );
    assert_eq!(
        run.stderr,
        "awsenv: corp: 2 to add, 0 to change, 0 to remove, 0 as before\nawsenv: written: ~/.aws/config\n"
    );
    assert_eq!(config(&env), format!("{SESSION}\n{}", block(&two())));
    let about = fs::metadata(env.home().join(".aws/config")).unwrap();
    let run = sync(&env, &["corp", "--yes"]).exits(0);
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.stderr,
        "awsenv: corp: 0 to add, 0 to change, 0 to remove, 2 as before\nawsenv: nothing to change in ~/.aws/config\n"
    );
    let now = fs::metadata(env.home().join(".aws/config")).unwrap();
    assert_eq!((now.ino(), now.mtime_nsec(), now.mode() & 0o777), (about.ino(), about.mtime_nsec(), 0o600));
    // The name that Identity Center gave is in the banner, and the account is the one that the profile pins.
    let run = env.run(&["whoami", "Acme-Prod.Developer"]).exits(0);
    assert!(run.stdout.contains("Acme Prod") && run.stdout.contains("4444-5555-6666"), "{}", run.stdout);
    let names = env.aws().requests().iter().filter(|request| request.operation == "GetAccountInformation").count();
    assert_eq!(names, 0, "the name is remembered");
}

#[test]
fn p8_everything_outside_of_the_block_stays_byte_for_byte() {
    let env = home(&TWO);
    for before in [
        format!(
            "{SESSION}# mine [x\n[profile legacy]\nsso_start_url = https://x\nlogin_session = arn:aws:iam::1:user/x"
        ),
        format!("\r\n{}\r\n[default]\r\nregion=eu-west-1\r\n", SESSION.replace('\n', "\r\n")),
        format!("[default]\n\n\n{SESSION}\n\n"),
    ] {
        env.write(".aws/config", &before);
        fs::set_permissions(env.home().join(".aws/config"), fs::Permissions::from_mode(0o640)).unwrap();
        sync(&env, &["--yes"]).exits(0);
        let after = config(&env);
        assert!(after.starts_with(&before), "{after:?}");
        let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
        assert_eq!(after[before.len()..].trim_start_matches(['\r', '\n']), block(&two()).replace('\n', end));
        assert_eq!(fs::metadata(env.home().join(".aws/config")).unwrap().mode() & 0o777, 0o640);
        // What follows the block stays, too, and so does the place of the block.
        let more = format!("{after}[profile after]\nregion = eu-west-2");
        env.write(".aws/config", &more);
        give(&env, &TWO[..1]);
        sync(&env, &["--yes", "--prune"]).exits(0);
        let one = block(&profile("acme-staging.ReadOnly", "111122223333", "ReadOnly")).replace('\n', end);
        let expected = after.replace(&block(&two()).replace('\n', end), &one) + "[profile after]\nregion = eu-west-2";
        assert_eq!(config(&env), expected);
        give(&env, &TWO);
    }
}

#[test]
fn the_guide_shows_what_is_written() {
    let env = home(&[("444455556666", "acme-staging", "ReadOnly")]);
    let guide = fs::read_to_string(repository().join("docs/guides/sync.md")).unwrap();
    let (_, session) = guide.split_once("```ini\n").unwrap();
    env.write(".aws/config", session.split("```").next().unwrap());
    sync(&env, &["--yes"]).exits(0);
    let written = config(&env);
    let (_, block) = written.split_once("\n\n").unwrap();
    assert!(guide.contains(&format!("```ini\n{block}```\n")), "{block}");
}

#[test]
fn p8_a_link_into_a_folder_of_dotfiles_stays_one() {
    let env = home(&TWO);
    env.write("dotfiles/aws", SESSION);
    let link = env.home().join(".aws/config");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("../dotfiles/aws", &link).unwrap();
    sync(&env, &["--yes"]).exits(0);
    assert!(link.is_symlink());
    assert!(fs::read_to_string(env.home().join("dotfiles/aws")).unwrap().contains(&block(&two())));
}

#[test]
fn the_file_is_the_one_that_the_environment_names() {
    let mut env = home(&TWO);
    let other = env.write("other/config", SESSION);
    env.set("AWS_CONFIG_FILE", &other.to_string_lossy());
    let before = config(&env);
    sync(&env, &["--yes"]).exits(0).says("written: ~/other/config");
    assert_eq!(config(&env), before);
    assert!(fs::read_to_string(other).unwrap().contains("[profile acme-staging.ReadOnly]"));
}

#[test]
fn nothing_is_written_without_consent() {
    let env = home(&TWO);
    let run = sync(&env, &["--dry-run"]).exits(0);
    assert!(run.stdout.contains("+ Acme-Prod.Developer"), "{}", run.stdout);
    sync(&env, &[]).exits(3).says("nobody can be asked whether this shall be written");
    let mut pty = Pty::awsenv(&env, &["sync", "sso"], Terminal::All);
    pty.wait_for("Write this to ~/.aws/config? [y/N] ");
    pty.send("\n");
    pty.finish().exits(3).says("nothing was written");
    assert_eq!(config(&env), SESSION);
    let mut pty = Pty::awsenv(&env, &["sync", "sso"], Terminal::All);
    pty.wait_for("[y/N] ");
    pty.send("y\n");
    pty.finish().exits(0).says("awsenv: roles of 2 of 2 accounts");
    assert_eq!(config(&env), format!("{SESSION}\n{}", block(&two())));
}

#[test]
fn p8_what_was_agreed_to_is_what_is_written() {
    let env = home(&TWO);
    let mut pty = Pty::awsenv(&env, &["sync", "sso"], Terminal::All);
    pty.wait_for("[y/N] ");
    let changed = format!("{SESSION}[profile acme-staging.ReadOnly]\nregion = eu-west-1\n");
    env.write(".aws/config", &changed);
    pty.send("y\n");
    pty.finish().exits(3).says("was changed in the meantime, so nothing was written");
    assert_eq!(config(&env), changed);
    // A change that has nothing to do with it is kept.
    let mut pty = Pty::awsenv(&env, &["sync", "sso"], Terminal::All);
    pty.wait_for("[y/N] ");
    let changed = format!("{changed}# more\n");
    env.write(".aws/config", &changed);
    pty.send("y\n");
    pty.finish().exits(0);
    assert!(config(&env).starts_with(&changed), "{}", config(&env));
}

#[test]
fn what_can_no_longer_be_reached_goes_only_with_prune() {
    let env = home(&TWO);
    sync(&env, &["--yes"]).exits(0);
    let both = config(&env);
    give(&env, &TWO[..1]);
    let run = sync(&env, &["--yes"]).exits(0);
    assert_eq!(run.stdout, "");
    assert_eq!(
        run.stderr,
        "awsenv: Acme-Prod.Developer stays, although you can no longer reach Developer in 4444-5555-6666; `--prune` removes it\n\
         awsenv: corp: 0 to add, 0 to change, 0 to remove, 2 as before\nawsenv: nothing to change in ~/.aws/config\n"
    );
    assert_eq!(config(&env), both);
    let run = sync(&env, &["--yes", "--prune"]).exits(0);
    assert_eq!(run.stdout, "- Acme-Prod.Developer  4444-5555-6666 Developer\n");
    assert!(!config(&env).contains("Acme-Prod"), "{}", config(&env));
}

#[test]
fn p8_a_profile_of_the_user_s_keeps_its_name() {
    let env = home(&TWO);
    let own = "[profile acme-staging.ReadOnly]\nregion = eu-west-1\n[profile Acme-Prod.Developer]\nsso_session = corp\n\
        sso_account_id = 444455556666\nsso_role_name = Developer\n";
    env.write(".aws/config", format!("{SESSION}{own}"));
    let run = sync(&env, &["--yes"]).exits(0);
    assert_eq!(
        run.stderr,
        "awsenv: acme-staging.ReadOnly-111122223333 is not called acme-staging.ReadOnly: a profile that sync does not change has that name\n\
         awsenv: no profile Acme-Prod.Developer for Developer in 4444-5555-6666: a profile of your own does the same\n\
         awsenv: corp: 1 to add, 0 to change, 0 to remove, 0 as before\nawsenv: written: ~/.aws/config\n"
    );
    let expected = block(&profile("acme-staging.ReadOnly-111122223333", "111122223333", "ReadOnly"));
    assert_eq!(config(&env), format!("{SESSION}{own}\n{expected}"));
    sync(&env, &["--yes"]).exits(0).says("nothing to change");
    // The credentials file has names, too.
    env.credentials("acme-staging.ReadOnly-111122223333", "AKIAIOSFODNN7EXAMPLE", "x");
    let run = sync(&env, &["--yes"]).exits(0);
    assert!(run.stdout.contains("+ acme-staging.ReadOnly-111122223333-ReadOnly"), "{}", run.stdout);
}

#[test]
fn p8_a_profile_of_the_user_s_that_came_later_puts_ours_out() {
    let env = home(&TWO);
    sync(&env, &["--yes"]).exits(0);
    let own = profile("Acme-Prod.Developer", "444455556666", "Developer");
    env.write(".aws/config", format!("{}\n{own}", config(&env)));
    let run = sync(&env, &["--yes"]).exits(0);
    assert_eq!(run.stdout, "- Acme-Prod.Developer  4444-5555-6666 Developer\n");
    says(&run, "a profile of your own does the same");
    let one = block(&profile("acme-staging.ReadOnly", "111122223333", "ReadOnly"));
    assert_eq!(config(&env), format!("{SESSION}\n{one}\n{own}"));
    sync(&env, &["--yes"]).exits(0).says("nothing to change");
}

#[test]
fn p1_a_name_passes_to_another_account_only_when_that_was_seen() {
    let env = home(&[("111122223333", "blue", "Admin"), ("444455556666", "green", "Admin")]);
    sync(&env, &["--yes"]).exits(0);
    let before = config(&env);
    give(&env, &[("111122223333", "green", "Admin"), ("444455556666", "blue", "Admin")]);
    let run = sync(&env, &["--yes"]).exits(3);
    assert!(
        run.stdout.contains("~ blue.Admin  sso_account_id: 111122223333 -> 444455556666  ANOTHER ACCOUNT\n"),
        "{}",
        run.stdout
    );
    says(&run, "nothing was written (moved): blue.Admin, green.Admin");
    assert_eq!(config(&env), before);
    sync(&env, &["--yes", "--allow-moved"]).exits(0);
    assert!(config(&env).contains(&profile("blue.Admin", "444455556666", "Admin")));
}

#[test]
fn p1_accounts_of_one_name_are_told_apart() {
    let env = home(&[("111122223333", "prod", "Admin"), ("444455556666", "prod", "Admin")]);
    let run = sync(&env, &["--yes"]).exits(0).says("prod.Admin-111122223333 is not called prod.Admin: more than one");
    assert_eq!(run.stdout.lines().count(), 2);
    assert!(!config(&env).contains("[profile prod.Admin]"), "{}", config(&env));
}

#[test]
fn template_region_and_filters() {
    let env = home(&TWO);
    env.settings("\n[sync]\ntemplate = \"{session}/{account_id}/{role}\"\nregion = \"eu-west-1\"\n");
    let run = sync(&env, &["--dry-run", "--account", "1111-2222-3333"]).exits(0);
    assert_eq!(run.stdout, "+ corp/111122223333/ReadOnly  1111-2222-3333 ReadOnly  acme-staging\n");
    let asked = |name: &str| env.aws().requests().iter().filter(|request| request.operation == name).count();
    assert_eq!((asked("ListAccounts"), asked("ListAccountRoles")), (1, 1));
    let run =
        sync(&env, &["--yes", "--template", "{account_id}-{role}", "--role", "dev*", "--region", "eu-west-2"]).exits(0);
    assert_eq!(run.stdout, "+ 444455556666-Developer  4444-5555-6666 Developer  Acme Prod\n");
    assert!(config(&env).contains("sso_role_name = Developer\nregion = eu-west-2\n\n"), "{}", config(&env));
    // What was not asked for stays, also when pruning.
    let run = sync(&env, &["--yes", "--prune", "--account", "111122223333"]).exits(0);
    assert!(config(&env).contains("[profile 444455556666-Developer]"), "{}", run.stdout);
    sync(&env, &["--dry-run", "--account", "999999999999"]).exits(0).says("you cannot reach account 9999-9999-9999");
    sync(&env, &["--template", "{role}"]).exits(2).says("no placeholder for the account");
    env.settings("template = 1\n");
    sync(&env, &["--dry-run"]).exits(2);
}

#[test]
fn what_the_user_wrote_into_a_profile_of_the_block_stays() {
    let env = home(&TWO);
    sync(&env, &["--yes"]).exits(0);
    let text = config(&env)
        .replace("sso_role_name = ReadOnly\n", "sso_role_name = ReadOnly\nregion = eu-west-3\noutput = json\n# mine\n");
    env.write(".aws/config", &text);
    sync(&env, &["--yes"]).exits(0).says("nothing to change");
    assert_eq!(config(&env), text);
    let run = sync(&env, &["--yes", "--region", "eu-west-1"]).exits(0);
    assert_eq!(
        run.stdout,
        "~ Acme-Prod.Developer  region: nothing -> eu-west-1\n~ acme-staging.ReadOnly  region: eu-west-3 -> eu-west-1\n"
    );
    assert!(config(&env).contains("region = eu-west-1\noutput = json\n# mine\n"), "{}", config(&env));
}

#[test]
fn changes_as_json() {
    let env = home(&TWO[..1]);
    let run = sync(&env, &["--dry-run", "--json", "--register"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    let expected = serde_json::json!({
        "sso_session": "corp", "file": "~/.aws/config", "changed": [], "removed": [], "unreachable": [], "same": 0,
        "renamed": [], "left_out": [], "registered": ["111122223333"],
        "added": [{"profile": "acme-staging.ReadOnly", "account_id": "111122223333", "account_name": "acme-staging",
            "role": "ReadOnly", "region": null}],
    });
    assert_eq!(json, expected);
    assert_eq!(run.stderr, "");
}

#[test]
fn p6_entries_are_added_where_there_are_none() {
    let env = home(&TWO);
    let settings = "# mine\n[accounts.111122223333]\nprotection = \"deny\" # stays\n";
    env.write(".config/awsenv.toml", settings);
    let run = sync(&env, &["--yes", "--register"]).exits(0);
    assert!(run.stdout.ends_with("+ [accounts.444455556666]\n"), "{}", run.stdout);
    let now = fs::read_to_string(env.home().join(".config/awsenv.toml")).unwrap();
    assert_eq!(now, format!("{settings}\n[accounts.444455556666]\nname = \"Acme Prod\"\n"));
    sync(&env, &["--yes", "--register"]).exits(0).says("nothing to change");
    // Without the option the settings stay as they are.
    env.write(".config/awsenv.toml", "");
    sync(&env, &["--yes"]).exits(0);
    assert_eq!(fs::read_to_string(env.home().join(".config/awsenv.toml")).unwrap(), "");
}
