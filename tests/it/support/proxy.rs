//! A proxy that opens no connection, and remembers to whom it was asked for one.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
};

/// It answers 502 to every CONNECT, but not before all the hosts that are awaited were asked for: which of several
/// calls fails first does not decide what is seen.
pub(crate) struct ClosedProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

struct Shared {
    awaited: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: BTreeSet<String>,
    stop: bool,
}

impl ClosedProxy {
    /// Listens on a free loopback port, and waits for so many hosts before it answers.
    pub(crate) fn awaiting(awaited: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let address = listener.local_addr().expect("it has an address");
        let shared = Arc::new(Shared { awaited, state: Mutex::default(), changed: Condvar::new() });
        let for_thread = Arc::clone(&shared);
        let listener = Some(thread::spawn(move || accept(&listener, &for_thread)));
        Self { address, shared, listener }
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// The `host:port` of every CONNECT so far.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        self.shared.state.lock().expect("the proxy is well").asked.clone()
    }
}

impl Drop for ClosedProxy {
    fn drop(&mut self) {
        self.shared.state.lock().expect("the proxy is well").stop = true;
        self.shared.changed.notify_all();
        // A connection of our own wakes the listener.
        TcpStream::connect(self.address).ok();
        if let Some(thread) = self.listener.take() {
            thread.join().ok();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        if shared.state.lock().expect("the proxy is well").stop {
            break;
        }
        let shared = Arc::clone(shared);
        // A client that goes away ends its thread; nobody waits for it.
        thread::spawn(move || connection.and_then(|connection| refuse(&connection, &shared)));
    }
}

fn refuse(mut connection: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let head: Vec<String> =
        BufReader::new(connection).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let target = head.first().and_then(|line| line.strip_prefix("CONNECT ")?.split(' ').next());
    let mut state = shared.state.lock().expect("the proxy is well");
    state.asked.insert(target.unwrap_or("something else than a CONNECT").to_owned());
    shared.changed.notify_all();
    let missing = |state: &mut State| state.asked.len() < shared.awaited && !state.stop;
    drop(shared.changed.wait_while(state, missing).expect("the proxy is well"));
    connection.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
