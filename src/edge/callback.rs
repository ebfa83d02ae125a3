//! The loopback port that the browser comes back to after a sign-in: open for that one answer, and no longer.

mod peer;

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use crate::core::{
    callback::{self, Callback, MOST, PATH},
    secret::Secret,
};

/// How long a request may take to come in, all of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many connections are served at a time. For one more the oldest is hung up on: the browser asks as soon as it is
/// connected, and who has waited longest is the last that it could be.
const CONNECTIONS: usize = 64;

/// 32 random bytes, for what nobody may guess.
pub fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

/// A port that waits.
#[derive(Debug)]
pub struct Listener {
    port: u16,
    answers: Receiver<Callback>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Taken by the first right request: there is no second one.
    send: Mutex<Option<Sender<Callback>>>,
    state: Secret,
    port: u16,
    /// Whether a connection is of this user.
    is_ours: fn(&TcpStream) -> bool,
    /// The connections that are served now, as they came.
    open: Mutex<BTreeMap<usize, TcpStream>>,
}

impl Listener {
    /// Opens a free port on 127.0.0.1, for the answer with this state.
    pub fn open(state: Secret) -> io::Result<Self> {
        Self::open_to(peer::is_ours, state)
    }

    fn open_to(is_ours: fn(&TcpStream) -> bool, state: Secret) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (send, answers) = mpsc::channel();
        let shared = Arc::new(Shared { send: Mutex::new(Some(send)), state, port, is_ours, open: Mutex::default() });
        let for_thread = Arc::clone(&shared);
        thread::Builder::new().name("callback".into()).spawn(move || accept(&listener, &for_thread))?;
        Ok(Self { port, answers, shared })
    }

    /// Where the browser is to come back to.
    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the answer; `None` if it does not come in that time.
    pub fn wait(&self, patience: Duration) -> Option<Callback> {
        match self.answers.recv_timeout(patience) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Callback::Denied("the port was closed".into())),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.take();
        // Wakes the thread that accepts, so that the port closes.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn take(&self) -> Option<Sender<Callback>> {
        self.send.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_over(&self) -> bool {
        self.send.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Has one more, and hangs up on the oldest where that is too many.
    fn begin(&self, number: usize, connection: TcpStream) {
        let mut open = self.open();
        open.insert(number, connection);
        if open.len() > CONNECTIONS
            && let Some((_, oldest)) = open.pop_first()
        {
            let _ = oldest.shutdown(Shutdown::Both);
        }
    }

    fn end(&self, number: usize) {
        self.open().remove(&number);
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<usize, TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, connection) in listener.incoming().enumerate() {
        if shared.is_over() {
            return;
        }
        let Ok(connection) = connection else { continue };
        let Ok(handle) = connection.try_clone() else { continue };
        shared.begin(number, handle);
        let for_thread = Arc::clone(shared);
        let served = thread::Builder::new().name("callback".into()).spawn(move || {
            // A connection that breaks is the other side's affair.
            let _ = serve(connection, &for_thread);
            for_thread.end(number);
        });
        if served.is_err() {
            shared.end(number);
        }
    }
}

fn serve(mut connection: TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_write_timeout(Some(PATIENCE))?;
    let head = head(&mut connection, instant() + PATIENCE)?;
    // Not before the request is in: whoever sends it and is gone by then is a stranger.
    let judged = match (shared.is_ours)(&connection) {
        true => callback::judge(&head, shared.port, &shared.state),
        false => Callback::Stranger,
    };
    let is_right = !matches!(judged, Callback::Wrong | Callback::Stranger);
    let sender = if is_right { shared.take() } else { None };
    let answer = if is_right && sender.is_none() { Callback::Wrong } else { judged };
    // The browser has its page before the port closes.
    let written = connection.write_all(callback::reply(&answer).as_bytes());
    if let Some(sender) = sender {
        let _ = sender.send(answer);
    }
    written
}

/// Reads the head of a request. The deadline is of all of it: whoever sends a byte now and then is not waited for.
fn head(connection: &mut TcpStream, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < MOST {
        let left = deadline.saturating_duration_since(instant());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        connection.set_read_timeout(Some(left))?;
        let read = connection.read(&mut piece)?;
        if read == 0 {
            break;
        }
        head.extend_from_slice(&piece[..read]);
    }
    Ok(head)
}

#[expect(clippy::disallowed_methods, reason = "a deadline, which is no time of day")]
fn instant() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(port: u16, state: &str, code: &str) -> String {
        let Ok(mut connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return "refused".into() };
        let request = format!("GET {PATH}?code={code}&state={state} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        // A port that closes meanwhile resets the connection.
        if connection.read_to_string(&mut answer).is_err() {
            return "refused".into();
        }
        answer.lines().next().unwrap_or("nothing").to_owned()
    }

    #[test]
    fn t12_after_200_wrong_requests_the_right_one_counts_once() {
        let listener = Listener::open(Secret::new("right")).unwrap();
        for wrong in 0..200 {
            assert_eq!(ask(listener.port, &format!("wrong{wrong}"), "evil"), "HTTP/1.1 400 Bad Request");
        }
        assert_eq!(listener.wait(Duration::ZERO), None);
        assert_eq!(ask(listener.port, "right", "good"), "HTTP/1.1 200 OK");
        let second = ask(listener.port, "right", "late");
        assert!(second != "HTTP/1.1 200 OK", "{second}");
        assert_eq!(listener.wait(PATIENCE), Some(Callback::Code(Secret::new("good"))));
    }

    #[test]
    fn t12_the_port_is_for_this_machine_alone() {
        let listener = Listener::open(Secret::new("s")).unwrap();
        assert_eq!(listener.redirect_uri(), format!("http://127.0.0.1:{}/oauth/callback", listener.port));
        assert_eq!(ask(listener.port, "s", "c"), "HTTP/1.1 200 OK");
    }

    #[test]
    fn t12_another_user_is_refused_though_he_knows_the_state() {
        let listener = Listener::open_to(|_| false, Secret::new("s")).unwrap();
        assert_eq!(ask(listener.port, "s", "c"), "HTTP/1.1 403 Forbidden");
        assert_eq!(listener.wait(Duration::ZERO), None);
    }

    #[test]
    fn t12_however_many_are_connected_the_browser_is_heard() {
        let listener = Listener::open(Secret::new("s")).unwrap();
        let begun = |_| {
            let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, listener.port)).unwrap();
            connection.write_all(b"G").unwrap();
            connection
        };
        let _slow: Vec<_> = (0..2 * CONNECTIONS).map(begun).collect();
        assert_eq!(ask(listener.port, "s", "c"), "HTTP/1.1 200 OK");
        assert_eq!(listener.wait(PATIENCE), Some(Callback::Code(Secret::new("c"))));
    }

    #[test]
    fn t12_the_deadline_is_of_a_whole_request() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut browser = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut connection, _) = listener.accept().unwrap();
        browser.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let late = head(&mut connection, instant()).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert_eq!(head(&mut connection, instant() + PATIENCE).unwrap(), b"GET / HTTP/1.1\r\n\r\n");
    }
}
