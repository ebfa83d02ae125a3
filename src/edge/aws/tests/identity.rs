//! Who the credentials are, and what is known about the account.

use std::time::Duration;

use super::*;

fn known(text: &str) -> Fact {
    Fact::Known { text: text.into(), cached_at: None }
}

#[test]
fn p1_sts_and_the_account_s_facts_are_asked_with_the_same_credentials() {
    let fake = Fake::start(&[
        ("GetCallerIdentity", vec![identity(A, ARN)]),
        ("ListAccountAliases", vec![aliases("acme-prod")]),
        ("getAccountInformation", vec![Reply::Of(200, "application/json", r#"{"AccountName":"Acme"}"#.into())]),
    ]);
    let (verified, learned) = ask(&client(&[]), &fake.url, None).unwrap();
    assert_eq!(verified.identity.account.as_str(), A);
    assert_eq!((verified.alias, verified.name), (known("acme-prod"), known("Acme")));
    assert_eq!(verified.foreign_endpoint, Some(fake.url.replace("http://", "")));
    assert_eq!(learned.alias, Some(Remembered { answer: Answer::Known("acme-prod".into()), at: now() }));
    let asked = fake.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|request| request.contains(&format!("Credential={KEY}/"))));
}

#[test]
fn a_denied_alias_is_no_failure() {
    let fake = Fake::start(&[
        ("GetCallerIdentity", vec![identity(A, ARN)]),
        ("ListAccountAliases", vec![fault(403, "AccessDenied", "no")]),
        (
            "getAccountInformation",
            vec![Reply::Of(403, "application/json", r#"{"__type":"AccessDeniedException"}"#.into())],
        ),
    ]);
    let (verified, learned) = ask(&client(&[]), &fake.url, None).unwrap();
    assert_eq!((verified.alias, verified.name), (Fact::Denied, Fact::Denied));
    assert_eq!(learned.alias.unwrap().answer, Answer::DeniedTo("me".into()));
}

#[test]
fn the_banner_waits_for_no_slow_fact() {
    let fake = Fake::start(&[
        ("GetCallerIdentity", vec![identity(A, ARN)]),
        ("ListAccountAliases", vec![Reply::Hang]),
        ("getAccountInformation", vec![Reply::Hang]),
    ]);
    let mut hurried = client(&[]);
    hurried.options.deadlines.facts = Duration::from_millis(50);
    let (verified, _) = ask(&hurried, &fake.url, None).unwrap();
    assert_eq!((verified.alias, verified.name), (Fact::Late, Fact::Late));
    let old = Remembered { answer: Answer::Known("acme".into()), at: "2025-01-01T00:00:00Z".parse().unwrap() };
    let memory = AccountFacts { alias: Some(old.clone()), name: None };
    let (verified, learned) = ask(&hurried, &fake.url, Some(memory)).unwrap();
    assert_eq!(verified.alias, old.fact());
    assert_eq!(learned, AccountFacts::default());
}

#[test]
fn fresh_facts_spare_their_calls_where_the_account_is_claimed() {
    let fake = sts(vec![identity(A, ARN)]);
    let fact = |text: &str| Some(Remembered { answer: Answer::Known(text.into()), at: now() });
    let memory = AccountFacts { alias: fact("acme"), name: fact("Acme") };
    let claimed = Credentials { claimed_account: AccountId::parse(A).ok(), ..credentials() };
    let client = client(&[]);
    let (verified, _) = client.session(&effective(&fake.url)).verify(&claimed, &|_| Some(memory.clone())).unwrap();
    assert_eq!(verified.alias, Fact::Known { text: "acme".into(), cached_at: Some(now()) });
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn p1_a_wrong_claim_decides_nothing() {
    let fake = Fake::start(&[
        ("GetCallerIdentity", vec![identity(A, ARN)]),
        ("ListAccountAliases", vec![aliases("right")]),
        ("getAccountInformation", vec![Reply::Of(200, "application/json", r#"{"AccountName":"Right"}"#.into())]),
    ]);
    let wrong = AccountId::parse("999999999999").unwrap();
    let fact = |text: &str| Some(Remembered { answer: Answer::Known(text.into()), at: now() });
    let memory = AccountFacts { alias: fact("wrong"), name: fact("Wrong") };
    let claimed = Credentials { claimed_account: Some(wrong.clone()), ..credentials() };
    let remembered = |account: &AccountId| (*account == wrong).then(|| memory.clone());
    let (verified, _) = client(&[]).session(&effective(&fake.url)).verify(&claimed, &remembered).unwrap();
    assert_eq!(verified.identity.account.as_str(), A);
    assert_eq!((verified.alias, verified.name), (known("right"), known("Right")));
}

#[test]
fn p1_an_answer_that_disagrees_with_itself_is_no_identity() {
    let fake = sts(vec![identity("999999999999", ARN)]);
    let host = fake.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let error = ask(&client(&[]), &fake.url, None).unwrap_err();
    // It was reached: what is wrong is the answer.
    assert_eq!(error.kind, Kind::Mismatch);
    let why = "cannot be right: the ARN names another account than the answer";
    assert_eq!(error.message, format!("the identity that STS at {host} gave {why}: `{ARN}` (bad-identity)"));
}

#[test]
fn p4_an_answer_that_gives_the_secret_back_is_not_quoted() {
    let secret = credentials().secret_access_key.expose().to_owned();
    let error = ask(&client(&[]), &sts(vec![identity(A, &format!("arn:{secret}"))]).url, None).unwrap_err();
    assert!(error.message.ends_with("arn:partition:service::account:resource (bad-identity)"), "{}", error.message);
}

#[test]
fn one_client_serves_many_at_once() {
    let fake = sts(vec![identity(A, ARN)]);
    let client = client(&[]);
    let fact = |text: &str| Some(Remembered { answer: Answer::Known(text.into()), at: now() });
    let memory = AccountFacts { alias: fact("acme"), name: fact("Acme") };
    let claimed = Credentials { claimed_account: AccountId::parse(A).ok(), ..credentials() };
    std::thread::scope(|scope| {
        let ask = || {
            let effective = effective(&fake.url);
            let session = client.session(&effective);
            for _ in 0..3 {
                session.verify(&claimed, &|_| Some(memory.clone())).unwrap();
            }
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!(fake.asked().len(), 12);
}
