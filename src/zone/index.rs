//! The exact index: a keyed hash of a name to the page that holds it.
//!
//! Linear hashing over small shared segments: growing splits one segment at a time, so no commit
//! ever pays for the whole. An entry is 8 bytes: the upper half of the hash, the page, and a hint
//! where in the page the name stood when the entry was written.

use std::sync::Arc;

use crate::cow::CowVec;

/// Names per segment on average before one more segment is made.
const NAMES_PER_SEGMENT: usize = 256;
const SMALLEST_SEGMENT: usize = 4;
/// A hint that says nothing.
const HINT_MAX: usize = 255;
/// Pages are numbered from 1 in 24 bits.
pub(crate) const MAX_PAGES: usize = (1 << 24) - 1;

/// Where a name may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The number of the page.
    pub(crate) page: u32,
    /// The slot in the page where the search should begin.
    pub(crate) hint: usize,
}

/// The index of one zone.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    segments: CowVec<Arc<[u64]>>,
    names: usize,
    bytes: usize,
}

impl Index {
    /// Builds an index of these names at once.
    pub(crate) fn build(
        entries: impl Iterator<Item = (u64, Position)> + Clone,
        names: usize,
    ) -> Self {
        let count = names.div_ceil(NAMES_PER_SEGMENT).max(1);
        let mut sizes = vec![0_usize; count];
        for (hash, _) in entries.clone() {
            sizes[segment_of(fragment(hash), count)] += 1;
        }
        let mut segments: Vec<Vec<u64>> = sizes
            .iter()
            .map(|&used| vec![0; capacity_for(used)])
            .collect();
        for (hash, position) in entries {
            let fragment = fragment(hash);
            insert_into(
                &mut segments[segment_of(fragment, count)],
                entry(fragment, position),
            );
        }
        let bytes = segments.iter().map(|segment| segment.len() * 8).sum();
        let segments = segments.into_iter().map(Arc::from).collect();
        Self {
            segments: CowVec::from_vec(segments),
            names,
            bytes,
        }
    }

    /// Bytes held, without the tree above the segments.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Where a name with this hash may be: most often no place, or the one.
    #[inline]
    pub(crate) fn candidates(&self, hash: u64) -> Candidates<'_> {
        let fragment = fragment(hash);
        let segment = self.segments.get(segment_of(fragment, self.segments.len()));
        let segment = segment.map(|segment| &**segment).unwrap_or_default();
        Candidates {
            segment,
            fragment,
            at: home(fragment, segment.len()),
            left: segment.len(),
        }
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
            segment[at] = entry(fragment, to)
        });
    }

    /// Takes a name out.
    pub(crate) fn remove(&mut self, hash: u64, page: u32) {
        self.change(fragment(hash), page, remove_at);
        self.names -= 1;
    }

    fn change(&mut self, fragment: u32, page: u32, change: impl FnOnce(&mut [u64], usize)) {
        let number = segment_of(fragment, self.segments.len());
        let Some(segment) = self.segments.get_mut(number) else {
            return;
        };
        let segment = Arc::make_mut(segment);
        let mask = segment.len() - 1;
        let mut at = home(fragment, segment.len());
        while segment[at] != 0 {
            let found = position(segment[at]);
            // Two names of one page with the same half of the hash are one to the index: either
            // entry may stand for either name.
            if fragment_of(segment[at]) == fragment && found.page == page {
                change(segment, at);
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn add(&mut self, number: usize, entry: u64) {
        let Some(segment) = self.segments.get_mut(number) else {
            return;
        };
        let used = segment.iter().filter(|slot| **slot != 0).count();
        if capacity_for(used + 1) > segment.len() {
            let grown = rebuilt(segment.iter().copied(), used + 1);
            self.bytes += (grown.len() - segment.len()) * 8;
            *segment = Arc::from(grown);
        }
        insert_into(Arc::make_mut(segment), entry);
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
        let moves = |slot: &u64| segment_of(fragment_of(*slot), count + 1) == count;
        let (going, staying): (Vec<u64>, Vec<u64>) = old
            .iter()
            .copied()
            .filter(|slot| *slot != 0)
            .partition(moves);
        let (stay, go) = (staying.len(), going.len());
        let staying = rebuilt(staying.into_iter(), stay);
        let going = rebuilt(going.into_iter(), go);
        self.bytes = self.bytes + (staying.len() + going.len()) * 8 - old.len() * 8;
        *segment = Arc::from(staying);
        self.segments.push(Arc::from(going));
    }
}

/// Places where a name may be.
#[derive(Clone, Debug)]
pub(crate) struct Candidates<'a> {
    segment: &'a [u64],
    fragment: u32,
    at: usize,
    left: usize,
}

impl Iterator for Candidates<'_> {
    type Item = Position;

    #[inline]
    fn next(&mut self) -> Option<Position> {
        while self.left > 0 {
            let entry = *self.segment.get(self.at)?;
            if entry == 0 {
                return None;
            }
            self.at = (self.at + 1) & (self.segment.len() - 1);
            self.left -= 1;
            if fragment_of(entry) == self.fragment {
                return Some(position(entry));
            }
        }
        None
    }
}

fn fragment(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn fragment_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

fn entry(fragment: u32, position: Position) -> u64 {
    u64::from(fragment) << 32 | u64::from(position.page) << 8 | position.hint.min(HINT_MAX) as u64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "24 and 8 bits are what remains"
)]
fn position(entry: u64) -> Position {
    Position {
        page: (entry as u32) >> 8,
        hint: usize::from(entry as u8),
    }
}

/// The segment of a hash among `count`, by its lower bits.
fn segment_of(fragment: u32, count: usize) -> usize {
    let level = count.ilog2();
    let number = fragment as usize & ((2 << level) - 1);
    if number < count {
        number
    } else {
        number & ((1 << level) - 1)
    }
}

/// Where in a segment the search begins, by the upper bits.
fn home(fragment: u32, capacity: usize) -> usize {
    (fragment >> 20) as usize & capacity.wrapping_sub(1)
}

/// At most 7 of 8 places are used: a search that finds nothing stays short.
fn capacity_for(used: usize) -> usize {
    (used * 8)
        .div_ceil(7)
        .next_power_of_two()
        .max(SMALLEST_SEGMENT)
}

fn rebuilt(entries: impl Iterator<Item = u64>, used: usize) -> Vec<u64> {
    let mut segment = vec![0; capacity_for(used)];
    for entry in entries.filter(|entry| *entry != 0) {
        insert_into(&mut segment, entry);
    }
    segment
}

fn insert_into(segment: &mut [u64], entry: u64) {
    let mask = segment.len() - 1;
    let mut at = home(fragment_of(entry), segment.len());
    while segment[at] != 0 {
        at = (at + 1) & mask;
    }
    segment[at] = entry;
}

/// Empties a place and moves later entries up, so that no search ends too early.
fn remove_at(segment: &mut [u64], at: usize) {
    let mask = segment.len() - 1;
    let mut hole = at;
    let mut next = (at + 1) & mask;
    while segment[next] != 0 {
        let wanted = home(fragment_of(segment[next]), segment.len());
        // The entry may move into the hole if its home is not between the hole and itself.
        if next.wrapping_sub(wanted) & mask >= next.wrapping_sub(hole) & mask {
            segment[hole] = segment[next];
            hole = next;
        }
        next = (next + 1) & mask;
    }
    segment[hole] = 0;
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
            hint: 3,
        };
        let mut model = HashMap::new();
        let mut index = Index::build(std::iter::empty(), 0);
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
                        hint: 9,
                    };
                    index.relocate(hash(moved), old.page, to);
                    *old = to;
                }
            }
        }
        let built = Index::build(model.iter().map(|(k, v)| (hash(*k), *v)), model.len());
        for number in 0..6000 {
            for index in [&index, &built] {
                let found: Vec<Position> = index.candidates(hash(number)).collect();
                assert_eq!(
                    found.contains(model.get(&number).unwrap_or(&Position { page: 0, hint: 0 })),
                    model.contains_key(&number),
                    "{number}"
                );
            }
        }
    }
}
