//! Opening a page in the user's browser: the program gets the address as one argument, and nothing of AWS.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use super::{host::Host, process::on_path};

/// What opens a page where $BROWSER says nothing, the first that is there.
#[cfg(target_os = "macos")]
const OPENERS: &[&str] = &["open"];
#[cfg(not(target_os = "macos"))]
const OPENERS: &[&str] = &["xdg-open", "wslview", "x-www-browser"];

/// A browser that was started.
#[derive(Debug)]
pub struct Opened {
    /// The program's name.
    pub program: String,
    ended: Receiver<io::Result<std::process::ExitStatus>>,
}

/// Why no page was opened. Reads after "the browser was not opened: ".
#[derive(Debug, thiserror::Error)]
pub enum NoBrowser {
    /// Nothing to open it with.
    #[error("neither $BROWSER nor {} is there", OPENERS.join(" or "))]
    None,
    /// It did not start.
    #[error("`{program}` cannot be started: {error}")]
    Start {
        /// The program.
        program: String,
        /// The system's answer.
        error: io::Error,
    },
}

impl Opened {
    /// How the program failed, once it has.
    pub fn failure(&self) -> Option<String> {
        match self.ended.try_recv() {
            Ok(Ok(status)) if !status.success() => Some(format!("`{}` ended with {status}", self.program)),
            Ok(Err(error)) => Some(format!("`{}`: {error}", self.program)),
            _ => None,
        }
    }
}

/// Whether the user sits at another machine, whose browser cannot come back to a port of this one.
pub fn is_remote(host: &Host) -> bool {
    ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].iter().any(|name| host.var_os(name).is_some())
}

/// Whether somebody could see a page that is opened here.
pub fn can_show(host: &Host) -> bool {
    if is_remote(host) {
        return false;
    }
    if host.var_os("BROWSER").is_some() || cfg!(target_os = "macos") {
        return true;
    }
    let display = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].iter().any(|name| host.var_os(name).is_some());
    display && opener(host).is_some()
}

/// Opens a page. The program goes on by itself; it has no streams of ours and no credentials.
pub fn open(host: &Host, url: &str) -> Result<Opened, NoBrowser> {
    let words = browser(host, url).or_else(|| opener(host).map(|opener| vec![opener, url.to_owned()]));
    let words = words.ok_or(NoBrowser::None)?;
    let program = words[0].clone();
    let start = |error| NoBrowser::Start { program: program.clone(), error };
    #[expect(
        clippy::disallowed_methods,
        reason = "the user's browser, without a shell, and with a scrubbed environment"
    )]
    let mut command = Command::new(&program);
    command.args(&words[1..]).env_clear().envs(scrubbed(host.vars_os())).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(start)?;
    let (send, ended) = mpsc::channel();
    thread::Builder::new().name("browser".into()).spawn(move || send.send(child.wait())).map_err(start)?;
    Ok(Opened { program, ended })
}

/// The command in $BROWSER: the first of its list that is there, with `%s` for the address or the address behind it.
fn browser(host: &Host, url: &str) -> Option<Vec<String>> {
    let list = host.hint("BROWSER")?;
    let path = host.var_os("PATH");
    list.split(':').find_map(|command| {
        let mut words = shlex::split(command).filter(|words| !words.is_empty())?;
        // Never one of the directory that one happens to be in.
        words[0] = match Path::new(&words[0]) {
            file if file.is_absolute() => file.is_file().then(|| words[0].clone())?,
            _ if words[0].contains('/') => return None,
            _ => on_path(&words[0], path.as_deref())?.to_string_lossy().into_owned(),
        };
        let named = words.iter().skip(1).any(|word| word.contains("%s"));
        for word in words.iter_mut().skip(1) {
            *word = word.replace("%s", url);
        }
        if !named {
            words.push(url.to_owned());
        }
        Some(words)
    })
}

fn opener(host: &Host) -> Option<String> {
    let path = host.var_os("PATH");
    OPENERS.iter().find_map(|name| on_path(name, path.as_deref())).map(|file| file.to_string_lossy().into_owned())
}

/// The environment without what is AWS's or ours.
fn scrubbed(env: BTreeMap<OsString, OsString>) -> impl Iterator<Item = (OsString, OsString)> {
    let ours = |name: &OsStr| {
        let name = name.as_encoded_bytes();
        name.starts_with(b"AWS") || name == b"EC2_REGION"
    };
    env.into_iter().filter(move |(name, _)| !ours(name))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn host(env: &[(&str, &str)]) -> Host {
        Host::of(Vec::<&str>::new(), env.iter().copied(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_browser_gets_the_address_as_one_argument() {
        let words = |browser: &str| browser_words(browser, "https://x/?a=1&calc;$(x)");
        fn browser_words(browser: &str, url: &str) -> Option<Vec<String>> {
            super::browser(&host(&[("BROWSER", browser), ("PATH", "/bin")]), url)
        }
        assert_eq!(words("sh"), Some(vec!["/bin/sh".into(), "https://x/?a=1&calc;$(x)".into()]));
        assert_eq!(
            words("no-such-browser:sh -c '%s' x"),
            Some(vec!["/bin/sh".into(), "-c".into(), "https://x/?a=1&calc;$(x)".into(), "x".into()])
        );
        assert_eq!(words("no-such-browser"), None);
        assert_eq!(words("./sh"), None);
    }

    #[test]
    fn p4_the_browser_sees_nothing_of_aws() {
        let env = [("AWS_SECRET_ACCESS_KEY", "s"), ("AWSENV_CONTEXT", "c"), ("DISPLAY", ":0")];
        let left: Vec<_> = scrubbed(host(&env).vars_os()).collect();
        assert_eq!(left, [("DISPLAY".into(), ":0".into())]);
    }

    #[test]
    fn over_ssh_and_without_a_display_nobody_would_see_it() {
        assert!(can_show(&host(&[("BROWSER", "x")])));
        assert!(!can_show(&host(&[("BROWSER", "x"), ("SSH_TTY", "/dev/pts/1")])));
        assert!(!can_show(&host(&[("DISPLAY", ":0"), ("SSH_CONNECTION", "1 2 3 4"), ("PATH", "/bin:/usr/bin")])));
        assert!(!can_show(&host(&[("PATH", "/bin:/usr/bin")])));
    }
}
