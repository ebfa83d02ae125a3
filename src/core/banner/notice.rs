//! What is shown where there is no verified account: unverified credentials, a switch that did not happen, an error.

use jiff::Timestamp;

use super::panel::{NARROW, Panel};
use crate::core::{
    context::Unverified,
    sanitize::{FIELD_WIDTH, limit, show},
    style::{Label, Line, Look},
};

/// The banner of credentials that nobody has confirmed. It names no account: there is none to name.
pub fn unverified_banner(unverified: &Unverified, now: Timestamp, look: &Look) -> Vec<Line> {
    let request = &unverified.request;
    if look.width < NARROW {
        let profile = request.profile.as_ref().map(|profile| format!(" profile {}", look.show_field(profile)));
        let text = format!("UNVERIFIED{}", profile.unwrap_or_default());
        return vec![Line::default().with(Label::Caution, " ! ").with(Label::Doubt, text)];
    }
    let mut panel = caution("UNVERIFIED", "account not confirmed", look);
    panel.field("account", "not confirmed by STS: it may be any");
    if let Some(profile) = &request.profile {
        panel.field("profile", &look.show_field(profile));
    }
    panel.request(request, now);
    for finding in &request.findings {
        panel.warning(&finding.to_string());
    }
    panel.into_lines()
}

/// The same as one plain line, for AWSENV_BANNER.
pub fn unverified_line(unverified: &Unverified) -> String {
    match &unverified.request.profile {
        Some(profile) => format!("UNVERIFIED profile {}", limit(&show(profile), FIELD_WIDTH, true)),
        None => "UNVERIFIED".to_owned(),
    }
}

/// What `use` says on a terminal, where nothing can be switched: what the shell still holds, and what to type instead,
/// as pairs of an occasion and a command.
pub fn not_switched(still_holds: &str, commands: &[(&str, &str)], look: &Look) -> Vec<Line> {
    let mut panel = caution("NOT SWITCHED", "this shell is as it was", look);
    panel.field_as(Label::Strong, "still holds", &look.show(still_holds));
    for (occasion, command) in commands {
        panel.note(&format!("{}:", look.show(occasion)));
        panel.command(&look.show(command));
    }
    panel.into_lines()
}

/// An error: heading and message, what led to it, and what to do. The texts are raw.
pub fn error_block(heading: &str, message: &str, causes: &[String], hints: &[String], look: &Look) -> Vec<Line> {
    let mut panel = Panel::bare(look);
    panel.sentence(Label::Error, &format!("{heading}:"), message);
    for cause in causes {
        panel.sentence(Label::Field, "  because:", cause);
    }
    for hint in hints {
        panel.sentence(Label::Strong, "  hint:", hint);
    }
    panel.into_lines()
}

/// One warning, from raw text.
pub fn warning(message: &str, look: &Look) -> Vec<Line> {
    let mut panel = Panel::bare(look);
    panel.warning(message);
    panel.into_lines()
}

fn caution<'a>(word: &str, text: &str, look: &'a Look) -> Panel<'a> {
    Panel::new(look, (Label::Doubt, Label::Caution), word, "***", text)
}
