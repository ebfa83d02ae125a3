//! `awsenv demo`: the main job on an embedded fake AWS, for whoever has no AWS account at hand.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{Done, Run};
use crate::{
    demo::{DemoHome, FakeAws, Scenario, is_foreign},
    edge::{host::Host, signals},
    error::{CommandError, Kind},
};

/// Try everything on an embedded fake AWS: your shell in it, or a short tour where there is no terminal
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Args {}

/// What to try, for those whose shell it opens.
const HELLO: &str = "\
This is awsenv on a fake AWS: three accounts, a home of its own, nothing real. Things to try:

  awsenv list                      all profiles, without any network
  awsenv use staging               switch: the banner, and the prompt
  awsenv whoami                    ask AWS again who you are
  awsenv use chain                 a role of a role, in production
  awsenv use mislabelled           a key of the wrong account: refused, and no keys are left
  awsenv exec production -- env    one command in an account
  awsenv login                     sign in to Identity Center, on a page of the fake's or with a code
  awsenv use developer             what you signed in for
  @OTHER@
  exit                             back, and all of it is gone
";

/// Runs the demo: the user's shell in it, or a tour where there is no terminal.
pub fn run(run: &mut Run<'_>, _: &Args) -> Result<Done, CommandError> {
    play(run.host).map(Done::Code)
}

fn play(host: &mut Host) -> Result<u8, CommandError> {
    let stage = Stage::set(host)?;
    if io::stdin().is_terminal() && host.stdout_is_terminal && host.stderr_is_terminal {
        stage.open_shell(host)
    } else {
        stage.tour(host)
    }
}

/// The fake AWS, the home, and the program that plays in it.
struct Stage {
    awsenv: PathBuf,
    home: DemoHome,
    environment: Vec<(OsString, OsString)>,
    /// Dropped with the stage: it is what answers.
    _aws: FakeAws,
}

impl Stage {
    fn set(host: &Host) -> Result<Self, CommandError> {
        let failed = |what: &str| {
            let message = format!("failed to {what}");
            move |error: io::Error| CommandError::new(Kind::Internal, message).because(error)
        };
        let aws = FakeAws::start(&Scenario::demo()).map_err(failed("start the fake AWS on loopback"))?;
        let home = DemoHome::create().map_err(failed("write a temporary home directory"))?;
        let awsenv = std::env::current_exe().map_err(failed("find this program"))?;
        let mut environment: Vec<(OsString, OsString)> =
            host.vars_os().into_iter().filter(|(name, _)| !is_foreign(&name.to_string_lossy())).collect();
        environment.extend(home.environment(&aws.url()).into_iter().map(|(name, value)| (name.into(), value)));
        environment.push(("PATH".into(), with_first(awsenv.parent(), host.var_os("PATH"))));
        Ok(Self { awsenv, home, environment, _aws: aws })
    }

    /// A program in the demo's environment.
    #[expect(clippy::disallowed_methods, reason = "the environment is the demo's own, built from nothing")]
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment.iter().cloned()).current_dir(self.home.path());
        command
    }
}

/// PATH with one more directory at its head.
fn with_first(directory: Option<&Path>, path: Option<OsString>) -> OsString {
    let rest = path.as_deref().map(std::env::split_paths).into_iter().flatten();
    let all = directory.map(Path::to_owned).into_iter().chain(rest);
    std::env::join_paths(all).unwrap_or_else(|_| path.clone().unwrap_or_default())
}

// ---- the shell ----

/// How a shell is started with a start-up file of ours: the file, its name, and the arguments.
struct StartUp {
    file: &'static str,
    text: String,
    arguments: Vec<&'static str>,
}

fn start_up(shell: &str) -> StartUp {
    let posix = |name: &str| format!("eval \"$(awsenv init {name})\"\n");
    match shell {
        "zsh" => StartUp {
            file: ".zshrc",
            text: format!("PROMPT='DEMO %# '\nautoload -Uz compinit && compinit -u -D\n{}", posix("zsh")),
            arguments: vec!["-d", "-i"],
        },
        // Where that directory is missing, fish makes completions of all manual pages, in the background, for a minute.
        "fish" => StartUp {
            file: ".config/fish/config.fish",
            text: "mkdir -p $HOME/.local/share/fish/generated_completions\nset -g fish_greeting\n\
                   function fish_prompt; echo -n 'DEMO > '; end\nawsenv init fish | source\n"
                .to_owned(),
            arguments: vec!["-i"],
        },
        "bash" => {
            StartUp { file: ".bashrc", text: format!("PS1='DEMO \\$ '\n{}", posix("bash")), arguments: vec!["-i"] }
        }
        // ENV names the start-up file of an interactive POSIX shell, which has no hook: its prompt calls the program.
        _ => StartUp {
            file: ".shrc",
            text: format!("PS1='$(command awsenv prompt --shell sh) DEMO $ '\n{}", posix("sh")),
            arguments: vec!["-i"],
        },
    }
}

impl Stage {
    fn open_shell(&self, host: &mut Host) -> Result<u8, CommandError> {
        let shell = host.var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
        let name = Path::new(&shell).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let start_up = start_up(&name);
        let failed = |error: io::Error| {
            let message = format!("failed to open the shell {}", shell.to_string_lossy());
            CommandError::new(Kind::Internal, message).because(error)
        };
        let file = self.home.write(start_up.file, &start_up.text).map_err(failed)?;
        let other =
            if name == "fish" { "set AWS_ACCESS_KEY_ID AKIAOTHER " } else { "AWS_ACCESS_KEY_ID=AKIAOTHER     " };
        let hello =
            HELLO.replace("@OTHER@", &format!("{other} another key than the verified one: ask `awsenv prompt`"));
        writeln!(host.stderr, "{hello}").map_err(failed)?;
        // A terminal that is closed ends the shell, and then the home goes as well.
        signals::outlive_the_terminal().map_err(failed)?;
        let mut command = self.command(&shell);
        command.args(start_up.arguments).env("ENV", file).env("ZDOTDIR", self.home.path());
        // The code of the last command typed says nothing about the demo.
        command.status().map_err(failed)?;
        Ok(0)
    }
}

// ---- the tour ----

/// A step of the tour: what is typed, what runs, and the exit code that is no surprise.
struct Step {
    says: &'static str,
    typed: &'static str,
    script: &'static str,
    code: i32,
}

/// In the scripts `$awsenv` is this program. What `use` prints is evaluated and never shown: it holds secrets.
const TOUR: &[Step] = &[
    Step {
        says: "All profiles, read from the files, without any network:",
        typed: "awsenv list",
        script: r#""$awsenv" list"#,
        code: 0,
    },
    Step {
        says: "Switch a shell to staging. AWS confirms who it is before anything changes:",
        typed: r#"eval "$(awsenv use staging)"; echo "$AWSENV_BANNER""#,
        script: r#"eval "$("$awsenv" use staging --shell sh)" && printf '%s\n' "$AWSENV_BANNER""#,
        code: 0,
    },
    Step {
        says: "The prompt says where the shell is, from the environment alone:",
        typed: r#"eval "$(awsenv use staging)"; awsenv prompt"#,
        script: r#"eval "$("$awsenv" use staging --shell sh 2>/dev/null)" && "$awsenv" prompt"#,
        code: 0,
    },
    Step {
        says: "Something replaces the key behind awsenv's back, and the prompt does not lie:",
        typed: "AWS_ACCESS_KEY_ID=AKIADEMOPRODUCTION77; awsenv prompt",
        script: r#"eval "$("$awsenv" use staging --shell sh 2>/dev/null)" || exit 99
export AWS_ACCESS_KEY_ID=AKIADEMOPRODUCTION77
shown="$("$awsenv" prompt)"
printf '%s\n' "$shown"
case $shown in *MISMATCH*) ;; *) exit 98 ;; esac"#,
        code: 0,
    },
    Step {
        says: "One command in production, and nowhere else:",
        typed: r#"awsenv exec production -- sh -c 'echo "$AWSENV_BANNER"'"#,
        script: r#""$awsenv" exec production -- sh -c 'printf "%s\n" "$AWSENV_BANNER"'"#,
        code: 0,
    },
    Step {
        says: "A role of a role, through the sandbox into production:",
        typed: "awsenv whoami chain",
        script: r#""$awsenv" whoami chain"#,
        code: 0,
    },
    Step {
        says: "A switch that fails leaves no way into the account of before:",
        typed: r#"eval "$(awsenv use stagign)"; echo "$?, key: $AWS_ACCESS_KEY_ID""#,
        script: r#"eval "$("$awsenv" use staging --shell sh 2>/dev/null)" || exit 99
eval "$("$awsenv" use stagign --shell sh)"
code=$?
printf '%s, key: %s\n' "$code" "$AWS_ACCESS_KEY_ID"
[ "$AWS_ACCESS_KEY_ID" = AWSENVREFUSED0000000 ] || exit 98
exit "$code""#,
        code: 2,
    },
    Step {
        says: "A profile that is pinned to staging, with a key of production:",
        typed: r#"awsenv whoami mislabelled; echo "$?""#,
        script: r#""$awsenv" whoami mislabelled; code=$?; echo "$code"; exit "$code""#,
        code: 4,
    },
];

impl Stage {
    fn tour(&self, host: &mut Host) -> Result<u8, CommandError> {
        for step in TOUR {
            let output = self
                .play(step)
                .map_err(|error| CommandError::new(Kind::Internal, "failed to run sh for the tour").because(error))?;
            self.show(host, step, &output).map_err(|error| {
                CommandError::new(Kind::Internal, "failed to write to standard output").because(error)
            })?;
            if output.status.code() != Some(step.code) {
                let message = format!("the tour expected exit code {} of: {}", step.code, step.typed);
                return Err(CommandError::new(Kind::Internal, format!("{message}, and got {}", output.status)));
            }
        }
        Ok(0)
    }

    fn play(&self, step: &Step) -> io::Result<Output> {
        // One stream, so that what is shown has the order in which it was written.
        let script = format!("exec 2>&1\n{}", step.script);
        let mut command = self.command("sh");
        command.args(["-c", &script]).env("awsenv", &self.awsenv).stdin(Stdio::null()).output()
    }

    fn show(&self, host: &mut Host, step: &Step, output: &Output) -> io::Result<()> {
        write!(host.stdout, "# {}\n$ {}\n", step.says, step.typed)?;
        host.stdout.write_all(&output.stdout)?;
        host.stdout.write_all(b"\n")?;
        host.stdout.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_comes_first_on_the_path() {
        assert_eq!(with_first(Some(Path::new("/a")), Some("/b:/c".into())), "/a:/b:/c");
        assert_eq!(with_first(Some(Path::new("/a")), None), "/a");
    }

    #[test]
    fn every_shell_says_demo_and_has_the_hook() {
        for shell in ["bash", "zsh", "fish", "dash", ""] {
            let text = start_up(shell).text;
            assert!(text.contains("DEMO") && text.contains("awsenv init"), "{shell}: {text}");
        }
    }
}
