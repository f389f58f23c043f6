//! A flat list of records: what a zone file, a transfer or a diff hands to the store.
//!
//! Records are appended in any order into one arena and sorted once. Sorting compares an eight-byte
//! prefix of the canonical key first, so the names themselves are rarely touched.

use std::cmp::Ordering;

use wire::name::cmp_ignore_case;
use wire::{Name, NameRef, Rtype, Ttl};

use crate::key;

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
    arena: Vec<u8>,
    index: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The first bytes of the canonical key below the apex.
    prefix: u64,
    /// Where the record starts in the arena.
    at: u64,
}

impl Records {
    /// An empty list for the zone `apex`.
    #[must_use]
    pub fn new(apex: Name) -> Self {
        Self {
            apex,
            arena: Vec::new(),
            index: Vec::new(),
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
        self.index.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Makes room for about this many more bytes of records.
    pub fn reserve(&mut self, records: usize, bytes: usize) {
        self.index.reserve(records);
        self.arena.reserve(bytes);
    }

    /// Adds a record. Its owner must be at or below the apex: the caller has judged that.
    ///
    /// Data of more than 65,535 bytes cannot come from a file or a message; it is cut off there.
    pub fn push(&mut self, owner: NameRef<'_>, rtype: Rtype, ttl: Ttl, rdata: &[u8], place: Place) {
        let at = self.arena.len() as u64;
        let rdata = rdata
            .get(..rdata.len().min(usize::from(u16::MAX)))
            .unwrap_or_default();
        let rdata_len = u16::try_from(rdata.len()).unwrap_or(u16::MAX);
        let mut head = [0; HEAD];
        head[0..2].copy_from_slice(&rtype.0.to_be_bytes());
        head[2..6].copy_from_slice(&ttl.as_secs().to_be_bytes());
        head[6..8].copy_from_slice(&place.file.to_be_bytes());
        head[8..12].copy_from_slice(&place.line.to_be_bytes());
        head[12..14].copy_from_slice(&rdata_len.to_be_bytes());
        // A checked name has at most 255 bytes.
        head[14] = u8::try_from(owner.len()).unwrap_or(u8::MAX);
        self.arena.extend_from_slice(&head);
        self.arena.extend_from_slice(owner.as_bytes());
        self.arena.extend_from_slice(rdata);
        let relative = owner.len().saturating_sub(self.apex.as_bytes().len());
        self.index.push(Entry {
            prefix: key::prefix_of(&owner.as_bytes()[..relative]),
            at,
        });
    }

    /// The records, in the order of the list.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Record<'_>> + ExactSizeIterator {
        self.index.iter().map(|entry| self.record(entry.at))
    }

    /// The record at a position of the list.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<Record<'_>> {
        self.index.get(position).map(|entry| self.record(entry.at))
    }

    /// Brings the list into canonical order: owner, type, data; equal records stay in the order
    /// they came in. The arena follows the order too, so that later passes read it in sequence.
    pub fn sort(&mut self) {
        let arena = &self.arena;
        let full = |left: u64, right: u64| {
            let (left, right) = (read(arena, left), read(arena, right));
            cmp_owner(left.owner, right.owner)
                .then(left.rtype.cmp(&right.rtype))
                .then_with(|| left.rdata.cmp(right.rdata))
        };
        let is_sorted = self.index.is_sorted_by(|left, right| {
            left.prefix < right.prefix
                || (left.prefix == right.prefix && full(left.at, right.at).is_le())
        });
        if is_sorted {
            return;
        }
        let apex_len = self.apex.as_bytes().len();
        let wide = |entry: &Entry| {
            let owner = read(arena, entry.at).owner;
            let relative = owner.len().saturating_sub(apex_len);
            (
                u128::from_be_bytes(key::key_of(&owner.as_bytes()[..relative])),
                entry.at,
            )
        };
        let mut keys: Vec<(u128, u64)> = self.index.iter().map(wide).collect();
        keys.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| full(left.1, right.1)));
        let mut sorted = Vec::with_capacity(arena.len());
        for (entry, (key, at)) in self.index.iter_mut().zip(&keys) {
            let bytes = bytes_of(arena, *at);
            let prefix = (key >> 64) as u64;
            *entry = Entry {
                prefix,
                at: sorted.len() as u64,
            };
            sorted.extend_from_slice(bytes);
        }
        self.arena = sorted;
    }

    /// Removes records equal to the one before them in owner, type and data. Sort first.
    pub fn dedup(&mut self) {
        let arena = &self.arena;
        self.index.dedup_by(|later, earlier| {
            let (later, earlier) = (read(arena, later.at), read(arena, earlier.at));
            later.rtype == earlier.rtype
                && later.rdata == earlier.rdata
                && later.owner == earlier.owner
        });
    }

    /// The RRsets: runs of records with one owner and type. Sort first.
    pub fn rrsets(&self) -> impl Iterator<Item = Run<'_>> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let first = self.get(from)?;
            let mut to = from + 1;
            while self
                .get(to)
                .is_some_and(|next| next.rtype == first.rtype && next.owner == first.owner)
            {
                to += 1;
            }
            let run = Run {
                records: self,
                from,
                to,
            };
            from = to;
            Some(run)
        })
    }

    fn record(&self, at: u64) -> Record<'_> {
        read(&self.arena, at)
    }
}

/// The records of one RRset in a sorted list.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    records: &'a Records,
    from: usize,
    to: usize,
}

impl<'a> Run<'a> {
    /// The first record: a run has at least one.
    #[must_use]
    pub fn first(&self) -> Record<'a> {
        self.records.record(self.records.index[self.from].at)
    }

    /// All its records.
    pub fn iter(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let records = self.records;
        records.index[self.from..self.to]
            .iter()
            .map(move |entry| records.record(entry.at))
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

/// The bytes of the record at a place of the arena.
fn bytes_of(arena: &[u8], at: u64) -> &[u8] {
    let record = read(arena, at);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "positions index this arena"
    )]
    let from = at as usize;
    &arena[from..from + HEAD + record.owner.len() + record.rdata.len()]
}

fn read(arena: &[u8], at: u64) -> Record<'_> {
    // Positions come from `push` only, and the arena fits in memory.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "positions index this arena"
    )]
    let bytes = &arena[at as usize..];
    let word = |from: usize| u16::from_be_bytes([bytes[from], bytes[from + 1]]);
    let long = |from: usize| {
        u32::from_be_bytes([
            bytes[from],
            bytes[from + 1],
            bytes[from + 2],
            bytes[from + 3],
        ])
    };
    let owner_end = HEAD + usize::from(bytes[14]);
    Record {
        owner: NameRef::from_checked(&bytes[HEAD..owner_end]),
        rtype: Rtype(word(0)),
        ttl: Ttl::from_secs(long(2)),
        rdata: &bytes[owner_end..owner_end + usize::from(word(12))],
        place: Place {
            file: word(6),
            line: long(8),
        },
    }
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
