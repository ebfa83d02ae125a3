//! Whose a new file is. With `sudo` that keeps HOME, root makes files in a user's folders; left to root, the user could read
//! neither his own sign-ins nor what was remembered for him. So they are given to whom the folder belongs to.

use std::{
    fs::{self, File, Metadata},
    io,
    os::unix::fs::{MetadataExt, fchown, lchown},
    path::{Path, PathBuf},
};

/// Gives a file that was just made in a folder to the folder's owner.
pub(super) fn hand_over(new: &File, folder: &Path) -> io::Result<()> {
    match is_root().then(|| fs::metadata(folder)).transpose()?.and_then(|folder| heir(&folder)) {
        Some((user, group)) => fchown(new, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// The folders that must be made for this one, itself first. Nobody but root has to know.
pub(super) fn missing(folder: &Path) -> Vec<PathBuf> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let folders = folder.ancestors().take_while(is_missing).filter(|_| is_root());
    folders.map(Path::to_owned).collect()
}

/// Gives the folders that were missing to the owner of the one that they were made in.
pub(super) fn hand_over_folders(made: &[PathBuf]) -> io::Result<()> {
    let Some(outermost) = made.last() else { return Ok(()) };
    let around = outermost.parent().filter(|around| !around.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some((user, group)) = heir(&fs::metadata(around)?) else { return Ok(()) };
    made.iter().try_for_each(|folder| lchown(folder, Some(user), Some(group)))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Who gets what root makes in this folder: nobody, where that is root's own.
fn heir(folder: &Metadata) -> Option<(u32, u32)> {
    (folder.uid() != 0).then(|| (folder.uid(), folder.gid()))
}
