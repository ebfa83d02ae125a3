//! delay PORT MILLISECONDS: a way to the port on loopback that takes so long in each direction.
//!
//! Prints its own port. A TLS handshake and a request cost round trips over it, as on a real network, and no root is
//! needed. TCP's own handshake is answered by the kernel and takes no time.

use std::{
    env,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

fn main() -> io::Result<()> {
    let mut numbers = env::args().skip(1).map(|number| number.parse::<u16>().expect("PORT MILLISECONDS are numbers"));
    let (Some(port), Some(delay)) = (numbers.next(), numbers.next()) else { panic!("PORT MILLISECONDS are given") };
    let delay = Duration::from_millis(delay.into());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for near in listener.incoming() {
        let near = near?;
        let far = TcpStream::connect(("127.0.0.1", port))?;
        pass(near.try_clone()?, far.try_clone()?, delay);
        pass(far, near, delay);
    }
    Ok(())
}

/// Hands on what comes from one side, in order, each piece the delay after it came.
fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let _ = to.set_nodelay(true);
    let (arrived, waiting) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if arrived.send((Instant::now(), buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (came, bytes) in waiting {
            thread::sleep((came + delay).saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
