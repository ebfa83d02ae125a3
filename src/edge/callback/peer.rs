//! Whose program a connection comes from.
//!
//! The address that the browser opens is in its arguments, where every user of the machine reads it, state included. One of
//! them could open it himself and send what he gets to our port: then he, not the user, would be signed in here.

use std::{
    io::{self, BufRead, BufReader},
    net::{SocketAddr, SocketAddrV4, TcpStream},
};

use fs_err::File;

/// The system's connections: of IPv4, and of sockets that speak both.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// Whether the other side is a program of this user, or of root, from whom nothing is kept in any case.
///
/// On Linux the system says who it is. A connection that it knows nothing of, or that its maker has let go of already, is
/// a stranger's. Other systems do not say, so there the state is all that is asked for.
pub(super) fn is_ours(connection: &TcpStream) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let me = rustix::process::geteuid().as_raw();
    owner(connection).ok().flatten().is_some_and(|user| user == me || user == 0)
}

/// The user who holds the other end.
fn owner(connection: &TcpStream) -> io::Result<Option<u32>> {
    let (SocketAddr::V4(peer), SocketAddr::V4(own)) = (connection.peer_addr()?, connection.local_addr()?) else {
        return Ok(None);
    };
    for table in TABLES {
        match File::open(table) {
            Ok(table) => {
                if let Some(user) = find(BufReader::new(table), peer, own)? {
                    return Ok(Some(user));
                }
            }
            // A system without IPv6.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The user in the row of the socket that has this address and is connected with that one.
fn find(table: impl BufRead, address: SocketAddrV4, other: SocketAddrV4) -> io::Result<Option<u32>> {
    let (address, other) = (both(address), both(other));
    for line in table.lines() {
        let line = line?;
        let mut fields = line.split_ascii_whitespace();
        let (Some(from), Some(to)) = (fields.nth(1), fields.next()) else { continue };
        if address.iter().any(|known| known == from) && other.iter().any(|known| known == to) {
            let (user, inode) = (fields.nth(4), fields.nth(1));
            // A socket that nobody holds any more has no inode, and is shown as root's.
            return Ok(user.filter(|_| inode.is_some_and(|inode| inode != "0")).and_then(|user| user.parse().ok()));
        }
    }
    Ok(None)
}

/// An address as the two tables have it: the words of its bytes in the machine's order.
fn both(address: SocketAddrV4) -> [String; 2] {
    let word = |bytes| format!("{:08X}", u32::from_ne_bytes(bytes));
    let v4 = format!("{}:{:04X}", word(address.ip().octets()), address.port());
    let mapped = format!("{:016X}{}{v4}", 0, word([0, 0, 0xff, 0xff]));
    [v4, mapped]
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    const HEADER: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    /// The user whom a table names that has a row of port 40000 to port 7, with these ends of the row.
    fn user(mapped: bool, uid: &str, inode: &str) -> Option<u32> {
        let at = |port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let form = usize::from(mapped);
        let row = |from: u16, to: u16, uid: &str, inode: &str| {
            format!(
                "   0: {} {} 01 00000000:00000000 00:00000000 00000000 {uid:>5}        0 {inode} 1 0000000000000000\n",
                both(at(from))[form],
                both(at(to))[form]
            )
        };
        // Our own end, and another connection to us.
        let others = row(7, 40000, "0", "11") + &row(40001, 7, "0", "12");
        let table = format!("{HEADER}{others}{}", row(40000, 7, uid, inode));
        find(table.as_bytes(), at(40000), at(7)).unwrap()
    }

    #[test]
    fn t12_the_owner_is_that_of_the_other_end() {
        assert_eq!(user(false, "1001", "77"), Some(1001));
        assert_eq!(user(true, "1001", "77"), Some(1001));
    }

    #[test]
    fn t12_a_socket_that_was_let_go_of_is_nobodys() {
        assert_eq!(user(false, "0", "0"), None);
        let at = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 40000);
        assert_eq!(find(HEADER.as_bytes(), at, at).unwrap(), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn t12_the_system_knows_our_own_connections_until_they_are_let_go_of() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let browser = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (connection, _) = listener.accept().unwrap();
        assert_eq!(owner(&connection).unwrap(), Some(rustix::process::geteuid().as_raw()));
        assert!(is_ours(&connection));
        drop(browser);
        assert!(!is_ours(&connection));
    }
}
