//! No engine: the prompt variables of the shells themselves.

use super::{MISMATCH, REPLACE, STAGING, STAGING_COLOR, env, is_twice, session};
use crate::support::{Pty, Terminal, shells::only};
use awsenv::shell::recipes::Engine;

#[test]
fn p3_plain_prompts_show_the_account_and_what_became_of_it() {
    for program in ["bash", "zsh", "dash", "ksh", "mksh"] {
        if only(program).is_none() {
            continue;
        }
        let mut env = env();
        let shell = if program == "dash" { "sh" } else { program };
        let rc = format!("{}\neval \"$(awsenv init {shell})\"\n", Engine::Ps1.recipe());
        let name = match program {
            "bash" => ".bashrc",
            "zsh" => ".zshrc",
            _ => ".rc",
        };
        let file = env.write(name, rc);
        env.set("ENV", &file.to_string_lossy());
        let pty = Pty::spawn(&env, program, &["-i"], Terminal::All);
        let parts = session(pty, &["awsenv use staging", REPLACE, "awsenv off"]);
        let [before, staging, mismatch, off] = &parts[..] else { panic!("{parts:#?}") };
        assert!(!before.contains(STAGING), "{program}: {before}");
        assert!(staging.contains(STAGING_COLOR) && staging.contains(STAGING), "{program}: {staging}");
        assert!(!is_twice(staging, STAGING), "{program}: {staging}");
        assert!(mismatch.contains(&format!(" {MISMATCH} ")) && !mismatch.contains("4444"), "{program}: {mismatch}");
        assert!(!off.contains("4444") && !off.contains("MISMATCH"), "{program}: {off}");
    }
}
