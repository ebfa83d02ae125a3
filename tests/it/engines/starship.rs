//! starship, the real program: with the recipe, and with no configuration at all.

use super::{MISMATCH, REPLACE, env, hostile, installed, staging};
use crate::support::{Run, TestEnv};

const STARSHIP: &str = "test-cargo/bin/starship";

/// What starship prints for this shell after a switch in a shell that has the function of `awsenv init`.
fn prompt(env: &mut TestEnv, config: &str, shell: &str, change: &str) -> Option<String> {
    let starship = installed(STARSHIP)?;
    let config = env.write("starship.toml", config);
    env.set("STARSHIP_CONFIG", &config.to_string_lossy());
    env.set("STARSHIP_SHELL", shell);
    env.set("STARSHIP_CACHE", &env.home().join("starship").to_string_lossy());
    let script = format!(
        "eval \"$(awsenv init bash)\"; awsenv use staging 2>/dev/null; {change}\n'{}' prompt --terminal-width 200",
        starship.display()
    );
    let run: Run = env.command("bash").args(["-c", &script]).output().expect("bash starts").into();
    Some(run.exits(0).stdout)
}

fn recipe() -> &'static str {
    awsenv::shell::recipes::Engine::Starship.recipe()
}

#[test]
fn p3_starship_shows_the_account_in_its_colour_and_what_became_of_it() {
    for (shell, open, close) in [("bash", "\\[", "\\]"), ("zsh", "%{", "%}"), ("fish", "", "")] {
        let mut env = env();
        let block = |text: &str, rgb: &str| {
            let code = |code: &str| format!("{open}\x1b[{code}m{close}");
            format!("{}{}{} {text} {} ", code("1"), code(&format!("48;2;{rgb}")), code("38;2;0;0;0"), code("0"))
        };
        let Some(shown) = prompt(&mut env, recipe(), shell, "") else { return };
        assert!(shown.contains(&block(&staging(&env), "230;159;0")), "{shell}: {shown:?}");
        // Starship's own module is off.
        assert!(!shown.contains("staging (eu-west-1)"), "{shell}: {shown:?}");
        let shown = prompt(&mut env, recipe(), shell, REPLACE).unwrap_or_default();
        assert!(shown.contains(&block(MISMATCH, "213;94;0")), "{shell}: {shown:?}");
        assert!(!shown.contains("4444"), "{shell}: {shown:?}");
        let shown = prompt(&mut env, recipe(), shell, "awsenv off").unwrap_or_default();
        assert!(!shown.contains("staging") && !shown.contains("MISMATCH"), "{shell}: {shown:?}");
    }
}

#[test]
fn starship_shows_the_profile_without_any_configuration() {
    let mut env = env();
    let Some(shown) = prompt(&mut env, "", "fish", "") else { return };
    assert!(shown.contains("staging (eu-west-1)"), "{shown:?}");
}

#[test]
fn p5_starship_expands_no_name() {
    let mut env = env();
    hostile(&env, "x$(touch PWN)`touch PWN`%n\\$(touch PWN)");
    let Some(shown) = prompt(&mut env, recipe(), "bash", "") else { return };
    env.set("SHOWN", &shown);
    let run: Run = env.command("bash").args(["-c", "printf %s \"${SHOWN@P}\""]).output().expect("bash starts").into();
    // Bash itself halves the backslashes.
    assert!(run.stdout.contains("x\\x24(touch PWN)\\x60touch PWN\\x60%n\\\\x24(touch PWN) "), "{}", run.stdout);
    assert!(!env.home().join("PWN").exists(), "a name was run");
}
