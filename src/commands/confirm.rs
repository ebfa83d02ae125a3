//! Typed confirmation of a protected account.

use super::Run;
use crate::{
    core::{banner, context::Context, guard, identity::AccountId},
    edge::terminal::{self, Stream},
    error::{CommandError, Kind},
};

/// Shows the account and has it typed on the terminal, unless it was named on the command line. No environment variable
/// and no answer on standard input counts; no terminal is a refusal, and so is a CI.
pub fn account(run: &Run<'_>, context: &Context, named: Option<&AccountId>) -> Result<(), CommandError> {
    let account = context.account_id();
    let refused = |message: String| {
        CommandError::new(Kind::Refused, message)
            .hint(format!("Without a terminal, `--confirm-account {account}` confirms."))
    };
    if let Some(named) = named {
        return if named == account {
            Ok(())
        } else {
            // Who confirms one account and got another is not handed the words that confirm the other.
            let message = format!(
                "--confirm-account names {}, but the credentials are of account {}",
                named.grouped(),
                account.grouped()
            );
            Err(CommandError::new(Kind::Refused, message)
                .hint("The profile leads to another account than the one you meant: look at `awsenv list`."))
        };
    }
    // Some runners give their jobs a terminal, which nobody sits at.
    if let Some(ci) = super::report::ci(run.host) {
        return Err(refused(format!(
            "account {} must be confirmed, and {} is nobody to ask",
            account.grouped(),
            ci.name()
        )));
    }
    let look = terminal::look(run.host, Stream::Stderr, run.global.color);
    let banner = terminal::paint(&banner::banner(context, run.host.now(), &look), &look);
    let question = format!("{banner}This account is protected. Type its ID, or the last four digits, to go on: ");
    match terminal::ask(&question) {
        Ok(Some(answer)) if guard::confirms(&answer, account) => Ok(()),
        Ok(Some(_)) => {
            Err(CommandError::new(Kind::Refused, format!("account {} was not confirmed", account.grouped())))
        }
        Ok(None) => Err(refused(format!("account {} must be confirmed, and there is no terminal", account.grouped()))),
        Err(error) => Err(refused(format!("account {} could not be confirmed", account.grouped())).because(error)),
    }
}
