//! What comes and goes beside a datagram: the peer's name and control messages, as the kernel lays
//! them out, read and written as plain bytes.
//!
//! Only two control messages are known: the address that a datagram was sent to (and is answered
//! from), and the size to cut a long message into.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::address::canonical;

/// A peer's socket address in the kernel's form; room for IPv4 and IPv6.
#[derive(Clone, Debug, Default)]
#[repr(C, align(8))]
pub(super) struct Name {
    bytes: [u8; Self::ROOM],
    /// How many of the bytes count.
    pub(super) len: u32,
}

impl Name {
    /// The size of `sockaddr_in6`.
    pub(super) const ROOM: usize = 28;

    /// The address; port 0, which nobody can be answered at, if it is none we know.
    pub(super) fn address(&self) -> SocketAddr {
        let [f0, f1, p0, p1, rest @ ..] = &self.bytes;
        let port = u16::from_be_bytes([*p0, *p1]);
        let family = i32::from(u16::from_ne_bytes([*f0, *f1]));
        match (family, self.len) {
            (libc::AF_INET, 8..) => {
                let [a, b, c, d, ..] = *rest;
                SocketAddr::from((Ipv4Addr::new(a, b, c, d), port))
            }
            (libc::AF_INET6, 28..) => {
                let [_, _, _, _, ip @ .., s0, s1, s2, s3] = rest;
                let ip: &[u8; 16] = ip;
                let scope = u32::from_ne_bytes([*s0, *s1, *s2, *s3]);
                canonical(SocketAddrV6::new(Ipv6Addr::from(*ip), port, 0, scope).into())
            }
            _ => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        }
    }

    /// Port and the last bits of the address: differs for most peers that differ.
    pub(super) fn hint(&self) -> u64 {
        let [_, _, p0, p1, a, b, c, d, ..] = self.bytes;
        let [.., w, x, y, z, _, _, _, _] = self.bytes;
        match self.len {
            0..=16 => u64::from_ne_bytes([p0, p1, a, b, c, d, 0, 0]),
            _ => u64::from_ne_bytes([p0, p1, w, x, y, z, 0, 0]),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        let len = (self.len as usize).min(Self::ROOM);
        self.len == other.len && self.bytes.get(..len) == other.bytes.get(..len)
    }
}

/// Control messages in the kernel's form.
#[derive(Clone, Debug)]
#[repr(C, align(8))]
pub(super) struct Control {
    bytes: [u8; Self::ROOM],
    /// How many of the bytes count.
    pub(super) len: usize,
}

impl Control {
    /// Enough for an IPv6 address with its interface, and a segment size.
    pub(super) const ROOM: usize = 64;

    /// The address that the datagram was sent to, from the control messages that came with it;
    /// these are replaced by the one that makes it the source of the answer.
    ///
    /// Of the interface nothing is kept, so that routing decides the way back, except for a
    /// link-local address, which means nothing without it.
    pub(super) fn turn(&mut self, received: usize) -> Option<IpAddr> {
        let found = self.destination(received.min(Self::ROOM));
        self.len = 0;
        match found? {
            (IpAddr::V4(source), _) => {
                let [a, b, c, d] = source.octets();
                let info = [0, 0, 0, 0, a, b, c, d, 0, 0, 0, 0];
                self.put(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
                Some(IpAddr::V4(source))
            }
            // Nobody answers from a group's address: routing chooses.
            (IpAddr::V6(source), _) if source.is_multicast() => None,
            (IpAddr::V6(source), interface) => {
                let mut info = [0; 20];
                let (ip, index) = info.split_at_mut(16);
                ip.copy_from_slice(&source.octets());
                if source.is_unicast_link_local() {
                    index.copy_from_slice(&interface);
                }
                self.put(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
                Some(IpAddr::V6(source).to_canonical())
            }
        }
    }

    /// These control messages and the order to cut the message into pieces of this size.
    pub(super) fn segmented(&self, size: u16) -> Self {
        let mut control = self.clone();
        control.put(SOL_UDP, UDP_SEGMENT, &size.to_ne_bytes());
        control
    }

    fn destination(&self, mut received: usize) -> Option<(IpAddr, [u8; 4])> {
        let mut rest = self.bytes.get(..received)?;
        while let Some((head, _)) = rest.split_first_chunk::<HEAD>() {
            let (len, kind) = head.split_at(WORD);
            let len = usize::from_ne_bytes(len.try_into().ok()?);
            let data = rest.get(HEAD..len)?;
            let known = |level: i32, name: i32| {
                kind.starts_with(&level.to_ne_bytes()) && kind.ends_with(&name.to_ne_bytes())
            };
            if known(libc::IPPROTO_IP, libc::IP_PKTINFO) {
                // The interface, the local address, and the address in the header, which may be
                // one of broadcast.
                let [_, _, _, _, a, b, c, d, ..] = data.first_chunk::<12>()?;
                return Some((Ipv4Addr::new(*a, *b, *c, *d).into(), [0; 4]));
            }
            if known(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) {
                let (ip, interface) = data.split_first_chunk::<16>()?;
                let interface = interface.first_chunk::<4>()?;
                return Some((Ipv6Addr::from(*ip).into(), *interface));
            }
            received = aligned(len);
            rest = rest.get(received..)?;
        }
        None
    }

    fn put(&mut self, level: i32, name: i32, data: &[u8]) {
        let len = HEAD + data.len();
        let end = self.len + aligned(len);
        let Some(space) = self.bytes.get_mut(self.len..end) else {
            return;
        };
        let (head, tail) = space.split_at_mut(HEAD);
        let (word, kind) = head.split_at_mut(WORD);
        word.copy_from_slice(&len.to_ne_bytes());
        let (first, second) = kind.split_at_mut(4);
        first.copy_from_slice(&level.to_ne_bytes());
        second.copy_from_slice(&name.to_ne_bytes());
        let (front, padding) = tail.split_at_mut(data.len());
        front.copy_from_slice(data);
        padding.fill(0);
        self.len = end;
    }
}

impl Default for Control {
    fn default() -> Self {
        Self {
            bytes: [0; Self::ROOM],
            len: 0,
        }
    }
}

impl PartialEq for Control {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.get(..self.len) == other.bytes.get(..other.len)
    }
}

/// Control messages begin at multiples of a word.
fn aligned(len: usize) -> usize {
    len.next_multiple_of(WORD)
}

const WORD: usize = size_of::<usize>();
/// Length, level and type.
const HEAD: usize = WORD + 8;
const SOL_UDP: i32 = 17;
const UDP_SEGMENT: i32 = 103;

#[cfg(test)]
mod tests {
    use super::*;

    fn control(level: i32, name: i32, data: &[u8]) -> Control {
        let mut control = Control::default();
        // Another message first, to be skipped.
        control.put(libc::SOL_SOCKET, 29, &[1, 2, 3, 4, 5]);
        control.put(level, name, data);
        control
    }

    fn v6_info(address: &str) -> Vec<u8> {
        let mut data = address.parse::<Ipv6Addr>().unwrap().octets().to_vec();
        data.extend(7_u32.to_ne_bytes());
        data
    }

    #[test]
    fn answer_leaves_from_the_address_that_was_asked() {
        let v4 = [7, 0, 0, 0, 192, 0, 2, 1, 192, 0, 2, 255];
        let (ip, pktinfo) = (libc::IPPROTO_IP, libc::IP_PKTINFO);
        let (ip6, pktinfo6) = (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO);
        let cases = [
            (ip, pktinfo, v4.to_vec(), Some("192.0.2.1"), 0),
            (
                ip6,
                pktinfo6,
                v6_info("2001:db8::1"),
                Some("2001:db8::1"),
                0,
            ),
            (
                ip6,
                pktinfo6,
                v6_info("::ffff:192.0.2.1"),
                Some("192.0.2.1"),
                0,
            ),
            (ip6, pktinfo6, v6_info("fe80::1"), Some("fe80::1"), 7),
            (ip6, pktinfo6, v6_info("ff02::1"), None, 0),
            (ip6, pktinfo6, vec![0; 12], None, 0),
            (ip, 99, v4.to_vec(), None, 0),
        ];
        for (level, name, data, expected, interface) in cases {
            let mut control = control(level, name, &data);
            let expected: Option<IpAddr> = expected.map(|text| text.parse().unwrap());
            assert_eq!(control.turn(control.len), expected, "{data:?}");
            assert_eq!(control.len == 0, expected.is_none());
            let Some((_, kept)) = control.destination(control.len) else {
                continue;
            };
            assert_eq!(u32::from_ne_bytes(kept), interface, "{data:?}");
        }
    }

    #[test]
    fn control_messages_cut_short_are_not_read() {
        let whole = control(libc::IPPROTO_IP, libc::IP_PKTINFO, &[1; 12]);
        for len in 0..whole.len - 4 {
            assert_eq!(whole.clone().turn(len), None, "{len} bytes");
        }
        let mut absurd = whole.clone();
        absurd.bytes[..WORD].copy_from_slice(&usize::MAX.to_ne_bytes());
        assert_eq!(absurd.turn(64), None);
        absurd.bytes[..WORD].copy_from_slice(&0_usize.to_ne_bytes());
        assert_eq!(absurd.turn(64), None);
    }

    #[test]
    fn names_are_read_by_family_and_length() {
        let mut name = Name::default();
        name.bytes[..8].copy_from_slice(&[0, 0, 0x30, 0x39, 192, 0, 2, 1]);
        name.bytes[..2].copy_from_slice(&2_u16.to_ne_bytes());
        name.len = 16;
        assert_eq!(name.address(), "192.0.2.1:12345".parse().unwrap());
        let hint = name.hint();
        name.bytes[3] = 1;
        assert_ne!(name.hint(), hint);
        name.len = 4;
        assert_eq!(name.address().port(), 0);
        name.bytes[..2].copy_from_slice(&10_u16.to_ne_bytes());
        name.bytes[4..].fill(0);
        name.bytes[8] = 0x20;
        name.bytes[23] = 9;
        name.len = 28;
        assert_eq!(name.address(), "[2000::9]:12289".parse().unwrap());
        name.bytes[..2].copy_from_slice(&1_u16.to_ne_bytes());
        assert_eq!(name.address().port(), 0);
    }
}
