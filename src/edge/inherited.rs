//! Lines from a file descriptor that the parent process left open: passphrases, which are never arguments.

use std::{
    fs::File,
    io::{self, Read},
};

use zeroize::Zeroizing;

/// Reads one line, of at most so many bytes, without its end. Not a byte more is taken, so that the next line can follow.
/// `None` at the end.
pub fn line(descriptor: u32, max_bytes: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    if descriptor == 0 { read(&mut io::stdin(), max_bytes) } else { read(&mut open(descriptor)?, max_bytes) }
}

/// The descriptor itself cannot be taken over safely; the system opens what it stands for once more.
fn open(descriptor: u32) -> io::Result<File> {
    File::open(format!("/dev/fd/{descriptor}"))
}

fn read(from: &mut impl Read, max_bytes: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    // All of its room from the start: a vector that grows leaves copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(max_bytes + 1));
    let mut byte = Zeroizing::new([0]);
    loop {
        match from.read(&mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() == max_bytes => return Err(io::ErrorKind::FileTooLarge.into()),
            Ok(_) => line.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<Option<String>> {
        let mut from = text.as_bytes();
        let mut next = || read(&mut from, 8).unwrap().map(|line| String::from_utf8(line.to_vec()).unwrap());
        vec![next(), next(), next()]
    }

    #[test]
    fn lines_are_read_one_by_one() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read_all(" a \r\n\nb"), [some(" a "), some(""), some("b")]);
        assert_eq!(read_all(""), [None, None, None]);
        assert!(read(&mut &b"123456789\n"[..], 8).is_err());
        assert!(read(&mut &b"12345678\n"[..], 8).is_ok());
    }
}
