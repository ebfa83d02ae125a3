//! The browser's way back after a sign-in: which request is the right one.
//!
//! Any page in the browser, and any program on the machine, can send requests to a loopback port. Only one that has the
//! exact path, our own host and port, and the state that nobody else knows is taken. What is said to the others tells
//! nothing.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use super::secret::Secret;

/// The path that is registered with Identity Center.
pub const PATH: &str = "/oauth/callback";
/// The longest request that is read.
pub const MOST: usize = 16 << 10;

/// What a request brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callback {
    /// The authorization code.
    Code(Secret),
    /// The user, or Identity Center, said no: the error's name.
    Denied(String),
    /// It is none of ours.
    Wrong,
    /// It does not come from a program of this user.
    Stranger,
}

/// Judges the head of a request.
pub fn judge(head: &[u8], port: u16, state: &Secret) -> Callback {
    right(head, port, state).unwrap_or(Callback::Wrong)
}

fn right(head: &[u8], port: u16, state: &Secret) -> Option<Callback> {
    let head = std::str::from_utf8(head).ok()?;
    let (first, headers) = head.split_once("\r\n")?;
    let target = first.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1").filter(|target| !target.contains(' '))?;
    let (path, query) = target.split_once('?')?;
    if path != PATH {
        return None;
    }
    // A name of the attacker's that was bound anew to this machine is not ours.
    let named = headers.split("\r\n").filter_map(|line| line.split_once(':'));
    let mut hosts = named.filter(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, host)| host.trim());
    let (host, more) = (hosts.next()?, hosts.next());
    if more.is_some() || (host != format!("127.0.0.1:{port}") && host != format!("localhost:{port}")) {
        return None;
    }
    let one = |name: &str| {
        let mut values = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
        let value = values.next().filter(|_| values.next().is_none())?.1;
        percent_encoding::percent_decode_str(value).decode_utf8().ok().map(|text| text.into_owned())
    };
    if !same(one("state")?.as_bytes(), state.expose().as_bytes()) {
        return None;
    }
    match (one("code"), one("error")) {
        (Some(code), None) if !code.is_empty() => Some(Callback::Code(Secret::new(code))),
        (None, Some(error)) => Some(Callback::Denied(error.chars().take(100).collect())),
        _ => None,
    }
}

/// Compares without telling by the time it takes how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Takes the code and the state out of the address that the browser shows, restores and goes back to.
const FORGET: &str = "history.replaceState(null,'','/')";

/// What the browser shows: a page that is not allowed anything but to forget its own address.
pub fn reply(callback: &Callback) -> String {
    let (status, text) = match callback {
        Callback::Code(_) => ("200 OK", "awsenv has what it needs. Close this page and go back to the terminal."),
        Callback::Denied(_) => ("200 OK", "Nobody was signed in. Close this page and go back to the terminal."),
        Callback::Wrong => ("400 Bad Request", "This is not what awsenv waits for."),
        Callback::Stranger => (
            "403 Forbidden",
            "awsenv takes answers only from a browser that runs as the same user on the same machine. If this is you: \
             end it with ^C, and sign in with --device-code.",
        ),
    };
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>awsenv</title>\n<p>{text}</p>\n<script>{FORGET}</script>\n"
    );
    let script = BASE64_STANDARD.encode(Sha256::digest(FORGET));
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(first: &str, headers: &str) -> Callback {
        judge(format!("{first}\r\n{headers}\r\n\r\n").as_bytes(), 7, &Secret::new("st"))
    }

    #[test]
    fn t12_only_the_exact_request_is_taken() {
        let code = Callback::Code(Secret::new("a/b"));
        assert_eq!(of("GET /oauth/callback?code=a%2Fb&state=st HTTP/1.1", "Host: 127.0.0.1:7"), code);
        assert_eq!(of("GET /oauth/callback?state=st&code=a/b HTTP/1.1", "hOST:localhost:7"), code);
        let denied = Callback::Denied("access_denied".into());
        assert_eq!(of("GET /oauth/callback?error=access_denied&state=st HTTP/1.1", "Host: 127.0.0.1:7"), denied);
        for (first, headers) in [
            ("POST /oauth/callback?code=a&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&state=st HTTP/1.0", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback/?code=a&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET //oauth/callback?code=a&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET http://127.0.0.1:7/oauth/callback?code=a&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&state=su HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&state= HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&state=st&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&code=b&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&error=b&state=st HTTP/1.1", "Host: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&state=st HTTP/1.1", "Host: 127.0.0.1"),
            ("GET /oauth/callback?code=a&state=st HTTP/1.1", "Host: 127.0.0.1:8"),
            ("GET /oauth/callback?code=a&state=st HTTP/1.1", "Host: rebound.example:7"),
            ("GET /oauth/callback?code=a&state=st HTTP/1.1", "Host: 127.0.0.1:7\r\nHost: 127.0.0.1:7"),
            ("GET /oauth/callback?code=a&state=st HTTP/1.1", "X: y"),
        ] {
            assert_eq!(of(first, headers), Callback::Wrong, "{first} {headers}");
        }
    }

    #[test]
    fn t12_the_reply_tells_nothing() {
        assert!(!reply(&Callback::Code(Secret::new("canary"))).contains("canary"));
        assert!(!reply(&Callback::Denied("canary".into())).contains("canary"));
        assert!(reply(&Callback::Wrong).starts_with("HTTP/1.1 400 "));
        assert!(reply(&Callback::Stranger).starts_with("HTTP/1.1 403 "));
    }

    #[test]
    fn t12_the_page_may_run_its_one_script_and_nothing_else() {
        let page = reply(&Callback::Denied(String::new()));
        let script = page.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
        let hash = BASE64_STANDARD.encode(Sha256::digest(script));
        assert!(page.contains(&format!("default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'")), "{page}");
        let (head, body) = page.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
    }
}
