//! Edits of the pages of a zone's next version: names come, change and go.
//!
//! ```text
//! name → page, written anew (split when full, merged when nearly empty) → index, order
//! ```
//!
//! Names that come wait until all of a batch are known: then each page is written once for all that
//! come into it, so that a first sync does not write a page for each of its names.

use std::borrow::Cow;

use crate::index::Position;
use crate::key;
use crate::merge::entry_of;
use crate::node::{Flags, Node};
use crate::order::OrderEntry;
use crate::page::{PAGE_TARGET, Page, PageRef, page_of, page_size, tag_of};
use crate::room::Shared;
use crate::writer::ZoneWriter;

/// How full pages are made when one becomes many.
const ROOMY: usize = PAGE_TARGET / 4 * 3;

/// Two pages side by side that are no larger become one, with room to grow.
const NEARLY_EMPTY: usize = PAGE_TARGET / 4;

impl ZoneWriter {
    /// Adds a name that is not there, and each missing name above it. It waits for
    /// [`Self::insert_waiting`], as all do that come before it in canonical order.
    pub(crate) fn insert_name(&mut self, owner: &[u8], entry: Vec<u8>) {
        if let Some(parent) = key::parent(owner) {
            self.insert_parent(parent);
            if owner.starts_with(b"\x01*") {
                self.flag(parent, |flags| flags | Flags::WILDCARD_CHILD);
            }
        }
        self.depths.add_name(key::depth(owner));
        self.zone.names += 1;
        self.waiting.push((owner.into(), entry));
    }

    /// Makes sure that a name that another one is below is there.
    fn insert_parent(&mut self, parent: &[u8]) {
        let hash = self.zone.hash_of(parent);
        if self.zone.node_by_hash(hash, parent).is_some() {
            return;
        }
        self.insert_waiting();
        if self.zone.node_by_hash(hash, parent).is_none() {
            self.insert_name(parent, entry_of(0, parent, &[]));
            self.insert_waiting();
        }
    }

    /// Puts the names that wait into their pages.
    pub(crate) fn insert_waiting(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        while let Some((owner, _)) = waiting.as_slice().first() {
            let owner = owner.clone();
            let place = self.zone.place_of(&owner);
            let Some(page) = self.zone.order.get(place).map(|entry| entry.page) else {
                return;
            };
            let next = self.zone.order.next(place);
            let next = next.and_then(|next| self.zone.order.get(next));
            let next = next.and_then(|next| self.zone.page(next.page).node(0));
            let rest = waiting.as_slice();
            let here = next.map_or(rest.len(), |next| {
                rest.partition_point(|(owner, _)| key::cmp(owner, next.owner()).is_lt())
            });
            let come = waiting.by_ref().take(here.max(1)).map(|(owner, entry)| {
                let hash = self.zone.hash_of(&owner);
                PageEntry {
                    tag: tag_of(hash),
                    bytes: Cow::Owned(entry),
                    new: Some(hash),
                }
            });
            let come: Vec<PageEntry<'_>> = come.collect();
            self.edit_page(&owner, page, |entries| {
                let room = Vec::with_capacity(entries.len() + come.len());
                let mut old = std::mem::replace(entries, room).into_iter().peekable();
                for new in come {
                    let before = |old: &PageEntry<'_>| key::cmp(old.owner(), new.owner()).is_lt();
                    while let Some(old) = old.next_if(before) {
                        entries.push(old);
                    }
                    entries.push(new);
                }
                entries.extend(old);
            });
        }
    }

    /// Changes what stands at a name.
    pub(crate) fn replace_entry(
        &mut self,
        owner: &[u8],
        (page, slot): (u32, usize),
        entry: Vec<u8>,
    ) {
        self.edit_page(owner, page, |entries| entries[slot].bytes = entry.into());
    }

    /// Takes a name out, and each name above it that only stood for it.
    pub(crate) fn remove_name(&mut self, owner: &[u8], hash: u64, page: u32, slot: usize) {
        self.zone.index.remove(hash, page);
        self.edit_page(owner, page, |entries| {
            entries.remove(slot);
        });
        self.merge_page(owner);
        self.zone.names -= 1;
        self.depths.remove_name(key::depth(owner));
        let Some(parent) = key::parent(owner) else {
            return;
        };
        if owner.starts_with(b"\x01*") {
            self.flag(parent, |flags| flags & !Flags::WILDCARD_CHILD);
        }
        let parent_hash = self.zone.hash_of(parent);
        if let Some((page, slot, node)) = self.zone.locate(parent_hash, parent)
            && node.is_empty_non_terminal()
            && !parent.is_empty()
            && !self.has_below(parent)
        {
            self.remove_name(parent, parent_hash, page, slot);
        }
    }

    fn flag(&mut self, owner: &[u8], change: impl FnOnce(u8) -> u8) {
        if let Some((page, slot, _)) = self.zone.locate(self.zone.hash_of(owner), owner) {
            self.edit_page(owner, page, |entries| {
                let flags = &mut entries[slot].bytes.to_mut()[0];
                *flags = change(*flags);
            });
        }
    }

    /// Writes a page anew; splits it when it is full, drops it when it is empty. `owner` is a name
    /// that the page holds, or would.
    fn edit_page(&mut self, owner: &[u8], number: u32, edit: impl FnOnce(&mut Vec<PageEntry<'_>>)) {
        let Some(old) = self.zone.pages.get(number as usize).cloned() else {
            return;
        };
        let place = self.zone.place_of(owner);
        let page = old.read();
        let mut entries: Vec<PageEntry<'_>> = page
            .nodes()
            .enumerate()
            .map(|(slot, node)| PageEntry {
                tag: page.tag(slot),
                bytes: Cow::Borrowed(node.entry()),
                new: None,
            })
            .collect();
        edit(&mut entries);
        if entries.is_empty() && self.zone.order.remove(place) {
            self.put_page(number, Page::new(Shared::from(&[][..])));
            self.free.push(number);
            return;
        }
        let mut place = place;
        let mut rest = &*entries;
        for (at, count) in cuts(&entries).into_iter().enumerate() {
            let (part, others) = rest.split_at(count);
            rest = others;
            let prefix = part
                .first()
                .map_or(0, |entry| key::prefix_of(entry.owner()));
            if at == 0 {
                let known = self.zone.order.get(place);
                if known.is_some_and(|entry| entry.prefix != prefix) {
                    let page = number;
                    self.zone.order.set(place, OrderEntry { prefix, page });
                }
                self.put_page(number, old.edited(page_bytes(part)));
                self.index(part, number, number);
            } else {
                let page = self.take_page_number();
                self.put_page(page, Page::new(page_bytes(part)));
                self.index(part, number, page);
                place = (self.zone.order).insert_after(place, OrderEntry { prefix, page });
            }
        }
    }

    /// Tells the index where the names of a page are, as far as it does not know: new ones, and those
    /// that have come from another page.
    fn index(&mut self, entries: &[PageEntry<'_>], from: u32, page: u32) {
        let mut start = 0;
        for entry in entries {
            let position = Position { page, start };
            if let Some(hash) = entry.new {
                self.zone.index.insert(hash, position);
            } else if page != from {
                let hash = self.zone.hash_of(entry.owner());
                self.zone.index.relocate(hash, from, position);
            }
            start += entry.bytes.len();
        }
    }

    /// Makes one page of the one that holds a name, or would, and a neighbor, where both are nearly
    /// empty: names that go one by one leave no pages with a few names each.
    fn merge_page(&mut self, owner: &[u8]) {
        let place = self.zone.place_of(owner);
        let order = &self.zone.order;
        let pairs = [
            (Some(place), order.next(place)),
            (order.previous(place), Some(place)),
        ];
        for (left, right) in pairs {
            let (Some(left), Some(right)) = (left, right) else {
                continue;
            };
            let pages = [left, right].map(|place| {
                let number = self.zone.order.get(place)?.page;
                let page = self.zone.pages.get(number as usize)?;
                (page.len() <= NEARLY_EMPTY).then(|| (number, page.clone()))
            });
            let [Some((number, page)), Some((emptied, next))] = pages else {
                continue;
            };
            let (page, next) = (page.read(), next.read());
            let (stay, come) = (tagged(page), tagged(next));
            let behind = stay.iter().map(|(_, entry)| entry.len()).sum();
            let all = stay.iter().chain(&come).copied();
            self.put_page(number, Page::new(page_of(all)));
            self.put_page(emptied, Page::new(Shared::from(&[][..])));
            self.zone.order.remove(right);
            self.free.push(emptied);
            self.relocate(stay.iter().map(|(_, entry)| *entry), number, (number, 0));
            self.relocate(
                come.iter().map(|(_, entry)| *entry),
                emptied,
                (number, behind),
            );
            return self.merge_page(owner);
        }
    }

    /// Tells the index that these names of a page stand one behind the other in another now.
    fn relocate<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e [u8]>,
        from: u32,
        (page, start): (u32, usize),
    ) {
        let mut start = start;
        for entry in entries {
            let hash = self.zone.hash_of(Node::from_entry(entry).owner());
            self.zone
                .index
                .relocate(hash, from, Position { page, start });
            start += entry.len();
        }
    }

    fn put_page(&mut self, number: u32, page: Page) {
        if let Some(slot) = self.zone.pages.get_mut(number as usize) {
            self.zone.page_bytes = self.zone.page_bytes + page.len() - slot.len();
            *slot = page;
        }
    }

    fn take_page_number(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            let number = u32::try_from(self.zone.pages.len()).unwrap_or(u32::MAX);
            self.zone.pages.push(Page::new(Shared::from(&[][..])));
            number
        })
    }
}

/// The entries of a page with their tags.
fn tagged(page: PageRef<'_>) -> Vec<(u16, &[u8])> {
    let entries = page.nodes().enumerate();
    entries
        .map(|(slot, node)| (page.tag(slot), node.entry()))
        .collect()
}

/// One name of a page that is being written.
struct PageEntry<'a> {
    tag: u16,
    bytes: Cow<'a, [u8]>,
    /// The hash of a name that the index does not know yet.
    new: Option<u64>,
}

impl PageEntry<'_> {
    fn owner(&self) -> &[u8] {
        Node::from_entry(&self.bytes).owner()
    }
}

/// How many entries go into each page: no page is over its target unless it holds one name only, and
/// those that are split are about as full as each other, with room to grow.
fn cuts(entries: &[PageEntry<'_>]) -> Vec<usize> {
    let lens = || entries.iter().map(|entry| entry.bytes.len());
    let total = page_size(entries.len(), lens().sum());
    if total <= PAGE_TARGET || entries.len() < 2 {
        return vec![entries.len()];
    }
    let pages = total.div_ceil(ROOMY).max(2);
    let (mut cuts, mut count) = (Vec::with_capacity(pages), 0);
    let (mut sum, mut size) = (0, page_size(0, 0));
    for len in lens() {
        let len = len + page_size(1, 0) - page_size(0, 0);
        let full = size + len > PAGE_TARGET || sum >= total * (cuts.len() + 1) / pages;
        if count > 0 && full {
            cuts.push(count);
            (count, size) = (0, page_size(0, 0));
        }
        count += 1;
        (sum, size) = (sum + len, size + len);
    }
    cuts.push(count);
    cuts
}

fn page_bytes(entries: &[PageEntry<'_>]) -> Shared {
    page_of(entries.iter().map(|entry| (entry.tag, &*entry.bytes)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use wire::{Name, Rtype, Ttl};

    use super::*;
    use crate::hash::LookupName;
    use crate::records::{Place, Records};
    use crate::{Change, Layer, Rrset, Store, Zone};

    const NAMES: u16 = 1500;

    fn apex() -> Name {
        Name::from_text(b"example.", None).unwrap()
    }

    /// A store with one zone of nothing but an apex.
    fn store() -> Store {
        let mut records = Records::new(apex());
        let mut soa = vec![0; 22];
        soa[5] = 1;
        let ttl = Ttl::from_secs(60);
        records.push(apex().as_ref(), Rtype::SOA, ttl, &soa, Place::default());
        let store = Store::new([3, 4]);
        store.replace_static(&records).unwrap();
        store
    }

    /// A change of the address of a name with this number.
    fn change(number: u16, there: bool) -> Change {
        let label = format!("n{number:04}");
        let rrset = || Rrset {
            rtype: Rtype::A,
            ttl: Ttl::from_secs(60),
            rdatas: vec![[192, 0, 2, 1].into()],
        };
        Change {
            owner: apex().child(label.as_bytes()).unwrap(),
            rtype: Rtype::A,
            layer: Layer::Synced,
            rrset: there.then(rrset),
        }
    }

    /// Whether the zone has these names and no others, and finds each; the sizes of its pages.
    fn check(zone: &Zone, names: &BTreeSet<u16>) -> Vec<usize> {
        let owners: Vec<&[u8]> = zone.nodes().map(Node::owner).skip(1).collect();
        let expected: Vec<Vec<u8>> = names
            .iter()
            .map(|number| format!("\u{5}n{number:04}").into_bytes())
            .collect();
        assert_eq!(owners, expected);
        assert_eq!(zone.name_count(), names.len() + 1);
        for number in 0..NAMES {
            let owner = change(number, false).owner;
            let name = LookupName::new(owner.as_ref(), zone.keys());
            let found = zone.node(&name, name.labels());
            assert_eq!(found.is_some(), names.contains(&number), "{number}");
        }
        let pages = zone.order.iter();
        let sizes = pages.map(|entry| zone.pages.get(entry.page as usize).map_or(0, Page::len));
        let sizes: Vec<usize> = sizes.collect();
        let sum: usize = sizes.iter().sum();
        assert_eq!(zone.page_bytes, sum);
        sizes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn names_that_go_leave_no_row_of_nearly_empty_pages(
            rounds in prop::collection::vec((any::<bool>(), prop::collection::btree_set(0..NAMES, 0..900)), 1..5)
        ) {
            let store = store();
            let mut names: BTreeSet<u16> = (0..NAMES).collect();
            let all = names.iter().map(|number| change(*number, true)).collect();
            store.commit(&apex(), all).unwrap();
            for (there, numbers) in rounds {
                let changes = numbers.iter().map(|number| change(*number, there)).collect();
                store.commit(&apex(), changes).unwrap();
                for number in numbers {
                    if there { names.insert(number); } else { names.remove(&number); }
                }
                let snapshot = store.snapshot();
                let sizes = check(snapshot.zone(apex().as_ref()).unwrap(), &names);
                let in_row = |pair: &[usize]| pair.iter().all(|size| *size <= NEARLY_EMPTY);
                prop_assert!(!sizes.windows(2).any(in_row), "{sizes:?}");
            }
        }
    }

    #[test]
    fn a_zone_that_loses_its_names_gives_their_memory_back() {
        let store = store();
        let all = |there| (0..NAMES).map(|number| change(number, there)).collect();
        let bytes = || {
            let snapshot = store.snapshot();
            snapshot.zone(apex().as_ref()).unwrap().memory_bytes()
        };
        store.commit(&apex(), all(true)).unwrap();
        let full = bytes();
        store.commit(&apex(), all(false)).unwrap();
        // Numbers of pages stay, to be used again.
        assert!(bytes() < full / 20, "{} of {full}", bytes());
        let snapshot = store.snapshot();
        check(snapshot.zone(apex().as_ref()).unwrap(), &BTreeSet::new());
    }
}
