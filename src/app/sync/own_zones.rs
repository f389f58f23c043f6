//! What our own zones answer in truth, beside what the layer of names from objects says there.
//!
//! ```text
//! name → zone store (who won, what cuts the name off) → losses in words, records of other layers
//! ```

use std::sync::Arc;

use plan::{Endpoint, RowName, data};
use wire::{Name, NameRef, Rtype};
use zone::{Hidden, Hider, Layer, LookupName, RrsetRef, Snapshot, Store};

use super::embedded::plain;

/// The zones of a destination that is our own server.
#[derive(Debug)]
pub(super) struct OwnZones {
    store: Arc<Store>,
    /// Apexes, the longest first.
    zones: Vec<Name>,
}

/// Something that objects ask for and have, and that is not answered all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Loss {
    pub(super) name: RowName,
    pub(super) rtype: Rtype,
    /// All about it, for people.
    pub(super) text: String,
}

impl OwnZones {
    pub(super) fn new(store: Arc<Store>, mut zones: Vec<Name>) -> Self {
        zones.sort_by_key(|zone| std::cmp::Reverse(zone.as_ref().label_count()));
        Self { store, zones }
    }

    /// All losses in all zones.
    pub(super) fn losses(&self) -> Vec<Loss> {
        let zones = self.zones.iter();
        let hidden = zones.flat_map(|zone| self.store.hidden(zone, Layer::Synced));
        self.told(hidden.collect())
    }

    /// The losses at one name.
    pub(super) fn losses_at(&self, name: &RowName) -> Vec<Loss> {
        let Some(owner) = owner_of(name) else {
            return Vec::new();
        };
        let mut zones = self.zones.iter();
        let zone = zones.find(|zone| owner.as_ref().is_at_or_below(zone.as_ref()));
        self.told(zone.map_or_else(Vec::new, |zone| {
            self.store.hidden_at(zone, &owner, Layer::Synced)
        }))
    }

    /// What other layers, or other zones of this server, have at a name.
    pub(super) fn beside(&self, name: &RowName) -> Vec<(&'static str, Endpoint)> {
        let Some(owner) = owner_of(name) else {
            return Vec::new();
        };
        let snapshot = self.store.snapshot();
        let lookup = LookupName::new(owner.as_ref(), snapshot.keys());
        let Some(zone) = snapshot.zone_for(&lookup, lookup.labels()) else {
            return Vec::new();
        };
        let of_another = self.zones.iter().all(|own| own.as_ref() != zone.apex());
        let node = zone.node(&lookup, lookup.labels());
        let rrsets = node.map(zone::Node::rrsets).into_iter().flatten();
        let others = rrsets.filter(|rrset| of_another || rrset.layer() != Layer::Synced);
        others
            .map(|rrset| {
                let mut endpoint = Endpoint::new(name.as_str(), rrset.rtype(), targets(rrset));
                endpoint.ttl = Some(rrset.ttl());
                (layer(rrset.layer()), endpoint)
            })
            .collect()
    }

    fn told(&self, hidden: Vec<Hidden>) -> Vec<Loss> {
        if hidden.is_empty() {
            return Vec::new();
        }
        let snapshot = Arc::clone(&self.store.snapshot());
        let hidden = hidden.iter();
        hidden
            .map(|hidden| Loss {
                name: RowName::new(&plain(hidden.owner.as_ref())),
                rtype: hidden.rtype,
                text: text(hidden, &snapshot),
            })
            .collect()
    }
}

fn text(hidden: &Hidden, snapshot: &Snapshot) -> String {
    let (name, rtype) = (plain(hidden.owner.as_ref()), hidden.rtype);
    let reason = match &hidden.by {
        Hider::Zone(apex) => {
            let apex = plain(apex.as_ref());
            format!("the name is in zone \"{apex}\" of this server")
        }
        Hider::Record {
            owner,
            rtype: by,
            layer: from,
        } => {
            let lookup = LookupName::new(owner.as_ref(), snapshot.keys());
            let zone = snapshot.zone_for(&lookup, lookup.labels());
            let rrset = zone.and_then(|zone| zone.rrset(owner.as_ref(), *by));
            let data = rrset.map(|rrset| targets(rrset).join(","));
            let from = layer(*from);
            let Some(data) = data else {
                return format!(
                    "{name} {rtype} is not answered: an order {from} says that there is none"
                );
            };
            let other = plain(owner.as_ref());
            match *by {
                _ if *owner == hidden.owner && *by == rtype => {
                    format!("{by} {data} {from} takes its place")
                }
                Rtype::NS => format!("{other} NS {data} {from} delegates the name to others"),
                Rtype::DNAME if *owner != hidden.owner => {
                    format!("{other} DNAME {data} {from} redirects all names below it")
                }
                _ if *owner != hidden.owner => {
                    format!("it would hide {other} {by} {data} {from}")
                }
                _ => format!("{by} {data} {from} has the name, and a CNAME stands alone"),
            }
        }
    };
    format!("{name} {rtype} is not answered: {reason}")
}

/// Where a record comes from, for people.
fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Dynamic | Layer::Override => "from updates",
        Layer::Static => "from the zone file or --zone-ns",
        Layer::Synced => "from objects",
    }
}

fn targets(rrset: RrsetRef<'_>) -> Vec<String> {
    let rtype = rrset.rtype();
    rrset
        .rdatas()
        .map(|rdata| data::target(rtype, rdata))
        .collect()
}

fn owner_of(name: &RowName) -> Option<Name> {
    Name::from_text(name.as_str().as_bytes(), Some(NameRef::ROOT)).ok()
}
