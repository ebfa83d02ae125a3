//! In tmux: the pane's title, its colours, and its option.

use std::{cell::Cell, path::PathBuf};

use super::{guide, home, production, rc, staging, wait};
use crate::support::{Run, TestEnv, tool};

/// A server of its own, with one pane and a shell in it.
struct Tmux<'a> {
    env: &'a TestEnv,
    socket: PathBuf,
    shells: Cell<u32>,
}

impl<'a> Tmux<'a> {
    /// With a shell without the hook, from which the others are started.
    fn start(env: &'a TestEnv) -> Self {
        let tmux = Self { env, socket: env.home().join("tmux"), shells: Cell::new(0) };
        let configuration = env.write(".tmux.conf", guide("tmux")).to_string_lossy().into_owned();
        tmux.run(&["-f", &configuration, "new-session", "-d", "-x", "120", "-y", "24", "sh"]).exits(0);
        tmux.type_line(r"printf '\033]2;mine\033\\'");
        tmux.wait_for("mine", "default", "");
        tmux
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.env.command("tmux");
        command.arg("-S").arg(&self.socket).args(arguments).output().expect("tmux starts").into()
    }

    fn type_line(&self, text: &str) {
        self.run(&["send-keys", "-l", text]).exits(0);
        self.run(&["send-keys", "Enter"]).exits(0);
    }

    /// Starts a shell with the hook in the one that is there, and waits for its prompt: what is typed earlier may be lost.
    #[track_caller]
    fn open(&self, shell: &str) {
        let number = self.shells.get() + 1;
        self.shells.set(number);
        let prompt = format!("shell {number}> ");
        let rc = rc(self.env, shell, &prompt).display().to_string();
        self.type_line(&match shell {
            "bash" => format!("bash --noprofile --rcfile {rc} -i"),
            "zsh" => "zsh -d -i".to_owned(),
            "fish" => format!("fish --no-config -i -C 'source {rc}'"),
            _ => format!("ENV={rc} {shell} -i"),
        });
        let shown = || self.run(&["capture-pane", "-p", "-J"]).stdout.contains(prompt.trim_end());
        wait("a prompt of the shell", &true, shown);
    }

    #[track_caller]
    fn wait_for(&self, title: &str, background: &str, option: &str) {
        let format = "#{pane_title}|#{pane_bg}|#{@awsenv}";
        let expect = format!("{title}|{background}|{option}\n");
        wait("the pane", &expect, || self.run(&["display", "-p", format]).stdout);
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

fn signals_come_and_go(shell: &str) {
    let (Some(_), Some(_)) = (tool("tmux"), tool(shell)) else { return };
    let env = home();
    let (production, staging) = (production(&env), staging(&env));
    let tmux = Tmux::start(&env);
    tmux.open(shell);

    tmux.type_line("awsenv use production");
    tmux.wait_for(&production, "#300010", &production);
    // Another program's title lasts until the next prompt.
    tmux.type_line(r"printf '\033]2;theme\033\\'; printf '\033]111\033\\'");
    tmux.wait_for(&production, "#300010", &production);
    tmux.type_line("awsenv use staging");
    tmux.wait_for(&staging, "default", "");
    tmux.type_line("awsenv use production");
    tmux.wait_for(&production, "#300010", &production);
    // A class without signals.
    tmux.type_line("awsenv use sandbox");
    tmux.wait_for("mine", "default", "");

    tmux.type_line("awsenv use production");
    tmux.wait_for(&production, "#300010", &production);
    tmux.type_line("export AWS_VAULT=x");
    tmux.wait_for("MISMATCH AWS_VAULT is set", "default", "MISMATCH AWS_VAULT is set");
    tmux.type_line("awsenv off");
    tmux.wait_for("mine", "default", "");

    // A shell within the shell, with an account of its own.
    tmux.type_line("awsenv use production");
    tmux.wait_for(&production, "#300010", &production);
    tmux.open(shell);
    tmux.type_line("awsenv use staging");
    tmux.wait_for(&staging, "default", "");
    tmux.type_line("exit");
    tmux.wait_for(&production, "#300010", &production);

    tmux.wait_for(&production, "#300010", &production);
    tmux.type_line("export AWSENV_OPT_SIGNALS=0");
    tmux.wait_for("mine", "default", "");
    tmux.type_line("export AWSENV_OPT_SIGNALS=1");
    tmux.wait_for(&production, "#300010", &production);
    tmux.type_line("exit");
    tmux.wait_for("mine", "default", "");
}

#[test]
fn p3_in_bash_signals_come_and_go_with_the_account() {
    signals_come_and_go("bash");
}

#[test]
fn p3_in_zsh_signals_come_and_go_with_the_account() {
    signals_come_and_go("zsh");
}

#[test]
fn p3_in_ksh_signals_come_and_go_with_the_account() {
    signals_come_and_go("ksh");
}

#[test]
fn p3_in_mksh_signals_come_and_go_with_the_account() {
    signals_come_and_go("mksh");
}

#[test]
fn p3_in_fish_signals_come_and_go_with_the_account() {
    signals_come_and_go("fish");
}

/// Debian's ~/.bashrc has the prompt itself write a title.
#[test]
fn p3_in_bash_a_title_in_the_prompt_comes_first() {
    let (Some(_), Some(_)) = (tool("tmux"), tool("bash")) else { return };
    let env = home();
    let (production, staging) = (production(&env), staging(&env));
    let tmux = Tmux::start(&env);
    tmux.open("bash");
    tmux.type_line(r"PS1='\[\e]0;theme\a\]$ '");
    tmux.wait_for("theme", "default", "");
    tmux.type_line("awsenv use production");
    tmux.wait_for(&production, "#300010", &production);
    // The second one runs when the prompt before it is drawn.
    for _ in 0..2 {
        tmux.type_line("tmux wait-for -S drawn");
        tmux.run(&["wait-for", "drawn"]).exits(0);
    }
    tmux.wait_for(&production, "#300010", &production);
    tmux.type_line("awsenv use staging");
    tmux.wait_for(&staging, "default", "");
    tmux.type_line("awsenv off");
    tmux.wait_for("theme", "default", "");
}

/// The guide's line for ~/.tmux.conf draws the account over the pane.
#[test]
fn the_border_names_the_account() {
    let (Some(_), Some(_)) = (tool("tmux"), tool("bash")) else { return };
    let env = home();
    let tmux = Tmux::start(&env);
    tmux.open("bash");
    let border = || tmux.run(&["display", "-p", "#{T:pane-border-format}"]).stdout;
    tmux.type_line("awsenv use production");
    wait("the border", &format!(" 0 #[reverse bold] {} #[default] \n", production(&env)), border);
}
