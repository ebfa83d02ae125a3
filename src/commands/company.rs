//! The person at the terminal, for whatever gets credentials.

use std::io;

use zeroize::Zeroizing;

use super::{Run, report};
use crate::{
    core::{mfa::MfaCode, sanitize},
    edge::{aws, hidden},
};

/// Passes on what helper programs say, and has MFA codes: the command line's, then a person's.
pub(super) struct Company<'c, 'r> {
    run: &'c mut Run<'r>,
    code: Option<MfaCode>,
}

impl<'c, 'r> Company<'c, 'r> {
    pub(super) fn new(run: &'c mut Run<'r>, code: Option<MfaCode>) -> Self {
        Self { run, code }
    }
}

impl aws::Company for Company<'_, '_> {
    fn hear(&mut self, key: &str, line: &str) {
        report::talk(self.run.host, &format!("{key}: {}\n", sanitize::show(line)));
    }

    fn given_code(&mut self) -> Option<MfaCode> {
        self.code.take()
    }

    fn ask(&mut self, question: &str) -> io::Result<Option<Zeroizing<String>>> {
        hidden::ask_text(question)
    }
}
