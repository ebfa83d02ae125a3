//! The settings file: where it is, reading it, writing it.

use std::path::{Path, PathBuf};

use super::Run;
use crate::{
    core::{banner, config::Settings, variables::CONFIG},
    edge::{
        files,
        host::Host,
        terminal::{self, Stream},
    },
    error::{CommandError, Kind},
};

/// The settings file: `--config`, AWSENV_CONFIG, or `$XDG_CONFIG_HOME/awsenv.toml`. Not a file in a folder `awsenv`: the
/// first awsenv's database is the file `~/.config/awsenv`.
pub fn path(run: &Run<'_>) -> Result<PathBuf, CommandError> {
    path_from(run.host, run.global.config.as_deref())
}

fn path_from(host: &Host, option: Option<&Path>) -> Result<PathBuf, CommandError> {
    if let Some(path) = option {
        return Ok(path.to_owned());
    }
    if let Some(path) = host.var_os(CONFIG) {
        return Ok(PathBuf::from(path));
    }
    let dir = host.xdg("XDG_CONFIG_HOME", ".config").map_err(|error| CommandError::usage(error.to_string()))?;
    Ok(dir.join("awsenv.toml"))
}

/// The text of the file; `None` where there is none.
pub fn text(path: &Path) -> Result<Option<String>, CommandError> {
    const MOST: u64 = 8 << 20;
    let unreadable = |error: files::FileError| CommandError::from_parts(error);
    let Some(bytes) = files::read_regular(path, MOST).map_err(unreadable)? else { return Ok(None) };
    let text = String::from_utf8(bytes)
        .map_err(|_| CommandError::usage(format!("the settings file {} is not UTF-8 text", path.display())))?;
    Ok(Some(text))
}

/// The settings in force: defaults, file, environment.
pub fn load(run: &Run<'_>) -> Result<Settings, CommandError> {
    load_from(run.host, run.global.config.as_deref())
}

/// The same, for completion, which has no verb: `option` is what `--config` says.
pub(super) fn load_from(host: &Host, option: Option<&Path>) -> Result<Settings, CommandError> {
    let path = path_from(host, option)?;
    let text = text(&path)?;
    if text.is_none() && (option.is_some() || host.var_os(CONFIG).is_some()) {
        return Err(CommandError::usage(format!("the settings file {} does not exist", path.display()))
            .hint("Leave --config and AWSENV_CONFIG out, or create the file with `awsenv account set`."));
    }
    let user = text.as_deref().map(|text| (path.as_path(), text));
    let env = |name: &str| host.hint(name);
    Settings::load(user).and_then(|settings| settings.with_env(&env)).map_err(CommandError::from_parts)
}

/// Replaces the file, or creates it, atomically. A link into a folder of dotfiles stays one.
pub fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    files::write_users_file(path, text.as_bytes()).map_err(CommandError::from_parts)
}

/// Keeps other edits of the settings waiting, so that none is lost. Not beside the file, where it would be in the way.
pub fn lock(run: &Run<'_>) -> Result<files::Lock, CommandError> {
    let dir = run.host.xdg("XDG_STATE_HOME", ".local/state").map_err(|error| CommandError::usage(error.to_string()))?;
    files::lock(&dir.join("awsenv/settings.lock")).map_err(CommandError::from_parts)
}

/// Refuses a verb that changes the shell where nothing evaluates its output (docs/cli.md, "The eval contract").
///
/// `verb` is what the user typed, for the forms that work: `use PROFILE`.
pub fn needs_a_shell(run: &mut Run<'_>, verb: &str) -> Result<(), CommandError> {
    if run.emission.is_some() {
        return Ok(());
    }
    let (now, print) = (format!("eval \"$(awsenv {verb})\""), format!("awsenv {verb} --print"));
    let mut commands = vec![
        ("once, in ~/.bashrc or ~/.zshrc (with zsh)", "eval \"$(awsenv init bash)\""),
        ("once, in ~/.config/fish/config.fish", "awsenv init fish | source"),
        ("or, this time", &now),
        ("to see the code, secrets and all", &print),
    ];
    if verb.starts_with("use") {
        commands.insert(3, ("or, for one command", "awsenv exec PROFILE -- COMMAND"));
    }
    let look = terminal::look(run.host, Stream::Stderr, run.global.color);
    let block = banner::not_switched(&super::report::what_the_shell_holds(run.host), &commands, &look);
    super::report::talk(run.host, &terminal::paint(&block, &look));
    // Said already.
    Err(CommandError::new(Kind::Usage, ""))
}
