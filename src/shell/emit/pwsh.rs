//! PowerShell: a script block, called on the spot.
//!
//! ```text
//! & { Remove-Item -LiteralPath Env:A -ErrorAction Ignore; $env:B = '…'; $global:LASTEXITCODE = 0 }
//! & { …; $global:LASTEXITCODE = 3; throw 'awsenv: refused, exit code 3' }
//! ```

use crate::{
    core::env_change::EnvChange,
    shell::{Shell, quote::quote},
};

/// The code, with its newline.
pub(super) fn pwsh(change: &EnvChange) -> String {
    let mut code = String::from("& { ");
    for name in &change.unset {
        code.push_str(&format!("Remove-Item -LiteralPath Env:{name} -ErrorAction Ignore; "));
    }
    for (name, value) in &change.set {
        code.push_str(&format!("$env:{name} = {}; ", quote(Shell::Pwsh, value.text())));
    }
    code.push_str(&format!("$global:LASTEXITCODE = {}", change.status));
    if change.status != 0 {
        code.push_str(&format!("; throw 'awsenv: refused, exit code {}'", change.status));
    }
    code + " }\n"
}
