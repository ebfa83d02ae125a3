//! In GNU screen: the window's title, and nothing else.

use std::process::Stdio;

use super::{home, production, rc, wait};
use crate::support::{Run, TestEnv, tool};

struct Screen<'a>(&'a TestEnv);

impl<'a> Screen<'a> {
    fn start(env: &'a TestEnv, command: &[&str]) -> Self {
        // Without pipes: the server would hold them.
        let mut screen = env.command("screen");
        let screen = screen.args(["-d", "-m", "-S", "test", "-c", "/dev/null"]).args(command);
        assert!(screen.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("screen starts").success());
        Self(env)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.0.command("screen").args(arguments).output().expect("screen starts").into()
    }

    fn type_line(&self, text: &str) {
        self.run(&["-S", "test", "-X", "stuff", &format!("{text}\n")]).exits(0);
    }

    #[track_caller]
    fn wait_for(&self, title: &str) {
        wait("the title", &title.to_owned(), || self.run(&["-S", "test", "-Q", "title"]).stdout);
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        self.run(&["-S", "test", "-X", "quit"]);
    }
}

#[test]
fn p3_in_screen_the_title_comes_and_goes_with_the_account() {
    let (Some(_), Some(_)) = (tool("screen"), tool("bash")) else { return };
    let mut env = home();
    let sockets = env.home().join("screen");
    std::fs::create_dir(&sockets).expect("the directory is made");
    std::fs::set_permissions(&sockets, std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("it is private");
    env.set("SCREENDIR", &sockets.to_string_lossy());
    let (rc, production) = (rc(&env, "bash", "$ "), production(&env));
    let screen = Screen::start(&env, &["bash", "--noprofile", "--rcfile", &rc.to_string_lossy(), "-i"]);
    screen.wait_for("bash");
    screen.type_line("awsenv use production");
    screen.wait_for(&production);
    screen.type_line("awsenv use sandbox");
    screen.wait_for("bash");
    screen.type_line("awsenv use production");
    screen.wait_for(&production);
    screen.type_line("awsenv off");
    screen.wait_for("bash");
}
