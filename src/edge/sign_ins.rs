//! The cache of Identity Center sign-ins, `~/.aws/sso/cache`, which awsenv shares with the AWS CLI and every SDK.
//!
//! The others write these files in place and without a lock. Here each write is whole or not at all, and whoever renews a
//! token keeps a lock meanwhile: of many shells at once one asks AWS, and the others read what it got. A symbolic link in the
//! place of a token's file is followed: each renewal spends the token before it, for all who share the file.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::files::{self, FileError, Lock};
use crate::core::sign_in::{Flow, NoSignIn, OidcClient, SignIn, Token};

/// Below the home directory; no variable moves it.
const FOLDER: &str = ".aws/sso/cache";
/// The longest file that is read.
const MOST: u64 = 64 << 10;
/// How long another process's renewal is waited for: its calls' deadline and more.
const PATIENCE: Duration = Duration::from_secs(60);

/// The cache.
#[derive(Clone, Debug)]
pub struct SignIns {
    folder: PathBuf,
}

/// What the file of a sign-in holds.
#[derive(Debug)]
pub enum Found {
    /// Its token.
    Token(Box<Token>),
    /// There is none.
    Nothing,
    /// Something else.
    Other(NoSignIn),
}

impl SignIns {
    /// The one of this home directory.
    pub fn of_home(home: &Path) -> Self {
        Self { folder: home.join(FOLDER) }
    }

    /// The file of a sign-in's token.
    pub fn path(&self, sign_in: &SignIn) -> PathBuf {
        self.folder.join(sign_in.token_file())
    }

    /// Reads a token.
    pub fn read(&self, sign_in: &SignIn) -> Result<Found, FileError> {
        let Some(bytes) = files::read_regular(&self.path(sign_in), MOST)?.map(Zeroizing::new) else {
            return Ok(Found::Nothing);
        };
        Ok(Token::parse(&bytes, sign_in).map_or_else(Found::Other, |token| Found::Token(Box::new(token))))
    }

    /// Whether others on this machine could read the token.
    pub fn is_open(&self, sign_in: &SignIn) -> bool {
        self.path(sign_in).metadata().is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
    }

    /// What is read, locked, written and removed.
    fn file(&self, sign_in: &SignIn) -> PathBuf {
        files::behind_link(&self.path(sign_in))
    }

    /// Waits until nobody else renews this sign-in, and keeps others from it.
    pub fn lock(&self, sign_in: &SignIn) -> Result<Lock, FileError> {
        files::lock_within(&files::lock_path(&self.file(sign_in)), PATIENCE)
    }

    /// Writes a token.
    pub fn write(&self, sign_in: &SignIn, token: &Token) -> Result<(), FileError> {
        files::write_private(&self.file(sign_in), &token.encode())
    }

    /// Fails where a token could not be written.
    pub fn can_write(&self, sign_in: &SignIn) -> Result<(), FileError> {
        files::can_write(&self.file(sign_in))
    }

    /// Removes a token.
    pub fn remove(&self, sign_in: &SignIn) -> Result<(), FileError> {
        self.remove_file(&self.path(sign_in))
    }

    /// All tokens for getting credentials, whoever made them, with their files and the sign-ins that they say they are of.
    pub fn all(&self) -> Vec<(PathBuf, Token, Option<SignIn>)> {
        let Ok(entries) = fs_err::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.flatten().map(|entry| entry.path());
        let files = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
        let token = |path: PathBuf| {
            let bytes = Zeroizing::new(files::read_regular(&path, MOST).ok().flatten()?);
            Token::parse_any(&bytes).map(|(token, sign_in)| (path, token, sign_in))
        };
        files.filter_map(token).collect()
    }

    /// Removes a file that [`all`](Self::all) named.
    pub fn remove_file(&self, path: &Path) -> Result<(), FileError> {
        let file = files::behind_link(path);
        files::remove(&file)?;
        files::remove(&files::lock_path(&file))?;
        files::remove(path)
    }

    /// The client that was registered before, by us or by the AWS CLI.
    pub fn client(&self, sign_in: &SignIn, flow: Flow, now: Timestamp) -> Option<OidcClient> {
        let bytes = files::read_regular(&self.folder.join(sign_in.client_file()), MOST).ok().flatten()?;
        OidcClient::parse(&Zeroizing::new(bytes), sign_in, flow, now)
    }

    /// Keeps a client for the next sign-in.
    pub fn write_client(&self, sign_in: &SignIn, flow: Flow, client: &OidcClient) -> Result<(), FileError> {
        files::write_private(&self.folder.join(sign_in.client_file()), &client.encode(sign_in, flow))
    }

    /// Forgets a client that Identity Center no longer knows.
    pub fn remove_client(&self, sign_in: &SignIn) -> Result<(), FileError> {
        files::remove(&self.folder.join(sign_in.client_file()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::region::Region;

    #[test]
    fn p4_what_is_written_is_private_and_read_back() {
        let home = tempfile::tempdir().unwrap();
        let sign_in = SignIn::new(Some("corp"), "https://x/start", &Region::parse("eu-west-1").unwrap());
        let cache = SignIns::of_home(home.path());
        assert!(matches!(cache.read(&sign_in).unwrap(), Found::Nothing));
        let text = br#"{"accessToken":"a","expiresAt":"2026-01-01T00:00:00Z"}"#;
        cache.write(&sign_in, &Token::parse(text, &sign_in).unwrap()).unwrap();
        let Found::Token(token) = cache.read(&sign_in).unwrap() else { panic!("is there") };
        assert_eq!(token.access_token.expose(), "a");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&cache.path(&sign_in)), mode(&cache.folder)), (0o600, 0o700));
        drop(cache.lock(&sign_in).unwrap());
        cache.remove(&sign_in).unwrap();
        assert_eq!(std::fs::read_dir(&cache.folder).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_is_shared_by_a_link_stays_shared() {
        let (home, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sign_in = SignIn::new(Some("corp"), "https://x/start", &Region::parse("eu-west-1").unwrap());
        let cache = SignIns::of_home(home.path());
        let token = |name: &str| {
            let text = format!("{{\"accessToken\":\"{name}\",\"expiresAt\":\"2026-01-01T00:00:00Z\"}}");
            Token::parse(text.as_bytes(), &sign_in).unwrap()
        };
        cache.write(&sign_in, &token("before")).unwrap();
        let (path, target) = (cache.path(&sign_in), shared.path().join("token.json"));
        std::fs::rename(&path, &target).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        let lock = cache.lock(&sign_in).unwrap();
        assert!(files::lock_path(&target).exists(), "whoever shares it waits");
        cache.write(&sign_in, &token("after")).unwrap();
        drop(lock);
        assert!(path.is_symlink());
        assert!(std::fs::read_to_string(&target).unwrap().contains("after"));
        cache.remove(&sign_in).unwrap();
        assert!(!path.is_symlink() && std::fs::read_dir(shared.path()).unwrap().next().is_none());
    }
}
