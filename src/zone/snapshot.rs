//! What readers see: a zone at one serial, and all zones at one instant. Nothing here ever changes.

use std::sync::Arc;

use wire::write::Prepared;
use wire::{Name, NameRef, Rtype, Serial, Ttl};

use crate::cow::CowVec;
use crate::hash::{HashKeys, LookupName};
use crate::index::Index;
use crate::key;
use crate::lookup::below_or_at;
use crate::node::{Flags, Node, RrsetRef};
use crate::order::{Order, OrderPlace};
use crate::page::{Page, PageRef};
use crate::same::same;

/// The contents of one zone at one serial.
#[derive(Clone, Debug)]
pub struct Zone {
    pub(crate) keys: HashKeys,
    /// In lower case.
    pub(crate) apex: Name,
    pub(crate) apex_labels: usize,
    pub(crate) apex_hash: u64,
    pub(crate) serial: Serial,
    /// What negative answers carry, so that they need not look for it.
    pub(crate) negative: Negative,
    /// By page number; number 0 is never used.
    pub(crate) pages: CowVec<Page>,
    pub(crate) index: Index,
    pub(crate) order: Order,
    pub(crate) shape: Shape,
    pub(crate) records: usize,
    pub(crate) names: usize,
    pub(crate) page_bytes: usize,
    /// What is not here may yet come: not all that feeds the zone is known.
    pub(crate) incomplete: bool,
    /// Why nothing of it is answered, if so.
    pub(crate) withheld: Option<Withheld>,
}

/// Why nothing of a zone is answered, though it is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// It is a copy that has not come yet.
    Absent,
    /// It is a copy that nobody has confirmed for too long.
    Expired,
}

/// The SOA as negative answers carry it (RFC 2308 §3).
#[derive(Clone, Debug)]
pub(crate) struct Negative {
    pub(crate) soa: Arc<[u8]>,
    pub(crate) ttl: Ttl,
    pub(crate) record: Arc<Prepared>,
}

/// How deep a zone is and where it is cut: what lookups may skip.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    /// Bit n is set when some name n labels below the apex is a cut or has a DNAME.
    pub(crate) cut_depths: u128,
    /// The lowest of these bits; more than any depth where none is set.
    pub(crate) uppermost: usize,
    /// No name is more labels below the apex.
    pub(crate) deepest: usize,
    /// What is known of the apex.
    pub(crate) apex: Flags,
}

impl Zone {
    /// The apex, in lower case.
    #[must_use]
    pub fn apex(&self) -> NameRef<'_> {
        self.apex.as_ref()
    }

    /// Whether what is not here may yet come, so that "nothing" is no answer.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Why nothing of it is answered, if so.
    #[must_use]
    #[inline]
    pub fn withheld(&self) -> Option<Withheld> {
        self.withheld
    }

    /// The keys that lookups must be made with.
    #[must_use]
    pub fn keys(&self) -> HashKeys {
        self.keys
    }

    /// The serial.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.serial
    }

    /// How many records.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.records
    }

    /// How many names, empty non-terminals included.
    #[must_use]
    pub fn name_count(&self) -> usize {
        self.names
    }

    /// Bytes held by this version, shared or not.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let page_heads = self.pages.len() * size_of::<Page>();
        self.page_bytes + page_heads + self.index.bytes() + self.order.bytes()
    }

    /// The data and the TTL of the SOA of negative answers.
    #[must_use]
    pub fn negative_soa(&self) -> (&[u8], Ttl) {
        (&self.negative.soa, self.negative.ttl)
    }

    /// The same as a record whose owner, the apex, stands in the message.
    #[must_use]
    pub fn negative_record(&self) -> &Prepared {
        &self.negative.record
    }

    /// The node at the apex.
    #[must_use]
    pub fn apex_node(&self) -> Option<Node<'_>> {
        self.node_by_hash(self.apex_hash, &[])
    }

    /// All names in canonical order with their nodes, empty non-terminals included.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.order
            .iter()
            .flat_map(|entry| self.page(entry.page).nodes())
    }

    /// The names from an owner on, which stands below the apex in lower case.
    pub fn nodes_from<'z, 'o>(
        &'z self,
        owner: &'o [u8],
    ) -> impl Iterator<Item = Node<'z>> + use<'z, 'o> {
        let mut next = Some(self.place_of(owner));
        let pages = std::iter::from_fn(move || {
            let place = next?;
            next = self.order.next(place);
            self.order.get(place).map(|entry| self.page(entry.page))
        });
        let before = move |node: &Node<'_>| key::cmp(node.owner(), owner).is_lt();
        pages.flat_map(|page| page.nodes()).skip_while(before)
    }

    /// All RRsets in canonical order, each with its owner.
    pub fn rrsets(&self) -> impl Iterator<Item = (Name, RrsetRef<'_>)> {
        self.nodes().flat_map(|node| {
            let owner = self.absolute(node.owner());
            node.rrsets().map(move |rrset| (owner.clone(), rrset))
        })
    }

    /// The RRset of an owner and a type, cuts and wildcards left aside.
    #[must_use]
    pub fn rrset(&self, owner: NameRef<'_>, rtype: Rtype) -> Option<RrsetRef<'_>> {
        if !owner.is_at_or_below(self.apex.as_ref()) {
            return None;
        }
        let name = LookupName::new(owner, self.keys);
        self.node(&name, name.labels())?.rrset(rtype)
    }

    /// The node of an owner below the apex in lower case.
    pub(crate) fn node_at(&self, owner: &[u8]) -> Option<Node<'_>> {
        self.node_by_hash(self.hash_of(owner), owner)
    }

    /// The hash of an owner below the apex.
    pub(crate) fn hash_of(&self, owner: &[u8]) -> u64 {
        let starts = key::LabelStarts::of(owner);
        let labels = starts.as_slice().iter().rev();
        labels.fold(self.apex_hash, |parent, &start| {
            self.keys.child(parent, key::label_at(owner, start))
        })
    }

    /// The first name after `owner` in canonical order, without wrapping around.
    pub(crate) fn next_owner(&self, owner: &[u8]) -> Option<&[u8]> {
        let mut place = self.place_of(owner);
        loop {
            let page = self.page(self.order.get(place)?.page);
            let after = page
                .nodes()
                .map(Node::owner)
                .find(|next| key::cmp(next, owner).is_gt());
            if after.is_some() {
                return after;
            }
            place = self.order.next(place)?;
        }
    }

    /// The nodes below an owner, in canonical order.
    pub(crate) fn below(&self, owner: &[u8]) -> impl Iterator<Item = Node<'_>> {
        let mut last: Box<[u8]> = owner.into();
        let top = last.clone();
        std::iter::from_fn(move || {
            let next = self.next_owner(&last)?;
            let below = key::is_at_or_below(next, &top);
            last = next.into();
            below.then(|| self.at(next)).flatten()
        })
    }

    /// The node of an owner below the apex.
    pub(crate) fn at(&self, owner: &[u8]) -> Option<Node<'_>> {
        let name = self.absolute(owner);
        let name = LookupName::new(name.as_ref(), self.keys);
        self.node(&name, name.labels())
    }

    pub(crate) fn place_of(&self, owner: &[u8]) -> OrderPlace {
        self.order.find(owner, |page| {
            self.page(page).node(0).map_or(&[], Node::owner)
        })
    }

    pub(crate) fn page(&self, number: u32) -> PageRef<'_> {
        let page = self.pages.get(number as usize);
        page.map_or_else(|| PageRef::new(&[]), Page::read)
    }

    pub(crate) fn absolute(&self, owner: &[u8]) -> Name {
        let bytes = [owner, self.apex.as_bytes()].concat();
        Name::from_wire(&bytes).unwrap_or_else(|_| Name::root())
    }
}

/// All zones at one instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) keys: HashKeys,
    pub(crate) zones: CowVec<Option<Arc<Zone>>>,
    pub(crate) apexes: Arc<Apexes>,
}

/// Which zones there are; changes only when one comes or goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Apexes {
    /// Open addressing: the hash of an apex, and the place of its zone plus one.
    table: Vec<(u64, u32)>,
    /// Bit n is set when some apex has n labels.
    depths: u128,
    /// The most labels that an apex has.
    deepest: usize,
}

impl Apexes {
    pub(crate) fn new(apexes: &[(u64, usize, usize)]) -> Self {
        let size = (apexes.len() * 2).next_power_of_two().max(2);
        let mut new = Self {
            table: vec![(0, 0); size],
            depths: 0,
            deepest: 0,
        };
        for &(hash, labels, place) in apexes {
            new.depths |= 1 << labels;
            new.deepest = new.deepest.max(labels);
            new.put(hash, u32::try_from(place + 1).unwrap_or(0));
        }
        new
    }

    /// The same with one more; `count` is how many there are then.
    pub(crate) fn with(&self, (hash, labels, place): (u64, usize, usize), count: usize) -> Self {
        let mut with = self.clone();
        let entry = (hash, u32::try_from(place + 1).unwrap_or(0));
        if with.table.contains(&entry) {
            return with;
        }
        if count * 2 > with.table.len() {
            with.table = vec![(0, 0); (count * 4).next_power_of_two()];
            for &(hash, place) in self.table.iter().filter(|(_, place)| *place != 0) {
                with.put(hash, place);
            }
        }
        with.depths |= 1 << labels;
        with.deepest = with.deepest.max(labels);
        with.put(entry.0, entry.1);
        with
    }

    fn put(&mut self, hash: u64, place: u32) {
        let mask = self.table.len() - 1;
        let mut at = slot(hash, self.table.len());
        while self.table[at].1 != 0 {
            at = (at + 1) & mask;
        }
        self.table[at] = (hash, place);
    }

    /// The place of the zone whose apex has this hash and passes the check.
    #[inline]
    fn find(&self, hash: u64, check: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.table.len().wrapping_sub(1);
        let mut at = slot(hash, self.table.len());
        loop {
            let &(found, place) = self.table.get(at & mask)?;
            let place = (place as usize).checked_sub(1)?;
            if found == hash && check(place) {
                return Some(place);
            }
            at += 1;
        }
    }
}

/// The number of the highest bit that is set.
#[inline]
fn deepest(depths: u128) -> usize {
    127_usize.wrapping_sub(depths.leading_zeros() as usize)
}

fn slot(hash: u64, size: usize) -> usize {
    (hash >> 17) as usize & (size - 1)
}

impl Snapshot {
    /// The keys that lookups must be made with.
    #[must_use]
    pub fn keys(&self) -> HashKeys {
        self.keys
    }

    /// Makes a name that was taken ready to be looked up, and gives the zone with the longest apex at
    /// or above it. That may well be the zone of the question before: the hash of its apex is known then, and no
    /// other is made of what stands above it.
    #[inline]
    #[must_use]
    pub fn prepare<'s>(
        &'s self,
        lookup: &mut LookupName,
        before: Option<&'s Zone>,
    ) -> Option<&'s Zone> {
        let labels = lookup.labels();
        let deepest = |labels| deepest(self.apexes.depths & below_or_at(labels));
        let is_again = |zone: &&Zone| {
            zone.apex_labels <= labels
                && (zone.apex_labels == self.apexes.deepest || zone.apex_labels == deepest(labels))
                && same(zone.apex.as_bytes(), lookup.suffix(zone.apex_labels))
        };
        let Some(zone) = before.filter(is_again) else {
            lookup.make_hashes(0, self.keys.root(), self.keys);
            return self.zone_for(lookup, labels);
        };
        lookup.make_hashes(zone.apex_labels, zone.apex_hash, self.keys);
        Some(zone)
    }

    /// The zone with the longest apex at or above the last `labels` labels of a name.
    #[must_use]
    pub fn zone_for(&self, name: &LookupName, labels: usize) -> Option<&Zone> {
        let mut depths = self.apexes.depths & below_or_at(labels);
        while depths != 0 {
            let labels = deepest(depths);
            depths &= !(1 << labels);
            let suffix = name.suffix(labels);
            let zone = |place| self.zones.get(place).and_then(Option::as_deref);
            let is_apex =
                |place| zone(place).is_some_and(|zone: &Zone| zone.apex.as_bytes() == suffix);
            if let Some(place) = self.apexes.find(name.hash(labels), is_apex) {
                return zone(place);
            }
        }
        None
    }

    /// The zone with exactly this apex.
    #[must_use]
    pub fn zone(&self, apex: NameRef<'_>) -> Option<&Zone> {
        let name = LookupName::new(apex, self.keys);
        self.zone_for(&name, name.labels())
            .filter(|zone| zone.apex.as_ref() == apex)
    }

    /// All zones that there is something of, in the order they came.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        let zones = self.zones.iter().filter_map(Option::as_deref);
        zones.filter(|zone| zone.withheld != Some(Withheld::Absent))
    }
}
