//! stub MILLISECONDS [END]: AWS as `awsenv use` asks it, on loopback, with the same delay before every answer.
//!
//! Prints its port. Sessions of roles end at END, RFC 3339. HTTP/1.1 with kept connections, a thread each, no signature check, one account.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/bench</Arn><UserId>AIDABENCHBENCHBENCH01</UserId>\
    <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
const ROLE: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
    <AssumedRoleUser><AssumedRoleId>AROABENCHBENCHBENCH01:bench</AssumedRoleId>\
    <Arn>arn:aws:sts::111122223333:assumed-role/Admin/bench</Arn></AssumedRoleUser>\
    <Credentials><AccessKeyId>ASIABENCHBENCHBENCH1</AccessKeyId><SecretAccessKey>bench</SecretAccessKey>\
    <SessionToken>bench</SessionToken><Expiration>END</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
const ALIAS: &str = "<ListAccountAliasesResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
    <ListAccountAliasesResult><IsTruncated>false</IsTruncated><AccountAliases><member>acme-staging</member>\
    </AccountAliases></ListAccountAliasesResult></ListAccountAliasesResponse>";
const NAME: &str = "{\"AccountId\":\"111122223333\",\"AccountName\":\"Acme Staging\"}";

fn main() -> io::Result<()> {
    let delay = env::args().nth(1).and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
    let delay = delay.expect("the delay is given in milliseconds");
    let end = env::args().nth(2).unwrap_or_default();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let stream = stream?;
        // A client that goes away is none of our business.
        let end = end.clone();
        thread::spawn(move || serve(stream, delay, &end));
    }
    Ok(())
}

fn serve(mut stream: TcpStream, delay: Duration, end: &str) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream.try_clone()?);
    while let Some((target, body)) = request(&mut input)? {
        thread::sleep(delay);
        let (status, text) = answer(&target, &body);
        let text = text.replace("END", end);
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", text.len());
        stream.write_all((head + &text).as_bytes())?;
    }
    Ok(())
}

/// One request's target and body; `None` at the connection's end.
fn request(input: &mut impl BufRead) -> io::Result<Option<(String, String)>> {
    let mut first = String::new();
    if input.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? <= 2 {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    Ok(Some((target, String::from_utf8_lossy(&body).into_owned())))
}

fn answer(target: &str, body: &str) -> (&'static str, &'static str) {
    match () {
        () if body.contains("Action=GetCallerIdentity") => ("200 OK", IDENTITY),
        () if body.contains("Action=AssumeRole") => ("200 OK", ROLE),
        () if body.contains("Action=ListAccountAliases") => ("200 OK", ALIAS),
        () if target.starts_with("/getAccountInformation") => ("200 OK", NAME),
        () => ("400 Bad Request", ""),
    }
}
