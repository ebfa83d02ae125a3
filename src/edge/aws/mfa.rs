//! MFA codes: from the command line, a helper program or a person; and the session that one is exchanged for.

use std::{fmt, io};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    error::{self, AwsError},
    role::{from_sts, no_credentials},
    session::Session,
};
use crate::{
    core::{
        credentials::Credentials,
        mfa::{BadCode, MfaCode, MfaDevice},
    },
    edge::credential_process::Helper,
    error::{Kind, Known as _},
};

/// How often a person is asked for a code of one step.
const MOST_QUESTIONS: usize = 3;

/// Whoever stands by while credentials are got: hears helper programs, and has MFA codes.
pub trait Company {
    /// Takes a line that a helper program wrote to its stderr, raw; `key` is the profile's key that names the program.
    fn hear(&mut self, key: &str, line: &str);
    /// Gives the code of the command line, once.
    fn given_code(&mut self) -> Option<MfaCode>;
    /// The code of the device that the vault has, if it has one. May wait for it, and says so.
    fn kept_code(&mut self, serial: &str) -> Option<MfaCode>;
    /// Whether what another process asks for is waited for: a code that was given would not keep, and where nobody sits at a
    /// terminal there is nobody to stop the wait either, however the code is got.
    fn can_wait(&self) -> bool;
    /// Says that this process is asked for a code of the device, and that the session which it opens is waited for.
    fn wait_for(&mut self, process: Option<u32>, device: &MfaDevice);
    /// The time now, however long that took.
    fn now(&self) -> Timestamp;
    /// Asks a person, with the answer hidden. `None` where there is nobody to ask.
    fn ask(&mut self, question: &str) -> io::Result<Option<Zeroizing<String>>>;
}

impl fmt::Debug for dyn Company + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Company")
    }
}

/// Gets a code and makes the call that needs it; a person who mistyped is asked again.
pub(super) fn with_code(
    session: &Session<'_>,
    device: &MfaDevice,
    purpose: &str,
    company: &mut dyn Company,
    call: impl Fn(&MfaCode) -> Result<Credentials, AwsError>,
) -> Result<Credentials, AwsError> {
    let given = match company.given_code() {
        Some(code) => Some(code),
        None => device.process.as_deref().map(|command| printed(session, device, command, company)).transpose()?,
    };
    if let Some(code) = given {
        return call(&code);
    }
    if let Some(code) = company.kept_code(&device.serial) {
        return call(&code).map_err(|error| match error.wrong_code {
            true => {
                error.hint("The code is of the secret in the vault: check that, the device's serial, and the clock.")
            }
            false => error,
        });
    }
    let mut why = String::new();
    let mut last = None;
    for _ in 0..MOST_QUESTIONS {
        let question = format!("{why}MFA code of {} to {purpose}: ", crate::core::sanitize::show(&device.serial));
        let answer = company.ask(&question).map_err(|error| no_code(device, "the terminal failed").because(error))?;
        let Some(answer) = answer else { return Err(no_code(device, "there is no terminal to ask on, or no answer")) };
        match MfaCode::parse(&answer) {
            Ok(code) => match call(&code) {
                Err(error) if error.wrong_code => {
                    why = "AWS did not accept that code; each works once, so wait for the next one.\n".to_owned();
                    last = Some(error);
                }
                other => return other,
            },
            Err(BadCode) => why = format!("{BadCode}.\n"),
        }
    }
    Err(last.unwrap_or_else(|| no_code(device, &BadCode.to_string())))
}

/// The code that a helper program prints.
fn printed(
    session: &Session<'_>,
    device: &MfaDevice,
    command: &str,
    company: &mut dyn Company,
) -> Result<MfaCode, AwsError> {
    let options = &session.client.options;
    let helper = Helper { command, profile: &device.profile, env: &options.env, limit: options.deadlines.helper };
    let failed = |kind: Kind| AwsError::new(kind, format!("{}: mfa_process failed", device.location));
    let (program, output) = helper.output(&mut |line| company.hear("mfa_process", line)).map_err(|error| {
        let hints = error.hints();
        let mut named = failed(error.kind()).because(error);
        named.hints = hints;
        named
    })?;
    let output = Zeroizing::new(String::from_utf8_lossy(&output).into_owned());
    MfaCode::parse(&output).map_err(|bad| {
        failed(Kind::Credentials)
            .because(bad)
            .hint(format!("`{program}` must print a code of six digits and nothing else."))
    })
}

fn no_code(device: &MfaDevice, why: &str) -> AwsError {
    AwsError::credentials(format!("{}: an MFA code of {} is needed: {why}", device.location, device.serial))
        .hint("Give it with --mfa-code, or name a program that prints it: `mfa_process` in the profile.")
}

/// Exchanges a code for a session of the user, whose calls count as made with MFA.
pub(super) fn session_token(
    session: &Session<'_>,
    device: &MfaDevice,
    from: &Credentials,
    company: &mut dyn Company,
) -> Result<Credentials, AwsError> {
    let purpose = format!("open a session of the key {} (profile `{}`)", from.access_key_id, device.profile);
    with_code(session, device, &shown(&purpose), company, |code| {
        session.run(async {
            let call = session.call("sts:GetSessionToken", &purpose, Some(from));
            let answer = aws_sdk_sts::Client::new(&session.sdk_with(from))
                .get_session_token()
                .serial_number(&device.serial)
                .token_code(code.secret().expose())
                .send()
                .await
                .map_err(|error| error::of_call(&call, error))?;
            let credentials = answer.credentials.ok_or_else(|| no_credentials(call.action))?;
            session.usable(from_sts(credentials, None)?, call.action)
        })
    })
}

/// A purpose, for the terminal.
pub(super) fn shown(purpose: &str) -> String {
    crate::core::sanitize::show(purpose).into_owned()
}
