//! As much of HTTP/1.1 as AWS clients speak: a request with a length, an answer with a length, kept-alive connections.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read, Write},
};

use jiff::Timestamp;

/// The longest head or body read; AWS's own answers to more would be errors too.
const LIMIT: u64 = 256 << 10;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// Lower-case names; of a repeated one the last.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// More headers.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Request {
    /// Reads the next request of a connection; `None` at its end.
    pub(super) fn read(connection: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = connection.take(LIMIT);
        let first = line(&mut head)?;
        if first.is_empty() {
            return Ok(None);
        }
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = BTreeMap::new();
        loop {
            let header = line(&mut head)?;
            let Some((name, value)) = header.split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").map_or(Ok(0), |length| length.parse());
        let length: u64 = length.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        let mut body = Vec::new();
        connection.take(length.min(LIMIT)).read_to_end(&mut body)?;
        Ok(Some(Self { method, path, query, headers, body }))
    }

    /// A header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

impl Response {
    /// Writes the answer, given now.
    pub(super) fn write(&self, connection: &mut impl Write, now: Timestamp) -> io::Result<()> {
        let Self { status, content_type, headers, body } = self;
        let mut text = format!(
            "HTTP/1.1 {status} {}\r\nDate: {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n",
            if *status < 400 { "OK" } else { "Error" },
            now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        connection.write_all(text.as_bytes())?;
        connection.flush()
    }
}

/// The `name=value` pairs of a query or a form, decoded.
pub(super) fn pairs(text: &str) -> BTreeMap<String, String> {
    let decode =
        |part: &str| percent_encoding::percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// A line without its end; empty at the end of the connection.
fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_requests_on_one_connection() {
        let text = "POST /?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n";
        let mut connection = text.as_bytes();
        let first = Request::read(&mut connection).expect("reads").expect("is there");
        assert_eq!((first.method.as_str(), first.query.as_str(), first.body.as_slice()), ("POST", "a=b", &b"abc"[..]));
        let second = Request::read(&mut connection).expect("reads").expect("is there");
        assert_eq!((second.method.as_str(), second.path.as_str()), ("GET", "/"));
        assert!(Request::read(&mut connection).expect("reads").is_none());
    }

    #[test]
    fn forms_are_decoded() {
        let form = pairs("Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam&Name=a+b&Empty=");
        assert_eq!(form["RoleArn"], "arn:aws:iam");
        assert_eq!(form["Name"], "a b");
        assert_eq!(form["Empty"], "");
    }
}
