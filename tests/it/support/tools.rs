//! Programs and files that a test needs.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where a program is. Without it the test is left out, in one line; where everything must run, that is a failure.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert!(env::var_os("AWSENV_TEST_ALL").is_none(), "{name} is missing: tests/run.sh installs it");
        eprintln!("left out: {name} is not installed");
    }
    found
}

/// The Python of the test suite, which has botocore.
pub(crate) fn python() -> Option<PathBuf> {
    let python = repository().join("target/test-venv/bin/python");
    if python.exists() {
        return Some(python);
    }
    assert!(env::var_os("AWSENV_TEST_ALL").is_none(), "tests/run.sh makes target/test-venv");
    eprintln!("left out: target/test-venv is not there");
    None
}
