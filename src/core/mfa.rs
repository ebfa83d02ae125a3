//! Multi-factor authentication: the device that a profile names, and the code that it shows.

use serde::Deserialize;

use super::{profile::plan::Location, secret::Secret};

/// An MFA device, as a profile names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaDevice {
    /// `mfa_serial`: an ARN, or the serial number of a hardware device.
    pub serial: String,
    /// `mfa_process`: a program that prints the code.
    pub process: Option<String>,
    /// The profile that names it.
    pub profile: String,
    /// Line of `mfa_serial`.
    pub location: Location,
}

/// Where a code goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MfaMethod {
    /// With AssumeRole of the profile that names the device, as the AWS CLI does.
    #[default]
    Role,
    /// With GetSessionToken, once for the user whose keys a profile starts from.
    Session,
}

impl MfaMethod {
    /// As the settings have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Session => "session",
        }
    }
}

/// Six digits that a device shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaCode(Secret);

/// What is not a code. It holds nothing of what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an MFA code is six digits (bad-mfa-code)")]
pub struct BadCode;

impl MfaCode {
    /// Takes what was typed or printed; spaces, which some devices show in the middle, do not count.
    pub fn parse(text: &str) -> Result<Self, BadCode> {
        let digits: String = text.trim().chars().filter(|c| *c != ' ').collect();
        let code = Secret::new(digits);
        let good = code.expose().len() == 6 && code.expose().bytes().all(|byte| byte.is_ascii_digit());
        if good { Ok(Self(code)) } else { Err(BadCode) }
    }

    /// The same, of what was never shown.
    pub fn from_secret(text: &Secret) -> Result<Self, BadCode> {
        Self::parse(text.expose())
    }

    /// The digits, for the request.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// Whether AWS takes this as `SerialNumber`: 9 to 256 of `[\w+=/:,.@-]`.
pub fn is_serial(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&byte);
    (9..=256).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_a_code_is_six_ascii_digits() {
        assert_eq!(MfaCode::parse("123456"), MfaCode::parse(" 123 456\r\n"));
        for bad in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\n123456", "123\t456"] {
            assert_eq!(MfaCode::parse(bad), Err(BadCode), "{bad:?}");
        }
    }

    #[test]
    fn p4_a_code_is_not_shown() {
        assert_eq!(format!("{:?}", MfaCode::parse("123456").unwrap()), "MfaCode([redacted])");
    }

    #[test]
    fn p5_serials_are_those_that_aws_takes() {
        assert!(is_serial("arn:aws:iam::123456789012:mfa/bob") && is_serial("GAHT12345678"));
        for bad in ["", "GAHT1234", "arn:aws:iam::123456789012:mfa/bob\" & x", &"x".repeat(257), "GAHT12345678\n"] {
            assert!(!is_serial(bad), "{bad:?}");
        }
    }
}
