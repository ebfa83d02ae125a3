//! What the tests share: a hermetic environment, the fake AWS, a terminal, secrets to look for, the hostile corpus.

#![allow(dead_code, unused_imports, reason = "not every build has every test: those on the fake AWS need the SDK")]

mod corpus;
mod environment;
mod harmless;
pub(crate) mod hooked;
mod proxy;
mod pty;
mod read_only;
mod redact;
#[cfg(feature = "demo")]
pub(crate) mod runner;
mod secrets;
pub(crate) mod shells;
mod tmux;
mod tools;
pub(crate) mod vault;
mod wait;

pub(crate) use corpus::{Case, corpus};
pub(crate) use environment::{Run, TestEnv};
pub(crate) use harmless::is_harmless;
pub(crate) use proxy::ClosedProxy;
pub(crate) use pty::{Pty, Terminal};
pub(crate) use read_only::in_a_read_only_home;
pub(crate) use redact::redact;
pub(crate) use secrets::{assert_no_secret, files_below};
pub(crate) use tmux::Tmux;
pub(crate) use tools::{python, repository, tool};
pub(crate) use wait::wait;
