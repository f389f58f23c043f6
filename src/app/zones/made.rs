//! Zones that no file gives: SOA and NS made from the settings, for names from elsewhere.

use std::net::IpAddr;

use config::{Config, NameServer, Provider};
use wire::{Name, NameRef, Rtype, Ttl};
use zone::records::{Place, Records};
use zone::{Store, StoreError};

use crate::app::clock;

/// A zone of our own that is there without a file. A file for it takes its place.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) apex: Name,
    servers: Vec<NameServer>,
}

impl Made {
    /// All of them.
    pub(crate) fn all(config: &Config) -> Vec<Self> {
        let destinations = config.sync.iter().flat_map(|sync| &sync.destinations);
        let embedded = destinations.filter_map(|destination| match &destination.provider {
            Provider::Embedded(embedded) => Some(embedded),
            _ => None,
        });
        let zones = embedded.flat_map(|embedded| {
            let servers = &embedded.name_servers;
            embedded
                .zones
                .iter()
                .map(move |apex| (apex.clone(), servers.clone()))
        });
        zones
            .map(|(apex, servers)| Self { apex, servers })
            .collect()
    }

    /// Puts it into the store if no zone of that name is there. Tells whether it did.
    ///
    /// # Errors
    /// The settings make no zone.
    pub(crate) fn put(&self, store: &Store) -> Result<bool, StoreError> {
        let there = store.has(&self.apex);
        if !there {
            self.replace_file(store)?;
        }
        Ok(!there)
    }

    /// Puts what is made in the place of what its file gave; names from elsewhere stay.
    ///
    /// # Errors
    /// The settings make no zone.
    pub(crate) fn replace_file(&self, store: &Store) -> Result<(), StoreError> {
        // The time, so that it grows across restarts: a commit is one step, so the serial stays behind
        // the clock as long as a zone has, over its whole life, less than one commit a second.
        let serial = u32::try_from(clock::now().unix_seconds()).unwrap_or(u32::MAX);
        store.replace_made(&records(&self.apex, &self.servers, serial))?;
        Ok(())
    }
}

/// The records that a zone begins with, sorted.
///
/// Without name servers in the settings the zone names one of its own, at a name whose addresses
/// only whoever runs it knows.
fn records(apex: &Name, name_servers: &[NameServer], serial: u32) -> Records {
    let mut records = Records::new(apex.clone());
    let mut add = |owner: NameRef<'_>, rtype, ttl, rdata: &[u8]| {
        records.push(owner, rtype, Ttl::from_secs(ttl), rdata, Place::default());
    };
    let own = NameServer {
        name: below(apex, b"ns"),
        addresses: Vec::new(),
    };
    let servers = if name_servers.is_empty() {
        std::slice::from_ref(&own)
    } else {
        name_servers
    };
    let primary = servers.first().map_or(&own.name, |server| &server.name);
    let mut soa = primary.as_bytes().to_vec();
    soa.extend_from_slice(below(apex, b"hostmaster").as_bytes());
    for number in [serial, REFRESH, RETRY, EXPIRE, NEGATIVE] {
        soa.extend_from_slice(&number.to_be_bytes());
    }
    add(apex.as_ref(), Rtype::SOA, DEFAULT, &soa);
    for server in servers {
        add(apex.as_ref(), Rtype::NS, DEFAULT, server.name.as_bytes());
        if !server.name.as_ref().is_at_or_below(apex.as_ref()) {
            continue;
        }
        for address in &server.addresses {
            match address {
                IpAddr::V4(v4) => add(server.name.as_ref(), Rtype::A, DEFAULT, &v4.octets()),
                IpAddr::V6(v6) => add(server.name.as_ref(), Rtype::AAAA, DEFAULT, &v6.octets()),
            }
        }
    }
    records.sort();
    records.dedup();
    records
}

/// A name one label below another; the name itself where that is as long as names get.
fn below(apex: &Name, label: &[u8]) -> Name {
    apex.child(label).unwrap_or_else(|| apex.clone())
}

/// The TTL of what is made.
const DEFAULT: u32 = 300;

const REFRESH: u32 = 3600;
const RETRY: u32 = 600;
const EXPIRE: u32 = 1_209_600;

/// How long resolvers remember that a name is not there: a name that appears in milliseconds should
/// not be hidden for longer than people wait.
const NEGATIVE: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).unwrap()
    }

    fn lines(servers: Vec<NameServer>) -> Vec<String> {
        let records = records(&name("example.org"), &servers, 7);
        let line = |record: zone::records::Record<'_>| {
            let mut data = String::new();
            wire::rdata::print(record.rtype, record.rdata, &mut data).unwrap();
            format!("{} {} {} {data}", record.owner, record.ttl, record.rtype)
        };
        records.iter().map(line).collect()
    }

    #[test]
    fn a_made_zone_has_soa_and_name_servers() {
        assert_eq!(
            lines(Vec::new()),
            [
                "example.org. 300 NS ns.example.org.",
                "example.org. 300 SOA ns.example.org. hostmaster.example.org. 7 3600 600 1209600 30",
            ]
        );
        let inside = NameServer {
            name: name("ns1.example.org"),
            addresses: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
        };
        let outside = NameServer {
            name: name("ns.example.net"),
            addresses: inside.addresses.clone(),
        };
        assert_eq!(
            lines(vec![inside, outside]),
            [
                "example.org. 300 NS ns.example.net.",
                "example.org. 300 NS ns1.example.org.",
                "example.org. 300 SOA ns1.example.org. hostmaster.example.org. 7 3600 600 1209600 30",
                "ns1.example.org. 300 A 192.0.2.1",
                "ns1.example.org. 300 AAAA 2001:db8::1",
            ]
        );
    }
}
