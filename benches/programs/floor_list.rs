//! floor_list FILE: the least that listing profiles can cost.
//!
//! Reads the file in blocks into one buffer, finds the lines that begin with `[`, and prints the names of the profiles.
//! It checks nothing, and knows neither comments nor the second file.

use std::{
    env, fs,
    io::{self, Read, Write},
};

const BLOCK: usize = 64 << 10;

unsafe extern "C" {
    fn memchr(text: *const u8, byte: i32, length: usize) -> *const u8;
}

/// Where the byte next is. The C library's search is the fastest at hand without a dependency.
fn find(text: &[u8], byte: u8) -> Option<usize> {
    // SAFETY: pointer and length are those of one slice.
    let hit = unsafe { memchr(text.as_ptr(), byte.into(), text.len()) };
    (!hit.is_null()).then(|| hit.addr() - text.as_ptr().addr())
}

/// Appends the profiles' names in these whole lines.
fn names(lines: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(found) = find(&lines[at..], b'[') {
        let open = at + found;
        at = open + 1;
        if open > 0 && lines[open - 1] != b'\n' {
            continue;
        }
        let Some(length) = lines[at..].iter().position(|&byte| byte == b']') else { return };
        let header = &lines[at..at + length];
        let name = header.strip_prefix(b"profile ").or((header == b"default").then_some(header));
        if let Some(name) = name {
            out.extend_from_slice(name);
            out.push(b'\n');
        }
        at += length;
    }
}

fn main() -> io::Result<()> {
    let path = env::args_os().nth(1).expect("a file is named");
    let mut file = fs::File::open(path)?;
    let mut stdout = io::stdout().lock();
    let (mut block, mut kept) = (vec![0; BLOCK], 0);
    let mut out = Vec::with_capacity(BLOCK);
    loop {
        let read = file.read(&mut block[kept..])?;
        let end = kept + read;
        // A line that is cut by the block's end waits for the next block.
        let whole = block[..end].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        names(&block[..if read == 0 { end } else { whole }], &mut out);
        if read == 0 || out.len() > BLOCK / 2 {
            stdout.write_all(&out)?;
            out.clear();
        }
        if read == 0 {
            return Ok(());
        }
        block.copy_within(whole..end, 0);
        kept = end - whole;
        assert!(kept < BLOCK, "a line is longer than a block");
    }
}
