//! Where MFA codes come from, what is sent with them, and what AWS's answers to them mean.

use super::{
    plans::{self, keys, location},
    *,
};
use crate::{
    core::{
        mfa::{MfaDevice, MfaMethod},
        profile::plan::{Plan, RoleHop},
        session_terms::{SessionTerms, tag},
    },
    edge::aws::{Overrides, Resolved},
};

const SERIAL: &str = "arn:aws:iam::111122223333:mfa/me";
const WRONG: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";

fn device(process: Option<&str>) -> MfaDevice {
    let process = process.map(str::to_owned);
    MfaDevice { serial: SERIAL.into(), process, profile: "deploy".into(), location: location() }
}

/// Keys, and a role on top whose profile names the device.
fn plan(device: MfaDevice) -> Plan {
    let hop = RoleHop {
        profile: "deploy".into(),
        role_arn: format!("arn:aws:iam::{A}:role/R"),
        account: AccountId::parse(A).unwrap(),
        terms: SessionTerms::default(),
        mfa: Some(device),
        region: None,
        location: location(),
    };
    plans::plan(keys(), vec![hop])
}

fn resolve(fake: &Fake, plan: &Plan, mfa: MfaMethod, alone: &mut Alone) -> Result<Resolved, AwsError> {
    let client = client(&[("PATH", "/usr/bin:/bin")]);
    let overrides = Overrides { mfa, ..Overrides::default() };
    client.session(&effective(&fake.url)).resolve(plan, &overrides, &Sessions::of_this_run(now()), alone)
}

fn roles(mut answers: Vec<Reply>) -> Fake {
    answers.push(role("AssumeRole", ROLE_KEY, LATER));
    Fake::start(&[("AssumeRole", answers)])
}

#[test]
fn a_typed_code_goes_with_the_role_and_is_asked_again_until_it_is_one() {
    let fake = roles(vec![]);
    let mut alone = Alone { answers: vec!["", "1234567", "123 456"], ..Alone::default() };
    let resolved = resolve(&fake, &plan(device(None)), MfaMethod::Role, &mut alone).unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
    let question = format!("MFA code of {SERIAL} to assume arn:aws:iam::{A}:role/R (profile `deploy`): ");
    let again = format!("an MFA code is six digits (bad-mfa-code).\n{question}");
    assert_eq!(alone.asked, [question, again.clone(), again]);
    let asked = fake.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("TokenCode=123456") && asked[0].contains("SerialNumber=arn%3Aaws"), "{}", asked[0]);
}

#[test]
fn a_code_that_aws_does_not_accept_is_asked_for_again_three_times_in_all() {
    let fake = roles(vec![fault(403, "AccessDenied", WRONG)]);
    let mut alone = Alone { answers: vec!["111111", "222222"], ..Alone::default() };
    resolve(&fake, &plan(device(None)), MfaMethod::Role, &mut alone).unwrap();
    assert!(alone.asked[1].starts_with("AWS did not accept that code"), "{}", alone.asked[1]);

    let fake = Fake::start(&[("AssumeRole", vec![fault(403, "AccessDenied", WRONG)])]);
    let mut alone = Alone { answers: vec!["111111"; 9], ..Alone::default() };
    let error = resolve(&fake, &plan(device(None)), MfaMethod::Role, &mut alone).unwrap_err();
    assert_eq!((error.kind, alone.asked.len(), fake.asked().len()), (Kind::Credentials, 3, 3));
    assert!(error.message.starts_with("AWS does not accept the MFA code to assume"), "{}", error.message);
}

#[test]
fn a_code_that_was_given_is_sent_once_and_nobody_is_asked() {
    let fake = Fake::start(&[("AssumeRole", vec![fault(403, "AccessDenied", WRONG)])]);
    let mut alone = Alone { given: MfaCode::parse("654321").ok(), answers: vec!["111111"], ..Alone::default() };
    let error = resolve(&fake, &plan(device(None)), MfaMethod::Role, &mut alone).unwrap_err();
    assert_eq!((error.kind, alone.asked.len(), fake.asked().len()), (Kind::Credentials, 0, 1));
    assert!(fake.asked()[0].contains("TokenCode=654321"));
}

#[test]
fn without_anybody_to_ask_nothing_is_sent() {
    let fake = roles(vec![]);
    let error = resolve(&fake, &plan(device(None)), MfaMethod::Role, &mut Alone::default()).unwrap_err();
    assert_eq!(
        error.message,
        format!("config:7: an MFA code of {SERIAL} is needed: there is no terminal to ask on, or no answer")
    );
    assert_eq!((error.kind, fake.asked().len()), (Kind::Credentials, 0));
    assert!(error.hints[0].contains("--mfa-code") && error.hints[0].contains("mfa_process"));
}

#[test]
fn a_program_may_print_the_code() {
    let fake = roles(vec![]);
    let mut alone = Alone::default();
    resolve(&fake, &plan(device(Some("echo 123456"))), MfaMethod::Role, &mut alone).unwrap();
    assert!(fake.asked()[0].contains("TokenCode=123456") && alone.asked.is_empty());
    for (command, kind, says) in [
        ("echo '123456\n123456'", Kind::Credentials, "bad-mfa-code"),
        ("false", Kind::Credentials, "status 1"),
        ("echo 1 | cat", Kind::Usage, "needs a shell"),
    ] {
        let fake = roles(vec![]);
        let error = resolve(&fake, &plan(device(Some(command))), MfaMethod::Role, &mut alone).unwrap_err();
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.kind == kind && why.contains(says), "{command}: {error}: {why}");
        assert_eq!((error.message.as_str(), fake.asked().len()), ("config:7: mfa_process failed", 0));
    }
}

#[test]
fn a_session_of_the_user_is_opened_once_for_all_roles() {
    let session = role("GetSessionToken", "ASIAIOSFODNN7SESSION", LATER);
    let roles = role("AssumeRole", ROLE_KEY, LATER);
    let fake = Fake::start(&[("GetSessionToken", vec![session]), ("AssumeRole", vec![roles])]);
    let mut plan = plan(device(None));
    plan.hops.push(plan.hops[0].clone());
    let mut alone = Alone { answers: vec!["123456"], ..Alone::default() };
    let resolved = resolve(&fake, &plan, MfaMethod::Session, &mut alone).unwrap();
    assert_eq!(resolved.credentials.access_key_id, ROLE_KEY);
    let asked = fake.asked();
    assert!(asked[0].contains("Action=GetSessionToken") && asked[0].contains("TokenCode=123456"), "{}", asked[0]);
    assert!(asked[0].contains(&format!("Credential={KEY}/")));
    assert!(asked[1].contains("Credential=ASIAIOSFODNN7SESSION/") && !asked[1].contains("TokenCode"));
    assert_eq!((asked.len(), alone.asked.len()), (3, 1));
}

#[test]
fn everything_that_is_asked_of_a_session_is_sent() {
    let fake = roles(vec![]);
    let mut plan = plan(device(None));
    plan.hops[0].mfa = None;
    plan.hops[0].terms = SessionTerms { tags: vec![tag("of=profile").unwrap()], ..SessionTerms::default() };
    let terms = SessionTerms {
        tags: vec![tag("team=infra").unwrap()],
        transitive_tags: vec!["team".into()],
        policy: Some("{}".into()),
        policy_arns: vec!["arn:aws:iam::aws:policy/ViewOnlyAccess".into()],
        ..SessionTerms::default()
    };
    let overrides = Overrides { terms, ..Overrides::default() };
    client(&[])
        .session(&effective(&fake.url))
        .resolve(&plan, &overrides, &Sessions::of_this_run(now()), &mut Alone::default())
        .unwrap();
    let asked = fake.asked().remove(0);
    for field in [
        "Tags.member.1.Key=of&Tags.member.1.Value=profile",
        "Tags.member.2.Key=team&Tags.member.2.Value=infra",
        "TransitiveTagKeys.member.1=team",
        "Policy=%7B%7D",
        "PolicyArns.member.1.arn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FViewOnlyAccess",
    ] {
        assert!(asked.contains(field), "{field}: {asked}");
    }
}
