//! All that differs between shells: quoting, the form of an emission, the function that `init` defines.
//!
//! Pure: text in, text out. Every claim made here is run in the real shells by tests/it/shells.rs.

pub mod bash_env;
pub mod emit;
pub mod init;
pub mod prompt;
pub mod quote;
pub mod recipes;
pub mod surface;
pub mod verbs;
mod watch;

use std::fmt;

pub use emit::{EmitError, render};
pub use init::init;

/// A shell that awsenv speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// POSIX sh: dash, busybox, and any that is not known.
    Sh,
    /// Debian's /bin/sh.
    Dash,
    /// Korn shell 93.
    Ksh,
    /// MirBSD Korn shell.
    Mksh,
    /// Bash 3.2 and later.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
    /// The C shell, in tcsh's form.
    Tcsh,
    /// Elvish.
    Elvish,
    /// Nushell.
    #[value(alias = "nushell")]
    Nu,
    /// Xonsh.
    Xonsh,
    /// PowerShell.
    #[value(alias = "powershell")]
    Pwsh,
    /// Windows' cmd.exe.
    Cmd,
}

impl Shell {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Dash => "dash",
            Self::Ksh => "ksh",
            Self::Mksh => "mksh",
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Tcsh => "tcsh",
            Self::Elvish => "elvish",
            Self::Nu => "nu",
            Self::Xonsh => "xonsh",
            Self::Pwsh => "pwsh",
            Self::Cmd => "cmd",
        }
    }

    /// The shell whose program has this name (`-zsh`, `/bin/bash`, `ksh93`), if awsenv speaks it.
    pub fn from_program(program: &str) -> Option<Self> {
        let name = program.rsplit('/').next().unwrap_or_default();
        match name.strip_prefix('-').unwrap_or(name) {
            "sh" | "ash" | "busybox" => Some(Self::Sh),
            "dash" => Some(Self::Dash),
            "ksh" | "ksh93" => Some(Self::Ksh),
            "mksh" => Some(Self::Mksh),
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            "tcsh" | "csh" | "bsd-csh" => Some(Self::Tcsh),
            "elvish" => Some(Self::Elvish),
            "nu" => Some(Self::Nu),
            "xonsh" => Some(Self::Xonsh),
            "pwsh" | "powershell" => Some(Self::Pwsh),
            "cmd" => Some(Self::Cmd),
            _ => None,
        }
    }
}

impl fmt::Display for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_s_name_tells_the_shell() {
        assert_eq!(Shell::from_program("-zsh"), Some(Shell::Zsh));
        assert_eq!(Shell::from_program("/usr/bin/ksh93"), Some(Shell::Ksh));
        assert_eq!(Shell::from_program("pwsh"), Some(Shell::Pwsh));
        assert_eq!(Shell::from_program("perl"), None);
    }
}
