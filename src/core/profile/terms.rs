//! What a profile asks of its role's session, and its MFA device, checked line by line.

use super::{
    settings::{Entry, Key},
    step::{Profile, Result},
};
use crate::core::{
    mfa::{self, MfaDevice},
    session_terms::{self, SessionTerms},
};

/// The keys that are about a role's session.
const KEYS: &[Key] = &[
    Key::RoleSessionName,
    Key::ExternalId,
    Key::DurationSeconds,
    Key::SourceIdentity,
    Key::SessionTags,
    Key::TransitiveSessionTags,
    Key::AwsenvSessionPolicy,
    Key::AwsenvPolicyArns,
    Key::MfaSerial,
    Key::MfaProcess,
];

/// Those that the exchange of a web identity token has no place for.
const NOT_OF_WEB_IDENTITY: &[Key] =
    &[Key::ExternalId, Key::SourceIdentity, Key::SessionTags, Key::TransitiveSessionTags];
/// Those that narrow the session.
const POLICIES: &[Key] = &[Key::AwsenvSessionPolicy, Key::AwsenvPolicyArns];

impl Profile<'_> {
    /// Checks them. Nearly all profiles have none, which costs nothing.
    pub(super) fn check_terms(&self) -> Result<()> {
        if !self.settings.has_any(KEYS) {
            return Ok(());
        }
        self.mfa()?;
        self.terms().map(drop)
    }

    /// The same where the role is assumed with a token of web identity.
    pub(super) fn check_web_identity_terms(&self) -> Result<()> {
        if let Some(entry) = self.first_of(NOT_OF_WEB_IDENTITY) {
            let message = format!("{} cannot be asked for with a web identity token", entry.key().name());
            return Err(self.error("config-value", entry.spot, message));
        }
        self.check_terms()
    }

    /// Refuses policies where no role is assumed: the credentials could do more than the profile says.
    pub(super) fn check_no_policies(&self) -> Result<()> {
        match self.first_of(POLICIES) {
            Some(entry) if self.get(Key::RoleArn).is_none() => {
                let name = entry.key().name();
                let message = format!("{name} narrows a role's session, and profile `{}` assumes no role", self.name());
                Err(self.error("config-value", entry.spot, message))
            }
            _ => Ok(()),
        }
    }

    /// The first of the keys that says something.
    fn first_of(&self, keys: &[Key]) -> Option<&Entry<'_>> {
        if !self.settings.has_any(keys) {
            return None;
        }
        keys.iter().filter_map(|key| self.get(*key)).find(|entry| !entry.value.is_empty())
    }

    /// What is asked of the role's session.
    pub(super) fn terms(&self) -> Result<SessionTerms> {
        let terms = SessionTerms {
            session_name: self.one(Key::RoleSessionName, session_terms::session_name)?,
            external_id: self.one(Key::ExternalId, session_terms::external_id)?,
            duration_seconds: self.duration()?,
            source_identity: self.one(Key::SourceIdentity, session_terms::source_identity)?,
            tags: self.list(Key::SessionTags, session_terms::tag)?,
            transitive_tags: self.list(Key::TransitiveSessionTags, session_terms::tag_key)?,
            policy: self.one(Key::AwsenvSessionPolicy, session_terms::policy)?,
            policy_arns: self.list(Key::AwsenvPolicyArns, session_terms::policy_arn)?,
        };
        terms.check_together().map_err(|why| {
            let entry = [Key::TransitiveSessionTags, Key::SessionTags, Key::AwsenvPolicyArns]
                .into_iter()
                .find_map(|key| self.get(key));
            self.error("config-value", entry.map_or_else(|| self.set.spot(self.group), |entry| entry.spot), why)
        })?;
        Ok(terms)
    }

    /// The MFA device.
    pub(super) fn mfa(&self) -> Result<Option<MfaDevice>> {
        let process = self.get(Key::MfaProcess).filter(|entry| !entry.value.is_empty());
        let process = process.map(|entry| self.command(entry, Key::MfaProcess)).transpose()?;
        let Some(serial) = self.get(Key::MfaSerial).filter(|entry| !entry.value.is_empty()) else { return Ok(None) };
        if !mfa::is_serial(&serial.value) {
            let message = format!(
                "mfa_serial `{}` is neither an ARN like arn:aws:iam::111122223333:mfa/NAME nor a serial number",
                serial.value
            );
            return Err(self.error("bad-mfa-serial", serial.spot, message));
        }
        Ok(Some(MfaDevice {
            serial: serial.value.clone().into_owned(),
            process: process.map(str::to_owned),
            profile: self.name(),
            location: self.set.location(serial.spot),
        }))
    }

    fn one<T>(&self, key: Key, parse: impl Fn(&str) -> std::result::Result<T, String>) -> Result<Option<T>> {
        let Some(entry) = self.get(key).filter(|entry| !entry.value.is_empty()) else { return Ok(None) };
        match parse(&entry.value) {
            Ok(value) => Ok(Some(value)),
            Err(why) => Err(self.error("config-value", entry.spot, format!("{} {why}", key.name()))),
        }
    }

    fn list<T>(&self, key: Key, parse: impl Fn(&str) -> std::result::Result<T, String>) -> Result<Vec<T>> {
        let Some(entry) = self.get(key) else { return Ok(Vec::new()) };
        session_terms::list(&entry.value, parse)
            .map_err(|why| self.error("config-value", entry.spot, format!("{}: {why}", key.name())))
    }
}

#[cfg(test)]
mod tests {
    use crate::core::profile::{
        plan::{Plan, Source},
        set::tests::set_of,
    };

    const ROLE: &str = "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/r\ncredential_source = Environment\n";

    fn plan(lines: &str) -> Result<Plan, String> {
        set_of(format!("{ROLE}{lines}").as_bytes(), b"").plan("a").map_err(|error| error.to_string())
    }

    #[test]
    fn a_role_s_terms_are_read() {
        let terms = "session_tags = team = infra, cost=42\ntransitive_session_tags = team\n\
            awsenv_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess\nawsenv_session_policy = {\"Statement\":[]}\n\
            mfa_serial = GAHT12345678\nmfa_process = ykman oath\n";
        let hop = plan(terms).unwrap().hops.remove(0);
        let tags: Vec<_> = hop.terms.tags.iter().map(|tag| format!("{}={}", tag.key, tag.value)).collect();
        assert_eq!(tags, ["team=infra", "cost=42"]);
        assert_eq!(hop.terms.transitive_tags, ["team"]);
        assert_eq!(hop.terms.policy_arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
        assert_eq!(hop.terms.policy.as_deref(), Some("{\"Statement\":[]}"));
        let device = hop.mfa.unwrap();
        assert_eq!((device.serial.as_str(), device.process.as_deref()), ("GAHT12345678", Some("ykman oath")));
        assert_eq!((device.profile.as_str(), device.location.to_string().as_str()), ("a", "config:8"));
    }

    const WEB: &str = "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/r\nweb_identity_token_file = /t\n";

    #[test]
    fn p6_policies_go_with_a_web_identity_token_and_what_cannot_is_an_error() {
        let web = |line: &str| set_of(format!("{WEB}{line}\n").as_bytes(), b"").plan("a").map_err(|e| e.to_string());
        let policies = "awsenv_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess\nawsenv_session_policy = {}";
        let Source::WebIdentity { terms, .. } = web(policies).unwrap().source else { panic!("another source") };
        assert_eq!(terms.policy_arns, ["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
        assert_eq!(terms.policy.as_deref(), Some("{}"));
        for (line, says) in [
            ("external_id = acme", "config:4: external_id cannot be asked for with a web identity token"),
            ("source_identity = ada", "config:4: source_identity cannot"),
            ("session_tags = a=1", "config:4: session_tags cannot"),
            ("transitive_session_tags = a", "config:4: transitive_session_tags cannot"),
            ("awsenv_session_policy = this is not even JSON", "config:4: awsenv_session_policy must be a policy"),
            ("awsenv_policy_arns = ReadOnlyAccess", "config:4: awsenv_policy_arns: `ReadOnlyAccess` is not"),
        ] {
            let why = web(line).unwrap_err();
            assert!(why.starts_with(says), "{line}: {why}");
        }
    }

    #[test]
    fn p6_policies_where_no_role_is_assumed_are_an_error() {
        let keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n";
        let sso =
            "sso_account_id = 111122223333\nsso_role_name = R\nsso_start_url = https://x\nsso_region = eu-west-1\n";
        let policy = "awsenv_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess\n";
        for source in [keys, sso, "credential_process = /bin/p\n", "login_session = arn:aws:iam::1:user/u\n", ""] {
            for line in [policy, "awsenv_session_policy = {}\n"] {
                let plan = |name: &str| {
                    let role = "[profile top]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = a\n";
                    set_of(format!("[profile a]\n{line}{source}{role}").as_bytes(), b"").plan(name)
                };
                for name in ["a", "top"] {
                    let why = plan(name).unwrap_err().to_string();
                    assert!(why.starts_with("config:2: awsenv_") && why.contains("`a` assumes no role"), "{why}");
                }
            }
        }
        // The keys beside a role are its source, and the policies are the role's.
        let own = format!("{keys}source_profile = a\n{policy}");
        let own = set_of(format!("[profile a]\nrole_arn = arn:aws:iam::111122223333:role/r\n{own}").as_bytes(), b"");
        assert_eq!(own.plan("a").unwrap().hops[0].terms.policy_arns.len(), 1);
    }

    #[test]
    fn p5_what_sts_would_refuse_names_file_line_and_key() {
        for (line, says) in [
            ("external_id = a b", "config:4: external_id must be 2 to 1224 characters"),
            ("role_session_name = a b", "config:4: role_session_name must be 2 to 64 characters"),
            ("source_identity = x", "config:4: source_identity must be 2 to 64 characters"),
            ("duration_seconds = 899", "config:4: duration_seconds must be a number from 900 to 43200, not `899`"),
            ("mfa_serial = m", "config:4: mfa_serial `m` is neither an ARN like"),
            ("session_tags = team", "config:4: session_tags: expected KEY=VALUE, not `team`"),
            ("session_tags = aws:x=1", "config:4: session_tags: the session tag `aws:x` begins with aws:"),
            ("session_tags = a=1,A=2", "config:4: the session tag `A` is there twice"),
            ("transitive_session_tags = a", "config:4: the transitive session tag `a` is not among"),
            (
                "awsenv_policy_arns = ReadOnlyAccess",
                "config:4: awsenv_policy_arns: `ReadOnlyAccess` is not of the form",
            ),
            ("awsenv_session_policy = []", "config:4: awsenv_session_policy must be a policy document"),
            ("mfa_process = ./code", "config:4: mfa_process names its program `./code` by a relative path"),
            ("awsenv_policies = x", "config:4: `awsenv_policies` is no key of awsenv's"),
        ] {
            let why = plan(&format!("{line}\n")).unwrap_err();
            assert!(why.starts_with(says), "{line}: {why}");
        }
    }
}
