//! `awsenv man`: the manual pages, made from the command line itself.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::{Done, Run, report};
use crate::{
    cli::Cli,
    core::sanitize,
    edge::files,
    error::{CommandError, Kind},
};

/// Print the manual page, or write those of all verbs into a directory
#[derive(Debug, clap::Args)]
#[command(after_help = "To read it at once:  awsenv man | man -l -\n\
    To install it:       awsenv man --dir ~/.local/share/man/man1")]
pub struct Args {
    /// Write awsenv.1 and a page for each verb, such as awsenv-use.1, into this directory
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

/// Prints or writes.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.dir {
        None => report::print(run.host, &page(&command)?)?,
        Some(dir) => {
            let count = write_all(&command, dir)?;
            if !run.global.quiet {
                let dir = dir.to_string_lossy();
                report::talk(run.host, &format!("awsenv: {count} manual pages are in {}\n", sanitize::show(&dir)));
            }
        }
    }
    Ok(Done::Code(0))
}

/// Writes the page of a command and those of its verbs; how many there are.
fn write_all(command: &Command, dir: &Path) -> Result<usize, CommandError> {
    let path = dir.join(format!("{}.1", name(command)));
    files::write_public(&path, page(command)?.as_bytes()).map_err(CommandError::from_parts)?;
    let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    verbs.map(|verb| write_all(verb, dir)).sum::<Result<usize, _>>().map(|count| count + 1)
}

fn name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command) -> Result<String, CommandError> {
    let failed = |error| CommandError::new(Kind::Internal, "the manual page cannot be made").because(error);
    let source = concat!("awsenv ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).title(name(command).to_uppercase()).source(source).manual("awsenv");
    let mut text = Vec::new();
    man.render(&mut text).map_err(failed)?;
    // Without a date, which is left out instead of being empty, the version would stand in its place.
    Ok(String::from_utf8_lossy(&text).replacen(" 1  \"awsenv", " 1 \"\" \"awsenv", 1))
}
