//! `awsenv sessions`.

use jiff::Timestamp;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::{Done, Run, report, shelves};
use crate::{
    core::{credentials::rfc3339, kept::Kept, sanitize},
    error::CommandError,
};

/// List the sessions that are kept between runs: what they are of, until when, and when they were verified
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Sessions are kept by the vault's agent while the vault is unlocked, and in files where the settings say \
    `cache = \"file\"` under [sessions]. `awsenv logout --all` removes them."
)]
pub struct Args {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Lists.
pub fn run(run: &mut Run<'_>, args: &Args) -> Result<Done, CommandError> {
    let ((kept, trouble), now) = (shelves::list(run), run.host.now());
    if args.json {
        report::json(run.host, &Value::Array(kept.iter().map(as_json).collect()))?;
    } else if !kept.is_empty() {
        let rows: Vec<[String; 6]> = kept.iter().map(|kept| row(kept, now)).collect();
        report::print(run.host, &table(&rows))?;
    } else if trouble.is_none() && !run.global.quiet {
        report::talk(run.host, "awsenv: no sessions are kept\n");
    }
    trouble.map_or(Ok(Done::Code(0)), Err)
}

const HEADINGS: [&str; 6] = ["PROFILE", "KIND", "ACCOUNT", "ENDS IN", "VERIFIED", "OF"];

fn row(kept: &Kept, now: Timestamp) -> [String; 6] {
    let account = kept.verified.as_ref().map(|verified| verified.identity.account.grouped());
    let verified = kept.verified.as_ref().map(|verified| format!("{} ago", minutes(now.duration_since(verified.at))));
    let ends = kept.credentials.expires.map(|end| minutes(end.duration_since(now)));
    [
        sanitize::show(&kept.about.profile).into_owned(),
        kept.about.kind.to_string(),
        account.unwrap_or_default(),
        ends.unwrap_or_default(),
        verified.unwrap_or_else(|| "no".to_owned()),
        sanitize::show(&kept.about.name).into_owned(),
    ]
}

fn minutes(span: jiff::SignedDuration) -> String {
    format!("{} min", span.as_mins().max(0))
}

fn table(rows: &[[String; 6]]) -> String {
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|at| rows.iter().map(|row| row[at].width()).chain([HEADINGS[at].len()]).max().unwrap_or(0))
        .collect();
    let line = |cells: &[String; 6]| {
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(width - cell.width() + 2));
        }
        text.trim_end().to_owned() + "\n"
    };
    line(&HEADINGS.map(str::to_owned)) + &rows.iter().map(line).collect::<String>()
}

fn as_json(kept: &Kept) -> Value {
    let verified = kept.verified.as_ref();
    json!({
        "profile": kept.about.profile,
        "kind": kept.about.kind,
        "of": kept.about.name,
        "access_key_id": kept.credentials.access_key_id,
        "account_id": verified.map(|verified| verified.identity.account.as_str()),
        "arn": verified.map(|verified| verified.identity.arn.as_str()),
        "expires": kept.credentials.expires.map(rfc3339),
        "verified_at": verified.map(|verified| rfc3339(verified.at)),
    })
}
