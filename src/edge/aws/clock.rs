//! AWS's clock, as its answers tell it: when credentials end is judged by that one where this machine's is wrong.
//!
//! The SDK signs by it, too, from the second try of a call on.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::{Timestamp, fmt::rfc2822};

use crate::core::clock::Skew;

/// What the last answer told; shared by all connections of a process.
#[derive(Clone, Debug, Default)]
pub(super) struct AwsClock(Arc<Mutex<Option<Skew>>>);

impl AwsClock {
    /// Takes the time from an answer that has come just now. One from a cache tells an old time.
    #[expect(clippy::disallowed_methods, reason = "the answer's time is compared with the clock's at the same moment")]
    pub(super) fn hear(&self, answer: &HttpResponse) {
        let is_cached = answer.headers().get("age").is_some();
        if let Some(date) = date(answer).filter(|_| !is_cached) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Skew::between(Timestamp::now(), date);
        }
    }

    /// How far this machine's clock is off, as far as is known.
    pub(super) fn skew(&self) -> Option<Skew> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When an answer was given, by the clock of who gave it.
pub(super) fn date(answer: &HttpResponse) -> Option<Timestamp> {
    Some(rfc2822::parse(answer.headers().get("date")?).ok()?.timestamp())
}
