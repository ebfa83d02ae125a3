//! One-time codes from a secret and the time (RFC 6238), as virtual MFA devices of AWS make them: SHA-1, six digits, 30 seconds.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{
    mfa::{BadCode, MfaCode},
    secret::Secret,
};

/// How long a code holds, in seconds.
pub const PERIOD: u64 = 30;
/// RFC 4226 wants 16 bytes; AWS makes 40. Ten are what some generators make.
const SHORTEST: usize = 10;
const LONGEST: usize = 128;

/// What is no secret of a device. It holds nothing of what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of an MFA device is base32: 16 letters A-Z and digits 2-7 or more (bad-totp-secret)")]
pub struct BadTotpSecret;

/// The secret of a device, checked: base32 without blanks and padding, in upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpSecret(Secret);

impl TotpSecret {
    /// Takes what AWS shows, or what was copied of it: blanks, hyphens, padding and lower case do not count.
    pub fn parse(text: &str) -> Result<Self, BadTotpSecret> {
        let plain: String = text.trim().trim_end_matches('=').chars().filter(|c| !" -".contains(*c)).collect();
        let secret = Secret::new(plain.to_ascii_uppercase());
        drop(Zeroizing::new(plain));
        match decode(secret.expose()) {
            Some(bytes) if (SHORTEST..=LONGEST).contains(&bytes.len()) => Ok(Self(secret)),
            _ => Err(BadTotpSecret),
        }
    }

    /// As it is kept.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The code of a period, counted from 1970.
    pub fn code(&self, period: u64) -> Result<MfaCode, BadCode> {
        let key = decode(self.0.expose()).ok_or(BadCode)?;
        let number = truncated(&key, period).ok_or(BadCode)? % 1_000_000;
        MfaCode::parse(&Zeroizing::new(format!("{number:06}")))
    }
}

/// The period that a time is in.
pub fn period(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or_default() / PERIOD
}

/// The period whose code may be used now, after the last one that was: AWS takes each code once. A last one of long after
/// now was written with a wrong clock.
pub fn next_period(last: Option<u64>, now: u64) -> u64 {
    const MOST_AHEAD: u64 = 20;
    match last {
        Some(last) if (now..now + MOST_AHEAD).contains(&last) => last + 1,
        _ => now,
    }
}

/// HOTP's 31 bits.
fn truncated(key: &[u8], counter: u64) -> Option<u32> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    mac.update(&counter.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash.last()? & 0x0f);
    let four: [u8; 4] = hash.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(four) & 0x7fff_ffff)
}

/// Base32 without padding.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() * 5 / 8));
    let (mut bits, mut have) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5 | u32::from(value)) & 0xfff;
        have += 5;
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from(bits >> have & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `12345678901234567890`, the secret of RFC 6238's vectors.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_vectors_of_rfc_6238_are_met() {
        let secret = TotpSecret::parse(RFC).unwrap();
        // The RFC's codes have eight digits; six are the last of them.
        for (second, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let period = period(Timestamp::from_second(second).unwrap());
            assert_eq!(secret.code(period).unwrap(), MfaCode::parse(&code[2..]).unwrap(), "{second}");
        }
    }

    #[test]
    fn a_secret_is_taken_as_people_copy_it() {
        let secret = TotpSecret::parse(RFC).unwrap();
        assert_eq!(TotpSecret::parse(" gezd gnbv-gy3t qojq gezd gnbv gy3t qojq====\n").unwrap(), secret);
        for bad in ["", "GEZDGNBV", "GEZDGNBVGY3TQOJ1", "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ", &"A".repeat(300)] {
            assert_eq!(TotpSecret::parse(bad), Err(BadTotpSecret), "{bad}");
        }
    }

    #[test]
    fn no_period_is_used_twice() {
        assert_eq!(next_period(None, 7), 7);
        assert_eq!(next_period(Some(6), 7), 7);
        assert_eq!(next_period(Some(7), 7), 8);
        assert_eq!(next_period(Some(9), 7), 10);
        assert_eq!(next_period(Some(7_000), 7), 7, "a clock was wrong");
    }

    #[test]
    fn p4_nothing_of_it_is_shown() {
        assert_eq!(format!("{:?}", TotpSecret::parse(RFC)), "Ok(TotpSecret([redacted]))");
    }
}
