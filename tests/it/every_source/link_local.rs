//! The addresses that AWS gives to what a container and an instance ask: nobody names them, so they cannot be fakes on another
//! port. The test has a network of its own, with nothing in it but loopback, which has these addresses, too.

use std::{
    io,
    net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream},
    process::Command,
    thread,
};

use super::{
    PRODUCTION, Row, SANDBOX, credential_process, each, exec, grouped, home::CONTAINER_TOKEN, row, use_in_bash,
    with_keys,
};
use crate::support::{Run, TestEnv, python, tool};

/// Tells the test that it has that network.
const INSIDE: &str = "AWSENV_TEST_LINK_LOCAL";
const NAME: &str = "every_source::link_local::p1_sources_at_the_addresses_of_aws";

/// ECS, EKS Pod Identity, and instance metadata; the last two in IPv6, too.
const ADDRESSES: [&str; 5] = ["169.254.170.2", "169.254.170.23", "169.254.169.254", "fd00:ec2::23", "fd00:ec2::254"];

/// The profile that asks, and variables: `HOME/` is the home, and an empty one is unset.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const RELATIVE: (&str, &str) = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/container/credentials");
const NO_TOKEN: (&str, &str) = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "");
const TOKEN_FILE: (&str, &str) = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HOME/container-token");
const METADATA: (&str, &str) = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "");

const CASES: &[Case] = &[
    ("container", &[RELATIVE, (FULL, "")]),
    // As every SDK: the path goes first.
    ("container", &[RELATIVE, (FULL, "http://127.0.0.1:9/nobody")]),
    ("container", &[(FULL, "http://169.254.170.2/container/credentials")]),
    ("container", &[(FULL, "http://169.254.170.23/container/credentials"), NO_TOKEN, TOKEN_FILE]),
    ("container", &[(FULL, "http://[fd00:ec2::23]/container/credentials"), NO_TOKEN, TOKEN_FILE]),
    ("instance", &[METADATA]),
    ("instance", &[METADATA, ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6")]),
];

/// Which account botocore finds: by its own reading of the profile, and with awsenv as `credential_process`.
const CLIENT: &str = r#"
import sys, botocore.session
for profile in sys.argv[1:]:
    session = botocore.session.Session(profile=profile)
    print(session.create_client("sts", region_name="eu-west-1").get_caller_identity()["Account"])
"#;

#[test]
fn p1_sources_at_the_addresses_of_aws() {
    if let Ok(case) = std::env::var(INSIDE) {
        return inside(CASES[case.parse::<usize>().expect("it is the number of a case")]);
    }
    let (Some(unshare), Some(_)) = (tool("unshare"), tool("ip")) else { return };
    let script = "ip link set lo up && for to in $0; do ip address add $to dev lo || exit; done && exec \"$@\"";
    let itself = std::env::current_exe().expect("a test is a program");
    for case in 0..CASES.len() {
        let mut command = Command::new(&unshare);
        command.args(["-rn", "sh", "-c", script, &ADDRESSES.join(" ")]);
        command.arg(&itself).args(["--exact", NAME, "--nocapture"]).env(INSIDE, case.to_string());
        let run = Run::from(command.output().expect("unshare starts")).exits(0);
        assert!(run.stdout.contains("1 passed"), "{}", run.stdout);
    }
}

fn inside((profile, variables): Case) {
    let mut env = with_keys();
    let fake = env.aws().url().replace("http://", "").parse().expect("the fake has an address");
    for address in ADDRESSES {
        stand_in(address.parse().expect("it is an address"), fake);
    }
    env.write("container-token", CONTAINER_TOKEN);
    let home = format!("{}/", env.home().display());
    // No proxy is asked for these addresses.
    env.set("HTTP_PROXY", "http://127.0.0.1:9");
    env.set("NO_PROXY", "127.0.0.1");
    for (name, value) in variables {
        if value.is_empty() { env.unset(name) } else { env.set(name, &value.replace("HOME/", &home)) }
    }
    let rows = [row(profile, "", PRODUCTION, "ASIA")];
    for column in [use_in_bash, exec, credential_process, botocore] {
        each(&env, &rows, column);
    }
    // And where no profile is named.
    env.unset("AWS_ACCESS_KEY_ID");
    env.unset("AWS_SECRET_ACCESS_KEY");
    if profile == "instance" {
        env.unset(FULL);
    }
    env.run(&["exec", "--", "true"]).exits(0).says(&grouped(SANDBOX));
}

#[track_caller]
fn botocore(env: &TestEnv, row: Row) {
    let Some(python) = python() else { return };
    let by_awsenv = format!("by-awsenv-{}", row.profile);
    env.profile(&by_awsenv, &format!("credential_process = awsenv credential-process {}", row.profile));
    let mut command = env.command(python);
    // It would ask the proxy for instance metadata.
    command.env_remove("HTTP_PROXY");
    let run = Run::from(command.args(["-c", CLIENT, row.profile, &by_awsenv]).output().expect("Python starts"));
    assert_eq!(run.exits(0).stdout, format!("{PRODUCTION}\n{PRODUCTION}\n"), "{row:?}");
}

/// Hands on what comes to port 80 of an address, as long as the process lives.
fn stand_in(address: IpAddr, fake: SocketAddr) {
    let listener = TcpListener::bind((address, 80)).expect("the address is there, and nobody listens");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(fake).expect("the fake is well");
            let both = |stream: &TcpStream| stream.try_clone().expect("a stream has two ends");
            for (from, to) in [(both(&client), both(&server)), (server, client)] {
                thread::spawn(move || hand_on(from, to));
            }
        }
    });
}

fn hand_on(mut from: TcpStream, mut to: TcpStream) {
    // Whoever hangs up has what was wanted.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
