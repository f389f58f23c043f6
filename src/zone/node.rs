//! Nodes: a name with its RRsets, as pages hold them.
//!
//! ```text
//! entry  flags u8 | RRsets u8 | owner length u8 | owner below the apex, lower case | RRsets
//! RRset  type u16 | TTL u32 | records u16 | layer u8 | bytes u32 | (length u16 | data) × records
//! ```
//!
//! Numbers are big-endian as on the wire. Reading is total: other bytes give wrong data, not a panic.

use wire::{Rtype, Ttl};

use crate::layer::Layer;
use crate::prefetch;

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
    /// Behind the last entry of a page, where another would have its flags: so the node after a node
    /// is found without the directory of the page.
    pub(crate) const END: u8 = 0xFF;

    /// The node whose entry begins here.
    #[inline]
    pub(crate) fn from_entry(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Asks for the memory that the entry is read from.
    #[inline]
    pub(crate) fn fetch(self) {
        prefetch::entry(self.bytes);
    }

    /// The entry's bytes, and only these.
    pub(crate) fn entry(self) -> &'a [u8] {
        let rest = self.rrsets().fold(self.rrset_bytes(), |rest, rrset| {
            rest.get(RRSET_HEAD + rrset.data.len()..)
                .unwrap_or_default()
        });
        &self.bytes[..self.bytes.len() - rest.len()]
    }

    /// The node behind this one in the page, if there is one.
    pub(crate) fn next(self) -> Option<Self> {
        let bytes = self.bytes.get(self.entry().len()..)?;
        (*bytes.first()? != Self::END).then_some(Self { bytes })
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
