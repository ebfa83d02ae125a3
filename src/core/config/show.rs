//! The settings in force, as data for `awsenv config show`.

use serde_json::{Map, Value, json};

use super::{Mode, OnExpiry, Settings};

impl Settings {
    /// The settings in force. Rules are left out: they stand in the files as they are.
    pub fn to_json(&self) -> Value {
        let registry = self.registry();
        let classes: Map<String, Value> =
            registry.classes().map(|(name, color)| (name.to_owned(), json!({ "color": color.to_string() }))).collect();
        let accounts: Map<String, Value> = registry
            .entries()
            .map(|(id, _)| {
                let account = registry.account(id, None, None, None, None);
                let mut entry = json!({ "class": account.class, "protection": account.protection });
                if let Some(name) = account.name {
                    entry["name"] = name.into();
                }
                (id.to_string(), entry)
            })
            .collect();
        json!({
            "use": {
                "mode": match self.mode { Mode::Keys => "keys", Mode::Profile => "profile" },
                "sso_profile_label": self.sso_profile_label,
            },
            "prompt": {
                "on_expiry": match self.on_expiry { OnExpiry::Clear => "clear", OnExpiry::Keep => "keep" },
            },
            "network": {
                "deadline_seconds": self.deadline.as_secs_f64(),
                "name_seconds": self.name_deadline.as_secs_f64(),
            },
            "classes": classes,
            "accounts": accounts,
        })
    }
}
