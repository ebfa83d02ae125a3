//! What a switch was asked for with, so that `renew` and `use -` can ask for the same again.
//!
//! It travels in `AWSENV_CONTEXT` and, for the switch before, in `AWSENV_PREVIOUS`: the profile's name and then
//! `,name=value` for each field that is known, all percent-encoded.

use super::{
    carried::Carried,
    config::Mode,
    identity::AccountId,
    percent::{decode, encode_profile},
    region::Region,
    user_env::Lookup,
    variables::{CONTEXT, EXPIRED, PREVIOUS, PROFILE},
};

/// What was asked for besides the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `--role`.
    pub role: Option<String>,
    /// `--region`.
    pub region: Option<Region>,
    /// `--duration`, in seconds.
    pub duration: Option<i32>,
    /// Options for the role's session, which are not carried themselves.
    pub session: More,
}

/// Whether more was asked of the role's session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum More {
    /// Nothing.
    #[default]
    Nothing,
    /// A name, tags and the like.
    Something,
    /// Policies: without them the session could do more.
    Policies,
}

const SOMETHING: &str = "yes";
const POLICIES: &str = "policies";

impl Asked {
    /// As fields, those that say nothing without a value.
    pub fn fields(&self) -> [(&'static str, Option<String>); 4] {
        let session = match self.session {
            More::Nothing => None,
            More::Something => Some(SOMETHING.to_owned()),
            More::Policies => Some(POLICIES.to_owned()),
        };
        [
            ("asked-role", self.role.clone()),
            ("asked-region", self.region.as_ref().map(ToString::to_string)),
            ("asked-duration", self.duration.map(|seconds| seconds.to_string())),
            ("asked-session", session),
        ]
    }

    /// Takes a field back, and leaves others alone; `None` where it cannot be read.
    pub fn take(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "asked-role" => self.role = Some(value.to_owned()),
            "asked-region" => self.region = Some(Region::parse(value).ok()?),
            "asked-duration" => self.duration = Some(value.parse().ok()?),
            "asked-session" if value == POLICIES => self.session = More::Policies,
            "asked-session" => self.session = More::Something,
            _ => {}
        }
        Some(())
    }
}

/// A switch that can be asked for again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switch {
    /// The profile.
    pub profile: String,
    /// The account that was verified.
    pub account: Option<AccountId>,
    /// What was exported.
    pub mode: Option<Mode>,
    /// What was asked for besides.
    pub asked: Asked,
}

impl Switch {
    /// The one that a shell is in, or was in until its credentials ended.
    pub fn current(env: Lookup<'_>) -> Option<Self> {
        let carried = |name: &str| Carried::decode(&env(name)?);
        let profile = match env(PROFILE) {
            Some(name) => decode(&name)?,
            None => carried(EXPIRED)?.profile?,
        };
        let of_it = |carried: &Carried| carried.profile.as_ref() == Some(&profile);
        let Some(carried) = [CONTEXT, EXPIRED].into_iter().find_map(carried).filter(of_it) else {
            return Some(Self { profile, ..Self::default() });
        };
        Some(Self {
            profile,
            account: carried.account.and_then(|account| AccountId::parse(&account).ok()),
            mode: Some(if carried.key.is_some() { Mode::Keys } else { Mode::Profile }),
            asked: carried.asked,
        })
    }

    /// The one before it.
    pub fn before(env: Lookup<'_>) -> Option<Self> {
        Self::decode(&env(PREVIOUS)?)
    }

    /// The text for `AWSENV_PREVIOUS`.
    pub fn encode(&self) -> String {
        let mode = self.mode.map(|mode| if mode == Mode::Keys { "keys" } else { "profile" }.to_owned());
        let fields = [("account", self.account.as_ref().map(ToString::to_string)), ("mode", mode)];
        let mut text = encode_profile(&self.profile);
        for (name, value) in fields.into_iter().chain(self.asked.fields()) {
            if let Some(value) = value {
                text.push_str(&format!(",{name}={}", encode_profile(&value)));
            }
        }
        text
    }

    /// Reads it back.
    fn decode(text: &str) -> Option<Self> {
        let mut fields = text.split(',');
        let mut switch = Self { profile: decode(fields.next()?)?, ..Self::default() };
        for field in fields {
            let (name, value) = field.split_once('=')?;
            let value = decode(value)?;
            match (name, value.as_str()) {
                ("account", account) => switch.account = Some(AccountId::parse(account).ok()?),
                ("mode", "keys") => switch.mode = Some(Mode::Keys),
                ("mode", "profile") => switch.mode = Some(Mode::Profile),
                (name, value) => switch.asked.take(name, value)?,
            }
        }
        Some(switch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch() -> Switch {
        Switch {
            profile: "my prod, été=1".to_owned(),
            account: AccountId::parse("111122223333").ok(),
            mode: Some(Mode::Profile),
            asked: Asked {
                role: Some("arn:aws:iam::111122223333:role/a,b=c".to_owned()),
                region: Region::parse("eu-west-1").ok(),
                duration: Some(7200),
                session: More::Policies,
            },
        }
    }

    #[test]
    fn a_switch_survives_the_environment() {
        let text = switch().encode();
        assert_eq!(
            text,
            "my%20prod%2C%20%C3%A9t%C3%A9%3D1,account=111122223333,mode=profile,\
             asked-role=arn:aws:iam::111122223333:role/a%2Cb%3Dc,asked-region=eu-west-1,asked-duration=7200,asked-session=policies"
        );
        assert_eq!(Switch::decode(&text), Some(switch()));
        assert_eq!(Switch::decode("staging,new=x"), Some(Switch { profile: "staging".into(), ..Switch::default() }));
    }

    #[test]
    fn p1_what_cannot_be_read_is_no_switch() {
        for text in ["%ff", "a,account", "a,account=1", "a,asked-region=x", "a,asked-duration=long", "a,asked-role=%ff"]
        {
            assert_eq!(Switch::decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_context_of_another_profile_says_nothing_of_this_one() {
        let asked = Asked { role: Some("R".into()), ..Asked::default() };
        let context = Carried { profile: Some("a".into()), asked: asked.clone(), ..Carried::default() }.encode();
        let current = |profile: &str| {
            let profile = profile.to_owned();
            let context = context.clone();
            Switch::current(&move |name| match name {
                PROFILE => Some(profile.clone()),
                CONTEXT => Some(context.clone()),
                _ => None,
            })
        };
        assert_eq!(current("a").unwrap().asked, asked);
        assert_eq!(current("b"), Some(Switch { profile: "b".into(), ..Switch::default() }));
    }
}
