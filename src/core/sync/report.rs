//! What a sync changes, for people and for programs.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::{Changes, Named, Profile, Written};
use crate::core::{
    identity,
    sanitize::{disarm_line, show},
};

impl Changes {
    /// For people: a line for each profile, and the sum.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |content: &str| {
            text.push_str(&disarm_line(content));
            text.push('\n');
        };
        let widest = |column: fn(&Profile) -> &str| self.added.iter().map(|added| show(column(added)).width()).max();
        let (names, roles) = (widest(|added| &added.name).unwrap_or(0), widest(|added| &added.role).unwrap_or(0));
        for added in &self.added {
            let (name, role) = (pad(&added.name, names), pad(&added.role, roles));
            let account_name = show(&added.account_name);
            line(format!("+ {name}  {} {role}  {account_name}", added.account.grouped()).trim_end());
        }
        for changed in &self.changed {
            let values = changed.values.iter().map(|(key, from, to)| {
                let value = |value: &Option<String>| value.as_deref().map_or("nothing".into(), show).into_owned();
                format!("{key}: {} -> {}", value(from), value(to))
            });
            let another = if changed.moves() { "  ANOTHER ACCOUNT" } else { "" };
            line(&format!("~ {}  {}{another}", changed.name, values.collect::<Vec<_>>().join(", ")));
        }
        for written in &self.removed {
            line(&format!("- {}  {} {}", written.name, grouped(written), show(written.role())));
        }
        text
    }

    /// The sum, as one clause: of what is to be done, since it is shown before anything is.
    pub fn sum(&self) -> String {
        let Self { added, changed, removed, same, unreachable, .. } = self;
        let same = same + unreachable.len();
        format!("{} to add, {} to change, {} to remove, {same} as before", added.len(), changed.len(), removed.len())
    }

    /// For programs.
    pub fn json(&self, session: &str, file: &str, named: &Named) -> Value {
        let added = self.added.iter().map(|profile| {
            json!({
                "profile": profile.name,
                "account_id": profile.account.as_str(),
                "account_name": profile.account_name,
                "role": profile.role,
                "region": profile.region,
            })
        });
        let changed = self.changed.iter().map(|changed| {
            let values =
                changed.values.iter().map(|(key, from, to)| ((*key).to_owned(), json!({"from": from, "to": to})));
            json!({
                "profile": changed.name,
                "another_account": changed.moves(),
                "values": values.collect::<serde_json::Map<_, _>>(),
            })
        });
        let old = |written: &Written| json!({ "profile": written.name, "account_id": written.account(), "role": written.role() });
        let renamed = named.renamed.iter();
        let renamed = renamed.map(|one| json!({"profile": one.name, "wanted": one.wanted, "why": one.why.code()}));
        let left_out = named.left_out.iter().map(|left| {
            json!({
                "profile": left.name,
                "account_id": left.access.account.as_str(),
                "role": left.access.role,
                "why": left.why.code(),
            })
        });
        json!({
            "sso_session": session,
            "file": file,
            "added": added.collect::<Vec<_>>(),
            "changed": changed.collect::<Vec<_>>(),
            "removed": self.removed.iter().map(old).collect::<Vec<_>>(),
            "unreachable": self.unreachable.iter().map(old).collect::<Vec<_>>(),
            "same": self.same,
            "renamed": renamed.collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
        })
    }

    /// What is to be said besides.
    pub fn notes(&self, named: &Named) -> Vec<String> {
        let mut notes = Vec::new();
        for one in &named.renamed {
            notes.push(format!("{} is not called {}: {}", one.name, one.wanted, one.why.text()));
        }
        for left in &named.left_out {
            let role = format!("{} in {}", show(&left.access.role), left.access.account.grouped());
            notes.push(format!("no profile {} for {role}: {}", left.name, left.why.text()));
        }
        for written in &self.unreachable {
            notes.push(format!(
                "{} stays, although you can no longer reach {} in {}; `--prune` removes it",
                written.name,
                show(written.role()),
                grouped(written)
            ));
        }
        notes
    }
}

/// A text of this width at least.
fn pad(text: &str, width: usize) -> String {
    let text = show(text);
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

fn grouped(written: &Written) -> String {
    show(&identity::grouped(written.account())).into_owned()
}
