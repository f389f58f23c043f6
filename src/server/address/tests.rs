//! Addresses of all kinds, and maps against a scan of all prefixes.

use std::net::IpAddr;

use ipnet::IpNet;
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
