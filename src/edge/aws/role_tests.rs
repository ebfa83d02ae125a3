use super::*;
use crate::{
    core::profile::plan::Pin,
    edge::aws::tests::plans::{location, plan},
};

/// Where STS is asked in eu-west-1.
fn chain_of(plan: &Plan, overrides: &Overrides) -> Result<Chain, AwsError> {
    Chain::new(plan, overrides, &region())
}

fn region() -> Region {
    Region::parse("eu-west-1").unwrap()
}

fn hop(seconds: Option<i32>) -> RoleHop {
    let mut hop =
        added_hop(&plan(Source::Environment, vec![]), "arn:aws:iam::111122223333:role/a/R", &region()).unwrap();
    hop.terms.duration_seconds = seconds;
    hop
}

#[test]
fn a_chained_role_gets_an_hour_at_most() {
    let chain = chain_of(&plan(Source::Environment, vec![hop(Some(7200)), hop(Some(7200))]), &Overrides::default());
    let chain = chain.unwrap();
    assert_eq!(chain.hops.iter().map(|hop| hop.terms.duration_seconds).collect::<Vec<_>>(), [Some(7200), Some(3600)]);
    assert_eq!(
        chain.findings[0].to_string(),
        "config:7: AWS limits arn:aws:iam::111122223333:role/a/R to 1 h, since it is assumed from another role \
         (duration-clamped)"
    );
}

fn device() -> MfaDevice {
    let serial = "arn:aws:iam::111122223333:mfa/me".into();
    MfaDevice { serial, process: None, profile: "deploy".into(), location: location() }
}

fn keys() -> Source {
    let secret = Secret::new("s");
    Source::StaticKeys {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: secret,
        session_token: None,
        claimed_account: None,
        expires: None,
    }
}

/// The steps in short: `session`, `role`, `role+code`.
#[track_caller]
fn check_steps(plan: &Plan, mfa: MfaMethod, has_token: bool, expect: &[&str]) {
    let chain = chain_of(plan, &Overrides { mfa, ..Overrides::default() }).unwrap();
    let steps = chain.steps(has_token).into_iter().map(|step| match step {
        Step::Session(_) => "session",
        Step::Role(_, Some(_)) => "role+code",
        Step::Role(_, None) => "role",
    });
    assert_eq!(steps.collect::<Vec<_>>(), expect);
}

#[test]
fn a_code_goes_where_the_settings_say() {
    use MfaMethod::{Role, Session};
    let mut with_mfa = hop(None);
    with_mfa.mfa = Some(device());
    let roles = plan(keys(), vec![with_mfa.clone(), hop(None)]);
    check_steps(&roles, Role, false, &["role+code", "role"]);
    check_steps(&roles, Session, false, &["session", "role", "role"]);
    let vault = |session_token| Credentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: Secret::new("s"),
        session_token,
        expires: None,
        claimed_account: None,
    };
    let of_vault = |token| plan(Source::Vault(vault(token)), vec![with_mfa.clone()]);
    check_steps(&of_vault(None), Session, false, &["session", "role"]);
    check_steps(&of_vault(Some(Secret::new("t"))), Session, true, &["role+code"]);
    // A session is opened with a user's own keys only.
    check_steps(&roles, Session, true, &["role+code", "role"]);
    check_steps(&plan(Source::EcsContainer, vec![with_mfa]), Session, false, &["role+code"]);
    // The AWS CLI does not look at the device beside the keys.
    let mut base = plan(keys(), vec![hop(None)]);
    base.source_mfa = Some(device());
    check_steps(&base, Role, false, &["role"]);
    check_steps(&base, Session, false, &["session", "role"]);
    base.hops.clear();
    check_steps(&base, Role, false, &[]);
    check_steps(&base, Session, false, &["session"]);
}

#[test]
fn a_code_that_was_given_finds_its_place_or_is_named() {
    let given = Overrides { has_code: true, ..Overrides::default() };
    let mut base = plan(keys(), vec![]);
    assert_eq!(chain_of(&base, &given).unwrap().findings[0].code, "mfa-code-unused");
    base.source_mfa = Some(device());
    let chain = chain_of(&base, &given).unwrap();
    assert_eq!((chain.findings.len(), chain.steps(false).len()), (0, 1));
    let role = Overrides { role: Some("arn:aws:iam::111122223333:role/R".into()), ..given };
    let chain = chain_of(&base, &role).unwrap();
    assert!(matches!(chain.steps(false)[..], [Step::Role(_, Some(_))]), "{:?}", chain.steps(false));
}

#[test]
fn p6_a_session_with_policies_of_its_own_is_not_narrowed() {
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let narrowed = |terms: SessionTerms| {
        let overrides = Overrides { terms, narrow_to: Some(read_only.into()), ..Overrides::default() };
        chain_of(&plan(keys(), vec![hop(None)]), &overrides).map(|chain| chain.hops[0].terms.policy_arns.clone())
    };
    assert_eq!(narrowed(SessionTerms::default()).unwrap(), [read_only]);
    let same = SessionTerms { policy_arns: vec![read_only.into()], ..SessionTerms::default() };
    assert_eq!(narrowed(same).unwrap(), [read_only]);
    // What any of a session's policies allows, the session may do.
    for terms in [
        SessionTerms {
            policy_arns: vec!["arn:aws:iam::aws:policy/AdministratorAccess".into()],
            ..SessionTerms::default()
        },
        SessionTerms { policy: Some("{}".into()), ..SessionTerms::default() },
    ] {
        assert_eq!(narrowed(terms).unwrap_err().kind, Kind::Refused);
    }
}

#[test]
fn a_role_s_name_needs_an_account() {
    let overrides = Overrides { role: Some("Admin".into()), ..Overrides::default() };
    let mut plan = plan(Source::Environment, vec![]);
    assert_eq!(chain_of(&plan, &overrides).err().unwrap().kind, Kind::Usage);
    plan.pins.push(Pin { account: AccountId::parse("444455556666").unwrap(), because: "x".into(), explicit: false });
    let chain = chain_of(&plan, &overrides).unwrap();
    assert_eq!(chain.added_role.as_deref(), Some("arn:aws:iam::444455556666:role/Admin"));
    let bad = Overrides { role: Some("arn:aws:iam::1:user/x".into()), ..Overrides::default() };
    assert_eq!(chain_of(&plan, &bad).err().unwrap().kind, Kind::Usage);
}

/// A token of web identity for a role of this partition.
fn web_identity(partition: &str) -> Source {
    let role_arn = format!("arn:{partition}:iam::444455556666:role/ci");
    Source::WebIdentity { role_arn, token_file: "/t".into(), terms: SessionTerms::default() }
}

#[test]
fn p1_a_role_s_name_is_of_the_partition_that_the_credentials_are_of() {
    let account = || AccountId::parse("444455556666").unwrap();
    let named = |source: Source, hops: Vec<RoleHop>, region: &str| {
        let mut plan = plan(source, hops);
        plan.pins.push(Pin { account: account(), because: "x".into(), explicit: false });
        let overrides = Overrides { role: Some("Admin".into()), ..Overrides::default() };
        Chain::new(&plan, &overrides, &Region::parse(region).unwrap()).unwrap().added_role.unwrap()
    };
    let sso = |region: &str| Source::Sso {
        session: None,
        start_url: "https://x".into(),
        region: Region::parse(region).unwrap(),
        account: account(),
        role: "R".into(),
    };
    let mut of_china = hop(None);
    of_china.role_arn = "arn:aws-cn:iam::444455556666:role/r".into();
    for (source, hops, region, partition) in [
        (sso("us-gov-west-1"), vec![], "us-gov-west-1", "aws-us-gov"),
        (sso("us-gov-west-1"), vec![], "eu-west-1", "aws-us-gov"),
        (sso("cn-north-1"), vec![], "cn-north-1", "aws-cn"),
        (web_identity("aws-us-gov"), vec![], "eu-west-1", "aws-us-gov"),
        (keys(), vec![of_china], "cn-north-1", "aws-cn"),
        (keys(), vec![], "us-gov-east-1", "aws-us-gov"),
        (keys(), vec![], "eu-west-1", "aws"),
    ] {
        assert_eq!(named(source, hops, region), format!("arn:{partition}:iam::444455556666:role/Admin"));
    }
}

#[test]
fn what_needs_a_role_says_so() {
    let none = plan(Source::Environment, vec![]);
    let narrowed =
        Overrides { narrow_to: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".into()), ..Overrides::default() };
    assert_eq!(chain_of(&none, &narrowed).err().unwrap().kind, Kind::Usage);
    let named = SessionTerms { session_name: Some("me".into()), ..SessionTerms::default() };
    let named = Overrides { terms: named, ..Overrides::default() };
    assert_eq!(chain_of(&none, &named).err().unwrap().kind, Kind::Usage);
    let longer = SessionTerms { duration_seconds: Some(900), ..SessionTerms::default() };
    let longer = Overrides { terms: longer, ..Overrides::default() };
    assert_eq!(chain_of(&none, &longer).unwrap().findings[0].code, "duration-unused");
}
