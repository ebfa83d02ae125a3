//! The person at the terminal, for whatever gets credentials.

use std::{io, time::Duration};

use jiff::Timestamp;

use zeroize::Zeroizing;

use super::{Run, report};
use crate::{
    core::{
        mfa::{MfaCode, MfaDevice},
        sanitize,
        totp::{self, PERIOD, TotpSecret},
    },
    edge::{aws, hidden, terminal, used_codes},
};

/// Passes on what helper programs say, and has MFA codes: the command line's, then a person's.
pub(super) struct Company<'c, 'r> {
    run: &'c mut Run<'r>,
    code: Option<MfaCode>,
    totp: Option<TotpSecret>,
}

impl<'c, 'r> Company<'c, 'r> {
    pub(super) fn new(run: &'c mut Run<'r>, code: Option<MfaCode>) -> Self {
        Self { run, code, totp: None }
    }

    /// The same, with the MFA device that the vault has.
    pub(super) fn with(self, totp: Option<&TotpSecret>) -> Self {
        Self { totp: totp.cloned(), ..self }
    }
}

impl aws::Company for Company<'_, '_> {
    fn hear(&mut self, key: &str, line: &str) {
        report::talk(self.run.host, &format!("{key}: {}\n", sanitize::show(line)));
    }

    fn given_code(&mut self) -> Option<MfaCode> {
        self.code.take()
    }

    fn kept_code(&mut self, serial: &str) -> Option<MfaCode> {
        let totp = self.totp.as_ref()?;
        let host = &mut *self.run.host;
        let now = totp::period(host.now());
        // Where nothing can be written, the worst is a code that AWS has seen, and says so.
        let period = used_codes::take_period(host, serial, now).unwrap_or(now);
        if let Some(left) = left_until(period, host.now()) {
            let text = format!(
                "awsenv: the vault's MFA code of this half minute was used, and AWS takes each once: the next one comes in {} s\n",
                left.as_secs()
            );
            report::talk(host, &text);
        }
        while let Some(left) = left_until(period, self.run.host.now()) {
            std::thread::sleep(left);
        }
        totp.code(period).ok()
    }

    fn can_wait(&self) -> bool {
        self.code.is_none() && terminal::controlling().is_some()
    }

    fn wait_for(&mut self, process: Option<u32>, device: &MfaDevice) {
        let process = process.map(|id| format!(" (process {id})")).unwrap_or_default();
        let serial = sanitize::show(&device.serial);
        let text = format!(
            "awsenv: another awsenv{process} needs an MFA code of {serial} for the same session; waiting for that one\n"
        );
        report::talk(self.run.host, &text);
    }

    fn now(&self) -> Timestamp {
        self.run.host.now()
    }

    fn ask(&mut self, question: &str) -> io::Result<Option<Zeroizing<String>>> {
        hidden::ask_text(question)
    }
}

/// How long until a period begins; `None` where it has.
fn left_until(period: u64, now: Timestamp) -> Option<Duration> {
    let begins = period.saturating_mul(PERIOD);
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    (begins > now).then(|| Duration::from_secs(begins - now))
}
