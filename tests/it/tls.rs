//! AWS behind a certificate of one's own authority, as in a network that inspects TLS.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Result, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::support::{Run, TestEnv, tool};

/// An environment whose AWS is behind TLS, and the file of the authority that vouches for it.
struct Inspected {
    env: TestEnv,
    authority: String,
    port: u16,
}

impl Inspected {
    /// `None` without openssl, which makes the certificates.
    fn start() -> Option<Self> {
        let mut env = TestEnv::demo();
        let openssl = tool("openssl")?;
        let make = |name: &str, more: &str| {
            let common = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1";
            let mut command = env.command(&openssl);
            command.args(common.split(' ')).args(more.split(' ')).args(["-subj", &format!("/CN={name}")]);
            let made = command.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]);
            let made = made.output().expect("openssl starts");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            let file = |end: &str| env.home().join(format!("{name}.{end}"));
            (file("pem"), file("key"))
        };
        let (authority, _) = make("authority", "-addext keyUsage=critical,keyCertSign");
        make("stranger", "-addext keyUsage=critical,keyCertSign");
        let (certificate, key) = make(
            "server",
            "-CA authority.pem -CAkey authority.key -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE",
        );
        let port = serve(&certificate, &key, env.aws().url().trim_start_matches("http://").to_owned());
        env.set("AWS_ENDPOINT_URL", &format!("https://127.0.0.1:{port}"));
        Some(Self { env, authority: authority.to_string_lossy().into_owned(), port })
    }

    /// A profile with the key of staging, and these lines.
    fn profile(&self, lines: &str) {
        let keys = "aws_access_key_id = AKIADEMOSTAGING77777\n\
            aws_secret_access_key = demo/staging/not+a+secret/DEMO+DEMO+DE/0";
        self.env.profile("inspected", &format!("region = eu-west-1\n{keys}\n{lines}"));
    }

    /// What is said where the certificate is not trusted.
    fn distrust(&self) -> String {
        format!("the certificate of 127.0.0.1:{} is not trusted", self.port)
    }
}

/// Takes TLS off in front of another server, for as long as the test's process lives.
fn serve(certificate: &Path, key: &Path, to: String) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(certificate).expect("openssl wrote a certificate")];
    let key = PrivateKeyDer::from_pem_file(key).expect("openssl wrote a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("the key belongs to the certificate");
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
    let port = listener.local_addr().expect("it has an address").port();
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let (config, to) = (Arc::clone(&config), to.clone());
            // A client that breaks off, because it does not trust the certificate, ends its own thread.
            thread::spawn(move || relay(connection, config, &to));
        }
    });
    port
}

fn relay(connection: TcpStream, config: Arc<ServerConfig>, to: &str) -> Result<()> {
    let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut client = BufReader::new(StreamOwned::new(tls, connection));
    let mut server = BufReader::new(TcpStream::connect(to)?);
    while let Some(request) = message(&mut client)? {
        server.get_mut().write_all(&request)?;
        let Some(answer) = message(&mut server)? else { break };
        client.get_mut().write_all(&answer)?;
        client.get_mut().flush()?;
    }
    Ok(())
}

/// A request or an answer, head and body; `None` at the end of the connection.
fn message(from: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    loop {
        let start = bytes.len();
        if from.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&bytes[start..]).trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    from.take(length).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[test]
fn p1_aws_ca_bundle_is_trusted() {
    let Some(mut inspected) = Inspected::start() else { return };
    let authority = inspected.authority.clone();
    inspected.env.set("AWS_CA_BUNDLE", &authority);
    let variables = inspected.env.variables_after("creds=$(awsenv use staging --shell sh) || exit\neval \"$creds\"");
    assert_eq!(variables["AWSENV_ACCOUNT_ID"], "444455556666");
    assert_eq!(variables["AWSENV_ACCOUNT_ALIAS"], "acme-staging");
    // It is the user's own: it stays, and is not ours to clear.
    assert_eq!(variables["AWS_CA_BUNDLE"], authority);
    assert!(!variables.get("AWSENV_SET").is_some_and(|set| set.contains("AWS_CA_BUNDLE")), "{variables:?}");
    let asked: Vec<_> = inspected.env.aws().requests().into_iter().map(|request| request.operation).collect();
    assert!(asked.iter().any(|operation| operation == "GetCallerIdentity"), "{asked:?}");
}

#[test]
fn p1_ca_bundle_of_the_profile_is_trusted_and_exported_so_that_tools_trust_it_too() {
    let Some(inspected) = Inspected::start() else { return };
    inspected.profile(&format!("ca_bundle = {}", inspected.authority));
    let switch = "creds=$(awsenv use inspected --shell sh) || exit\neval \"$creds\"";
    let variables = inspected.env.variables_after(switch);
    assert_eq!(variables["AWSENV_ACCOUNT_ID"], "444455556666");
    assert_eq!(variables["AWS_CA_BUNDLE"], inspected.authority);
    assert!(variables["AWSENV_SET"].split(',').any(|name| name == "AWS_CA_BUNDLE"), "{}", variables["AWSENV_SET"]);
    // The environment of the switch alone is enough to be verified again, and `off` takes the bundle back.
    let variables = inspected.env.variables_after(&format!("{switch}\nawsenv whoami >&2 || exit"));
    assert_eq!(variables["AWSENV_ACCOUNT_ID"], "444455556666");
    let variables = inspected.env.variables_after(&format!("{switch}\neval \"$(awsenv off --shell sh)\""));
    assert_eq!(variables.get("AWS_CA_BUNDLE"), None);
}

#[test]
fn p1_ca_bundle_of_default_counts_where_no_profile_is_named() {
    let Some(inspected) = Inspected::start() else { return };
    let env = &inspected.env;
    let session = "[sso-session corp]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1";
    let config = fs::read_to_string(env.home().join(".aws/config")).unwrap();
    let write = |default: &str| env.write(".aws/config", format!("{config}\n{session}\n\n[default]\n{default}\n"));
    write("");
    env.run(&["login", "corp", "--device-code", "--no-browser"]).exits(6).says(&inspected.distrust());
    write(&format!("ca_bundle = {}", inspected.authority));
    let sign_in = || drop(env.run(&["login", "corp", "--device-code", "--no-browser"]).exits(0));
    sign_in();
    env.run(&["sync", "sso", "corp", "--dry-run"]).exits(0);
    for arguments in [["logout", "corp"], ["logout", "--all"]] {
        sign_in();
        let run = env.run(&arguments).exits(0);
        assert!(!run.stderr.contains("was not told"), "{}", run.stderr);
    }
    // What came with a directory does not say whom to trust.
    let elsewhere = env.write("project/.git/config", "");
    let config = env.write("project/aws", fs::read(env.home().join(".aws/config")).unwrap());
    let mut command = env.awsenv(&["login", "corp", "--device-code", "--no-browser"]);
    command.env("AWS_CONFIG_FILE", &config).current_dir(elsewhere.parent().unwrap().parent().unwrap());
    let run: Run = command.output().expect("awsenv starts").into();
    run.exits(3).says("ca_bundle is not taken from a file").says("config-untrusted");
}

#[test]
fn p1_the_environments_bundle_is_before_the_profiles() {
    let Some(mut inspected) = Inspected::start() else { return };
    inspected.profile("ca_bundle = /nonexistent/ca.pem");
    inspected.env.run(&["whoami", "inspected"]).exits(2).says("/nonexistent/ca.pem");
    let authority = inspected.authority.clone();
    inspected.env.set("AWS_CA_BUNDLE", &authority);
    inspected.env.run(&["whoami", "inspected"]).exits(0);
}

#[test]
fn p1_an_unknown_authority_is_refused_and_nothing_is_sent() {
    let Some(mut inspected) = Inspected::start() else { return };
    let distrust = inspected.distrust();
    for bundle in [None, Some("stranger.pem")] {
        if let Some(file) = bundle {
            let file = inspected.env.home().join(file);
            inspected.env.set("AWS_CA_BUNDLE", &file.to_string_lossy());
        }
        inspected.env.run(&["whoami", "staging"]).exits(6).says(&distrust).says("set AWS_CA_BUNDLE");
        let run = inspected.env.run(&["use", "staging", "--shell", "sh"]).exits(6).says(&distrust);
        assert!(run.stdout.contains("AWSENVREFUSED0000000"), "{}", run.stdout);
    }
    assert_eq!(inspected.env.aws().requests(), []);
}

#[test]
fn p1_a_certificate_for_another_name_is_refused() {
    let Some(mut inspected) = Inspected::start() else { return };
    let authority = inspected.authority.clone();
    inspected.env.set("AWS_CA_BUNDLE", &authority);
    let elsewhere = format!("https://localhost:{}", inspected.port);
    inspected.env.set("AWS_ENDPOINT_URL", &elsewhere);
    inspected.env.run(&["whoami", "staging"]).exits(6).says("is not trusted");
    assert_eq!(inspected.env.aws().requests(), []);
}
