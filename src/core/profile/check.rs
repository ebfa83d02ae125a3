//! The forms of what stands in a profile.

use memchr::{memchr, memrchr};

use crate::core::identity::Partition;

/// Account and name of a role's ARN.
pub(crate) fn role_parts(arn: &str) -> Option<(&str, &str)> {
    let (partition, rest) =
        arn.strip_prefix("arn:").and_then(|rest| rest.split_at_checked(memchr(b':', rest.as_bytes())?))?;
    let (account, resource) = rest.strip_prefix(":iam::")?.split_at_checked(12)?;
    let path = resource.strip_prefix(":role/")?;
    let name = memrchr(b'/', path.as_bytes()).map_or(path, |slash| &path[slash + 1..]);
    let good = Partition::from_name(partition).is_some()
        && is_account(account)
        && !name.is_empty()
        && arn.len() <= 2048
        && path.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic());
    good.then_some((account, name))
}

/// Twelve ASCII digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().fold(true, |all, byte| all & byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p5_role_arns_are_checked_whole() {
        assert_eq!(role_parts("arn:aws:iam::111122223333:role/r"), Some(("111122223333", "r")));
        assert_eq!(role_parts("arn:aws-us-gov:iam::111122223333:role/a/b/r"), Some(("111122223333", "r")));
        for bad in [
            "",
            "arn:aws:iam::111122223333:user/r",
            "arn:aws:iam::1111222233:role/r",
            "arn:aws:sts::111122223333:role/r",
            "arn:aws:iam:x:111122223333:role/r",
            "arn:evil:iam::111122223333:role/r",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam::111122223333:role/a\nb",
        ] {
            assert_eq!(role_parts(bad), None, "{bad}");
        }
    }
}
