//! Configuration files.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use super::{Found, code, detail, ensure, is_harmless, judge, nothing_ran, profile, shells, use_in};
use crate::support::{Case, Pty, Terminal, TestEnv};

const STAGING: &str = "444455556666";
const KEYS: (&str, &str) = ("AKIADEMOSTAGING77777", "demo/staging/not+a+secret/DEMO+DEMO+DE/0");

/// The names of `profiles=`, separated by commas. A `;` may be part of a name.
fn names(case: &Case) -> Option<Vec<String>> {
    let mut names: Option<String> = None;
    for part in &case.expect[1..] {
        match (part.strip_prefix("profiles="), &mut names) {
            (Some(list), _) => names = Some(list.to_owned()),
            (None, Some(list)) if !part.contains('=') && !is_detail(part) => *list += &format!(";{part}"),
            _ => {}
        }
    }
    names.map(|list| list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn is_detail(part: &str) -> bool {
    ["listed-escaped", "no-file-PWN", "only-after-double-dash", "value-not-shown"].contains(&part)
}

fn check(case: &Case) -> Found {
    let env = TestEnv::demo();
    env.write(".aws/config", &case.value);
    env.write(".aws/credentials", "");
    listed(&env, case)?;
    match case.verdict() {
        "error" | "refuse" => refused(&env, case)?,
        _ => used(&env, case)?,
    }
    if let Some(code) = detail(case, "use").and_then(|verdict| verdict.strip_prefix("refuse:")) {
        name_refused(&env, case, code)?;
    }
    Ok(())
}

/// `list` shows the profiles, and what is wrong with the file.
fn listed(env: &TestEnv, case: &Case) -> Found {
    let run = env.run(&["list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run:?}"))?;
    let empty = Vec::new();
    let rows = list["profiles"].as_array().unwrap_or(&empty);
    let findings = list["findings"].as_array().unwrap_or(&empty);
    let shown: Vec<&str> = rows.iter().filter_map(|row| row["profile"].as_str()).collect();
    let usable = rows.iter().filter(|row| row["problem"].as_str().is_none_or(|problem| !problem.contains("(name-")));
    let usable: Vec<&str> = usable.filter_map(|row| row["profile"].as_str()).collect();
    if let Some(names) = names(case) {
        ensure!(usable == names || shown == names, "{names:?} are wanted, listed are {shown:?}");
    }
    if let Some(other) = detail(case, "others-listed") {
        ensure!(shown.contains(&other), "{other} is not in {shown:?}");
    }
    match case.verdict() {
        "accept" => ensure!(findings.is_empty(), "there is nothing to find: {findings:?}"),
        "accept-warn" | "ignore" => {
            let problems = rows.iter().filter(|row| !row["problem"].is_null()).count();
            ensure!(!findings.is_empty() || problems > 0, "nothing is found: {list}");
            let text = list.to_string();
            ensure!(
                text.contains(code(case).unwrap_or_default()),
                "{} is not in {text}",
                code(case).unwrap_or_default()
            );
            if let Some(line) = detail(case, "warn") {
                let line = line.trim_start_matches("line ");
                ensure!(findings.iter().any(|finding| finding.to_string().contains(line)), "line {line}: {findings:?}");
            }
        }
        _ => {}
    }
    let terminal = Pty::awsenv(env, &["list"], Terminal::All).finish();
    is_harmless(terminal.stderr.as_bytes())?;
    ensure!(!terminal.stderr.contains("AKIAIOSFODNN7EXAMPLE"), "{}", terminal.stderr);
    nothing_ran(env)
}

/// Each profile, with keys, gives its account and its region.
fn used(env: &TestEnv, case: &Case) -> Found {
    let mut profiles = names(case).unwrap_or_default();
    let regions: Vec<(&str, &str)> = case
        .expect
        .iter()
        .filter_map(|part| part.split_once('='))
        .filter_map(|(key, region)| Some((key.strip_suffix(".region")?, region)))
        .collect();
    profiles.extend(regions.iter().map(|(name, _)| (*name).to_owned()));
    profiles.sort();
    profiles.dedup();
    for name in &profiles {
        env.credentials(name, KEYS.0, KEYS.1);
    }
    for name in &profiles {
        let [dashes, argument] = profile(name.as_bytes());
        for real in shells() {
            let after = use_in(env, real, &[&dashes, &argument], &[]);
            after.is_in(STAGING)?;
            ensure!(after.decoded("AWSENV_PROFILE").as_ref() == Some(name), "{:?}", after.decoded("AWSENV_PROFILE"));
            if let Some((_, region)) = regions.iter().find(|(of, _)| of == name) {
                ensure!(after.get("AWS_REGION") == Some(region), "{name}: region {:?}", after.get("AWS_REGION"));
            }
            nothing_ran(env)?;
        }
    }
    Ok(())
}

/// The profile that the file is about is refused, and the message names the code and the line.
fn refused(env: &TestEnv, case: &Case) -> Found {
    let name = if case.value.starts_with(b"[profile bad") { "bad" } else { "a" };
    for real in shells() {
        let after = use_in(env, real, &[OsStr::new(name)], &[]);
        after.is_refused(&["2", "3", "5"], code(case).unwrap_or_default())?;
        if let Some(line) = detail(case, "line") {
            ensure!(after.stderr().contains(&format!("config:{line}")), "line {line}: {}", after.stderr());
        }
        let named = detail(case, "names").unwrap_or_default();
        ensure!(after.stderr().contains(named), "{named}: {}", after.stderr());
        ensure!(!after.stderr().contains("AKIAIOSFODNN7EXAMPLE"), "{}", after.stderr());
        nothing_ran(env)?;
    }
    ensure!(env.aws().requests().is_empty(), "AWS was asked");
    Ok(())
}

/// The name in the header, as it stands, is refused. (One with a NUL can be no argument.)
fn name_refused(env: &TestEnv, case: &Case, code: &str) -> Found {
    let start = b"[profile ".len();
    let end = case.value.iter().rposition(|byte| *byte == b']').unwrap_or(start);
    let end = case.value.iter().position(|byte| *byte == b'\n').map_or(end, |line| line.min(end + 1) - 1);
    let name = &case.value[start..end];
    if name.contains(&0) {
        return Ok(());
    }
    // What is no UTF-8 is refused as an argument, before it is known to be a name.
    let says = if code == "name-not-utf8" { "invalid UTF-8" } else { code };
    for real in shells() {
        use_in(env, real, &[OsStr::new("--"), OsStr::from_bytes(name)], &[]).is_refused(&["2"], says)?;
    }
    Ok(())
}

#[test]
fn p5_every_configuration_file_in_every_shell() {
    judge("config_file", check);
}
