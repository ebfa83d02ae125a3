//! Quoting and emissions: what is printed for `eval`.

use awsenv::shell::{EmitError, Shell, emit::VALUE_MAX, quote::quote, render};
use proptest::{prelude::*, test_runner::Config};

use crate::support::shells::{Sandbox, apply, change, corpus, installed, only, posix};

const KINDS: [&str; 5] = ["profile_name", "account_alias", "arn", "region", "env_var"];

/// Assigns every text through [`quote`] in every shell, and compares what `env` then sees.
fn check_quoting(texts: &[String]) {
    for real in installed() {
        let sandbox = Sandbox::new();
        let set = if real.shell == Shell::Fish { ("set -gx ", " ") } else { ("export ", "=") };
        let mut script = String::new();
        for (i, text) in texts.iter().enumerate() {
            script.push_str(&format!("{}V{i}{}{};\n", set.0, set.1, quote(real.shell, text)));
        }
        sandbox.write("script", script);
        let ended = sandbox
            .run(real, if real.shell == Shell::Fish { "source ../script; env -0" } else { ". ../script; env -0" });
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(ended.get(&format!("V{i}")), Some(text.as_str()), "{:?} {text:?} {}", real.argv, ended.stderr);
        }
        assert!(!sandbox.pwned(), "{:?}", real.argv);
    }
}

#[test]
fn p5_every_character_survives_quoting() {
    let ascii = (1..=0x7f_u8).map(char::from);
    let others = ['\u{80}', '\u{9b}', 'é', 'ÿ', '\u{2028}', '\u{202e}', '\u{feff}', '😀'];
    check_quoting(
        &ascii.chain(others).flat_map(|c| [c.to_string(), format!("a{c}b"), format!("{c}{c}'{c}")]).collect::<Vec<_>>(),
    );
}

#[test]
fn p5_the_hostile_corpus_survives_quoting() {
    let texts: Vec<String> = corpus(&KINDS).into_iter().filter(|text| !text.contains('\0')).collect();
    assert!(texts.len() > 100);
    check_quoting(&texts);
}

proptest! {
    #![proptest_config(Config { cases: 6, failure_persistence: None, ..Config::default() })]

    #[test]
    fn p5_any_text_survives_quoting(
        texts in prop::collection::vec(prop_oneof!["[^\0]{0,40}", r#"['"\\$`!(){};&|<>*?~#\n\t\r -]{1,20}"#], 40)
    ) {
        check_quoting(&texts);
    }
}

#[test]
fn p5_hostile_values_arrive_byte_for_byte_or_are_refused() {
    let values = corpus(&KINDS);
    let (good, bad): (Vec<_>, Vec<_>) =
        values.into_iter().partition(|value| render(Shell::Sh, &change(&[], &[("V", value)], 0)).is_ok());
    assert!(good.len() > 50 && bad.len() > 10, "{} {}", good.len(), bad.len());
    for value in &bad {
        let reason = render(Shell::Fish, &change(&[], &[("V", value)], 0)).unwrap_err();
        match reason {
            EmitError::Control(_) => assert!(value.chars().any(char::is_control), "{value:?}"),
            EmitError::Pattern(_) => assert!(value.contains(['{', '(']), "{value:?}"),
            EmitError::ValueTooLong(_) => assert!(value.len() + 2 > VALUE_MAX),
            other => panic!("{other}: {value:?}"),
        }
    }
    let names: Vec<String> = (0..good.len()).map(|i| format!("V{i}")).collect();
    let set: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(good.iter().map(String::as_str)).collect();
    for real in installed() {
        let sandbox = Sandbox::new();
        let ended = sandbox.run(real, apply(real, &sandbox, &change(&["AWS_PROFILE"], &set, 0)));
        assert_eq!(ended.get("S"), Some("0"), "{:?} {}", real.argv, ended.stderr);
        for (name, value) in &set {
            assert_eq!(ended.get(name), Some(*value), "{:?}", real.argv);
        }
        assert!(!sandbox.pwned(), "{:?}", real.argv);
    }
}

#[test]
fn what_cannot_be_emitted_is_named() {
    let long = "x".repeat(VALUE_MAX);
    let check = |name: &str, value: &str| render(Shell::Bash, &change(&[], &[(name, value)], 0)).unwrap_err();
    assert_eq!(check("A", &long), EmitError::ValueTooLong("A".into()));
    assert_eq!(check("A", "a\0b"), EmitError::Control("A".into()));
    assert_eq!(check("A", "a\u{9b}b"), EmitError::Control("A".into()));
    assert_eq!(check("A", "x{a,b}"), EmitError::Pattern("A".into()));
    assert_eq!(check("A", "!(x)"), EmitError::Pattern("A".into()));
    for name in ["", "1A", "A-B", "A;B", "É"] {
        assert_eq!(check(name, "x"), EmitError::Name(name.into()));
        assert_eq!(render(Shell::Sh, &change(&[name], &[], 0)), Err(EmitError::Name(name.into())));
    }
    let most = &long[..VALUE_MAX - 2];
    let five = change(&[], &[("A", most), ("B", most), ("C", most), ("D", most), ("E", most)], 0);
    assert_eq!(render(Shell::Bash, &five), Err(EmitError::TooLong));
}

#[test]
fn p2_a_switch_replaces_exactly_what_it_names() {
    let wanted = change(&["OLD", "NEVER_SET", "BOTH"], &[("BOTH", "new"), ("NEW", "it's `touch PWN` \\ new")], 0);
    for real in installed() {
        let mut sandbox = Sandbox::new();
        sandbox.set("OLD", "old").set("BOTH", "old").set("KEPT", "kept");
        let before = sandbox.run(real, "env -0").env;
        let ended = sandbox.run(real, apply(real, &sandbox, &wanted));
        let mut expected = before;
        expected.remove(&b"OLD"[..]);
        for (name, value) in [("S", "0"), ("BOTH", "new"), ("NEW", "it's `touch PWN` \\ new")] {
            expected.insert(name.into(), value.into());
        }
        let mut got = ended.env;
        // `_` and fish's SHLVL are the shell's own.
        for own in ["_", "SHLVL", "OLDPWD", "PWD"] {
            expected.remove(own.as_bytes());
            got.remove(own.as_bytes());
        }
        assert_eq!(got, expected, "{:?} {}", real.argv, ended.stderr);
    }
}

#[test]
fn p2_a_refusal_poisons_and_leaves_its_status() {
    for status in [1, 3, 143] {
        let refusal = change(&["AWS_SESSION_TOKEN"], &[("AWS_ACCESS_KEY_ID", "AWSENVREFUSED0000000")], status);
        for real in installed() {
            let mut sandbox = Sandbox::new();
            sandbox.set("AWS_SESSION_TOKEN", "old").set("AWS_ACCESS_KEY_ID", "old");
            let ended = sandbox.run(real, apply(real, &sandbox, &refusal));
            assert_eq!(ended.get("S"), Some(status.to_string().as_str()), "{:?} {}", real.argv, ended.stderr);
            assert_eq!(ended.get("AWS_ACCESS_KEY_ID"), Some("AWSENVREFUSED0000000"), "{:?}", real.argv);
            assert_eq!(ended.get("AWS_SESSION_TOKEN"), None, "{:?}", real.argv);
        }
    }
}

#[test]
fn p2_a_refusal_stops_a_script_under_errexit_and_a_success_does_not() {
    for real in posix() {
        let sandbox = Sandbox::new();
        let script = r#"set -eu; eval "$(cat ../emission)"; echo went on"#;
        for (status, said) in [(3, ""), (0, "went on\n")] {
            apply(real, &sandbox, &change(&["NEVER_SET"], &[("A", "b")], status));
            let ended = sandbox.run(real, script);
            assert_eq!(
                (ended.status, ended.stdout.as_str()),
                (Some(status.into()), said),
                "{:?} {}",
                real.argv,
                ended.stderr
            );
        }
    }
}

#[test]
fn p2_an_emission_cut_anywhere_changes_nothing() {
    let wanted = change(&["B"], &[("A", "new ; }: 'end'; (exit 0); }"), ("C", "'end'; end")], 0);
    let after = "<new ; }: 'end'; (exit 0); }><><'end'; end>";
    for real in installed() {
        let sandbox = Sandbox::new();
        let emission = render(real.shell, &wanted).unwrap();
        for end in 0..=emission.len() {
            sandbox.write(&format!("work/{end}"), &emission[..end]);
        }
        let script = match real.shell {
            Shell::Fish => {
                "for f in (seq 0 LAST); set -gx A old; set -gx B old; set -e C; cat $f | source 2>/dev/null; echo \"<$A><$B><$C>\"; end"
            }
            _ => {
                r#"export A=old B=old; i=0; while test $i -le LAST; do (eval "$(cat $i)"; echo "<$A><${B-}><${C-}>") 2>/dev/null || :; i=$((i+1)); done"#
            }
        };
        let ended = sandbox.run(real, &script.replace("LAST", &emission.len().to_string()));
        let mixed: Vec<&str> = ended.stdout.lines().filter(|&line| line != "<old><old><>" && line != after).collect();
        assert_eq!(mixed, [""; 0], "{:?}", real.argv);
        assert_eq!(ended.stdout.lines().filter(|&line| line == after).count(), 2, "{:?} {}", real.argv, ended.stdout);
    }
}

#[test]
fn p5_unquoted_eval_reads_no_file_names() {
    let pattern = "http://[::1]:80/?a=*";
    let wanted = change(&["OLD"], &[("A", "it's/a:b,c=d"), ("B", "a}b (c) ~ `touch PWN`"), ("C", pattern)], 0);
    for real in posix() {
        let sandbox = Sandbox::new();
        for name in ["touch PWN", "A='x';", "{", "}", ";touch PWN;", "(exit", "-v", "x $(touch PWN)"] {
            sandbox.write(&format!("work/{name}"), "");
        }
        apply(real, &sandbox, &wanted);
        let ended = sandbox.run(real, "eval $(cat ../emission); env -0");
        assert_eq!(ended.get("A"), Some("it's/a:b,c=d"), "{:?} {}", real.argv, ended.stderr);
        assert_eq!(ended.get("C"), Some(pattern), "{:?} {}", real.argv, ended.stderr);
        assert!(!sandbox.pwned(), "{:?}", real.argv);
    }
    for value in ["+(a)", "~(E)a", "a $(x)", "{a,b}"] {
        assert_eq!(render(Shell::Sh, &change(&[], &[("A", value)], 0)), Err(EmitError::Pattern("A".into())));
    }
}

proptest! {
    #![proptest_config(Config { cases: 8, failure_persistence: None, ..Config::default() })]

    /// A value may lose spaces on this way, but it never becomes code, and the last statement is reached.
    #[test]
    fn p5_unquoted_eval_runs_no_value(values in prop::collection::vec(hostile(), 30)) {
        let mut wanted = change(&[], &[], 0);
        for (i, value) in values.into_iter().enumerate() {
            let one = change(&[], &[(&format!("V{i}"), &value)], 0);
            if render(Shell::Sh, &one).is_ok() {
                wanted.set.extend(one.set);
            }
        }
        wanted.set.push(("LAST".to_owned(), "reached".into()));
        for real in posix() {
            let sandbox = Sandbox::new();
            sandbox.write("work/touch PWN", "");
            sandbox.write("work/;touch PWN;", "");
            apply(real, &sandbox, &wanted);
            let ended = sandbox.run(real, "eval $(cat ../emission); env -0");
            assert_eq!(ended.get("LAST"), Some("reached"), "{:?} {:?} {}", real.argv, wanted, ended.stderr);
            assert!(!sandbox.pwned(), "{:?} {:?}", real.argv, wanted);
        }
    }
}

/// Scraps of shell syntax, thrown together.
fn hostile() -> impl Strategy<Value = String> {
    let scraps = [
        "touch PWN",
        ";touch PWN;",
        "'",
        "\"",
        "$(touch PWN)",
        "`touch PWN`",
        "{",
        "}",
        "{a,b}",
        ",",
        "..",
        "(",
        ")",
        "~(",
        "~",
        "\\",
        " ",
        "a",
        "!",
        "|",
        "&",
        "#",
        "=",
        "<",
        ">",
        "-",
        "^",
        "%",
        "*",
        "é",
        "$",
        "${HOME}",
        "/",
    ];
    prop::collection::vec(prop::sample::select(scraps.to_vec()), 1..8).prop_map(|scraps| scraps.concat())
}

#[test]
fn p2_a_read_only_name_fails_before_anything_changes() {
    for real in posix() {
        let sandbox = Sandbox::new();
        apply(real, &sandbox, &change(&["A", "B"], &[("A", "new"), ("B", "new"), ("C", "new")], 0));
        let script = r#"export A=old B=old; readonly B; S=0; eval "$(cat ../emission)" || S=$?; export S; env -0"#;
        let ended = sandbox.run(real, script);
        let got = ["A", "B", "C", "S"].map(|name| ended.get(name));
        assert_eq!(got, [Some("old"), Some("old"), None, Some("1")], "{:?} {}", real.argv, ended.stderr);
    }
}

#[test]
fn p2_a_refusal_poisons_whatever_is_not_read_only() {
    let refusal = change(&["OLD", "A"], &[("A", "refused"), ("B", "refused"), ("C", "refused")], 3);
    for real in posix() {
        for locked in ["OLD", "B"] {
            let sandbox = Sandbox::new();
            apply(real, &sandbox, &refusal);
            let script = format!(
                r#"export A=old B=old C=old OLD=old; readonly {locked}; S=0; eval "$(cat ../emission)" || S=$?; export S; env -0"#
            );
            let ended = sandbox.run(real, &script);
            let b = if locked == "B" { "old" } else { "refused" };
            let got = ["A", "B", "C", "S"].map(|name| ended.get(name));
            assert_eq!(got, [Some("refused"), Some(b), Some("refused"), Some("3")], "{:?} {}", real.argv, ended.stderr);
        }
    }
}

#[test]
fn functions_of_the_same_name_survive() {
    for real in posix() {
        let sandbox = Sandbox::new();
        apply(real, &sandbox, &change(&["AWS_VAULT"], &[], 0));
        let ended = sandbox.run(real, r#"AWS_VAULT() { echo here; }; eval "$(cat ../emission)"; AWS_VAULT"#);
        assert_eq!(ended.stdout, "here\n", "{:?} {}", real.argv, ended.stderr);
    }
}

#[test]
fn p2_fish_erases_every_scope_and_leaves_no_helper() {
    let Some(fish) = only("fish") else { return };
    let sandbox = Sandbox::new();
    sandbox.write("emission", render(Shell::Fish, &change(&["AWS_PROFILE"], &[("B", "b")], 0)).unwrap());
    let script = "set -Ux AWS_PROFILE universal; set -gx AWS_PROFILE global; begin; set -lx AWS_PROFILE local; \
                  eval (cat ../emission); set -q awsenv_name; set -gx LEAK $status; env -0; end";
    let ended = sandbox.run(fish, script);
    let got = ["AWS_PROFILE", "B", "LEAK"].map(|name| ended.get(name));
    assert_eq!(got, [None, Some("b"), Some("1")], "{}", ended.stderr);
}
