//! Finds section headers in a file that is read block by block.
//!
//! What is between two headers is handed on in whole lines and not looked at, so that only the sections that somebody
//! wants are parsed, and the memory used does not grow with the file.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

/// Size of a block: one reused buffer of this size costs less than page faults on a buffer of the file's size.
const BLOCK: usize = 64 << 10;
/// The longest line that is read.
const LONGEST_LINE: usize = 1 << 20;
/// The largest file that is read.
const LARGEST_FILE: u64 = 64 << 20;

/// A piece of a file, in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A line that begins with `[`, without its line end.
    Header {
        /// The line.
        text: &'a [u8],
        /// Its number, from 1.
        line: usize,
    },
    /// Whole lines that are no headers, with their line ends (the last line of a file may have none). The lines between
    /// two headers may come in several pieces.
    Body {
        /// The lines.
        text: &'a [u8],
        /// Number of the first one, from 1.
        line: usize,
        /// All around it is [plain](is_plain), so that nobody needs to look again.
        plain: bool,
    },
}

/// Why a file cannot be scanned to its end.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line of more than 1 MiB.
    #[error("line {0} is longer than 1 MiB")]
    LongLine(usize),
    /// A file of more than 64 MiB.
    #[error("the file is larger than 64 MiB")]
    LargeFile,
}

/// Reads all of `reader` and hands its pieces to `visit`. Where the reads end makes no difference to what is handed on,
/// other than where the bodies are split.
pub fn scan(mut reader: impl Read, mut visit: impl FnMut(Piece<'_>)) -> Result<(), ScanError> {
    let mut buffer = vec![0; BLOCK];
    let (mut have, mut line, mut total) = (0, 1, 0);
    loop {
        if have == buffer.len() {
            if have >= LONGEST_LINE {
                return Err(ScanError::LongLine(line));
            }
            buffer.resize(have * 2, 0);
        }
        let read = match reader.read(&mut buffer[have..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        total += read as u64;
        if total > LARGEST_FILE {
            return Err(ScanError::LargeFile);
        }
        if read == 0 {
            pieces(&buffer[..have], &mut line, &mut visit);
            return Ok(());
        }
        // Only what is new can hold the last line end; the part of a line behind it waits for the next block.
        let cut = memrchr(b'\n', &buffer[have..have + read]).map_or(0, |at| have + at + 1);
        pieces(&buffer[..cut], &mut line, &mut visit);
        buffer.copy_within(cut..have + read, 0);
        have = have + read - cut;
    }
}

/// Takes whole lines apart into headers and bodies, counting lines.
fn pieces(text: &[u8], line: &mut usize, visit: &mut impl FnMut(Piece<'_>)) {
    let plain = is_plain(text);
    let mut body = 0;
    let mut at = 0;
    while let Some(open) = memchr(b'[', &text[at..]).map(|found| at + found) {
        at = open + 1;
        if open > 0 && text[open - 1] != b'\n' {
            continue;
        }
        hand_body(&text[body..open], plain, line, visit);
        let end = memchr(b'\n', &text[open..]).map_or(text.len(), |length| open + length);
        visit(Piece::Header { text: without_cr(&text[open..end]), line: *line });
        *line += 1;
        body = (end + 1).min(text.len());
        at = body;
    }
    hand_body(&text[body..], plain, line, visit);
}

fn hand_body(text: &[u8], plain: bool, line: &mut usize, visit: &mut impl FnMut(Piece<'_>)) {
    if !text.is_empty() {
        visit(Piece::Body { text, line: *line, plain });
        *line += memchr_iter(b'\n', text).count();
    }
}

/// True for text of printable ASCII, line ends and tabs, with nothing in it that may begin a comment.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let odd =
        |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') | (byte >= 0x7f) | (byte == b'#') | (byte == b';');
    // A block without comments is judged whole, without a branch for each byte.
    text.chunks(4096).all(|chunk| !chunk.iter().fold(false, |found, &byte| found | odd(byte)))
}

/// A line without the carriage return of a Windows line end.
pub(super) fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces with bodies joined, so that splits do not show.
    fn collect(reader: impl Read) -> Vec<(bool, Vec<u8>, usize)> {
        let mut pieces: Vec<(bool, Vec<u8>, usize)> = Vec::new();
        scan(reader, |piece| match piece {
            Piece::Header { text, line } => pieces.push((true, text.to_vec(), line)),
            Piece::Body { text, line, .. } => match pieces.last_mut() {
                Some((false, body, _)) => body.extend_from_slice(text),
                _ => pieces.push((false, text.to_vec(), line)),
            },
        })
        .unwrap();
        pieces
    }

    /// The same, slowly: by lines.
    fn by_lines(text: &[u8]) -> Vec<(bool, Vec<u8>, usize)> {
        let mut pieces: Vec<(bool, Vec<u8>, usize)> = Vec::new();
        for (index, line) in text.split_inclusive(|&byte| byte == b'\n').enumerate() {
            if line.starts_with(b"[") {
                pieces.push((true, without_cr(line.strip_suffix(b"\n").unwrap_or(line)).to_vec(), index + 1));
            } else if let Some((false, body, _)) = pieces.last_mut() {
                body.extend_from_slice(line);
            } else {
                pieces.push((false, line.to_vec(), index + 1));
            }
        }
        pieces
    }

    /// Gives `size` bytes a read.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.1.min(buffer.len());
            self.0.read(&mut buffer[..size])
        }
    }

    #[test]
    fn headers_bodies_and_line_numbers() {
        let text = b"# c\n[profile a]\r\nregion = [x]\n\n[b]\n[c]";
        assert_eq!(
            collect(&text[..]),
            [
                (false, b"# c\n".to_vec(), 1),
                (true, b"[profile a]".to_vec(), 2),
                (false, b"region = [x]\n\n".to_vec(), 3),
                (true, b"[b]".to_vec(), 5),
                (true, b"[c]".to_vec(), 6),
            ]
        );
        assert_eq!(collect(&b""[..]), []);
    }

    #[test]
    fn sections_and_lines_may_be_larger_than_a_block() {
        let mut text = b"[profile a]\nk = ".to_vec();
        text.resize(300 << 10, b'v');
        text.extend_from_slice(b"\n[profile b]\n");
        assert_eq!(collect(&text[..]), by_lines(&text));
    }

    #[test]
    fn endless_input_is_refused() {
        let endless = scan(io::repeat(b'x'), |_| ());
        assert!(matches!(endless, Err(ScanError::LongLine(1))), "{endless:?}");
        let endless = scan(io::repeat(b'\n'), |_| ());
        assert!(matches!(endless, Err(ScanError::LargeFile)), "{endless:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_blocks(text in "(\\[|\\]|\n|\r\n|a|é|\0| ){0,80}", size in 1_usize..20) {
            prop_assert_eq!(collect(Drip(text.as_bytes(), size)), by_lines(text.as_bytes()));
        }

        #[test]
        fn split_at_every_byte(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'['), any::<u8>()], 0..60)) {
            for at in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(at);
                prop_assert_eq!(collect(head.chain(tail)), by_lines(&bytes));
            }
        }
    }
}
