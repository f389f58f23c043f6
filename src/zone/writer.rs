//! The writer's side of one zone: merges contributions of the layers and edits a copy of the zone.
//!
//! ```text
//! changes → merge by name (winners, losers) → page, index, order of the next version → publish
//! ```
//!
//! Losers live here and never in what readers see; they come back when the winner goes.

use std::collections::{BTreeMap, BTreeSet};

use wire::{Rtype, Serial, Ttl};

use crate::assemble::negative_of;
use crate::depths::Depths;
use crate::key;
use crate::layer::Layer;
use crate::merge::{Contribution, contribution, entry_of, owned, winners};
use crate::node::{Flags, Node, RrsetRef};
use crate::snapshot::Zone;
use crate::sum::Sum;

/// An RRset of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rrset {
    /// The type.
    pub rtype: Rtype,
    /// The TTL.
    pub ttl: Ttl,
    /// The data of each record, uncompressed, in canonical order and without repeats. Without any
    /// it says that there is no record of the type.
    pub rdatas: Vec<Box<[u8]>>,
}

/// What one layer says of one RRset.
#[derive(Clone, Debug)]
pub struct Change {
    /// The owner, absolute.
    pub owner: wire::Name,
    /// The type.
    pub rtype: Rtype,
    /// Who says it.
    pub layer: Layer,
    /// The RRset from now on, or none any more.
    pub rrset: Option<Rrset>,
}

/// The writer's side of one zone.
#[derive(Debug)]
pub(crate) struct ZoneWriter {
    pub(crate) zone: Zone,
    pub(crate) depths: Depths,
    /// The sum over its records, while there is a journal.
    pub(crate) sum: Sum,
    /// Numbers of pages that are free.
    pub(crate) free: Vec<u32>,
    /// Names that come with the batch at hand and are in no page yet, in canonical order, each with
    /// its entry. Empty between batches.
    pub(crate) waiting: Vec<(Box<[u8]>, Vec<u8>)>,
    /// Contributions that do not show, by owner below the apex in lower case.
    hidden: BTreeMap<Box<[u8]>, Vec<Contribution>>,
    /// Owners that have a DNAME in some layer, shown or not.
    dnames: BTreeSet<Box<[u8]>>,
}

impl ZoneWriter {
    pub(crate) fn new(zone: Zone, depths: Depths) -> Self {
        let mut writer = Self {
            zone,
            depths,
            sum: Sum::default(),
            free: Vec::new(),
            waiting: Vec::new(),
            hidden: BTreeMap::new(),
            dnames: BTreeSet::new(),
        };
        if writer.depths.may_have_dnames() {
            let dnames = writer
                .zone
                .nodes()
                .filter(|node| node.flags().has(Flags::DNAME));
            writer.dnames = dnames.map(|node| node.owner().into()).collect();
        }
        writer
    }

    /// What shows of it, as the writer of a copy.
    pub(crate) fn mask(&self) -> Self {
        Self {
            zone: self.zone.clone(),
            depths: self.depths.clone(),
            sum: Sum::default(),
            free: self.free.clone(),
            waiting: Vec::new(),
            hidden: BTreeMap::new(),
            dnames: self.dnames.clone(),
        }
    }

    /// All contributions of layers other than the static one, shown or hidden.
    pub(crate) fn contributions(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.hidden.is_empty() && !self.has_upper_layers() {
            return changes;
        }
        for node in self.zone.nodes() {
            let owner = self.zone.absolute(node.owner());
            for rrset in node.rrsets().filter(|rrset| rrset.layer() != Layer::Static) {
                let (layer, rrset) = (rrset.layer(), owned(rrset));
                let rtype = rrset.rtype;
                changes.push(Change {
                    owner: owner.clone(),
                    rtype,
                    layer,
                    rrset: Some(rrset),
                });
            }
        }
        for (owner, contributions) in &self.hidden {
            let owner = self.zone.absolute(owner);
            for contribution in contributions
                .iter()
                .filter(|one| one.layer != Layer::Static)
            {
                changes.push(Change {
                    owner: owner.clone(),
                    rtype: contribution.rrset.rtype,
                    layer: contribution.layer,
                    rrset: Some(contribution.rrset.clone()),
                });
            }
        }
        changes
    }

    /// What did not win, by owner below the apex, where a layer is among the losers; of one owner or
    /// of all.
    pub(crate) fn losers(
        &self,
        layer: Layer,
        owner: Option<&[u8]>,
    ) -> BTreeMap<Box<[u8]>, Vec<Contribution>> {
        let one = owner.map(|owner| self.hidden.get_key_value(owner));
        let all = owner.is_none().then_some(&self.hidden);
        let meant = one.flatten().into_iter().chain(all.into_iter().flatten());
        let mut losers = BTreeMap::new();
        for (owner, all) in meant {
            if all.iter().any(|one| one.layer == layer) {
                losers.insert(owner.clone(), all.clone());
            }
        }
        losers
    }

    fn has_upper_layers(&self) -> bool {
        let mut rrsets = self.zone.nodes().flat_map(Node::rrsets);
        rrsets.any(|rrset| rrset.layer() != Layer::Static)
    }

    /// Applies changes to the next version. Gives the owners at which what shows has changed, below
    /// the apex in lower case; some may stand there twice.
    pub(crate) fn apply(&mut self, changes: Vec<Change>) -> Vec<Box<[u8]>> {
        let owned = |change: Change| (self.zone.relative(change.owner.as_ref()), change);
        let mut changes: Vec<(Box<[u8]>, Change)> = changes.into_iter().map(owned).collect();
        // Stable: of several changes to one RRset the last stands.
        changes.sort_by(|(left, _), (right, _)| key::cmp(left, right));
        let mut changes = changes.into_iter().peekable();
        let mut changed = Vec::new();
        let mut again = BTreeSet::new();
        while let Some((owner, first)) = changes.next() {
            let mut here = vec![first];
            while let Some((_, next)) = changes.next_if(|(other, _)| *other == owner) {
                here.push(next);
            }
            let differs = self.merge(&owner, here);
            // A DNAME above may have to make room for this name, or may come back.
            let mut above = key::parent(&owner);
            while let Some(name) = above.filter(|_| !self.dnames.is_empty()) {
                if self.dnames.contains(name) {
                    again.insert(Box::from(name));
                }
                above = key::parent(name);
            }
            if differs {
                changed.push(owner);
            }
        }
        self.insert_waiting();
        for owner in again {
            if self.merge(&owner, Vec::new()) {
                changed.push(owner);
            }
        }
        if !changed.is_empty() {
            let apex = self.zone.apex_node().map(Node::flags).unwrap_or_default();
            self.zone.shape = self.depths.shape(apex);
        }
        changed
    }

    /// Gives the next version its serial, in the SOA too.
    pub(crate) fn set_serial(&mut self, serial: Serial) {
        let Some(soa) = self
            .zone
            .apex_node()
            .and_then(|apex| apex.rrset(Rtype::SOA))
        else {
            return;
        };
        let (layer, mut soa) = (soa.layer(), owned(soa));
        if let Some(rdata) = soa.rdatas.first_mut() {
            let at = rdata.len() - crate::assemble::SOA_NUMBERS;
            rdata[at..at + 4].copy_from_slice(&serial.0.to_be_bytes());
            self.zone.negative = negative_of(self.zone.apex.as_ref(), rdata, soa.ttl);
        }
        let apex = self.zone.apex_node().map(Node::rrsets);
        let rest = apex
            .into_iter()
            .flatten()
            .filter(|rrset| rrset.rtype() != Rtype::SOA);
        let mut shown: Vec<Contribution> = rest.map(contribution).collect();
        shown.push(Contribution { layer, rrset: soa });
        self.show(&[], shown);
        self.zone.serial = serial;
    }

    /// Brings the contributions to one name up to date and shows the winners.
    fn merge(&mut self, owner: &[u8], changes: Vec<Change>) -> bool {
        let hash = self.zone.hash_of(owner);
        let node = self.zone.node_by_hash(hash, owner);
        let before: Vec<Contribution> = node
            .map(Node::rrsets)
            .into_iter()
            .flatten()
            .map(contribution)
            .collect();
        let mut all = before.clone();
        all.extend(self.hidden.remove(owner).unwrap_or_default());
        for change in changes {
            all.retain(|one| one.layer != change.layer || one.rrset.rtype != change.rtype);
            all.extend(change.rrset.map(|rrset| Contribution {
                layer: change.layer,
                rrset,
            }));
        }
        if all.iter().any(|one| one.rrset.rtype == Rtype::DNAME) {
            self.dnames.insert(owner.into());
            self.insert_waiting();
        } else {
            self.dnames.remove(owner);
        }
        let shows =
            |one: &Contribution| one.rrset.rtype != Rtype::DNAME && !one.rrset.rdatas.is_empty();
        if before.is_empty() && all.len() == 1 && all.iter().all(shows) {
            // Nobody else says anything of the name, as in a first sync.
            self.show(owner, all);
            return true;
        }
        let below = self.strongest_below(owner, &all);
        let (mut shown, hidden) = winners(all, below);
        if !hidden.is_empty() {
            self.hidden.insert(owner.into(), hidden);
        }
        shown.sort_by_key(|one| one.rrset.rtype);
        let same = shown.len() == before.len()
            && shown
                .iter()
                .zip(&before)
                .all(|(new, old)| new.layer == old.layer && new.rrset == old.rrset);
        if !same {
            self.show(owner, shown);
        }
        !same
    }

    /// What all layers say of one owner, shown or hidden.
    pub(crate) fn contributions_at(&self, owner: &[u8]) -> Vec<Contribution> {
        let shown = self.zone.node_at(owner).map(Node::rrsets);
        let shown = shown.into_iter().flatten().map(contribution);
        let hidden = self.hidden.get(owner).into_iter().flatten().cloned();
        shown.chain(hidden).collect()
    }

    /// The strongest layer below a name, where a DNAME makes it matter.
    pub(crate) fn strongest_below(&self, owner: &[u8], all: &[Contribution]) -> Option<Layer> {
        let dname = all.iter().filter(|one| one.rrset.rtype == Rtype::DNAME);
        let strongest = dname.map(|one| one.layer).min()?;
        let mut below = None;
        let mut at = self.zone.next_owner(owner);
        while let Some(name) = at.filter(|name| key::is_at_or_below(name, owner)) {
            let node = self.zone.node_by_hash(self.zone.hash_of(name), name);
            let layers = node
                .map(Node::rrsets)
                .into_iter()
                .flatten()
                .map(RrsetRef::layer);
            below = layers.chain(below).min();
            if below.is_some_and(|layer| layer < strongest) {
                break;
            }
            at = self.zone.next_owner(name);
        }
        below
    }

    /// Makes these the RRsets of a name; without any it goes, if no name is below it.
    fn show(&mut self, owner: &[u8], rrsets: Vec<Contribution>) {
        if rrsets.is_empty() {
            // Whether anything is below a name above it has to be known.
            self.insert_waiting();
        }
        let hash = self.zone.hash_of(owner);
        let mut rrsets = rrsets;
        rrsets.sort_by_key(|one| one.rrset.rtype);
        let old = self.zone.locate(hash, owner).map(|(page, slot, node)| {
            (
                page,
                slot,
                node.flags(),
                node.rrsets().map(RrsetRef::len).sum::<usize>(),
            )
        });
        let has = |rtype| {
            rrsets
                .iter()
                .any(|one: &Contribution| one.rrset.rtype == rtype)
        };
        let mut flags = old.map_or(0, |(_, _, flags, _)| flags.0 & Flags::WILDCARD_CHILD);
        if has(Rtype::NS) && !owner.is_empty() {
            flags |= Flags::CUT;
        }
        if has(Rtype::DNAME) {
            flags |= Flags::DNAME;
        }
        let records: usize = rrsets.iter().map(|one| one.rrset.rdatas.len()).sum();
        let old_records = old.map_or(0, |(_, _, _, records)| records);
        self.zone.records = self.zone.records + records - old_records;
        let depth = key::depth(owner);
        let cuts = |flags: u8| flags & (Flags::CUT | Flags::DNAME) != 0;
        match (
            old.is_some_and(|(_, _, flags, _)| cuts(flags.0)),
            cuts(flags),
        ) {
            (false, true) => self.depths.add_cut(depth),
            (true, false) => self.depths.remove_cut(depth),
            _ => {}
        }
        match old {
            Some((page, slot, ..)) => {
                if rrsets.is_empty() && !owner.is_empty() && !self.has_below(owner) {
                    self.remove_name(owner, hash, page, slot);
                } else {
                    let entry = entry_of(flags, owner, &rrsets);
                    self.replace_entry(owner, (page, slot), entry);
                }
            }
            None if rrsets.is_empty() => {}
            None => self.insert_name(owner, entry_of(flags, owner, &rrsets)),
        }
    }

    pub(crate) fn has_below(&self, owner: &[u8]) -> bool {
        self.zone
            .next_owner(owner)
            .is_some_and(|next| key::is_at_or_below(next, owner))
    }
}
