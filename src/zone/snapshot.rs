//! What readers see: a zone at one serial, and all zones at one instant. Nothing here ever changes.

use std::sync::Arc;

use wire::write::Prepared;
use wire::{Name, NameRef, Rtype, Serial, Ttl};

use crate::cow::CowVec;
use crate::hash::{HashKeys, LookupName};
use crate::index::{Index, Position};
use crate::key;
use crate::order::{Order, OrderPlace};
use crate::page::{Flags, Node, PageRef, RrsetRef, tag_of};

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
    pub(crate) pages: CowVec<Arc<[u8]>>,
    pub(crate) index: Index,
    pub(crate) order: Order,
    pub(crate) shape: Shape,
    pub(crate) records: usize,
    pub(crate) names: usize,
    pub(crate) page_bytes: usize,
}

/// The SOA as negative answers carry it (RFC 2308 §3).
#[derive(Clone, Debug)]
pub(crate) struct Negative {
    pub(crate) soa: Arc<[u8]>,
    pub(crate) ttl: Ttl,
    pub(crate) record: Arc<Prepared>,
}

/// How deep a zone is and where it is cut: what lookups may skip.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Bit n is set when some name n labels below the apex is a cut or has a DNAME.
    pub(crate) cut_depths: u128,
    /// No name is more labels below the apex.
    pub(crate) deepest: usize,
    /// What is known of the apex.
    pub(crate) apex: Flags,
}

/// Where a lookup ended.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// At or below a delegation: the cut, and how many labels its name has.
    Cut(Node<'a>, usize),
    /// Below a name with a DNAME: that name, and how many labels it has.
    Dname(Node<'a>, usize),
    /// At the name itself, which may be an empty non-terminal.
    Exact(Node<'a>),
    /// Nowhere: the closest encloser has so many labels.
    Missing(usize),
    /// At a wildcard; its closest encloser has so many labels.
    Wildcard(Node<'a>, usize),
}

/// A lookup on its way, in steps that each read one more place in memory. A batch takes all its
/// names through one step before the next, so that their reads overlap.
#[derive(Clone, Copy, Debug)]
pub enum Probe<'a> {
    /// The name is there.
    Exact(Node<'a>),
    /// The index has a page for it.
    Indexed(Position),
    /// The index has nothing: the name is not there.
    Missing,
    /// A page has an entry that should be it.
    Paged(Node<'a>),
    /// The short way led nowhere: the name must be looked up the long way.
    Unknown,
}

impl Zone {
    /// The apex, in lower case.
    #[must_use]
    pub fn apex(&self) -> NameRef<'_> {
        self.apex.as_ref()
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
        let page_heads = self.pages.len() * (size_of::<Arc<[u8]>>() + 16);
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

    /// The node of a suffix of a name, if the zone has it. The suffix must be at or below the apex.
    #[inline]
    #[must_use]
    pub fn node(&self, name: &LookupName, labels: usize) -> Option<Node<'_>> {
        let owner = name.relative(labels, self.apex.as_bytes().len());
        self.node_by_hash(name.hash(labels), owner)
    }

    /// The node of an owner below the apex whose hash is known.
    #[inline]
    pub(crate) fn node_by_hash(&self, hash: u64, owner: &[u8]) -> Option<Node<'_>> {
        self.locate(hash, owner).map(|(_, _, node)| node)
    }

    /// As [`Self::node_by_hash`], with the page and the slot.
    #[inline]
    pub(crate) fn locate(&self, hash: u64, owner: &[u8]) -> Option<(u32, usize, Node<'_>)> {
        let tag = tag_of(hash);
        self.index
            .candidates(hash)
            .find_map(|Position { page, hint }| {
                let bytes = self.pages.get(page as usize)?;
                let (slot, node) = PageRef::new(bytes).find(tag, owner, hint)?;
                Some((page, slot, node))
            })
    }

    /// Begins to look for a name: reads the index only.
    #[inline]
    #[must_use]
    pub fn probe(&self, name: &LookupName) -> Probe<'_> {
        match self.index.candidates(name.hash(name.labels())).next() {
            Some(position) => Probe::Indexed(position),
            None => Probe::Missing,
        }
    }

    /// Goes on: reads where in its page the name is.
    #[inline]
    #[must_use]
    pub fn probe_page<'a>(&'a self, probe: Probe<'a>, name: &LookupName) -> Probe<'a> {
        let Probe::Indexed(position) = probe else {
            return probe;
        };
        let page = PageRef::new(
            self.pages
                .get(position.page as usize)
                .map_or(&[], |page| page),
        );
        let tag = tag_of(name.hash(name.labels()));
        match page
            .node(position.hint)
            .filter(|_| page.tag(position.hint) == tag)
        {
            Some(node) => Probe::Paged(node),
            None => Probe::Unknown,
        }
    }

    /// Goes on: compares the name, so that its entry is read.
    #[inline]
    #[must_use]
    pub fn probe_node<'a>(&'a self, probe: Probe<'a>, name: &LookupName) -> Probe<'a> {
        let Probe::Paged(node) = probe else {
            return probe;
        };
        let owner = name.relative(name.labels(), self.apex.as_bytes().len());
        if node.owner() == owner {
            Probe::Exact(node)
        } else {
            Probe::Unknown
        }
    }

    /// The node of the name itself, as far as a probe has found it.
    #[inline]
    fn exact<'a>(&'a self, probe: Probe<'a>, name: &LookupName) -> Option<Node<'a>> {
        match probe {
            Probe::Exact(node) => Some(node),
            Probe::Missing => None,
            Probe::Indexed(_) | Probe::Paged(_) | Probe::Unknown => self.node(name, name.labels()),
        }
    }

    /// Walks RFC 1034 §4.3.2 step 3 for a name at or below the apex, wildcards of RFC 4592
    /// included. Whether the cut itself or what is above it answers is the caller's to judge.
    #[must_use]
    pub fn find(&self, name: &LookupName) -> Found<'_> {
        self.find_probed(name, self.probe(name))
    }

    /// As [`Self::find`], with what a probe has found already.
    #[inline]
    #[must_use]
    pub fn find_probed<'a>(&'a self, name: &LookupName, probe: Probe<'a>) -> Found<'a> {
        let exact = self.exact(probe, name);
        let labels = name.labels();
        let depth = labels - self.apex_labels;
        // Delegations and DNAMEs hide what is below them: look at these from the top.
        let mut depths = self.shape.cut_depths & below_or_at(depth);
        while depths != 0 {
            let at = depths.trailing_zeros() as usize;
            depths &= depths - 1;
            let above = self.apex_labels + at;
            let node = if above == labels {
                exact
            } else {
                self.node(name, above)
            };
            let Some(node) = node else {
                break;
            };
            if node.flags().has(Flags::CUT) {
                return Found::Cut(node, above);
            }
            if node.flags().has(Flags::DNAME) && above < labels {
                return Found::Dname(node, above);
            }
        }
        match exact {
            Some(node) => Found::Exact(node),
            None => self.find_missing(name),
        }
    }

    /// The name does not exist: looks for the wildcard that stands for it.
    fn find_missing(&self, name: &LookupName) -> Found<'_> {
        let (encloser, flags) = self.closest_encloser(name);
        if flags.has(Flags::WILDCARD_CHILD) {
            let hash = self.keys.child(name.hash(encloser), b"*");
            let mut owner = [0; 256];
            let parent = name.relative(encloser, self.apex.as_bytes().len());
            owner[..2].copy_from_slice(b"\x01*");
            if let Some(room) = owner.get_mut(2..2 + parent.len()) {
                room.copy_from_slice(parent);
                if let Some(node) = self.node_by_hash(hash, &owner[..2 + parent.len()]) {
                    return Found::Wildcard(node, encloser);
                }
            }
        }
        Found::Missing(encloser)
    }

    /// The longest suffix that exists, of a name that does not. Names exist with all above them,
    /// so the border can be found by halving.
    #[inline]
    fn closest_encloser(&self, name: &LookupName) -> (usize, Flags) {
        let deepest = (name.labels() - 1).min(self.apex_labels + self.shape.deepest);
        // `exists` has a node (the apex always has), `missing` has none.
        let (mut exists, mut flags) = (self.apex_labels, self.shape.apex);
        let mut missing = deepest + 1;
        while missing - exists > 1 {
            // Most names miss by their first label only.
            let middle = if missing - exists <= 3 {
                missing - 1
            } else {
                (exists + missing) / 2
            };
            match self.node(name, middle) {
                Some(node) => (exists, flags) = (middle, node.flags()),
                None => missing = middle,
            }
        }
        (exists, flags)
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

    pub(crate) fn place_of(&self, owner: &[u8]) -> OrderPlace {
        self.order.find(owner, |page| {
            self.page(page).node(0).map_or(&[], Node::owner)
        })
    }

    pub(crate) fn page(&self, number: u32) -> PageRef<'_> {
        PageRef::new(
            self.pages
                .get(number as usize)
                .map(|page| &**page)
                .unwrap_or_default(),
        )
    }

    pub(crate) fn absolute(&self, owner: &[u8]) -> Name {
        let bytes = [owner, self.apex.as_bytes()].concat();
        Name::from_wire(&bytes).unwrap_or_else(|_| Name::root())
    }
}

fn below_or_at(depth: usize) -> u128 {
    u128::MAX
        .checked_shr(127_u32.saturating_sub(u32::try_from(depth).unwrap_or(127)))
        .unwrap_or(0)
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
}

impl Apexes {
    pub(crate) fn new(apexes: &[(u64, usize, usize)]) -> Self {
        let size = (apexes.len() * 2).next_power_of_two().max(2);
        let mut table = vec![(0, 0); size];
        let mut depths = 0;
        for &(hash, labels, place) in apexes {
            depths |= 1 << labels;
            let mut at = slot(hash, size);
            while table[at].1 != 0 {
                at = (at + 1) & (size - 1);
            }
            table[at] = (hash, u32::try_from(place + 1).unwrap_or(0));
        }
        Self { table, depths }
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

fn slot(hash: u64, size: usize) -> usize {
    (hash >> 17) as usize & (size - 1)
}

impl Snapshot {
    /// The keys that lookups must be made with.
    #[must_use]
    pub fn keys(&self) -> HashKeys {
        self.keys
    }

    /// The zone with the longest apex at or above the last `labels` labels of a name.
    #[inline]
    #[must_use]
    pub fn zone_for(&self, name: &LookupName, labels: usize) -> Option<&Zone> {
        let mut depths = self.apexes.depths & below_or_at(labels);
        while depths != 0 {
            let labels = 127 - depths.leading_zeros() as usize;
            depths &= !(1 << labels);
            let suffix = &name.name().as_bytes()[name.start(labels)..];
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

    /// All zones, in the order they came.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.zones.iter().filter_map(Option::as_deref)
    }
}
