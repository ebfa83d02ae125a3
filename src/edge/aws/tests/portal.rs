//! Identity Center's portal, which is asked a thousand things.

use std::time::Duration;

use super::*;
use crate::core::{region::Region, sign_in::SignIn};

#[test]
fn one_that_throttles_without_end_is_asked_later_and_later_and_then_no_more() {
    let busy =
        Reply::Of(429, "application/json", r#"{"__type":"TooManyRequestsException","message":"Rate exceeded"}"#.into());
    let account = r#"{"accountList":[{"accountId":"111122223333","accountName":"a","emailAddress":"a@x"}]}"#;
    let accounts = Reply::Of(200, "application/json", account.into());
    for (answers, calls, action) in [
        (vec![("/assignment/accounts", vec![busy.clone()])], 12, "sso:ListAccounts"),
        (vec![("/assignment/roles", vec![busy]), ("/assignment/accounts", vec![accounts])], 13, "sso:ListAccountRoles"),
    ] {
        let fake = Fake::start(&answers);
        let deadlines = Deadlines { again: Duration::from_millis(1), ..Deadlines::default() };
        let client = Client::new(Options { env: Default::default(), home: None, now: now(), deadlines });
        let sign_in = SignIn::new(Some("corp"), "https://x/start", &Region::parse("eu-west-1").unwrap());
        let effective = effective(&fake.url);
        let answer = client.session(&effective).reachable(&sign_in, &Secret::new("token"), &|_| true, &mut |_| {});
        let error = answer.expect_err("nothing is known");
        assert_eq!(
            (error.kind, error.message),
            (Kind::Unreachable, format!("AWS throttles {action}: too many requests"))
        );
        assert_eq!(fake.asked().len(), calls);
    }
}
