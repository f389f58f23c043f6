//! A whole zone at once: from sorted records to pages and indexes in one pass over each.

use std::ops::Range;
use std::sync::Arc;

use wire::write::Prepared;
use wire::{Name, NameRef, Rtype, Serial, Ttl};

use crate::cow::CowVec;
use crate::depths::Depths;
use crate::hash::HashKeys;
use crate::index::{Index, MAX_PAGES, Position};
use crate::key::{self, LabelStarts};
use crate::layer::Layer;
use crate::order::{Order, OrderEntry};
use crate::page::{
    Flags, PAGE_TARGET, Page, page_size, tag_of, write_entry_head, write_page, write_rrset,
};
use crate::records::{Records, Run};
use crate::room::{Piece, Shared, Supply};
use crate::snapshot::{Negative, Zone};
use crate::store::StoreError;

/// Builds the first version of a zone from its sorted records, all of one layer.
pub(crate) fn assemble(records: &Records, keys: HashKeys) -> Result<(Zone, Depths), StoreError> {
    let apex = records.apex().as_ref().to_lowercase();
    let soa = soa_of(records, &apex)?;
    let mut names = Names::new(&apex, keys, records.len());
    for run in records.rrsets() {
        names.add(run)?;
    }
    names.finish(apex, records.len(), soa)
}

/// The data and the TTL of the one SOA at the apex.
fn soa_of(records: &Records, apex: &Name) -> Result<(Vec<u8>, Ttl), StoreError> {
    let at_apex = records
        .iter()
        .take_while(|record| record.owner == apex.as_ref());
    let mut soas = at_apex.filter(|record| record.rtype == Rtype::SOA);
    match (soas.next(), soas.next()) {
        (Some(soa), None) if soa.rdata.len() >= SOA_NUMBERS + 2 => {
            Ok((soa.rdata.to_vec(), soa.ttl))
        }
        _ => Err(StoreError::NoSoa { apex: apex.clone() }),
    }
}

/// The bytes of the five numbers behind the two names of an SOA.
pub(crate) const SOA_NUMBERS: usize = 20;

/// The serial in the data of an SOA.
pub(crate) fn serial_of(soa: &[u8]) -> Serial {
    let numbers = &soa[soa.len() - SOA_NUMBERS..];
    Serial(u32::from_be_bytes([
        numbers[0], numbers[1], numbers[2], numbers[3],
    ]))
}

/// What a negative answer carries of this SOA (RFC 2308 §3: the lesser of TTL and minimum).
pub(crate) fn negative_of(apex: NameRef<'_>, soa: &[u8], ttl: Ttl) -> Negative {
    let at = soa.len() - 4;
    let minimum = u32::from_be_bytes([soa[at], soa[at + 1], soa[at + 2], soa[at + 3]]);
    let ttl = ttl.min(Ttl::from_secs(minimum));
    let record = Arc::new(Prepared::new(apex, Rtype::SOA, ttl, soa));
    Negative {
        soa: soa.into(),
        ttl,
        record,
    }
}

/// The names of a zone on their way into pages: entries one behind the other.
struct Names {
    keys: HashKeys,
    apex_len: usize,
    apex_labels: usize,
    entries: Vec<u8>,
    starts: Vec<usize>,
    hashes: Vec<u64>,
    /// The name being filled and those above it, the apex first.
    path: Vec<Level>,
    depths: Depths,
    /// The owner being filled, without the apex and in lower case.
    owner: Vec<u8>,
}

struct Level {
    hash: u64,
    /// Which of the names.
    name: usize,
}

impl Names {
    fn new(apex: &Name, keys: HashKeys, records: usize) -> Self {
        let hash = keys.name(apex.as_ref());
        let mut names = Self {
            keys,
            apex_len: apex.as_bytes().len(),
            apex_labels: apex.as_ref().label_count(),
            entries: Vec::with_capacity(records * 36),
            starts: Vec::with_capacity(records),
            hashes: Vec::with_capacity(records),
            path: Vec::new(),
            depths: Depths::default(),
            owner: Vec::new(),
        };
        names.open(hash, &[]);
        names
    }

    fn add(&mut self, run: Run<'_>) -> Result<(), StoreError> {
        let first = run.first();
        let owner = first.owner.as_bytes();
        let owner = &owner[..owner.len().saturating_sub(self.apex_len)];
        if !self.owner.eq_ignore_ascii_case(owner) {
            self.owner.clear();
            self.owner.extend(owner.iter().map(u8::to_ascii_lowercase));
            self.enter();
        }
        let Some(level) = self.path.last() else {
            return Ok(());
        };
        let start = self.starts[level.name];
        if run.len() > usize::from(u16::MAX) || self.entries[start + 1] == u8::MAX {
            return Err(StoreError::TooBig {
                owner: first.owner.to_name(),
                rtype: first.rtype,
            });
        }
        self.entries[start + 1] += 1;
        let depth = self.path.len() - 1;
        let flags = match first.rtype {
            Rtype::NS if depth > 0 => Flags::CUT,
            Rtype::DNAME => Flags::DNAME,
            _ => 0,
        };
        if flags != 0 {
            if self.entries[start] & (Flags::CUT | Flags::DNAME) == 0 {
                self.depths.add_cut(depth);
            }
            self.entries[start] |= flags;
        }
        let ttl = run
            .iter()
            .map(|record| record.ttl)
            .min()
            .unwrap_or(first.ttl);
        let rdatas = run.iter().map(|record| record.rdata);
        write_rrset(&mut self.entries, first.rtype, ttl, Layer::Static, rdatas);
        Ok(())
    }

    /// Makes `self.owner` the name being filled, and every missing name above it.
    fn enter(&mut self) {
        let owner = std::mem::take(&mut self.owner);
        let starts = LabelStarts::of(&owner);
        let labels = starts.as_slice();
        let shared = labels
            .iter()
            .rev()
            .zip(self.path.iter().skip(1))
            .take_while(|(start, level)| {
                let at = self.starts[level.name] + ENTRY_OWNER;
                let length = usize::from(self.entries[at]);
                key::label_at(&owner, **start) == &self.entries[at + 1..at + 1 + length]
            });
        let shared = shared.count();
        self.path.truncate(shared + 1);
        for &start in labels.iter().rev().skip(shared) {
            let parent = self.path.last().map_or(0, |level| level.hash);
            let label = key::label_at(&owner, start);
            if label == b"*"
                && let Some(level) = self.path.last()
            {
                let parent = self.starts[level.name];
                self.entries[parent] |= Flags::WILDCARD_CHILD;
            }
            let hash = self.keys.child(parent, label);
            self.open(hash, &owner[usize::from(start)..]);
        }
        self.owner = owner;
    }

    fn open(&mut self, hash: u64, owner: &[u8]) {
        self.depths.add_name(self.path.len());
        self.path.push(Level {
            hash,
            name: self.hashes.len(),
        });
        self.starts.push(self.entries.len());
        self.hashes.push(hash);
        write_entry_head(&mut self.entries, 0, 0, owner);
    }

    fn finish(
        mut self,
        apex: Name,
        records: usize,
        (soa, ttl): (Vec<u8>, Ttl),
    ) -> Result<(Zone, Depths), StoreError> {
        let names = self.hashes.len();
        // The end of the last name is the start of one more.
        self.starts.push(self.entries.len());
        let bytes = page_size(names, self.entries.len());
        let mut supply =
            Supply::new(bytes + bytes / PAGE_TARGET * page_size(0, 0) + Index::size_for(names));
        let mut pages = Vec::with_capacity(bytes / PAGE_TARGET + 2);
        let mut order = Vec::with_capacity(pages.capacity());
        let mut positions = Vec::with_capacity(names);
        let mut page_bytes = 0;
        let mut first = 0;
        while first < names {
            let end = self.page_end(first);
            pages.push(self.page(first..end, &mut supply));
            // Page 0 is never used.
            let page = u32::try_from(pages.len()).unwrap_or(u32::MAX);
            let start = self.starts[first];
            page_bytes += page_size(end - first, self.starts[end] - start);
            order.push(self.order_entry(first, page));
            let starts = self.starts[first..end].iter();
            positions.extend(starts.map(|at| Position {
                page,
                start: at - start,
            }));
            first = end;
        }
        if pages.len() >= MAX_PAGES {
            return Err(StoreError::TooManyNames { apex });
        }
        let entries = self.hashes.iter().copied().zip(positions.iter().copied());
        let index = Index::build(entries, names, &mut supply);
        let room = supply.finish();
        let none = std::iter::once(Shared::from(&[][..]));
        let pages = none.chain(pages.into_iter().map(|piece| room.share(piece)));
        let zone = Zone {
            keys: self.keys,
            apex_labels: self.apex_labels,
            apex_hash: self.hashes.first().copied().unwrap_or(0),
            serial: serial_of(&soa),
            negative: negative_of(apex.as_ref(), &soa, ttl),
            apex,
            pages: CowVec::from_vec(pages.map(Page::new).collect()),
            index: index.finish(&room),
            order: Order::from_vec(&order),
            shape: self
                .depths
                .shape(Flags(self.entries.first().copied().unwrap_or(0))),
            records,
            names,
            page_bytes,
            incomplete: false,
            withheld: None,
        };
        Ok((zone, self.depths))
    }

    /// The first name that does not fit into the page that begins with this one.
    fn page_end(&self, first: usize) -> usize {
        let start = self.starts[first];
        let fits = |end: usize| {
            self.starts
                .get(end)
                .is_some_and(|to| page_size(end - first, to - start) <= PAGE_TARGET)
        };
        let mut end = first + 1;
        while fits(end + 1) {
            end += 1;
        }
        end
    }

    fn page(&self, names: Range<usize>, supply: &mut Supply) -> Piece {
        let entries = &self.entries[self.starts[names.start]..self.starts[names.end]];
        let mut piece = supply.take(page_size(names.len(), entries.len()));
        let heads = names.map(|name| {
            let len = self.starts[name + 1] - self.starts[name];
            (tag_of(self.hashes[name]), len)
        });
        write_page(supply.bytes_mut(&mut piece), entries, heads);
        piece
    }

    fn order_entry(&self, first: usize, page: u32) -> OrderEntry {
        let at = self.starts[first] + ENTRY_OWNER;
        let length = usize::from(self.entries[at - 1]);
        OrderEntry {
            prefix: key::prefix_of(&self.entries[at..at + length]),
            page,
        }
    }
}

/// Where the owner starts in an entry.
const ENTRY_OWNER: usize = 3;
