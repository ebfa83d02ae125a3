//! spaceship and pure, in a real zsh on a terminal.

use super::{
    MISMATCH, REPLACE, STAGING, STAGING_COLOR, env, hostile, installed, is_twice, session, staging as all_of_staging,
    zsh,
};
use awsenv::shell::recipes::Engine;

const NAME: &str = "x$(touch PWN)`touch PWN`%n\\x1b[2J·|·y";
/// As it is shown.
const SHOWN: &str = "x\\x24(touch PWN)\\x60touch PWN\\x60%n\\\\x1b[2J·|·y";

/// The account in its colour, MISMATCH after a key was replaced, nothing after `off`; and a hostile name.
fn check(rc: &str) {
    let env = env();
    let Some(pty) = zsh(&env, rc) else { return };
    let parts = session(pty, &["awsenv use staging", REPLACE, "awsenv off"]);
    let [before, staging, mismatch, off] = &parts[..] else { panic!("{parts:#?}") };
    assert!(!before.contains(STAGING), "{before}");
    assert!(staging.contains(STAGING_COLOR) && staging.contains(&format!(" {} ", all_of_staging(&env))), "{staging}");
    assert!(!is_twice(staging, STAGING), "{staging}");
    assert!(mismatch.contains("48;2;213;94;0") && mismatch.contains(&format!(" {MISMATCH} ")), "{mismatch}");
    assert!(!is_twice(mismatch, MISMATCH), "{mismatch}");
    assert!(!mismatch.contains("4444"), "{mismatch}");
    assert!(!off.contains("4444") && !off.contains("MISMATCH"), "{off}");

    let env = super::env();
    hostile(&env, NAME);
    let Some(pty) = zsh(&env, rc) else { return };
    let parts = session(pty, &["setopt prompt_subst; awsenv use staging", "true"]);
    assert!(parts[1].contains(SHOWN), "{}", parts[1]);
    assert!(!env.home().join("PWN").exists(), "a name was run");
}

#[test]
fn p3_spaceship_shows_the_account_and_what_became_of_it() {
    let Some(theme) = installed("test-npm/node_modules/spaceship-prompt/spaceship.zsh") else { return };
    check(&format!(
        "PROMPT_EOL_MARK=\neval \"$(awsenv init zsh)\"\nsource '{}'\n{}",
        theme.display(),
        Engine::Spaceship.recipe()
    ));
}

#[test]
fn p3_pure_shows_the_account_and_what_became_of_it() {
    let Some(theme) = installed("test-npm/node_modules/pure-prompt/pure.zsh") else { return };
    let folder = theme.parent().expect("it is in a folder").display().to_string();
    check(&format!(
        "eval \"$(awsenv init zsh)\"\nfpath+=('{folder}')\nPURE_GIT_PULL=0\nautoload -U promptinit; promptinit\nprompt pure\n{}",
        Engine::Pure.recipe()
    ));
}
