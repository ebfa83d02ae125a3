//! The config file as it is, and what a sync changes in it.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use crate::{
    core::{
        profile::{
            header::SectionKind,
            set::ProfileSet,
            settings::{Key, Settings as Keys},
            vault::VaultProfiles,
        },
        sync::{self, Access, Block, Changes, Named, Outside, Scope, Template},
    },
    edge::{aws_files::AwsFiles, files},
    error::{CommandError, Kind},
};

/// The largest config file; what reads it takes no more.
const FILE_MAX: u64 = 64 << 20;

/// `~/.aws/config` as it is at one moment.
pub(super) struct Config {
    pub(super) path: PathBuf,
    pub(super) shown: String,
    pub(super) text: String,
}

impl Config {
    pub(super) fn read(files: &AwsFiles) -> Result<Self, CommandError> {
        let path = files.paths()[0].to_owned();
        let shown = files.config_shown().to_string_lossy().into_owned();
        let bytes = files::read_regular(&path, FILE_MAX).map_err(CommandError::from_parts)?.unwrap_or_default();
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
            CommandError::usage(format!("{shown}:{line}: the file is not UTF-8 text, so nothing was written"))
                .hint("The AWS CLI cannot read it either: save it as UTF-8.")
        })?;
        Ok(Self { path, shown, text })
    }

    /// What the AWS files say with this text.
    pub(super) fn set(&self, files: &AwsFiles) -> Result<ProfileSet, CommandError> {
        Self::checked(files, &self.text)
    }

    fn checked(files: &AwsFiles, text: &str) -> Result<ProfileSet, CommandError> {
        let set = files.all_with_config(text).map_err(CommandError::from_parts)?;
        match set.syntax_error().filter(|finding| *finding.location.file == *files.config_shown()) {
            Some(finding) => Err(CommandError::usage(finding.to_string())
                .hint("Every reader of AWS gives up on such a file: mend it first. Nothing was written.")),
            None => Ok(set),
        }
    }

    /// What is to be said of the blocks whose session the file no longer has.
    pub(super) fn left_behind(&self, set: &ProfileSet) -> Vec<String> {
        let is_gone = |session: &str| set.find(SectionKind::SsoSession, session.as_bytes()).is_none();
        let gone = sync::sessions(&self.text).filter(|(session, _)| is_gone(session));
        let note = |(session, line)| {
            let shown = &self.shown;
            format!(
                "{shown}:{line}: the block of the sso-session {session} stays, which is gone: its profiles lead nowhere; delete it"
            )
        };
        gone.map(note).collect()
    }

    pub(super) fn block(&self, session: &str) -> Result<Option<Block>, CommandError> {
        sync::find(&self.text, session).map_err(|damage| {
            CommandError::usage(format!("{}:{}: {damage} (block-damaged)", self.shown, damage.line))
                .hint("Nothing was written. Mend the lines, or delete all of the block: the next sync writes it anew.")
        })
    }
}

/// What is to be done, whatever the file holds.
pub(super) struct Job<'a> {
    pub(super) files: &'a AwsFiles,
    pub(super) template: &'a Template,
    pub(super) scope: Scope<'a>,
    pub(super) all: Vec<Access>,
    /// What the vault has, as far as it is open.
    pub(super) vault: Option<Arc<VaultProfiles>>,
}

/// The file, and what is to change in it.
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) block: Option<Block>,
    pub(super) named: Named,
    pub(super) changes: Changes,
}

impl Job<'_> {
    pub(super) fn compare(&self, config: Config) -> Result<Target, CommandError> {
        let session = self.scope.session;
        let block = config.block(session)?;
        let span = block.as_ref().map_or(0..0, |block| block.span.clone());
        let outside = format!("{}{}", &config.text[..span.start], &config.text[span.end..]);
        let others = Config::checked(self.files, &outside)?;
        let written = block.iter().flat_map(|block| &block.profiles);
        let staying: HashSet<&str> =
            written.filter(|written| self.scope.stays(written)).map(|written| written.name.as_str()).collect();
        let outside = |name: &str, access: &Access| {
            if self.vault.as_ref().is_some_and(|vault| vault.profiles.contains_key(name)) {
                // A name that both have is refused by everything that uses it.
                Outside::Vault
            } else if staying.contains(name) {
                Outside::Other
            } else {
                is_outside(&others, session, name, access)
            }
        };
        let named = sync::name_all(self.template, session, &self.all, &outside);
        let changes = sync::changes(block.as_ref(), &named, &self.scope);
        Ok(Target { config, block, named, changes })
    }

    /// The file as it is now, under the lock. What would change must be what was shown and agreed to.
    pub(super) fn again(&self, shown: &Target) -> Result<Target, CommandError> {
        let now = self.compare(Config::read(self.files)?)?;
        if now.changes == shown.changes || now.changes.is_empty() {
            return Ok(now);
        }
        Err(CommandError::new(
            Kind::Refused,
            format!("{} was changed in the meantime, so nothing was written", now.config.shown),
        )
        .hint("Run the same again: what changes is then compared with the file as it is now."))
    }
}

impl Target {
    pub(super) fn write(&self, job: &Job<'_>) -> Result<(), CommandError> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let text = sync::render(&self.config.text, self.block.as_ref(), job.scope.session, &self.changes.after);
        files::write_users_file(&self.config.path, text.as_bytes()).map_err(CommandError::from_parts)
    }
}

/// What has this name outside of the block.
fn is_outside(others: &ProfileSet, session: &str, name: &str, access: &Access) -> Outside {
    let Some(group) = others.find(SectionKind::Profile, name.as_bytes()) else { return Outside::Free };
    let mut keys = Keys::default();
    if others.settings(group, &mut keys).is_err() {
        return Outside::Other;
    }
    let is = |key: Key, text: &str| keys.get(key).is_some_and(|entry| entry.value == text);
    let same = is(Key::SsoSession, session)
        && is(Key::SsoAccountId, access.account.as_str())
        && is(Key::SsoRoleName, &access.role);
    if same { Outside::Same } else { Outside::Other }
}
