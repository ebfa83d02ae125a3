//! The program: the real host in, an exit code out.

fn main() {}
