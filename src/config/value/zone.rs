//! Zones as people name them: in any script, and those of reverse names by their network.

use std::net::IpAddr;

use ipnet::IpNet;
use wire::Name;

use super::{Wrong, network, zone_name};

/// A zone by its name, in any script.
pub(crate) fn zone(text: &str) -> Result<Name, Wrong> {
    if text.is_ascii() {
        return zone_name(text);
    }
    match idna::domain_to_ascii(text) {
        Ok(text) => zone_name(&text),
        Err(_) => Err(Wrong::expected(text, "the name of a zone")),
    }
}

/// A zone, or the reverse zones of a network.
pub(crate) fn zones(text: &str) -> Result<Vec<Name>, Wrong> {
    if text.parse::<IpAddr>().is_ok() {
        let wrong = Wrong::expected(text, "a zone; expected its name, or a network");
        return Err(wrong.hint("a network is written with its length, such as 192.0.2.0/24"));
    }
    // A zone of RFC 2317 has a slash too, but letters behind it.
    match text.parse::<IpNet>() {
        Ok(_) => reverse_zones(network(text)?),
        Err(_) => Ok(vec![zone(text)?]),
    }
}

/// The zones at the next boundary of labels: of IPv4 each 8 bits, of IPv6 each 4.
fn reverse_zones(net: IpNet) -> Result<Vec<Name>, Wrong> {
    let step: u8 = match net {
        IpNet::V4(_) => 8,
        IpNet::V6(_) => 4,
    };
    let length = net.prefix_len().next_multiple_of(step).max(step);
    if length >= net.max_prefix_len() {
        let wrong = Wrong::new(format!("\"{net}\" is too small to have a reverse zone"));
        return Err(wrong.hint("name the network around it, or the zone itself"));
    }
    let subnets = net
        .subnets(length)
        .map_err(|error| Wrong::new(format!("\"{net}\": {error}")))?;
    subnets
        .map(|subnet| zone_name(&reverse_name(subnet.network(), length)))
        .collect()
}

/// The reverse name of the first bits of an address.
fn reverse_name(address: IpAddr, length: u8) -> String {
    let (labels, end): (Vec<String>, &str) = match address {
        IpAddr::V4(address) => {
            let labels = address.octets().into_iter().take(usize::from(length / 8));
            (
                labels.map(|octet| octet.to_string()).collect(),
                "in-addr.arpa",
            )
        }
        IpAddr::V6(address) => {
            let nibbles = address
                .octets()
                .into_iter()
                .flat_map(|octet| [octet >> 4, octet & 15]);
            let labels = nibbles.take(usize::from(length / 4));
            (
                labels.map(|nibble| format!("{nibble:x}")).collect(),
                "ip6.arpa",
            )
        }
    };
    let mut name: String = labels
        .iter()
        .rev()
        .map(|label| format!("{label}."))
        .collect();
    name.push_str(end);
    name
}
