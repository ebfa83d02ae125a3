//! In xterm, on a display without a screen: the title as the window has it, the colours as the pixels have them.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    process::{Child, Stdio},
};

use super::{home, production, rc, staging, wait};
use crate::support::{TestEnv, tool};

/// A display, and in it an xterm with a shell that reads its commands from a pipe: no keyboard is needed.
struct Xterm<'a> {
    env: &'a TestEnv,
    display: String,
    commands: File,
    programs: Vec<Child>,
}

impl<'a> Xterm<'a> {
    fn start(env: &'a TestEnv) -> Self {
        let mut server = env.command("Xvfb");
        let server = server.args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]);
        let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("Xvfb starts");
        let mut number = String::new();
        let from = server.stdout.take().expect("it is a pipe");
        BufReader::new(from).read_line(&mut number).expect("Xvfb says its number");
        let display = format!(":{}", number.trim());

        let pipe = env.home().join("commands");
        assert!(env.command("mkfifo").arg(&pipe).status().expect("mkfifo starts").success());
        let rc = rc(env, "bash", "$ ");
        let script = format!("echo $WINDOWID >window; exec bash --noprofile --rcfile {} -i <commands", rc.display());
        let mut xterm = env.command("xterm");
        let xterm = xterm.env("DISPLAY", &display).env("AWSENV_OPT_PROMPT", "0");
        let xterm =
            xterm.args(["-geometry", "80x24+0+0", "-bg", "white", "-fg", "black", "-cr", "black", "-title", "mine"]);
        let xterm = xterm.args(["-e", "sh", "-c", &script]).stderr(Stdio::null()).spawn().expect("xterm starts");
        let commands = File::options().write(true).open(&pipe).expect("the shell reads");
        Self { env, display, commands, programs: vec![xterm, server] }
    }

    /// Gives the shell a line, and has it clear the screen: banners have colours, too.
    fn run(&mut self, line: &str) {
        writeln!(self.commands, "{line}; clear").expect("the shell reads");
    }

    fn title(&self) -> String {
        let window = fs::read_to_string(self.env.home().join("window")).expect("the shell has said its window");
        let mut command = self.env.command("xprop");
        let command = command.args(["-display", &self.display, "-notype", "-id", window.trim(), "WM_NAME"]);
        let output = command.output().expect("xprop starts");
        String::from_utf8_lossy(&output.stdout).trim().trim_start_matches("WM_NAME = ").trim_matches('"').to_owned()
    }

    /// The colour of most pixels, and all colours that are seen.
    fn colours(&self) -> (String, BTreeSet<String>) {
        let mut command = self.env.command("import");
        let command =
            command.args(["-display", &self.display, "-window", "root", "-depth", "8", "-crop", "400x300+0+0"]);
        let output = command.args(["-format", "%c", "histogram:info:-"]).output().expect("import starts");
        assert!(output.status.success(), "import: {}", String::from_utf8_lossy(&output.stderr));
        // `     118342: (48,0,16) #300010 srgb(48,0,16)`
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        let counted = lines.lines().filter_map(|line| {
            let count: u32 = line.split(':').next()?.trim().parse().ok()?;
            Some((count, line.split_whitespace().find(|word| word.starts_with('#'))?.to_owned()))
        });
        let counted: BTreeSet<(u32, String)> = counted.collect();
        let most = counted.last().map(|(_, colour)| colour.clone()).unwrap_or_default();
        (most, counted.into_iter().map(|(_, colour)| colour).collect())
    }

    /// Waits for the title and the background, and for whether the cursor has production's colour.
    #[track_caller]
    fn wait_for(&self, title: &str, background: &str, cursor: bool) {
        wait("the title", &title.to_owned(), || self.title());
        wait("the colours", &(background.to_owned(), cursor), || {
            let (background, all) = self.colours();
            (background, all.contains("#B00020"))
        });
    }
}

impl Drop for Xterm<'_> {
    fn drop(&mut self) {
        for program in &mut self.programs {
            program.kill().ok();
            program.wait().ok();
        }
    }
}

#[test]
fn p3_in_xterm_title_and_colours_come_and_go_with_the_account() {
    if ["Xvfb", "xterm", "xprop", "import", "mkfifo", "bash"].map(tool).iter().any(Option::is_none) {
        return;
    }
    let env = home();
    let settings = fs::read_to_string(env.home().join(".config/awsenv.toml")).expect("there are settings");
    env.write(".config/awsenv.toml", settings.replace("\"tmux\"", "\"cursor\""));
    let (production, staging) = (production(&env), staging(&env));
    let mut xterm = Xterm::start(&env);
    xterm.run(":");
    xterm.wait_for("mine", "#FFFFFF", false);
    xterm.run("awsenv use production");
    xterm.wait_for(&production, "#300010", true);
    xterm.run("awsenv use staging");
    xterm.wait_for(&staging, "#FFFFFF", false);
    // A theme that was set at run time comes back, too.
    xterm.run(r"printf '\033]11;#123456\033\\'");
    xterm.run("awsenv use production");
    xterm.wait_for(&production, "#300010", true);
    xterm.run("AWS_VAULT=x");
    xterm.run("export AWS_VAULT");
    xterm.wait_for("MISMATCH AWS_VAULT is set", "#123456", false);
    xterm.run("awsenv off");
    xterm.wait_for("mine", "#123456", false);
    xterm.run("awsenv use production");
    xterm.wait_for(&production, "#300010", true);
    xterm.run("awsenv use sandbox");
    xterm.wait_for("mine", "#123456", false);
    xterm.run("NO_COLOR=1 exec bash --noprofile --rcfile rc -i");
    xterm.run("awsenv use production");
    xterm.wait_for(&production, "#123456", false);
}
