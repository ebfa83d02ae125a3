//! A lock that one waits for as long as it takes, such as for what a person types elsewhere. Its file is there only while
//! somebody has it, or was killed with it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::{FileError, failed, flags, lock::open_lock, remove};

/// The lock, until this is dropped or the process ends in whatever way.
#[derive(Debug)]
pub struct Turn {
    path: PathBuf,
    file: File,
}

impl Turn {
    /// Takes the lock; where others have it, `waits` hears first which process it is, as far as it can be told.
    pub fn take(path: &Path, waits: &mut dyn FnMut(Option<u32>)) -> Result<Self, FileError> {
        let locked = |error| failed("lock", path, error);
        let mut said = false;
        loop {
            let mut file = open_lock(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(locked(error)),
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut said, true) {
                        waits(holder(&file));
                    }
                    lock(&file).map_err(locked)?;
                }
            }
            if is_at(path, &file) {
                // For those who wait only: a full disk is no reason to go on without the lock.
                let _ = sign(&mut file);
                return Ok(Self { path: path.to_owned(), file });
            }
        }
    }

    /// Removes what a process left that was killed with the lock.
    pub fn remove_left(path: &Path) {
        let Ok(file) = OpenOptions::new()
            .write(true)
            .custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY))
            .open(path)
        else {
            return;
        };
        if file.try_lock().is_ok() {
            drop(Self { path: path.to_owned(), file });
        }
    }
}

impl Drop for Turn {
    /// Who waits has this file open, and sees that it is not the one of this name any more.
    fn drop(&mut self) {
        if is_at(&self.path, &self.file) {
            let _ = remove(&self.path);
        }
    }
}

fn lock(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Whether this is still the file of that name.
fn is_at(path: &Path, file: &File) -> bool {
    let id = |about: fs::Metadata| (about.dev(), about.ino());
    fs::symlink_metadata(path).ok().map(id) == file.metadata().ok().map(id)
}

/// Says who has it, in place of whoever had it before and was read here.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tempfile::TempDir;

    use super::{super::write_private, *};

    fn nobody(_: Option<u32>) {
        panic!("nobody has it");
    }

    #[test]
    fn one_at_a_time_has_it_and_the_last_one_leaves_nothing() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("turns/a");
        let first = Turn::take(&path, &mut nobody).unwrap();
        let (says, said) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let (path, says) = (&path, says.clone());
                scope.spawn(move || Turn::take(path, &mut |process| says.send(process).unwrap()).unwrap());
            }
            for _ in 0..3 {
                assert_eq!(said.recv().unwrap(), Some(std::process::id()));
            }
            drop(first);
        });
        assert!(!path.exists());
        Turn::take(&path, &mut nobody).unwrap();
    }

    #[test]
    fn who_waited_for_a_killed_process_signs_in_its_place() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("a");
        write_private(&path, b"4711\n").unwrap();
        // Killed, it leaves the file, which is its name's still.
        let killed = File::open(&path).unwrap();
        killed.lock().unwrap();
        let (says, said) = mpsc::channel();
        let turn = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| Turn::take(&path, &mut |process| says.send(process).unwrap()).unwrap());
            assert_eq!(said.recv().unwrap(), Some(4711));
            drop(killed);
            waiting.join().unwrap()
        });
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        assert_eq!(holder(&File::open(&path).unwrap()), Some(std::process::id()));
        drop(turn);
    }

    #[test]
    fn what_a_killed_process_left_is_taken_and_can_be_removed() {
        let home = TempDir::new().unwrap();
        let path = home.path().join("a");
        write_private(&path, b"4711\n").unwrap();
        let turn = Turn::take(&path, &mut nobody).unwrap();
        Turn::remove_left(&path);
        assert!(path.exists(), "somebody has it");
        drop(turn);
        write_private(&path, b"4711\n").unwrap();
        Turn::remove_left(&path);
        assert!(!path.exists());
        Turn::remove_left(&path);
    }
}
