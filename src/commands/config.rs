//! `awsenv config path|check|show|edit`.

use super::{Done, Run, report, settings};
use crate::{core::config, edge::program, error::CommandError};

/// The settings file: where it is, whether it is right, what holds
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Print the path of the settings file
    Path,
    /// Read the settings file and say what is wrong with it
    Check,
    /// Print the settings in force; `--default` prints the built-in ones, commented
    Show {
        /// The built-in settings, which are config.example.toml
        #[arg(long)]
        default: bool,
        /// As JSON
        #[arg(long, conflicts_with = "default")]
        json: bool,
    },
    /// Open the settings file in $VISUAL or $EDITOR; a file that is wrong is said so afterwards
    Edit,
}

/// Runs one of the four.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    match args.verb {
        Verb::Path => {
            let path = settings::path(run)?;
            report::print(run.host, &format!("{}\n", path.display()))?;
        }
        Verb::Check => check(run)?,
        Verb::Show { default: true, .. } => report::print(run.host, config::EXAMPLE)?,
        Verb::Show { json, .. } => show(run, json)?,
        Verb::Edit => edit(run)?,
    }
    Ok(Done::Code(0))
}

fn check(run: &mut Run<'_>) -> Result<(), CommandError> {
    let path = settings::path(run)?;
    let exists = settings::text(&path)?.is_some();
    let loaded = settings::load(run)?;
    let mut text = String::new();
    for warning in &loaded.warnings {
        text.push_str(&format!("warning: {}\n", crate::core::sanitize::show(warning)));
    }
    let path = path.to_string_lossy();
    let path = crate::core::sanitize::show(&path);
    text.push_str(&match exists {
        true => format!("{path} is right\n"),
        false => format!("{path} does not exist: the built-in settings hold\n"),
    });
    report::print(run.host, &text)
}

fn show(run: &mut Run<'_>, json: bool) -> Result<(), CommandError> {
    let settings = settings::load(run)?;
    let value = settings.to_json();
    if json {
        return report::json(run.host, &value);
    }
    let text = toml::to_string(&value).map_err(|error| CommandError::usage(error.to_string()))?;
    report::print(run.host, &text)
}

fn edit(run: &mut Run<'_>) -> Result<(), CommandError> {
    let path = settings::path(run)?;
    if !run.host.stdout_is_terminal {
        return Err(CommandError::usage(format!("an editor needs a terminal; the file is {}", path.display())));
    }
    if settings::text(&path)?.is_none() {
        settings::write(&path, crate::core::config_edit::NEW_FILE)?;
    }
    let editor = run.host.hint("VISUAL").or_else(|| run.host.hint("EDITOR")).unwrap_or_else(|| "vi".into());
    program::edit(&editor, &path).map_err(|error| {
        CommandError::usage(format!("the editor `{editor}` could not be run")).because(error).hint("Set $EDITOR.")
    })?;
    check(run)
}
