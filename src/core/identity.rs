//! Who STS says the caller is: account, partition and principal, taken apart from the ARN.
//!
//! Forms: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>. An answer that is not of one of
//! these forms is refused whole: better no account than a wrong one.

use std::fmt;

/// Twelve ASCII digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// A text that is not an account ID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account ID is 12 digits, not `{0}`")]
pub struct BadAccountId(pub String);

impl AccountId {
    /// Reads `111122223333`, and `1111-2222-3333` as the banner shows it.
    pub fn parse(text: &str) -> Result<Self, BadAccountId> {
        let bytes = text.as_bytes();
        let grouped = bytes.len() == 14 && bytes[4] == b'-' && bytes[9] == b'-';
        let digits = if grouped { text.replacen('-', "", 2) } else { text.to_owned() };
        if digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(BadAccountId(text.to_owned()))
        }
    }

    /// The account that an ARN names.
    pub fn of_arn(arn: &str) -> Option<Self> {
        Self::parse(arn.split(':').nth(4)?).ok()
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `1111-2222-3333`, which a person can compare.
    pub fn grouped(&self) -> String {
        format!("{}-{}-{}", &self.0[..4], &self.0[4..8], &self.0[8..])
    }
}

/// An account ID as a person compares it, `1111-2222-3333`; a text that is none, as it is.
pub fn grouped(text: &str) -> String {
    AccountId::parse(text).map_or_else(|_| text.to_owned(), |id| id.grouped())
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A group of regions with an identity system of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Commercial regions.
    Aws,
    /// China.
    AwsCn,
    /// GovCloud (US).
    AwsUsGov,
    /// European Sovereign Cloud.
    AwsEusc,
    /// Isolated regions.
    AwsIso,
    /// Isolated regions, B.
    AwsIsoB,
    /// Isolated regions, E.
    AwsIsoE,
    /// Isolated regions, F.
    AwsIsoF,
}

impl Partition {
    /// Every one of them.
    pub const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsCn,
        Self::AwsUsGov,
        Self::AwsEusc,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
    ];

    /// The name in an ARN.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsEusc => "aws-eusc",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
        }
    }

    /// The partition of that name, if AWS has one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|partition| partition.name() == name)
    }

    /// The partition that an ARN names.
    pub fn of_arn(arn: &str) -> Option<Self> {
        Self::from_name(arn.split(':').nth(1)?)
    }

    /// The partition that a region of this name is in.
    pub fn of_region(region: &str) -> Self {
        match region.split('-').next().unwrap_or_default() {
            "cn" => Self::AwsCn,
            "eusc" => Self::AwsEusc,
            "us" if region.starts_with("us-gov-") => Self::AwsUsGov,
            "us" if region.starts_with("us-iso-") => Self::AwsIso,
            "us" if region.starts_with("us-isob-") => Self::AwsIsoB,
            "us" if region.starts_with("us-isof-") => Self::AwsIsoF,
            "eu" if region.starts_with("eu-isoe-") => Self::AwsIsoE,
            _ => Self::Aws,
        }
    }

    /// A region to ask for an identity in when nobody named one. It is for those calls only and never exported.
    pub fn default_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::AwsCn => "cn-northwest-1",
            Self::AwsUsGov => "us-gov-west-1",
            Self::AwsEusc => "eusc-de-east-1",
            Self::AwsIso => "us-iso-east-1",
            Self::AwsIsoB => "us-isob-east-1",
            Self::AwsIsoE => "eu-isoe-west-1",
            Self::AwsIsoF => "us-isof-south-1",
        }
    }

    /// The domain under which AWS's own endpoints of this partition lie.
    pub fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
            Self::AwsEusc => "amazonaws.eu",
            Self::AwsIso => "c2s.ic.gov",
            Self::AwsIsoB => "sc2s.sgov.gov",
            Self::AwsIsoE => "cloud.adc-e.uk",
            Self::AwsIsoF => "csp.hci.ic.gov",
        }
    }
}

/// Who in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The root user.
    Root,
    /// An IAM user; `path` begins and ends with `/`.
    User {
        /// `/` or `/division/team/`.
        path: String,
        /// User name.
        name: String,
    },
    /// A session of a role. STS leaves the role's path out.
    AssumedRole {
        /// Role name.
        role: String,
        /// Session name.
        session: String,
    },
    /// A session of a role that IAM Identity Center made for a permission set.
    PermissionSet {
        /// Name of the permission set.
        permission_set: String,
        /// The whole role name, `AWSReservedSSO_…`.
        role: String,
        /// The user, which is the session's name.
        user: String,
    },
    /// A session from GetFederationToken.
    FederatedUser {
        /// Its name.
        name: String,
    },
}

impl Principal {
    /// What a person calls it: role, permission set, or user.
    pub fn short_name(&self) -> &str {
        match self {
            Self::Root => "root",
            Self::User { name, .. } | Self::FederatedUser { name } => name,
            Self::AssumedRole { role, .. } => role,
            Self::PermissionSet { permission_set, .. } => permission_set,
        }
    }

    /// Whose session it is, where it is one.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::AssumedRole { session, .. } => Some(session),
            Self::PermissionSet { user, .. } => Some(user),
            Self::Root | Self::User { .. } | Self::FederatedUser { .. } => None,
        }
    }

    /// The kind, in AWS's words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Root => "root user",
            Self::User { .. } => "user",
            Self::AssumedRole { .. } => "role",
            Self::PermissionSet { .. } => "permission set",
            Self::FederatedUser { .. } => "federated user",
        }
    }
}

/// The caller, as the answer of GetCallerIdentity names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Partition of the ARN.
    pub partition: Partition,
    /// The account that the credentials work in.
    pub account: AccountId,
    /// The whole ARN.
    pub arn: String,
    /// Unique ID of the principal, `AROA…:session`.
    pub user_id: String,
    /// The principal, taken apart.
    pub principal: Principal,
}

/// An answer of STS that is no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity in the answer cannot be right: {reason}")]
pub struct BadIdentity {
    /// What is wrong with it. Holds nothing of the answer.
    pub reason: &'static str,
}

/// The longest ARN that IAM can make is under 700 bytes; a longer one is an attack or a fault.
const ARN_MAX: usize = 2048;
/// Session names are 2 to 64 characters (AssumeRole, RoleSessionName).
const SESSION_MAX: usize = 64;

impl Identity {
    /// Takes an answer of GetCallerIdentity apart, and checks that its parts agree.
    pub fn from_answer(account: &str, arn: &str, user_id: &str) -> Result<Self, BadIdentity> {
        let bad = |reason| BadIdentity { reason };
        let account_id = AccountId::parse(account)
            .ok()
            .filter(|id| id.as_str() == account)
            .ok_or(bad("the account is not 12 digits"))?;
        if arn.len() > ARN_MAX || !arn.bytes().all(|byte| (0x21..=0x7f).contains(&byte)) {
            return Err(bad("the ARN is too long or holds a character that an ARN cannot"));
        }
        let fields: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", partition, service, "", arn_account, resource] = fields.as_slice() else {
            return Err(bad("the ARN is not of the form arn:partition:service::account:resource"));
        };
        let partition = Partition::from_name(partition).ok_or(bad("the partition is none of AWS's"))?;
        if arn_account != account_id.as_str() {
            return Err(bad("the ARN names another account than the answer"));
        }
        let principal = match service {
            "iam" => iam_principal(resource),
            "sts" => sts_principal(resource),
            _ => None,
        }
        .ok_or(bad("the ARN is not of a user, role session, federated user or root"))?;
        Ok(Self { partition, account: account_id, arn: arn.to_owned(), user_id: user_id.to_owned(), principal })
    }
}

fn iam_principal(resource: &str) -> Option<Principal> {
    if resource == "root" {
        return Some(Principal::Root);
    }
    let full = resource.strip_prefix("user")?;
    let (path, name) = full.rsplit_once('/').filter(|_| full.starts_with('/'))?;
    (!name.is_empty()).then(|| Principal::User { path: format!("{path}/"), name: name.to_owned() })
}

fn sts_principal(resource: &str) -> Option<Principal> {
    if let Some(name) = resource.strip_prefix("federated-user/") {
        return (!name.is_empty() && name.len() <= SESSION_MAX)
            .then(|| Principal::FederatedUser { name: name.to_owned() });
    }
    let (role, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    if role.is_empty() || role.len() > 64 || session.is_empty() || session.len() > SESSION_MAX {
        return None;
    }
    let (role, session) = (role.to_owned(), session.to_owned());
    Some(match permission_set(&role) {
        Some(set) => Principal::PermissionSet { permission_set: set.to_owned(), role, user: session },
        None => Principal::AssumedRole { role, session },
    })
}

/// `AWSReservedSSO_<permission set>_<16 hex digits>` is how Identity Center names the roles that it makes.
fn permission_set(role: &str) -> Option<&str> {
    let (set, suffix) = role.strip_prefix("AWSReservedSSO_")?.rsplit_once('_')?;
    (!set.is_empty() && suffix.len() == 16 && suffix.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "123456789012";

    fn check(arn: &str, expect: Principal) {
        let identity = Identity::from_answer(A, arn, "AIDA").unwrap();
        assert_eq!(identity.principal, expect);
        assert_eq!(identity.account.grouped(), "1234-5678-9012");
    }

    fn refused(account: &str, arn: &str) {
        assert!(Identity::from_answer(account, arn, "x").is_err(), "{arn}");
    }

    #[test]
    fn p1_every_form_of_caller_is_named() {
        check("arn:aws:iam::123456789012:root", Principal::Root);
        check("arn:aws:iam::123456789012:user/bob", Principal::User { path: "/".into(), name: "bob".into() });
        check(
            "arn:aws-cn:iam::123456789012:user/a/b/bob",
            Principal::User { path: "/a/b/".into(), name: "bob".into() },
        );
        check(
            "arn:aws-us-gov:sts::123456789012:assumed-role/R/i-0abc",
            Principal::AssumedRole { role: "R".into(), session: "i-0abc".into() },
        );
        check(
            "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Power_User_0123456789abcdef/a+b=c,d.e@f-g_h",
            Principal::PermissionSet {
                permission_set: "Power_User".into(),
                role: "AWSReservedSSO_Power_User_0123456789abcdef".into(),
                user: "a+b=c,d.e@f-g_h".into(),
            },
        );
        check("arn:aws-iso-b:sts::123456789012:federated-user/f", Principal::FederatedUser { name: "f".into() });
    }

    #[test]
    fn p1_an_answer_that_does_not_agree_with_itself_is_refused() {
        refused("999999999999", "arn:aws:iam::123456789012:root");
        refused(A, "arn:aws:iam::999999999999:root");
        refused("1234-5678-9012", "arn:aws:iam::123456789012:root");
        refused(A, "arn:aws:iam:eu-west-1:123456789012:root");
        refused(A, "arn:evil:iam::123456789012:root");
        refused(A, "arn:aws:sts::123456789012:assumed-role/R");
        refused(A, "arn:aws:iam::123456789012:user/");
        refused(A, "arn:aws:iam::123456789012:userbob");
    }

    #[test]
    fn regions_lie_in_their_partitions() {
        for partition in Partition::ALL {
            assert_eq!(Partition::of_region(partition.default_region()), partition);
            assert_eq!(Partition::from_name(partition.name()), Some(partition));
        }
    }
}
