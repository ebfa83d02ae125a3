//! The status line of a real tmux, as an attached terminal shows it.

use super::{REPLACE, env, hostile};
use crate::support::{Pty, Terminal, TestEnv, tool, wait};
use awsenv::shell::recipes::Engine;

/// A tmux of the test's own, ended with it.
struct Tmux<'a> {
    env: &'a TestEnv,
    socket: String,
}

impl<'a> Tmux<'a> {
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.env.command("tmux").args(["-S", &self.socket]).args(arguments).output().expect("tmux starts");
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    /// With the recipe as its configuration, and a shell that has the function of `awsenv init` in its pane.
    fn start(env: &'a TestEnv) -> Option<(Self, Pty)> {
        tool("tmux")?;
        env.write(".rc", "eval \"$(awsenv init sh)\"; PS1='$ '\n");
        let config = env.write(".tmux.conf", Engine::Tmux.recipe());
        let tmux = Self { env, socket: env.home().join("tmux").to_string_lossy().into_owned() };
        let rc = format!("ENV={}", env.home().join(".rc").display());
        let config = config.to_string_lossy().into_owned();
        let arguments = ["-S", &tmux.socket, "-f", &config, "new-session", "env", &rc, "sh", "-i"];
        let pty = Pty::spawn(env, "tmux", &arguments, Terminal::All);
        pty.wait_for("$ ");
        Some((tmux, pty))
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

/// What the hook does where a signal is asked for: it keeps the pane's option.
const SHOW: &str = "tmux set-option -p -t \"$TMUX_PANE\" @awsenv \"$(awsenv prompt --shell tmux --format";

#[test]
fn p3_tmux_shows_what_its_pane_uses_and_not_what_its_server_was_started_with() {
    let mut env = env();
    env.set("TERM", "xterm-256color");
    let Some((tmux, mut pty)) = Tmux::start(&env) else { return };
    pty.send("clear; awsenv use staging 2>/dev/null\n");
    pty.send(&format!("{SHOW} '{{color}}{{text}}{{reset}}')\"\n"));
    pty.wait_for("staging acme-staging 4444-5555-6666");
    let held = tmux.run(&["display-message", "-p", "#{@awsenv}"]);
    assert!(held.contains("staging acme-staging 4444-5555-6666"), "{held}");
    pty.send(&format!("clear; {REPLACE}; {SHOW} '{{text}}')\"\n"));
    pty.wait_for("MISMATCH AWS_ACCESS_KEY_ID was replaced");
    // Another pane has an option of its own.
    tmux.run(&["split-window", "-d", "sleep 60"]);
    let panes = tmux.run(&["list-panes", "-F", "<#{@awsenv}>"]);
    assert_eq!(panes, "<MISMATCH AWS_ACCESS_KEY_ID was replaced (****ON77)>\n<>\n");
    drop(tmux);
    pty.finish();
}

#[test]
fn p3_tmux_paints_production_and_what_is_no_verified_account() {
    let env = env();
    let Some((tmux, pty)) = Tmux::start(&env) else { return };
    for (text, shown) in [
        ("PRODUCTION a, b} 1", "#[bold]#[bg=#b00020]#[fg=#ffffff] PRODUCTION a, b} 1 #[default] "),
        ("MISMATCH x", "#[bold]#[bg=#f0e442]#[fg=#000000] MISMATCH x #[default] "),
        ("sandbox a", "#[bold] sandbox a #[default] "),
        ("", ""),
    ] {
        tmux.run(&["set-option", "-p", "@awsenv", text]);
        assert_eq!(tmux.run(&["display-message", "-p", "#{E:@awsenv_account}"]), format!("{shown}\n"));
    }
    drop(tmux);
    pty.finish();
}

#[test]
fn p5_tmux_takes_no_name_for_a_format() {
    let env = env();
    hostile(&env, "x#(touch PWN)#[fg=red]#{pid}%H");
    let Some((tmux, mut pty)) = Tmux::start(&env) else { return };
    pty.send("clear; awsenv use staging 2>/dev/null\n");
    pty.send(&format!("{SHOW} '{{name}}')\"\n"));
    pty.wait_for("x#(touch PWN)#[fg=red]#{pid}%H");
    drop(tmux);
    pty.finish();
    assert!(!env.home().join("PWN").exists(), "a name was run");
}

/// The recipe with the settings that it asks for: only the hook sets the pane's option.
#[test]
fn p3_tmux_follows_the_hook_from_state_to_state() {
    for (shell, start, file, line) in [
        ("bash", "bash -i", ".bashrc", "eval \"$(awsenv init bash)\""),
        ("zsh", "zsh -d -i", ".zshrc", "eval \"$(awsenv init zsh)\""),
        ("fish", "fish -i", ".config/fish/config.fish", "awsenv init fish | source"),
    ] {
        let Some(_) = tool(shell) else { continue };
        let env = env();
        env.settings("\n[classes]\nproduction.signals = [\"tmux\"]\nstaging.signals = [\"tmux\"]\n");
        env.write(file, line);
        // Fish would read all manual pages.
        env.write(".local/share/fish/generated_completions/none", "");
        let Some((tmux, mut pty)) = Tmux::start(&env) else { return };
        pty.send(&format!("{start}\n"));
        // STS is on loopback here, and the pane says so.
        let via = format!("via {}", env.aws().url().trim_start_matches("http://"));
        let staging = format!("#[bold] staging acme-staging 4444-5555-6666 {via} #[default] \n");
        let production =
            format!("#[bold]#[bg=#b00020]#[fg=#ffffff] PRODUCTION acme-prod 1111-2222-3333 {via} #[default] \n");
        let mismatch = "#[bold]#[bg=#f0e442]#[fg=#000000] MISMATCH AWS_VAULT is set #[default] \n";
        for (typed, shown) in [
            ("awsenv use staging", &*staging),
            ("awsenv use production", &production),
            (if shell == "fish" { "set -gx AWS_VAULT x" } else { "export AWS_VAULT=x" }, mismatch),
            // Without an account there is nothing to show but the prompt's REFUSED.
            ("awsenv use nope", "\n"),
            ("awsenv use production", &production),
            ("awsenv off", "\n"),
        ] {
            pty.send(&format!("{typed}\n"));
            let pane = || tmux.run(&["display-message", "-p", "#{E:@awsenv_account}"]);
            wait(&format!("{shell}: {typed}"), &shown.to_owned(), pane);
        }
        drop(tmux);
        pty.finish();
    }
}
