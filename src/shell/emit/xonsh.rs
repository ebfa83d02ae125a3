//! Xonsh: one Python expression.
//!
//! ```text
//! (lambda e: ([e.pop(n, None) for n in ('A',)], e.update({'B': '…'})))(__xonsh__.env)
//! ```
//!
//! A refusal raises an error at its end, which stops a script.

use crate::{
    core::env_change::EnvChange,
    shell::{Shell, quote::quote},
};

/// The code, with its newline.
pub(super) fn xonsh(change: &EnvChange) -> String {
    let names: String = change.unset.iter().map(|name| format!("{},", quote(Shell::Xonsh, name))).collect();
    let pairs: String = change
        .set
        .iter()
        .map(|(name, value)| format!("{}: {}, ", quote(Shell::Xonsh, name), quote(Shell::Xonsh, value.text())))
        .collect();
    let end = match change.status {
        0 => String::new(),
        status => format!(", (_ for _ in ()).throw(RuntimeError('awsenv: refused, exit code {status}'))"),
    };
    format!("(lambda e: ([e.pop(n, None) for n in ({names})], e.update({{{pairs}}}){end}))(__xonsh__.env)\n")
}
