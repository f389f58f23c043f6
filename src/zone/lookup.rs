//! Lookups in one zone: RFC 1034 §4.3.2 step 3, whole or in steps for a batch.

use wire::NameRef;

use crate::hash::LookupName;
use crate::index::Position;
use crate::node::{Flags, Node};
use crate::page::{Page, tag_of};
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

    /// The node of an owner below the apex whose hash is known.
    #[inline]
    pub(crate) fn node_by_hash(&self, hash: u64, owner: &[u8]) -> Option<Node<'_>> {
        let tag = tag_of(hash);
        let mut candidates = self.index.candidates(hash);
        candidates.find_map(|position| self.page_at(position)?.find(tag, owner, position.start))
    }

    /// As [`Self::node_by_hash`], with the page and the slot.
    pub(crate) fn locate(&self, hash: u64, owner: &[u8]) -> Option<(u32, usize, Node<'_>)> {
        let tag = tag_of(hash);
        let mut candidates = self.index.candidates(hash);
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

    /// Begins to look for a name: reads the index only.
    #[inline]
    #[must_use]
    pub fn probe(&self, name: &LookupName) -> Probe<'_> {
        match self.index.candidates(name.hash(name.labels())).next() {
            Some(position) => Probe::Indexed(position),
            None => Probe::Missing,
        }
    }

    /// Goes on: reads where the page of the name is.
    #[inline]
    #[must_use]
    pub fn probe_page<'a>(&'a self, probe: Probe<'a>, name: &LookupName) -> Probe<'a> {
        let Probe::Indexed(position) = probe else {
            return probe;
        };
        let tag = tag_of(name.hash(name.labels()));
        let page = self.page_at(position);
        match page.and_then(|page| page.likely(tag, position.start)) {
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
        self.find_probed(name, Probe::Unknown)
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
        let mut known = (self.apex_labels, None);
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
