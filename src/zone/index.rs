//! The exact index: a keyed hash of a name to the page that holds it.
//!
//! Linear hashing over small shared segments: growing splits one segment at a time, so no commit
//! ever pays for the whole. An entry is 8 bytes: the upper bits of the hash, the page, and where in
//! the page the name began when the entry was written.

use std::slice::Iter;

use crate::cow::CowVec;
use crate::prefetch;
use crate::room::{Finished, Piece, Shared, Supply};
use crate::scratch::Scratch;

/// Names per segment on average before one more segment is made.
const NAMES_PER_SEGMENT: usize = 256;
const SMALLEST_SEGMENT: usize = 8;
/// Segments have two places less than a power of two: the counters of a shared allocation go there.
const COUNTERS: usize = 2;
/// Bits of a hash in an entry, of the number of a page, and of a place in the page.
const FRAGMENT_BITS: u32 = 28;
const PAGE_BITS: u32 = 24;
const START_BITS: u32 = 12;
/// Bits of a fragment, the upper ones, that say where in its segment it belongs.
const HOME_BITS: u32 = 12;
/// Names that begin further behind in their page have this start.
const START_MAX: usize = (1 << START_BITS) - 1;
/// Pages are numbered from 1.
pub(crate) const MAX_PAGES: usize = (1 << PAGE_BITS) - 1;

/// Where a name may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The number of the page.
    pub(crate) page: u32,
    /// Where in the page the name began when this was written.
    pub(crate) start: usize,
}

/// The index of one zone.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    segments: CowVec<Shared>,
    names: usize,
    bytes: usize,
}

/// An index that is built at once, until its room can be shared.
#[derive(Debug)]
pub(crate) struct Built {
    segments: Vec<Piece>,
    names: usize,
    bytes: usize,
}

impl Built {
    /// The index.
    pub(crate) fn finish(self, room: &Finished) -> Index {
        let segments = self.segments.into_iter().map(|piece| room.share(piece));
        Index {
            segments: CowVec::from_vec(segments.collect()),
            names: self.names,
            bytes: self.bytes,
        }
    }
}

impl Index {
    /// How many bytes an index of so many names needs, about.
    pub(crate) fn size_for(names: usize) -> usize {
        names.div_ceil(NAMES_PER_SEGMENT) * NAMES_PER_SEGMENT * 2 * 8
    }

    /// Builds an index of these names at once.
    pub(crate) fn build(names: &[Word], supply: &mut Supply) -> Built {
        let count = names.len().div_ceil(NAMES_PER_SEGMENT).max(1);
        let segment_of = |word: &Word| segment_of(fragment_of(u64::from_le_bytes(*word)), count);
        // The names of a segment are brought together first: filling segments in the order that the
        // names come in would wait for memory at each of them.
        let mut ends = vec![0_usize; count + 1];
        for word in names {
            ends[segment_of(word) + 1] += 1;
        }
        for segment in 0..count {
            ends[segment + 1] += ends[segment];
        }
        let mut grouped = Scratch::default();
        let room = grouped.add(size_of_val(names));
        let (room, _) = room.as_chunks_mut::<{ size_of::<Word>() }>();
        for word in names {
            let place = &mut ends[segment_of(word)];
            room[*place] = *word;
            *place += 1;
        }
        let (mut bytes, mut from) = (0, 0);
        let segments = ends[..count].iter().map(|&end| {
            let size = capacity_for(end - from) * size_of::<Word>();
            bytes += size;
            let mut piece = supply.take(size);
            let segment = words_mut(supply.bytes_mut(&mut piece));
            for word in &room[from..end] {
                insert_into(segment, u64::from_le_bytes(*word));
            }
            from = end;
            piece
        });
        Built {
            segments: segments.collect(),
            names: names.len(),
            bytes,
        }
    }

    /// Bytes held, without the tree above the segments.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The segment that a name with this hash would be in.
    #[inline]
    pub(crate) fn segment(&self, hash: u64) -> Segment<'_> {
        let segment = segment_of(fragment(hash), self.segments.len());
        let segment = self.segments.get(segment);
        Segment(segment.map_or(&[][..], |segment| words(segment.bytes())))
    }

    /// Adds a name.
    pub(crate) fn insert(&mut self, hash: u64, position: Position) {
        let fragment = fragment(hash);
        self.add(
            segment_of(fragment, self.segments.len()),
            entry(fragment, position),
        );
        self.names += 1;
        if self.names > self.segments.len() * NAMES_PER_SEGMENT {
            self.split();
        }
    }

    /// Moves a name from one page to another.
    pub(crate) fn relocate(&mut self, hash: u64, from: u32, to: Position) {
        let fragment = fragment(hash);
        self.change(fragment, from, |segment, at| {
            segment[at] = entry(fragment, to).to_le_bytes();
        });
    }

    /// Takes a name out.
    pub(crate) fn remove(&mut self, hash: u64, page: u32) {
        self.change(fragment(hash), page, remove_at);
        self.names -= 1;
        if self.names < self.segments.len() * (NAMES_PER_SEGMENT / 4) {
            self.merge();
        }
    }

    fn change(&mut self, fragment: u32, page: u32, change: impl FnOnce(&mut [Word], usize)) {
        let number = segment_of(fragment, self.segments.len());
        let Some(segment) = self.segments.get_mut(number) else {
            return;
        };
        let segment = words_mut(segment.make_mut());
        let mut at = home(fragment, segment.len());
        while let Some(found) = read(segment[at]) {
            // Two names of one page with the same bits of the hash are one to the index: either
            // entry may stand for either name.
            if fragment_of(found) == fragment && position(found).page == page {
                change(segment, at);
                return;
            }
            at = after(at, segment.len());
        }
    }

    fn add(&mut self, number: usize, entry: u64) {
        let Some(segment) = self.segments.get_mut(number) else {
            return;
        };
        let old = words(segment.bytes());
        let used = old.iter().filter(|word| read(**word).is_some()).count();
        if capacity_for(used + 1) > old.len() {
            let grown = rebuilt(old.iter().filter_map(|word| read(*word)), used + 1);
            self.bytes += (grown.len() - old.len()) * 8;
            *segment = Shared::from(grown.as_flattened());
        }
        insert_into(words_mut(segment.make_mut()), entry);
    }

    /// Makes one more segment by splitting the one whose turn it is.
    fn split(&mut self) {
        let count = self.segments.len();
        let level = count.ilog2();
        let source = count - (1 << level);
        let Some(segment) = self.segments.get_mut(source) else {
            return;
        };
        let old = segment.clone();
        let old = words(old.bytes());
        let moves = |entry: &u64| segment_of(fragment_of(*entry), count + 1) == count;
        let (going, staying): (Vec<u64>, Vec<u64>) =
            old.iter().filter_map(|word| read(*word)).partition(moves);
        let (stay, go) = (staying.len(), going.len());
        let staying = rebuilt(staying.into_iter(), stay);
        let going = rebuilt(going.into_iter(), go);
        self.bytes = self.bytes + (staying.len() + going.len()) * 8 - old.len() * 8;
        *segment = Shared::from(staying.as_flattened());
        self.segments.push(Shared::from(going.as_flattened()));
    }

    /// Takes the last segment away: its names go back to the one that it was split from.
    fn merge(&mut self) {
        let Some(last) = self.segments.len().checked_sub(1).filter(|last| *last > 0) else {
            return;
        };
        let source = last - (1 << last.ilog2());
        let (Some(going), Some(segment)) = (self.segments.pop(), self.segments.get_mut(source))
        else {
            return;
        };
        let old = segment.clone();
        let (old, going) = (words(old.bytes()), words(going.bytes()));
        let entries = old.iter().chain(going).filter_map(|word| read(*word));
        let used = entries.clone().count();
        let merged = rebuilt(entries, used);
        self.bytes = self.bytes + merged.len() * 8 - (old.len() + going.len()) * 8;
        *segment = Shared::from(merged.as_flattened());
    }
}

/// A segment of an index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a>(&'a [Word]);

impl<'a> Segment<'a> {
    /// Asks for the memory that the first candidate is read from.
    #[inline]
    pub(crate) fn fetch(self, hash: u64) {
        if let Some(word) = self.0.get(home(fragment(hash), self.0.len())) {
            prefetch::line(word);
        }
    }

    /// Where a name with this hash may be: most often no place, or the one.
    #[inline]
    pub(crate) fn candidates(self, hash: u64) -> Candidates<'a> {
        let fragment = fragment(hash);
        let (before, behind) = self
            .0
            .split_at_checked(home(fragment, self.0.len()))
            .unwrap_or_default();
        Candidates {
            behind: behind.iter(),
            before: before.iter(),
            fragment,
        }
    }
}

/// Places where a name may be.
#[derive(Clone, Debug)]
pub(crate) struct Candidates<'a> {
    /// Places from where the search begins to the end of the segment, and those before it.
    behind: Iter<'a, Word>,
    before: Iter<'a, Word>,
    fragment: u32,
}

impl Iterator for Candidates<'_> {
    type Item = Position;

    #[inline]
    fn next(&mut self) -> Option<Position> {
        loop {
            let word = match self.behind.next() {
                Some(word) => word,
                None => self.before.next()?,
            };
            let Some(entry) = read(*word) else {
                // A search ends at an empty place.
                (self.behind, self.before) = Default::default();
                return None;
            };
            if fragment_of(entry) == self.fragment {
                return Some(position(entry));
            }
        }
    }
}

/// An entry as a segment holds it: a little-endian number, 0 where there is none.
pub(crate) type Word = [u8; 8];

/// The entry of a name with this hash.
#[inline]
pub(crate) fn word(hash: u64, position: Position) -> Word {
    entry(fragment(hash), position).to_le_bytes()
}

#[inline]
fn words(bytes: &[u8]) -> &[Word] {
    bytes.as_chunks().0
}

#[inline]
fn words_mut(bytes: &mut [u8]) -> &mut [Word] {
    bytes.as_chunks_mut().0
}

#[inline]
fn read(word: Word) -> Option<u64> {
    Some(u64::from_le_bytes(word)).filter(|entry| *entry != 0)
}

/// The place behind another.
#[inline]
fn after(at: usize, capacity: usize) -> usize {
    if at + 1 < capacity { at + 1 } else { 0 }
}

fn fragment(hash: u64) -> u32 {
    (hash >> (64 - FRAGMENT_BITS)) as u32
}

fn fragment_of(entry: u64) -> u32 {
    (entry >> (64 - FRAGMENT_BITS)) as u32
}

fn entry(fragment: u32, position: Position) -> u64 {
    u64::from(fragment) << (PAGE_BITS + START_BITS)
        | u64::from(position.page) << START_BITS
        | position.start.min(START_MAX) as u64
}

fn position(entry: u64) -> Position {
    Position {
        #[expect(clippy::cast_possible_truncation, reason = "24 bits remain")]
        page: (entry >> START_BITS) as u32 & ((1 << PAGE_BITS) - 1),
        #[expect(clippy::cast_possible_truncation, reason = "12 bits remain")]
        start: entry as usize & START_MAX,
    }
}

/// The segment of a hash among `count`, by its lower bits.
fn segment_of(fragment: u32, count: usize) -> usize {
    // As many bits as the count has, or one less.
    let mask = usize::MAX.wrapping_shr(count.leading_zeros());
    let number = fragment as usize & mask;
    if number < count {
        number
    } else {
        number & (mask >> 1)
    }
}

/// Where in a segment the search begins, by the upper bits.
#[inline]
fn home(fragment: u32, capacity: usize) -> usize {
    let upper = (fragment >> (FRAGMENT_BITS - HOME_BITS)) as usize;
    upper.wrapping_mul(capacity) >> HOME_BITS
}

/// At most 7 of 8 places are used: a search that finds nothing stays short.
fn capacity_for(used: usize) -> usize {
    (used * 8 + 7 * COUNTERS)
        .div_ceil(7)
        .next_power_of_two()
        .max(SMALLEST_SEGMENT)
        - COUNTERS
}

fn rebuilt(entries: impl Iterator<Item = u64>, used: usize) -> Vec<Word> {
    let mut segment = vec![[0; 8]; capacity_for(used)];
    for entry in entries {
        insert_into(&mut segment, entry);
    }
    segment
}

fn insert_into(segment: &mut [Word], entry: u64) {
    let mut at = home(fragment_of(entry), segment.len());
    while read(segment[at]).is_some() {
        at = after(at, segment.len());
    }
    segment[at] = entry.to_le_bytes();
}

/// Empties a place and moves later entries up, so that no search ends too early.
fn remove_at(segment: &mut [Word], at: usize) {
    let capacity = segment.len();
    let distance = |from: usize, to: usize| (to + capacity - from) % capacity;
    let mut hole = at;
    let mut next = after(at, capacity);
    while let Some(entry) = read(segment[next]) {
        let wanted = home(fragment_of(entry), capacity);
        // The entry may move into the hole if its home is not between the hole and itself.
        if distance(wanted, next) >= distance(hole, next) {
            segment[hole] = segment[next];
            hole = next;
        }
        next = after(next, capacity);
    }
    segment[hole] = [0; 8];
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn agrees_with_a_map_while_it_grows_and_shrinks() {
        let keys = crate::hash::HashKeys::new([7, 9]);
        let hash = |number: u32| keys.child(keys.root(), number.to_string().as_bytes());
        let position = |number: u32| Position {
            page: number % 1000 + 1,
            start: 3,
        };
        let mut model = HashMap::new();
        let build = |model: &HashMap<u32, Position>, room| {
            let mut supply = Supply::new(room);
            let names: Vec<Word> = model.iter().map(|(k, v)| word(hash(*k), *v)).collect();
            let built = Index::build(&names, &mut supply);
            built.finish(&supply.finish())
        };
        let mut index = build(&HashMap::new(), 0);
        for number in 0..5000 {
            index.insert(hash(number), position(number));
            model.insert(number, position(number));
            if number % 3 == 0 {
                let gone = number / 2;
                if let Some(old) = model.remove(&gone) {
                    index.remove(hash(gone), old.page);
                }
            }
            if number % 5 == 0 {
                let moved = number / 3 * 2;
                if let Some(old) = model.get_mut(&moved) {
                    let to = Position {
                        page: old.page + 2000,
                        start: 9,
                    };
                    index.relocate(hash(moved), old.page, to);
                    *old = to;
                }
            }
        }
        let (built, large) = (build(&model, 0), build(&model, 100 << 20));
        for number in 0..6000 {
            for index in [&index, &built, &large] {
                let found: Vec<Position> = index
                    .segment(hash(number))
                    .candidates(hash(number))
                    .collect();
                assert_eq!(
                    found.contains(
                        model
                            .get(&number)
                            .unwrap_or(&Position { page: 0, start: 0 })
                    ),
                    model.contains_key(&number),
                    "{number}"
                );
            }
        }
        let full = index.bytes();
        for (number, position) in &model {
            index.remove(hash(*number), position.page);
        }
        assert!(model.keys().all(|number| {
            index
                .segment(hash(*number))
                .candidates(hash(*number))
                .next()
                .is_none()
        }));
        assert!(index.bytes() < full / 10);
    }
}
