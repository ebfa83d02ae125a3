//! A stand-in for AWS on loopback: canned answers, and a record of what was asked.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// One answer.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Status, content type and body.
    Of(u16, &'static str, String),
    /// A redirect to this place.
    Redirect(String),
    /// None, ever.
    Hang,
    /// A body without end.
    Endless,
}

/// The server. It answers each action (`GetCallerIdentity`, …) from a list, its last answer again and again.
pub(super) struct Fake {
    /// `http://127.0.0.1:PORT`.
    pub(super) url: String,
    asked: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    /// Starts one.
    pub(super) fn start(answers: &[(&'static str, Vec<Answer>)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.to_vec()));
        let log = asked.clone();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::Relaxed);
                let (answers, log) = (answers.clone(), log.clone());
                thread::spawn(move || serve(stream.unwrap(), &answers, &log));
            }
        });
        Self { url, asked, connections }
    }

    /// The requests so far: first line, headers and body.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// How many connections were opened.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

type Answers = Mutex<Vec<(&'static str, Vec<Answer>)>>;

fn serve(stream: TcpStream, answers: &Answers, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = read(&mut reader) {
        let answer = {
            let mut answers = answers.lock().unwrap();
            let found = answers.iter_mut().find(|(action, _)| request.contains(action));
            match found {
                Some((_, list)) if list.len() > 1 => list.remove(0),
                Some((_, list)) => list[0].clone(),
                None => Answer::Of(404, "text/plain", "no such action".into()),
            }
        };
        log.lock().unwrap().push(request);
        if write(&stream, &answer).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<String> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}

fn write(mut stream: &TcpStream, answer: &Answer) -> std::io::Result<()> {
    match answer {
        Answer::Of(status, kind, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
        }
        Answer::Redirect(to) => write!(stream, "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
        Answer::Hang => loop {
            thread::park();
        },
        Answer::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }
    }
}

/// An answer of a Query API.
pub(super) fn xml(body: impl Into<String>) -> Answer {
    Answer::Of(200, "text/xml", body.into())
}

/// An error of a Query API.
pub(super) fn fault(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    Answer::Of(status, "text/xml", body)
}

/// GetCallerIdentity's answer.
pub(super) fn identity(account: &str, arn: &str) -> Answer {
    xml(format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AIDAX</UserId>\
         <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    ))
}

/// ListAccountAliases' answer.
pub(super) fn aliases(alias: &str) -> Answer {
    xml(format!(
        "<ListAccountAliasesResponse><ListAccountAliasesResult><IsTruncated>false</IsTruncated><AccountAliases>\
         <member>{alias}</member></AccountAliases></ListAccountAliasesResult></ListAccountAliasesResponse>"
    ))
}

/// AssumeRole's answer, or AssumeRoleWithWebIdentity's.
pub(super) fn role(action: &str, key: &str, expires: &str) -> Answer {
    xml(format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s2</SecretAccessKey>\
         <SessionToken>t2</SessionToken><Expiration>{expires}</Expiration></Credentials></{action}Result></{action}Response>"
    ))
}
