//! Regions, from the three places that one may come from; and variables of the environment.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::OsStrExt,
};

use awsenv::shell::Shell;

use super::{Found, code, ensure, is_harmless, judge, nothing_ran, shells, use_in};
use crate::support::{Case, Pty, Terminal, TestEnv};

const STAGING: &str = "444455556666";

/// Where a region stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    File,
    Option,
    Variable,
}

/// The demo's accounts, and staging without a region of its own but for this text.
fn with_region(text: &[u8]) -> TestEnv {
    let env = TestEnv::demo();
    let keys =
        "aws_access_key_id = AKIADEMOSTAGING77777\naws_secret_access_key = demo/staging/not+a+secret/DEMO+DEMO+DE/0";
    let before = fs::read(env.home().join(".aws/config")).unwrap();
    let profile = [&before[..], b"\n[profile there]\n", keys.as_bytes(), b"\nregion = ", text, b"\n"].concat();
    env.write(".aws/config", profile);
    env
}

/// What AWS's readers make of the text in a file, and what cannot stand in an argument or a variable.
fn can_stand(value: &[u8], place: Place) -> bool {
    match place {
        // The end of the line is not part of the value, and a comment is what the kind config_file is about.
        Place::File => !value.ends_with(b"\n") && !value.windows(2).any(|pair| pair == b" #"),
        // An empty option is a mistake, and the profile's own is there.
        Place::Option => !value.contains(&0) && !value.is_empty(),
        Place::Variable => !value.contains(&0),
    }
}

fn region(case: &Case) -> Found {
    let places = [Place::File, Place::Option, Place::Variable];
    ensure!(places.iter().any(|place| can_stand(&case.value, *place)), "it is checked nowhere");
    for place in places.into_iter().filter(|place| can_stand(&case.value, *place)) {
        region_in(case, place).map_err(|fault| format!("{place:?}: {fault}"))?;
    }
    Ok(())
}

fn region_in(case: &Case, place: Place) -> Found {
    let env = with_region(if place == Place::File { &case.value } else { b"" });
    let value = OsStr::from_bytes(&case.value);
    let option = [OsStr::new("--region="), value].into_iter().collect::<OsString>();
    let (option, variable) = (&[option.as_os_str(), OsStr::new("there")][..], &[("AWS_REGION", value)][..]);
    let arguments = if place == Place::Option { option } else { &option[1..] };
    let variables = if place == Place::Variable { variable } else { &[] };
    // An option that is none is refused by the parser of the command line, in its own words.
    let says = code(case).map(|code| if place == Place::Option { "is not a region name" } else { code });
    for real in shells() {
        let after = use_in(&env, real, arguments, variables);
        match (case.verdict(), says) {
            (_, Some(says)) => after.is_refused(&["2"], says)?,
            (verdict, None) => {
                after.is_in(STAGING)?;
                let wanted = (verdict == "accept").then(|| String::from_utf8_lossy(&case.value).into_owned());
                for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWSENV_REGION"] {
                    ensure!(after.get(name) == wanted.as_deref(), "{}: {name} is {:?}", after.name, after.get(name));
                }
            }
        }
        nothing_ran(&env)?;
    }
    if case.expects("no-request-sent") {
        ensure!(env.aws().requests().is_empty(), "{:?}", env.aws().requests());
    }
    Ok(())
}

#[test]
fn p5_every_region_in_every_shell() {
    judge("region", region);
}

fn variable(case: &Case) -> Found {
    let at = case.value.iter().position(|byte| *byte == b'=').expect("it is an assignment");
    let name = std::str::from_utf8(&case.value[..at]).expect("the name is text");
    let value = OsStr::from_bytes(&case.value[at + 1..]);
    let mut env = TestEnv::demo();
    let before = entries(&env);
    if name == "HOME" {
        for directory in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            env.unset(directory);
        }
    }
    // What the environment offers decides where no profile is named.
    let profile = if name == "AWS_PROFILE" { None } else { Some("staging") };
    for real in shells() {
        let Some(profile) = profile else { break };
        if name == "HOME" && value.is_empty() && real.shell == Shell::Fish {
            // Fish fills it in from the user database: the home of whoever runs this test.
            continue;
        }
        let after = use_in(&env, real, &[OsStr::new(profile)], &[(name, value)]);
        match code(case) {
            Some(code) => after.is_refused(&["2", "3"], code)?,
            None => after.is_in(STAGING)?,
        }
        if case.expects("no-escape-bytes-in-output") {
            ensure!(!after.stderr.contains(&0x1b), "{}", after.stderr());
        }
        if case.expects("non-ascii-escaped") {
            ensure!(after.stderr.is_ascii(), "{}", after.stderr());
        }
        nothing_ran(&env)?;
    }
    if case.expects("nothing-written-to-cwd") {
        ensure!(entries(&env) == before, "the working directory has {:?}", entries(&env));
    }
    if case.verdict() == "accept" {
        return on_a_terminal(&mut env, case, name, value);
    }
    if profile.is_none() {
        env.credentials("default", "AKIADEMOSANDBOX77777", "demo/sandbox/not+a+secret/DEMO+DEMO+DE/0");
        let mut command = env.awsenv(&["whoami"]);
        let output = command.env(name, value).output().expect("awsenv starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        is_harmless(&output.stderr)?;
        // Unset, it leaves `[default]`; as a name that is none, it leaves nothing.
        let went_on = output.status.success();
        ensure!(went_on == (case.verdict() == "ignore"), "{said}");
        ensure!(said.contains(code(case).unwrap_or_default()), "{said}");
        // A switch to a profile by its name takes nothing from it.
        for real in shells() {
            use_in(&env, real, &[OsStr::new("staging")], &[(name, value)]).is_in(STAGING)?;
        }
    }
    Ok(())
}

fn on_a_terminal(env: &mut TestEnv, case: &Case, name: &str, value: &OsStr) -> Found {
    env.set(name, value.to_str().expect("it is text"));
    if name == "LANG" {
        env.unset("LC_ALL");
    }
    let run = Pty::awsenv(env, &["whoami", "staging"], Terminal::All).finish();
    ensure!(run.code == Some(0) && run.stderr.contains("4444-5555-6666"), "{run:?}");
    is_harmless(run.stderr.as_bytes())?;
    ensure!(!(case.expects("no-escape-bytes-in-output") && run.stderr.contains('\u{1b}')), "{}", run.stderr);
    ensure!(!case.expects("non-ascii-escaped") || run.stderr.is_ascii(), "{}", run.stderr);
    Ok(())
}

/// What stands in the working directory, which is the home.
fn entries(env: &TestEnv) -> Vec<OsString> {
    let entries = fs::read_dir(env.home()).expect("the home is read");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("the home is read").file_name()).collect();
    names.sort();
    names
}

#[test]
fn p5_every_variable_of_the_environment_in_every_shell() {
    judge("env_var", variable);
}

#[test]
fn p5_a_terminal_is_no_configuration_file() {
    let mut env = TestEnv::demo();
    env.set("AWS_CONFIG_FILE", "/dev/tty");
    let run = Pty::awsenv(&env, &["use", "staging", "--shell", "sh"], Terminal::Stderr).finish().exits(2);
    assert!(run.says("it is not a regular file").stdout.contains("AWSENVREFUSED0000000"));
}
