//! Asks a server for SOA records, to see whether it serves its zones yet.
//!
//! Written by hand on purpose: the probe must not share a codec with any server under test.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// What came back for a SOA query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// NOERROR with AA and an answer.
    Authoritative,
    /// Another answer.
    Other,
}

/// Whether the server answers the SOA query of this zone with AA, within this time.
#[must_use]
pub fn answers(server: SocketAddr, origin: &str, wait: Duration) -> bool {
    matches!(ask(server, origin, wait), Ok(Answer::Authoritative))
}

/// Sends one SOA query over UDP and waits for its answer.
pub(crate) fn ask(server: SocketAddr, origin: &str, wait: Duration) -> io::Result<Answer> {
    let query = query(origin);
    let socket = if server.is_ipv4() {
        UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?
    } else {
        UdpSocket::bind((Ipv6Addr::LOCALHOST, 0))?
    };
    socket.connect(server)?;
    socket.set_read_timeout(Some(wait))?;
    socket.send(&query)?;
    let mut reply = [0; 4096];
    let length = socket.recv(&mut reply)?;
    Ok(match reply.get(..length) {
        Some([0x5a, 0x57, high, low, _, _, answers @ .., _, _, _, _])
            if high & 0x84 == 0x84
                && low & 0x0f == 0
                && matches!(answers, [0, count, ..] if *count > 0) =>
        {
            Answer::Authoritative
        }
        _ => Answer::Other,
    })
}

/// A query for the SOA of a zone; its name in presentation form without escapes.
fn query(origin: &str) -> Vec<u8> {
    let mut message = vec![0x5a, 0x57, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in origin.split('.').filter(|label| !label.is_empty()) {
        message.push(u8::try_from(label.len()).unwrap_or(0));
        message.extend_from_slice(label.as_bytes());
    }
    message.extend_from_slice(&[0, 0, 6, 0, 1]);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_holds_the_labels_of_the_zone() {
        assert_eq!(query("a.bc")[12..], *b"\x01a\x02bc\0\0\x06\0\x01");
        assert_eq!(query(".")[12..], *b"\0\0\x06\0\x01");
    }
}
