//! Whether a protected account may be entered, and how.

use super::registry::Protection;

/// What has to happen before the credentials of an account are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Allow,
    /// The user types the account.
    Confirm,
    /// The session is narrowed to read-only; no question asked.
    Narrow,
    /// It does not happen.
    Refuse,
}

/// Judges by the account's protection, and by whether write access was asked for.
pub fn judge(protection: Protection, write: bool) -> Verdict {
    match (protection, write) {
        (Protection::None, _) => Verdict::Allow,
        (Protection::Confirm, _) | (Protection::ReadOnly, true) => Verdict::Confirm,
        (Protection::ReadOnly, false) => Verdict::Narrow,
        (Protection::Deny, _) => Verdict::Refuse,
    }
}

/// True where an answer names the account: all 12 digits, with or without hyphens, or the last four.
pub fn confirms(answer: &str, account: &super::identity::AccountId) -> bool {
    let answer = answer.trim();
    super::identity::AccountId::parse(answer).is_ok_and(|id| id == *account)
        || (answer.len() == 4 && account.as_str().ends_with(answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identity::AccountId;

    #[test]
    fn p6_protection_decides_and_write_must_be_confirmed() {
        assert_eq!(judge(Protection::None, true), Verdict::Allow);
        assert_eq!(judge(Protection::Confirm, false), Verdict::Confirm);
        assert_eq!(judge(Protection::ReadOnly, false), Verdict::Narrow);
        assert_eq!(judge(Protection::ReadOnly, true), Verdict::Confirm);
        assert_eq!(judge(Protection::Deny, true), Verdict::Refuse);
    }

    #[test]
    fn p6_only_the_account_itself_confirms() {
        let account = AccountId::parse("111122223333").unwrap();
        for yes in ["111122223333", "1111-2222-3333", "3333", " 3333\n"] {
            assert!(confirms(yes, &account), "{yes}");
        }
        for no in ["", "y", "yes", "333", "2222", "999922223333"] {
            assert!(!confirms(no, &account), "{no}");
        }
    }
}
