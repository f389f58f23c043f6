//! What CoreDNS answers from etcd, as records.
//!
//! ```text
//! /skydns/org/example/www/1a2b {"host":"192.0.2.1","targetstrip":1} → www.example.org. A 192.0.2.1
//! ```
//!
//! The key is the name, backwards; the first labels that `targetstrip` counts only tell services of
//! one name apart. An address makes A or AAAA, a name CNAME (in reverse zones PTR), with `mail` MX, at
//! a name as `_http._tcp` SRV; `text` makes TXT. `dns/ns` and `dns/apex` are about the zone itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use config::Skydns;
use provider::etcd::Pair;
use serde::Deserialize;
use wire::{Name, NameRef, Rtype, Ttl};
use zone::records::{Place, Records};

use super::Made;
use crate::app::plain::plain;

/// What stands at a key.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Service {
    host: String,
    port: u16,
    priority: u16,
    weight: u16,
    text: String,
    mail: bool,
    ttl: u32,
    targetstrip: usize,
}

/// A service with its names.
struct Entry {
    service: Service,
    /// The name of the key.
    whole: Name,
    /// The name that it is asked for by.
    owner: Name,
}

/// What all keys begin with, with a slash at either end.
pub(super) fn prefix(text: &str) -> String {
    match text.trim_matches('/') {
        "" => "/".to_owned(),
        inner => format!("/{inner}/"),
    }
}

/// Makes a zone.
pub(super) fn make(asked: &Skydns, pairs: &[Pair], serial: u32) -> Made {
    let (zone, prefix) = (&asked.zone, prefix(&asked.prefix));
    let (mut remarks, mut entries) = (Vec::new(), Vec::new());
    let mut outside = 0;
    for pair in pairs {
        match entry(&prefix, pair) {
            Ok(Some(entry)) if entry.owner.as_ref().is_at_or_below(zone.as_ref()) => {
                entries.push(entry);
            }
            Ok(_) => outside += 1,
            Err(why) => {
                let key = plain(&String::from_utf8_lossy(&pair.key));
                remarks.push(format!("warning: key \"{key}\" is left out: {why}"));
            }
        }
    }
    if !asked.owned {
        let owned = owned(&entries);
        let before = entries.len();
        entries.retain(|entry| !owned.contains(&entry.owner));
        if entries.len() < before {
            remarks.push(format!(
                "{} keys are left out: external-dns looks after {} names, which come from their objects \
                 (--owned takes them)",
                before - entries.len(),
                owned.len()
            ));
        }
    }
    if outside > 0 {
        remarks.push(format!("{outside} keys are not in zone \"{zone}\""));
    }
    let mut rrsets = Rrsets::default();
    for entry in &entries {
        rrsets.add_service(zone, entry);
    }
    rrsets.add_frame(asked, serial);
    rrsets.settle(&mut remarks);
    Made {
        records: rrsets.into_records(zone),
        remarks,
    }
}

/// What a key says; nothing if it is no key of ours.
fn entry(prefix: &str, pair: &Pair) -> Result<Option<Entry>, String> {
    let key = std::str::from_utf8(&pair.key).map_err(|_| "it is not UTF-8".to_owned())?;
    let Some(path) = key.strip_prefix(prefix) else {
        return Ok(None);
    };
    let service: Service =
        serde_json::from_slice(&pair.value).map_err(|error| format!("its value: {error}"))?;
    let mut labels: Vec<&str> = path.split('/').filter(|label| !label.is_empty()).collect();
    labels.reverse();
    let name = |labels: &[&str]| {
        let text = labels.join(".");
        let name = Name::from_text(text.as_bytes(), Some(NameRef::ROOT));
        name.map(|name| name.as_ref().to_lowercase())
            .map_err(|error| format!("it is no name: {error}"))
    };
    let stripped = labels.get(service.targetstrip..).unwrap_or_default();
    Ok(Some(Entry {
        whole: name(&labels)?,
        owner: name(stripped)?,
        service,
    }))
}

/// The names that texts of external-dns's registry are about.
fn owned(entries: &[Entry]) -> BTreeSet<Name> {
    let mut owned = BTreeSet::new();
    for entry in entries
        .iter()
        .filter(|entry| entry.service.text.contains(HERITAGE))
    {
        owned.insert(entry.owner.clone());
        // The name of its record may begin with the type that it is about.
        let text = entry.owner.to_string();
        let about = TYPES.iter().filter_map(|rtype| text.strip_prefix(rtype));
        owned.extend(about.filter_map(|name| Name::from_text(name.as_bytes(), None).ok()));
    }
    owned
}

/// RRsets in the making: the least TTL, and the data.
#[derive(Default)]
struct Rrsets(BTreeMap<(Name, Rtype), Rdatas>);

type Rdatas = (u32, BTreeSet<Vec<u8>>);

impl Rrsets {
    fn add(&mut self, owner: &Name, rtype: Rtype, ttl: u32, rdata: Vec<u8>) {
        let key = (owner.clone(), rtype);
        let (least, rdatas) = self.0.entry(key).or_insert_with(|| (ttl, BTreeSet::new()));
        *least = ttl.min(*least);
        rdatas.insert(rdata);
    }

    fn add_address(&mut self, owner: &Name, ttl: u32, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => self.add(owner, Rtype::A, ttl, v4.octets().to_vec()),
            IpAddr::V6(v6) => self.add(owner, Rtype::AAAA, ttl, v6.octets().to_vec()),
        }
    }

    fn add_service(&mut self, zone: &Name, entry: &Entry) {
        let Entry {
            service,
            whole,
            owner,
        } = entry;
        let ttl = if service.ttl == 0 { TTL } else { service.ttl };
        if !service.text.is_empty() && !service.text.contains(HERITAGE) {
            let chunks = service.text.as_bytes().chunks(255);
            let counted = |chunk: &[u8]| {
                let length = u8::try_from(chunk.len()).unwrap_or(u8::MAX);
                [&[length], chunk].concat()
            };
            let text: Vec<u8> = chunks.flat_map(counted).collect();
            self.add(owner, Rtype::TXT, ttl, text);
        }
        if service.host.is_empty() {
            return;
        }
        let address: Option<IpAddr> = service.host.parse().ok();
        let target = match address {
            // Where a name is needed, that of the key is one.
            Some(_) => whole.clone(),
            None => match Name::from_text(service.host.as_bytes(), Some(NameRef::ROOT)) {
                Ok(name) => name.as_ref().to_lowercase(),
                Err(_) => return,
            },
        };
        let below = |labels: &[u8]| {
            let name = [labels, zone.as_bytes()].concat();
            Name::from_wire(&name).is_ok_and(|name| owner.as_ref().is_at_or_below(name.as_ref()))
        };
        if let Some(address) = address
            && below(b"\x04apex\x03dns")
        {
            return self.add_address(zone, ttl, address);
        }
        if below(b"\x02ns\x03dns") {
            self.add(zone, Rtype::NS, ttl, target.as_bytes().to_vec());
            if let Some(address) = address {
                self.add_address(whole, ttl, address);
            }
            return;
        }
        let is_service = owner.as_bytes().get(1) == Some(&b'_') && service.port != 0;
        let numbers = match (service.mail, is_service) {
            (true, _) => Some((Rtype::MX, vec![service.priority])),
            (false, true) => {
                let numbers = vec![service.priority, service.weight, service.port];
                Some((Rtype::SRV, numbers))
            }
            (false, false) => None,
        };
        if let Some((rtype, numbers)) = numbers {
            let mut rdata: Vec<u8> = numbers.into_iter().flat_map(u16::to_be_bytes).collect();
            rdata.extend(target.as_bytes());
            self.add(owner, rtype, ttl, rdata);
            if let Some(address) = address {
                self.add_address(whole, ttl, address);
            }
            return;
        }
        match address {
            Some(address) => self.add_address(owner, ttl, address),
            None => {
                let text = zone.to_string();
                let is_reverse = text.ends_with("in-addr.arpa.") || text.ends_with("ip6.arpa.");
                let rtype = if is_reverse { Rtype::PTR } else { Rtype::CNAME };
                self.add(owner, rtype, ttl, target.as_bytes().to_vec());
            }
        }
    }

    /// SOA and NS: a zone needs them, and CoreDNS makes them up.
    fn add_frame(&mut self, asked: &Skydns, serial: u32) {
        let zone = &asked.zone;
        if !asked.name_servers.is_empty() {
            self.0.remove(&(zone.clone(), Rtype::NS));
        }
        for (server, address) in &asked.name_servers {
            self.add(zone, Rtype::NS, TTL, server.as_bytes().to_vec());
            let inside = server.as_ref().is_at_or_below(zone.as_ref());
            if let Some(address) = address.filter(|_| inside) {
                self.add_address(server, TTL, address);
            }
        }
        let child = |label: &[u8]| zone.child(label).unwrap_or_else(|| zone.clone());
        if !self.0.contains_key(&(zone.clone(), Rtype::NS)) {
            let server = child(b"ns");
            self.add(zone, Rtype::NS, TTL, server.as_bytes().to_vec());
        }
        let given = asked.name_servers.first();
        let given = given.map(|(server, _)| server.as_bytes().to_vec());
        let servers = self.0.get(&(zone.clone(), Rtype::NS));
        let first = given.or_else(|| servers.and_then(|(_, servers)| servers.first().cloned()));
        let mut soa = first.unwrap_or_default();
        soa.extend(child(b"hostmaster").as_bytes());
        for number in [serial, 3600, 600, 1_209_600, 30] {
            soa.extend(u32::to_be_bytes(number));
        }
        self.add(zone, Rtype::SOA, TTL, soa);
    }

    /// Takes out aliases that cannot be: CoreDNS answers with what fits the question.
    fn settle(&mut self, remarks: &mut Vec<String>) {
        let owners: BTreeSet<Name> = self.0.keys().map(|(owner, _)| owner.clone()).collect();
        for owner in owners {
            let alias = (owner.clone(), Rtype::CNAME);
            let types = |(name, rtype): &&(Name, Rtype)| *name == owner && *rtype != Rtype::CNAME;
            let others = self
                .0
                .range((owner.clone(), Rtype(0))..=(owner.clone(), Rtype(u16::MAX)));
            let others = others.map(|(key, _)| key).filter(types).count();
            let Some((_, targets)) = self.0.get_mut(&alias) else {
                continue;
            };
            if others > 0 {
                remarks.push(format!(
                    "warning: \"{owner}\": the alias is left out, since there are other records"
                ));
                self.0.remove(&alias);
            } else if targets.len() > 1 {
                remarks.push(format!(
                    "warning: \"{owner}\": of {} aliases the first is taken",
                    targets.len()
                ));
                let first = targets.first().cloned();
                targets.retain(|target| Some(target) == first.as_ref());
            }
        }
    }

    fn into_records(self, zone: &Name) -> Records {
        let mut records = Records::new(zone.clone());
        for ((owner, rtype), (ttl, rdatas)) in self.0 {
            for rdata in rdatas {
                let ttl = Ttl::from_secs(ttl);
                records.push(owner.as_ref(), rtype, ttl, &rdata, Place::default());
            }
        }
        records.sort();
        records
    }
}

/// The TTL of services without one.
const TTL: u32 = 300;

/// How texts of external-dns's registry begin.
const HERITAGE: &str = "heritage=external-dns";

/// The types that names of its records may begin with.
const TYPES: [&str; 7] = ["a-", "aaaa-", "cname-", "mx-", "ns-", "srv-", "txt-"];
