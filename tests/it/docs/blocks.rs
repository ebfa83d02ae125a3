//! Every block of code in the README and the guides is run by a real shell on the fake AWS, or is listed with the reason
//! why not.

use std::{fs, os::unix::fs::PermissionsExt};

use awsenv::shell::recipes::Engine;
use clap::ValueEnum;

use super::document;
use crate::support::{Run, TestEnv, repository, tool};

/// How a block is tried.
enum Try {
    /// Run in a shell that has the function of `awsenv init`; then this must hold.
    Function(&'static str),
    /// The same, in a shell without the function.
    Plain(&'static str),
    /// The same, in the environment of `awsenv use staging`.
    Staging(&'static str),
    /// The same, with a profile `deploy` in ~/.aws/config.
    Deploy(&'static str),
    /// Added to ~/.aws/config; then this must hold.
    Profile(&'static str),
    /// Run where the profile `breakglass` of the MFA guide is; then this must hold.
    Breakglass(&'static str),
    /// Not run, for this reason.
    Not(&'static str),
}

/// The blocks of a document in order, each with its beginning.
type Blocks = &'static [(&'static str, Try)];

const README: Blocks = &[
    (
        "cargo run --release -- demo",
        Try::Not("it builds a release; demo.rs runs the demo, and tests/run.sh is the suite"),
    ),
    ("cargo install", Try::Not("it builds a release, into the user's home")),
    (r#"eval "$(awsenv init bash)""#, Try::Plain(r#"[ "$(type -t awsenv)" = function ]"#)),
    ("awsenv init fish", Try::Plain("functions -q awsenv")),
    ("awsenv list", Try::Function(r#"[ -z "${AWS_ACCESS_KEY_ID-}${AWSENV_CONTEXT-}" ]"#)),
    (r#"eval "$(awsenv use staging)""#, Try::Plain(r#"[ "$AWSENV_ACCOUNT_ID" = 444455556666 ]"#)),
    ("awsenv exec staging", Try::Plain(r#"[ -z "${AWSENV_ACCOUNT_ID-}" ] && [ "$(cat deployed)" = 444455556666 ]"#)),
    ("set -e", Try::Plain(r#"[ "$(cat deployed)" = 444455556666 ]"#)),
    ("awsenv account set", Try::Function("awsenv account show 111122223333 | grep -q 'production .*confirm'")),
    ("[profile deploy]", Try::Profile(r#"awsenv exec deploy -- sh -c '[ "$AWSENV_ROLE" = Deploy ]'"#)),
];

const CI: Blocks = &[
    ("awsenv exec deploy", Try::Deploy(r#"[ "$(cat deployed)" = 444455556666 ]"#)),
    ("awsenv exec -- ./deploy.sh", Try::Staging(r#"[ "$(cat deployed)" = 444455556666 ]"#)),
    ("set -e", Try::Deploy(r#"[ "$(cat deployed)" = 444455556666 ]"#)),
    ("awsenv export deploy --format gitlab", Try::Deploy("grep -qx AWSENV_ACCOUNT_ID=444455556666 awsenv.env")),
    ("env:", Try::Not("Azure's agent has to; the whole example is run by ci.rs")),
    ("awsenv export deploy --format env", Try::Deploy("grep -qx AWS_ACCOUNT_ID=444455556666 job.env")),
    (
        "awsenv export deploy --format terraform",
        Try::Deploy(
            r#"grep -qx 'allowed_account_ids = \["444455556666"\]' account.tf.txt && grep -qi e69f00 settings.json"#,
        ),
    ),
];

const MFA: Blocks = &[
    ("[profile breakglass]", Try::Profile("awsenv exec breakglass --mfa-code 123456 -- true")),
    ("awsenv exec breakglass", Try::Breakglass(r#"[ "$(cat deployed)" = 111122223333 ]"#)),
    ("mfa_process", Try::Not("a YubiKey has to; mfa.rs runs another program")),
    ("[sessions]", Try::Not("it is a setting; kept_sessions.rs has it")),
    ("awsenv sessions", Try::Plain("[ -z \"$(awsenv sessions)\" ]")),
];

const IDENTITY_CENTER: Blocks = &[
    ("[sso-session corp]", Try::Not("login.rs has such a session")),
    ("awsenv login corp", Try::Not("a person has to agree in a browser; login.rs plays one")),
    ("no credentials:", Try::Not("it is what awsenv says; login.rs reads it")),
    ("awsenv: the sign-in to", Try::Not("it is what awsenv asks; login/now.rs answers it")),
    ("awsenv logout corp", Try::Not("it needs a sign-in; login.rs has one")),
];

const SYNC: Blocks = &[
    ("[sso-session corp]", Try::Not("it is a section of a file; sync.rs has it")),
    ("awsenv sync sso corp --dry-run", Try::Not("it asks on a terminal; sync.rs does that")),
    ("# >>> awsenv sync sso corp >>>", Try::Not("sync.rs compares what is written with these very lines")),
];

/// The recipes themselves: tests/it/engines runs them in the engines.
const PROMPT: Blocks = &[
    ("awsenv prompt --format", Try::Staging("awsenv prompt --format '{name}' | grep -q acme-staging")),
    ("# ~/.bashrc, ~/.zshrc", Try::Not("engines::ps1 runs it")),
    ("function fish_right_prompt", Try::Staging("set AWSENV_PROMPT x; test (fish_right_prompt) = x")),
    ("# ~/.config/starship.toml", Try::Not("engines::starship runs it")),
    ("# ~/.zshrc, below the line that loads ~/.p10k.zsh", Try::Not("powerlevel10k has to")),
    ("# ~/.zshrc, below the line that loads spaceship", Try::Not("engines::zsh runs it")),
    ("# ~/.zshrc, below `prompt pure`", Try::Not("engines::zsh runs it")),
    (
        "# ~/.config/fish/functions",
        Try::Staging(
            "function _tide_print_item; echo $tide_awsenv_bg_color $argv; end; _tide_item_awsenv | string match -q '#E69F00 awsenv *4444-5555-6666*'",
        ),
    ),
    (
        "# ~/.bashrc or ~/.zshrc",
        Try::Staging(r##"set_poshcontext; [[ "$POSH_AWSENV" == '#E69F00 #000000 '*4444-5555-6666* ]]"##),
    ),
    ("{", Try::Not("Oh My Posh has to")),
    ("# ~/.tmux.conf", Try::Not("engines::tmux runs it")),
    ("tmux set-option", Try::Not("engines::tmux runs it")),
];

const VAULT: Blocks = &[
    ("awsenv add deploy", Try::Not("it asks on a terminal; vault/questions.rs does that")),
    ("printf", Try::Plain("awsenv get robot --passphrase-fd 3 3<passphrase | grep -q AKIADEMO")),
    ("awsenv use deploy", Try::Not("it asks on a terminal; vault/access.rs does that")),
    ("[profile admin]", Try::Not("it needs a vault; vault/access.rs does that")),
    ("awsenv unlock", Try::Not("it asks on a terminal; vault/agent.rs does that")),
    ("awsenv unlock --keyring", Try::Not("it needs a key store; vault/keyring.rs has one")),
    ("awsenv import", Try::Not("it needs the other stores; vault/import.rs makes them")),
    ("awsenv totp deploy", Try::Not("it asks on a terminal; totp.rs does that")),
    ("awsenv rotate deploy", Try::Not("it asks on a terminal; rotate.rs does that")),
    ("awsenv get deploy", Try::Not("it asks on a terminal; vault/questions.rs does that")),
];

const TERMINAL: Blocks = &[
    ("[classes.production]", Try::Not("signals.rs tries these very lines")),
    ("set -g pane-border-status", Try::Not("signals.rs gives these very lines to tmux")),
    ("wezterm.on", Try::Not("WezTerm has to")),
];

#[test]
fn every_command_of_the_readme_runs() {
    check("README.md", README);
}

#[test]
fn every_command_of_the_guides_runs() {
    check("docs/guides/ci.md", CI);
    check("docs/guides/identity-center.md", IDENTITY_CENTER);
    check("docs/guides/mfa.md", MFA);
    check("docs/guides/prompt.md", PROMPT);
    check("docs/guides/sync.md", SYNC);
    check("docs/guides/terminal.md", TERMINAL);
    check("docs/guides/vault.md", VAULT);
}

#[test]
fn the_guide_holds_every_recipe_word_for_word() {
    let text = document("docs/guides/prompt.md");
    let blocks: Vec<&str> = blocks(&text).into_iter().map(|(_, text)| text).collect();
    let recipes = repository().join("src/shell/prompts");
    for entry in fs::read_dir(recipes).expect("the folder is there") {
        let path = entry.expect("the folder is read").path();
        let recipe = fs::read_to_string(&path).expect("a recipe is text");
        assert!(blocks.contains(&recipe.trim_end()), "{} is not in docs/guides/prompt.md", path.display());
        let printed = Engine::value_variants().iter().any(|engine| engine.recipe().contains(&recipe));
        assert!(printed, "no engine has {}", path.display());
    }
}

#[track_caller]
fn check(name: &str, listed: Blocks) {
    let text = document(name);
    let blocks = blocks(&text);
    let beginnings: Vec<&str> = blocks.iter().map(|(_, text)| text.lines().next().unwrap_or_default()).collect();
    assert_eq!(blocks.len(), listed.len(), "each block of {name} is to be listed: {beginnings:#?}");
    for ((language, text), (beginning, attempt)) in blocks.into_iter().zip(listed) {
        assert!(text.starts_with(beginning), "{beginning:?} is not the beginning of:\n{text}");
        run(language, text, attempt);
    }
}

/// The blocks of code, each with its language.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').expect("a block has a first line")).collect()
}

fn run(language: &str, text: &str, attempt: &Try) {
    let env = newcomer();
    let (shell, arguments): (&str, &[&str]) = match language {
        "fish" => ("fish", &["--no-config", "-c"]),
        "zsh" => ("zsh", &["-f", "-e", "-c"]),
        _ => ("bash", &["-e", "-c"]),
    };
    let script = match attempt {
        Try::Function(then) => format!("PATH=$HOME/bin:$PATH; eval \"$(awsenv init bash)\"\n{text}\n{then}"),
        Try::Plain(then) => format!("{text}\n{then}"),
        Try::Deploy(then) => {
            env.profile("deploy", "role_arn = arn:aws:iam::444455556666:role/ops/Deploy\nsource_profile = staging");
            format!("{text}\n{then}")
        }
        Try::Staging(then) if shell == "fish" => format!("awsenv use staging --shell fish | source\n{text}\n{then}"),
        Try::Staging(then) => format!("eval \"$(awsenv use staging)\"\n{text}\n{then}"),
        Try::Profile(then) => {
            let (name, lines) = text.split_once("]\n").expect("a section has a header");
            env.profile(name.trim_start_matches("[profile "), lines);
            (*then).to_owned()
        }
        Try::Breakglass(then) => {
            let lines = document("docs/guides/mfa.md");
            let (_, lines) = lines.split_once("[profile breakglass]\n").expect("the guide has the profile");
            env.profile("breakglass", lines.split("\n```").next().unwrap_or_default());
            format!("PATH=$HOME/bin:$PATH\n{text}\n{then}")
        }
        Try::Not(reason) => return eprintln!("left out, since {reason}: {}", text.lines().next().unwrap_or_default()),
    };
    let Some(program) = tool(shell) else { return };
    let run: Run = env.command(program).args(arguments).arg(&script).output().expect("the shell starts").into();
    assert_eq!(run.code, Some(0), "{script}\nstdout:\n{}\nstderr:\n{}", run.stdout, run.stderr);
}

/// The demo's profiles and accounts, and what the README takes for the reader's own: `deploy.sh`, and an AWS CLI.
fn newcomer() -> TestEnv {
    let mut env = TestEnv::demo();
    env.write("passphrase", "correct horse\n");
    env.set("NEW_ID", "AKIADEMOVAULT7777777");
    env.set("NEW_SECRET", "wJalr/x+y=");
    for (name, text) in
        [("deploy.sh", "#!/bin/sh\necho \"$AWSENV_ACCOUNT_ID\" >deployed\n"), ("bin/aws", "#!/bin/sh\n")]
    {
        let script = env.write(name, text);
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).expect("the script is made executable");
    }
    env
}
