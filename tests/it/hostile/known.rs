//! Where the product is known to differ from the corpus: what holds instead, in the corpus' own words, and the reason.

use crate::support::Case;

/// A known difference. One that is none any more fails its test, so that it is struck out.
pub(super) struct Known {
    kind: &'static str,
    /// The case's `why`, which is its name.
    why: &'static str,
    /// What is checked instead.
    pub(super) expect: &'static str,
    /// Why that is right, or what is still to be done.
    pub(super) reason: &'static str,
}

const KNOWN: &[Known] = &[
    Known { kind: "profile_name", why: "surrogate half", expect: NOT_UTF8, reason: NOT_UTF8_REASON },
    Known { kind: "profile_name", why: "truncated sequence", expect: NOT_UTF8, reason: NOT_UTF8_REASON },
    Known {
        kind: "region",
        why: "NUL",
        expect: "refuse;code=config-syntax;no-request-sent;no-file-PWN",
        reason: "a line with a control character is refused before its value is known to be a region",
    },
    Known {
        kind: "env_var",
        why: "empty HOME",
        expect: "error;code=no-home;nothing-written-to-cwd",
        reason: "of the two that the corpus allows, the refusal",
    },
    Known {
        kind: "env_var",
        why: "terminal as config",
        expect: "error;code=cannot read /dev/tty",
        reason: "without a terminal the file does not even open; on one the next test looks",
    },
    Known {
        kind: "config_file",
        why: "endless token file",
        expect: "error;code=is not a regular file",
        reason: "a device is refused before it is read",
    },
    Known {
        kind: "env_var",
        why: "foreign or open runtime dir",
        expect: "accept",
        reason: "nothing uses the runtime directory yet",
    },
];

const NOT_UTF8: &str = "refuse;code=invalid UTF-8 was detected";
const NOT_UTF8_REASON: &str =
    "on the command line such a name is refused as an argument, before it is known to be a name";

/// The known difference of a case.
pub(super) fn of(case: &Case) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.kind == case.kind && known.why == case.why)
}
