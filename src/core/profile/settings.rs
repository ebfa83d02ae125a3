//! What the sections of one name say together, key by key.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    section::{self, BadLine, Content, Lines},
    text::offset,
};

macro_rules! keys {
    ($($variant:ident $name:literal,)*) => {
        /// A key that awsenv reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Key {
            $(#[doc = concat!("`", $name, "`.")] $variant,)*
        }

        impl Key {
            const COUNT: usize = [$($name,)*].len();

            /// The name in the file, lower case.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn from_lower(name: &[u8]) -> Option<Self> {
                $(if name == $name.as_bytes() {
                    return Some(Self::$variant);
                })*
                None
            }
        }
    };
}

// The commonest first: names are compared in this order.
keys! {
    Region "region",
    Output "output",
    SsoSession "sso_session",
    SsoAccountId "sso_account_id",
    SsoRoleName "sso_role_name",
    RoleArn "role_arn",
    SourceProfile "source_profile",
    DurationSeconds "duration_seconds",
    AccessKeyId "aws_access_key_id",
    SecretAccessKey "aws_secret_access_key",
    SessionToken "aws_session_token",
    CredentialProcess "credential_process",
    SecurityToken "aws_security_token",
    AccountId "aws_account_id",
    Expiration "expiration",
    SecurityTokenExpires "x_security_token_expires",
    WebIdentityTokenFile "web_identity_token_file",
    RoleSessionName "role_session_name",
    ExternalId "external_id",
    MfaSerial "mfa_serial",
    SourceIdentity "source_identity",
    CredentialSource "credential_source",
    SsoStartUrl "sso_start_url",
    SsoRegion "sso_region",
    SsoRegistrationScopes "sso_registration_scopes",
    LoginSession "login_session",
    Services "services",
    EndpointUrl "endpoint_url",
    IgnoreConfiguredEndpointUrls "ignore_configured_endpoint_urls",
    UseFipsEndpoint "use_fips_endpoint",
    UseDualstackEndpoint "use_dualstack_endpoint",
    CaBundle "ca_bundle",
    AwsenvAccountId "awsenv_account_id",
    MfaProcess "mfa_process",
    SessionTags "session_tags",
    TransitiveSessionTags "transitive_session_tags",
    AwsenvSessionPolicy "awsenv_session_policy",
    AwsenvPolicyArns "awsenv_policy_arns",
}

impl Entry<'_> {
    /// Whose value it is.
    pub fn key(&self) -> Key {
        self.key
    }
}

impl Key {
    fn parse(name: &str) -> Option<Self> {
        // Nearly all are written in lower case.
        Self::from_lower(name.as_bytes()).or_else(|| {
            let upper = name.bytes().any(|byte| byte.is_ascii_uppercase());
            upper.then(|| Self::from_lower(name.to_ascii_lowercase().as_bytes()))?
        })
    }
}

/// A place in one of the files of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// 0 the config file, 1 the credentials file.
    pub file: u8,
    /// Counted from 1.
    pub line: u32,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    key: Key,
    /// The value; lines of a continued one are joined by line ends.
    pub value: Cow<'a, str>,
    /// Where it stands.
    pub spot: Spot,
}

/// Something that official readers disagree on.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// One sentence.
    pub why: Cow<'static, str>,
    /// Where it stands.
    pub spot: Spot,
}

/// The merged settings of one profile or session. It can be filled again and again without allocating.
#[derive(Debug)]
pub struct Settings<'a> {
    entries: Vec<Entry<'a>>,
    /// For each file and key the number of its entry, 0 for none.
    slots: [[u8; Key::COUNT]; 2],
    other: Vec<&'a str>,
    /// How the lines of the section before began, and their keys: what one program writes mostly has the same keys in the
    /// same order.
    shape: Vec<(&'a str, &'a str, Option<Key>)>,
    /// A bit for each key that is there, in either file.
    present: u64,
    /// What is doubtful.
    pub doubts: Vec<Doubt>,
    /// A key of awsenv's own that there is not.
    pub misspelt: Option<(&'a str, Spot)>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            slots: [[0; Key::COUNT]; 2],
            other: Vec::new(),
            shape: Vec::new(),
            present: 0,
            doubts: Vec::new(),
            misspelt: None,
        }
    }
}

impl<'a> Settings<'a> {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.slots = [[0; Key::COUNT]; 2];
        self.present = 0;
        self.doubts.clear();
        self.misspelt = None;
    }

    /// Lays a section of one of the files over what is there.
    pub fn add(&mut self, mut lines: Lines<'a>, file: u8) -> Result<(), BadLine> {
        let before = self.entries.len();
        self.other.clear();
        let (mut open, mut at) = (None, 0);
        let spot = |number| Spot { file, line: offset(number) };
        loop {
            while let Some(usual) = self.usual(&mut lines, &mut at) {
                let (number, name, key, value) = usual;
                open = self.enter(name, key, value, spot(number), before);
            }
            let Some(line) = lines.next().transpose()? else { return Ok(()) };
            let spot = spot(line.number);
            if let Some(why) = line.doubt {
                self.doubts.push(Doubt { why: why.into(), spot });
            }
            match line.content {
                Content::Entry { key, value } => open = self.enter(key, Key::parse(key), value, spot, before),
                Content::More(text) => {
                    if let Some(entry) = open.and_then(|at: usize| self.entries.get_mut(at)) {
                        let value = entry.value.to_mut();
                        value.push('\n');
                        value.push_str(text);
                    }
                }
                Content::Comment => {}
            }
        }
    }

    /// The next line, if it is a usual one: number, name, key and value. `at` counts them.
    #[inline]
    fn usual(&mut self, lines: &mut Lines<'a>, at: &mut usize) -> Option<(usize, &'a str, Option<Key>, &'a str)> {
        if let Some((start, name, key)) = self.shape.get(*at)
            && let Some((number, value)) = lines.behind(start)
        {
            *at += 1;
            return Some((number, name, *key, value));
        }
        let (number, start, name, value) = lines.usual()?;
        let key = Key::parse(name);
        self.shape.truncate(*at);
        self.shape.push((start, name, key));
        *at += 1;
        Some((number, name, key, value))
    }

    /// Takes one entry. Gives its index if it is one of ours. Entries from `before` on are of the same section.
    fn enter(&mut self, name: &'a str, key: Option<Key>, value: &'a str, spot: Spot, before: usize) -> Option<usize> {
        let Some(key) = key else {
            if self.other.iter().any(|seen| seen.eq_ignore_ascii_case(name)) {
                self.doubts.push(repeated(name, spot));
            }
            self.other.push(name);
            // AWS has no such keys, so it is one of ours misspelt: a pin that would not hold.
            if name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("awsenv_")) {
                self.misspelt.get_or_insert((name, spot));
            }
            return None;
        };
        self.present |= 1 << key as u32;
        let slot = &mut self.slots[usize::from(spot.file & 1)][key as usize];
        if *slot > 0 && usize::from(*slot) > before {
            self.doubts.push(repeated(key.name(), spot));
        }
        let entry = Entry { key, value: Cow::Borrowed(value), spot };
        // A repeated key takes the place of the one before it, so that there are never more entries than keys.
        if *slot > 0 {
            let at = usize::from(*slot) - 1;
            self.entries[at] = entry;
            return Some(at);
        }
        self.entries.push(entry);
        *slot = u8::try_from(self.entries.len()).unwrap_or(0);
        Some(self.entries.len() - 1)
    }

    /// The value of a key: the credentials file's before the config file's.
    pub fn get(&self, key: Key) -> Option<&Entry<'a>> {
        if self.present & (1 << key as u32) == 0 {
            return None;
        }
        self.get_in(1, key).or_else(|| self.get_in(0, key))
    }

    /// True if any of the keys is there.
    pub fn has_any(&self, keys: &[Key]) -> bool {
        self.present & keys.iter().fold(0, |bits, key| bits | 1 << *key as u32) != 0
    }

    /// The value of a key in one of the files.
    pub fn get_in(&self, file: u8, key: Key) -> Option<&Entry<'a>> {
        let slot = self.slots[usize::from(file & 1)][key as usize];
        self.entries.get(usize::from(slot).checked_sub(1)?)
    }

    /// All entries, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &Entry<'a>)> {
        self.entries.iter().map(|entry| (entry.key, entry))
    }
}

fn repeated(key: &str, spot: Spot) -> Doubt {
    let why = format!("`{key}` stands in this section twice: the last one counts, and the AWS CLI refuses the file");
    Doubt { why: why.into(), spot }
}

/// `endpoint_url` by service, from the body of a `[services …]` section.
pub fn service_endpoints(body: &[u8], first: usize) -> Result<BTreeMap<String, (String, usize)>, BadLine> {
    let mut endpoints = BTreeMap::new();
    let mut service = None;
    for line in section::lines(body, first) {
        let line = line?;
        match line.content {
            Content::Entry { key, value } => service = value.is_empty().then(|| key.to_ascii_lowercase()),
            Content::More(text) => {
                if let (Some(service), Some((key, value))) = (&service, section::nested(text))
                    && key.eq_ignore_ascii_case(Key::EndpointUrl.name())
                {
                    endpoints.insert(service.clone(), (value.to_owned(), line.number));
                }
            }
            Content::Comment => {}
        }
    }
    Ok(endpoints)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_credentials_file_wins_key_by_key() {
        let mut settings = Settings::default();
        settings.add(section::lines(b"region = eu-west-1\noutput = json\n", 2), 0).unwrap();
        settings.add(section::lines(b"Region = us-east-1\n", 2), 1).unwrap();
        assert_eq!(settings.get(Key::Region).unwrap().value, "us-east-1");
        assert_eq!(settings.get(Key::Region).unwrap().spot, Spot { file: 1, line: 2 });
        assert_eq!(settings.get_in(0, Key::Region).unwrap().value, "eu-west-1");
        assert_eq!(settings.get(Key::Output).unwrap().spot, Spot { file: 0, line: 3 });
        assert!(settings.get(Key::RoleArn).is_none());
        assert!(settings.doubts.is_empty());
    }

    #[test]
    fn the_last_of_a_repeated_key_counts_and_is_doubtful() {
        let mut settings = Settings::default();
        settings.add(section::lines(b"region = a\nREGION = b\nx = 1\nX = 2\n", 2), 0).unwrap();
        assert_eq!(settings.get(Key::Region).unwrap().value, "b");
        let lines: Vec<u32> = settings.doubts.iter().map(|doubt| doubt.spot.line).collect();
        assert_eq!(lines, [3, 5]);
    }

    #[test]
    fn continued_values_are_joined() {
        let mut settings = Settings::default();
        settings.add(section::lines(b"credential_process = /bin/a\n  --b\n\n   c\n", 2), 0).unwrap();
        assert_eq!(settings.get(Key::CredentialProcess).unwrap().value, "/bin/a\n--b\nc");
    }

    proptest! {
        #[test]
        fn the_section_before_does_not_change_what_is_read(
            before in "((region|output|x|X|Region) ?= ?[ab]?\n){0,4}",
            body in "((region|output|x|X|Region| s) ?= ?[ab]?\n|\n|# c\n){0,6}",
        ) {
            let (mut used, mut fresh) = (Settings::default(), Settings::default());
            let _ = used.add(section::lines(before.as_bytes(), 1), 0);
            used.clear();
            let read = used.add(section::lines(body.as_bytes(), 1), 0);
            prop_assert_eq!(read, fresh.add(section::lines(body.as_bytes(), 1), 0));
            let said = |settings: &Settings<'_>| format!("{:?} {:?}", settings.entries, settings.doubts);
            prop_assert_eq!(said(&used), said(&fresh));
        }
    }

    #[test]
    fn endpoints_of_services() {
        let body =
            b"s3 =\n  endpoint_url = http://a\n  other = 1\nElastic_Beanstalk =\n\tENDPOINT_URL = http://b\nx = y\n";
        let endpoints = service_endpoints(body, 5).unwrap();
        let endpoints: Vec<_> =
            endpoints.iter().map(|(key, (url, line))| (key.as_str(), url.as_str(), *line)).collect();
        assert_eq!(endpoints, [("elastic_beanstalk", "http://b", 9), ("s3", "http://a", 6)]);
    }
}
