//! Files of which nothing may be lost and nothing believed that others could have put there: the vault.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rustix::{fs::OFlags, io::Errno};
use tempfile::Builder;

use super::{
    FileError, Lasting, Lock, Saved, TEMPORARY, failed, flags,
    lock::{LOCK_PAUSE, open_lock},
    make_parent, read_all, replace, write_private,
};

/// Before the process in a lock's file. `aws sso logout` reads every file of its cache, and stops at one that is JSON and holds
/// no object, as a bare number is.
const HOLDER: &str = "process ";

/// What happens to the content that is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backup {
    /// It stays beside the file, under the name of [`backup_path`].
    Keep,
    /// It goes, and what was kept before, too.
    Remove,
}

/// Where the content of before the last change is.
pub fn backup_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".bak");
    name.into()
}

/// Reads a file that only its owner could have written: not through a symbolic link, of one name alone, in a directory that
/// nobody else may write to. `None` where there is none.
pub fn read_kept(path: &Path, max_bytes: u64) -> Result<Option<Vec<u8>>, FileError> {
    let unread = |error| failed("read", path, error);
    let open = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match OpenOptions::new().read(true).custom_flags(flags(open)).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            return Err(FileError::NotRegular(path.to_owned()));
        }
        Err(error) => return Err(unread(error)),
    };
    let about = file.metadata().map_err(unread)?;
    if !about.is_file() {
        return Err(FileError::NotRegular(path.to_owned()));
    }
    if about.uid() != rustix::process::geteuid().as_raw() || about.mode() & 0o077 != 0 {
        return Err(FileError::NotPrivate(path.to_owned()));
    }
    let is_foreign = about.nlink() > 2 || (about.nlink() == 2 && !has_own_second_name(path, about.ino()));
    // A writer may have come to its end meanwhile, and the second name gone.
    if is_foreign && file.metadata().map_err(unread)?.nlink() > 1 {
        return Err(FileError::OtherNames(path.to_owned()));
    }
    check_directories(path)?;
    read_all(file, path, max_bytes).map(Some)
}

/// Replaces a file while its lock is held. What writers left that were killed is removed first.
pub fn replace_kept(path: &Path, bytes: &[u8], backup: Backup) -> Result<Saved, FileError> {
    let directory = private_folder(path)?;
    remove_left(&directory, path);
    match backup {
        Backup::Keep => keep(path)?,
        // First, so that no end of this leaves it beside the new content, and no failure comes after that.
        Backup::Remove => remove_backup(path)?,
    }
    replace(path, bytes, 0o600, Lasting::Synced)
}

/// Removes what killed writers left of any file in this folder, while the lock is held that all of its writers take.
pub fn remove_unfinished(folder: &Path) {
    remove_new(folder, b".");
}

/// Makes the folder of a file where it is missing, and refuses one that others may write to. That is seen before anything is
/// made: what root leaves in the home of a user, he cannot use.
pub fn private_folder(path: &Path) -> Result<PathBuf, FileError> {
    check_directories(path)?;
    let folder = make_parent(path)?;
    check_directories(path)?;
    Ok(folder)
}

/// Removes the backup, if there is one.
pub fn remove_backup(path: &Path) -> Result<(), FileError> {
    let backup = backup_path(path);
    match fs::remove_file(&backup) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &backup, error)),
        _ => Ok(()),
    }
}

/// As [`lock_within`], in a folder that nobody else may write to.
pub fn lock_private(path: &Path, patience: Duration) -> Result<Lock, FileError> {
    private_folder(path)?;
    lock_within(path, patience)
}

/// Locks a file that exists for that purpose alone, and writes the process's ID into it, for those that wait in vain.
pub fn lock_within(path: &Path, patience: Duration) -> Result<Lock, FileError> {
    let mut file = open_lock(path)?;
    let mut left = patience;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(fs::TryLockError::WouldBlock) if left.is_zero() => {
                let mut holder = String::new();
                let _ = file.take(40).read_to_string(&mut holder);
                let holder = holder.strip_prefix(HOLDER).unwrap_or_default().trim();
                let is_number = !holder.is_empty() && holder.bytes().all(|byte| byte.is_ascii_digit());
                let holder = if is_number { holder } else { "?" }.to_owned();
                return Err(FileError::Held { path: path.to_owned(), holder });
            }
            Err(fs::TryLockError::WouldBlock) => {
                thread::sleep(LOCK_PAUSE);
                left = left.saturating_sub(LOCK_PAUSE);
            }
            Err(fs::TryLockError::Error(error)) => return Err(failed("lock", path, error)),
        }
    }
    // Only for messages: a full disk is no reason to go on without the lock.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{HOLDER}{}", std::process::id()));
    Ok(Lock { _file: file })
}

/// A second name for the content that is about to be replaced. The backup of before goes only once that is there. Without
/// links on this file system, a copy.
fn keep(path: &Path) -> Result<(), FileError> {
    let backup = backup_path(path);
    if inode(path).is_some_and(|own| inode(&backup) == Some(own)) {
        return Ok(());
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    let link =
        Builder::new().prefix(&unfinished(path)).suffix(TEMPORARY).make_in(directory, |new| fs::hard_link(path, new));
    match link.and_then(|link| link.into_temp_path().persist(&backup).map_err(|error| error.error)) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if is_of_the_disk(&error) => Err(failed("keep a backup of", path, error)),
        Err(_) => copy(path, &backup),
    }
}

/// What a copy would fail for as well. All else, and each file system has its own word for it, means that there are no links.
fn is_of_the_disk(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT | Errno::IO | Errno::ROFS))
}

fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    write_private(to, &fs::read(from).map_err(|error| failed("read", from, error))?)
}

/// True if the second name of this file is one that a writer gave it, who may have been killed: what was to be the backup, or the
/// backup. In this order, in which a writer that is at it right now renames the one to the other.
fn has_own_second_name(path: &Path, own: u64) -> bool {
    let directory = path.parent().unwrap_or(Path::new("."));
    let unfinished = new_files(directory, unfinished(path).as_encoded_bytes());
    unfinished.iter().any(|other| inode(other) == Some(own)) || inode(&backup_path(path)) == Some(own)
}

fn inode(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|about| about.ino())
}

/// How the names of new files begin that are to be this one, or its backup.
fn unfinished(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix
}

/// Under the lock, every new file that is not renamed yet is of a writer that was killed.
fn remove_left(directory: &Path, path: &Path) {
    remove_new(directory, unfinished(path).as_encoded_bytes());
}

fn remove_new(directory: &Path, prefix: &[u8]) {
    for path in new_files(directory, prefix) {
        let _ = fs::remove_file(path);
    }
}

fn new_files(directory: &Path, prefix: &[u8]) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let is_new = |name: &[u8]| name.starts_with(prefix) && name.ends_with(TEMPORARY.as_bytes());
    let new = entries.flatten().filter(|entry| is_new(entry.file_name().as_encoded_bytes()));
    new.map(|entry| entry.path()).collect()
}

/// The file's own directory is ours alone to write to; above it nobody may who is not us, root, or in a group of ours. Of
/// directories that are missing, the ones above them count.
fn check_directories(path: &Path) -> Result<(), FileError> {
    let own = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let there = own.ancestors().find(|directory| directory.exists()).unwrap_or(Path::new("."));
    let real = fs::canonicalize(there).map_err(|error| failed("read", there, error))?;
    let (me, root) = (rustix::process::geteuid().as_raw(), root_here());
    for directory in real.ancestors() {
        let about = fs::metadata(directory).map_err(|error| failed("read", directory, error))?;
        let is_own = there == own && directory == real;
        if about.uid() != me && (about.uid() != root || is_own) {
            return Err(FileError::ForeignDirectory(directory.to_owned()));
        }
        let writable = if is_own { 0o022 } else { 0o002 };
        let sticky = about.mode() & 0o1000 != 0 && !is_own;
        if about.mode() & writable != 0 && !sticky {
            return Err(FileError::OpenDirectory(directory.to_owned()));
        }
    }
    Ok(())
}

/// Who owns root's files here. In a user namespace without root, as rootless containers may be, they belong to the user that
/// stands for all who are not in it; of these, root alone has folders above a home.
fn root_here() -> u32 {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    if maps_root(&read("/proc/self/uid_map")) {
        return 0;
    }
    read("/proc/sys/kernel/overflowuid").trim().parse().unwrap_or(0)
}

/// Whether root is in this user namespace; also where nothing says that he is not. A line is: first ID here, first outside, how many.
fn maps_root(uid_map: &str) -> bool {
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    uid_map.is_empty() || uid_map.lines().any(|line| first(line).as_deref() == Some("0"))
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use tempfile::TempDir;

    use super::*;

    fn home() -> (TempDir, PathBuf) {
        let home = TempDir::new().unwrap();
        let path = home.path().join("awsenv/vault");
        (home, path)
    }

    fn read(path: &Path) -> Option<Vec<u8>> {
        read_kept(path, 100).unwrap()
    }

    #[test]
    fn p8_the_content_of_before_stays_beside_the_file() {
        let (_home, path) = home();
        assert_eq!(read(&path), None);
        assert_eq!(replace_kept(&path, b"one", Backup::Keep).unwrap(), Saved::Durable);
        assert!(!backup_path(&path).exists());
        replace_kept(&path, b"two", Backup::Keep).unwrap();
        replace_kept(&path, b"three", Backup::Keep).unwrap();
        assert_eq!((read(&path).unwrap(), read(&backup_path(&path)).unwrap()), (b"three".into(), b"two".into()));
        replace_kept(&path, b"four", Backup::Remove).unwrap();
        assert!(!backup_path(&path).exists());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn p8_r6_readers_see_the_old_or_the_new_and_no_foreign_name_while_backups_are_made() {
        let (_home, path) = home();
        replace_kept(&path, b"0", Backup::Keep).unwrap();
        let is_done = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::SeqCst;
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while !is_done.load(order) {
                        read_kept(&path, 100).expect("it is readable at any moment").expect("it is there");
                    }
                });
            }
            for number in 1..300 {
                replace_kept(&path, number.to_string().as_bytes(), Backup::Keep).unwrap();
            }
            is_done.store(true, order);
        });
    }

    #[test]
    fn p8_the_backup_stays_where_there_is_nothing_new_to_keep() {
        let (_home, path) = home();
        replace_kept(&path, b"one", Backup::Keep).unwrap();
        replace_kept(&path, b"two", Backup::Keep).unwrap();
        fs::remove_file(&path).unwrap();
        replace_kept(&path, b"three", Backup::Keep).unwrap();
        assert_eq!(read(&backup_path(&path)).unwrap(), b"one");
        // A writer that was killed had kept it already.
        fs::remove_file(backup_path(&path)).unwrap();
        fs::hard_link(&path, backup_path(&path)).unwrap();
        replace_kept(&path, b"four", Backup::Keep).unwrap();
        assert_eq!(read(&backup_path(&path)).unwrap(), b"three");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
    }

    #[test]
    fn p4_what_others_could_have_written_is_not_read() {
        let (home, path) = home();
        replace_kept(&path, b"one", Backup::Keep).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610] {
            set(&path, mode);
            assert!(matches!(read_kept(&path, 100), Err(FileError::NotPrivate(_))), "{mode:o}");
        }
        set(&path, 0o600);
        let directory = path.parent().unwrap();
        for mode in [0o770, 0o702, 0o1777] {
            set(directory, mode);
            assert!(matches!(read_kept(&path, 100), Err(FileError::OpenDirectory(_))), "{mode:o}");
            assert!(matches!(replace_kept(&path, b"x", Backup::Keep), Err(FileError::OpenDirectory(_))));
        }
        set(directory, 0o700);
        set(home.path(), 0o777);
        assert!(matches!(read_kept(&path, 100), Err(FileError::OpenDirectory(_))));
        set(home.path(), 0o770);
        assert_eq!(read(&path).unwrap(), b"one");
        let other = home.path().join("other");
        fs::hard_link(&path, &other).unwrap();
        assert!(matches!(read_kept(&path, 100), Err(FileError::OtherNames(_))));
        fs::remove_file(&other).unwrap();
        fs::hard_link(&path, backup_path(&path)).unwrap();
        assert_eq!(read(&path).unwrap(), b"one");
        fs::remove_file(backup_path(&path)).unwrap();
        // So does a writer that was killed before that name became the backup.
        let unfinished = path.with_file_name(".vaultAbCdEf.awsenv-new");
        fs::hard_link(&path, &unfinished).unwrap();
        assert_eq!(read(&path).unwrap(), b"one");
        fs::remove_file(unfinished).unwrap();
        fs::rename(&path, &other).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(matches!(read_kept(&path, 100), Err(FileError::NotRegular(_))));
    }

    #[test]
    fn root_is_in_a_namespace_or_not() {
        for all in ["         0          0 4294967295\n", "0 100000 65536\n", "1000 0 1\n0 1 1000\n", ""] {
            assert!(maps_root(all), "{all}");
        }
        assert!(!maps_root("      4242       4242          1\n"));
    }

    #[test]
    fn p8_what_killed_writers_left_is_removed_under_the_lock() {
        let (_home, path) = home();
        replace_kept(&path, b"one", Backup::Keep).unwrap();
        let left = path.with_file_name(".vaultAbCdEf.awsenv-new");
        write_private(&left, b"half").unwrap();
        write_private(&path.with_file_name(".other.awsenv-new"), b"another's").unwrap();
        replace_kept(&path, b"two", Backup::Keep).unwrap();
        assert!(!left.exists());
        assert!(path.with_file_name(".other.awsenv-new").exists());
    }

    #[test]
    fn who_holds_the_lock_is_named() {
        let (_home, path) = home();
        let lock = lock_within(&path, Duration::ZERO).unwrap();
        let error = lock_within(&path, Duration::from_millis(20)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("another awsenv (process {}) keeps {} locked", std::process::id(), path.display())
        );
        drop(lock);
        lock_within(&path, Duration::ZERO).unwrap();
    }
}
