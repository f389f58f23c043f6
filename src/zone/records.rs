//! A flat list of records: what a zone file, a transfer or a diff hands to the store.
//!
//! Records are appended in any order into one arena and sorted once. Sorting compares the first
//! bytes of the canonical key, so the names themselves are rarely touched, and does nothing for
//! records that come in order.

use std::cmp::Ordering;

use wire::name::cmp_ignore_case;
use wire::{Name, NameRef, Rtype, Ttl};

use crate::key;
use crate::scratch::Scratch;

/// Where a record stands in its sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Which file, in the order they were opened; 0 is the zone file itself.
    pub file: u16,
    /// Which line, from 1; 0 where there is none.
    pub line: u32,
}

/// One record, borrowed from its list.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The owner, absolute.
    pub owner: NameRef<'a>,
    /// The type.
    pub rtype: Rtype,
    /// The TTL.
    pub ttl: Ttl,
    /// The data, uncompressed.
    pub rdata: &'a [u8],
    /// Where it stands.
    pub place: Place,
}

/// The records of one zone.
#[derive(Clone, Debug)]
pub struct Records {
    apex: Name,
    arena: Scratch,
    /// An [`Entry`] for each record.
    index: Scratch,
    /// How many records stand behind one that they belong in front of.
    breaks: usize,
}

/// What is known of a record without looking at it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The first bytes of the canonical key below the apex.
    key: u128,
    /// Where the record starts in the arena.
    at: usize,
}

/// An entry as the index holds it, in big-endian numbers.
type EntryBytes = [u8; size_of::<u128>() + size_of::<usize>()];

impl Entry {
    #[inline]
    fn of(bytes: &EntryBytes) -> Self {
        let (key, at) = bytes.split_at(size_of::<u128>());
        Self {
            key: key
                .first_chunk()
                .map_or(0, |bytes| u128::from_be_bytes(*bytes)),
            at: at
                .first_chunk()
                .map_or(0, |bytes| usize::from_be_bytes(*bytes)),
        }
    }

    #[inline]
    fn to_bytes(self) -> EntryBytes {
        let mut bytes = [0; size_of::<EntryBytes>()];
        let (key, at) = bytes.split_at_mut(size_of::<u128>());
        key.copy_from_slice(&self.key.to_be_bytes());
        at.copy_from_slice(&self.at.to_be_bytes());
        bytes
    }
}

impl Records {
    /// An empty list for the zone `apex`.
    #[must_use]
    pub fn new(apex: Name) -> Self {
        Self {
            apex,
            arena: Scratch::default(),
            index: Scratch::default(),
            breaks: 0,
        }
    }

    /// The apex of the zone.
    #[must_use]
    pub fn apex(&self) -> &Name {
        &self.apex
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Makes room for about this many more bytes of records.
    pub fn reserve(&mut self, records: usize, bytes: usize) {
        self.index.reserve(records * size_of::<EntryBytes>());
        self.arena.reserve(bytes);
    }

    /// Adds a record. Its owner must be at or below the apex: the caller has judged that.
    ///
    /// Data of more than 65,535 bytes cannot come from a file or a message; it is cut off there.
    pub fn push(&mut self, owner: NameRef<'_>, rtype: Rtype, ttl: Ttl, rdata: &[u8], place: Place) {
        let rdata = rdata
            .get(..rdata.len().min(usize::from(u16::MAX)))
            .unwrap_or_default();
        let owner = owner.as_bytes();
        let relative = owner.len().saturating_sub(self.apex.as_bytes().len());
        let entry = Entry {
            key: key::key_of(owner.get(..relative).unwrap_or_default()),
            at: self.arena.len(),
        };
        let room = self.arena.add(HEAD + owner.len() + rdata.len());
        let (head, data) = room.split_at_mut(HEAD);
        head[0..2].copy_from_slice(&rtype.0.to_be_bytes());
        head[2..6].copy_from_slice(&ttl.as_secs().to_be_bytes());
        head[6..8].copy_from_slice(&place.file.to_be_bytes());
        head[8..12].copy_from_slice(&place.line.to_be_bytes());
        let rdata_len = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
        head[12..14].copy_from_slice(&rdata_len.to_be_bytes());
        // A checked name has at most 255 bytes.
        head[14] = u8::try_from(owner.len()).unwrap_or(u8::MAX);
        let (name, room) = data.split_at_mut(owner.len());
        name.copy_from_slice(owner);
        room.copy_from_slice(rdata);
        if let Some(last) = self.entries().last() {
            let last = Entry::of(last);
            let before = match last.key.cmp(&entry.key) {
                Ordering::Equal => cmp_records(self.record(last.at), self.record(entry.at)),
                order => order,
            };
            self.breaks += usize::from(before.is_gt());
        }
        self.index.extend(&entry.to_bytes());
    }

    /// The records, in the order of the list.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Record<'_>> + ExactSizeIterator {
        let entries = self.entries().iter();
        entries.map(|entry| self.record(Entry::of(entry).at))
    }

    /// The record at a position of the list.
    #[inline]
    #[must_use]
    pub fn get(&self, position: usize) -> Option<Record<'_>> {
        let entry = Entry::of(self.entries().get(position)?);
        Some(self.record(entry.at))
    }

    /// Whether the records at two positions have the same owner.
    #[inline]
    pub(crate) fn same_owner(&self, left: usize, right: usize) -> bool {
        let (Some(left), Some(right)) = (self.entries().get(left), self.entries().get(right))
        else {
            return false;
        };
        let (left, right) = (Entry::of(left), Entry::of(right));
        // Keys differ where most owners do.
        left.key == right.key && self.record(left.at).owner == self.record(right.at).owner
    }

    /// Brings the list into canonical order: owner, type, data; equal records stay in the order
    /// they came in.
    pub fn sort(&mut self) {
        if self.breaks == 0 {
            return;
        }
        let (arena, count) = (&self.arena, self.len());
        let (entries, _) = self.index.as_chunks_mut::<{ size_of::<EntryBytes>() }>();
        entries.sort_by(|left, right| {
            let (left, right) = (Entry::of(left), Entry::of(right));
            let order = left.key.cmp(&right.key);
            order.then_with(|| cmp_records(read(arena, left.at), read(arena, right.at)))
        });
        if self.breaks > count / RUN {
            self.lay_out();
        }
        self.breaks = 0;
    }

    /// Brings the arena into the order of the list, so that later passes read it in sequence.
    fn lay_out(&mut self) {
        let mut arena = Scratch::default();
        arena.reserve(self.arena.len());
        for bytes in self.index.as_chunks_mut().0 {
            let entry = Entry::of(bytes);
            let at = arena.len();
            arena.extend(bytes_of(&self.arena, entry.at));
            *bytes = Entry { at, ..entry }.to_bytes();
        }
        self.arena = arena;
    }

    /// Removes records equal to the one before them in owner, type and data. Sort first.
    pub fn dedup(&mut self) {
        let arena = &self.arena;
        let (entries, _) = self.index.as_chunks_mut::<{ size_of::<EntryBytes>() }>();
        let mut kept = 0;
        for at in 0..entries.len() {
            let record = |at: usize| read(arena, Entry::of(&entries[at]).at);
            let repeats = kept > 0 && {
                let (earlier, later) = (record(kept - 1), record(at));
                later.rtype == earlier.rtype
                    && later.rdata == earlier.rdata
                    && later.owner == earlier.owner
            };
            if !repeats {
                entries[kept] = entries[at];
                kept += 1;
            }
        }
        self.index.truncate(kept * size_of::<EntryBytes>());
    }

    /// The RRsets: runs of records with one owner and type. Sort first.
    pub fn rrsets(&self) -> impl Iterator<Item = Run<'_>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let first = self.get(from)?;
            let mut to = from + 1;
            while self.same_owner(from, to)
                && self.get(to).is_some_and(|next| next.rtype == first.rtype)
            {
                to += 1;
            }
            let run = Run {
                records: self,
                first,
                from,
                to,
            };
            from = to;
            Some(run)
        })
    }

    #[inline]
    fn entries(&self) -> &[EntryBytes] {
        self.index.as_chunks().0
    }

    #[inline]
    fn record(&self, at: usize) -> Record<'_> {
        read(&self.arena, at)
    }
}

/// The records of one RRset in a sorted list.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    records: &'a Records,
    first: Record<'a>,
    from: usize,
    to: usize,
}

impl<'a> Run<'a> {
    /// The first record: a run has at least one.
    #[must_use]
    pub fn first(&self) -> Record<'a> {
        self.first
    }

    /// All its records.
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let records = self.records;
        let later = records.entries().get(self.from + 1..self.to);
        let later = later.unwrap_or_default().iter();
        std::iter::once(self.first)
            .chain(later.map(move |entry| records.record(Entry::of(entry).at)))
    }

    /// How many records.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a run is never empty")]
    pub fn len(&self) -> usize {
        self.to - self.from
    }
}

/// Bytes before the owner of a record in the arena.
const HEAD: usize = 15;
/// Records in order that are at least in a row on average when their arena may stay as it is.
const RUN: usize = 64;

/// The bytes of the record at a place of the arena.
fn bytes_of(arena: &[u8], at: usize) -> &[u8] {
    let record = read(arena, at);
    &arena[at..at + HEAD + record.owner.len() + record.rdata.len()]
}

#[inline]
fn read(arena: &[u8], at: usize) -> Record<'_> {
    // Positions come from `push` only.
    let bytes = arena.get(at..).unwrap_or_default();
    let (&head, data) = bytes.split_first_chunk().unwrap_or((&[0; HEAD], &[]));
    let [t0, t1, a, b, c, d, f0, f1, l0, l1, l2, l3, r0, r1, owner] = head;
    let (owner, data) = data.split_at(usize::from(owner));
    Record {
        owner: NameRef::from_checked(owner),
        rtype: Rtype(u16::from_be_bytes([t0, t1])),
        ttl: Ttl::from_secs(u32::from_be_bytes([a, b, c, d])),
        rdata: &data[..usize::from(u16::from_be_bytes([r0, r1]))],
        place: Place {
            file: u16::from_be_bytes([f0, f1]),
            line: u32::from_be_bytes([l0, l1, l2, l3]),
        },
    }
}

fn cmp_records(left: Record<'_>, right: Record<'_>) -> Ordering {
    cmp_owner(left.owner, right.owner)
        .then(left.rtype.cmp(&right.rtype))
        .then_with(|| left.rdata.cmp(right.rdata))
}

fn cmp_owner(left: NameRef<'_>, right: NameRef<'_>) -> Ordering {
    if left.as_bytes() == right.as_bytes() {
        return Ordering::Equal;
    }
    // Most names differ in their first label only.
    if let (Some(left_parent), Some(right_parent)) = (left.parent(), right.parent())
        && left_parent == right_parent
    {
        let label = |name: NameRef<'_>, parent: NameRef<'_>| name.len() - parent.len();
        return cmp_ignore_case(
            &left.as_bytes()[1..label(left, left_parent)],
            &right.as_bytes()[1..label(right, right_parent)],
        );
    }
    left.cmp(&right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    #[test]
    fn sorted_records_are_in_canonical_order_and_without_repeats() {
        let mut records = Records::new(name("example."));
        let owners = [
            "*.z.example.",
            "example.",
            "z.example.",
            "a.example.",
            "\\000.example.",
            "\\001.example.",
            "yljkjljk.a.example.",
            "Z.a.example.",
            "zABC.a.EXAMPLE.",
            "\\001.z.example.",
            "\\200.z.example.",
            "a.example.",
            "abcdefgh.example.",
            "abcdefghi.example.",
            "a\\000b.example.",
            "a\\001b.example.",
            "x.a\\000.example.",
        ];
        for (line, owner) in owners.iter().enumerate() {
            let place = Place {
                file: 0,
                line: u32::try_from(line).unwrap(),
            };
            records.push(
                name(owner).as_ref(),
                Rtype::A,
                Ttl::from_secs(5),
                &[1, 2, 3, 4],
                place,
            );
        }
        records.sort();
        records.dedup();
        let sorted: Vec<Name> = records
            .iter()
            .map(|record| record.owner.to_name())
            .collect();
        let mut expected: Vec<Name> = owners.iter().map(|owner| name(owner)).collect();
        expected.sort();
        expected.dedup();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn rrsets_are_runs_of_owner_and_type() {
        let mut records = Records::new(name("x."));
        for (owner, rtype, rdata) in [
            ("b.x.", Rtype::A, [1_u8]),
            ("a.x.", Rtype::TXT, [2]),
            ("B.x.", Rtype::A, [0]),
            ("b.x.", Rtype::AAAA, [3]),
        ] {
            records.push(
                name(owner).as_ref(),
                rtype,
                Ttl::from_secs(1),
                &rdata,
                Place::default(),
            );
        }
        records.sort();
        let runs: Vec<(String, Rtype, usize)> = records
            .rrsets()
            .map(|run| {
                (
                    run.first().owner.to_lowercase().to_string(),
                    run.first().rtype,
                    run.len(),
                )
            })
            .collect();
        let expected = [
            ("a.x.", Rtype::TXT, 1),
            ("b.x.", Rtype::A, 2),
            ("b.x.", Rtype::AAAA, 1),
        ]
        .map(|(owner, rtype, len)| (owner.to_owned(), rtype, len));
        assert_eq!(runs, expected);
    }
}
