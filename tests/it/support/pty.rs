//! A program on a terminal of its own: fed with input, its output captured.

use std::{
    ffi::OsStr,
    fs::File,
    io::{Read, Write},
    os::{fd::OwnedFd, unix::process::ExitStatusExt},
    process::{Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};

use super::{Run, TestEnv};

/// Long enough for a loaded machine: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which streams are the terminal; standard input is in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// Standard output and error too: a user types the command.
    All,
    /// Standard error too, standard output is a pipe: a user types `eval "$(awsenv …)"`.
    Stderr,
}

/// A program on a terminal.
pub(crate) struct Pty {
    child: std::process::Child,
    controller: File,
    screen: Arc<Screen>,
    reader: JoinHandle<()>,
}

#[derive(Default)]
struct Screen {
    text: Mutex<Vec<u8>>,
    more: Condvar,
}

impl Pty {
    /// Starts a program in the environment, on an 80 × 24 terminal that is its controlling one.
    pub(crate) fn spawn(env: &TestEnv, program: impl AsRef<OsStr>, arguments: &[&str], terminal: Terminal) -> Self {
        let (controller, user) = open();
        let stream = || Stdio::from(user.try_clone().expect("the terminal is duplicated"));
        // setsid -c makes standard input the controlling terminal, and becomes the program: the process is the same.
        let mut command: Command = env.command("setsid");
        command.arg("-c").arg(program).args(arguments).stdin(stream()).stderr(stream());
        command.stdout(if terminal == Terminal::All { stream() } else { Stdio::piped() });
        let child = command.spawn().expect("setsid starts");
        // The last copy here is gone with the command and `user`, so that the end of the program is the end of the screen.
        drop(command);
        drop(user);
        let screen = Arc::new(Screen::default());
        let (from, to) = (controller.try_clone().expect("the terminal is duplicated"), Arc::clone(&screen));
        Self { child, controller, screen, reader: thread::spawn(move || to.fill(from)) }
    }

    /// awsenv on a terminal.
    pub(crate) fn awsenv(env: &TestEnv, arguments: &[&str], terminal: Terminal) -> Self {
        Self::spawn(env, env!("CARGO_BIN_EXE_awsenv"), arguments, terminal)
    }

    /// Types.
    pub(crate) fn send(&mut self, text: &str) {
        self.controller.write_all(text.as_bytes()).expect("the terminal takes input");
    }

    /// Gives the terminal so many other sizes, each of which the program is told of by a signal.
    pub(crate) fn resize(&mut self, times: u16) {
        for more in 0..times {
            let size = Winsize { ws_row: 10 + more % 50, ws_col: 20 + more % 200, ws_xpixel: 0, ws_ypixel: 0 };
            tcsetwinsize(&self.controller, size).expect("the terminal takes a size");
        }
    }

    /// Waits until the terminal has shown this.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        let shown = |screen: &mut Vec<u8>| String::from_utf8_lossy(screen).contains(text);
        let screen = self.screen.text.lock().expect("the reader is well");
        let (screen, timeout) =
            self.screen.more.wait_timeout_while(screen, PATIENCE, |screen| !shown(screen)).expect("the reader is well");
        assert!(!timeout.timed_out(), "{text:?} never came; the screen:\n{}", String::from_utf8_lossy(&screen));
    }

    /// Keeps the terminal, to look at when the program has ended.
    pub(crate) fn observe(&self) -> Observer {
        Observer(self.controller.try_clone().expect("the terminal is duplicated"))
    }

    /// The process ID of the program.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// True while the terminal shows what is typed.
    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&self.controller).expect("the terminal has modes").local_modes.contains(LocalModes::ECHO)
    }

    /// Waits for the end, and returns the signal that brought it. The terminal stays.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child.wait().expect("the program ends").signal()
    }

    /// Waits for the end. What the terminal showed is in `stderr`; `stdout` holds what went through the pipe.
    pub(crate) fn finish(self) -> Run {
        let mut run: Run = self.child.wait_with_output().expect("the program ends").into();
        self.reader.join().expect("the reader is well");
        run.stderr = String::from_utf8_lossy(&self.screen.text.lock().expect("the reader is well")).into_owned();
        run
    }
}

/// A terminal that is only looked at.
pub(crate) struct Observer(File);

impl Observer {
    /// How it is set: echo, lines, signals.
    pub(crate) fn settings(&self) -> String {
        format!("{:?}", tcgetattr(&self.0).expect("a terminal has settings"))
    }
}

impl Screen {
    fn fill(&self, mut from: File) {
        let mut buffer = [0; 4096];
        // The read fails (EIO) when nobody holds the user's side any more.
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            self.text.lock().expect("the test is well").extend_from_slice(&buffer[..count]);
            self.more.notify_all();
        }
    }
}

/// A new terminal: our side and the user's.
fn open() -> (File, OwnedFd) {
    let controller =
        openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal is free");
    grantpt(&controller).expect("the terminal is ours");
    unlockpt(&controller).expect("the terminal is unlocked");
    let name = ptsname(&controller, Vec::new()).expect("the terminal has a name");
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let user = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).expect("the terminal opens");
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&user, size).expect("the terminal has a size");
    (File::from(controller), user)
}

#[test]
fn a_program_on_a_terminal_is_fed_and_heard() {
    let env = TestEnv::empty();
    let script = "test -t 0 && test -t 1 && : >/dev/tty && stty size && read line && echo \"got $line\"; exit 7";
    let mut pty = Pty::spawn(&env, "sh", &["-c", script], Terminal::All);
    pty.wait_for("24 80");
    pty.send("hello\n");
    let run = pty.finish().exits(7);
    assert!(run.stderr.contains("got hello"), "{}", run.stderr);
}

#[test]
fn the_pipe_and_the_terminal_are_apart() {
    let run = Pty::spawn(&TestEnv::empty(), "sh", &["-c", "echo data; echo talk >&2"], Terminal::Stderr).finish();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("data\n", "talk\r\n"));
}
