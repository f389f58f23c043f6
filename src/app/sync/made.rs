//! Zones that no file gives: SOA and NS made from the settings.

use std::net::IpAddr;

use config::{Embedded, NameServer};
use wire::{Name, NameRef, Rtype, Ttl};
use zone::records::{Place, Records};

/// The records that a zone of our own begins with, sorted.
///
/// Its serial is the time, so that it grows across restarts. Without name servers in the settings
/// the zone is its own, at a name whose addresses only whoever runs it knows.
pub(crate) fn records(apex: &Name, embedded: &Embedded, serial: u32) -> Records {
    let mut records = Records::new(apex.clone());
    let mut add = |owner: NameRef<'_>, rtype, ttl, rdata: &[u8]| {
        records.push(owner, rtype, Ttl::from_secs(ttl), rdata, Place::default());
    };
    let own = NameServer {
        name: below(apex, b"ns"),
        addresses: Vec::new(),
    };
    let servers = if embedded.name_servers.is_empty() {
        std::slice::from_ref(&own)
    } else {
        &embedded.name_servers
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

/// The TTL of records that do not say one.
pub(crate) const DEFAULT: u32 = 300;

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
        let embedded = Embedded {
            zones: vec![name("example.org")],
            name_servers: servers,
        };
        let records = records(&name("example.org"), &embedded, 7);
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
