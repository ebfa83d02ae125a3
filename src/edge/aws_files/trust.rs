//! Whether a file that a variable names is the user's own, or came with the directory that the user works in
//! (`.envrc`, editor settings and the like set such variables).

use std::path::Path;

/// What the top of a work tree has: version control, or direnv's file, which sets variables for whoever enters.
const MARKS: [&str; 5] = [".git", ".hg", ".jj", ".svn", ".envrc"];

/// Where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// From the user.
    Own,
    /// Named by a relative path: it depends on the directory which file that is.
    Relative,
    /// In the work tree that the user is in.
    WorkTree,
}

impl Trust {
    /// Judges a path that a variable names.
    pub(super) fn of(path: &Path, cwd: Option<&Path>, home: Option<&Path>) -> Self {
        if !path.is_absolute() {
            return Self::Relative;
        }
        let Some(cwd) = cwd else { return Self::Own };
        // As it is named and as it is: a link may lead out of the tree, or into it.
        let named = path.parent().and_then(|folder| folder.canonicalize().ok());
        let real = path.canonicalize().ok();
        let home = home.and_then(|home| home.canonicalize().ok());
        let in_tree = |file: &Path| {
            file.ancestors().any(|folder| {
                // A home directory that is a work tree itself, of dotfiles, is the user's own.
                let holds_home = home.as_ref().is_some_and(|home| home.starts_with(folder));
                let is_tree = || MARKS.iter().any(|mark| folder.join(mark).symlink_metadata().is_ok());
                cwd.starts_with(folder) && !holds_home && is_tree()
            })
        };
        if named.as_deref().is_some_and(in_tree) || real.as_deref().is_some_and(in_tree) {
            return Self::WorkTree;
        }
        Self::Own
    }

    /// What to say about it: the finding's code and the end of a sentence that begins with the variable.
    pub(super) fn finding(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Own => None,
            Self::Relative => Some(("config-relative", "is a relative path")),
            Self::WorkTree => Some(("config-in-work-tree", "names a file in the work tree that you are in")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "tests write the files that the code only looks at")]
    fn p5_a_file_that_came_with_the_directory_is_not_the_users_own() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        for folder in [
            "hg/.hg",
            "jj/.jj",
            "svn/.svn",
            "direnv",
            "plain",
            "home/.git",
            "home/.aws",
            "home/repo/.git",
            "home/repo/sub/.aws",
            "home/other",
        ] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::create_dir(root.join("tree")).unwrap();
        // A work tree beside its repository has a file of that name.
        fs::write(root.join("tree/.git"), "gitdir: elsewhere\n").unwrap();
        for file in ["direnv/.envrc", "home/.aws/config", "home/repo/sub/.aws/config", "tree/config"] {
            fs::write(root.join(file), "").unwrap();
        }
        symlink(root.join("home/.aws/config"), root.join("home/repo/out")).unwrap();
        symlink(root.join("home/repo/sub/.aws/config"), root.join("home/other/into")).unwrap();
        for (path, cwd, expect) in [
            ("home/repo/sub/.aws/config", "home/repo", Trust::WorkTree),
            ("home/repo/sub/.aws/config", "home/repo/sub", Trust::WorkTree),
            ("home/repo/sub/../sub/.aws/config", "home/repo/sub", Trust::WorkTree),
            ("home/repo/missing", "home/repo", Trust::WorkTree),
            ("home/repo/out", "home/repo", Trust::WorkTree),
            ("home/other/into", "home/repo", Trust::WorkTree),
            ("tree/config", "tree", Trust::WorkTree),
            ("hg/config", "hg", Trust::WorkTree),
            ("jj/config", "jj", Trust::WorkTree),
            ("svn/config", "svn", Trust::WorkTree),
            ("direnv/config", "direnv", Trust::WorkTree),
            ("plain/config", "plain", Trust::Own),
            ("home/repo/sub/.aws/config", "home/other", Trust::Own),
            ("home/repo/sub/.aws/config", "home", Trust::Own),
            ("home/.aws/config", "home/repo", Trust::Own),
            ("home/.aws/config", "home/other", Trust::Own),
            ("tree/config", "home", Trust::Own),
        ] {
            let trust = Trust::of(&root.join(path), Some(&root.join(cwd)), Some(&root.join("home")));
            assert_eq!(trust, expect, "{path} from {cwd}");
        }
        assert_eq!(Trust::of(Path::new("config"), None, None), Trust::Relative);
    }
}
