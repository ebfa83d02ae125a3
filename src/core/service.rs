//! The AWS services that awsenv calls, and their names.

use super::{identity::Partition, region::Region};

/// A service that awsenv calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Security Token Service.
    Sts,
    /// Identity and Access Management.
    Iam,
    /// Account Management.
    Account,
    /// The Identity Center portal.
    Sso,
    /// Identity Center's token service.
    SsoOidc,
    /// Sign-in, which renews what `aws login` began.
    Signin,
}

impl Service {
    /// Every one of them.
    pub const ALL: [Self; 6] = [Self::Sts, Self::Iam, Self::Account, Self::Sso, Self::SsoOidc, Self::Signin];

    /// The identifier in a `[services …]` section.
    pub fn id(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::Account => "account",
            Self::Sso => "sso",
            Self::SsoOidc => "sso_oidc",
            Self::Signin => "signin",
        }
    }

    /// The service that an SDK client calls by this name (`STS`, `SSO OIDC`).
    pub fn from_sdk_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.id() == name.to_ascii_lowercase().replace([' ', '-'], "_"))
    }

    /// True for a host of AWS's own, in any partition.
    pub fn is_at(self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let domains = Partition::ALL.iter().map(|partition| partition.dns_suffix());
        domains
            .chain(["api.aws", "api.amazonwebservices.com.cn"])
            .filter_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))
            .any(|front| self.answers_at(front))
    }

    /// True for a host of this service, by what stands before the partition's domain: `sts`, `sts-fips.us-east-1`,
    /// `vpce-1a.sts.eu-west-1.vpce`. Under AWS's domain anybody can have a host: an API, a load balancer, a bucket.
    fn answers_at(self, front: &str) -> bool {
        let own = |label: &str| {
            let plain = label.strip_suffix("-fips").unwrap_or(label);
            plain == if self == Self::SsoOidc { "oidc" } else { self.id() }
        };
        match front.split('.').collect::<Vec<_>>().as_slice() {
            ["portal", "sso", region] => self == Self::Sso && Region::is_name(region),
            [label] => own(label),
            [label, region] => own(label) && (*region == "global" || Region::is_name(region)),
            [vpce, label, region, "vpce"] => vpce.starts_with("vpce-") && own(label) && Region::is_name(region),
            _ => false,
        }
    }
}
