//! The hostile corpus: what an attacker, or an accident, puts where we read.

use std::fs;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::repository;

/// One hostile value.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) kind: String,
    /// The exact bytes.
    pub(crate) value: Vec<u8>,
    pub(crate) why: String,
    /// The verdict, then its details.
    pub(crate) expect: Vec<String>,
}

impl Case {
    /// The verdict: accept, refuse, error, …
    pub(crate) fn verdict(&self) -> &str {
        self.expect.first().map(String::as_str).unwrap_or_default()
    }

    /// True if this detail is expected.
    pub(crate) fn expects(&self, detail: &str) -> bool {
        self.expect.iter().any(|expected| expected == detail)
    }
}

/// The cases of one kind.
pub(crate) fn corpus(kind: &str) -> Vec<Case> {
    let path = repository().join("tests/hostile/corpus.jsonl");
    let text = fs::read_to_string(path).expect("the corpus is there");
    let cases: Vec<Case> = text.lines().map(case).filter(|case| case.kind == kind).collect();
    assert!(!cases.is_empty(), "the corpus has cases of kind {kind}");
    cases
}

fn case(line: &str) -> Case {
    let line: serde_json::Value = serde_json::from_str(line).expect("a line of the corpus is JSON");
    let field = |name: &str| line[name].as_str().expect("a field of the corpus is text").to_owned();
    Case {
        kind: field("kind"),
        value: BASE64_STANDARD.decode(field("value")).expect("a value of the corpus is base64"),
        why: field("why"),
        expect: field("expect").split(';').map(str::to_owned).collect(),
    }
}

#[test]
fn the_corpus_is_read_to_the_byte() {
    let cases = corpus("profile_name");
    let backtick = cases.iter().find(|case| case.why == "backtick substitution").expect("the case is there");
    assert_eq!(backtick.value, b"`touch PWN`");
    assert_eq!(backtick.verdict(), "accept");
    assert!(backtick.expects("no-file-PWN"));
}
