//! What the runners of CI systems do with a step's output and files, as their sources and manuals say: small readers of
//! the same formats, stricter than the real ones in nothing that matters here.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, process::Command};

use super::{Run, TestEnv, assert_no_secret};

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// GitHub's environment files: `NAME=value`, and `NAME<<DELIMITER` with lines up to the delimiter. Later ones win.
pub(crate) fn github_file(text: &str) -> Variables {
    let mut variables = Variables::new();
    let mut lines = text.split('\n');
    while let Some(line) = lines.next() {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            _ if line.is_empty() => {}
            (Some(at), heredoc) if heredoc.is_none_or(|heredoc| at < heredoc) => {
                variables.insert(line[..at].to_owned(), line[at + 1..].to_owned());
            }
            (_, Some(at)) => {
                let (name, delimiter) = (&line[..at], &line[at + 2..]);
                assert!(!name.is_empty() && !delimiter.is_empty(), "the runner fails at {line:?}");
                let mut value = Vec::new();
                loop {
                    match lines.next() {
                        Some(line) if line == delimiter => break,
                        Some(line) => value.push(line),
                        None => panic!("the runner finds no end of {name}"),
                    }
                }
                variables.insert(name.to_owned(), value.join("\n"));
            }
            _ => panic!("the runner fails at {line:?}"),
        }
    }
    variables
}

/// The lines that GitHub's runner takes for commands: `::name …::data` at the beginning, white space skipped, and of old
/// `##[name …]data` anywhere, for the names that it knows.
pub(crate) fn github_commands(log: &str) -> Vec<&str> {
    const NAMES: &[&str] = &[
        "add-mask",
        "set-output",
        "save-state",
        "set-env",
        "add-path",
        "stop-commands",
        "echo",
        "debug",
        "notice",
        "warning",
        "error",
        "group",
        "endgroup",
        "add-matcher",
        "remove-matcher",
        "internal-set-repo-path",
    ];
    let is_known = |info: &str| NAMES.contains(&info.split(' ').next().unwrap_or_default());
    let is_command = |line: &&str| {
        let new = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"));
        let old = line.split_once("##[").and_then(|(_, rest)| rest.split_once(']'));
        new.or(old).is_some_and(|(info, _)| is_known(info))
    };
    log.split(['\n', '\r']).filter(is_command).collect()
}

/// The lines that Azure's agent takes for commands or formats: `##vso[area.event …]` anywhere, `##[word]` at the beginning.
pub(crate) fn azure_commands(log: &str) -> Vec<&str> {
    let is_command = |line: &&str| line.contains("##vso[") || line.trim_start().starts_with("##[");
    log.split(['\n', '\r']).filter(is_command).collect()
}

/// What GitHub's log shows of a step's output, and what it was told to hide on the way. A secret before its mask is seen.
#[track_caller]
pub(crate) fn github_log(output: &str, masked: &mut Vec<String>) -> String {
    let mut shown = String::new();
    for line in output.lines() {
        match line.strip_prefix("::add-mask::") {
            Some(value) => {
                masked.push(value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%"));
                shown.push_str("::add-mask::***\n");
            }
            None => {
                let line = masked.iter().fold(line.to_owned(), |line, value| line.replace(value.as_str(), "***"));
                shown.push_str(&format!("{line}\n"));
            }
        }
    }
    shown
}

/// Azure's agent: carries the commands of a step out, in order, and returns what its log shows.
#[derive(Debug, Default)]
pub(crate) struct AzureAgent {
    /// Pipeline variables, with whether they are secret.
    pub(crate) variables: BTreeMap<String, (String, bool)>,
    /// What the log must not show.
    pub(crate) masked: Vec<String>,
}

impl AzureAgent {
    pub(crate) fn read(&mut self, output: &str) -> String {
        let mut shown = String::new();
        for line in output.lines() {
            if let Some((_, command)) = line.split_once("##vso[") {
                let (info, data) = command.split_once(']').expect("a command ends");
                let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
                self.carry_out(name, properties, &unescape(data));
            }
            let line = self.masked.iter().fold(line.to_owned(), |line, value| line.replace(value.as_str(), "***"));
            shown.push_str(&format!("{line}\n"));
        }
        shown
    }

    fn carry_out(&mut self, name: &str, properties: &str, data: &str) {
        let property = |wanted: &str| {
            let pairs = properties.split(';').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| unescape(value)).next()
        };
        match name {
            "task.setsecret" => self.masked.push(data.to_owned()),
            "task.setvariable" => {
                let variable = property("variable").expect("a variable has a name");
                let secret = property("issecret").as_deref() == Some("true");
                let was_secret = self.variables.get(&variable).is_some_and(|(_, secret)| *secret);
                if secret {
                    self.masked.push(data.to_owned());
                }
                self.variables.insert(variable, (data.to_owned(), secret || was_secret));
            }
            other => panic!("what is {other}?"),
        }
    }

    /// The environment of a step: what is not secret, and what the step maps, with `$(NAME)` replaced where it is known.
    pub(crate) fn environment(&self, mapped: &Variables) -> Variables {
        let plain = self.variables.iter().filter(|(_, (_, secret))| !secret);
        let mut environment: Variables = plain.map(|(name, (value, _))| (name.clone(), value.clone())).collect();
        for (name, text) in mapped {
            let known = text.strip_prefix("$(").and_then(|rest| self.variables.get(rest.strip_suffix(')')?));
            environment.insert(name.clone(), known.map_or(text, |(value, _)| value).clone());
        }
        environment
    }
}

fn unescape(text: &str) -> String {
    let text = text.replace("%3B", ";").replace("%0D", "\r").replace("%0A", "\n").replace("%5D", "]");
    text.replace("%AZP25", "%")
}

/// An agent of Buildkite's on the PATH, which keeps what it is told below `agent/`: what to hide, one a line, the job's
/// environment, and what it was called with.
pub(crate) fn buildkite_agent(env: &TestEnv) {
    let script = r#"#!/usr/bin/env python3
import json, os, sys
folder = os.environ["HOME"] + "/agent"
os.makedirs(folder, exist_ok=True)
words = sys.argv[1:]
with open(folder + "/calls", "a") as calls:
    calls.write(" ".join(words) + "\n")
def state():
    return json.load(open(folder + "/env")) if os.path.exists(folder + "/env") else {"set": {}, "unset": []}
if words[:2] == ["oidc", "request-token"]:
    print("demo.web.identity", end="")
    sys.exit()
text = sys.stdin.read()
if words == ["redactor", "add", "--format", "json"]:
    with open(folder + "/hidden", "a") as hidden:
        hidden.writelines(value + "\n" for value in json.loads(text).values())
elif words[:1] == ["annotate"]:
    open(folder + "/annotation", "w").write(text)
elif words[2:] == ["--input-format", "json", "--output-format", "quiet", "-"]:
    now = state()
    for line in text.splitlines():
        assert len(line) < 65536
        if words[1] == "set":
            now["set"].update(json.loads(line))
        else:
            for name in json.loads(line):
                now["set"].pop(name, None)
                now["unset"].append(name)
    json.dump(now, open(folder + "/env", "w"))
else:
    sys.exit("usage: " + " ".join(words))
"#;
    program(env, "buildkite-agent", script);
}

/// Writes a program into `bin` of the home, which [`step`] has on its PATH.
pub(crate) fn program(env: &TestEnv, name: &str, text: &str) {
    let file = env.write(&format!("bin/{name}"), text);
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("the program is made executable");
}

/// Runs a step; its standard error goes where its standard output goes, as in a log.
pub(crate) fn step(env: &TestEnv, shell: &[&str], script: &str, variables: &Variables) -> Run {
    let file = env.write("step.sh", script);
    let mut command: Command = env.command("sh");
    let path = env.variable("PATH").unwrap_or_default();
    command.args(["-c", r#"exec "$@" 2>&1"#, "step"]).args(shell).arg(file);
    command.env("PATH", format!("{}:{path}", env.home().join("bin").display())).envs(variables);
    command.output().expect("the shell starts").into()
}

/// Nothing secret of the fake AWS is in what a log shows.
#[track_caller]
pub(crate) fn shows_no_secret(env: &TestEnv, log: &str) {
    assert_no_secret(&env.aws().secrets(), "the log", log.as_bytes());
}
