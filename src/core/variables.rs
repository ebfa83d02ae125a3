//! Every environment variable that awsenv sets, clears or puts back, in one place (docs/cli.md, "What `use` exports").

use super::signals::OPT_SIGNALS;

/// Cleared by every switch, and by `off`, before anything is set: whatever chooses credentials, names an account or
/// profile, or made another tool's prompt say so.
pub const CLEARED: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "EC2_REGION",
    "AWS_CREDENTIAL_FILE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SESSION_EXPIRATION",
    "AWS_ACCOUNT_ID",
    "AWS_VAULT",
    "AWSUME_PROFILE",
    "AWSUME_EXPIRATION",
    "AWSU_PROFILE",
    "AWSU_EXPIRES",
    "AWS_SSO_PROFILE",
    "AWS_OKTA_PROFILE",
    "SAML2AWS_PROFILE",
    "GRANTED_SSO",
    "GRANTED_SSO_START_URL",
    "GRANTED_SSO_ROLE_NAME",
    "GRANTED_SSO_REGION",
    "GRANTED_SSO_ACCOUNT_ID",
];

/// Our own outputs. Never read back as settings.
pub const OURS: &[&str] = &[
    PROFILE,
    "AWSENV_ACCOUNT_ID",
    "AWSENV_ACCOUNT_ALIAS",
    "AWSENV_ACCOUNT_NAME",
    "AWSENV_CLASS",
    "AWSENV_COLOR",
    "AWSENV_ARN",
    "AWSENV_ROLE",
    REGION,
    "AWSENV_EXPIRES",
    "AWSENV_EXPIRES_EPOCH",
    "AWSENV_BANNER",
    CONTEXT,
    EXPIRED,
    "AWSENV_VERIFIED",
    SET,
    PREVIOUS,
];

/// Profile name, percent-encoded.
pub const PROFILE: &str = "AWSENV_PROFILE";
/// The region that `use` exported.
pub const REGION: &str = "AWSENV_REGION";
/// All that the prompt needs, secret-free, versioned (`core::carried`).
pub const CONTEXT: &str = "AWSENV_CONTEXT";
/// The former [`CONTEXT`], once a hook has cleared credentials that had ended.
pub const EXPIRED: &str = "AWSENV_EXPIRED";
/// What the prompt hooks set for prompts, and do not export.
pub const PROMPTS: &[&str] = &["AWSENV_PROMPT", "AWSENV_PROMPT_TEXT", "AWSENV_PROMPT_STATE"];
/// Names of the connection variables that the last `use` set, comma-separated: ours to clear.
pub const SET: &str = "AWSENV_SET";
/// What the shell held before the first `use`, for `off`.
pub const SAVED: &str = "AWSENV_SAVED";
/// The switch before this one, for `use -` (`core::asked`).
pub const PREVIOUS: &str = "AWSENV_PREVIOUS";
/// Names the settings file.
pub const CONFIG: &str = "AWSENV_CONFIG";
/// Names the socket of the vault's agent.
pub const AGENT: &str = "AWSENV_AGENT";

/// True for what the user sets to tell awsenv something; the other `AWSENV_…` are what awsenv says, and never read as settings.
pub fn is_setting(name: &str) -> bool {
    [CONFIG, AGENT].contains(&name) || name.starts_with("AWSENV_OPT_")
}

/// Switched on by a refusal, so that no SDK asks instance metadata for another account's credentials.
pub const METADATA_DISABLED: &str = "AWS_EC2_METADATA_DISABLED";

/// What the first `use` in a shell keeps in [`SAVED`]: of the cleared ones those that hold no secret, and the one that a
/// refusal switches on.
pub const KEPT: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "EC2_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    METADATA_DISABLED,
];

/// Variables that make some tool look elsewhere than at the exported keys, or another tool's prompt name another
/// account. A switch clears them all, so one that is set came later.
pub const LATER: &[&str] = &[
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_VAULT",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/// What a switch sets that decides a prompt's state.
const SWITCHED: &[&str] =
    &[CONTEXT, EXPIRED, PROFILE, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// What a prompt's hook watches: while there is none of it, there is nothing to say. It has all that decides the state.
pub fn held() -> impl Iterator<Item = &'static str> {
    SWITCHED.iter().chain(LATER).copied()
}

/// Of these, whose values no hook may look at.
pub const SECRET: &[&str] = &["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// What a hook watches besides: it changes what is said, but only where there is something to say.
pub const AROUND: &[&str] =
    &["AWS_ACCOUNT_ID", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_REGION", "AWS_DEFAULT_REGION", OPT_SIGNALS];

/// And what changes how it looks.
pub const LOOK: &[&str] = &["TERM", "COLORTERM", "NO_COLOR"];

/// True for a variable that says how to reach AWS, which a profile may set and a switch may therefore export.
pub fn is_connection(name: &str) -> bool {
    matches!(
        name,
        "AWS_ENDPOINT_URL"
            | "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
            | "AWS_USE_FIPS_ENDPOINT"
            | "AWS_USE_DUALSTACK_ENDPOINT"
            | "AWS_CA_BUNDLE"
    ) || name.strip_prefix("AWS_ENDPOINT_URL_").is_some_and(|service| {
        !service.is_empty()
            && service.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    })
}
