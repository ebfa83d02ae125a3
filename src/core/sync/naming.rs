//! Which profile is called what, where two would have the same name, or where the name is somebody else's.

use std::collections::{BTreeMap, BTreeSet};

use super::{Access, Template, is_role_name};

/// What has a name already, besides the profiles that a sync may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Nothing.
    Free,
    /// A profile for the same role of the same account.
    Same,
    /// Another profile.
    Other,
    /// Keys in the vault.
    Vault,
}

/// A profile that is not called as the template says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// Its name.
    pub name: String,
    /// What the template made.
    pub wanted: String,
    /// Why it is not that.
    pub why: Why,
}

/// Why a name could not be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// More than one account or role would be called so.
    Ambiguous,
    /// A profile that is not the sync's has the name.
    Taken,
    /// The vault has keys by the name.
    InVault,
    /// A profile for the very same is there, outside of the block.
    AlreadyThere,
    /// The role's name is none that AWS gives.
    BadRole,
}

impl Why {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Ambiguous => "more than one role would be called so",
            Self::Taken => "a profile that sync does not change has that name",
            Self::InVault => "the vault has a profile of that name",
            Self::AlreadyThere => "a profile of your own does the same",
            Self::BadRole => "no permission set of AWS is called so",
        }
    }

    /// For programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Taken => "name-taken",
            Self::InVault => "in-vault",
            Self::AlreadyThere => "already-there",
            Self::BadRole => "bad-role",
        }
    }
}

/// A role that gets no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The role.
    pub access: Access,
    /// What it would have been called.
    pub name: String,
    /// Why it is not.
    pub why: Why,
}

/// The names.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// By name.
    pub profiles: BTreeMap<String, Access>,
    /// Those whose name is not the template's.
    pub renamed: Vec<Renamed>,
    /// Those that have none.
    pub left_out: Vec<LeftOut>,
}

/// Names every role. The same answer of AWS gives the same names, in whatever order it comes: where a name would be that of
/// more than one, all of these get the account's ID behind it, and none of them the bare name.
pub fn name_all(
    template: &Template,
    session: &str,
    all: &[Access],
    outside: &dyn Fn(&str, &Access) -> Outside,
) -> Named {
    let mut named = Named::default();
    let mut open: Vec<(&Access, String, Why)> = Vec::new();
    let mut seen = BTreeSet::new();
    for access in all {
        if !seen.insert((&access.account, &access.role)) {
            continue;
        }
        let name = template.name(access, session);
        if is_role_name(&access.role) {
            open.push((access, name, Why::Ambiguous));
        } else {
            named.left_out.push(LeftOut { access: access.clone(), name, why: Why::BadRole });
        }
    }
    for level in 0..=2 {
        let names: Vec<String> = open.iter().map(|(access, wanted, _)| suffixed(wanted, access, level)).collect();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for name in &names {
            *count.entry(name).or_default() += 1;
        }
        let mut next = Vec::new();
        let mut settled = Vec::new();
        for ((access, wanted, why), name) in open.into_iter().zip(&names) {
            let free = outside(name, access);
            if free == Outside::Same {
                named.left_out.push(LeftOut { access: access.clone(), name: name.clone(), why: Why::AlreadyThere });
            } else if free == Outside::Vault {
                next.push((access, wanted, Why::InVault));
            } else if free == Outside::Other || name == "default" {
                next.push((access, wanted, Why::Taken));
            } else if count[name.as_str()] > 1 || named.profiles.contains_key(name) {
                next.push((access, wanted, Why::Ambiguous));
            } else {
                settled.push((access, wanted, why, name));
            }
        }
        for (access, wanted, why, name) in settled {
            if level > 0 {
                named.renamed.push(Renamed { name: name.clone(), wanted, why });
            }
            named.profiles.insert(name.clone(), access.clone());
        }
        open = next;
    }
    named.left_out.extend(open.into_iter().map(|(access, name, why)| LeftOut { access: access.clone(), name, why }));
    named.renamed.sort_by(|a, b| a.name.cmp(&b.name));
    named.left_out.sort_by(|a, b| (&a.name, &a.access.account).cmp(&(&b.name, &b.access.account)));
    named
}

fn suffixed(wanted: &str, access: &Access, level: u8) -> String {
    let Access { account, role, .. } = access;
    match level {
        0 => wanted.to_owned(),
        1 => format!("{wanted}-{account}"),
        // Of two roles that differ only in `=` and `,` one is left out: no name tells them apart.
        _ => format!("{wanted}-{account}-{}", role.replace(['=', ','], "+")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::identity::AccountId;

    fn access(account: u64, name: &str, role: &str) -> Access {
        let account = AccountId::parse(&format!("{account:012}")).unwrap();
        Access { account, account_name: name.into(), email: String::new(), role: role.into() }
    }

    fn names(all: &[Access], outside: &dyn Fn(&str, &Access) -> Outside) -> (Vec<String>, Vec<String>) {
        let template = "{account_name}.{role}".parse().unwrap();
        let named = name_all(&template, "corp", all, outside);
        let left_out = named.left_out.iter().map(|left| format!("{} {}", left.name, left.why.code()));
        let profiles = named.profiles.iter().map(|(name, access)| format!("{name} {}/{}", access.account, access.role));
        (profiles.collect(), left_out.collect())
    }

    fn free(_: &str, _: &Access) -> Outside {
        Outside::Free
    }

    #[test]
    fn p1_a_name_that_two_accounts_share_is_neither_s() {
        let all = [
            access(1, "prod", "Admin"),
            access(2, "prod", "Admin"),
            access(2, "prod", "Read"),
            access(1, "prod", "Admin"),
        ];
        let expected = [
            "prod.Admin-000000000001 000000000001/Admin",
            "prod.Admin-000000000002 000000000002/Admin",
            "prod.Read 000000000002/Read",
        ];
        let (found, left_out) = names(&all, &free);
        assert_eq!(found, expected);
        assert_eq!(left_out, Vec::<String>::new());
        let reversed: Vec<Access> = all.iter().rev().cloned().collect();
        assert_eq!(names(&reversed, &free).0, expected);
    }

    #[test]
    fn p8_what_is_not_ours_keeps_its_name() {
        let all = [access(1, "a", "R"), access(2, "b", "R"), access(3, "c", "R"), access(4, "default", "R")];
        let outside = |name: &str, _: &Access| match name {
            "a.R" | "b.R" | "b.R-000000000002" | "b.R-000000000002-R" => Outside::Other,
            "c.R" => Outside::Same,
            _ => Outside::Free,
        };
        let (found, left_out) = names(&all, &outside);
        assert_eq!(found, ["a.R-000000000001 000000000001/R", "default.R 000000000004/R"]);
        assert_eq!(left_out, ["b.R name-taken", "c.R already-there"]);
    }

    #[test]
    fn roles_that_differ_in_odd_characters_are_told_apart_or_left_out() {
        let all = [access(1, "a", "R=x"), access(1, "a", "R-x"), access(1, "a", "R,x"), access(1, "a", "R\nx")];
        let (found, left_out) = names(&all, &free);
        assert_eq!(found, ["a.R-x-000000000001-R-x 000000000001/R-x"]);
        assert_eq!(left_out, ["a.R-x bad-role", "a.R-x ambiguous", "a.R-x ambiguous"]);
    }

    #[test]
    fn an_account_called_like_a_suffixed_name_takes_nothing_away() {
        let all = [access(1, "a", "R"), access(2, "a", "R"), access(3, "a.R-000000000001", "")];
        assert_eq!(names(&all, &free).1, ["a.R-000000000001. bad-role"]);
        let all = [access(1, "a", "R"), access(2, "a", "R"), access(3, "a", "R-000000000001")];
        let (found, _) = names(&all, &free);
        assert_eq!(found.len(), 3);
        assert!(found.contains(&"a.R-000000000001 000000000003/R-000000000001".to_owned()), "{found:?}");
    }
}
