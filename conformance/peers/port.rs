//! Free ports for servers.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// A port of this address that is free for UDP and for TCP, and that this process did not hand out
/// before. It lies below the range from which the kernel serves outgoing sockets, so no client takes
/// it between this check and the server's bind.
#[must_use]
pub fn free_port(address: IpAddr) -> Option<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Processes that run at the same time begin at different places.
    let offset = u16::try_from(std::process::id() % 64).unwrap_or(0) * (COUNT / 64);
    (0..COUNT).find_map(|_| {
        let step = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(offset);
        let port = FIRST + step % COUNT;
        let wanted = SocketAddr::new(address, port);
        (TcpListener::bind(wanted).is_ok() && UdpSocket::bind(wanted).is_ok()).then_some(port)
    })
}

const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;
