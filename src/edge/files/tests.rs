use std::{
    os::unix::{fs::symlink, process::ExitStatusExt},
    process::{Command, ExitStatus},
};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::*;

/// Tells the test that plays a child process which file to write.
const CHILD: &str = "AWSENV_TEST_CHILD_WRITES";
static LARGE: [u8; 100_000] = [b'n'; 100_000];

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[expect(clippy::disallowed_methods, reason = "a test lays out files as a user would")]
fn put(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn p4_a_file_and_its_directories_are_for_the_owner_alone() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("a/b/file");
    write_private(&path, b"one").unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&home.path().join("a/b")), 0o700);
    assert_eq!(mode(&home.path().join("a")), 0o700);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    write_private(&path, b"two").unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(names(&home.path().join("a/b")), ["file"]);
}

#[test]
fn p4_a_cache_is_as_private_and_as_whole_as_any_file() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("a/cache");
    put(&home.path().join("victim"), "old", 0o644);
    write_cache(&path, b"one").unwrap();
    assert_eq!((mode(&path), mode(&home.path().join("a"))), (0o600, 0o700));
    fs::remove_file(&path).unwrap();
    symlink(home.path().join("victim"), &path).unwrap();
    write_cache(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::read(home.path().join("victim")).unwrap(), b"old");
    assert_eq!(names(&home.path().join("a")), ["cache"]);
}

#[test]
fn p4_a_planted_link_is_replaced_and_its_target_stays() {
    let home = TempDir::new().unwrap();
    let (victim, path) = (home.path().join("victim"), home.path().join("file"));
    put(&victim, "old", 0o644);
    symlink(&victim, &path).unwrap();
    write_private(&path, b"new").unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"old");
    assert!(!path.is_symlink());
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn p8_the_users_link_and_mode_stay() {
    let home = TempDir::new().unwrap();
    let (target, path) = (home.path().join("dotfiles.toml"), home.path().join("awsenv.toml"));
    put(&target, "old", 0o640);
    symlink("dotfiles.toml", &path).unwrap();
    write_users_file(&path, b"new").unwrap();
    assert!(path.is_symlink());
    assert_eq!(fs::read(&target).unwrap(), b"new");
    assert_eq!(mode(&target), 0o640);
    assert_eq!(names(home.path()), ["awsenv.toml", "dotfiles.toml"]);
}

#[test]
fn a_users_file_that_is_missing_is_made_and_a_dangling_link_is_an_error() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("config/awsenv.toml");
    write_users_file(&path, b"new").unwrap();
    assert_eq!(mode(&path), 0o600);
    let link = home.path().join("link");
    symlink("nowhere", &link).unwrap();
    let error = write_users_file(&link, b"new").unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot resolve {}: ", link.display())), "{error}");
    assert!(link.is_symlink());
    assert!(matches!(write_users_file(home.path(), b"new"), Err(FileError::NotRegular(_))));
}

/// Does nothing unless [`write_in_child`] starts it.
#[test]
#[expect(clippy::disallowed_methods, reason = "a child process of a test is told what to do")]
fn child() {
    if let Some(path) = std::env::var_os(CHILD) {
        write_private(Path::new(&path), &LARGE).unwrap();
    }
}

/// Writes 100,000 bytes in a process that may write files of a few hundred only: the write fails half done, as on a
/// full disk, or the process is killed right there.
#[expect(clippy::disallowed_methods, reason = "limits hold for a whole process, so this one needs its own")]
fn write_in_child(path: &Path, killed: bool) -> ExitStatus {
    let trap = if killed { "" } else { "trap '' XFSZ; " };
    Command::new("/bin/sh")
        .args(["-c", &format!("{trap}ulimit -c 0; ulimit -f 1; exec \"$0\" --exact edge::files::tests::child")])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, path)
        .output()
        .unwrap()
        .status
}

#[test]
fn p8_a_write_that_fails_halfway_leaves_the_old_content() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("file");
    put(&path, "old", 0o600);
    assert_eq!(write_in_child(&path, false).code(), Some(101));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(home.path()), ["file"]);
}

#[test]
fn p8_a_writer_killed_halfway_leaves_the_old_content() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("file");
    put(&path, "old", 0o600);
    assert!(write_in_child(&path, true).signal().is_some());
    assert_eq!(fs::read(&path).unwrap(), b"old");

    let left = names(home.path()).into_iter().find(|name| name.ends_with(TEMPORARY)).unwrap();
    let left = home.path().join(left);
    write_private(&path, b"new").unwrap();
    assert!(left.exists(), "it may be the file of a writer that is still at work");
    let long_ago = fs::metadata(&path).unwrap().modified().unwrap() - 2 * ABANDONED;
    OpenOptions::new().write(true).open(&left).unwrap().set_modified(long_ago).unwrap();
    write_private(&path, b"newer").unwrap();
    assert_eq!(names(home.path()), ["file"]);
}

#[test]
fn p8_readers_see_the_old_or_the_new_content() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("file");
    write_private(&path, &[b'a'; 50_000]).unwrap();
    std::thread::scope(|scope| {
        for byte in [b'a', b'b', b'c'] {
            let path = &path;
            scope.spawn(move || (0..20).for_each(|_| write_private(path, &[byte; 50_000]).unwrap()));
        }
        for _ in 0..200 {
            let bytes = read_regular(&path, 1 << 20).unwrap().unwrap();
            assert_eq!(bytes.len(), 50_000);
            assert!(bytes.iter().all(|byte| *byte == bytes[0]));
        }
    });
    assert_eq!(names(home.path()), ["file"]);
}

#[test]
fn only_regular_files_of_a_sensible_size_are_read() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("file");
    assert!(read_regular(&path, 3).unwrap().is_none());
    put(&path, "old", 0o644);
    assert_eq!(read_regular(&path, 3).unwrap().unwrap(), b"old");
    assert!(matches!(read_regular(&path, 2), Err(FileError::TooLarge { max: 2, .. })));
    assert!(matches!(read_regular(home.path(), 3), Err(FileError::NotRegular(_))));
    let pipe = home.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    assert!(matches!(read_regular(&pipe, 3), Err(FileError::NotRegular(_))));
}

#[test]
fn p4_a_private_file_that_others_can_use_is_refused() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("file");
    for mode in [0o644, 0o620, 0o606] {
        put(&path, "old", mode);
        assert!(matches!(read_private(&path, 3), Err(FileError::NotPrivate(_))));
    }
    put(&path, "old", 0o600);
    assert_eq!(read_private(&path, 3).unwrap().unwrap(), b"old");
}

#[test]
fn p8_a_lock_keeps_others_out_until_it_is_dropped() {
    let home = TempDir::new().unwrap();
    let path = lock_path(&home.path().join("state/file"));
    assert_eq!(path, home.path().join("state/file.lock"));
    let held = lock(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    let other = File::open(&path).unwrap();
    assert!(matches!(other.try_lock(), Err(fs::TryLockError::WouldBlock)));
    drop(held);
    other.try_lock().unwrap();
}

#[test]
fn p4_what_stands_in_a_locks_place_and_is_no_file_is_refused() {
    let home = TempDir::new().unwrap();
    let (victim, path) = (home.path().join("victim"), home.path().join("file.lock"));
    let refused = || {
        assert!(matches!(lock(&path), Err(FileError::NotRegular(_))));
        assert!(matches!(lock_within(&path, Duration::ZERO), Err(FileError::NotRegular(_))));
        assert!(matches!(Turn::take(&path, &mut |_| {}), Err(FileError::NotRegular(_))));
    };
    symlink(&victim, &path).unwrap();
    refused();
    assert!(!victim.exists());
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused();
    fs::remove_dir(&path).unwrap();
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    refused();
}

#[test]
fn what_cannot_be_removed_does_not_keep_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let [first, one, other, last] = ["first", "one", "other", "last"].map(|name| dir.path().join(name));
    for path in [&first, &last] {
        put(path, "", 0o600);
    }
    let paths = || [&first, &one, &other, &last].map(PathBuf::as_path);
    assert_eq!(remove_each(paths()).unwrap(), 4, "what is gone already is no failure");
    for path in [&first, &last] {
        put(path, "", 0o600);
    }
    for path in [&one, &other] {
        fs::create_dir(path).unwrap();
    }
    let failed = remove_each(paths()).unwrap_err();
    assert!(failed.to_string().contains(&one.display().to_string()), "the first one: {failed}");
    assert_eq!(names(dir.path()), ["one", "other"]);
}

#[test]
fn lines_are_appended_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("env");
    assert!(append_lines(&path, b"A=1\n", Missing::Error).is_err());
    append_lines(&path, b"A=1\n", Missing::Create).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    append_lines(&path, b"B=2\n", Missing::Error).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"A=1\nB=2\n");
    // What somebody left unfinished does not swallow the first line.
    write_private(&path, b"A=1").unwrap();
    append_lines(&path, b"B=2\n", Missing::Error).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"A=1\nB=2\n");
    assert!(append_lines(Path::new("/dev/full"), b"A=1\n", Missing::Error).is_err());
}

#[test]
fn p5_no_link_and_no_device_is_appended_to() {
    let dir = tempfile::tempdir().unwrap();
    let (path, link) = (dir.path().join("file"), dir.path().join("link"));
    write_private(&path, b"").unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for missing in [Missing::Error, Missing::Create] {
        assert!(append_lines(&link, b"A=1\n", missing).is_err());
        assert!(append_lines(dir.path(), b"A=1\n", missing).is_err());
    }
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn what_root_makes_in_somebodys_folder_is_theirs() {
    const SOMEBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let home = TempDir::new().unwrap();
    std::os::unix::fs::chown(home.path(), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    write_private(&home.path().join("a/b/file"), b"one").unwrap();
    write_private(&home.path().join("a/b/file"), b"two").unwrap();
    drop(lock(&home.path().join("a/lock")).unwrap());
    for made in ["a", "a/b", "a/b/file", "a/lock"] {
        let about = fs::symlink_metadata(home.path().join(made)).unwrap();
        assert_eq!((about.uid(), about.gid()), (SOMEBODY, SOMEBODY), "{made}");
    }
    // What was there before stays whose it is, and so does what root makes in folders of its own.
    put(&home.path().join("a/kept"), "", 0o600);
    drop(lock(&home.path().join("a/kept")).unwrap());
    let own = TempDir::new().unwrap();
    write_private(&own.path().join("a/file"), b"one").unwrap();
    for path in [home.path().join("a/kept"), own.path().join("a"), own.path().join("a/file")] {
        assert_eq!(fs::symlink_metadata(&path).unwrap().uid(), 0, "{}", path.display());
    }
}
