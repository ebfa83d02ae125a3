//! Every way in which AWS answers, or does not, against the stand-in.

mod credentials;
mod failures;
mod identity;
mod mfa;
pub(super) mod plans;
mod portal;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    AwsError, Client, Company, Deadlines, Options,
    fake::{Answer as Reply, Fake, aliases, fault, identity, role, xml},
};
use crate::{
    core::{
        context::{Fact, Verified},
        credentials::Credentials,
        endpoint::Effective,
        facts::{AccountFacts, Answer, Remembered},
        identity::AccountId,
        mfa::{MfaCode, MfaDevice},
        profile::plan::Connection,
        secret::Secret,
    },
    edge::sessions::Sessions,
    error::Kind,
};

const A: &str = "111122223333";
const ARN: &str = "arn:aws:iam::111122223333:user/me";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const ROLE_KEY: &str = "ASIAIOSFODNN7EXAMPLE";
const LATER: &str = "2026-01-01T01:00:00Z";

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn client(env: &[(&str, &str)]) -> Client {
    let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Client::new(Options { env, home: None, now: now(), deadlines: Deadlines::default() })
}

fn effective(url: &str) -> Effective {
    let connection = Connection { endpoint_url: Some(url.to_owned()), ..Connection::default() };
    Effective::new(&connection, &|_| None, None, None).unwrap()
}

fn credentials() -> Credentials {
    Credentials {
        access_key_id: KEY.into(),
        secret_access_key: Secret::new("canarysecret"),
        session_token: Some(Secret::new("canarytoken")),
        expires: None,
        claimed_account: None,
    }
}

fn ask(client: &Client, url: &str, remembered: Option<AccountFacts>) -> Result<(Verified, AccountFacts), AwsError> {
    client.session(&effective(url)).verify(&credentials(), &|_| remembered.clone())
}

/// A person who answers from a list, and hears helper programs.
#[derive(Default)]
struct Alone {
    heard: Vec<String>,
    given: Option<MfaCode>,
    answers: Vec<&'static str>,
    asked: Vec<String>,
}

impl Company for Alone {
    fn kept_code(&mut self, _: &str) -> Option<MfaCode> {
        None
    }

    fn hear(&mut self, _: &str, line: &str) {
        self.heard.push(line.to_owned());
    }

    fn given_code(&mut self) -> Option<MfaCode> {
        self.given.take()
    }

    fn can_wait(&self) -> bool {
        false
    }

    fn wait_for(&mut self, _: Option<u32>, _: &MfaDevice) {}

    fn now(&self) -> Timestamp {
        now()
    }

    fn ask(&mut self, question: &str) -> std::io::Result<Option<Zeroizing<String>>> {
        self.asked.push(question.to_owned());
        Ok((!self.answers.is_empty()).then(|| Zeroizing::new(self.answers.remove(0).to_owned())))
    }
}

fn sts(answers: Vec<Reply>) -> Fake {
    Fake::start(&[("GetCallerIdentity", answers)])
}
