//! What is shown where there is no verified account: unverified credentials, a switch that did not happen, an error.

use jiff::Timestamp;

use super::{
    layout::{NARROW, WARNING, block, command, field, note, sentence},
    words::lifetime,
};
use crate::core::{
    context::Unverified,
    sanitize::{limit, show},
    style::{Label, Line, Look},
};

/// The banner of credentials that nobody has confirmed. It names no account: there is none to name.
pub fn unverified_banner(unverified: &Unverified, now: Timestamp, look: &Look) -> Vec<Line> {
    let request = &unverified.request;
    if look.width < NARROW {
        return vec![Line::default().with(Label::Doubt, unverified_line(unverified))];
    }
    let mut lines = vec![caution("UNVERIFIED", "account not confirmed", look)];
    let mut add = |name: &str, value: &str| field(&mut lines, Label::Doubt, name, Label::Plain, value, look);
    add("account", "not confirmed by STS: it may be any");
    if let Some(profile) = &request.profile {
        add("profile", &look.show_field(profile));
    }
    add("region", request.region.as_ref().map_or("none exported", |region| region.as_str()));
    add("expires", &lifetime(request, now));
    let trail: Vec<String> = request.trail.iter().map(|step| look.show_field(step)).collect();
    add("from", &trail.join(look.arrow()));
    for finding in &request.findings {
        lines.extend(warning(&finding.to_string(), look));
    }
    lines
}

/// The same as one plain line, for AWSENV_BANNER.
pub fn unverified_line(unverified: &Unverified) -> String {
    match &unverified.request.profile {
        Some(profile) => format!("UNVERIFIED profile {}", limit(&show(profile), 64, true)),
        None => "UNVERIFIED".to_owned(),
    }
}

/// What `use` says on a terminal, where nothing can be switched: what the shell still holds, and what to type.
pub fn not_switched(still_holds: &str, commands: &[(&str, &str)], look: &Look) -> Vec<Line> {
    let mut lines = vec![caution("NOT SWITCHED", "this shell is as it was", look)];
    field(&mut lines, Label::Doubt, "still holds", Label::Strong, &look.show(still_holds), look);
    for (what, typed) in commands {
        note(&mut lines, Label::Doubt, &format!("{}:", look.show(what)), look);
        command(&mut lines, Label::Doubt, &look.show(typed));
    }
    lines
}

/// An error: heading and message, what led to it, and what to do.
pub fn error_block(heading: &str, message: &str, causes: &[String], hints: &[String], look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    sentence(&mut lines, Label::Error, &format!("{heading}:"), &look.show(message), look);
    for cause in causes {
        sentence(&mut lines, Label::Field, "  because:", &look.show(cause), look);
    }
    for hint in hints {
        sentence(&mut lines, Label::Strong, "  hint:", &look.show(hint), look);
    }
    lines
}

/// One warning.
pub fn warning(message: &str, look: &Look) -> Vec<Line> {
    let mut lines = Vec::new();
    sentence(&mut lines, Label::Warning, WARNING, &look.show(message), look);
    lines
}

fn caution(word: &str, text: &str, look: &Look) -> Line {
    block(Label::Doubt, Label::Caution, word, ("***", "***"), text, look)
}
