//! What a layer says and nobody is answered, and what hides it.
//!
//! ```text
//! name, layer → a zone of its own below? → a cut or a DNAME above? → a loser of the merge? → who hides it
//! ```
//!
//! A loser whose data is that of the winner hides nothing: what is answered is what was meant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::{Name, NameRef, Rtype};

use crate::hash::LookupName;
use crate::key;
use crate::layer::Layer;
use crate::lookup::Found;
use crate::merge::{Contribution, beside_cname, contribution};
use crate::page::{Flags, Node, RrsetRef};
use crate::snapshot::{Snapshot, Zone};

/// An RRset of a layer that is not what questions for it are answered with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hidden {
    /// The owner, in lower case.
    pub owner: Name,
    /// The type.
    pub rtype: Rtype,
    /// What hides it.
    pub by: Hider,
}

/// What hides an RRset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hider {
    /// A record of the same zone, or word that there is none.
    Record {
        /// Its owner: the name itself, one above it, or for a DNAME one below it.
        owner: Name,
        /// Its type.
        rtype: Rtype,
        /// Who says it.
        layer: Layer,
    },
    /// The name is in another zone of this server, with this apex.
    Zone(Name),
}

/// One zone at one instant, with what does not show in it.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) snapshot: Arc<Snapshot>,
    /// Where the layer that is asked for is among them, by owner below the apex.
    pub(crate) losers: BTreeMap<Box<[u8]>, Vec<Contribution>>,
    pub(crate) layer: Layer,
}

impl View {
    /// What is hidden in the whole zone, in order.
    pub(crate) fn all(&self, apex: NameRef<'_>) -> Vec<Hidden> {
        let Some(zone) = self.snapshot.zone(apex) else {
            return Vec::new();
        };
        let mut owners: BTreeSet<&[u8]> = self.losers.keys().map(|owner| &**owner).collect();
        for top in self.tops(zone) {
            owners.extend(zone.at(&top).map(Node::owner));
            owners.extend(zone.below(&top).map(Node::owner));
        }
        let hidden = owners
            .into_iter()
            .flat_map(|owner| self.at(apex, zone.absolute(owner).as_ref()));
        let mut hidden: Vec<Hidden> = hidden.collect();
        hidden.sort_unstable();
        hidden
    }

    /// What is hidden at one name.
    pub(crate) fn at(&self, apex: NameRef<'_>, owner: NameRef<'_>) -> Vec<Hidden> {
        let Some(zone) = self.snapshot.zone(apex) else {
            return Vec::new();
        };
        if !owner.is_at_or_below(apex) {
            return Vec::new();
        }
        let name = LookupName::new(owner, zone.keys());
        let relative = name.relative(name.labels(), apex.as_bytes().len());
        let node = zone.node(&name, name.labels());
        let rrsets = node.map(Node::rrsets).into_iter().flatten();
        let shown = rrsets
            .filter(|rrset| rrset.layer() == self.layer)
            .map(|rrset| (contribution(rrset), false));
        let lost = self.losers.get(relative).into_iter().flatten();
        let lost = lost.filter(|one| one.layer == self.layer);
        let lost = lost.map(|one| (one.clone(), true));
        let hidden = shown.chain(lost).filter_map(|(one, lost)| {
            let by = self.above(zone, &name, &one).or_else(|| {
                let loses = lost.then(|| self.winner(zone, &name, node, &one));
                loses.flatten()
            })?;
            Some(Hidden {
                owner: owner.to_lowercase(),
                rtype: one.rrset.rtype,
                by,
            })
        });
        hidden.collect()
    }

    /// The owners at and below which something else may be answered: zones below, cuts, DNAMEs.
    fn tops(&self, zone: &Zone) -> Vec<Box<[u8]>> {
        let apex = zone.apex();
        let mut tops: Vec<Box<[u8]>> = Vec::new();
        for other in self.snapshot.zones() {
            let other = other.apex();
            if other != apex && other.is_at_or_below(apex) {
                let len = other.as_bytes().len() - apex.as_bytes().len();
                tops.push(other.as_bytes().get(..len).unwrap_or_default().into());
            }
        }
        if zone.shape.cut_depths == 0 {
            return tops;
        }
        let cuts = zone.nodes().filter(|node| {
            let flags = node.flags();
            flags.has(Flags::CUT) || flags.has(Flags::DNAME)
        });
        let mut last: Option<&[u8]> = None;
        for owner in cuts.map(Node::owner) {
            // In canonical order all below a name stand right behind it.
            if last.is_none_or(|last| !key::is_at_or_below(owner, last)) {
                tops.push(owner.into());
                last = Some(owner);
            }
        }
        tops
    }

    /// What hides a name by standing above it, or by being cut there.
    fn above(&self, zone: &Zone, name: &LookupName, one: &Contribution) -> Option<Hider> {
        let rtype = one.rrset.rtype;
        let answers = self.snapshot.zone_for(name, name.labels())?;
        // RFC 4035 §3.1.4.1: DS is asked of the zone above.
        let is_parents = rtype == Rtype::DS && answers.apex() == name.name();
        if answers.apex() != zone.apex() && !is_parents {
            return Some(Hider::Zone(answers.apex().to_name()));
        }
        let record = |node: Node<'_>, rtype| {
            Some(Hider::Record {
                owner: zone.absolute(node.owner()),
                rtype,
                layer: node.rrset(rtype)?.layer(),
            })
        };
        match zone.find(name) {
            Found::Cut(node, labels) => {
                let is_of_cut = labels == name.labels() && matches!(rtype, Rtype::DS | Rtype::NS);
                let hides = !is_of_cut && !is_glue(node, name.name(), rtype);
                hides.then(|| record(node, Rtype::NS)).flatten()
            }
            Found::Dname(node, _) => record(node, Rtype::DNAME),
            Found::Exact(_) | Found::Missing(_) | Found::Wildcard(..) => None,
        }
    }

    /// What shows in the place of a loser of the merge. None if it is the same.
    fn winner(
        &self,
        zone: &Zone,
        name: &LookupName,
        node: Option<Node<'_>>,
        loser: &Contribution,
    ) -> Option<Hider> {
        let rtype = loser.rrset.rtype;
        let rrset = |rtype| node.and_then(|node| node.rrset(rtype));
        let record = |owner: NameRef<'_>, rrset: RrsetRef<'_>| Hider::Record {
            owner: owner.to_lowercase(),
            rtype: rrset.rtype(),
            layer: rrset.layer(),
        };
        if let Some(same) = rrset(rtype) {
            let differs = contribution(same).rrset.rdatas != loser.rrset.rdatas;
            return differs.then(|| record(name.name(), same));
        }
        let relative = name.relative(name.labels(), zone.apex().as_bytes().len());
        let mut others = self.losers.get(relative).into_iter().flatten();
        let denied = others.find(|one| one.rrset.rtype == rtype && one.rrset.rdatas.is_empty());
        if let Some(denied) = denied {
            return Some(Hider::Record {
                owner: name.name().to_lowercase(),
                rtype,
                layer: denied.layer,
            });
        }
        if let Some(cname) = rrset(Rtype::CNAME) {
            return Some(record(name.name(), cname));
        }
        // A DNAME would hide stronger names below it.
        let mut below = zone.below(relative).filter(|_| rtype == Rtype::DNAME);
        let below = below.find_map(|node| {
            let mut rrsets = node.rrsets();
            let stronger = rrsets.find(|rrset| rrset.layer() < loser.layer)?;
            Some(record(zone.absolute(node.owner()).as_ref(), stronger))
        });
        below.or_else(|| {
            let mut rrsets = node.map(Node::rrsets).into_iter().flatten();
            let other = rrsets.find(|other| !beside_cname(other.rtype()))?;
            Some(record(name.name(), other))
        })
    }
}

/// Whether an address goes along with a referral: the name server that is named at the cut has it.
fn is_glue(cut: Node<'_>, owner: NameRef<'_>, rtype: Rtype) -> bool {
    let mut servers = cut
        .rrset(Rtype::NS)
        .into_iter()
        .flat_map(|rrset| rrset.rdatas());
    matches!(rtype, Rtype::A | Rtype::AAAA)
        && servers.any(|server| NameRef::read(server).is_ok_and(|server| server == owner))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::Ttl;

    use super::*;
    use crate::records::{Place, Records};
    use crate::{Change, Rrset, Store};

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).unwrap()
    }

    fn zone(store: &Store, apex: &str) {
        let mut records = Records::new(name(apex));
        let soa = [b"\x01n\x00\x01h\x00".as_slice(), &[0; 20]].concat();
        for (rtype, rdata) in [(Rtype::SOA, &*soa), (Rtype::NS, b"\x01n\x00")] {
            let ttl = Ttl::from_secs(60);
            records.push(name(apex).as_ref(), rtype, ttl, rdata, Place::default());
        }
        records.sort();
        store.replace_static(&records).unwrap();
    }

    fn change(layer: Layer, owner: &str, rtype: Rtype, rdata: &[u8]) -> Change {
        let rrset = Rrset {
            rtype,
            ttl: Ttl::from_secs(60),
            rdatas: vec![rdata.into()],
        };
        Change {
            owner: name(owner),
            rtype,
            layer,
            rrset: Some(rrset),
        }
    }

    /// Who says what.
    type Said<'a> = (Layer, &'a str, Rtype, &'a [u8]);

    /// Zones beside `example`, what is said of it, what is hidden.
    type Case<'a> = (&'a [&'a str], &'a [Said<'a>], &'a [&'a str]);

    /// What is hidden of what the synced layer says of `example`.
    fn hidden(zones: &[&str], says: &[Said<'_>]) -> Vec<String> {
        let store = Store::new([1, 2]);
        for apex in zones.iter().chain(&["example"]) {
            zone(&store, apex);
        }
        let changes = says
            .iter()
            .map(|(layer, owner, rtype, rdata)| change(*layer, owner, *rtype, rdata));
        store.commit(&name("example"), changes.collect()).unwrap();
        let all = store.hidden(&name("example"), Layer::Synced);
        let mut singly: Vec<Hidden> = says
            .iter()
            .flat_map(|(_, owner, ..)| {
                store.hidden_at(&name("example"), &name(owner), Layer::Synced)
            })
            .collect();
        singly.sort_unstable();
        singly.dedup();
        assert_eq!(all, singly);
        let text = |hidden: &Hidden| match &hidden.by {
            Hider::Record {
                owner,
                rtype,
                layer,
            } => {
                format!(
                    "{} {} < {owner} {rtype} {layer}",
                    hidden.owner, hidden.rtype
                )
            }
            Hider::Zone(apex) => format!("{} {} < zone {apex}", hidden.owner, hidden.rtype),
        };
        all.iter().map(text).collect()
    }

    #[test]
    fn what_hides_a_record_is_named() {
        use Layer::{Dynamic, Static, Synced};
        let (one, two) = (
            b"\xC0\x00\x02\x01".as_slice(),
            b"\xC0\x00\x02\x02".as_slice(),
        );
        let target = b"\x01t\x00".as_slice();
        let cases: &[Case<'_>] = &[
            (&[], &[(Synced, "a.example", Rtype::A, one)], &[]),
            (
                &[],
                &[
                    (Static, "a.example", Rtype::A, one),
                    (Synced, "a.example", Rtype::A, two),
                    (Synced, "a.example", Rtype::TXT, target),
                ],
                &["a.example. A < a.example. A static"],
            ),
            // The same data: what is answered is what was meant.
            (
                &[],
                &[
                    (Static, "a.example", Rtype::A, one),
                    (Synced, "a.example", Rtype::A, one),
                ],
                &[],
            ),
            (
                &[],
                &[
                    (Static, "a.example", Rtype::CNAME, target),
                    (Synced, "a.example", Rtype::A, one),
                ],
                &["a.example. A < a.example. CNAME static"],
            ),
            (
                &[],
                &[
                    (Dynamic, "a.example", Rtype::TXT, target),
                    (Synced, "a.example", Rtype::CNAME, target),
                ],
                &["a.example. CNAME < a.example. TXT dynamic"],
            ),
            (
                &["b.example"],
                &[
                    (Synced, "a.b.example", Rtype::A, one),
                    (Synced, "b.example", Rtype::A, one),
                    (Synced, "b.example", Rtype::DS, target),
                ],
                &[
                    "b.example. A < zone b.example.",
                    "a.b.example. A < zone b.example.",
                ],
            ),
            (
                &[],
                &[
                    (Static, "b.example", Rtype::NS, b"\x01n\x01b\x07example\x00"),
                    (Synced, "b.example", Rtype::A, one),
                    (Synced, "a.b.example", Rtype::A, one),
                    // Glue.
                    (Synced, "N.b.example", Rtype::A, one),
                ],
                &[
                    "b.example. A < b.example. NS static",
                    "a.b.example. A < b.example. NS static",
                ],
            ),
            (
                &[],
                &[
                    (Synced, "b.example", Rtype::DNAME, target),
                    (Synced, "b.example", Rtype::A, one),
                    (Synced, "a.b.example", Rtype::A, one),
                ],
                &["a.b.example. A < b.example. DNAME synced"],
            ),
            (
                &[],
                &[
                    (Synced, "b.example", Rtype::DNAME, target),
                    (Static, "c.a.b.example", Rtype::A, one),
                ],
                &["b.example. DNAME < c.a.b.example. A static"],
            ),
        ];
        for (zones, says, expected) in cases {
            assert_eq!(hidden(zones, says), *expected, "{zones:?} {says:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_not_hidden_is_answered(
            says in proptest::collection::vec((0..4usize, 0..8usize, 0..5usize, 0..3u8), 1..12),
            child in any::<bool>(),
        ) {
            let owners = ["a", "b", "a.a", "b.a", "a.b", "b.a.a", "a.b.a", "*.a"];
            let types = [Rtype::A, Rtype::TXT, Rtype::CNAME, Rtype::NS, Rtype::DNAME];
            let store = Store::new([1, 2]);
            zone(&store, "example");
            if child {
                zone(&store, "b.a.example");
            }
            let changes = says.iter().map(|&(layer, owner, rtype, data)| {
                let owner = format!("{}.example", owners[owner]);
                let mut change = change(Layer::ALL[layer], &owner, types[rtype], &[1, b't', data]);
                if let (0, 2, Some(rrset)) = (layer, data, &mut change.rrset) {
                    rrset.rdatas.clear();
                }
                change
            });
            let mut changes: Vec<Change> = changes.collect();
            // Of several for one RRset the last stands.
            changes.reverse();
            let key = |change: &Change| (change.owner.clone(), change.rtype, change.layer);
            changes.sort_by_key(key);
            changes.dedup_by_key(|change| key(change));
            store.commit(&name("example"), changes.clone()).unwrap();
            let hidden = store.hidden(&name("example"), Layer::Synced);
            let snapshot = store.snapshot();
            for change in changes.iter().filter(|change| change.layer == Layer::Synced) {
                let lookup = LookupName::new(change.owner.as_ref(), store.keys());
                let zone = snapshot.zone_for(&lookup, lookup.labels()).unwrap();
                let node = match zone.find(&lookup) {
                    Found::Exact(node) => Some(node),
                    Found::Cut(node, at) => {
                        Some(node).filter(|_| at == lookup.labels() && change.rtype == Rtype::NS)
                    }
                    _ => None,
                };
                let found = node.and_then(|node| node.rrset(change.rtype));
                let answered = found.is_some_and(|found| {
                    zone.apex() == name("example").as_ref()
                        && Some(contribution(found).rrset.rdatas) == change.rrset.clone().map(|it| it.rdatas)
                });
                let is_hidden = hidden
                    .iter()
                    .any(|one| one.owner == change.owner && one.rtype == change.rtype);
                prop_assert_eq!(answered, !is_hidden, "{} {}", &change.owner, change.rtype);
            }
        }
    }
}
