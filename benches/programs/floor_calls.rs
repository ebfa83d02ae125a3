//! floor_calls HOST:PORT TRIPS [COMMAND]: the least that asking for an identity and an alias can cost over plain HTTP.
//!
//! Two connections at the same time, one call on each, unsigned (the stub checks no signature). With two trips the call is
//! made a second time, as long as a TLS handshake before it would take. Then it becomes the command, if there is one.

use std::{
    env,
    io::{self, Read, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    process::Command,
    thread,
};

fn calls(host: &str, trips: usize, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    for _ in 1..trips {
        call(&mut stream, host, body)?;
    }
    call(&mut stream, host, body)
}

fn call(stream: &mut TcpStream, host: &str, body: &str) -> io::Result<String> {
    let head = format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    let (mut buffer, mut got) = ([0; 8 << 10], 0);
    loop {
        let read = stream.read(&mut buffer[got..])?;
        got += read;
        let text = String::from_utf8_lossy(&buffer[..got]);
        let complete = text.split_once("\r\n\r\n").is_some_and(|(head, rest)| {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| rest.len() >= length)
        });
        if complete {
            return Ok(text.into_owned());
        }
        assert!(read > 0, "the answer is cut off");
    }
}

fn main() -> io::Result<()> {
    let host = env::args().nth(1).expect("HOST:PORT is given");
    let trips = env::args().nth(2).and_then(|trips| trips.parse().ok()).expect("the number of trips is given");
    let (identity, alias) = thread::scope(|scope| {
        let alias = scope.spawn(|| calls(&host, trips, "Action=ListAccountAliases&Version=2010-05-08"));
        let identity = calls(&host, trips, "Action=GetCallerIdentity&Version=2011-06-15");
        (identity, alias.join().expect("the call does not panic"))
    });
    assert!(identity?.contains("<Account>") && alias?.contains("<AccountAliases>"));
    match env::args_os().nth(3) {
        Some(command) => Err(Command::new(command).exec()),
        None => Ok(()),
    }
}
