//! `awsenv account set|list|show`: the registry of accounts.

use clap_complete::ArgValueCompleter;

use super::{Done, Run, completions::candidates, report, settings};
use crate::{
    core::{config::Settings, config_edit, identity::AccountId, registry::Protection, sanitize},
    error::{CommandError, Kind},
};

/// Name accounts, give them a class, protect them
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Write an account's entry into the settings file; comments and order stay
    Set(SetArgs),
    /// List the accounts that have an entry
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what the settings say about an account
    Show {
        /// Account ID
        #[arg(value_parser = AccountId::parse, add = ArgValueCompleter::new(candidates::accounts))]
        id: AccountId,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct SetArgs {
    /// Account ID, with or without hyphens
    #[arg(value_parser = AccountId::parse, add = ArgValueCompleter::new(candidates::accounts))]
    id: AccountId,
    /// production, staging, test, development, sandbox, shared, or a class of your settings
    #[arg(long, value_name = "C", add = ArgValueCompleter::new(candidates::classes))]
    class: Option<String>,
    /// Name to show in place of the alias
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// none, confirm, read-only or deny
    #[arg(long, value_name = "P")]
    protection: Option<Protection>,
}

/// Runs one of the three.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    match &args.verb {
        Verb::Set(args) => set(run, args),
        Verb::List { json } => list(run, *json),
        Verb::Show { id, json } => show(run, id, *json),
    }
}

fn set(run: &mut Run<'_>, args: &SetArgs) -> Result<Done, CommandError> {
    if args.class.is_none() && args.name.is_none() && args.protection.is_none() {
        return Err(CommandError::usage("nothing to set").hint("Give --class, --name or --protection."));
    }
    let path = settings::path(run)?;
    let _lock = settings::lock(run)?;
    let old = settings::text(&path)?;
    if let Some(class) = &args.class {
        let text = old.as_deref().map(|text| (path.as_path(), text));
        known_class(&Settings::load(text).map_err(CommandError::from_parts)?, class)?;
    }
    let new = config_edit::set_account(
        &path,
        old.as_deref().unwrap_or(config_edit::NEW_FILE),
        &args.id,
        args.class.as_deref(),
        args.name.as_deref(),
        args.protection,
    )
    .map_err(CommandError::from_parts)?;
    settings::write(&path, &new)?;
    talk(run, &format!("{} is written to {}", args.id.grouped(), sanitize::show(&path.to_string_lossy())));
    Ok(Done::Code(0))
}

/// Says so before anything is written, and without naming a line of a file that is not there yet.
fn known_class(settings: &Settings, class: &str) -> Result<(), CommandError> {
    let known: Vec<&str> = settings.registry().classes().map(|(name, _)| name).collect();
    if known.contains(&class) {
        return Ok(());
    }
    let near = known.iter().max_by(|a, b| strsim::jaro(a, class).total_cmp(&strsim::jaro(b, class)));
    let guess = near.filter(|name| strsim::jaro(name, class) > 0.7).map(|name| format!("Did you mean {name}? "));
    Err(CommandError::usage(format!("there is no class `{class}`")).hint(format!(
        "{}The classes are {}; [classes.NAME] in the settings adds one.",
        guess.unwrap_or_default(),
        known.join(", ")
    )))
}

fn list(run: &mut Run<'_>, json: bool) -> Result<Done, CommandError> {
    let settings = settings::load(run)?;
    let accounts: Vec<serde_json::Value> =
        settings.registry().entries().map(|(id, _)| describe(&settings, id)).collect();
    if accounts.is_empty() && !json {
        talk(run, "the settings have no entry for any account; `awsenv account set ID --class CLASS` makes one");
        return Ok(Done::Code(0));
    }
    print(run, &accounts, json, &serde_json::Value::Array(accounts.clone()))
}

fn show(run: &mut Run<'_>, id: &AccountId, json: bool) -> Result<Done, CommandError> {
    let settings = settings::load(run)?;
    let account = describe(&settings, id);
    let done = print(run, std::slice::from_ref(&account), json, &account)?;
    if settings.registry().entry(id).is_none() {
        talk(run, &format!("the settings have no entry for {}: this is what their rules make of it", id.grouped()));
    }
    Ok(done)
}

fn talk(run: &mut Run<'_>, text: &str) {
    if !run.global.quiet {
        report::talk(run.host, &format!("awsenv: {text}\n"));
    }
}

fn describe(settings: &Settings, id: &AccountId) -> serde_json::Value {
    let account = settings.registry().account(id, None, None, None, None);
    serde_json::json!({
        "account_id": id.as_str(),
        "name": account.name,
        "class": account.class,
        "color": account.color.to_string(),
        "protection": account.protection,
    })
}

fn print(
    run: &mut Run<'_>,
    accounts: &[serde_json::Value],
    json: bool,
    value: &serde_json::Value,
) -> Result<Done, CommandError> {
    if json {
        report::json(run.host, value)?;
        return Ok(Done::Code(0));
    }
    let mut text = row("account", "class", "protection", "name");
    for account in accounts {
        let field = |name: &str| account[name].as_str().map_or("-".into(), sanitize::show).into_owned();
        let id = AccountId::parse(account["account_id"].as_str().unwrap_or_default())
            .map_err(|error| CommandError::new(Kind::Internal, error.to_string()))?;
        let (class, protection, name) = (field("class"), field("protection"), field("name"));
        text.push_str(&row(&id.grouped(), &class, &protection, &name));
    }
    report::print(run.host, &text)?;
    Ok(Done::Code(0))
}

fn row(id: &str, class: &str, protection: &str, name: &str) -> String {
    format!("{id:<14}  {class:<12}  {protection:<10}  {name}\n")
}
