//! The banner of a verified account.

use jiff::Timestamp;

use super::{
    panel::{NARROW, Panel},
    words::{ago, class_word, frame, is_unknown, protection, state},
};
use crate::core::{
    context::{Context, Fact},
    identity::{Partition, Principal},
    sanitize::{FIELD_WIDTH, limit, looks_like_alias, show, show_alias},
    style::{Label, Line, Look},
};

/// The columns that a class of the user's own may take in the block.
const CLASS_MAX: usize = 20;

/// From this width on the account ID fits into every block whole, and stands there where there is no name.
const ID_IN_BLOCK: usize = 44;

/// The banner: a filled block with class and name, the fields, the warnings. One line where there is no room for more.
pub fn banner(context: &Context, now: Timestamp, look: &Look) -> Vec<Line> {
    if look.width < NARROW {
        return vec![narrow(context, now, look)];
    }
    let mut panel = head(context, look);
    facts(&mut panel, context, now, look);
    who(&mut panel, &context.verified.identity.principal, look);
    if let Some(at) = context.verified.before {
        panel.field("verified", &format!("{}, of these very credentials; nothing was asked now", ago(at, now)));
    }
    panel.request(&context.request, now);
    panel.field("protection", protection(context.account.protection, context.request.narrowed));
    for warning in warnings(context) {
        panel.warning(&warning);
    }
    if is_unknown(&context.account.class) {
        panel.warning("nothing in the settings says what this account is; tell awsenv:");
        panel.command(&format!("awsenv account set {} --class CLASS --name NAME", context.account_id()));
    }
    panel.into_lines()
}

/// The banner as one plain line: `PRODUCTION acme-prod 1111-2222-3333 Admin eu-west-1`.
pub fn one_line(context: &Context) -> String {
    line_of(context, |text| limit(&show(text), FIELD_WIDTH, true).into_owned())
}

fn line_of(context: &Context, show: impl Fn(&str) -> String) -> String {
    let class = show(&class_word(&context.account.class));
    let name = name(context).map(&show);
    let id = context.account_id().grouped();
    let principal = show(context.verified.identity.principal.short_name());
    let region = context.request.region.as_ref().map(|region| region.as_str().to_owned());
    [Some(class), name, Some(id), Some(principal), region].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn narrow(context: &Context, now: Timestamp, look: &Look) -> Line {
    let mut text = line_of(context, |text| look.show_field(text));
    if let Some(at) = context.verified.before {
        text.push_str(&format!(", verified {}", ago(at, now)));
    }
    match warnings(context).len() {
        0 => {}
        1 => text.push_str(", 1 warning"),
        many => text.push_str(&format!(", {many} warnings")),
    }
    let mark = if is_unknown(&context.account.class) { " ! " } else { "" };
    Line::default().with(Label::Caution, mark).with(block_label(context), text)
}

/// The best name there is. An alias that IAM cannot have given is none.
fn name(context: &Context) -> Option<&str> {
    let alias = context.verified.alias.text();
    context.display_name().filter(|name| Some(*name) != alias || looks_like_alias(name))
}

fn block_label(context: &Context) -> Label {
    if is_unknown(&context.account.class) { Label::Doubt } else { Label::Account(context.account.color) }
}

fn head<'a>(context: &Context, look: &'a Look) -> Panel<'a> {
    let class = context.account.class.as_str();
    let word = look.cut(&look.show(&class_word(class)), CLASS_MAX);
    let name = match name(context) {
        Some(name) => look.show_field(name),
        None if look.width >= ID_IN_BLOCK => context.account_id().grouped(),
        None => String::new(),
    };
    let label = block_label(context);
    let ends = if is_unknown(&context.account.class) { Label::Caution } else { label };
    Panel::new(look, (label, ends), &word, frame(class), &name)
}

fn facts(panel: &mut Panel<'_>, context: &Context, now: Timestamp, look: &Look) {
    let verified = &context.verified;
    panel.field_as(Label::Strong, "account", &context.account_id().grouped());
    panel.field("alias", &alias(&verified.alias, now));
    if let Some(name) = account_name(context, now, look) {
        panel.field("name", &name);
    }
    if verified.identity.partition != Partition::Aws {
        panel.field("partition", verified.identity.partition.name());
    }
}

/// The kind of principal in one word, and its name with what that word leaves out.
fn who(panel: &mut Panel<'_>, principal: &Principal, look: &Look) {
    let name = look.show_field(principal.short_name());
    let session = principal.session().map(|session| look.show_field(session)).unwrap_or_default();
    match principal {
        Principal::Root => panel.field_as(Label::Strong, "user", "root (the root user)"),
        Principal::User { .. } => panel.field("user", &name),
        Principal::FederatedUser { .. } => panel.field("user", &format!("{name} (federated)")),
        Principal::AssumedRole { .. } => panel.field("role", &format!("{name}, session {session}")),
        Principal::PermissionSet { .. } => {
            panel.field("role", &format!("{name} (permission set), session {session}"));
        }
    }
}

fn alias(alias: &Fact, now: Timestamp) -> String {
    match (alias.text(), state(alias, now)) {
        (Some(text), None) => show_alias(text).into_owned(),
        (Some(text), Some(state)) => format!("{} ({state})", show_alias(text)),
        (None, state) => state.unwrap_or_default(),
    }
}

/// AWS's own name of the account, where it is not the one in the block, or is an old one.
fn account_name(context: &Context, now: Timestamp, look: &Look) -> Option<String> {
    let fact = &context.verified.name;
    let text = fact.text()?;
    let state = state(fact, now);
    if context.display_name() == Some(text) && state.is_none() {
        return None;
    }
    Some(format!("{}{}", look.show_field(text), state.map(|state| format!(" ({state})")).unwrap_or_default()))
}

/// Raw sentences; whoever prints them makes them safe.
fn warnings(context: &Context) -> Vec<String> {
    let (account, request) = (&context.account, &context.request);
    let endpoint = context.verified.foreign_endpoint.as_ref();
    let endpoint = endpoint.map(|host| format!("the identity was confirmed by {host}, which is not an AWS endpoint"));
    let suggested = account.suggested_class.as_ref().map(|class| {
        format!("the name of the profile or role suggests {class}, but the account's class is {}", account.class)
    });
    let findings = request.findings.iter().map(ToString::to_string);
    endpoint.into_iter().chain(suggested).chain(findings).collect()
}
