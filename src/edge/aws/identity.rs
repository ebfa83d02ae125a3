//! Who the credentials are: STS, with the account's alias and name asked for beside it.

use std::{future::Future, task::Poll, time::Duration};

use aws_sdk_account::operation::get_account_information::GetAccountInformationError;
use aws_sdk_iam::operation::list_account_aliases::ListAccountAliasesError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, retry::RetryConfig, timeout::TimeoutConfig};
use tokio::time::{Instant, timeout_at};

use super::{
    error::{self, AwsError},
    session::Session,
};
use crate::{
    core::{
        context::{Fact, Verified},
        credentials::Credentials,
        endpoint::Service,
        facts::{AccountFacts, Answer, Remembered, likely_account},
        identity::{AccountId, Identity},
        kept::KeptIdentity,
    },
    error::Kind,
};

/// What was remembered about an account.
type Memory<'a> = &'a dyn Fn(&AccountId) -> Option<AccountFacts>;

impl Session<'_> {
    /// Asks STS who the credentials are, and the account's alias and name at the same time.
    ///
    /// Only STS decides. The facts come from memory while they are fresh; else they are waited for, but not beyond their
    /// short deadline. What was newly learned about the account is returned too, for the caller to remember.
    pub fn verify(
        &self,
        credentials: &Credentials,
        remembered: Memory<'_>,
    ) -> Result<(Verified, AccountFacts), AwsError> {
        credentials.check().map_err(|bad| AwsError::credentials("the credentials cannot be used").because(bad))?;
        self.run(self.verify_now(credentials, remembered))
    }

    /// Asks STS who the credentials are, and nothing else.
    pub fn who(&self, credentials: &Credentials) -> Result<Identity, AwsError> {
        self.run(async { self.identity(&self.sdk_with(credentials), credentials).await })
    }

    /// What STS said of credentials before. They are the very same: what an access key is of does not change.
    ///
    /// The facts are those that are remembered, for nothing is asked.
    pub fn verified_before(&self, kept: &KeptIdentity, remembered: Memory<'_>) -> Verified {
        let facts = remembered(&kept.identity.account).unwrap_or_default();
        let fact = |fact: &Option<Remembered>| fact.as_ref().map_or(Fact::NotAsked, Remembered::fact);
        Verified {
            identity: kept.identity.clone(),
            alias: fact(&facts.alias),
            name: fact(&facts.name),
            foreign_endpoint: self.effective.foreign_host(Service::Sts),
            before: Some(kept.at),
        }
    }

    async fn verify_now(
        &self,
        credentials: &Credentials,
        remembered: Memory<'_>,
    ) -> Result<(Verified, AccountFacts), AwsError> {
        let sdk = self.sdk_with(credentials);
        let deadline = Instant::now() + self.client.options.deadlines.facts;
        let clock_was_right = self.client.skew().is_none();
        let once_more;
        let quick = self.quick(&sdk);
        let likely = credentials.claimed_account.clone().or_else(|| likely_account(&credentials.access_key_id));
        let claimed = likely.as_ref().and_then(remembered).unwrap_or_default();
        let now = self.client.options.now;
        let known = |fact: &Option<Remembered>| {
            fact.as_ref().is_some_and(|fact| !matches!(fact.answer, Answer::DeniedTo(_)) && fact.is_fresh(now, ""))
        };

        // Nothing is asked in vain: where the account can be guessed, fresh facts about it spare their calls. A wrong
        // guess costs time only, for then they are asked once STS has answered.
        let mut alias = std::pin::pin!(alias(&quick));
        let mut name = std::pin::pin!(name(&quick));
        let mut early: (Option<Reply>, Option<Reply>) = (None, None);
        let mut identity = std::pin::pin!(self.identity(&sdk, credentials));
        let identity = std::future::poll_fn(|context| {
            let answer = identity.as_mut().poll(context);
            if early.0.is_none()
                && !known(&claimed.alias)
                && let Poll::Ready(reply) = alias.as_mut().poll(context)
            {
                early.0 = Some(reply);
            }
            if early.1.is_none()
                && !known(&claimed.name)
                && let Poll::Ready(reply) = name.as_mut().poll(context)
            {
                early.1 = Some(reply);
            }
            answer
        })
        .await?;
        // What was asked beside it before it was known that the clock is wrong was refused: it is asked once more.
        if clock_was_right && self.client.skew().is_some() {
            once_more = self.quick(&sdk);
            alias.set(self::alias(&once_more));
            name.set(self::name(&once_more));
            early = (None, None);
        }

        let memory = remembered(&identity.account).unwrap_or_default();
        let principal = identity.principal.short_name().to_owned();
        let alias = self.fact(early.0, alias, &memory.alias, &principal, deadline);
        let name = self.fact(early.1, name, &memory.name, &principal, deadline);
        let ((alias, new_alias), (name, new_name)) = both(alias, name).await;
        let foreign_endpoint = self.effective.foreign_host(Service::Sts);
        let verified = Verified { identity, alias, name, foreign_endpoint, before: None };
        Ok((verified, AccountFacts { alias: new_alias, name: new_name }))
    }

    /// Asked once, and given up early: no banner waits for these. Where the clock is wrong, the second time is the first that
    /// is signed right.
    fn quick(&self, sdk: &aws_config::SdkConfig) -> aws_config::SdkConfig {
        let limit = self.client.options.deadlines.facts;
        let timeouts = TimeoutConfig::builder().connect_timeout(limit).operation_timeout(limit).build();
        let tries = if self.client.skew().is_some() { 2 } else { 1 };
        let retries = RetryConfig::standard().with_max_attempts(tries).with_initial_backoff(Duration::from_millis(20));
        sdk.to_builder().timeout_config(timeouts).retry_config(retries).build()
    }

    async fn identity(&self, sdk: &aws_config::SdkConfig, credentials: &Credentials) -> Result<Identity, AwsError> {
        let call = self.call("sts:GetCallerIdentity", "show who they are", Some(credentials));
        let answer = aws_sdk_sts::Client::new(sdk)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| error::of_call(&call, error))?;
        let (Some(account), Some(arn), Some(user_id)) = (answer.account(), answer.arn(), answer.user_id()) else {
            return Err(self.no_identity("a part is missing", ""));
        };
        let quotable = if credentials.are_in(arn) { "" } else { arn };
        Identity::from_answer(account, arn, user_id).map_err(|bad| self.no_identity(bad.reason, quotable))
    }

    /// An answer that names nobody whom awsenv knows how to show. It did come: nothing is wrong with the network.
    fn no_identity(&self, reason: &str, arn: &str) -> AwsError {
        let at = self.effective.foreign_host(Service::Sts).map(|host| format!(" at {host}")).unwrap_or_default();
        let brief: String = arn.chars().take(300).collect();
        let arn = if brief.is_empty() { brief } else { format!(": `{brief}`") };
        let message = format!("the identity that STS{at} gave cannot be right: {reason}{arn} (bad-identity)");
        AwsError::new(Kind::Mismatch, message)
    }

    /// A fact, and what was newly learned: an answer that has come, else a fresh memory, else one that comes in time.
    async fn fact(
        &self,
        early: Option<Reply>,
        asking: impl Future<Output = Reply>,
        memory: &Option<Remembered>,
        principal: &str,
        deadline: Instant,
    ) -> (Fact, Option<Remembered>) {
        let now = self.client.options.now;
        let fresh = memory.as_ref().filter(|fact| fact.is_fresh(now, principal));
        let reply = match (early, fresh) {
            (Some(reply), _) => reply,
            (None, Some(fact)) => return (fact.fact(), None),
            (None, None) => timeout_at(deadline, asking).await.unwrap_or(Reply::Nothing),
        };
        let known = memory.as_ref().filter(|fact| matches!(fact.answer, Answer::Known(_) | Answer::None));
        let new = |answer| Some(Remembered { answer, at: now });
        match reply {
            Reply::Text(text) => (Fact::Known { text: text.clone(), cached_at: None }, new(Answer::Known(text))),
            Reply::None => (Fact::None, new(Answer::None)),
            // What another principal was told about the account is still true.
            Reply::Denied => match known {
                Some(fact) => (fact.fact(), None),
                None => (Fact::Denied, new(Answer::DeniedTo(principal.to_owned()))),
            },
            Reply::Nothing => (known.map_or(Fact::Late, Remembered::fact), None),
        }
    }
}

/// How a call for a fact ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reply {
    Text(String),
    None,
    Denied,
    Nothing,
}

async fn alias(sdk: &aws_config::SdkConfig) -> Reply {
    match aws_sdk_iam::Client::new(sdk).list_account_aliases().send().await {
        Ok(answer) => answer.account_aliases.into_iter().next().map_or(Reply::None, Reply::Text),
        Err(error) => no_reply::<ListAccountAliasesError>(&error),
    }
}

async fn name(sdk: &aws_config::SdkConfig) -> Reply {
    match aws_sdk_account::Client::new(sdk).get_account_information().send().await {
        Ok(answer) => answer.account_name.map_or(Reply::None, Reply::Text),
        Err(error) => no_reply::<GetAccountInformationError>(&error),
    }
}

fn no_reply<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Reply {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    if code.starts_with("AccessDenied") { Reply::Denied } else { Reply::Nothing }
}

/// Waits for both at once.
async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut ready_a, mut ready_b) = (None, None);
    std::future::poll_fn(move |context| {
        if ready_a.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(context)
        {
            ready_a = Some(value);
        }
        if ready_b.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(context)
        {
            ready_b = Some(value);
        }
        match (ready_a.take(), ready_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (some_a, some_b) => {
                (ready_a, ready_b) = (some_a, some_b);
                Poll::Pending
            }
        }
    })
    .await
}
