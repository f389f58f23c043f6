//! Addresses behind NAT: what a destination publishes instead of what objects have.
//!
//! A network maps onto another one of the same size, host by host, or onto one address. The first
//! map that holds an address counts; an address in none stays. Both sides are of one family, so a
//! map never changes a record's type. Reverse names are not mapped: they are made before, from the
//! addresses that hosts really have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use wire::Rtype;

use crate::Endpoint;

/// From a network to what is published for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMap {
    from: IpNet,
    to: IpNet,
}

/// A map that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressMapError {
    /// Not both IPv4 or both IPv6.
    #[error("address map from {from} to {to} mixes IPv4 with IPv6")]
    Family {
        /// What is mapped.
        from: IpNet,
        /// What it is mapped to.
        to: IpNet,
    },
    /// Neither as large as the other nor one address.
    #[error("address map from {from} to {to}: expected a network of the same size, or one address")]
    Size {
        /// What is mapped.
        from: IpNet,
        /// What it is mapped to.
        to: IpNet,
    },
}

impl AddressMap {
    /// A map from a network to one of the same size, or to one address (a network of one).
    ///
    /// # Errors
    ///
    /// If families or sizes don't match.
    pub fn new(from: IpNet, to: IpNet) -> Result<Self, AddressMapError> {
        if from.max_prefix_len() != to.max_prefix_len() {
            return Err(AddressMapError::Family { from, to });
        }
        if from.prefix_len() != to.prefix_len() && to.prefix_len() != to.max_prefix_len() {
            return Err(AddressMapError::Size { from, to });
        }
        Ok(Self {
            from: from.trunc(),
            to: to.trunc(),
        })
    }

    /// What is published for an address, if it is in this map.
    #[must_use]
    pub fn map(&self, address: IpAddr) -> Option<IpAddr> {
        if !self.from.contains(&address) {
            return None;
        }
        Some(match (self.to.addr(), self.to.hostmask(), address) {
            (IpAddr::V4(net), IpAddr::V4(mask), IpAddr::V4(host)) => IpAddr::V4(Ipv4Addr::from(
                u32::from(net) | (u32::from(host) & u32::from(mask)),
            )),
            (IpAddr::V6(net), IpAddr::V6(mask), IpAddr::V6(host)) => IpAddr::V6(Ipv6Addr::from(
                u128::from(net) | (u128::from(host) & u128::from(mask)),
            )),
            (net, ..) => net,
        })
    }
}

/// Puts in place of each address of an endpoint what the first map with it says.
pub fn map_addresses(endpoint: &mut Endpoint, maps: &[AddressMap]) {
    if !matches!(endpoint.rtype, Rtype::A | Rtype::AAAA) {
        return;
    }
    let mut changed = false;
    for target in &mut endpoint.targets {
        let Ok(address) = target.parse() else {
            continue;
        };
        if let Some(public) = maps.iter().find_map(|map| map.map(address)) {
            *target = public.to_string().into();
            changed = true;
        }
    }
    if changed {
        endpoint.targets.sort_unstable();
        endpoint.targets.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(from: &str, to: &str) -> AddressMap {
        AddressMap::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    #[test]
    fn addresses_map_by_the_first_map_that_holds_them() {
        let maps = [
            map("10.0.1.0/24", "203.0.113.0/24"),
            map("10.0.0.0/8", "198.51.100.7/32"),
            map("fd00::/64", "2001:db8:0:1::/64"),
        ];
        let cases: &[(Rtype, &[&str], &[&str])] = &[
            (Rtype::A, &["10.0.1.5"], &["203.0.113.5"]),
            (Rtype::A, &["10.9.9.9", "10.8.8.8"], &["198.51.100.7"]),
            (
                Rtype::A,
                &["10.9.9.9", "10.0.1.5"],
                &["198.51.100.7", "203.0.113.5"],
            ),
            (Rtype::A, &["192.0.2.1"], &["192.0.2.1"]),
            (Rtype::AAAA, &["fd00::1:2"], &["2001:db8:0:1::1:2"]),
            (Rtype::CNAME, &["10.0.1.5"], &["10.0.1.5"]),
            (Rtype::A, &["lb.example"], &["lb.example"]),
        ];
        for (rtype, targets, expected) in cases {
            let mut endpoint = Endpoint::new("a.example", *rtype, *targets);
            map_addresses(&mut endpoint, &maps);
            let got: Vec<&str> = endpoint.targets.iter().map(|target| &**target).collect();
            assert_eq!(got, *expected);
        }
    }

    #[test]
    fn maps_that_do_not_fit_are_refused() {
        let new =
            |from: &str, to: &str| AddressMap::new(from.parse().unwrap(), to.parse().unwrap());
        assert!(matches!(
            new("10.0.0.0/8", "2001:db8::/32"),
            Err(AddressMapError::Family { .. })
        ));
        assert!(matches!(
            new("10.0.0.0/8", "11.0.0.0/9"),
            Err(AddressMapError::Size { .. })
        ));
        let error = new("10.0.0.0/8", "11.0.0.0/9").unwrap_err();
        assert_eq!(
            error.to_string(),
            "address map from 10.0.0.0/8 to 11.0.0.0/9: expected a network of the same size, or one address"
        );
    }
}
