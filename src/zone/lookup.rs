//! Lookups in one zone: RFC 1034 §4.3.2 step 3, whole or in steps for a batch.

use wire::NameRef;

use crate::hash::LookupName;
use crate::index::{Position, Segment};
use crate::node::{Flags, Node};
use crate::page::{Page, tag_of};
use crate::same::same;
use crate::snapshot::Zone;

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

/// A lookup on its way. A batch takes all its names through one step before the next, so that their
/// waits for memory are one wait.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// That for the name itself.
    name: Place<'a>,
    /// That for the uppermost name that may hide it, which lookups read first.
    above: Place<'a>,
}

/// What is known of where a name stands.
#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    /// The part of the index that would know it, whose memory is on its way.
    Segment(Segment<'a>),
    /// The index leads to this entry, which is on its way: most likely that of the name.
    Likely(Node<'a>),
    /// The index has nothing: the name is not there.
    Missing,
    /// Nothing is known yet.
    Unknown,
}

impl<'a> Probe<'a> {
    /// The node that the name most likely has.
    #[cfg(test)]
    pub(crate) fn likely(self) -> Option<Node<'a>> {
        match self.name {
            Place::Likely(node) => Some(node),
            Place::Missing | Place::Segment(_) | Place::Unknown => None,
        }
    }

    /// Nothing is known.
    const UNKNOWN: Self = Self {
        name: Place::Unknown,
        above: Place::Unknown,
    };
}

impl Zone {
    /// Makes a name at or below the apex ready to be looked up here, and only here.
    #[inline]
    pub fn prepare(&self, lookup: &mut LookupName, name: NameRef<'_>) {
        lookup.copy(name);
        lookup.make_hashes(self.apex_labels, self.apex_hash, self.keys);
    }

    /// The node of a suffix of a name, if the zone has it. The suffix must be at or below the apex.
    #[inline]
    #[must_use]
    pub fn node(&self, name: &LookupName, labels: usize) -> Option<Node<'_>> {
        let owner = name.relative(labels, self.apex.as_bytes().len());
        self.node_by_hash(name.hash(labels), owner)
    }

    /// The node of a name that stands below the apex, if the name is in lower case and its node comes
    /// right behind another one.
    #[must_use]
    pub fn right_behind<'a>(&self, node: Node<'a>, name: NameRef<'_>) -> Option<Node<'a>> {
        let owner = name.len().checked_sub(self.apex.as_bytes().len())?;
        let owner = name.as_bytes().get(..owner)?;
        node.next().filter(|next| same(next.owner(), owner))
    }

    /// The node of an owner below the apex whose hash is known.
    #[inline]
    pub(crate) fn node_by_hash(&self, hash: u64, owner: &[u8]) -> Option<Node<'_>> {
        let tag = tag_of(hash);
        let mut candidates = self.index.segment(hash).candidates(hash);
        candidates.find_map(|position| self.page_at(position)?.find(tag, owner, position.start))
    }

    /// As [`Self::node_by_hash`], with the page and the slot.
    pub(crate) fn locate(&self, hash: u64, owner: &[u8]) -> Option<(u32, usize, Node<'_>)> {
        let tag = tag_of(hash);
        let mut candidates = self.index.segment(hash).candidates(hash);
        candidates.find_map(|position| {
            let page = self.page_at(position)?;
            let (slot, node) = page.search(tag, owner, position.start)?;
            Some((position.page, slot, node))
        })
    }

    #[inline]
    fn page_at(&self, position: Position) -> Option<&Page> {
        self.pages.get(position.page as usize)
    }

    /// Begins to look for a name: asks for what the index has of it.
    #[inline]
    #[must_use]
    pub fn begin(&self, name: &LookupName) -> Probe<'_> {
        let above = self.uppermost();
        Probe {
            above: match above < name.labels() {
                true => self.segment(name.hash(above)),
                false => Place::Unknown,
            },
            name: self.segment(name.hash(name.labels())),
        }
    }

    /// Goes on: reads the index, and asks for the entry that it leads to.
    #[inline]
    #[must_use]
    pub fn probe<'a>(&'a self, probe: Probe<'a>, name: &LookupName) -> Probe<'a> {
        Probe {
            above: match probe.above {
                Place::Segment(segment) => self.likely(segment, name.hash(self.uppermost())),
                above => above,
            },
            name: match probe.name {
                Place::Segment(segment) => self.likely(segment, name.hash(name.labels())),
                place => place,
            },
        }
    }

    #[inline]
    fn segment(&self, hash: u64) -> Place<'_> {
        let segment = self.index.segment(hash);
        segment.fetch(hash);
        Place::Segment(segment)
    }

    #[inline]
    fn likely<'a>(&'a self, segment: Segment<'a>, hash: u64) -> Place<'a> {
        let Some(position) = segment.candidates(hash).next() else {
            return Place::Missing;
        };
        let page = self.page_at(position);
        match page.and_then(|page| page.likely(tag_of(hash), position.start)) {
            Some(node) => {
                node.fetch();
                Place::Likely(node)
            }
            None => Place::Unknown,
        }
    }

    /// How many labels the uppermost names have that may hide others.
    #[inline]
    fn uppermost(&self) -> usize {
        self.apex_labels + self.shape.uppermost
    }

    /// The node of the suffix of so many labels, whose place a probe may know.
    #[inline]
    fn placed<'a>(
        &'a self,
        place: Place<'a>,
        name: &LookupName,
        labels: usize,
    ) -> Option<Node<'a>> {
        let owner = || name.relative(labels, self.apex.as_bytes().len());
        match place {
            Place::Likely(node) if same(node.owner(), owner()) => Some(node),
            Place::Missing => None,
            Place::Likely(_) | Place::Segment(_) | Place::Unknown => self.node(name, labels),
        }
    }

    /// Walks RFC 1034 §4.3.2 step 3 for a name at or below the apex, wildcards of RFC 4592
    /// included. Whether the cut itself or what is above it answers is the caller's to judge.
    #[must_use]
    pub fn find(&self, name: &LookupName) -> Found<'_> {
        self.find_probed(name, Probe::UNKNOWN)
    }

    /// As [`Self::find`], with what a probe has found already.
    #[inline]
    #[must_use]
    pub fn find_probed<'a>(&'a self, name: &LookupName, probe: Probe<'a>) -> Found<'a> {
        let exact = self.placed(probe.name, name, name.labels());
        if name.labels() > self.uppermost() {
            return self.find_below(name, exact, probe.above);
        }
        // Nothing above can hide it.
        match exact {
            Some(node) if node.flags().has(Flags::CUT) => Found::Cut(node, name.labels()),
            Some(node) => Found::Exact(node),
            None => self.find_missing(name, (self.apex_labels, None)),
        }
    }

    /// Goes on with a name that delegations and DNAMEs may hide: looks at these from the top.
    fn find_below<'a>(
        &'a self,
        name: &LookupName,
        exact: Option<Node<'a>>,
        mut uppermost: Place<'a>,
    ) -> Found<'a> {
        let labels = name.labels();
        let depth = labels - self.apex_labels;
        let mut depths = self.shape.cut_depths & below_or_at(depth);
        let mut known = (self.apex_labels, None);
        while depths != 0 {
            let at = depths.trailing_zeros() as usize;
            depths &= depths - 1;
            let above = self.apex_labels + at;
            let node = if above == labels {
                exact
            } else {
                self.placed(
                    std::mem::replace(&mut uppermost, Place::Unknown),
                    name,
                    above,
                )
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
            known = (above, Some(node));
        }
        match exact {
            Some(node) => Found::Exact(node),
            None => self.find_missing(name, known),
        }
    }

    /// The name does not exist: looks for the wildcard that stands for it. Down to so many labels it
    /// is known that there is a node.
    fn find_missing<'a>(
        &'a self,
        name: &LookupName,
        known: (usize, Option<Node<'a>>),
    ) -> Found<'a> {
        let (encloser, above) = self.closest_encloser(name, known);
        let flags = above.map_or(self.shape.apex, Node::flags);
        if !flags.has(Flags::WILDCARD_CHILD) {
            return Found::Missing(encloser);
        }
        let parent = name.relative(encloser, self.apex.as_bytes().len());
        // In canonical order hardly any name stands between a name and its child `*`.
        let next = above.and_then(Node::next);
        let wildcard = next
            .filter(|node| node.owner().strip_prefix(WILDCARD) == Some(parent))
            .or_else(|| self.wildcard_below(parent, name.hash(encloser)));
        match wildcard {
            Some(node) => Found::Wildcard(node, encloser),
            None => Found::Missing(encloser),
        }
    }

    /// The wildcard right below a name.
    fn wildcard_below(&self, parent: &[u8], hash: u64) -> Option<Node<'_>> {
        let hash = self.keys.child(hash, &WILDCARD[1..]);
        let mut owner = [0; 256];
        let owner = owner.get_mut(..WILDCARD.len() + parent.len())?;
        let (label, rest) = owner.split_at_mut_checked(WILDCARD.len())?;
        label.copy_from_slice(WILDCARD);
        rest.copy_from_slice(parent);
        self.node_by_hash(hash, owner)
    }

    /// The longest suffix that exists, of a name that does not, and its node unless that is the
    /// apex. Names exist with all above them, so the border can be found by halving.
    #[inline]
    fn closest_encloser<'a>(
        &'a self,
        name: &LookupName,
        (mut exists, mut found): (usize, Option<Node<'a>>),
    ) -> (usize, Option<Node<'a>>) {
        let deepest = (name.labels() - 1).min(self.apex_labels + self.shape.deepest);
        // `exists` has a node (the apex always has), `missing` has none.
        let mut missing = deepest + 1;
        while missing - exists > 1 {
            // Most names miss by their first label only.
            let middle = if missing - exists <= 3 {
                missing - 1
            } else {
                (exists + missing) / 2
            };
            match self.node(name, middle) {
                Some(node) => (exists, found) = (middle, Some(node)),
                None => missing = middle,
            }
        }
        (exists, found)
    }
}

/// The label of a wildcard.
const WILDCARD: &[u8] = b"\x01*";

/// The lowest bits, up to the one of this depth; names have at most 127 labels.
#[inline]
pub(crate) fn below_or_at(depth: usize) -> u128 {
    u128::MAX >> (127 - (depth & 127))
}
