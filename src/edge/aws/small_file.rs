//! Reading what must be a small regular file: a token, a cached session, a bundle of certificates.

use std::{io, io::Read, os::unix::fs::OpenOptionsExt, path::Path};

use rustix::fs::OFlags;

/// Reads a regular file of at most `max` bytes; a pipe or a terminal does not hang it.
pub(super) fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC).bits();
    let flags = i32::try_from(flags).map_err(io::Error::other)?;
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("is longer than {} KiB", max >> 10)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_regular_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path(), 9).unwrap_err().to_string(), "is not a regular file");
        assert_eq!(read(Path::new("/dev/zero"), 9).unwrap_err().to_string(), "is not a regular file");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        io::Write::write_all(&mut file, b"0123456789").unwrap();
        assert_eq!(read(file.path(), 10).unwrap(), b"0123456789");
        assert_eq!(read(file.path(), 9).unwrap_err().to_string(), "is longer than 0 KiB");
    }
}
