//! A whole zone at once: from sorted records to pages in one pass, and from their names to
//! the index in another.

use std::sync::Arc;

use wire::write::Prepared;
use wire::{Name, NameRef, Rtype, Serial, Ttl};

use crate::cow::CowVec;
use crate::depths::Depths;
use crate::hash::HashKeys;
use crate::index::{self, Index, MAX_PAGES, Position, Word};
use crate::key::{self, LabelStarts};
use crate::layer::Layer;
use crate::node::{Flags, Node, write_entry_head, write_rrset};
use crate::order::{Order, OrderEntry};
use crate::page::{PAGE_TARGET, Page, page_size, tag_of, write_page};
use crate::propose::StoreError;
use crate::records::{Records, Run};
use crate::room::{Piece, Shared, Supply};
use crate::scratch::Scratch;
use crate::snapshot::{Negative, Zone};

/// Builds the first version of a zone from its sorted records, all of one layer.
pub(crate) fn assemble(records: &Records, keys: HashKeys) -> Result<(Zone, Depths), StoreError> {
    let apex = records.apex().as_ref().to_lowercase();
    let soa = soa_of(records, &apex)?;
    let mut names = Names::new(&apex, keys, records);
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

/// The names of a zone on their way into pages.
struct Names {
    keys: HashKeys,
    apex_len: usize,
    apex_labels: usize,
    apex_hash: u64,
    /// The page being filled: entries one behind the other.
    entries: Vec<u8>,
    /// Its names, each with its hash and where its entry begins.
    names: Vec<(u64, usize)>,
    /// Pages that are full. The first page has the number 1.
    pages: Vec<Piece>,
    page_bytes: usize,
    supply: Supply,
    order: Vec<OrderEntry>,
    index: Scratch,
    /// The name being filled and those above it, the apex first.
    path: Vec<Level>,
    depths: Depths,
    /// The owner being filled, without the apex and in lower case.
    owner: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    hash: u64,
    /// How many pages are before the one with this name.
    page: usize,
    /// Where its entry begins in the page.
    start: usize,
}

impl Names {
    fn new(apex: &Name, keys: HashKeys, records: &Records) -> Self {
        let count = records.len();
        let bytes = entry_bytes(records);
        let mut names = Self {
            keys,
            apex_len: apex.as_bytes().len(),
            apex_labels: apex.as_ref().label_count(),
            apex_hash: keys.name(apex.as_ref()),
            entries: Vec::with_capacity(2 * PAGE_TARGET),
            names: Vec::with_capacity(PAGE_TARGET / 16),
            pages: Vec::with_capacity(bytes / FILL + 2),
            page_bytes: 0,
            supply: Supply::new(bytes + Index::size_for(count)),
            order: Vec::with_capacity(bytes / FILL + 2),
            index: Scratch::default(),
            path: Vec::new(),
            depths: Depths::default(),
            owner: Vec::new(),
        };
        names.index.reserve(count * size_of::<Word>());
        names.open(names.apex_hash, &[]);
        names
    }

    fn add(&mut self, run: Run<'_>) -> Result<(), StoreError> {
        let first = run.first();
        let owner = first.owner.as_bytes();
        let owner = &owner[..owner.len().saturating_sub(self.apex_len)];
        if !self.owner.eq_ignore_ascii_case(owner) {
            self.enter(owner);
        }
        let Some(level) = self.path.last() else {
            return Ok(());
        };
        let (start, depth) = (level.start, self.path.len() - 1);
        if run.len() > usize::from(u16::MAX) || self.entries[start + 1] == u8::MAX {
            return Err(StoreError::TooBig {
                owner: first.owner.to_name(),
                rtype: first.rtype,
            });
        }
        self.entries[start + 1] += 1;
        let flags = match first.rtype {
            Rtype::NS if depth > 0 => Flags::CUT,
            Rtype::DNAME => Flags::DNAME,
            _ => 0,
        };
        if flags == Flags::DNAME {
            self.depths.add_dname();
        }
        if flags != 0 {
            if self.entries[start] & (Flags::CUT | Flags::DNAME) == 0 {
                self.depths.add_cut(depth);
            }
            self.entries[start] |= flags;
        }
        let ttl = run.iter().map(|record| record.ttl).min();
        let ttl = ttl.unwrap_or(first.ttl);
        let rdatas = run.iter().map(|record| record.rdata);
        write_rrset(&mut self.entries, first.rtype, ttl, Layer::Static, rdatas);
        Ok(())
    }

    /// Makes this the name being filled, and makes every missing name above it.
    fn enter(&mut self, owner: &[u8]) {
        let before = std::mem::take(&mut self.owner);
        let (starts, starts_before) = (LabelStarts::of(owner), LabelStarts::of(&before));
        let labels = starts.as_slice().iter().rev();
        let shared = labels.zip(starts_before.as_slice().iter().rev());
        let shared = shared.take_while(|&(start, start_before)| {
            let label = key::label_at(owner, *start);
            label.eq_ignore_ascii_case(key::label_at(&before, *start_before))
        });
        let shared = shared.count();
        self.path.truncate(shared + 1);
        self.owner = before;
        self.owner.clear();
        self.owner.extend_from_slice(owner);
        self.owner.make_ascii_lowercase();
        for &start in starts.as_slice().iter().rev().skip(shared) {
            let label = key::label_at(&self.owner, start);
            let Some(&parent) = self.path.last() else {
                return;
            };
            let hash = self.keys.child(parent.hash, label);
            if label == b"*" {
                self.flag(parent, Flags::WILDCARD_CHILD);
            }
            let owner = std::mem::take(&mut self.owner);
            self.open(hash, &owner[usize::from(start)..]);
            self.owner = owner;
        }
    }

    /// Sets a flag of a name.
    fn flag(&mut self, name: Level, flag: u8) {
        let page = match self.pages.get_mut(name.page) {
            Some(page) => self.supply.bytes_mut(page),
            None => &mut self.entries,
        };
        if let Some(flags) = page.get_mut(name.start) {
            *flags |= flag;
        }
    }

    /// Begins with a name: the one before is complete.
    fn open(&mut self, hash: u64, owner: &[u8]) {
        if page_size(self.names.len(), self.entries.len()) > FILL {
            self.close_page();
        }
        self.depths.add_name(self.path.len());
        let start = self.entries.len();
        self.path.push(Level {
            hash,
            page: self.pages.len(),
            start,
        });
        self.names.push((hash, start));
        write_entry_head(&mut self.entries, 0, 0, owner);
    }

    /// Ends the page before its last name, which goes to the next one, unless it is the only name.
    fn close_page(&mut self) {
        let start = match self.names.as_slice() {
            [_, .., (_, start)] => *start,
            _ => return self.write_page(self.names.len(), self.entries.len()),
        };
        let number = self.pages.len();
        self.write_page(self.names.len() - 1, start);
        for level in &mut self.path {
            if (level.page, level.start) == (number, start) {
                (level.page, level.start) = (number + 1, 0);
            }
        }
        // The name may fill a page by itself.
        if page_size(1, self.entries.len()) > FILL {
            self.write_page(1, self.entries.len());
        }
    }

    /// Writes a page of the first names, whose entries have so many bytes, and takes these away.
    fn write_page(&mut self, names: usize, bytes: usize) {
        let Some(entries) = self.entries.get(..bytes).filter(|_| names > 0) else {
            return;
        };
        let size = page_size(names, bytes);
        let mut piece = self.supply.take(size);
        let heads = self.names.iter().take(names);
        let heads = heads.map(|(hash, start)| (tag_of(*hash), *start));
        write_page(self.supply.bytes_mut(&mut piece), entries, heads);
        self.pages.push(piece);
        self.page_bytes += size;
        let page = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
        let first = Node::from_entry(entries).owner();
        self.order.push(OrderEntry {
            prefix: key::prefix_of(first),
            page,
        });
        for &(hash, start) in self.names.iter().take(names) {
            self.index
                .extend(&index::word(hash, Position { page, start }));
        }
        self.names.drain(..names);
        self.entries.drain(..bytes);
        for (_, start) in &mut self.names {
            *start -= bytes;
        }
    }

    fn finish(
        mut self,
        apex: Name,
        records: usize,
        (soa, ttl): (Vec<u8>, Ttl),
    ) -> Result<(Zone, Depths), StoreError> {
        if page_size(self.names.len(), self.entries.len()) > FILL {
            self.close_page();
        }
        self.write_page(self.names.len(), self.entries.len());
        if self.pages.len() >= MAX_PAGES {
            return Err(StoreError::TooManyNames { apex });
        }
        let words = self.index.as_chunks().0;
        let index = Index::build(words, &mut self.supply);
        let room = self.supply.finish();
        let none = std::iter::once(Shared::from(&[][..]));
        let pages = self.pages.into_iter().map(|piece| room.share(piece));
        let pages: Vec<Page> = none.chain(pages).map(Page::new).collect();
        let at_apex = pages.get(1).and_then(|page| page.read().node(0));
        let shape = self
            .depths
            .shape(at_apex.map(Node::flags).unwrap_or_default());
        let zone = Zone {
            keys: self.keys,
            apex_labels: self.apex_labels,
            apex_hash: self.apex_hash,
            serial: serial_of(&soa),
            negative: negative_of(apex.as_ref(), &soa, ttl),
            apex,
            pages: CowVec::from_vec(pages),
            index: index.finish(&room),
            order: Order::from_vec(&self.order),
            shape,
            records,
            names: words.len(),
            page_bytes: self.page_bytes,
            incomplete: false,
            withheld: None,
        };
        Ok((zone, self.depths))
    }
}

/// About how many bytes pages take for records of different names.
fn entry_bytes(records: &Records) -> usize {
    let apex_len = records.apex().as_bytes().len();
    let sizes = (records.iter().step_by(SAMPLE)).map(|record| {
        let owner = record.owner.len().saturating_sub(apex_len);
        RECORD_BYTES + owner + record.rdata.len()
    });
    let sampled = records.len().div_ceil(SAMPLE).max(1);
    sizes.sum::<usize>() / sampled * records.len()
}

/// A page is filled up to here, so that names that come later do not split it at once. Pages take no
/// more room than they need, so this costs only what is known of each.
const FILL: usize = PAGE_TARGET / 4 * 3;
/// Every so many records one is looked at to know how large they are.
const SAMPLE: usize = 64;
/// What a page takes for a name with one record besides the owner and the data.
const RECORD_BYTES: usize = 3 + 13 + 2 + 4;
