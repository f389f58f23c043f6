//! The ordered index: the pages of a zone in canonical order of their names.
//!
//! Two levels of plain lists, shared between versions. An entry knows the order prefix of the first
//! name of its page, so a search reads pages only where prefixes are equal.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::key;

const CHUNK: usize = 512;

/// One page in the order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderEntry {
    /// The order prefix of the first name of the page.
    pub(crate) prefix: u64,
    /// The number of the page.
    pub(crate) page: u32,
}

/// The place of a page in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderPlace {
    chunk: usize,
    at: usize,
}

/// The pages of one zone in order. There is always at least one.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    chunks: Arc<Vec<Arc<Vec<OrderEntry>>>>,
}

impl Order {
    /// An order of these pages.
    pub(crate) fn from_vec(entries: &[OrderEntry]) -> Self {
        // Chunks start three quarters full, so that they do not all split at once.
        let chunks = entries
            .chunks(CHUNK / 4 * 3)
            .map(|chunk| Arc::new(chunk.to_vec()))
            .collect();
        Self {
            chunks: Arc::new(chunks),
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks
            .iter()
            .map(|chunk| chunk.len() * size_of::<OrderEntry>())
            .sum()
    }

    /// The last page whose first name is not after `owner`; the first page if there is none such.
    pub(crate) fn find<'a>(&self, owner: &[u8], first_of: impl Fn(u32) -> &'a [u8]) -> OrderPlace {
        let prefix = key::prefix_of(owner);
        let not_after = |entry: &OrderEntry| match entry.prefix.cmp(&prefix) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => key::cmp(first_of(entry.page), owner) != Ordering::Greater,
        };
        let chunk = self
            .chunks
            .partition_point(|chunk| chunk.first().is_some_and(&not_after));
        let chunk = chunk.saturating_sub(1);
        let at = self
            .chunks
            .get(chunk)
            .map_or(0, |chunk| chunk.partition_point(not_after));
        OrderPlace {
            chunk,
            at: at.saturating_sub(1),
        }
    }

    /// The page at a place.
    pub(crate) fn get(&self, place: OrderPlace) -> Option<OrderEntry> {
        self.chunks.get(place.chunk)?.get(place.at).copied()
    }

    /// The place after another.
    pub(crate) fn next(&self, place: OrderPlace) -> Option<OrderPlace> {
        let next = OrderPlace {
            at: place.at + 1,
            ..place
        };
        if self.get(next).is_some() {
            return Some(next);
        }
        let next = OrderPlace {
            chunk: place.chunk + 1,
            at: 0,
        };
        self.get(next).map(|_| next)
    }

    /// The place before another.
    pub(crate) fn previous(&self, place: OrderPlace) -> Option<OrderPlace> {
        if let Some(at) = place.at.checked_sub(1) {
            return Some(OrderPlace { at, ..place });
        }
        let chunk = place.chunk.checked_sub(1)?;
        let at = self.chunks.get(chunk)?.len().checked_sub(1)?;
        Some(OrderPlace { chunk, at })
    }

    /// Changes what is known of the first name of a page.
    pub(crate) fn set(&mut self, place: OrderPlace, entry: OrderEntry) {
        if let Some(slot) = self
            .chunk_mut(place.chunk)
            .and_then(|chunk| chunk.get_mut(place.at))
        {
            *slot = entry;
        }
    }

    /// Adds a page behind another. Gives its place.
    pub(crate) fn insert_after(&mut self, place: OrderPlace, entry: OrderEntry) -> OrderPlace {
        let at = place.at + 1;
        let Some(chunk) = self.chunk_mut(place.chunk) else {
            return place;
        };
        chunk.insert(at, entry);
        if chunk.len() <= CHUNK {
            return OrderPlace { at, ..place };
        }
        let half = chunk.split_off(CHUNK / 2);
        Arc::make_mut(&mut self.chunks).insert(place.chunk + 1, Arc::new(half));
        match at.checked_sub(CHUNK / 2) {
            None => OrderPlace { at, ..place },
            Some(at) => OrderPlace {
                chunk: place.chunk + 1,
                at,
            },
        }
    }

    /// Takes a page out, unless it is the only one.
    pub(crate) fn remove(&mut self, place: OrderPlace) -> bool {
        if self.chunks.len() == 1 && self.chunks[0].len() == 1 {
            return false;
        }
        let Some(chunk) = self.chunk_mut(place.chunk) else {
            return false;
        };
        chunk.remove(place.at);
        if chunk.is_empty() {
            Arc::make_mut(&mut self.chunks).remove(place.chunk);
        }
        true
    }

    /// All pages in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = OrderEntry> {
        self.chunks.iter().flat_map(|chunk| chunk.iter().copied())
    }

    fn chunk_mut(&mut self, chunk: usize) -> Option<&mut Vec<OrderEntry>> {
        Arc::make_mut(&mut self.chunks)
            .get_mut(chunk)
            .map(Arc::make_mut)
    }
}
