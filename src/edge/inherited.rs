//! Lines from a file descriptor that the parent process left open: passphrases, which are never arguments.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::io::Errno;
use zeroize::Zeroizing;

/// Reads one line, of at most so many bytes, without its end. Not a byte more is taken, so that the next line can follow, for
/// us or for a command that we become. `None` at the end.
pub fn line(descriptor: u32, max_bytes: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    if descriptor == 0 {
        // Its descriptor: the buffer of the standard library takes more than a line, and keeps it.
        return read(io::stdin().as_fd(), max_bytes);
    }
    read(own(descriptor)?.as_fd(), max_bytes)
}

/// Fills a buffer from standard input, and leaves no copy in another one.
pub fn exactly(buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match rustix::io::read(io::stdin(), &mut buffer[filled..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether an error means that no such descriptor is open, or not for reading.
pub fn is_not_open(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || Errno::from_io_error(error) == Some(Errno::BADF)
}

/// A second descriptor for the same open file, so that it goes on where others who read from it were.
#[cfg(target_os = "linux")]
fn own(descriptor: u32) -> io::Result<OwnedFd> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let number = i32::try_from(descriptor).map_err(|_| Errno::BADF)?;
    let copy =
        pidfd_open(getpid(), PidfdFlags::empty()).and_then(|own| pidfd_getfd(own, number, PidfdGetfdFlags::empty()));
    match copy {
        // Not known before Linux 5.6, and forbidden in some containers.
        Err(Errno::NOSYS | Errno::PERM) => opened_anew(descriptor),
        other => Ok(other?),
    }
}

#[cfg(not(target_os = "linux"))]
fn own(descriptor: u32) -> io::Result<OwnedFd> {
    opened_anew(descriptor)
}

/// What the descriptor stands for: on Linux from its beginning, if it is a file.
fn opened_anew(descriptor: u32) -> io::Result<OwnedFd> {
    File::open(format!("/dev/fd/{descriptor}")).map(OwnedFd::from)
}

fn read(from: BorrowedFd<'_>, max_bytes: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // All of its room from the start: a vector that grows leaves copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(max_bytes + 1));
    let mut byte = Zeroizing::new([0]);
    loop {
        match rustix::io::read(from, &mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() == max_bytes => return Err(io::ErrorKind::FileTooLarge.into()),
            Ok(_) => line.push(byte[0]),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use std::{io::Write, os::fd::AsRawFd};

    use super::*;

    fn pipe_of(text: &str) -> io::PipeReader {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        reader
    }

    fn read_all(text: &str) -> Vec<Option<String>> {
        let from = pipe_of(text);
        let next = || read(from.as_fd(), 8).unwrap().map(|line| String::from_utf8(line.to_vec()).unwrap());
        vec![next(), next(), next()]
    }

    #[test]
    fn lines_are_read_one_by_one() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read_all(" a \r\n\nb"), [some(" a "), some(""), some("b")]);
        assert_eq!(read_all(""), [None, None, None]);
        assert!(read(pipe_of("123456789\n").as_fd(), 8).is_err());
        assert!(read(pipe_of("12345678\n").as_fd(), 8).is_ok());
    }

    #[test]
    fn a_file_is_read_on_where_others_were() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"one\ntwo\n").unwrap();
        rustix::fs::seek(&file, rustix::fs::SeekFrom::Start(0)).unwrap();
        let number = u32::try_from(file.as_raw_fd()).unwrap();
        let next = || line(number, 8).unwrap().map(|line| line.to_vec());
        assert_eq!([next(), next(), next()], [Some(b"one".to_vec()), Some(b"two".to_vec()), None]);
    }
}
