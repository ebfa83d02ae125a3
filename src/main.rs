//! The program: the real host in, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(awsenv::run(&mut awsenv::edge::host::Host::real()))
}
