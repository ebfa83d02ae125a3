//! What a signed-in Identity Center user can reach: every account, and every role in it.
//!
//! An account is a call of its own, so a thousand of them are asked for a few at a time, and no faster than Identity Center
//! takes them. One call that fails for good fails the whole: of half a list nobody can tell what is gone.

use std::{
    error::Error,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_config::Region as SdkRegion;
use aws_sdk_sso::{Client, operation::list_account_roles::ListAccountRolesError};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, retry::RetryConfig};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    error::{self, AwsError, Call},
    session::Session,
    sso,
};
use crate::core::{identity::AccountId, secret::Secret, sign_in::SignIn, sync::Access};

/// Calls at once.
const AT_ONCE: usize = 16;
/// All calls together: a thousand accounts, throttled to a few a second.
const LONGEST: Duration = Duration::from_mins(10);
/// Entries on a page: what AWS allows.
const PAGE: i32 = 100;
/// Pages of one list, in case they never end.
const MOST_PAGES: usize = 1000;
/// Tries of a call that is throttled, and of one that meets other trouble.
const THROTTLED_TRIES: u32 = 12;
const TRIES: u32 = 3;
/// The longest wait before another try, in first ones.
const LONGEST_WAIT: u32 = 40;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// So many accounts are known.
    Accounts(usize),
    /// The roles of so many accounts, out of all that are asked for.
    Roles(usize, usize),
}

/// What Identity Center says that a user can reach.
#[derive(Clone, Debug, Default)]
pub struct Reachable {
    /// Every account, and what it is called.
    pub names: Vec<(AccountId, String)>,
    /// Every role in the accounts that were asked for.
    pub access: Vec<Access>,
}

/// An account without its roles.
type Account = (AccountId, String, String);

impl Session<'_> {
    /// Lists the accounts of the signed-in user, and the roles in those that are wanted.
    pub fn reachable(
        &self,
        sign_in: &SignIn,
        token: &Secret,
        wanted: &dyn Fn(&AccountId) -> bool,
        hear: &mut dyn FnMut(Heard),
    ) -> Result<Reachable, AwsError> {
        self.run_within(LONGEST, LONGEST, async {
            let sdk = self.sdk.to_builder().region(SdkRegion::new(sign_in.region.as_str().to_owned()));
            let client = Client::new(&sdk.retry_config(RetryConfig::disabled()).build());
            let desk =
                Desk { client, token: token.clone(), pace: Arc::new(Pace::new(self.client.options.deadlines.again)) };
            let purpose = format!("list the accounts of {}", sign_in.name());
            let call = self.call("sso:ListAccounts", &purpose, None);
            let accounts = self.accounts(&desk, sign_in, &call, hear).await?;
            let call = self.call("sso:ListAccountRoles", "", None);
            let names = accounts.iter().map(|(id, name, _)| (id.clone(), name.clone())).collect();
            let asked: Vec<Account> = accounts.into_iter().filter(|(id, ..)| wanted(id)).collect();
            Ok(Reachable { names, access: roles(&desk, sign_in, &call, asked, hear).await? })
        })
    }

    async fn accounts(
        &self,
        desk: &Desk,
        sign_in: &SignIn,
        call: &Call<'_>,
        hear: &mut dyn FnMut(Heard),
    ) -> Result<Vec<Account>, AwsError> {
        let mut accounts = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let request = || {
                let request = desk.client.list_accounts().access_token(desk.token.expose()).max_results(PAGE);
                request.set_next_token(next.clone()).send()
            };
            let page = desk.pace.patiently(request).await.map_err(|error| failed(sign_in, call, error))?;
            for account in page.account_list.unwrap_or_default() {
                let id = account.account_id.unwrap_or_default();
                let id = AccountId::parse(&id).map_err(|bad| wrong_answer(call, &bad.to_string()))?;
                let text = |text: Option<String>| text.unwrap_or_default();
                accounts.push((id, text(account.account_name), text(account.email_address)));
            }
            hear(Heard::Accounts(accounts.len()));
            match page.next_token.filter(|token| !token.is_empty()) {
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                Some(_) => return Err(wrong_answer(call, "the same page twice")),
                None => return Ok(accounts),
            }
        }
        Err(wrong_answer(call, "pages without end"))
    }
}

/// Asks for the roles of these accounts, a few at a time.
async fn roles(
    desk: &Desk,
    sign_in: &SignIn,
    call: &Call<'_>,
    accounts: Vec<Account>,
    hear: &mut dyn FnMut(Heard),
) -> Result<Vec<Access>, AwsError> {
    let all = accounts.len();
    let (mut open, mut running, mut found) = (accounts.into_iter(), JoinSet::new(), Vec::new());
    let mut done = 0;
    loop {
        while running.len() < AT_ONCE
            && let Some(account) = open.next()
        {
            running.spawn(desk.clone().roles_of(account));
        }
        let Some(joined) = running.join_next().await else { return Ok(found) };
        let answer = joined.map_err(|error| AwsError::new(crate::error::Kind::Internal, error.to_string()))?;
        match answer {
            Ok(access) => found.extend(access),
            Err(Trouble::Call(account, error)) => {
                let purpose = format!("list the roles in account {}", account.grouped());
                return Err(failed(sign_in, &Call { purpose: &purpose, ..*call }, *error));
            }
            Err(Trouble::Answer(what)) => return Err(wrong_answer(call, what)),
        }
        done += 1;
        hear(Heard::Roles(done, all));
    }
}

/// Why the roles of an account could not be listed.
enum Trouble {
    Call(AccountId, Box<SdkError<ListAccountRolesError, HttpResponse>>),
    Answer(&'static str),
}

/// What calls are made with.
#[derive(Clone)]
struct Desk {
    client: Client,
    token: Secret,
    pace: Arc<Pace>,
}

impl Desk {
    async fn roles_of(self, (account, account_name, email): Account) -> Result<Vec<Access>, Trouble> {
        let mut access = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let request = || {
                let request = self.client.list_account_roles().access_token(self.token.expose()).max_results(PAGE);
                request.account_id(account.as_str()).set_next_token(next.clone()).send()
            };
            let page =
                self.pace.patiently(request).await.map_err(|error| Trouble::Call(account.clone(), Box::new(error)))?;
            for role in page.role_list.unwrap_or_default() {
                let role = role.role_name.ok_or(Trouble::Answer("a role without a name"))?;
                let (account, account_name, email) = (account.clone(), account_name.clone(), email.clone());
                access.push(Access { account, account_name, email, role });
            }
            match page.next_token.filter(|token| !token.is_empty()) {
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                Some(_) => return Err(Trouble::Answer("the same page twice")),
                None => return Ok(access),
            }
        }
        Err(Trouble::Answer("pages without end"))
    }
}

/// How fast calls are made, all of them together: as fast as they are answered, until one is throttled.
struct Pace {
    /// The first wait before another try.
    again: Duration,
    tempo: Mutex<Tempo>,
}

#[derive(Default)]
struct Tempo {
    /// When the next call may begin.
    next: Option<Instant>,
    /// What lies between two calls.
    gap: Duration,
}

impl Pace {
    fn new(again: Duration) -> Self {
        Self { again, tempo: Mutex::default() }
    }

    /// How long to wait after so many tries.
    fn wait(&self, tries: u32) -> Duration {
        self.again.saturating_mul((1 << (tries - 1).min(16)).min(LONGEST_WAIT))
    }

    /// Makes a call, again and again where that may help, and later each time.
    async fn patiently<T, E, F>(&self, call: impl Fn() -> F) -> Result<T, SdkError<E, HttpResponse>>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let mut tries = 0;
        loop {
            if let Some(turn) = self.turn() {
                sleep_until(turn).await;
            }
            let error = match call().await {
                Ok(answer) => {
                    self.quicker();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            tries += 1;
            let throttled = is_throttled(&error);
            if throttled {
                self.slower();
            }
            let most = match &error {
                _ if throttled => THROTTLED_TRIES,
                // Each has taken its time already.
                SdkError::TimeoutError(_) => 2,
                _ => TRIES,
            };
            if tries >= most || !(throttled || may_pass(&error)) {
                return Err(error);
            }
            sleep(self.wait(tries)).await;
        }
    }

    /// When this call may begin; `None` for now.
    fn turn(&self) -> Option<Instant> {
        let mut tempo = self.tempo.lock().unwrap_or_else(PoisonError::into_inner);
        if tempo.gap.is_zero() {
            return None;
        }
        let turn = tempo.next.unwrap_or_else(Instant::now).max(Instant::now());
        tempo.next = Some(turn + tempo.gap);
        Some(turn)
    }

    fn slower(&self) {
        let mut tempo = self.tempo.lock().unwrap_or_else(PoisonError::into_inner);
        tempo.gap = (tempo.gap * 2).clamp(Duration::from_millis(20), Duration::from_millis(500));
    }

    fn quicker(&self) {
        let mut tempo = self.tempo.lock().unwrap_or_else(PoisonError::into_inner);
        tempo.gap = tempo.gap.mul_f64(0.95);
        if tempo.gap < Duration::from_millis(2) {
            tempo.gap = Duration::ZERO;
        }
    }
}

fn is_throttled<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
    let status = error.raw_response().map(|raw| raw.status().as_u16());
    status == Some(429)
        || matches!(code, "TooManyRequestsException" | "ThrottlingException" | "Throttling" | "SlowDown")
}

/// True for trouble on the way, and of the other side.
fn may_pass<E>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::TimeoutError(_) => true,
        SdkError::DispatchFailure(failure) => !failure.is_user(),
        _ => error.raw_response().is_some_and(|raw| raw.status().is_server_error()),
    }
}

fn failed<E>(sign_in: &SignIn, call: &Call<'_>, error: SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    if code == Some("UnauthorizedException") { sso::not_accepted(sign_in) } else { error::of_call(call, error) }
}

fn wrong_answer(call: &Call<'_>, what: &str) -> AwsError {
    AwsError::unreachable(format!("the answer to {} cannot be right: {what} (bad-answer)", call.action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_and_none_is_too_long() {
        let pace = Pace::new(Duration::from_millis(200));
        let waits: Vec<u128> = (1..THROTTLED_TRIES).map(|tries| pace.wait(tries).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 8000, 8000, 8000, 8000, 8000]);
        assert_eq!(pace.wait(u32::MAX).as_secs(), 8);
    }
}
