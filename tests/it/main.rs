//! The black-box tests: the real binary, in a home of its own, on a fake AWS. One file per verb or promise.

#![expect(clippy::disallowed_methods, reason = "a test is the outside world: it starts programs and writes files")]
#![expect(clippy::print_stderr, reason = "a test that is left out says so")]
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on fails its test")]

#[cfg(feature = "demo")]
mod account;
mod architecture;
mod banner;
#[cfg(feature = "demo")]
mod ci;
#[cfg(feature = "demo")]
mod completions;
#[cfg(feature = "demo")]
mod credential_process;
#[cfg(feature = "demo")]
mod demo;
mod docs;
#[cfg(feature = "demo")]
mod endpoints;
#[cfg(feature = "demo")]
mod engines;
#[cfg(feature = "demo")]
mod every_shell;
#[cfg(feature = "demo")]
mod every_source;
#[cfg(feature = "demo")]
mod exec;
#[cfg(feature = "demo")]
mod export;
#[cfg(feature = "demo")]
mod faults;
#[cfg(feature = "demo")]
mod guard;
mod help;
#[cfg(feature = "demo")]
mod hook;
#[cfg(feature = "demo")]
mod hostile;
#[cfg(feature = "demo")]
mod init;
#[cfg(feature = "demo")]
mod kept_faults;
#[cfg(feature = "demo")]
mod kept_sessions;
#[cfg(feature = "demo")]
mod lean;
#[cfg(feature = "demo")]
mod list;
#[cfg(feature = "demo")]
mod login;
mod man;
#[cfg(feature = "demo")]
mod mfa;
#[cfg(feature = "demo")]
mod old_walkthrough;
#[cfg(feature = "demo")]
mod picker;
#[cfg(feature = "demo")]
mod promises;
#[cfg(feature = "demo")]
mod prompt_path;
#[cfg(feature = "aws")]
mod readers;
#[cfg(feature = "demo")]
mod role_session;
#[cfg(feature = "demo")]
mod rotate;
#[cfg(feature = "demo")]
mod secrets;
#[cfg(feature = "demo")]
mod sequences;
mod shells;
#[cfg(feature = "demo")]
mod signals;
mod support;
#[cfg(feature = "demo")]
mod sync;
#[cfg(feature = "demo")]
mod tls;
#[cfg(feature = "demo")]
mod totp;
#[cfg(feature = "demo")]
mod tour;
#[cfg(feature = "demo")]
mod use_verb;
mod vault;
#[cfg(feature = "demo")]
mod whoami;
#[cfg(feature = "demo")]
mod writers;
