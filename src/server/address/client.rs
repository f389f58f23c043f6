//! A client's address: its one form, its network, and where it is valid.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The address without the IPv6 coat that sockets for both families put around IPv4.
#[must_use]
pub fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => SocketAddr::from((v4, v6.port())),
            None => address,
        },
        SocketAddr::V4(_) => address,
    }
}

/// The network a client counts under: its leading bits, with the family kept apart.
///
/// NAT64 and SIIT-DC show IPv4 clients as `64:ff9b::a.b.c.d` (RFC 6052 §2.1); those count as the
/// IPv4 addresses they are, or one network would stand for all of the IPv4 internet.
#[must_use]
pub fn network(client: IpAddr, v4_bits: u8, v6_bits: u8) -> u128 {
    match embedded_v4(client) {
        Some(v4) => {
            let kept = u32::MAX
                .checked_shl(32 - u32::from(v4_bits.min(32)))
                .unwrap_or_default();
            // The prefix `::ffff/96` holds no other clients.
            0xffff_0000_0000 | u128::from(v4.to_bits() & kept)
        }
        None => {
            let kept = u128::MAX
                .checked_shl(128 - u32::from(v6_bits.min(128)))
                .unwrap_or_default();
            match client {
                IpAddr::V6(v6) => v6.to_bits() & kept,
                IpAddr::V4(_) => 0,
            }
        }
    }
}

/// Whether an address is routed on the internet: neither private nor local nor documentation
/// (the special-purpose registries of RFC 6890).
#[must_use]
pub fn is_global(client: IpAddr) -> bool {
    match embedded_v4(client) {
        Some(v4) => is_global_v4(v4),
        // RFC 4291 §2.4 with IANA's allocation: global unicast is 2000::/3.
        None => match client {
            IpAddr::V6(v6) => {
                let bits = v6.to_bits();
                bits >> 125 == 0b001 && bits >> 96 != 0x2001_0db8 && bits >> 108 != 0x3_fff0
            }
            IpAddr::V4(_) => false,
        },
    }
}

fn embedded_v4(client: IpAddr) -> Option<Ipv4Addr> {
    match client {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(v6) => {
            if v6.to_bits() >> 32 == NAT64 {
                let [.., a, b, c, d] = v6.octets();
                Some(Ipv4Addr::new(a, b, c, d))
            } else {
                v6.to_ipv4_mapped()
            }
        }
    }
}

fn is_global_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    !(a == 0
        || a >= 224
        || v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        // RFC 6598: shared by carriers.
        || (a == 100 && b & 0xc0 == 64)
        // RFC 6890: protocol assignments; RFC 2544: benchmarks.
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18))
}

/// The upper 96 bits of `64:ff9b::/96`.
const NAT64: u128 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).to_bits() >> 32;
