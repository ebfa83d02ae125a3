//! What AWS said about an account earlier. Facts about the account, never evidence of being in it.

use jiff::Timestamp;

use super::context::Fact;

/// Alias and name of an account, as remembered from an earlier answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// IAM account alias. `NotAsked` where no answer is remembered.
    pub alias: Fact,
    /// Account name. `NotAsked` where no answer is remembered.
    pub name: Fact,
    /// When AWS said so: the older of the two, where they are not of the same time.
    pub asked_at: Timestamp,
}
