//! A fault of our own must not show what we held.

use std::{
    io::{self, Write},
    panic,
};

/// From now on a panic prints its place and a fixed text only: its message may hold a value, and a value may be secret.
pub fn say_only_where() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let text = "please report this line to the project";
        // Nothing can be done where even this cannot be written.
        let _ = writeln!(io::stderr(), "awsenv: internal error at {place}; {text}");
    }));
}
