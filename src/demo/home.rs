//! A home directory to try awsenv in: AWS's files and the settings, for the accounts of the demo's scenario.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

const CONFIG: &str = include_str!("home/aws_config");
/// What the tests have their own of.
const SSO: &str = include_str!("home/aws_sso");
const CREDENTIALS: &str = include_str!("home/aws_credentials");
const SETTINGS: &str = include_str!("home/awsenv.toml");

/// A temporary home directory, removed when dropped.
#[derive(Debug)]
pub struct DemoHome {
    directory: TempDir,
}

impl DemoHome {
    /// Writes one.
    pub fn create() -> io::Result<Self> {
        let home = Self { directory: tempfile::Builder::new().prefix("awsenv-demo-").tempdir()? };
        Self::furnish(home.path())?;
        OpenOptions::new().append(true).open(home.path().join(".aws/config"))?.write_all(SSO.as_bytes())?;
        Ok(home)
    }

    /// Writes the files into an empty home directory.
    pub fn furnish(home: &Path) -> io::Result<()> {
        write_private(&home.join(".aws/config"), CONFIG)?;
        write_private(&home.join(".aws/credentials"), CREDENTIALS)?;
        write_private(&home.join(".config/awsenv.toml"), SETTINGS)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a private file into it, and says where.
    pub fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        write_private(&path, text)?;
        Ok(path)
    }

    /// The variables that make a program live here and call `endpoint` for AWS.
    pub fn environment(&self, endpoint: &str) -> Vec<(&'static str, OsString)> {
        let below = |name: &str| self.path().join(name).into_os_string();
        vec![
            ("HOME", self.path().into()),
            ("XDG_CONFIG_HOME", below(".config")),
            ("XDG_DATA_HOME", below(".local/share")),
            ("XDG_STATE_HOME", below(".local/state")),
            ("XDG_CACHE_HOME", below(".cache")),
            ("AWS_ENDPOINT_URL", endpoint.into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }
}

/// Writes a new file, and its directories.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs_err::create_dir_all(directory)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// True for the variables of the surrounding shell that must not reach into the demo.
pub fn is_foreign(name: &str) -> bool {
    name.starts_with("AWS")
        || name.starts_with("XDG_")
        || ["EC2_REGION", "SAML2AWS_PROFILE"].contains(&name)
        || is_proxy(name)
}

/// A proxy would be asked for the loopback address too.
fn is_proxy(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["http_proxy", "https_proxy", "all_proxy"].contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn p4_its_files_are_private_and_go_with_it() {
        let home = DemoHome::create().expect("is written");
        let path = home.path().to_owned();
        for file in [".aws/config", ".aws/credentials", ".config/awsenv.toml"] {
            assert_eq!(path.join(file).metadata().expect("is there").permissions().mode() & 0o777, 0o600);
        }
        drop(home);
        assert!(!path.exists());
    }

    #[test]
    fn every_key_of_the_credentials_is_one_of_the_scenario() {
        let scenario = super::super::Scenario::demo();
        let keys: Vec<&str> =
            CREDENTIALS.lines().filter_map(|line| line.strip_prefix("aws_access_key_id = ")).collect();
        assert_eq!(keys.len(), 4);
        for key in keys {
            let user = scenario.user(key).expect("the scenario has the user");
            assert!(CREDENTIALS.contains(&format!("aws_secret_access_key = {}\n", user.secret_access_key)));
        }
    }
}
