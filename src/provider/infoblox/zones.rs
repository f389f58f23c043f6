//! Zones as they are told: by name, or by network.

use std::fmt::Write;
use std::net::IpAddr;

use serde::Deserialize;

use crate::zones::Zone;

/// A zone as it is there.
#[derive(Deserialize)]
pub(super) struct Theirs {
    #[serde(rename = "_ref")]
    reference: String,
    fqdn: String,
    #[serde(default)]
    view: String,
}

impl Theirs {
    /// The zone; none of a network whose border is not one of labels.
    pub(super) fn zone(&self) -> Option<Zone> {
        let name = match self.fqdn.contains('/') {
            true => reverse(&self.fqdn)?,
            false => self.fqdn.clone(),
        };
        // What users filter by is the reference; its end is what counts.
        Some(Zone::new(
            &name,
            &format!("{}\t{}", self.view, self.reference),
        ))
    }
}

/// The view that a zone is in.
pub(super) fn view(zone: &Zone) -> &str {
    zone.id.split_once('\t').map_or("", |(view, _)| view)
}

/// Of zones that are in several views, those in the view that is named `default`.
pub(super) fn in_one_view(zones: Vec<Zone>) -> Vec<Zone> {
    let is_default = |zone: &Zone| view(zone) == "default";
    let all = zones.clone();
    let mut kept = zones;
    kept.retain(|zone| {
        let mut same = all.iter().filter(|other| other.name == zone.name);
        is_default(zone) || !same.any(is_default)
    });
    kept
}

/// Whether a zone is of addresses.
pub(super) fn is_reverse(zone: &Zone) -> bool {
    zone.name.ends_with(".in-addr.arpa") || zone.name.ends_with(".ip6.arpa")
}

/// The name of the zone of a network.
fn reverse(network: &str) -> Option<String> {
    let (address, length) = network.split_once('/')?;
    let length: usize = length.parse().ok()?;
    let mut name = String::new();
    let written = match address.parse().ok()? {
        IpAddr::V4(address) if length.is_multiple_of(8) && length <= 32 => {
            let octets = address.octets();
            let mut octets = octets.iter().take(length / 8).rev();
            octets
                .try_for_each(|octet| write!(name, "{octet}."))
                .and_then(|()| name.write_str("in-addr.arpa"))
        }
        IpAddr::V6(address) if length.is_multiple_of(4) && length <= 128 => {
            let nibbles = address.octets().map(|octet| [octet >> 4, octet & 15]);
            let nibbles = nibbles.concat();
            let mut nibbles = nibbles.iter().take(length / 4).rev();
            nibbles
                .try_for_each(|nibble| write!(name, "{nibble:x}."))
                .and_then(|()| name.write_str("ip6.arpa"))
        }
        _ => return None,
    };
    written.ok().map(|()| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_the_name_of_its_zone() {
        for (network, name) in [
            ("10.0.0.0/8", Some("10.in-addr.arpa")),
            ("192.0.2.0/24", Some("2.0.192.in-addr.arpa")),
            ("192.0.2.0/25", None),
            ("2001:db8::/32", Some("8.b.d.0.1.0.0.2.ip6.arpa")),
            ("2001:db8::/33", None),
            ("x/8", None),
        ] {
            assert_eq!(reverse(network).as_deref(), name, "{network}");
        }
    }
}
