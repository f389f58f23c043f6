//! Pages: the bytes that answers are made from. A page holds whole names in canonical order.
//!
//! ```text
//! page   entries | END u8 | (tag u16 | start u16) × count | count u16
//! ```
//!
//! Numbers are big-endian as on the wire; what an entry is, `node` knows. Pages are written by this
//! module only and never change once shared; reading is total all the same: a page of other bytes
//! gives wrong data, not a panic.

use crate::node::Node;
use crate::room::Shared;
use crate::same::same;

/// A page of more bytes is split, unless it holds one name only. With the counters of a shared
/// allocation it fills 4 KiB.
pub(crate) const PAGE_TARGET: usize = 4096 - 16;
/// What is said to begin here or further behind must be looked for.
const EXACT_MAX: u16 = 4095;

/// A page, and how far what the index knows of it holds.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    bytes: Shared,
    /// Names that the index has before this place are where it says. Names behind it have moved,
    /// since an insertion or a removal does not touch the index entries of all names after it.
    exact: u16,
}

impl Page {
    /// A page whose names are where the index says.
    pub(crate) fn new(bytes: Shared) -> Self {
        Self {
            bytes,
            exact: EXACT_MAX,
        }
    }

    /// A version of this page with other bytes.
    pub(crate) fn edited(&self, bytes: Shared) -> Self {
        let (old, new) = (self.read(), PageRef::new(bytes.bytes()));
        let same = old.names.iter().zip(new.names);
        let same = same.take_while(|(old, new)| old == new).count();
        let moved = old
            .names
            .get(same)
            .map_or(EXACT_MAX, |name| start_of(*name));
        Self {
            exact: self.exact.min(moved),
            bytes,
        }
    }

    /// How many bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.bytes().len()
    }

    /// Reads the page.
    #[inline]
    pub(crate) fn read(&self) -> PageRef<'_> {
        PageRef::new(self.bytes.bytes())
    }

    /// The node that is most likely at the place that the index knows. Nothing of it is read.
    #[inline]
    pub(crate) fn likely(&self, tag: u16, start: usize) -> Option<Node<'_>> {
        if start < usize::from(self.exact) {
            let bytes = self.bytes.bytes().get(start..)?;
            return Some(Node::from_entry(bytes));
        }
        let page = self.read();
        let slot = page.slots_from(start).find(|slot| page.tag(*slot) == tag)?;
        page.node(slot)
    }

    /// The node with this owner; the search begins at the place that the index knows.
    #[inline]
    pub(crate) fn find(&self, tag: u16, owner: &[u8], start: usize) -> Option<Node<'_>> {
        match self
            .likely(tag, start)
            .filter(|node| same(node.owner(), owner))
        {
            Some(node) => Some(node),
            None => self.search(tag, owner, start).map(|(_, node)| node),
        }
    }

    /// As [`Self::find`], with the slot.
    #[cold]
    pub(crate) fn search(&self, tag: u16, owner: &[u8], start: usize) -> Option<(usize, Node<'_>)> {
        let page = self.read();
        page.slots_from(start)
            .filter(|slot| page.tag(*slot) == tag)
            .filter_map(|slot| Some((slot, page.node(slot)?)))
            .find(|(_, node)| node.owner() == owner)
    }
}

/// The names of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageRef<'a> {
    bytes: &'a [u8],
    names: &'a [[u8; 4]],
}

impl<'a> PageRef<'a> {
    /// Reads a page.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let names = bytes.split_last_chunk::<2>().and_then(|(rest, count)| {
            let size = 4 * usize::from(u16::from_be_bytes(*count));
            rest.get(rest.len().checked_sub(size)?..)
        });
        Self {
            bytes,
            names: names.unwrap_or_default().as_chunks().0,
        }
    }

    /// The name in a slot.
    #[inline]
    pub(crate) fn node(self, slot: usize) -> Option<Node<'a>> {
        let start = usize::from(start_of(*self.names.get(slot)?));
        self.bytes.get(start..).map(Node::from_entry)
    }

    /// All slots, those near a place first: what the index knew has moved by a little.
    fn slots_from(self, start: usize) -> impl Iterator<Item = usize> + use<> {
        let count = self.names.len();
        let begins_before = |name: &[u8; 4]| usize::from(start_of(*name)) <= start;
        let near = self.names.partition_point(begins_before).saturating_sub(1);
        // By turns one to the right and one to the left, until both sides are through.
        (0..2 * count).filter_map(move |step| {
            let slot = if step % 2 == 0 {
                near + step / 2
            } else {
                near.checked_sub(step / 2 + 1)?
            };
            (slot < count).then_some(slot)
        })
    }

    /// All nodes in order.
    pub(crate) fn nodes(self) -> impl DoubleEndedIterator<Item = Node<'a>> + use<'a> {
        (0..self.names.len()).filter_map(move |slot| self.node(slot))
    }

    /// The tag of the name in a slot.
    #[inline]
    pub(crate) fn tag(self, slot: usize) -> u16 {
        let name = self.names.get(slot);
        name.map_or(0, |name| u16::from_be_bytes([name[0], name[1]]))
    }
}

fn start_of(name: [u8; 4]) -> u16 {
    u16::from_be_bytes([name[2], name[3]])
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

/// How many bytes a page has with so many names and bytes of entries.
pub(crate) fn page_size(names: usize, entries: usize) -> usize {
    entries + 1 + 4 * names + 2
}

/// Writes a page of entries in canonical order, each with its tag and where it begins, into room of
/// just its size.
pub(crate) fn write_page(
    room: &mut [u8],
    entries: &[u8],
    names: impl Iterator<Item = (u16, usize)>,
) {
    let Some((place, rest)) = room.split_at_mut_checked(entries.len()) else {
        return;
    };
    place.copy_from_slice(entries);
    let Some((end, rest)) = rest.split_first_mut() else {
        return;
    };
    *end = Node::END;
    // Only the last entry of a page may begin behind its target, and pages are far below 64 KiB.
    let word = |number: usize| u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes();
    let mut count = 0;
    for ((tag, start), slot) in names.zip(rest.as_chunks_mut::<4>().0) {
        let ([a, b], [c, d]) = (tag.to_be_bytes(), word(start));
        *slot = [a, b, c, d];
        count += 1;
    }
    if let Some(last) = rest.last_chunk_mut::<2>() {
        *last = word(count);
    }
}

/// A page of these entries, each with its tag.
pub(crate) fn page_of<'a>(entries: impl Iterator<Item = (u16, &'a [u8])>) -> Shared {
    let (mut bytes, mut names) = (Vec::new(), Vec::new());
    for (tag, entry) in entries {
        names.push((tag, bytes.len()));
        bytes.extend_from_slice(entry);
    }
    let mut page = vec![0; page_size(names.len(), bytes.len())];
    write_page(&mut page, &bytes, names.into_iter());
    Shared::from(&*page)
}

#[cfg(test)]
mod tests {
    use wire::{Rtype, Ttl};

    use super::*;
    use crate::layer::Layer;
    use crate::node::{Flags, write_entry_head, write_rrset};

    #[test]
    fn a_page_gives_back_what_was_written() {
        let mut entries: Vec<(u16, Vec<u8>)> = Vec::new();
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
            entries.push((name % 7, entry));
        }
        let page_with = |entries: &[(u16, Vec<u8>)]| {
            page_of(entries.iter().map(|(tag, entry)| (*tag, entry.as_slice())))
        };
        let page = Page::new(page_with(&entries));
        assert_eq!(page.read().nodes().count(), 40);
        let second = page.read().node(0).and_then(Node::next).unwrap();
        assert_eq!(second.owner(), [1, 1]);
        assert!(page.read().node(39).unwrap().next().is_none());
        let start = |slot: u8| usize::from(start_of(page.read().names[usize::from(slot)]));
        for name in 0..40_u8 {
            for hint in [0, start(name), start(39), 4095] {
                let tag = u16::from(name % 7);
                let (slot, _) = page.search(tag, &[1, name], hint).unwrap();
                assert_eq!(slot, usize::from(name));
                let node = page.find(tag, &[1, name], start(name)).unwrap();
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
        assert!(page.read().node(40).is_none());

        // Without its tenth name, what is behind it has moved; what is before it has not.
        entries.remove(10);
        let edited = page.edited(page_with(&entries));
        assert_eq!(usize::from(edited.exact), start(10));
        for name in (0..40_u8).filter(|name| *name != 10) {
            let node = edited.find(u16::from(name % 7), &[1, name], start(name));
            assert_eq!(node.unwrap().owner(), [1, name]);
        }
    }
}
