//! The PROXY protocol, version 2, in its binary form (HAProxy, `proxy-protocol.txt` §2.2).
//!
//! In go the first bytes of a datagram or of a connection, out come the addresses that the proxy
//! saw and how many bytes its header took. Pure: who may send such a header is decided by the
//! transports, from a list of named peers. Additional fields (TLVs) are skipped, not read.
//! Invariant: no length in the header is trusted beyond the bytes at hand, or beyond [`MAX_LEN`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::address::canonical;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The client and the address it asked; none if the proxy speaks for itself (LOCAL) or for a
    /// family without IP addresses, in which case the addresses of the connection hold.
    pub addresses: Option<Addresses>,
    /// How many bytes the header takes.
    pub len: usize,
}

/// Both ends of the connection as the proxy saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Who asks.
    pub source: SocketAddr,
    /// Who was asked.
    pub destination: SocketAddr,
}

/// Why bytes are not a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// They don't begin with the signature.
    #[error("no PROXY header")]
    Absent,
    /// A command that is neither LOCAL nor PROXY.
    #[error("PROXY command {0} does not exist")]
    Command(u8),
    /// A family or protocol that the standard doesn't define.
    #[error("PROXY family {0:#04x} does not exist")]
    Family(u8),
    /// The addresses don't fit into the length that the header gives.
    #[error("PROXY header is too short for its addresses")]
    Length,
    /// Longer than any header we take.
    #[error("PROXY header of {0} bytes, at most {MAX_LEN} are taken")]
    Long(usize),
    /// A whole header may follow: so many bytes are needed at least.
    #[error("PROXY header is incomplete, {0} bytes are needed")]
    Short(usize),
    /// Another version.
    #[error("PROXY version {0}, expected 2")]
    Version(u8),
}

/// Reads the header that a datagram or connection begins with.
///
/// # Errors
/// [`ProxyError::Short`] if more bytes may complete it; any other one is final.
pub fn parse(bytes: &[u8]) -> Result<Header, ProxyError> {
    let seen = bytes.len().min(SIGNATURE.len());
    if bytes.get(..seen) != SIGNATURE.get(..seen) {
        return Err(ProxyError::Absent);
    }
    let Some((&[.., command, family, high, low], rest)) = bytes.split_first_chunk::<FIXED>() else {
        return Err(ProxyError::Short(FIXED));
    };
    if command >> 4 != 2 {
        return Err(ProxyError::Version(command >> 4));
    }
    let body = usize::from(u16::from_be_bytes([high, low]));
    let len = FIXED + body;
    if len > MAX_LEN {
        return Err(ProxyError::Long(len));
    }
    let Some(body) = rest.get(..body) else {
        return Err(ProxyError::Short(len));
    };
    let addresses = match command & 0x0f {
        // §2.2: a receiver must take LOCAL whatever the family, and skip its addresses.
        0 => None,
        1 => addresses(family, body)?,
        other => return Err(ProxyError::Command(other)),
    };
    Ok(Header { addresses, len })
}

/// Whether bytes begin with the signature: no DNS message does, its counts would be absurd.
#[must_use]
pub fn is_signed(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// The addresses by family and protocol. Streams and datagrams are taken over both transports: a
/// proxy may ask over UDP for a client that came over TCP.
fn addresses(family: u8, body: &[u8]) -> Result<Option<Addresses>, ProxyError> {
    match family {
        0x00 => Ok(None),
        0x11 | 0x12 => {
            let (ends, _) = body.split_first_chunk::<12>().ok_or(ProxyError::Length)?;
            let [a, b, c, d, e, f, g, h, p, q, r, s] = *ends;
            Ok(Some(between(
                Ipv4Addr::new(a, b, c, d).into(),
                Ipv4Addr::new(e, f, g, h).into(),
                [p, q, r, s],
            )))
        }
        0x21 | 0x22 => {
            let (source, rest) = body.split_first_chunk::<16>().ok_or(ProxyError::Length)?;
            let (destination, rest) = rest.split_first_chunk::<16>().ok_or(ProxyError::Length)?;
            let (ports, _) = rest.split_first_chunk::<4>().ok_or(ProxyError::Length)?;
            Ok(Some(between(
                Ipv6Addr::from(*source).into(),
                Ipv6Addr::from(*destination).into(),
                *ports,
            )))
        }
        // Local sockets: two paths of 108 bytes that name nobody.
        0x31 | 0x32 if body.len() >= 216 => Ok(None),
        0x31 | 0x32 => Err(ProxyError::Length),
        other => Err(ProxyError::Family(other)),
    }
}

fn between(source: IpAddr, destination: IpAddr, [p, q, r, s]: [u8; 4]) -> Addresses {
    Addresses {
        source: canonical((source, u16::from_be_bytes([p, q])).into()),
        destination: canonical((destination, u16::from_be_bytes([r, s])).into()),
    }
}

/// The longest header that is taken: both paths of local sockets and room for additional fields.
pub const MAX_LEN: usize = 1024;

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version with command, family with protocol, length of the rest.
const FIXED: usize = 16;

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header as a proxy would send it.
    pub(crate) fn header(source: SocketAddr, destination: SocketAddr, fields: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        let family = match (source.ip(), destination.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                body.extend(from.octets());
                body.extend(to.octets());
                0x12
            }
            (from, to) => {
                for ip in [from, to] {
                    body.extend(match ip {
                        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
                        IpAddr::V6(v6) => v6.octets(),
                    });
                }
                0x22
            }
        };
        body.extend(source.port().to_be_bytes());
        body.extend(destination.port().to_be_bytes());
        body.extend(fields);
        raw(0x21, family, &body)
    }

    fn raw(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([command, family]);
        bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes
    }

    fn ends(source: &str, destination: &str) -> Option<Addresses> {
        Some(Addresses {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
        })
    }

    #[test]
    fn headers_are_read_by_family_and_command() {
        let v4 = [192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 0, 53];
        let mut v6 = [0; 36];
        v6[..2].copy_from_slice(&[0x20, 0x01]);
        v6[15] = 1;
        v6[16..18].copy_from_slice(&[0x20, 0x02]);
        v6[31] = 2;
        v6[32..].copy_from_slice(&[0x30, 0x39, 0, 53]);
        let v4_ends = ends("192.0.2.1:12345", "198.51.100.2:53");
        let v6_ends = ends("[2001::1]:12345", "[2002::2]:53");
        type Case<'a> = (u8, u8, &'a [u8], Result<Option<Addresses>, ProxyError>);
        let cases: &[Case<'_>] = &[
            (0x21, 0x11, &v4, Ok(v4_ends)),
            (0x21, 0x12, &v4, Ok(v4_ends)),
            (0x21, 0x21, &v6, Ok(v6_ends)),
            (0x21, 0x22, &v6, Ok(v6_ends)),
            (0x21, 0x31, &[0; 216], Ok(None)),
            (0x21, 0x00, &[], Ok(None)),
            (0x21, 0x00, &v4, Ok(None)),
            (0x20, 0x00, &[], Ok(None)),
            (0x20, 0x12, &v4, Ok(None)),
            (0x20, 0xff, &[1, 2, 3], Ok(None)),
            (0x21, 0x12, &v4[..11], Err(ProxyError::Length)),
            (0x21, 0x22, &v4, Err(ProxyError::Length)),
            (0x21, 0x22, &v6[..35], Err(ProxyError::Length)),
            (0x21, 0x32, &[0; 215], Err(ProxyError::Length)),
            (0x21, 0x13, &v4, Err(ProxyError::Family(0x13))),
            (0x21, 0x41, &v4, Err(ProxyError::Family(0x41))),
            (0x22, 0x12, &v4, Err(ProxyError::Command(2))),
            (0x11, 0x12, &v4, Err(ProxyError::Version(1))),
            (0x31, 0x12, &v4, Err(ProxyError::Version(3))),
            (0x21, 0x12, &[0; 1009], Err(ProxyError::Long(1025))),
        ];
        for (command, family, body, expected) in cases {
            let bytes = raw(*command, *family, body);
            let expected = expected.map(|addresses| Header {
                addresses,
                len: bytes.len(),
            });
            assert_eq!(parse(&bytes), expected, "{command:#x} {family:#x}");
        }
    }

    #[test]
    fn message_after_the_header_is_left_alone() {
        let mut bytes = header(
            "192.0.2.1:1".parse().unwrap(),
            "192.0.2.2:53".parse().unwrap(),
            &[0x03, 0, 4, 1, 2, 3, 4],
        );
        let len = bytes.len();
        bytes.extend([9; 20]);
        assert_eq!(parse(&bytes).unwrap().len, len);
    }

    #[test]
    fn beginning_of_a_header_asks_for_more() {
        let whole = header(
            "192.0.2.1:1".parse().unwrap(),
            "192.0.2.2:53".parse().unwrap(),
            &[],
        );
        for cut in 0..whole.len() {
            let needed = if cut < 16 { 16 } else { whole.len() };
            assert_eq!(
                parse(&whole[..cut]),
                Err(ProxyError::Short(needed)),
                "{cut}"
            );
        }
    }

    #[test]
    fn dns_message_has_no_header() {
        for message in [
            &[0x12, 0x34, 1, 0, 0, 1][..],
            b"\r\n\r\n\0\r\nQUIT\r",
            b"PROXY TCP4",
        ] {
            assert_eq!(parse(message), Err(ProxyError::Absent));
            assert!(!is_signed(message));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            v4 in any::<([u8; 4], [u8; 4])>(),
            v6 in any::<([u8; 16], [u8; 16])>(),
            ports in any::<(u16, u16)>(),
            fields in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let pairs: [(IpAddr, IpAddr); 2] = [
                (v4.0.into(), v4.1.into()),
                (v6.0.into(), v6.1.into()),
            ];
            for (from, to) in pairs {
                let addresses = Addresses {
                    source: canonical((from, ports.0).into()),
                    destination: canonical((to, ports.1).into()),
                };
                let bytes = header((from, ports.0).into(), (to, ports.1).into(), &fields);
                let expected = Header { addresses: Some(addresses), len: bytes.len() };
                prop_assert_eq!(parse(&bytes), Ok(expected));
                prop_assert!(is_signed(&bytes));
            }
        }

        #[test]
        fn any_bytes_are_judged_without_reading_past_them(
            signed in any::<bool>(),
            tail in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut bytes = if signed { SIGNATURE.to_vec() } else { Vec::new() };
            bytes.extend(tail);
            match parse(&bytes) {
                Ok(header) => prop_assert!(header.len <= bytes.len()),
                Err(ProxyError::Short(needed)) => prop_assert!(needed > bytes.len()),
                Err(_) => {}
            }
        }
    }
}
