//! The settings: defaults ← file ← environment. Flags are laid over them by each command.
//!
//! `config.example.toml` is the default itself, compiled in, so the example cannot differ from what holds. Every key is
//! known: a misspelt one would silently leave an account unprotected, so it is an error with a suggestion.

mod error;
mod raw;
mod show;
#[cfg(test)]
mod tests;

use std::{path::Path, time::Duration};

use serde::Deserialize;
use toml::Spanned;

pub use self::error::{ConfigError, Place};
use self::{
    error::{Source, did_you_mean, nearest},
    raw::{File, RuleEntry},
};
use super::{
    mfa::MfaMethod,
    profile::plan::Pin,
    region::Region,
    registry::{Class, Entry, Registry, Rule},
    signals::{Choice, Signal},
    sync::{BadTemplate, Template},
};

/// The defaults, commented.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Overrides `[use] mode`.
pub const OPT_MODE: &str = "AWSENV_OPT_MODE";
/// Overrides `[use] sso_profile_label`.
pub const OPT_SSO_PROFILE_LABEL: &str = "AWSENV_OPT_SSO_PROFILE_LABEL";
/// Overrides `[prompt] on_expiry`.
pub const OPT_ON_EXPIRY: &str = "AWSENV_OPT_ON_EXPIRY";
/// Overrides `[network] deadline_seconds`.
pub const OPT_DEADLINE_SECONDS: &str = "AWSENV_OPT_DEADLINE_SECONDS";
/// Overrides `[network] name_seconds`.
pub const OPT_NAME_SECONDS: &str = "AWSENV_OPT_NAME_SECONDS";

/// Overrides `[picker] program`.
pub const OPT_PICKER: &str = "AWSENV_OPT_PICKER";

/// The longest deadline, in seconds: ten minutes.
const LONGEST: f64 = 600.0;

/// What `use` exports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The credentials that were verified.
    #[default]
    Keys,
    /// AWS_PROFILE and the regions; every tool resolves the profile itself.
    Profile,
}

/// What `use` without a name has a profile picked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PickerProgram {
    /// awsenv's own picker.
    #[default]
    Builtin,
    /// fzf, from the PATH.
    Fzf,
}

/// Where sessions are kept between runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionCache {
    /// Nowhere.
    Off,
    /// With the vault's agent, while the vault is unlocked.
    #[default]
    Agent,
    /// In private files, as they are.
    File,
}

impl SessionCache {
    /// As the settings have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Agent => "agent",
            Self::File => "file",
        }
    }
}

/// What the prompt hook does with credentials that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum OnExpiry {
    /// Takes them out of the shell, as a refused switch does, so that no tool falls back to others.
    #[default]
    Clear,
    /// Leaves them, and says that they have ended.
    Keep,
}

/// The settings, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What `use` exports.
    pub mode: Mode,
    /// Whether `use` sets AWS_SSO_PROFILE as a label.
    pub sso_profile_label: bool,
    /// What becomes of credentials that have ended.
    pub on_expiry: OnExpiry,
    /// Time for all of AWS's answers together.
    pub deadline: Duration,
    /// Of that, how long a banner waits for alias and name.
    pub name_deadline: Duration,
    /// What `use` without a name has a profile picked with.
    pub picker: PickerProgram,
    /// Where MFA codes go.
    pub mfa: MfaMethod,
    /// Where sessions are kept between runs.
    pub sessions: SessionCache,
    /// What `sync` calls the profiles that it writes.
    pub sync_template: Template,
    /// Region of these profiles, if they shall have one.
    pub sync_region: Option<Region>,
    /// What is doubtful in the file: one line each, with file and line.
    pub warnings: Vec<String>,
    registry: Registry,
}

impl Settings {
    /// The defaults with the user's file, given by name and text, laid over them.
    pub fn load(user: Option<(&Path, &str)>) -> Result<Self, ConfigError> {
        let defaults = Source { file: Path::new("config.example.toml"), text: EXAMPLE };
        let mut settings = Self {
            mode: Mode::Keys,
            sso_profile_label: true,
            on_expiry: OnExpiry::Clear,
            deadline: Duration::from_secs(8),
            name_deadline: Duration::from_millis(1500),
            picker: PickerProgram::Builtin,
            mfa: MfaMethod::Role,
            sessions: SessionCache::Agent,
            sync_template: Template::default(),
            sync_region: None,
            warnings: Vec::new(),
            registry: Registry::default(),
        };
        let user = user.map(|(file, text)| Source { file, text });
        let user_file = user.map(|source| Ok::<_, ConfigError>((source, parse(source)?))).transpose()?;
        let without_rules = user_file.as_ref().is_some_and(|(_, file)| file.default_rules == Some(false));

        let mut file = parse(defaults)?;
        let default_rules = if without_rules { Vec::new() } else { std::mem::take(&mut file.rules) };
        file.rules = Vec::new();
        settings.lay_over(defaults, file)?;
        if let Some((source, file)) = user_file {
            settings.lay_over(source, file)?;
        }
        settings.add_rules(defaults, default_rules)?;
        Ok(settings)
    }

    /// Lays `AWSENV_OPT_*` over the settings. The function gives a variable's value; an empty one counts as unset.
    pub fn with_env(mut self, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name| env(name).filter(|value| !value.is_empty());
        if let Some(value) = get(OPT_MODE) {
            self.mode = clap::ValueEnum::from_str(&value, false)
                .map_err(|_| env_error(OPT_MODE, format!("expected keys or profile, not `{value}`")))?;
        }
        if let Some(value) = get(OPT_SSO_PROFILE_LABEL) {
            self.sso_profile_label = value
                .parse()
                .map_err(|_| env_error(OPT_SSO_PROFILE_LABEL, format!("expected true or false, not `{value}`")))?;
        }
        if let Some(value) = get(OPT_PICKER) {
            self.picker = clap::ValueEnum::from_str(&value, false)
                .map_err(|_| env_error(OPT_PICKER, format!("expected builtin or fzf, not `{value}`")))?;
        }
        if let Some(value) = get(OPT_ON_EXPIRY) {
            self.on_expiry = clap::ValueEnum::from_str(&value, false)
                .map_err(|_| env_error(OPT_ON_EXPIRY, format!("expected clear or keep, not `{value}`")))?;
        }
        for (name, target) in [(OPT_DEADLINE_SECONDS, &mut self.deadline), (OPT_NAME_SECONDS, &mut self.name_deadline)]
        {
            if let Some(value) = get(name) {
                let number = value.parse().map_err(|_| env_error(name, format!("expected seconds, not `{value}`")))?;
                *target = seconds(number).map_err(|message| env_error(name, message))?;
            }
        }
        Ok(self)
    }

    /// The registry of accounts.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    fn lay_over(&mut self, source: Source<'_>, file: File) -> Result<(), ConfigError> {
        self.mode = file.use_.mode.unwrap_or(self.mode);
        self.sso_profile_label = file.use_.sso_profile_label.unwrap_or(self.sso_profile_label);
        self.picker = file.picker.program.unwrap_or(self.picker);
        self.mfa = file.mfa.method.unwrap_or(self.mfa);
        self.sessions = file.sessions.cache.unwrap_or(self.sessions);
        self.on_expiry = file.prompt.on_expiry.unwrap_or(self.on_expiry);
        for (key, value, target) in [
            ("network.deadline_seconds", file.network.deadline_seconds, &mut self.deadline),
            ("network.name_seconds", file.network.name_seconds, &mut self.name_deadline),
        ] {
            if let Some(value) = value {
                *target = seconds(*value.get_ref()).map_err(|message| source.error(&value.span(), key, message))?;
            }
        }
        if let Some(template) = file.sync.template {
            let parsed = template.get_ref().parse();
            self.sync_template =
                parsed.map_err(|bad: BadTemplate| source.error(&template.span(), "sync.template", bad.to_string()))?;
        }
        if let Some(region) = file.sync.region {
            let parsed = Region::parse(region.get_ref());
            self.sync_region =
                Some(parsed.map_err(|bad| source.error(&region.span(), "sync.region", bad.to_string()))?);
        }
        for (name, class) in file.classes {
            if !is_class_name(name.get_ref()) {
                let key = format!("classes.{}", name.get_ref());
                return Err(source.error(&name.span(), key, "the name of a class is of the form [a-z][a-z0-9-]*"));
            }
            self.add_class(source, name, class)?;
        }
        for (raw::Digits(id), entry) in file.accounts {
            let class = self.class(source, &format!("accounts.{id}.class"), entry.class)?;
            let entry = Entry {
                name: entry.name,
                class,
                color: entry.color,
                signals: entry.signals,
                background: entry.background,
                protection: entry.protection,
            };
            self.registry.entries.insert(id, entry);
        }
        for (profile, entry) in file.profiles {
            if let Some(account) = entry.account {
                let because = format!("profiles.{profile}.account in {}", source.place(account.span().start));
                self.registry.pins.insert(profile, Pin { account: account.into_inner().0, because, explicit: true });
            }
        }
        self.add_rules(source, file.rules)
    }

    /// Lays a class over the one of this name, if there is one.
    fn add_class(&mut self, source: Source<'_>, name: Spanned<String>, class: raw::Class) -> Result<(), ConfigError> {
        let key = format!("classes.{}", name.get_ref());
        let old = self.registry.classes.get(name.get_ref());
        let Some(color) = class.color.or(old.map(|old| old.color)) else {
            return Err(source.error(&name.span(), key, "missing field `color`"));
        };
        // A background belongs to the colour that it was chosen with.
        let of_old = old.filter(|_| class.color.is_none()).and_then(|old| old.signals.background);
        let background = class.background.or(of_old);
        let signals = class.signals.or(old.map(|old| old.signals.signals.clone())).unwrap_or_default();
        if class.background.is_some() && !signals.contains(&Signal::Background) {
            let place = source.place(name.span().start);
            self.warnings.push(format!("{place}: {key}: `background` shows only with \"background\" in `signals`"));
        }
        let class = Class { color, signals: Choice { signals, background } };
        self.registry.classes.insert(name.into_inner(), class);
        Ok(())
    }

    fn add_rules(&mut self, source: Source<'_>, rules: Vec<Spanned<RuleEntry>>) -> Result<(), ConfigError> {
        for rule in rules {
            let span = rule.span();
            let RuleEntry { matches, class, protection } = rule.into_inner();
            let ou = matches.ou.map(|ou| {
                let place = source.place(ou.span().start);
                self.warnings
                    .push(format!("{place}: a rule on `ou` never matches: awsenv does not ask for the OU yet"));
                ou.into_inner()
            });
            if [&matches.alias, &matches.name, &matches.profile, &matches.role, &ou].into_iter().all(Option::is_none) {
                return Err(source.error(&span, "rules.match", "the rule does not say what it matches"));
            }
            if class.is_none() && protection.is_none() {
                return Err(source.error(&span, "rules", "the rule gives neither class nor protection"));
            }
            let rule = Rule {
                alias: matches.alias.unwrap_or_default(),
                name: matches.name.unwrap_or_default(),
                profile: matches.profile.unwrap_or_default(),
                role: matches.role.unwrap_or_default(),
                ou: ou.unwrap_or_default(),
                class: self.class(source, "rules.class", class)?,
                protection,
            };
            self.registry.rules.push(rule);
        }
        Ok(())
    }

    /// Checks that a class has been defined: with a misspelt one, a rule on `production` would no longer hold.
    fn class(
        &self,
        source: Source<'_>,
        key: &str,
        class: Option<Spanned<String>>,
    ) -> Result<Option<String>, ConfigError> {
        let Some(class) = class else { return Ok(None) };
        let (span, class) = (class.span(), class.into_inner());
        if self.registry.classes.contains_key(&class) {
            return Ok(Some(class));
        }
        let known = self.registry.classes.keys().map(String::as_str);
        let hint = nearest(&class, known)
            .map_or_else(|| format!("Define it with `[classes.{class}]` and a `color`."), did_you_mean);
        Err(ConfigError { hint: Some(hint), ..source.error(&span, key, format!("there is no class `{class}`")) })
    }
}

fn parse(source: Source<'_>) -> Result<File, ConfigError> {
    toml::from_str(source.text).map_err(|error| source.toml_error(error))
}

fn is_class_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

fn seconds(number: f64) -> Result<Duration, String> {
    if number > 0.0 && number <= LONGEST {
        Ok(Duration::from_secs_f64(number))
    } else {
        Err(format!("expected more than 0 and at most {LONGEST} seconds, not {number}"))
    }
}

fn env_error(name: &'static str, message: String) -> ConfigError {
    ConfigError { place: Place::Environment(name), key: None, message, hint: None }
}
