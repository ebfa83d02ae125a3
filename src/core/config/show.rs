//! The settings in force, as data for `awsenv config show`.

use serde_json::{Map, Value, json};

use super::{Mode, OnExpiry, PickerProgram, Settings};
use crate::core::signals::Choice;

impl Settings {
    /// The settings in force. Rules are left out: they stand in the files as they are.
    pub fn to_json(&self) -> Value {
        let registry = self.registry();
        let classes: Map<String, Value> = registry
            .classes()
            .map(|(name, color)| {
                let mut class = json!({ "color": color.to_string() });
                show_signals(&mut class, &registry.signals_of_class(name));
                (name.to_owned(), class)
            })
            .collect();
        let accounts: Map<String, Value> = registry
            .entries()
            .map(|(id, _)| {
                let account = registry.account(id, None, None, None, None);
                let mut entry = json!({ "class": account.class, "protection": account.protection });
                if let Some(name) = account.name {
                    entry["name"] = name.into();
                }
                show_signals(&mut entry, &account.signals);
                (id.to_string(), entry)
            })
            .collect();
        let mut sync = json!({ "template": self.sync_template.to_string() });
        // TOML has no word for what is not set.
        if let Some(region) = &self.sync_region {
            sync["region"] = region.as_str().into();
        }
        json!({
            "use": {
                "mode": match self.mode { Mode::Keys => "keys", Mode::Profile => "profile" },
                "sso_profile_label": self.sso_profile_label,
            },
            "picker": {
                "program": match self.picker { PickerProgram::Builtin => "builtin", PickerProgram::Fzf => "fzf" },
            },
            "prompt": {
                "on_expiry": match self.on_expiry { OnExpiry::Clear => "clear", OnExpiry::Keep => "keep" },
            },
            "network": {
                "deadline_seconds": self.deadline.as_secs_f64(),
                "name_seconds": self.name_deadline.as_secs_f64(),
            },
            "mfa": { "method": self.mfa.as_str() },
            "sessions": { "cache": self.sessions.as_str() },
            "sync": sync,
            "classes": classes,
            "accounts": accounts,
        })
    }
}

fn show_signals(table: &mut Value, choice: &Choice) {
    if !choice.signals.is_empty() {
        table["signals"] = choice.signals.iter().map(|signal| signal.name()).collect();
    }
    if let Some(background) = choice.background {
        table["background"] = background.to_string().into();
    }
}
