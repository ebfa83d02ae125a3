//! Finds and reads `~/.aws/config` and `~/.aws/credentials`.

mod trust;

use std::{
    fs::File as FsFile,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::{FileType, Mode, OFlags, fstat, open};

use self::trust::Trust;
use super::host::{Host, NoHome};
use crate::{
    core::profile::{
        error::{PlanError, near},
        header::FileKind,
        plan::{Finding, Location, Plan},
        scan::ScanError,
        set::{File, ProfileSet, Want},
        vault::VaultProfiles,
    },
    error::{Kind, Known},
};

/// Where the two files are, and what is to say about that.
#[derive(Clone, Debug)]
pub struct AwsFiles {
    config: Place,
    credentials: Place,
    home: Option<PathBuf>,
}

#[derive(Clone, Debug)]
struct Place {
    kind: FileKind,
    path: PathBuf,
    /// As the user would name it: with `~`.
    shown: Arc<Path>,
    /// The variable that names it.
    variable: Option<&'static str>,
    trust: Trust,
}

/// Why the files, or a profile in them, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// No place to look for them.
    #[error(transparent)]
    NoHome(#[from] NoHome),
    /// A file that is there and cannot be read.
    #[error("cannot read {path}: {error}", path = path.display())]
    Read {
        /// The file.
        path: Arc<Path>,
        /// Why.
        #[source]
        error: ScanError,
    },
    /// A directory, a pipe, a device.
    #[error("cannot read {path}: it is not a regular file", path = .0.display())]
    NotRegular(Arc<Path>),
    /// The profile.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl Known for FilesError {
    fn kind(&self) -> Kind {
        match self {
            Self::Plan(error) => error.kind(),
            Self::NoHome(_) | Self::Read { .. } | Self::NotRegular(_) => Kind::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Plan(error) => error.hints(),
            _ => Vec::new(),
        }
    }
}

impl AwsFiles {
    /// Finds the files: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, else in `~/.aws`.
    pub fn locate(host: &Host) -> Result<Self, FilesError> {
        let home = host.home();
        let place = |kind, variable, name: &str| -> Result<Place, FilesError> {
            let Some(value) = host.var_os(variable).map(PathBuf::from) else {
                let path = home.clone()?.join(".aws").join(name);
                return Ok(Place {
                    kind,
                    path,
                    shown: PathBuf::from("~/.aws").join(name).into(),
                    variable: None,
                    trust: Trust::Own,
                });
            };
            let path = match value.strip_prefix("~") {
                Ok(below) => home.clone()?.join(below),
                Err(_) => value,
            };
            let home = home.as_deref().ok();
            let (shown, trust) = (shown(&path, home), Trust::of(&path, host.cwd().as_deref(), home));
            Ok(Place { kind, path, shown, variable: Some(variable), trust })
        };
        Ok(Self {
            config: place(FileKind::Config, "AWS_CONFIG_FILE", "config")?,
            credentials: place(FileKind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
            home: home.ok(),
        })
    }

    /// A credentials file by itself, whatever the environment says.
    pub fn of_credentials(path: &Path) -> Self {
        let place = |kind, path: &Path| Place {
            kind,
            path: path.to_owned(),
            shown: path.into(),
            variable: None,
            trust: Trust::Own,
        };
        let config = place(FileKind::Config, Path::new("/dev/null"));
        Self { config, credentials: place(FileKind::Credentials, path), home: None }
    }

    /// The two files, config first, as paths to open.
    pub fn paths(&self) -> [&Path; 2] {
        [&self.config.path, &self.credentials.path]
    }

    /// The home directory that `~` stands for, if there is one.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Settles what the files say about a profile. Keeps only the profiles of its `source_profile` chain: mostly one or
    /// two passes, each over both files whole, so that a plan is never of two versions of a section.
    pub fn plan(&self, name: &str) -> Result<Plan, FilesError> {
        self.plan_with(name, None)
    }

    /// The same, with the profiles of an opened vault beside those of the files.
    pub fn plan_with(&self, name: &str, vault: Option<&Arc<VaultProfiles>>) -> Result<Plan, FilesError> {
        crate::core::profile::error::check_name(name.as_bytes())?;
        // `[default]` too: tools that get keys and no profile take their endpoints from there.
        let mut wanted = vec![name.to_owned(), "default".to_owned()];
        // And what has the name of a profile in the vault, to be refused.
        wanted.extend(vault.iter().flat_map(|vault| vault.profiles.keys().cloned()));
        loop {
            let mut set = self.read(Want::Named(&wanted))?;
            if let Some(vault) = vault {
                set.set_vault(Arc::clone(vault));
            }
            match set.plan(name) {
                Err(PlanError::DanglingSource { to, .. }) if !wanted.contains(&to) => wanted.push(to),
                Err(PlanError::Unknown { name, .. }) => {
                    let all = self.read(Want::All)?;
                    let in_vault = vault.into_iter().flat_map(|vault| vault.profiles.keys().map(String::as_str));
                    let near = near(&name, all.names().chain(in_vault));
                    return Err(PlanError::Unknown { name, near }.into());
                }
                other => return Ok(other?),
            }
        }
    }

    /// This profile, if it is there, and all sso-sessions.
    pub fn named(&self, name: &str) -> Result<ProfileSet, FilesError> {
        self.read(Want::Named(&[name.to_owned()]))
    }

    /// `ca_bundle` of `[default]`, which counts where no profile is named.
    pub fn ca_bundle_of_default(&self) -> Result<Option<String>, FilesError> {
        Ok(self.read(Want::Named(&["default".to_owned()]))?.ca_bundle_of_default()?)
    }

    /// All profiles' names, in file order, for completion.
    pub fn names(&self) -> Result<Vec<String>, FilesError> {
        Ok(self.read(Want::All)?.names().map(str::to_owned).collect())
    }

    /// Both files whole, for lists.
    pub fn all(&self) -> Result<ProfileSet, FilesError> {
        self.read(Want::All)
    }

    /// The config file as the user would name it.
    pub fn config_shown(&self) -> &Path {
        &self.config.shown
    }

    /// Both files, with this in place of what the config file holds.
    pub fn all_with_config(&self, text: &str) -> Result<ProfileSet, FilesError> {
        let mut set = ProfileSet::new(self.config.file(), self.credentials.file());
        set.reserve(text.len() as u64);
        let failed = |error| FilesError::Read { path: Arc::clone(&self.config.shown), error };
        set.read(FileKind::Config, text.as_bytes(), Want::All).map_err(failed)?;
        self.credentials.read_into(&mut set, Want::All)?;
        Ok(set)
    }

    fn read(&self, want: Want<'_>) -> Result<ProfileSet, FilesError> {
        let mut set = ProfileSet::new(self.config.file(), self.credentials.file());
        for place in [&self.config, &self.credentials] {
            place.read_into(&mut set, want)?;
        }
        Ok(set)
    }
}

impl Place {
    fn file(&self) -> File {
        File { path: Arc::clone(&self.shown), trusted: self.trust == Trust::Own }
    }

    fn read_into(&self, set: &mut ProfileSet, want: Want<'_>) -> Result<(), FilesError> {
        let tell = |set: &mut ProfileSet, code, message: String| {
            let location = Location { file: Arc::clone(&self.shown), line: 1 };
            set.add_finding(Finding { code, message, location });
        };
        let failed = |error: io::Error| FilesError::Read { path: Arc::clone(&self.shown), error: error.into() };
        if let (Some(variable), Some((code, why))) = (self.variable, self.trust.finding()) {
            let message = format!("{variable} {why}: nothing in that file may start a program or name a server");
            tell(set, code, message);
        }
        // Never waits for a pipe's writer, never becomes a controlling terminal.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match open(&self.path, flags, Mode::empty()) {
            Ok(file) => FsFile::from(file),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {
                if let Some(variable) = self.variable {
                    tell(set, "config-missing", format!("{variable} names a file that does not exist"));
                }
                return Ok(());
            }
            Err(error) => return Err(failed(error.into())),
        };
        let stat = fstat(&file).map_err(|error| failed(error.into()))?;
        // The usual way to say "no such file": it is read as an empty one.
        if self.path == Path::new("/dev/null") {
            return Ok(());
        }
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(FilesError::NotRegular(Arc::clone(&self.shown)));
        }
        if stat.st_mode & 0o022 != 0 {
            let message = format!("others may write to the file (mode {:03o})", stat.st_mode & 0o777);
            tell(set, "config-writable", message);
        }
        if matches!(want, Want::All) {
            set.reserve(u64::try_from(stat.st_size).unwrap_or(0));
        }
        set.read(self.kind, file, want).map_err(|error| FilesError::Read { path: Arc::clone(&self.shown), error })
    }
}

/// A path with `~` for the home directory.
fn shown(path: &Path, home: Option<&Path>) -> Arc<Path> {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => Path::new("~").join(below).into(),
        None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use jiff::Timestamp;

    use super::*;

    struct Home(tempfile::TempDir);

    #[expect(clippy::disallowed_methods, reason = "tests write the files that the code only reads")]
    impl Home {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            std::fs::create_dir(home.path().join(".aws")).unwrap();
            Self(home)
        }

        fn write(self, name: &str, text: &str) -> Self {
            let path = self.0.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            self
        }

        fn files(&self, env: &[(&str, &str)]) -> AwsFiles {
            let mut all = vec![("HOME", self.0.path().to_str().unwrap())];
            all.extend_from_slice(env);
            AwsFiles::locate(&Host::of(Vec::<&str>::new(), all, Timestamp::UNIX_EPOCH)).unwrap()
        }
    }

    const CHAIN: &str = "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = b\n\
        [profile b]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = c\n\
        [profile d]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = nowhere\n";
    const KEYS: &str = "[c]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n";

    #[test]
    fn chains_are_followed_over_both_files() {
        let home = Home::new().write(".aws/config", CHAIN).write(".aws/credentials", KEYS);
        let plan = home.files(&[]).plan("a").unwrap();
        assert_eq!(plan.trail(), ["a", "b", "c", "static keys"]);
        assert_eq!(plan.source_location.to_string(), "~/.aws/credentials:2");
        assert_eq!(plan.findings, []);
        let error = home.files(&[]).plan("d").unwrap_err().to_string();
        assert!(
            error.starts_with("~/.aws/config:9: profile `d` names source_profile `nowhere`, which does"),
            "{error}"
        );
        assert_eq!(home.files(&[]).names().unwrap(), ["a", "b", "d", "c"]);
    }

    #[test]
    fn unknown_names_are_compared_with_all() {
        let home = Home::new().write(".aws/config", "[profile staging]\n");
        let error = home.files(&[]).plan("stagin").unwrap_err();
        assert_eq!(error.hints(), ["Did you mean staging?"]);
        assert_eq!(error.kind(), Kind::Usage);
    }

    #[test]
    fn variables_name_the_files() {
        let home = Home::new().write("my config", CHAIN).write("keys", KEYS);
        let keys = home.0.path().join("keys");
        let env = [("AWS_CONFIG_FILE", "~/my config"), ("AWS_SHARED_CREDENTIALS_FILE", keys.to_str().unwrap())];
        assert_eq!(home.files(&env).plan("a").unwrap().source_location.to_string(), "~/keys:2");
    }

    #[test]
    fn missing_files_are_empty_and_told_where_a_variable_names_them() {
        let home = Home::new();
        assert_eq!(home.files(&[]).all().unwrap().findings().count(), 0);
        let set = home.files(&[("AWS_CONFIG_FILE", "/nonexistent/config")]).all().unwrap();
        assert_eq!(set.findings().map(|finding| finding.code).collect::<Vec<_>>(), ["config-missing"]);
        let set = home.files(&[("AWS_CONFIG_FILE", "config")]).all().unwrap();
        let codes: Vec<_> = set.findings().map(|finding| finding.code).collect();
        assert_eq!(codes, ["config-relative", "config-missing"]);
    }

    #[test]
    fn only_regular_files_are_read() {
        let home = Home::new();
        let fifo = home.0.path().join(".aws/config");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(matches!(home.files(&[]).all(), Err(FilesError::NotRegular(_))));
        let set = home.files(&[("AWS_CONFIG_FILE", "/dev/zero")]).all();
        assert_eq!(set.unwrap_err().to_string(), "cannot read /dev/zero: it is not a regular file");
    }

    #[test]
    fn files_that_others_may_write_are_told() {
        let home = Home::new().write(".aws/config", "[profile a]\n");
        let path = home.0.path().join(".aws/config");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
        let set = home.files(&[]).all().unwrap();
        let found: Vec<_> = set.findings().map(ToString::to_string).collect();
        assert_eq!(found, ["~/.aws/config:1: others may write to the file (mode 664) (config-writable)"]);
    }

    #[test]
    fn no_home_and_no_variable_is_an_error() {
        let host = Host::of(Vec::<&str>::new(), Vec::<(&str, &str)>::new(), Timestamp::UNIX_EPOCH);
        assert!(matches!(AwsFiles::locate(&host), Err(FilesError::NoHome(_))));
        let env = [("AWS_CONFIG_FILE", "/a"), ("AWS_SHARED_CREDENTIALS_FILE", "/b")];
        let host = Host::of(Vec::<&str>::new(), env, Timestamp::UNIX_EPOCH);
        assert!(AwsFiles::locate(&host).is_ok());
    }
}
