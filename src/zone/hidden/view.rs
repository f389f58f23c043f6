//! One zone at one instant, asked who hides what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wire::{Name, NameRef, Rtype};

use crate::hash::LookupName;
use crate::key;
use crate::layer::Layer;
use crate::lookup::Found;
use crate::merge::{Contribution, beside_cname, contribution};
use crate::node::{Flags, Node, RrsetRef};
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
