//! What `use` leaves undone: it costs time, and nobody needs it.

use std::fs;

use crate::support::{TestEnv, tool};

/// The system calls of a switch on a machine with no cache, one a line; `None` without strace.
fn calls_of_a_switch(env: &TestEnv, which: &str) -> Option<String> {
    let strace = tool("strace")?;
    let log = env.home().join("strace.log");
    let mut command = env.command(strace);
    command.args(["-f", "-e", which, "-o"]).arg(&log).arg(env!("CARGO_BIN_EXE_awsenv"));
    let output = command.args(["use", "staging", "--shell", "sh"]).output().expect("strace starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(fs::read_to_string(log).expect("strace writes its log"))
}

#[test]
fn nothing_of_tls_is_built_where_nothing_is_called_over_https() {
    let mut env = TestEnv::demo();
    // Read for https only, and then it would be an error.
    env.set("SSL_CERT_FILE", "/nonexistent/roots.pem");
    let Some(calls) = calls_of_a_switch(&env, "trace=open,openat,openat2") else { return };
    assert!(calls.contains("/.aws/config"), "the log holds what was opened: {calls}");
    let certificates: Vec<&str> =
        calls.lines().filter(|call| ["cert", ".pem", "/ssl", "/pki"].iter().any(|part| call.contains(part))).collect();
    assert_eq!(certificates, Vec::<&str>::new());
}

#[test]
fn a_switch_does_not_wait_for_the_disk() {
    let env = TestEnv::demo();
    let Some(calls) = calls_of_a_switch(&env, "trace=fsync,fdatasync,sync_file_range,syncfs,rename,renameat,renameat2")
    else {
        return;
    };
    assert!(calls.contains("accounts.json"), "the facts were remembered: {calls}");
    assert!(!calls.contains("sync"), "{calls}");
}
