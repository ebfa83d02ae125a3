//! Which credentials every SDK would use in an environment, with no profile named on the command line.

use super::{error::PlanError, plan::Plan};
use crate::{
    core::{
        carried::Carried,
        credentials::{REFUSED, REFUSED_KEY_ID},
        identity::grouped,
        variables::EXPIRED,
    },
    error::{Kind, Known},
};

/// Where the credentials come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmbientSource {
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    EnvironmentKeys,
    /// A profile, named by a variable or `default`.
    Profile(Box<Plan>),
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`.
    WebIdentity {
        /// `AWS_ROLE_ARN`.
        role_arn: String,
        /// `AWS_WEB_IDENTITY_TOKEN_FILE`.
        token_file: String,
        /// `AWS_ROLE_SESSION_NAME`.
        session_name: Option<String>,
    },
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `_FULL_URI`.
    Container,
    /// Instance metadata, when nothing else is there and it is not disabled.
    InstanceMetadata,
}

/// The source that wins, and what it hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambient {
    /// The source.
    pub source: AmbientSource,
    /// Names it: `AWS_ACCESS_KEY_ID in the environment`.
    pub winner: String,
    /// What else is set and is not used.
    pub shadowed: Vec<String>,
}

/// Why an environment has no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmbientError {
    /// The shell holds what a refused switch left.
    #[error("a refused switch left this shell without credentials")]
    Refused,
    /// The shell's hook has taken credentials out that had ended.
    #[error("this shell's credentials{of} have ended")]
    Ended {
        /// ` of account 1111-2222-3333`, where they were verified.
        of: String,
    },
    /// Half a key pair.
    #[error("{0} is set, but {1} is not")]
    HalfKeys(&'static str, &'static str),
    /// A web identity token without a role.
    #[error("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not")]
    NoRole,
    /// The profile that a variable names, or `default`, cannot be used.
    #[error("{from}: {error}")]
    Profile {
        /// Names it and what names it.
        from: String,
        /// Why.
        #[source]
        error: PlanError,
    },
    /// Nothing is set, and instance metadata is disabled.
    #[error("nothing in this environment says where credentials come from")]
    Nothing,
}

impl Known for AmbientError {
    fn kind(&self) -> Kind {
        match self {
            Self::Refused | Self::Ended { .. } | Self::Nothing => Kind::Credentials,
            Self::HalfKeys(..) | Self::NoRole => Kind::Usage,
            Self::Profile { error, .. } => error.kind(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Refused => vec!["Switch with `awsenv use PROFILE`, or clear the shell with `awsenv off`.".to_owned()],
            Self::Ended { .. } => vec!["`awsenv renew` gets new ones; `awsenv off` clears the shell.".to_owned()],
            Self::Nothing => vec!["Name a profile; `awsenv list` shows them.".to_owned()],
            Self::Profile { error, .. } => error.hints(),
            Self::HalfKeys(..) | Self::NoRole => Vec::new(),
        }
    }
}

const CONTAINER: [&str; 2] = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/// Finds the source that wins, in the AWS CLI's order. `env` gives a variable (an empty one is unset), `plan` what the
/// files say about a profile; instance metadata is named and never asked.
pub fn ambient(
    env: &dyn Fn(&str) -> Option<String>,
    plan: &dyn Fn(&str) -> Result<Plan, PlanError>,
) -> Result<Ambient, AmbientError> {
    if env("AWS_ACCESS_KEY_ID").as_deref() == Some(REFUSED_KEY_ID)
        || env("AWS_SECRET_ACCESS_KEY").as_deref() == Some(REFUSED)
        || env("AWS_PROFILE").as_deref() == Some(REFUSED)
    {
        return Err(refused(env));
    }
    let mut found = Vec::new();
    found.extend(keys(env)?);
    let mut unusable = None;
    let (mut role, mut own) = (None, None);
    match profile(env, plan) {
        Some((winner, Ok(plan))) => {
            // Assuming a role comes before web identity from the environment, a profile's other sources after it.
            let place = if plan.hops.is_empty() { &mut own } else { &mut role };
            *place = Some((winner, AmbientSource::Profile(Box::new(plan))));
        }
        // Behind keys, a profile that cannot be used is only named.
        Some((winner, Err(error))) if !found.is_empty() => unusable = Some(format!("{winner}, not usable: {error}")),
        Some((_, Err(error))) if error.code() == "no-credentials" && has_fallback(env) => {}
        Some((from, Err(error))) => return Err(AmbientError::Profile { from, error }),
        None => {}
    }
    found.extend(role);
    found.extend(web_identity(env, !found.is_empty())?);
    found.extend(own);
    if let Some(variable) = CONTAINER.into_iter().find(|name| env(name).is_some()) {
        found.push((format!("{variable} in the environment"), AmbientSource::Container));
    }
    if found.is_empty() && !env("AWS_EC2_METADATA_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        found.push(("instance metadata".to_owned(), AmbientSource::InstanceMetadata));
    }
    let mut found = found.into_iter();
    let (winner, source) = found.next().ok_or(AmbientError::Nothing)?;
    Ok(Ambient { source, winner, shadowed: unusable.into_iter().chain(found.map(|(text, _)| text)).collect() })
}

/// Why the shell holds what no tool can use: the same record tells it as for the prompt.
fn refused(env: &dyn Fn(&str) -> Option<String>) -> AmbientError {
    let Some(carried) = env(EXPIRED).and_then(|text| Carried::decode(&text)) else { return AmbientError::Refused };
    let of = carried.account.map(|account| format!(" of account {}", grouped(&account)));
    AmbientError::Ended { of: of.unwrap_or_default() }
}

type Found = (String, AmbientSource);

fn keys(env: &dyn Fn(&str) -> Option<String>) -> Result<Option<Found>, AmbientError> {
    match (env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY")) {
        (Some(_), Some(_)) => {
            Ok(Some(("AWS_ACCESS_KEY_ID in the environment".to_owned(), AmbientSource::EnvironmentKeys)))
        }
        (Some(_), None) => Err(AmbientError::HalfKeys("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
        // The AWS CLI ignores a secret by itself; some SDKs fail.
        (None, Some(_)) => Err(AmbientError::HalfKeys("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")),
        (None, None) => Ok(None),
    }
}

/// The profile that is in force, by name. One that a variable names and that cannot be used is an error, never passed
/// over; `[default]` may be missing or hold settings only.
fn profile(
    env: &dyn Fn(&str) -> Option<String>,
    plan: &dyn Fn(&str) -> Result<Plan, PlanError>,
) -> Option<(String, Result<Plan, PlanError>)> {
    for from in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        if let Some(name) = env(from) {
            return Some((format!("profile `{name}`, named by {from}"), plan(&name)));
        }
    }
    match plan("default") {
        Err(PlanError::Unknown { .. }) => None,
        Err(error) if error.code() == "no-credentials" => None,
        other => Some(("profile `default`".to_owned(), other)),
    }
}

fn has_fallback(env: &dyn Fn(&str) -> Option<String>) -> bool {
    env("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() || CONTAINER.into_iter().any(|name| env(name).is_some())
}

fn web_identity(env: &dyn Fn(&str) -> Option<String>, shadowed: bool) -> Result<Option<Found>, AmbientError> {
    let Some(token_file) = env("AWS_WEB_IDENTITY_TOKEN_FILE") else { return Ok(None) };
    match env("AWS_ROLE_ARN") {
        Some(role_arn) => {
            let session_name = env("AWS_ROLE_SESSION_NAME");
            let source = AmbientSource::WebIdentity { role_arn, token_file, session_name };
            Ok(Some(("AWS_WEB_IDENTITY_TOKEN_FILE in the environment".to_owned(), source)))
        }
        None if shadowed => Ok(None),
        None => Err(AmbientError::NoRole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::profile::set::tests::set_of;

    const FILES: &str = "[profile keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n\
        [profile role]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = keys\n[profile region]\nregion = eu-west-1\n";

    fn check(env: &[(&str, &str)], config: &str) -> Result<(String, Vec<String>), AmbientError> {
        let set = set_of(config.as_bytes(), b"");
        let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        ambient(&env, &|name| set.plan(name)).map(|ambient| (ambient.winner, ambient.shadowed))
    }

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "s")];
    const WEB: [(&str, &str); 2] =
        [("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/r")];
    const BOX: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");

    #[test]
    fn keys_win_over_everything() {
        let env = [KEYS[0], KEYS[1], WEB[0], WEB[1], BOX, ("AWS_PROFILE", "role")];
        let (winner, shadowed) = check(&env, FILES).unwrap();
        assert_eq!(winner, "AWS_ACCESS_KEY_ID in the environment");
        assert_eq!(
            shadowed,
            [
                "profile `role`, named by AWS_PROFILE",
                "AWS_WEB_IDENTITY_TOKEN_FILE in the environment",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI in the environment",
            ]
        );
        let (_, shadowed) = check(&[KEYS[0], KEYS[1], ("AWS_PROFILE", "typo")], FILES).unwrap();
        assert_eq!(shadowed, ["profile `typo`, named by AWS_PROFILE, not usable: there is no profile `typo`"]);
        assert_eq!(check(&KEYS[..1], FILES), Err(AmbientError::HalfKeys("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")));
    }

    #[test]
    fn a_profiles_role_comes_before_web_identity_and_its_keys_after_it() {
        let (winner, _) = check(&[WEB[0], WEB[1], ("AWS_PROFILE", "role")], FILES).unwrap();
        assert_eq!(winner, "profile `role`, named by AWS_PROFILE");
        let (winner, shadowed) = check(&[WEB[0], WEB[1], ("AWS_DEFAULT_PROFILE", "keys")], FILES).unwrap();
        assert_eq!(winner, "AWS_WEB_IDENTITY_TOKEN_FILE in the environment");
        assert_eq!(shadowed, ["profile `keys`, named by AWS_DEFAULT_PROFILE"]);
        assert_eq!(check(&WEB[..1], FILES), Err(AmbientError::NoRole));
    }

    #[test]
    fn p2_a_named_profile_is_never_passed_over() {
        let error = check(&[BOX, ("AWS_PROFILE", "typo")], FILES).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.to_string().starts_with("profile `typo`, named by AWS_PROFILE: there is no profile"), "{error}");
        let error = check(&[("AWS_PROFILE", "region")], FILES).unwrap_err();
        assert_eq!(error.kind(), Kind::Credentials);
        assert_eq!(check(&[BOX, ("AWS_PROFILE", "region")], FILES).unwrap().0, format!("{} in the environment", BOX.0));
    }

    #[test]
    fn p2_what_a_refusal_left_is_no_credentials() {
        for env in [
            [("AWS_ACCESS_KEY_ID", REFUSED_KEY_ID), ("AWS_SECRET_ACCESS_KEY", REFUSED)],
            [("AWS_PROFILE", REFUSED), BOX],
            [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", REFUSED)],
        ] {
            assert_eq!(check(&env, FILES), Err(AmbientError::Refused));
        }
    }

    #[test]
    fn the_default_profile_then_containers_then_instance_metadata() {
        assert_eq!(check(&[], "").unwrap().0, "instance metadata");
        assert_eq!(check(&[("AWS_EC2_METADATA_DISABLED", "TRUE")], ""), Err(AmbientError::Nothing));
        assert_eq!(
            check(&[BOX], "[default]\nregion = eu-west-1\n").unwrap().0,
            format!("{} in the environment", BOX.0)
        );
        let default = FILES.replacen("profile keys", "default", 1);
        let (winner, shadowed) = check(&[BOX], &default).unwrap();
        assert_eq!(winner, "profile `default`");
        assert_eq!(shadowed, [format!("{} in the environment", BOX.0)]);
        let error = check(&[BOX], "[default]\nrole_arn = x\n").unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
    }
}
