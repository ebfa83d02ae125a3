//! The hostile corpus: every configuration file and every profile name of it.

use serde::Deserialize;

use super::tests::set_of;
use crate::core::profile::{
    error::{PlanError, check_name},
    header::SectionKind,
    settings::{Key, Settings},
    survey::Survey,
};

#[derive(Deserialize)]
struct Case {
    kind: String,
    value: String,
    why: String,
    expect: String,
}

fn cases(kind: &str) -> Vec<(Case, Vec<u8>)> {
    let all = include_str!("../../../tests/hostile/corpus.jsonl").lines();
    all.map(|line| serde_json::from_str::<Case>(line).unwrap())
        .filter(|case| case.kind == kind)
        .map(|case| (base64(&case.value), case))
        .map(|(value, case)| (case, value))
        .collect()
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text
        .bytes()
        .filter_map(|byte| ALPHABET.iter().position(|&digit| digit == byte))
        .map(|digit| u32::try_from(digit).unwrap())
        .collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let number = group.iter().fold(0, |number, digit| number << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&number.to_be_bytes()[1..group.len()]);
    }
    bytes
}

/// One configuration file: what is found in it, what is listed, why its profiles cannot be used.
fn check(case: &Case, config: &[u8]) {
    let set = set_of(config, b"");
    let context = format!("{}: {} ({:?})", case.why, case.expect, String::from_utf8_lossy(config));
    let names: Vec<&str> = set.names().collect();
    let survey = Survey::new(&set);
    let rows: Vec<_> = survey.rows().collect();
    let found: Vec<(&str, usize)> =
        set.findings().chain(&survey.doubts).map(|finding| (finding.code, finding.location.line)).collect();
    let errors: Vec<PlanError> =
        names.iter().copied().chain(["a", "bad"]).filter_map(|name| set.plan(name).err()).collect();
    let mut details = case.expect.split(';');
    let verdict = details.next().unwrap();
    // A `;` may be part of a name.
    let mut listed: Option<String> = None;
    for detail in details.clone() {
        match (detail.split_once('='), &mut listed) {
            (Some(("profiles", names)), _) => listed = Some(names.to_owned()),
            (None, Some(names)) if !["listed-escaped", "no-file-PWN"].contains(&detail) => {
                *names += &format!(";{detail}")
            }
            _ => {}
        }
    }
    if let Some(listed) = listed {
        assert_eq!(names.join(","), listed, "{context}");
    }
    let mut code = None;
    for detail in details {
        match detail.split_once('=') {
            Some(("profiles" | "no-file-PWN" | "within-ms", _)) => {}
            Some(("code", wanted)) => code = Some(wanted),
            Some(("line", line)) => {
                let line: usize = line.parse().unwrap();
                let in_error = errors.iter().any(|error| {
                    matches!(error, PlanError::Config { code: c, location, .. } if Some(*c) == code && location.line == line)
                });
                assert!(in_error, "{context}: {errors:?}");
            }
            Some(("warn", line)) => {
                let line: usize = line.strip_prefix("line ").unwrap().parse().unwrap();
                assert!(found.iter().any(|(_, at)| *at == line), "{context}: {found:?}");
            }
            Some(("others-listed", name)) => assert!(names.contains(&name), "{context}"),
            Some(("names", text)) => {
                assert!(errors.iter().any(|error| error.to_string().contains(text)), "{context}: {errors:?}");
            }
            Some(("use", refusal)) => {
                let refusal = refusal.strip_prefix("refuse:").unwrap();
                let group = set.of_kind(SectionKind::Profile).find(|group| check_name(set.name(*group)).is_err());
                assert_eq!(check_name(set.name(group.unwrap())).unwrap_err().code(), refusal, "{context}");
                assert!(rows.iter().any(|row| row.problem.is_some()), "{context}");
            }
            Some((key, value)) if key.ends_with(".region") => {
                let group = set.find(SectionKind::Profile, key.strip_suffix(".region").unwrap().as_bytes()).unwrap();
                let mut settings = Settings::default();
                set.settings(group, &mut settings).unwrap();
                assert_eq!(settings.get(Key::Region).unwrap().value, value, "{context}");
            }
            Some((key, _)) => panic!("{context}: what is {key}?"),
            None => {}
        }
    }
    match (verdict, code) {
        ("accept", _) => assert_eq!(found, [], "{context}"),
        ("accept-warn" | "ignore", Some(code)) => {
            assert!(found.iter().any(|(c, _)| *c == code), "{context}: {found:?}")
        }
        ("accept-warn" | "ignore", None) => {
            assert!(!found.is_empty() || rows.iter().any(|row| row.problem.is_some()), "{context}");
        }
        // Reading the token file is somebody else's part.
        ("error", Some("file-too-big")) => assert!(set.plan("a").is_ok(), "{context}"),
        ("error" | "refuse", Some(code)) => {
            assert!(errors.iter().any(|error| error.code() == code), "{context}: {errors:?}");
            for error in &errors {
                assert!(!error.to_string().contains("AKIA"), "{context}: {error}");
            }
        }
        _ => panic!("{context}: what is {verdict}?"),
    }
}

#[test]
fn p5_every_configuration_file_of_the_corpus() {
    let cases = cases("config_file");
    assert!(cases.len() >= 42, "{}", cases.len());
    for (case, config) in cases {
        check(&case, &config);
    }
}

#[test]
fn p5_every_profile_name_of_the_corpus() {
    let cases = cases("profile_name");
    assert!(cases.len() >= 64, "{}", cases.len());
    for (case, name) in cases {
        let code = case.expect.split(';').find_map(|detail| detail.strip_prefix("code="));
        assert_eq!(check_name(&name).err().map(|error| error.code()), code, "{}: {name:?}", case.why);
        // What can be quoted is found again by its very bytes; the credentials file quotes nothing.
        let quote = [b'"', b'\''].into_iter().find(|quote| !name.contains(quote) && !name.contains(&b'\\'));
        if let Some(quote) = quote
            && !name.is_empty()
            && !name.contains(&b'\n')
        {
            let config = [b"[profile ", &[quote][..], &name, &[quote], b"]\nregion = eu-west-1\n"].concat();
            assert!(set_of(&config, b"").find(SectionKind::Profile, &name).is_some(), "{}: {name:?}", case.why);
        }
    }
}
