//! Pages: the bytes that answers are made from. A page holds whole names in canonical order.
//!
//! ```text
//! page   count u16 | (tag u16 | start u16) × count | entries
//! entry  flags u8 | RRsets u8 | owner length u8 | owner below the apex, lower case | RRsets
//! RRset  type u16 | TTL u32 | records u16 | layer u8 | bytes u32 | (length u16 | data) × records
//! ```
//!
//! Numbers are big-endian as on the wire. Pages are written by this module only and never change
//! once shared; reading is total all the same: a page of other bytes gives wrong data, not a panic.

use wire::{Rtype, Ttl};

use crate::layer::Layer;

/// A page of more bytes is split, unless it holds one name only.
pub(crate) const PAGE_TARGET: usize = 4096;

/// What is known of a name without looking at its RRsets or its neighbors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// The name has NS records and is not the apex: what is below is another server's.
    pub const CUT: u8 = 1;
    /// The name has a DNAME record.
    pub const DNAME: u8 = 2;
    /// A name `*` stands right below.
    pub const WILDCARD_CHILD: u8 = 4;

    /// Whether all these bits are set.
    #[must_use]
    pub fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

/// One name of a page with its RRsets.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    bytes: &'a [u8],
}

/// One RRset of a node.
#[derive(Clone, Copy, Debug)]
pub struct RrsetRef<'a> {
    head: &'a [u8; RRSET_HEAD],
    data: &'a [u8],
}

impl<'a> Node<'a> {
    /// The bytes of an entry.
    pub(crate) fn from_entry(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The entry's bytes, and only these.
    pub(crate) fn entry(self) -> &'a [u8] {
        let rest = self.rrsets().fold(self.rrset_bytes(), |rest, rrset| {
            rest.get(RRSET_HEAD + rrset.data.len()..)
                .unwrap_or_default()
        });
        &self.bytes[..self.bytes.len() - rest.len()]
    }

    /// What is known of the name.
    #[must_use]
    pub fn flags(self) -> Flags {
        Flags(self.bytes.first().copied().unwrap_or(0))
    }

    /// The owner without the apex, in lower case; empty at the apex.
    #[must_use]
    pub fn owner(self) -> &'a [u8] {
        let length = self.bytes.get(2).copied().map_or(0, usize::from);
        self.bytes
            .get(ENTRY_HEAD..ENTRY_HEAD + length)
            .unwrap_or_default()
    }

    /// Whether the name stands here only because of names below it.
    #[must_use]
    pub fn is_empty_non_terminal(self) -> bool {
        self.bytes.get(1) == Some(&0)
    }

    /// The RRset of a type.
    #[inline]
    #[must_use]
    pub fn rrset(self, rtype: Rtype) -> Option<RrsetRef<'a>> {
        self.rrsets().find(|rrset| rrset.rtype() == rtype)
    }

    /// All RRsets, by type.
    #[inline]
    pub fn rrsets(self) -> Rrsets<'a> {
        Rrsets {
            bytes: self.rrset_bytes(),
            left: self.bytes.get(1).copied().unwrap_or(0),
        }
    }

    fn rrset_bytes(self) -> &'a [u8] {
        let length = self.bytes.get(2).copied().map_or(0, usize::from);
        self.bytes.get(ENTRY_HEAD + length..).unwrap_or_default()
    }
}

/// The RRsets of a node.
#[derive(Clone, Debug)]
pub struct Rrsets<'a> {
    bytes: &'a [u8],
    left: u8,
}

impl<'a> Iterator for Rrsets<'a> {
    type Item = RrsetRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<RrsetRef<'a>> {
        self.left = self.left.checked_sub(1)?;
        let (head, rest) = self.bytes.split_first_chunk::<RRSET_HEAD>()?;
        let length = u32::from_be_bytes([head[9], head[10], head[11], head[12]]) as usize;
        let (data, rest) = rest.split_at_checked(length)?;
        self.bytes = rest;
        Some(RrsetRef { head, data })
    }
}

impl<'a> RrsetRef<'a> {
    /// The type.
    #[inline]
    #[must_use]
    pub fn rtype(self) -> Rtype {
        Rtype(u16::from_be_bytes([self.head[0], self.head[1]]))
    }

    /// The TTL.
    #[inline]
    #[must_use]
    pub fn ttl(self) -> Ttl {
        let head = self.head;
        Ttl::from_secs(u32::from_be_bytes([head[2], head[3], head[4], head[5]]))
    }

    /// How many records.
    #[inline]
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an RRset is never empty")]
    pub fn len(self) -> usize {
        usize::from(u16::from_be_bytes([self.head[6], self.head[7]]))
    }

    /// The layer it comes from.
    #[must_use]
    pub fn layer(self) -> Layer {
        Layer::from_byte(self.head[8])
    }

    /// The data of each record, uncompressed.
    #[inline]
    pub fn rdatas(self) -> Rdatas<'a> {
        Rdatas { bytes: self.data }
    }

    /// The data of the first record.
    #[must_use]
    pub fn first(self) -> &'a [u8] {
        self.rdatas().next().unwrap_or_default()
    }

    /// The bytes of all records, each behind its length: equal for equal RRsets.
    #[must_use]
    pub fn data(self) -> &'a [u8] {
        self.data
    }
}

/// The data of the records of an RRset.
#[derive(Clone, Debug)]
pub struct Rdatas<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for Rdatas<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.bytes.split_first_chunk::<2>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.bytes = rest;
        Some(data)
    }
}

/// The names of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageRef<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl<'a> PageRef<'a> {
    /// Reads a page.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let count = bytes
            .first_chunk::<2>()
            .map_or(0, |count| u16::from_be_bytes(*count));
        Self {
            bytes,
            count: usize::from(count),
        }
    }

    /// The name in a slot.
    #[inline]
    pub(crate) fn node(self, slot: usize) -> Option<Node<'a>> {
        let at = 4 + 4 * slot;
        let start = self.bytes.get(at..at + 2)?.first_chunk::<2>()?;
        let bytes = self.bytes.get(usize::from(u16::from_be_bytes(*start))..)?;
        if slot < self.count {
            Some(Node { bytes })
        } else {
            None
        }
    }

    /// The node with this owner; the search begins at the slot of the hint.
    #[inline]
    pub(crate) fn find(self, tag: u16, owner: &[u8], hint: usize) -> Option<(usize, Node<'a>)> {
        // Most often the hint is right.
        match self.check(hint, tag, owner) {
            Some(node) => Some((hint, node)),
            None => self.search(tag, owner, hint),
        }
    }

    #[inline]
    fn check(self, slot: usize, tag: u16, owner: &[u8]) -> Option<Node<'a>> {
        if self.tag(slot) != tag {
            return None;
        }
        self.node(slot).filter(|node| node.owner() == owner)
    }

    /// The slots near the hint come first: an insertion or removal has moved the name a little.
    #[cold]
    fn search(self, tag: u16, owner: &[u8], hint: usize) -> Option<(usize, Node<'a>)> {
        let hint = hint.min(self.count);
        let slots = (hint..self.count).chain((0..hint).rev());
        slots
            .into_iter()
            .find_map(|slot| self.check(slot, tag, owner).map(|node| (slot, node)))
    }

    /// All nodes in order.
    pub(crate) fn nodes(self) -> impl DoubleEndedIterator<Item = Node<'a>> + use<'a> {
        (0..self.count).filter_map(move |slot| self.node(slot))
    }

    /// The tag of the name in a slot.
    #[inline]
    pub(crate) fn tag(self, slot: usize) -> u16 {
        let tag = self
            .bytes
            .get(2 + 4 * slot..4 + 4 * slot)
            .and_then(|tag| tag.first_chunk::<2>());
        tag.map_or(0, |tag| u16::from_be_bytes(*tag))
    }
}

/// The part of a hash that a page keeps of each name.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the lowest bits are wanted"
)]
#[inline]
pub(crate) fn tag_of(hash: u64) -> u16 {
    hash as u16
}

/// Puts a page together from entries in canonical order.
#[derive(Debug, Default)]
pub(crate) struct PageWriter {
    tags: Vec<u16>,
    starts: Vec<u32>,
    entries: Vec<u8>,
}

impl PageWriter {
    /// How many bytes the page has so far.
    pub(crate) fn size(&self) -> usize {
        2 + 4 * self.tags.len() + self.entries.len()
    }

    /// Whether the page takes another entry of so many bytes.
    pub(crate) fn fits(&self, entry: usize) -> bool {
        self.tags.is_empty() || self.size() + 4 + entry <= PAGE_TARGET
    }

    /// How many names so far.
    pub(crate) fn len(&self) -> usize {
        self.tags.len()
    }

    /// Adds a name.
    pub(crate) fn push(&mut self, tag: u16, entry: &[u8]) {
        self.tags.push(tag);
        self.starts
            .push(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.entries.extend_from_slice(entry);
    }

    /// The page; the writer is empty again.
    pub(crate) fn finish(&mut self) -> std::sync::Arc<[u8]> {
        let count = self.tags.len();
        let head = 2 + 4 * count;
        let mut page = Vec::with_capacity(self.size());
        // Only the last entry of a page may begin behind its target, and pages are far below 64 KiB.
        let word = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
        page.extend_from_slice(&word(count));
        for (tag, start) in self.tags.drain(..).zip(self.starts.drain(..)) {
            page.extend_from_slice(&tag.to_be_bytes());
            page.extend_from_slice(&word(head + start as usize));
        }
        page.append(&mut self.entries);
        page.into()
    }
}

/// Appends the head of an entry; its RRsets follow.
pub(crate) fn write_entry_head(out: &mut Vec<u8>, flags: u8, rrsets: u8, owner: &[u8]) {
    out.extend_from_slice(&[flags, rrsets, u8::try_from(owner.len()).unwrap_or(u8::MAX)]);
    out.extend_from_slice(owner);
}

/// Appends an RRset. Counts beyond what its fields hold are refused before, by `Rrset`.
pub(crate) fn write_rrset<'a>(
    out: &mut Vec<u8>,
    rtype: Rtype,
    ttl: Ttl,
    layer: Layer,
    rdatas: impl Iterator<Item = &'a [u8]>,
) {
    let at = out.len();
    out.extend_from_slice(&[0; RRSET_HEAD]);
    let mut count = 0_u16;
    for rdata in rdatas {
        let length = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&rdata[..usize::from(length)]);
        count = count.saturating_add(1);
    }
    let bytes = u32::try_from(out.len() - at - RRSET_HEAD).unwrap_or(u32::MAX);
    let head = &mut out[at..at + RRSET_HEAD];
    head[0..2].copy_from_slice(&rtype.0.to_be_bytes());
    head[2..6].copy_from_slice(&ttl.as_secs().to_be_bytes());
    head[6..8].copy_from_slice(&count.to_be_bytes());
    head[8] = layer.to_byte();
    head[9..13].copy_from_slice(&bytes.to_be_bytes());
}

const ENTRY_HEAD: usize = 3;
const RRSET_HEAD: usize = 13;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_back_what_was_written() {
        let mut writer = PageWriter::default();
        for name in 0..40_u16 {
            let mut entry = Vec::new();
            let owner = [1, u8::try_from(name).unwrap()];
            write_entry_head(&mut entry, Flags::CUT, 2, &owner);
            let data = name.to_be_bytes();
            let one = [&data[..]].into_iter();
            write_rrset(
                &mut entry,
                Rtype::NS,
                Ttl::from_secs(60),
                Layer::Static,
                one,
            );
            let two = [&b"a"[..], b"bcd"].into_iter();
            write_rrset(
                &mut entry,
                Rtype::TXT,
                Ttl::from_secs(70),
                Layer::Synced,
                two,
            );
            writer.push(name % 7, &entry);
        }
        let bytes = writer.finish();
        let page = PageRef::new(&bytes);
        assert_eq!(page.nodes().count(), 40);
        for name in 0..40_u8 {
            for hint in [0, usize::from(name), 39, 255] {
                let (slot, node) = page.find(u16::from(name % 7), &[1, name], hint).unwrap();
                assert_eq!(slot, usize::from(name));
                assert!(node.flags().has(Flags::CUT));
                assert_eq!(
                    node.rrset(Rtype::NS).unwrap().first(),
                    u16::from(name).to_be_bytes()
                );
                let txt = node.rrset(Rtype::TXT).unwrap();
                assert_eq!(
                    (txt.len(), txt.ttl().as_secs(), txt.layer()),
                    (2, 70, Layer::Synced)
                );
                assert_eq!(txt.rdatas().collect::<Vec<_>>(), [&b"a"[..], b"bcd"]);
                assert!(node.rrset(Rtype::A).is_none());
            }
        }
        assert!(page.find(3, &[1, 99], 0).is_none());
        assert!(page.node(40).is_none());
    }
}
