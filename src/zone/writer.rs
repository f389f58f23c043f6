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
use crate::index::Position;
use crate::key;
use crate::layer::Layer;
use crate::merge::{Contribution, contribution, entry_of, owned, winners};
use crate::order::OrderEntry;
use crate::page::{Flags, Node, PAGE_TARGET, Page, RrsetRef, page_of, page_size, tag_of};
use crate::room::Shared;
use crate::snapshot::Zone;

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
    depths: Depths,
    /// Numbers of pages that are free.
    free: Vec<u32>,
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
            free: Vec::new(),
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
        let mut by_owner: BTreeMap<Box<[u8]>, Vec<Change>> = BTreeMap::new();
        let apex_len = self.zone.apex.as_bytes().len();
        for change in changes {
            let lower = change.owner.as_ref().to_lowercase();
            let owner = &lower.as_bytes()[..lower.as_bytes().len().saturating_sub(apex_len)];
            by_owner.entry(owner.into()).or_default().push(change);
        }
        let mut changed = Vec::new();
        let mut again = BTreeSet::new();
        for (owner, changes) in by_owner {
            let differs = self.merge(&owner, changes);
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
        } else {
            self.dnames.remove(owner);
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
                    self.edit_page(owner, page, |entries| entries[slot].1 = entry.into());
                }
            }
            None if rrsets.is_empty() => {}
            None => self.insert_name(owner, entry_of(flags, owner, &rrsets)),
        }
    }

    fn has_below(&self, owner: &[u8]) -> bool {
        self.zone
            .next_owner(owner)
            .is_some_and(|next| key::is_at_or_below(next, owner))
    }

    /// Adds a name that is not there, and each missing name above it.
    fn insert_name(&mut self, owner: &[u8], entry: Vec<u8>) {
        let hash = self.zone.hash_of(owner);
        if let Some(parent) = key::parent(owner) {
            let parent_hash = self.zone.hash_of(parent);
            if self.zone.node_by_hash(parent_hash, parent).is_none() {
                self.insert_name(parent, entry_of(0, parent, &[]));
            }
            if owner.starts_with(b"\x01*") {
                self.flag(parent, |flags| flags | Flags::WILDCARD_CHILD);
            }
        }
        self.depths.add_name(key::depth(owner));
        self.zone.names += 1;
        let place = self.zone.place_of(owner);
        let Some(page) = self.zone.order.get(place).map(|entry| entry.page) else {
            return;
        };
        let slot = self.zone.page(page).slot_of(owner);
        let start = self.zone.page(page).start(slot);
        self.zone.index.insert(hash, Position { page, start });
        self.edit_page(owner, page, |entries| {
            entries.insert(slot, (tag_of(hash), entry.into()))
        });
    }

    /// Takes a name out, and each name above it that only stood for it.
    fn remove_name(&mut self, owner: &[u8], hash: u64, page: u32, slot: usize) {
        self.edit_page(owner, page, |entries| {
            entries.remove(slot);
        });
        self.zone.index.remove(hash, page);
        self.zone.names -= 1;
        self.depths.remove_name(key::depth(owner));
        let Some(parent) = key::parent(owner) else {
            return;
        };
        if owner.starts_with(b"\x01*") {
            self.flag(parent, |flags| flags & !Flags::WILDCARD_CHILD);
        }
        let parent_hash = self.zone.hash_of(parent);
        if let Some((page, slot, node)) = self.zone.locate(parent_hash, parent)
            && node.is_empty_non_terminal()
            && !parent.is_empty()
            && !self.has_below(parent)
        {
            self.remove_name(parent, parent_hash, page, slot);
        }
    }

    fn flag(&mut self, owner: &[u8], change: impl FnOnce(u8) -> u8) {
        if let Some((page, slot, _)) = self.zone.locate(self.zone.hash_of(owner), owner) {
            self.edit_page(owner, page, |entries| {
                let flags = &mut entries[slot].1.to_mut()[0];
                *flags = change(*flags);
            });
        }
    }

    /// Writes a page anew; splits it when it is full, drops it when it is empty. `owner` is a name
    /// that the page holds, or would.
    fn edit_page(&mut self, owner: &[u8], number: u32, edit: impl FnOnce(&mut Vec<PageEntry<'_>>)) {
        let Some(old) = self.zone.pages.get(number as usize).cloned() else {
            return;
        };
        let place = self.zone.place_of(owner);
        let page = old.read();
        let mut entries: Vec<PageEntry<'_>> = page
            .nodes()
            .enumerate()
            .map(|(slot, node)| (page.tag(slot), std::borrow::Cow::Borrowed(node.entry())))
            .collect();
        edit(&mut entries);
        if entries.is_empty() && self.zone.order.remove(place) {
            self.put_page(number, Page::new(Shared::from(&[][..])));
            self.free.push(number);
            return;
        }
        // A page over its target is halved by bytes, so that both halves have room to grow.
        let lens: Vec<usize> = entries.iter().map(|(_, entry)| entry.len()).collect();
        let total = page_size(entries.len(), lens.iter().sum());
        let mut kept = entries.len();
        if total > PAGE_TARGET && kept > 1 {
            let mut size = page_size(0, 0);
            let fills = |len: &usize| {
                size += len + 4;
                size >= total / 2
            };
            let half = lens.iter().position(fills).unwrap_or(kept);
            kept = (half + 1).min(kept - 1);
        }
        let (staying, moved) = entries.split_at(kept);
        let first = entries.first().map_or(0, |(_, entry)| prefix(entry));
        if self
            .zone
            .order
            .get(place)
            .is_some_and(|entry| entry.prefix != first)
        {
            self.zone.order.set(
                place,
                OrderEntry {
                    prefix: first,
                    page: number,
                },
            );
        }
        self.put_page(number, old.edited(page_bytes(staying)));
        if moved.is_empty() {
            return;
        }
        let target = self.take_page_number();
        self.put_page(target, Page::new(page_bytes(moved)));
        let mut start = 0;
        for (_, entry) in moved {
            let hash = self.zone.hash_of(Node::from_entry(entry).owner());
            let to = Position {
                page: target,
                start,
            };
            self.zone.index.relocate(hash, number, to);
            start += entry.len();
        }
        let first = moved.first().map_or(0, |(_, entry)| prefix(entry));
        self.zone.order.insert_after(
            place,
            OrderEntry {
                prefix: first,
                page: target,
            },
        );
    }

    fn put_page(&mut self, number: u32, page: Page) {
        if let Some(slot) = self.zone.pages.get_mut(number as usize) {
            self.zone.page_bytes = self.zone.page_bytes + page.len() - slot.len();
            *slot = page;
        }
    }

    fn take_page_number(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            let number = u32::try_from(self.zone.pages.len()).unwrap_or(u32::MAX);
            self.zone.pages.push(Page::new(Shared::from(&[][..])));
            number
        })
    }
}

type PageEntry<'a> = (u16, std::borrow::Cow<'a, [u8]>);

fn page_bytes(entries: &[PageEntry<'_>]) -> Shared {
    page_of(entries.iter().map(|(tag, entry)| (*tag, &**entry)))
}

fn prefix(entry: &[u8]) -> u64 {
    key::prefix_of(Node::from_entry(entry).owner())
}
