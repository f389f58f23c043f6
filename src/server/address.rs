//! Client addresses: one form of them for access lists, rate limits, cookies and metrics.
//!
//! In go addresses as sockets and PROXY headers show them, out come plain IPv4 or IPv6 addresses,
//! the network a client counts under, and whether an address belongs to the internet at large.
//! Invariant: an IPv4 client is an IPv4 client however it came (RFC 4291 §2.5.5.2 mapped form).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

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

/// What holds for each address, by the longest prefix that contains it.
///
/// Flattened when it is made into ranges without overlap, so a look-up is one binary search
/// however the prefixes nest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressMap<T> {
    v4: Ranges<T>,
    v6: Ranges<T>,
}

/// Starts of ranges in ascending order; each reaches to the next start.
type Ranges<T> = Box<[(u128, Option<T>)]>;

impl<T: Copy + Ord> AddressMap<T> {
    /// A map of prefixes; of two equal ones, the greater value holds.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = (IpNet, T)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (net, value) in entries {
            match net {
                IpNet::V4(net) => v4.push(Span {
                    first: u128::from(net.network().to_bits()),
                    last: u128::from(net.broadcast().to_bits()),
                    value,
                }),
                // A mapped prefix means the IPv4 addresses in it.
                IpNet::V6(net) => match (net.network().to_ipv4_mapped(), net.prefix_len()) {
                    (Some(start), 96..) => v4.push(Span {
                        first: u128::from(start.to_bits()),
                        last: net.broadcast().to_bits() & u128::from(u32::MAX),
                        value,
                    }),
                    _ => v6.push(Span {
                        first: net.network().to_bits(),
                        last: net.broadcast().to_bits(),
                        value,
                    }),
                },
            }
        }
        Self {
            v4: flatten(v4),
            v6: flatten(v6),
        }
    }

    /// What holds for this address.
    #[must_use]
    pub fn find(&self, address: IpAddr) -> Option<T> {
        let (ranges, bits) = match address {
            IpAddr::V4(v4) => (&self.v4, u128::from(v4.to_bits())),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => (&self.v4, u128::from(v4.to_bits())),
                None => (&self.v6, v6.to_bits()),
            },
        };
        let after = ranges.partition_point(|(start, _)| *start <= bits);
        ranges.get(after.checked_sub(1)?)?.1
    }

    /// Whether no prefix is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
}

/// A set of networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSet(AddressMap<()>);

impl AddressSet {
    /// The set of the addresses in these networks.
    #[must_use]
    pub fn new(nets: &[IpNet]) -> Self {
        Self(AddressMap::new(nets.iter().map(|net| (*net, ()))))
    }

    /// Whether the address is in one of the networks.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.find(address).is_some()
    }

    /// Whether it holds no network.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

struct Span<T> {
    first: u128,
    last: u128,
    value: T,
}

/// Cuts nested spans into ranges: the innermost span wins. Prefixes nest or are apart, they never
/// overlap in part, so a stack of the open ones is enough.
fn flatten<T: Copy + Ord>(mut spans: Vec<Span<T>>) -> Ranges<T> {
    // Outer before inner; of equal ones the greater value last, so that it covers the others.
    spans.sort_by(|a, b| {
        (a.first, std::cmp::Reverse(a.last), a.value).cmp(&(
            b.first,
            std::cmp::Reverse(b.last),
            b.value,
        ))
    });
    let mut ranges: Vec<(u128, Option<T>)> = Vec::new();
    let mut open: Vec<Span<T>> = Vec::new();
    for span in spans {
        close(&mut open, &mut ranges, Some(span.first));
        start(&mut ranges, span.first, Some(span.value));
        open.push(span);
    }
    close(&mut open, &mut ranges, None);
    ranges.into()
}

/// Closes the spans that end before `until`, or all of them.
fn close<T: Copy + Ord>(
    open: &mut Vec<Span<T>>,
    ranges: &mut Vec<(u128, Option<T>)>,
    until: Option<u128>,
) {
    while let Some(inner) = open.pop_if(|span| until.is_none_or(|until| span.last < until)) {
        if let Some(after) = inner.last.checked_add(1) {
            start(ranges, after, open.last().map(|outer| outer.value));
        }
    }
}

/// Begins a range; one that began at the same place had no address in it.
fn start<T: Copy>(ranges: &mut Vec<(u128, Option<T>)>, at: u128, value: Option<T>) {
    ranges.pop_if(|(last, _)| *last == at);
    ranges.push((at, value));
}

/// The upper 96 bits of `64:ff9b::/96`.
const NAT64: u128 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).to_bits() >> 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mapped_clients_are_v4_clients() {
        let cases = [
            ("[::ffff:192.0.2.1]:53", "192.0.2.1:53"),
            ("192.0.2.1:53", "192.0.2.1:53"),
            ("[2001:db8::1]:53", "[2001:db8::1]:53"),
        ];
        for (given, expected) in cases {
            assert_eq!(
                canonical(given.parse().unwrap()),
                expected.parse().unwrap(),
                "{given}"
            );
        }
    }

    #[test]
    fn clients_of_one_network_count_together() {
        let cases = [
            ("192.0.2.1", "192.0.2.200", true),
            ("192.0.2.1", "192.0.3.1", false),
            ("2001:db8:0:100::1", "2001:db8:0:1ff::1", true),
            ("2001:db8:0:100::1", "2001:db8:0:200::1", false),
            ("64:ff9b::192.0.2.1", "64:ff9b::198.51.100.1", false),
            ("64:ff9b::192.0.2.1", "192.0.2.9", true),
            ("::ffff:192.0.2.1", "192.0.2.9", true),
        ];
        for (a, b, together) in cases {
            let [x, y] = [a, b].map(|text| network(text.parse().unwrap(), 24, 56));
            assert_eq!(x == y, together, "{a} and {b}");
        }
        assert_eq!(
            network("192.0.2.1".parse().unwrap(), 0, 0),
            0xffff_0000_0000
        );
        assert_eq!(network("2001:db8::1".parse().unwrap(), 0, 0), 0);
    }

    #[test]
    fn only_addresses_of_the_internet_are_global() {
        for global in [
            "8.8.8.8",
            "100.63.0.1",
            "198.20.0.1",
            "2a00:1450::1",
            "2002:c000:201::1",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_global(global.parse().unwrap()), "{global}");
        }
        for local in [
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "172.31.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "3fff:fff::1",
            "64:ff9b::10.0.0.1",
            "::ffff:10.0.0.1",
        ] {
            assert!(!is_global(local.parse().unwrap()), "{local}");
        }
    }

    #[test]
    fn edges_of_the_address_space_are_found() {
        let map = AddressMap::new([
            ("0.0.0.0/0".parse().unwrap(), 1),
            ("255.255.255.255/32".parse().unwrap(), 2),
            ("0.0.0.0/32".parse().unwrap(), 3),
            ("::/0".parse().unwrap(), 4),
            ("::ffff:10.0.0.0/104".parse().unwrap(), 5),
        ]);
        let cases = [
            ("0.0.0.0", 3),
            ("0.0.0.1", 1),
            ("10.2.3.4", 5),
            ("::ffff:10.2.3.4", 5),
            ("255.255.255.254", 1),
            ("255.255.255.255", 2),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 4),
        ];
        for (address, value) in cases {
            assert_eq!(map.find(address.parse().unwrap()), Some(value), "{address}");
        }
    }

    fn longest_prefix(entries: &[(IpNet, u8)], address: IpAddr) -> Option<u8> {
        entries
            .iter()
            .filter(|(net, _)| net.contains(&address))
            .max_by_key(|(net, value)| (net.prefix_len(), *value))
            .map(|(_, value)| *value)
    }

    fn net() -> impl Strategy<Value = IpNet> {
        // Few distinct bits, so that prefixes nest and repeat.
        prop_oneof![
            (0u32..16, 0u8..=32).prop_map(|(bits, len)| {
                ipnet::Ipv4Net::new((bits << 28 | bits).into(), len)
                    .unwrap()
                    .trunc()
                    .into()
            }),
            (0u128..16, 0u8..=128).prop_map(|(bits, len)| {
                ipnet::Ipv6Net::new((bits << 124 | bits).into(), len)
                    .unwrap()
                    .trunc()
                    .into()
            }),
        ]
    }

    proptest! {
        #[test]
        fn look_up_agrees_with_a_scan_for_the_longest_prefix(
            entries in prop::collection::vec((net(), 0u8..4), 0..24),
            v4 in 0u32..16,
            low in 0u32..16,
        ) {
            let map = AddressMap::new(entries.iter().copied());
            let v4_address = IpAddr::V4((v4 << 28 | low).into());
            let v6_address = IpAddr::V6((u128::from(v4) << 124 | u128::from(low)).into());
            for address in [v4_address, v6_address] {
                prop_assert_eq!(map.find(address), longest_prefix(&entries, address));
            }
        }
    }
}
