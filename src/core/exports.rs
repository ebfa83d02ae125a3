//! Context → environment: what a switch, a refusal and `off` change (docs/cli.md, "What `use` exports").

use super::{
    asked::Switch,
    banner,
    carried::Carried,
    config::{Mode, OnExpiry},
    context::{Context, Request, Unverified},
    credentials::{Credentials, REFUSED, REFUSED_KEY_ID, rfc3339},
    env_change::{EnvChange, Value},
    percent::{encode_label, encode_profile},
    user_env::UserEnv,
    variables::{CLEARED, CONTEXT, METADATA_DISABLED, OURS, PREVIOUS, PROFILE, REGION, SAVED, SET},
};

/// What a switch exports besides the context: choices of the user and of the profile.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Keys or profile.
    pub mode: Mode,
    /// Whether to set `AWS_SSO_PROFILE`, the label that prompts show and no SDK reads.
    pub sso_profile_label: bool,
    /// What the hook shall do when the credentials end.
    pub on_expiry: OnExpiry,
    /// Connection variables that the profile sets, so that tools call where the account was verified.
    pub connection: &'a [(String, String)],
    /// The switch before this one.
    pub previous: Option<&'a Switch>,
}

/// Makes the shell one of a verified account.
pub fn switch(context: &Context, credentials: &Credentials, options: Options<'_>, user: &UserEnv<'_>) -> EnvChange {
    let keys = options.mode == Mode::Keys;
    let identity = &context.verified.identity;
    let mut change = base(&context.request, credentials, options, user);
    if keys {
        change.set("AWS_ACCOUNT_ID", identity.account.as_str());
    }
    change.set("AWSENV_ACCOUNT_ID", identity.account.as_str());
    change.label("AWSENV_ACCOUNT_ALIAS", context.verified.alias.text());
    change.label("AWSENV_ACCOUNT_NAME", context.account.name.as_deref().or(context.verified.name.text()));
    change.set("AWSENV_CLASS", context.account.class.as_str());
    change.set("AWSENV_COLOR", context.account.color.to_string());
    change.label("AWSENV_ARN", Some(&identity.arn));
    change.label("AWSENV_ROLE", Some(identity.principal.short_name()));
    change.label("AWSENV_BANNER", Some(&banner::one_line(context)));
    change.set(CONTEXT, Carried::of(context, keys, options.on_expiry).encode());
    change.set("AWSENV_VERIFIED", "1");
    change
}

/// Makes the shell one of credentials that nobody verified: no account, alias, name, class or colour.
pub fn switch_unverified(
    unverified: &Unverified,
    credentials: &Credentials,
    options: Options<'_>,
    user: &UserEnv<'_>,
) -> EnvChange {
    let mut change = base(&unverified.request, credentials, options, user);
    change.set("AWSENV_BANNER", "UNVERIFIED");
    change.set(CONTEXT, Carried::of_unverified(unverified, options.mode == Mode::Keys, options.on_expiry).encode());
    change.set("AWSENV_VERIFIED", "0");
    change
}

/// Leaves the shell without any credentials that a tool could find, and says so by its status (promise P2). Unsetting
/// alone is not safe: SDKs fall through to `[default]`, containers and instance metadata.
pub fn refusal(status: u8, previous: Option<&Switch>, user: &UserEnv<'_>) -> EnvChange {
    let mut change = cleared(user);
    change.status = status;
    change.set("AWS_ACCESS_KEY_ID", REFUSED_KEY_ID);
    change.set("AWS_SECRET_ACCESS_KEY", REFUSED);
    change.set("AWS_PROFILE", REFUSED);
    change.set(METADATA_DISABLED, "true");
    change.saved(user.to_saved(&[]));
    change.previous(previous);
    change
}

/// A refusal that knows nothing of the shell, for `init`'s own copy. What an earlier `use` saved for `off` stays.
pub fn bare_refusal(status: u8) -> EnvChange {
    let nothing = |_: &str| None;
    let mut change = refusal(status, None, &UserEnv::new(&nothing));
    change.unset.retain(|name| ![SAVED, SET, PREVIOUS].contains(&name.as_str()));
    change
}

/// Takes everything of ours out, and puts back what the shell held before the first `use`.
///
/// In a shell that awsenv did not switch, nothing of the user's is touched.
pub fn off(user: &UserEnv<'_>) -> EnvChange {
    let mut change = if user.is_switched() {
        cleared(user)
    } else {
        EnvChange { unset: OURS.iter().map(|name| (*name).to_owned()).collect(), ..EnvChange::default() }
    };
    change.unset.push(SAVED.to_owned());
    for (name, value) in user.to_restore() {
        change.set(name, value);
    }
    change
}

fn base(request: &Request, credentials: &Credentials, options: Options<'_>, user: &UserEnv<'_>) -> EnvChange {
    let mut change = cleared(user);
    let ours: Vec<String> = options.connection.iter().map(|(name, _)| name.clone()).collect();
    match options.mode {
        Mode::Keys => {
            change.set("AWS_ACCESS_KEY_ID", credentials.access_key_id.as_str());
            change.set("AWS_SECRET_ACCESS_KEY", Value::Secret(credentials.secret_access_key.clone()));
            if let Some(token) = &credentials.session_token {
                change.set("AWS_SESSION_TOKEN", Value::Secret(token.clone()));
            }
            if let (true, Some(profile)) = (options.sso_profile_label, &request.profile) {
                change.set("AWS_SSO_PROFILE", encode_profile(profile));
            }
        }
        Mode::Profile => {
            if let Some(profile) = &request.profile {
                change.set("AWS_PROFILE", profile.as_str());
            }
        }
    }
    if let Some(region) = &request.region {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION", REGION] {
            change.set(name, region.as_str());
        }
    }
    // In profile mode the tools renew by themselves.
    if let (Mode::Keys, Some(expires)) = (options.mode, request.expires) {
        for name in ["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION", "AWSENV_EXPIRES"] {
            change.set(name, rfc3339(expires));
        }
        change.set("AWSENV_EXPIRES_EPOCH", expires.as_second().to_string());
    }
    for (name, value) in options.connection {
        change.set(name, value.as_str());
    }
    if !ours.is_empty() {
        change.set(SET, ours.join(","));
    }
    change.saved(user.to_saved(&ours));
    if let Some(profile) = &request.profile {
        change.set(PROFILE, encode_profile(profile));
    }
    change.previous(options.previous);
    change
}

/// Everything that a switch can have set, and everything that must not survive one.
fn cleared(user: &UserEnv<'_>) -> EnvChange {
    let mut unset: Vec<String> = CLEARED.iter().chain(OURS).map(|name| (*name).to_owned()).collect();
    unset.extend(user.set_by_us().iter().cloned());
    let mut change = EnvChange { unset, ..EnvChange::default() };
    // What the last `use` laid over the user's own connection, and a refusal's switch, go back to what they were.
    for name in user.set_by_us().iter().map(String::as_str).chain(user.is_refused().then_some(METADATA_DISABLED)) {
        match user.var(name) {
            Some(value) => change.set(name, value),
            None => change.unset.push(name.to_owned()),
        }
    }
    change
}

impl EnvChange {
    /// Sets a variable; the last value set for a name is the one that stays.
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.set.retain(|(set, _)| set != name);
        self.set.push((name.to_owned(), value.into()));
    }

    /// Sets a label, encoded so that no shell and no terminal finds anything in it to act on.
    fn label(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.set(name, encode_label(text));
        }
    }

    fn previous(&mut self, switch: Option<&Switch>) {
        if let Some(switch) = switch {
            self.set(PREVIOUS, switch.encode());
        }
    }

    fn saved(&mut self, text: String) {
        if text.is_empty() {
            self.unset.push(SAVED.to_owned());
        } else {
            self.set(SAVED, text);
        }
    }
}
