//! Where AWS is called: region, endpoints and certificates, from a profile's settings with the environment laid over them.
//!
//! The order is the AWS CLI's: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the profile's `[services …]` section,
//! the profile's `endpoint_url`. Every endpoint is checked before a signed request goes to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use super::service::Service;
use super::{
    identity::Partition,
    profile::plan::Connection,
    region::{BadRegion, Region},
    url::{BadUrl, Url},
};
use crate::error::{Kind, Known};

/// How AWS is really called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Region of the calls: never missing.
    pub region: Region,
    /// Region that the user or the profile named, for the shell. `None`: nobody did, and none is exported.
    pub exported_region: Option<Region>,
    /// Endpoints that are set, by service; the others are AWS's own.
    pub endpoints: BTreeMap<Service, Url>,
    /// FIPS endpoints.
    pub use_fips: bool,
    /// Dual-stack endpoints.
    pub use_dualstack: bool,
    /// File of certificates that are trusted instead of the system's.
    pub ca_bundle: Option<String>,
    /// Variables through which tools call where awsenv called: what the profile sets and the environment does not.
    pub exports: Vec<(String, String)>,
}

/// A setting that would send requests to a wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a region.
    #[error("{setting}: {source} (bad-region)")]
    Region {
        /// The setting that holds it.
        setting: String,
        /// What is wrong with it.
        source: BadRegion,
    },
    /// Not a URL that an endpoint can have.
    #[error("{setting}: the endpoint {source} (bad-url)")]
    Url {
        /// The setting that holds it.
        setting: String,
        /// What is wrong with it.
        source: BadUrl,
    },
    /// Plain HTTP over a network.
    #[error("{setting}: `http://{host}` would send signed requests unencrypted over the network (insecure-endpoint)")]
    Insecure {
        /// The setting that holds it.
        setting: String,
        /// Host of the endpoint.
        host: String,
    },
    /// Neither true nor false.
    #[error("{setting} is neither true nor false")]
    Boolean {
        /// The setting.
        setting: String,
    },
}

impl Known for EndpointError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Insecure { .. } => {
                vec!["Use an https:// endpoint; plain http:// is for this machine only (127.0.0.1, localhost).".into()]
            }
            Self::Region { .. } | Self::Url { .. } | Self::Boolean { .. } => Vec::new(),
        }
    }
}

/// The environment, an empty variable being unset.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Effective {
    /// Lays the environment, and a region from the command line, over a profile's settings.
    ///
    /// `partition` is the one that the profile's role lies in; it decides where identity is asked for when nobody named
    /// a region.
    pub fn new(
        connection: &Connection,
        env: Env<'_>,
        region_flag: Option<Region>,
        partition: Option<Partition>,
    ) -> Result<Self, EndpointError> {
        let exported_region = match region_flag.or_else(|| connection.region.clone()) {
            Some(region) => Some(region),
            None => region_from_env(env)?,
        };
        let region = match &exported_region {
            Some(region) => region.clone(),
            None => default_region(partition.unwrap_or(Partition::Aws))?,
        };
        let mut exports = Vec::new();
        let endpoints = endpoints(connection, env, &mut exports)?;
        let use_fips = switch(env, "AWS_USE_FIPS_ENDPOINT", connection.use_fips, &mut exports)?;
        let use_dualstack = switch(env, "AWS_USE_DUALSTACK_ENDPOINT", connection.use_dualstack, &mut exports)?;
        let ca_bundle = match (env("AWS_CA_BUNDLE"), &connection.ca_bundle) {
            (None, Some(file)) => {
                exports.push(("AWS_CA_BUNDLE".into(), file.clone()));
                Some(file.clone())
            }
            (from_env, _) => from_env,
        };
        Ok(Self { region, exported_region, endpoints, use_fips, use_dualstack, ca_bundle, exports })
    }

    /// The host that answers for a service, where it is not one of AWS's own: an emulator, a proxy, or an attack.
    pub fn foreign_host(&self, service: Service) -> Option<String> {
        self.foreign_endpoint(service).map(Url::host_and_port)
    }

    /// The whole address of such a host: behind one of them, paths may lead to different clouds.
    pub fn foreign_endpoint(&self, service: Service) -> Option<&Url> {
        self.endpoints.get(&service).filter(|url| !service.is_at(url.host()))
    }

    /// Who tells what an account is called, for what is remembered of it: nobody in particular where it is AWS itself.
    pub fn teller(&self, services: &[Service]) -> String {
        let foreign: BTreeSet<&str> =
            services.iter().filter_map(|service| self.foreign_endpoint(*service)).map(Url::as_str).collect();
        foreign.into_iter().collect::<Vec<_>>().join("+")
    }
}

fn region_from_env(env: Env<'_>) -> Result<Option<Region>, EndpointError> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(|name| env(name).map(|text| (name, text)))
        .map(|(name, text)| {
            Region::parse(&text).map_err(|source| EndpointError::Region { setting: name.into(), source })
        })
        .transpose()
}

fn default_region(partition: Partition) -> Result<Region, EndpointError> {
    Region::parse(partition.default_region())
        .map_err(|source| EndpointError::Region { setting: partition.name().into(), source })
}

/// A switch that the environment may set, else the profile; one that only the profile sets is exported.
fn switch(
    env: Env<'_>,
    name: &str,
    profile: Option<bool>,
    exports: &mut Vec<(String, String)>,
) -> Result<bool, EndpointError> {
    if let Some(text) = env(name) {
        return boolean(name, &text);
    }
    if let Some(value) = profile {
        exports.push((name.into(), value.to_string()));
    }
    Ok(profile.unwrap_or(false))
}

fn boolean(name: &str, text: &str) -> Result<bool, EndpointError> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(EndpointError::Boolean { setting: name.into() }),
    }
}

fn endpoints(
    connection: &Connection,
    env: Env<'_>,
    exports: &mut Vec<(String, String)>,
) -> Result<BTreeMap<Service, Url>, EndpointError> {
    let ignored = connection.ignore_configured_endpoints;
    if switch(env, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", ignored, exports)? {
        return Ok(BTreeMap::new());
    }
    let everywhere = env("AWS_ENDPOINT_URL");
    if everywhere.is_none() {
        export_endpoints(connection, env, exports)?;
    }
    let mut endpoints = BTreeMap::new();
    for service in Service::ALL {
        let name = variable(service.id());
        let found = env(&name)
            .map(|text| (name, text))
            .or_else(|| everywhere.clone().map(|text| ("AWS_ENDPOINT_URL".into(), text)))
            .or_else(|| {
                let text = connection.service_endpoints.get(service.id())?;
                Some((format!("endpoint_url of {} in the services section", service.id()), text.clone()))
            })
            .or_else(|| Some(("endpoint_url".into(), connection.endpoint_url.clone()?)));
        if let Some((setting, text)) = found {
            endpoints.insert(service, checked(setting, &text)?);
        }
    }
    Ok(endpoints)
}

/// Exports the profile's endpoints, those of services that awsenv never calls included.
fn export_endpoints(
    connection: &Connection,
    env: Env<'_>,
    exports: &mut Vec<(String, String)>,
) -> Result<(), EndpointError> {
    if let Some(text) = &connection.endpoint_url {
        checked("endpoint_url".into(), text)?;
        exports.push(("AWS_ENDPOINT_URL".into(), text.clone()));
    }
    for (id, text) in &connection.service_endpoints {
        let name = variable(id);
        let is_name = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !id.is_empty();
        if is_name && env(&name).is_none() {
            let setting = format!("endpoint_url of {id} in the services section");
            Url::parse(text).map_err(|source| EndpointError::Url { setting, source })?;
            exports.push((name, text.clone()));
        }
    }
    Ok(())
}

fn variable(service_id: &str) -> String {
    format!("AWS_ENDPOINT_URL_{}", service_id.to_ascii_uppercase())
}

/// An endpoint that signed requests may go to: encrypted, or on this machine.
fn checked(setting: String, text: &str) -> Result<Url, EndpointError> {
    match Url::parse(text) {
        Ok(url) if url.is_https() || url.is_loopback() => Ok(url),
        Ok(url) => Err(EndpointError::Insecure { setting, host: url.host_and_port() }),
        Err(source) => Err(EndpointError::Url { setting, source }),
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effective(connection: &Connection, env: &[(&str, &str)]) -> Result<Effective, EndpointError> {
        let get = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Effective::new(connection, &get, None, None)
    }

    fn sts(connection: &Connection, env: &[(&str, &str)]) -> Option<String> {
        effective(connection, env).unwrap().endpoints.get(&Service::Sts).map(|url| url.as_str().to_owned())
    }

    fn region(text: &str) -> Region {
        Region::parse(text).unwrap()
    }

    #[test]
    fn endpoints_are_looked_for_in_the_cli_s_order() {
        let mut connection = Connection { endpoint_url: Some("https://d.example".into()), ..Connection::default() };
        assert_eq!(sts(&connection, &[]).as_deref(), Some("https://d.example"));
        connection.service_endpoints.insert("sts".into(), "https://c.example".into());
        assert_eq!(sts(&connection, &[]).as_deref(), Some("https://c.example"));
        let everywhere = ("AWS_ENDPOINT_URL", "https://b.example");
        assert_eq!(sts(&connection, &[everywhere]).as_deref(), Some("https://b.example"));
        let own = ("AWS_ENDPOINT_URL_STS", "https://a.example");
        assert_eq!(sts(&connection, &[everywhere, own]).as_deref(), Some("https://a.example"));
        assert_eq!(sts(&connection, &[everywhere, own, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]), None);
        connection.ignore_configured_endpoints = Some(true);
        assert_eq!(sts(&connection, &[everywhere]), None);
    }

    #[test]
    fn p1_tools_are_sent_where_awsenv_called() {
        let mut connection = Connection {
            endpoint_url: Some("https://all.example".into()),
            use_fips: Some(true),
            ca_bundle: Some("/ca.pem".into()),
            ..Connection::default()
        };
        connection.service_endpoints.insert("s3".into(), "https://s3.example".into());
        let exports = |env: &[(&str, &str)]| {
            let exports = effective(&connection, env).unwrap().exports;
            exports.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(
            exports(&[]),
            [
                "AWS_ENDPOINT_URL=https://all.example",
                "AWS_ENDPOINT_URL_S3=https://s3.example",
                "AWS_USE_FIPS_ENDPOINT=true",
                "AWS_CA_BUNDLE=/ca.pem"
            ]
        );
        let env =
            [("AWS_ENDPOINT_URL", "https://b.example"), ("AWS_CA_BUNDLE", "/b"), ("AWS_USE_FIPS_ENDPOINT", "false")];
        assert_eq!(exports(&env), Vec::<String>::new());
    }

    #[test]
    fn the_region_is_the_flag_s_the_profile_s_or_the_user_s() {
        let none = Connection::default();
        let profile = Connection { region: Some(region("eu-west-1")), ..Connection::default() };
        let env = [("AWS_REGION", "ap-south-1"), ("AWS_DEFAULT_REGION", "ap-south-2")];
        assert_eq!(effective(&profile, &env).unwrap().exported_region, Some(region("eu-west-1")));
        assert_eq!(effective(&none, &env).unwrap().exported_region, Some(region("ap-south-1")));
        assert_eq!(effective(&none, &env[1..]).unwrap().exported_region, Some(region("ap-south-2")));
        let nobody = Effective::new(&none, &|_| None, None, Some(Partition::AwsCn)).unwrap();
        assert_eq!((nobody.region, nobody.exported_region), (region("cn-northwest-1"), None));
        let flag = Effective::new(&profile, &|_| None, Some(region("us-west-2")), None).unwrap();
        assert_eq!(flag.region, region("us-west-2"));
        assert!(effective(&none, &[("AWS_REGION", "x@attacker.example:443/#")]).is_err());
    }

    #[test]
    fn p5_no_signed_request_leaves_unencrypted() {
        let error = |text| effective(&Connection::default(), &[("AWS_ENDPOINT_URL", text)]).unwrap_err();
        assert_eq!(
            error("http://evil.example").to_string(),
            "AWS_ENDPOINT_URL: `http://evil.example` would send signed requests unencrypted over the network \
             (insecure-endpoint)"
        );
        assert!(matches!(error("http://127.0.0.1.evil.example"), EndpointError::Insecure { .. }));
        assert!(matches!(error("https://user:pw@sts.example.com"), EndpointError::Url { .. }));
        assert!(!error("https://user:pw@sts.example.com").to_string().contains("pw"));
        assert!(sts(&Connection::default(), &[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")]).is_some());
    }

    #[test]
    fn p1_a_host_that_is_not_aws_s_is_named() {
        let foreign = |text: &str| {
            effective(&Connection::default(), &[("AWS_ENDPOINT_URL", text)]).unwrap().foreign_host(Service::Sts)
        };
        assert_eq!(foreign("https://sts.eu-west-1.amazonaws.com"), None);
        assert_eq!(foreign("https://vpce-1.sts.eu-west-1.vpce.amazonaws.com"), None);
        for host in ["evilamazonaws.com", "sts.s3.amazonaws.com", "x1.execute-api.eu-west-1.amazonaws.com"] {
            let url = format!("https://{host}");
            assert_eq!(foreign(url.as_str()).as_deref(), Some(host));
        }
        assert_eq!(foreign("https://amazonaws.com.evil.example").as_deref(), Some("amazonaws.com.evil.example"));
        assert_eq!(foreign("http://127.0.0.1:4566").as_deref(), Some("127.0.0.1:4566"));
        assert_eq!(effective(&Connection::default(), &[]).unwrap().foreign_host(Service::Sts), None);
    }

    #[test]
    fn sdk_names_are_found() {
        assert_eq!(Service::from_sdk_name("SSO OIDC"), Some(Service::SsoOidc));
        assert_eq!(Service::from_sdk_name("Signin"), Some(Service::Signin));
        assert_eq!(Service::from_sdk_name("S3"), None);
    }
}
