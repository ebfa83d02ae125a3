//! Shells whose completion script is our own.
//!
//! Bash and PowerShell put what they complete on the command line as it stands, where a name such as `$(command)` would run
//! (promise P5), so that the words must be quoted here. Beyond that, the engine's script for bash has the shell take names
//! for patterns of file names, and the one for PowerShell evaluates the line that is completed. For nushell, xonsh and tcsh
//! the engine has none.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_complete::{engine, env::EnvCompleter};

use super::{VARIABLE, words};
use crate::edge::host::Host;

/// A shell with a script of our own, and how it takes words.
pub(super) struct Scripted {
    /// The names that it goes by, its own first.
    names: &'static [&'static str],
    script: &'static str,
    /// A text as one word of the command line; `None` where that cannot be. The second is the line up to the cursor, where
    /// the shell tells it.
    word: fn(&str, &str) -> Option<String>,
    /// How the program stands in the script.
    program: fn(&str) -> String,
    /// Whether a description may follow, behind a tab.
    described: bool,
}

impl Scripted {
    pub(super) const BASH: Self = Self {
        names: &["bash"],
        script: include_str!("../../shell/completions/bash.sh"),
        word: words::bash,
        program: plain,
        described: false,
    };
    pub(super) const POWERSHELL: Self = Self {
        names: &["pwsh", "powershell"],
        script: include_str!("../../shell/completions/powershell.ps1"),
        word: words::powershell,
        program: plain,
        described: true,
    };
    pub(super) const NU: Self = Self {
        names: &["nu"],
        script: include_str!("../../shell/completions/nu.nu"),
        word: words::nu,
        program: plain,
        described: true,
    };
    pub(super) const XONSH: Self = Self {
        names: &["xonsh"],
        script: include_str!("../../shell/completions/xonsh.xsh"),
        word: words::xonsh,
        program: |program| format!("{program:?}"),
        described: true,
    };
    pub(super) const TCSH: Self = Self {
        names: &["tcsh"],
        script: include_str!("../../shell/completions/tcsh.csh"),
        word: words::tcsh,
        program: plain,
        described: false,
    };
}

fn plain(program: &str) -> String {
    program.to_owned()
}

impl EnvCompleter for Scripted {
    fn name(&self) -> &'static str {
        self.names[0]
    }

    fn is(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        _bin: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let script = self.script.replace("@VARIABLE@", variable).replace("@AWSENV@", &(self.program)(completer));
        out.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let host = Host::real();
        let told = |name: &str| host.hint(&format!("{VARIABLE}_{name}")).unwrap_or_default();
        let mut args = args;
        if self.name() == Self::TCSH.name() {
            args = words::split(&host.hint("COMMAND_LINE").unwrap_or_default());
        }
        let index = told("INDEX").parse().unwrap_or(args.len().saturating_sub(1));
        if args.len() == index {
            // An empty word that got lost on the way.
            args.push(OsString::new());
        }
        let line = told("LINE");
        for candidate in engine::complete(command, args, index, current_dir)? {
            let Some(word) = candidate.get_value().to_str().and_then(|text| (self.word)(text, &line)) else { continue };
            out.write_all(word.as_bytes())?;
            let help = candidate.get_help().filter(|_| self.described).map(ToString::to_string).unwrap_or_default();
            if let Some(help) = help.lines().next() {
                write!(out, "\t{help}")?;
            }
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}
