//! A region's name, checked before it becomes part of a host name.

use std::fmt;

/// The regions of every partition, for completion. What is not here is no less a region.
const KNOWN: &str = "\
    us-east-1 us-east-2 us-west-1 us-west-2 \
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 \
    ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 \
    ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 \
    il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 \
    cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 eusc-de-east-1 \
    us-iso-east-1 us-iso-west-1 us-isob-east-1 us-isob-west-1 eu-isoe-west-1 us-isof-east-1 us-isof-south-1";

/// The regions that AWS has, as far as this program knows.
pub fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.split_ascii_whitespace()
}

/// A well-formed region name. Unknown names are fine (AWS opens regions); names that are no host label are not:
/// a region such as `x@attacker.example:443/#` redirects signed requests (the class of CVE-2026-22611).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Region(String);

/// A text that is no region name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a region name (like eu-west-1)")]
pub struct BadRegion(pub String);

impl Region {
    /// Takes `[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}`, the whole text and nothing else.
    pub fn parse(text: &str) -> Result<Self, BadRegion> {
        let good = Self::is_name(text);
        if good { Ok(Self(text.to_owned())) } else { Err(BadRegion(text.to_owned())) }
    }

    /// True for a text that [`parse`](Self::parse) takes; allocates nothing, for lists.
    pub fn is_name(text: &str) -> bool {
        // One pass: lists check ten thousand of them.
        let (mut parts, mut length) = (0, 0);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'a'..=b'z' => length += 1,
                b'-' if (2..=if parts == 0 { 5 } else { 12 }).contains(&length) => (parts, length) = (parts + 1, 0),
                b'0'..=b'9' if length == 0 => {
                    let number = &text.as_bytes()[at..];
                    return (2..=4).contains(&parts) && number.len() <= 2 && number.iter().all(u8::is_ascii_digit);
                }
                _ => return false,
            }
        }
        false
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_ones_are_regions_each_once() {
        let mut all: Vec<&str> = known().collect();
        assert!(all.len() > 40 && all.iter().all(|name| Region::is_name(name)), "{all:?}");
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), known().count());
    }

    #[test]
    fn p5_only_region_names_pass() {
        for good in ["us-east-1", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1", "xx-future-9", "ap-southeast-12"]
        {
            assert!(Region::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "us-east-1\n",
            "x@a.b:443/#",
            "US-EAST-1",
            "us-east",
            "us-east-123",
            "-us-east-1",
            "us-east-١",
            "us--east-1",
        ] {
            assert!(Region::parse(bad).is_err(), "{bad}");
        }
    }
}
