//! The header, byte by byte.

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

pub(super) const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version with command, family with protocol, length of the rest.
const FIXED: usize = 16;
