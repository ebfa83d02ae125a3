//! What the prompt may say: from the environment and the clock, nothing else.
//!
//! The account shown is the one in `AWSENV_CONTEXT`, and only while the environment still holds the key that it was
//! verified for and nothing that would send a tool elsewhere (promise P3). Otherwise the prompt says what it knows:
//! MISMATCH, EXPIRED, UNVERIFIED or REFUSED.

use jiff::Timestamp;

use super::{
    carried::Carried,
    credentials::{REFUSED, REFUSED_KEY_ID},
    service::Service,
    url::Url,
    user_env::Lookup,
    variables::{CONTEXT, EXPIRED, LATER, PROFILE},
};

/// What the environment amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing of AWS in the environment: nothing to say.
    Nothing,
    /// The account is the one that tools use.
    Verified(Carried),
    /// Credentials that awsenv exported and nobody verified, or that another tool put there.
    Unverified(Carried),
    /// The environment is no longer the one that was verified; the text says what differs.
    Mismatch(Carried, String),
    /// The credentials have ended.
    Expired(Carried),
    /// They have ended, and the hook has taken them out of the shell.
    Cleared(Carried),
    /// A refused switch left the shell without credentials.
    Refused,
}

/// Reads the state of the environment.
pub fn state(env: Lookup<'_>, now: Timestamp) -> State {
    let key = env("AWS_ACCESS_KEY_ID");
    if key.as_deref() == Some(REFUSED_KEY_ID) {
        return match env("AWS_PROFILE").as_deref() {
            Some(REFUSED) => match env(EXPIRED).and_then(|text| Carried::decode(&text)) {
                Some(carried) => State::Cleared(carried),
                None => State::Refused,
            },
            _ => State::Mismatch(Carried::default(), "AWS_PROFILE was changed after a refused switch".to_owned()),
        };
    }
    let Some(text) = env(CONTEXT) else {
        return match key.or_else(|| LATER.iter().find_map(|name| env(name))) {
            Some(_) => {
                let profile = env("AWS_PROFILE").or_else(|| env("AWS_DEFAULT_PROFILE"));
                State::Unverified(Carried { profile, ..Carried::default() })
            }
            // Only our own label left, without the context that it belongs to: somebody removed half of it.
            None if env(PROFILE).is_some() => State::Unverified(Carried::default()),
            None => State::Nothing,
        };
    };
    let Some(mut carried) = Carried::decode(&text) else {
        return State::Mismatch(Carried::default(), "AWSENV_CONTEXT cannot be read".to_owned());
    };
    // The region is the user's to change; what is shown is what tools use.
    carried.region = env("AWS_REGION").or_else(|| env("AWS_DEFAULT_REGION"));
    if let Some(difference) = difference(env, &carried, key.as_deref()) {
        return State::Mismatch(carried, difference);
    }
    if carried.expires.is_some_and(|end| end <= now.as_second()) {
        return State::Expired(carried);
    }
    // In profile mode each tool resolves the profile anew, from files that may have changed: that cannot be known here.
    match (&carried.account, &carried.key) {
        (Some(_), Some(_)) => State::Verified(carried),
        _ => State::Unverified(carried),
    }
}

/// What in the environment is no longer as it was when the account was verified.
fn difference(env: Lookup<'_>, carried: &Carried, key: Option<&str>) -> Option<String> {
    match (&carried.key, key) {
        (Some(verified), Some(now)) if verified != now => {
            return Some(format!("AWS_ACCESS_KEY_ID was replaced{}", ending(now)));
        }
        (Some(_), None) => return Some("AWS_ACCESS_KEY_ID was removed".to_owned()),
        (None, Some(now)) => return Some(format!("AWS_ACCESS_KEY_ID was set{}", ending(now))),
        _ => {}
    }
    let profile_mode = carried.key.is_none();
    // Half a set of keys is none: some SDKs then go on to `[default]` or to instance metadata.
    let needed = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let is_session = carried.key.as_ref().is_some_and(|key| key.starts_with("ASIA"));
    let needed = needed.iter().take(usize::from(!profile_mode) + usize::from(is_session));
    if let Some(name) = needed.into_iter().find(|name| env(name).is_none()) {
        return Some(format!("{name} was removed"));
    }
    if profile_mode && env("AWS_PROFILE") != carried.profile {
        return Some("AWS_PROFILE was changed".to_owned());
    }
    if let Some(account) = env("AWS_ACCOUNT_ID").filter(|account| Some(account) != carried.account.as_ref()) {
        return Some(format!("AWS_ACCOUNT_ID is {account}"));
    }
    let url = env("AWS_ENDPOINT_URL_STS").or_else(|| env("AWS_ENDPOINT_URL"));
    if url.as_deref().and_then(foreign_host) != carried.endpoint {
        return Some("AWS_ENDPOINT_URL was changed".to_owned());
    }
    let later = LATER.iter().find(|name| env(name).is_some() && !(profile_mode && **name == "AWS_PROFILE"));
    later.map(|name| format!("{name} is set"))
}

/// What a key ID ends in, so that its owner knows it again: ` (****ABCD)`. Of what is no key ID, nothing.
fn ending(key: &str) -> String {
    let is_id =
        (16..=32).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id { format!(" (****{})", &key[key.len() - 4..]) } else { String::new() }
}

/// The host of an STS endpoint that is not AWS's own; of what is no URL, the text itself.
fn foreign_host(text: &str) -> Option<String> {
    match Url::parse(text) {
        Ok(url) => (!Service::Sts.is_at(url.host())).then(|| url.host_and_port()),
        Err(_) => Some(text.to_owned()),
    }
}

/// Time left, short: `59m`, `1h05`, `3d`. Nothing where the credentials do not end.
pub fn time_left(carried: &Carried, now: Timestamp) -> Option<String> {
    let seconds = carried.expires? - now.as_second();
    let minutes = seconds.max(0) / 60;
    Some(match minutes {
        0 => format!("{}s", seconds.max(0)),
        1..60 => format!("{minutes}m"),
        60..2880 => format!("{}h{:02}", minutes / 60, minutes % 60),
        _ => format!("{}d", minutes / 1440),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ASIAIOSFODNN7EXAMPLE";

    fn carried() -> Carried {
        Carried {
            key: Some(KEY.into()),
            profile: Some("staging".into()),
            account: Some("111122223333".into()),
            expires: Some(1_000),
            ..Carried::default()
        }
    }

    fn check(change: &[(&str, &str)], now: i64, expect: State) {
        let context = carried().encode();
        let mut env = vec![
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWSENV_CONTEXT", context.as_str()),
        ];
        for pair in change {
            env.retain(|(name, _)| *name != pair.0);
            if !pair.1.is_empty() {
                env.push(*pair);
            }
        }
        let lookup = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(state(&lookup, Timestamp::from_second(now).unwrap()), expect, "{change:?}");
    }

    #[test]
    fn p3_the_account_shows_only_while_its_key_is_there() {
        check(&[], 999, State::Verified(carried()));
        check(&[], 1_000, State::Expired(carried()));
        let mismatch = |text: &str| State::Mismatch(carried(), text.to_owned());
        check(
            &[("AWS_ACCESS_KEY_ID", "AKIAOTHEROTHEROTHER0")],
            0,
            mismatch("AWS_ACCESS_KEY_ID was replaced (****HER0)"),
        );
        check(&[("AWS_ACCESS_KEY_ID", "se/cr+et")], 0, mismatch("AWS_ACCESS_KEY_ID was replaced"));
        check(&[("AWS_ACCESS_KEY_ID", "")], 0, mismatch("AWS_ACCESS_KEY_ID was removed"));
        check(&[("AWS_SECRET_ACCESS_KEY", "")], 0, mismatch("AWS_SECRET_ACCESS_KEY was removed"));
        check(&[("AWS_SESSION_TOKEN", "")], 0, mismatch("AWS_SESSION_TOKEN was removed"));
        check(&[("AWS_PROFILE", "prod")], 0, mismatch("AWS_PROFILE is set"));
        check(&[("AWS_DEFAULT_PROFILE", "prod")], 0, mismatch("AWS_DEFAULT_PROFILE is set"));
        check(&[("AWS_VAULT", "prod")], 0, mismatch("AWS_VAULT is set"));
        check(&[("AWS_ACCOUNT_ID", "999999999999")], 0, mismatch("AWS_ACCOUNT_ID is 999999999999"));
        check(&[("AWS_ACCESS_KEY_ID", REFUSED_KEY_ID), ("AWS_PROFILE", REFUSED)], 0, State::Refused);
        check(
            &[("AWS_ACCESS_KEY_ID", REFUSED_KEY_ID), ("AWS_PROFILE", "prod")],
            0,
            State::Mismatch(Carried::default(), "AWS_PROFILE was changed after a refused switch".into()),
        );
        check(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1/x")], 0, mismatch("AWS_ENDPOINT_URL was changed"));
        check(&[("AWS_ENDPOINT_URL", "https://sts.eu-west-1.amazonaws.com")], 0, State::Verified(carried()));
        check(
            &[("AWSENV_CONTEXT", "x")],
            0,
            State::Mismatch(Carried::default(), "AWSENV_CONTEXT cannot be read".into()),
        );
    }

    #[test]
    fn p3_what_a_hook_cleared_is_expired_as_long_as_nothing_else_came() {
        let context = carried().encode();
        let cleared = [
            ("AWS_ACCESS_KEY_ID", REFUSED_KEY_ID),
            ("AWS_PROFILE", REFUSED),
            ("AWSENV_CONTEXT", ""),
            ("AWSENV_EXPIRED", context.as_str()),
        ];
        check(&cleared, 2_000, State::Cleared(carried()));
        let damaged = [&cleared[..3], &[("AWSENV_EXPIRED", "1,account")]].concat();
        check(&damaged, 2_000, State::Refused);
        let other = [&cleared[1..], &[("AWS_ACCESS_KEY_ID", "AKIAOTHEROTHEROTHER0")]].concat();
        check(&other, 2_000, State::Unverified(Carried { profile: Some(REFUSED.into()), ..Carried::default() }));
    }

    #[test]
    fn p3_the_region_shown_is_the_one_in_force() {
        let moved = Carried { region: Some("us-west-2".into()), ..carried() };
        check(&[("AWS_REGION", "us-west-2")], 0, State::Verified(moved));
    }

    #[test]
    fn p3_credentials_of_others_are_unverified() {
        check(&[("AWSENV_CONTEXT", "")], 0, State::Unverified(Carried::default()));
        check(
            &[("AWSENV_CONTEXT", ""), ("AWS_PROFILE", "p")],
            0,
            State::Unverified(Carried { profile: Some("p".into()), ..Carried::default() }),
        );
        check(&[("AWSENV_CONTEXT", ""), ("AWS_ACCESS_KEY_ID", "")], 0, State::Nothing);
    }

    #[test]
    fn p3_a_hook_watches_all_that_decides_the_state() {
        use crate::core::variables::{AROUND, held};
        let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let contexts = [carried().encode(), Carried { key: None, ..carried() }.encode(), String::new()];
        let keys = [KEY, "", REFUSED_KEY_ID];
        for (context, key) in contexts.iter().flat_map(|context| keys.map(|key| (context.as_str(), key))) {
            let lookup = |name: &str| {
                asked.borrow_mut().insert(name.to_owned());
                let value = match name {
                    CONTEXT => context,
                    "AWS_ACCESS_KEY_ID" => key,
                    "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => "x",
                    "AWS_PROFILE" if key == REFUSED_KEY_ID => REFUSED,
                    "AWS_PROFILE" if key.is_empty() => "staging",
                    _ => "",
                };
                Some(value.to_owned()).filter(|value| !value.is_empty())
            };
            state(&lookup, Timestamp::UNIX_EPOCH);
        }
        let asked = asked.into_inner();
        assert!(asked.len() > 12, "{asked:?}");
        let watched = |name: &&String| held().any(|held| held == name.as_str()) || AROUND.contains(&name.as_str());
        assert_eq!(asked.iter().find(|name| !watched(name)), None);
    }

    #[test]
    fn time_left_is_short() {
        let left = |seconds| {
            let carried = Carried { expires: Some(seconds), ..Carried::default() };
            time_left(&carried, Timestamp::UNIX_EPOCH)
        };
        assert_eq!(left(59).as_deref(), Some("59s"));
        assert_eq!(left(3_599).as_deref(), Some("59m"));
        assert_eq!(left(3_900).as_deref(), Some("1h05"));
        assert_eq!(left(3 * 86_400).as_deref(), Some("3d"));
        assert_eq!(left(-5).as_deref(), Some("0s"));
    }
}
